/* sceau consent give|withdraw|list. */
#include <jansson.h>

#include "client/commands.h"
#include "client/out.h"
#include "client/words.h"

/* Options that become a member of the body, as they are. */
struct pair {
	const char *option, *member;
};

static int
members_of(const struct cli *c, const struct pair *p, size_t n, json_t *body,
    struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		if ((r = cli_member(
			 body, p[i].member, cli_option(c, p[i].option), e)) < 0)
			return r;
	return 0;
}

static int
print_given(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char until[32];
	json_t *g;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Consentement"), _("Personne"),
		 _("Finalité"), _("État"), _("Valable jusqu'au"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "consents"), i, g)
	{
		if ((r = table_row(&t, e, jstr(g, "consent"),
			 *jstr(g, "name") != '\0' ? jstr(g, "name")
						  : jstr(g, "person"),
			 jstr(g, "purpose"), jword(g, "state"),
			 jtime(g, "valid_until", until), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucun consentement."));
	return 0;
}

static int
give_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const struct pair pairs[] = { { "method", "method" },
		{ "evidence", "evidence" }, { "on", "given_on" },
		{ "language", "language" }, { "interpreter", "interpreter" },
		{ "witness", "witness" }, { "place", "place" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	json_t *purposes = json_array();
	const char *method;
	int i, r;

	if (json_object_set_new(body, "purposes", purposes) < 0)
		return err_set(e, ERR_NOMEM, "request");
	for (i = 1; i < argc; i++)
		if (json_array_append_new(purposes, json_string(argv[i])) < 0)
			return err_set(e, ERR_USAGE, "%s",
			    _("ce texte n'est pas en UTF-8"));
	if ((r = cli_required(c, "method", &method, e)) < 0 ||
	    (r = members_of(c, pairs, NELEMS(pairs), body, e)) < 0 ||
	    (r = cli_members(c, "person", body, "persons", e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/cases/%/consents", argv[0])) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_given(j, e);
}

/* What the withdrawal stopped, and who is told. */
static void
print_withdrawn(const json_t *j)
{
	json_t *n;
	size_t i;

	printf("%s", _("Retiré : "));
	out_text(stdout, jstr(j, "purpose"));
	putchar('\n');
	json_array_foreach(json_object_get(j, "cancelled"), i, n)
	{
		printf(_("Extrait %s annulé avant d'être pris.\n"),
		    json_string_value(n));
	}
	json_array_foreach(json_object_get(j, "notices"), i, n)
	{
		printf(_("Extrait %s déjà pris ; une notice attend : "),
		    jstr(n, "extract"));
		out_text(stdout, jstr(n, "recipient"));
		putchar('\n');
	}
}

static int
withdraw_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const struct pair pairs[] = { { "channel", "channel" },
		{ "reason", "reason" }, { "caller-check", "caller_check" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *channel;
	int r;

	(void)argc;
	if ((r = cli_required(c, "channel", &channel, e)) < 0 ||
	    (r = members_of(c, pairs, NELEMS(pairs), body, e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/consents/%/withdrawal", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_withdrawn(j);
	return 0;
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/cases/%/consents", argv[0])) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_given(j, e);
}

static const char *const give_options[] = { "method", "person", "evidence",
	"on", "language", "interpreter", "witness", "place", NULL };
static const char *const withdraw_options[] = { "channel", "reason",
	"caller-check", NULL };

const struct cmd cmd_consent_give = {
	.noun = "consent",
	.verb = "give",
	.usage = N_("DOSSIER FINALITÉ…"),
	.about = N_("enregistrer un consentement (--method handwritten, "
		    "tablet ou oral ; --evidence DOCUMENT)"),
	.options = give_options,
	.min_args = 2,
	.max_args = -1,
	.run = give_run,
};
const struct cmd cmd_consent_withdraw = {
	.noun = "consent",
	.verb = "withdraw",
	.usage = N_("CONSENTEMENT"),
	.about = N_("retirer un consentement : effet immédiat"),
	.options = withdraw_options,
	.min_args = 1,
	.max_args = 1,
	.run = withdraw_run,
};
const struct cmd cmd_consent_list = {
	.noun = "consent",
	.verb = "list",
	.usage = N_("DOSSIER"),
	.about = N_("les consentements d'un dossier et leur état"),
	.min_args = 1,
	.max_args = 1,
	.run = list_run,
};
