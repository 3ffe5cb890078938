/* sceau audit log|who-saw|what-did|proof|checkpoint, sceau publish. */
#include <jansson.h>

#include "client/acts.h"
#include "client/commands.h"
#include "client/messages.h"
#include "client/out.h"
#include "client/stepup.h"
#include "client/words.h"

/* One word, for a column among eight. */
static const char *
short_role(const json_t *entry)
{
	const char *role = jstr(entry, "role");

	if (strcmp(role, "dpo") == 0)
		return _("délégué");
	return strcmp(role, "lead") == 0 ? _("responsable") : word_for(role);
}

/* The purpose and the reason that the decision had, in one cell. */
static const char *
why(const json_t *entry, char *out, size_t size)
{
	const json_t *detail = json_object_get(entry, "detail");
	const json_t *d = json_object_get(detail, "decision");
	const char *purpose = jstr(d, "purpose");

	if (*jstr(d, "denied") != '\0')
		snprintf(out, size, "%s", message_words(jstr(d, "denied")));
	else if (*purpose != '\0')
		snprintf(out, size, "%s%s", purpose,
		    json_is_true(json_object_get(d, "default"))
			? _(" (par défaut)")
			: "");
	else
		snprintf(out, size, "%s",
		    *jstr(detail, "reason") != '\0'
			? jstr(detail, "reason")
			: message_words(jstr(detail, "code")));
	return out;
}

static int
print_entries(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char leaf[32], at[32], reason[512];
	json_t *en;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("N°"), _("Date"), _("Acte"), _("Issue"),
		 _("Compte"), _("Rôle"), _("Objet"), _("Pourquoi"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "entries"), i, en)
	{
		snprintf(leaf, sizeof(leaf), "%lld", jint(en, "leaf"));
		if ((r = table_row(&t, e, leaf, jtime(en, "at", at),
			 act_for(jstr(en, "class")), jword(en, "outcome"),
			 jstr(en, "account"), short_role(en),
			 jstr(en, "object"), why(en, reason, sizeof(reason)),
			 NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucune inscription."));
	if (jint(j, "next") > 0)
		printf(_("La suite : --before %lld\n"), jint(j, "next"));
	return 0;
}

static int
read_log(struct cli *c, const char *account, const char *object, struct err *e)
{
	static const char *const same[] = { "since", "until", "class", "limit",
		"before" };
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	size_t i;
	int r;

	if ((r = buf_addstr(&path, "/v1/audit", e)) < 0 ||
	    (r = cli_query(&path, "account", account, e)) < 0 ||
	    (r = cli_query(&path, "object", object, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(same); i++)
		if ((r = cli_query(&path, same[i], cli_option(c, same[i]), e)) <
		    0)
			return r;
	if ((r = cli_call(c, "GET", buf_str(&path), NULL, NULL, &j, e)) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_entries(j, e);
}

static int
log_run(struct cli *c, int argc, char **argv, struct err *e)
{
	(void)argc;
	(void)argv;
	return read_log(
	    c, cli_option(c, "account"), cli_option(c, "object"), e);
}

static int
who_saw_run(struct cli *c, int argc, char **argv, struct err *e)
{
	(void)argc;
	return read_log(c, cli_option(c, "account"), argv[0], e);
}

static int
what_did_run(struct cli *c, int argc, char **argv, struct err *e)
{
	(void)argc;
	return read_log(c, argv[0], cli_option(c, "object"), e);
}

static int
proof_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 }, text = { 0 };
	int r;

	(void)argc;
	if ((r = buf_addstr(&path, "/v1/audit/proof", e)) < 0 ||
	    (r = cli_query(&path, "leaf", argv[0], e)) < 0 ||
	    (r = cli_get_text(c, buf_str(&path), &text, e)) < 0)
		return r;
	return cli_give_text(c, "proof", &text, e);
}

static int
checkpoint_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_get_text(c, "/v1/audit/checkpoint", &text, e)) < 0)
		return r;
	return cli_give_text(c, "checkpoint", &text, e);
}

static int
publish_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	(void)argv;
	if ((r = stepup_sign(c, "publish", NULL, e)) < 0 ||
	    (r = cli_post(c, NULL, &j, e, "/v1/publish")) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Publié : %lld versions, %lld références\n"),
		    jint(j, "versions"), jint(j, "refs"));
	return 0;
}

static const char *const log_options[] = { "since", "until", "account",
	"object", "class", "limit", "before", NULL };
static const char *const publish_options[] = { STEPUP_OPTION, NULL };
static const char *const text_options[] = { "output", "force!", NULL };

const struct cmd cmd_audit_log = {
	.noun = "audit",
	.verb = "log",
	.about = N_("le journal : qui a fait quoi, quand et pourquoi"),
	.options = log_options,
	.run = log_run,
};
const struct cmd cmd_audit_who_saw = {
	.noun = "audit",
	.verb = "who-saw",
	.usage = N_("DOCUMENT"),
	.about = N_("qui a eu affaire à ce document ou à ce dossier"),
	.options = log_options,
	.min_args = 1,
	.max_args = 1,
	.run = who_saw_run,
};
const struct cmd cmd_audit_what_did = {
	.noun = "audit",
	.verb = "what-did",
	.usage = N_("COMPTE"),
	.about = N_("ce qu'a fait un compte"),
	.options = log_options,
	.min_args = 1,
	.max_args = 1,
	.run = what_did_run,
};
const struct cmd cmd_audit_proof = {
	.noun = "audit",
	.verb = "proof",
	.usage = N_("N°"),
	.about = N_("la preuve qu'une inscription est au journal"),
	.options = text_options,
	.min_args = 1,
	.max_args = 1,
	.run = proof_run,
};
const struct cmd cmd_audit_checkpoint = {
	.noun = "audit",
	.verb = "checkpoint",
	.about = N_("la dernière tête signée du journal"),
	.options = text_options,
	.run = checkpoint_run,
};
const struct cmd cmd_publish = {
	.noun = "publish",
	.options = publish_options,
	.about = N_("publier le dépôt chiffré pour git"),
	.run = publish_run,
};
