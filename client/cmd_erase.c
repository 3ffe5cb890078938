/*
 * sceau subject erase, sceau retention show|approve|run: a plan, two people
 * who read and sign it, and its execution.
 */
#include <jansson.h>

#include "client/approve.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/save.h"
#include "client/stepup.h"
#include "client/words.h"

static void
print_state(const json_t *j)
{
	out_line(stdout, _("Effacement"), jstr(j, "erasure"));
	out_line(stdout, _("État"), jword(j, "state"));
	out_line(stdout, "SHA-256", jstr(j, "sha256"));
	printf(_("Approbations : %zu sur %lld\n"), jcount(j, "approvals"),
	    jint(j, "needed"));
}

static int
print_objects(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char version[32];
	json_t *o;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Sort"), _("Objet"), _("Identifiant"),
		 _("Version"), _("Pourquoi"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "objects"), i, o)
	{
		snprintf(version, sizeof(version), "%lld", jint(o, "version"));
		if ((r = table_row(&t, e, jstr(o, "verdict"), jstr(o, "kind"),
			 jstr(o, "id"), jint(o, "version") > 0 ? version : "",
			 jword(o, "why"), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Rien à effacer."));
	return 0;
}

/* What somebody asked for: the plan of their case, which answers them. */
static int
erase_asked(struct cli *c, const char *request, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *basis;
	int r;

	if ((r = cli_required(c, "basis", &basis, e)) < 0 ||
	    (r = cli_member(body, "basis", basis, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/requests/%/erasure", request)) <
		0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	print_state(j);
	putchar('\n');
	return print_objects(j, e);
}

static int
erase_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *reason, *basis;
	int dry = cli_option(c, "dry-run") != NULL, r;

	if (cli_option(c, "request") != NULL)
		return erase_asked(c, cli_option(c, "request"), e);
	if ((argc == 1) == (cli_option(c, "document") != NULL))
		return err_set(
		    e, ERR_USAGE, "%s", _("un DOSSIER, ou des --document"));
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_required(c, "basis", &basis, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0 ||
	    (r = cli_member(body, "basis", basis, e)) < 0 ||
	    (r = cli_member(body, "case", argc == 1 ? argv[0] : NULL, e)) < 0 ||
	    (r = cli_members(c, "document", body, "documents", e)) < 0 ||
	    (r = cli_post(c, body, &j, e,
		 dry ? "/v1/erasures?dry-run=1" : "/v1/erasures")) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if (dry)
		printf("%s\n", _("Essai : rien n'est gardé de ce plan."));
	print_state(j);
	putchar('\n');
	return print_objects(j, e);
}

/* --- the plan --------------------------------------------------------- */

/* The erasure, and that its plan is the one whose SHA-256 it says. */
static int
get_plan(struct cli *c, const char *erasure, json_t **out, struct err *e)
{
	json_t *j = NULL;
	int r;

	if ((r = cli_get(c, &j, e, "/v1/erasures/%", erasure)) < 0)
		return r;
	if ((r = approve_check(j, "plan", e)) < 0) {
		json_decref(j);
		return r;
	}
	*out = j;
	return 0;
}

/* To the byte: its digest is in what was signed. */
static int
print_certificate(const json_t *j, const char *member, struct err *e)
{
	if (*jstr(j, member) == '\0')
		return err_tag(
		    e, ERR_CONFLICT, "erasure-state", "no certificate yet");
	fputs(jstr(j, member), stdout);
	return 0;
}

static int
show_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = get_plan(c, argv[0], &j, e)) < 0)
		return r;
	if (c->json && cli_option(c, "certificate") != NULL)
		return print_certificate(j, "certificate_json", e);
	if (cli_print_json(c, j))
		return 0;
	/* To the byte, for who signs it elsewhere. */
	if (cli_option(c, "plan") != NULL) {
		fputs(jstr(j, "plan"), stdout);
		return 0;
	}
	if (cli_option(c, "certificate") != NULL)
		return print_certificate(j, "certificate", e);
	print_state(j);
	if ((r = approve_print(json_object_get(j, "approvals"), e)) < 0)
		return r;
	putchar('\n');
	out_page(stdout, jstr(j, "plan"));
	if (*jstr(j, "certificate") != '\0') {
		putchar('\n');
		out_page(stdout, jstr(j, "certificate"));
	}
	return 0;
}

struct plan_of {
	struct cli *c;
	const char *erasure;
};

static int
plan_text(void *arg, struct buf *page, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct plan_of *p = arg;
	int r;

	if ((r = get_plan(p->c, p->erasure, &j, e)) < 0)
		return r;
	return buf_addstr(page, jstr(j, "plan"), e);
}

static int
approve_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	AUTO(buf_done) struct buf signature = { 0 };
	struct plan_of plan = { c, argv[0] };
	int r;

	(void)argc;
	if ((r = approve_signature(c, _("Signer ce plan ? [oui/non]"),
		 plan_text, &plan, &signature, e)) < 0 ||
	    (r = cli_member(body, "signature", buf_str(&signature), e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/erasures/%/approvals", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_state(j);
	return 0;
}

/* Of a sweep, which is of no case, it is another operation. */
static int
sign_run(struct cli *c, const char *erasure, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	struct id kase;
	int r;

	if (cli_option(c, STEPUP_OPTION) == NULL)
		return 0;
	if ((r = cli_get(c, &j, e, "/v1/erasures/%", erasure)) < 0)
		return r;
	if (id_parse(jstr(j, "case"), &kase, NULL) < 0)
		return err_tag(e, ERR_UNAVAILABLE, "answer", "case");
	return stepup_sign(
	    c, id_is_zero(&kase) ? "retention-run" : "erase-run", NULL, e);
}

static int
run_run(struct cli *c, int argc, char **argv, struct err *e)
{
	const char *path = cli_option(c, "output"), *certificate;
	AUTO(json_decrefp) json_t *j = NULL;
	int force = cli_option(c, "force") != NULL, r;

	(void)argc;
	if ((r = save_check(path, force, e)) < 0 ||
	    (r = sign_run(c, argv[0], e)) < 0 ||
	    (r = cli_post(c, NULL, &j, e, "/v1/erasures/%/run", argv[0])) < 0)
		return r;
	certificate = jstr(j, "certificate");
	if (path != NULL && (r = save_bytes(path, force, certificate,
				 strlen(certificate), e)) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(_("Effacé : %lld clés détruites, inscription n° %lld\n"),
	    jint(j, "destroyed"), jint(j, "leaf"));
	if (path == NULL)
		out_page(stdout, certificate);
	return 0;
}

/* Mirrors, the recovery copy and backups are out of the vault's sight. */
static int
settle_run(struct cli *c, int argc, char **argv, struct err *e)
{
	const char *path = cli_option(c, "output"), *certificate;
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int force = cli_option(c, "force") != NULL, r;
	char day[32];

	(void)argc;
	if ((r = save_check(path, force, e)) < 0 ||
	    (r = cli_member(body, "what", argv[1], e)) < 0 ||
	    (r = cli_member(body, "date", cli_option(c, "date"), e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/erasures/%/dates", argv[0])) < 0)
		return r;
	certificate = jstr(j, "certificate");
	if (path != NULL && (r = save_bytes(path, force, certificate,
				 strlen(certificate), e)) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(_("Inscrit au certificat : %s, %s, inscription n° %lld\n"),
	    jword(j, "what"), jdate(j, "date", day), jint(j, "leaf"));
	if (json_is_true(json_object_get(j, "complete")))
		puts(_("Le certificat est complet."));
	return 0;
}

static const char *const settle_options[] = { "date", "output", "force!",
	NULL };
static const char *const erase_options[] = { "document", "reason", "basis",
	"request", "dry-run!", NULL };
static const char *const show_options[] = { "plan!", "certificate!", NULL };
static const char *const approve_options[] = { "signature", "key", "yes!",
	NULL };
static const char *const run_options[] = { "output", "force!", STEPUP_OPTION,
	NULL };

const struct cmd cmd_subject_erase = {
	.noun = "subject",
	.verb = "erase",
	.usage = N_("[DOSSIER]"),
	.about = N_("préparer l'effacement d'un dossier ou de --document "
		    "DOCUMENT… (--reason MOTIF --basis BASE)"),
	.options = erase_options,
	.max_args = 1,
	.run = erase_run,
};
const struct cmd cmd_retention_show = {
	.noun = "retention",
	.verb = "show",
	.usage = N_("EFFACEMENT"),
	.about = N_("un effacement : plan, approbations, certificat ; "
		    "--plan : le texte exact à signer ; --certificate : le "
		    "certificat seul, avec --json en JSON"),
	.options = show_options,
	.min_args = 1,
	.max_args = 1,
	.run = show_run,
};
const struct cmd cmd_retention_approve = {
	.noun = "retention",
	.verb = "approve",
	.usage = N_("EFFACEMENT"),
	.about = N_("approuver un plan avec sa clé SSH (--key CLÉ) ou une "
		    "signature déjà faite (--signature FICHIER)"),
	.options = approve_options,
	.min_args = 1,
	.max_args = 1,
	.run = approve_run,
};
const struct cmd cmd_retention_run = {
	.noun = "retention",
	.verb = "run",
	.usage = N_("EFFACEMENT"),
	.about = N_("exécuter un effacement approuvé ; rend le certificat"),
	.options = run_options,
	.min_args = 1,
	.max_args = 1,
	.run = run_run,
};
const struct cmd cmd_retention_settle = {
	.noun = "retention",
	.verb = "settle",
	.usage = N_("EFFACEMENT mirrors|recovery|backups"),
	.about = N_("inscrire au certificat que les miroirs sont purgés, la "
		    "copie de secours refaite, la dernière sauvegarde d'avant "
		    "expirée (--date AAAA-MM-JJ)"),
	.options = settle_options,
	.min_args = 2,
	.max_args = 2,
	.run = settle_run,
};
