/* sceau contact, sceau veille; sceau case close|reopen. */
#include <jansson.h>

#include "client/commands.h"
#include "client/out.h"
#include "client/record_file.h"
#include "client/stepup.h"
#include "client/words.h"

#define HTTP_OK 200 /* of a filing: it was there */

/* Options and the members of the record that they fill. */
static const char *const members[][2] = { { "channel", "canal" },
	{ "result", "resultat" }, { "note", "commentaire" } };

/* The day that is said, or today's. */
static int
set_day(const struct cli *c, json_t *record, struct err *e)
{
	const char *on = cli_option(c, "on");
	char today[11];

	cli_today(today);
	return cli_member(record, "date", on != NULL ? on : today, e);
}

static int
file_it(struct cli *c, const char *kase, const char *kind, const char *label,
    struct err *e)
{
	AUTO(json_decrefp) json_t *record = json_object(), *j = NULL;
	const char *must;
	char day[32];
	size_t i;
	int r;

	if ((r = cli_required(c, "result", &must, e)) < 0 ||
	    (strcmp(kind, "contact") == 0 &&
		(r = cli_required(c, "channel", &must, e)) < 0) ||
	    (r = set_day(c, record, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(members); i++)
		if ((r = cli_member(record, members[i][1],
			 cli_option(c, members[i][0]), e)) < 0)
			return r;
	if (strcmp(kind, "contact") == 0 &&
	    (r = cli_member(record, "par", cli_option(c, "by"), e)) < 0)
		return r;
	if ((r = record_file(c, kase, kind, record, NULL, &j, e)) < 0)
		return r;
	/* The same words of the same day are the same request. */
	if (c->status == HTTP_OK)
		fputs(_("C'était déjà inscrit : un autre du même jour se "
			"distingue par --note.\n"),
		    stderr);
	if (!cli_print_json(c, j))
		printf(_("%s : %s, %s, inscription n° %lld\n"), label,
		    jdate(record, "date", day), jword(record, "resultat"),
		    jint(j, "leaf"));
	return 0;
}

static int
contact_run(struct cli *c, int argc, char **argv, struct err *e)
{
	(void)argc;
	return file_it(c, argv[0], "contact", _("Contact"), e);
}

static int
veille_run(struct cli *c, int argc, char **argv, struct err *e)
{
	(void)argc;
	return file_it(c, argv[0], "veille", _("Veille sociale"), e);
}

/* --- the end of a case, and its return -------------------------------------
 */

static int
close_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "outcome", "outcome" },
		{ "on", "closed_on" }, { "note", "note" },
		{ "force", "force" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *outcome;
	char on[32];
	size_t i;
	int r;

	(void)argc;
	if ((r = cli_required(c, "outcome", &outcome, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(pairs); i++)
		if ((r = cli_member(
			 body, pairs[i][1], cli_option(c, pairs[i][0]), e)) < 0)
			return r;
	if ((r = cli_post(c, body, &j, e, "/v1/cases/%/close", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Dossier clos le %s (%s), %lld consentements "
			 "terminés, inscription n° %lld\n"),
		    jdate(j, "on", on), jstr(j, "outcome"), jint(j, "consents"),
		    jint(j, "leaf"));
	return 0;
}

static int
reopen_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *reason;
	int r;

	(void)argc;
	if ((r = cli_required(c, "reason", &reason, e)) < 0 ||
	    (r = cli_member(body, "reason", reason, e)) < 0 ||
	    (r = stepup_sign(c, "case-reopen", argv[0], e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/cases/%/reopen", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Dossier rouvert, inscription n° %lld\n"),
		    jint(j, "leaf"));
	return 0;
}

static const char *const contact_options[] = { "on", "channel", "result",
	"note", "by", NULL };
static const char *const veille_options[] = { "on", "channel", "result", "note",
	NULL };
static const char *const close_options[] = { "outcome", "on", "note", "force",
	NULL };
static const char *const reopen_options[] = { "reason", STEPUP_OPTION, NULL };

const struct cmd cmd_contact = {
	.noun = "contact",
	.usage = N_("DOSSIER"),
	.about = N_("inscrire un contact : --channel visite --result rencontre "
		    "(--on DATE, --note MOTS, --by QUI)"),
	.options = contact_options,
	.min_args = 1,
	.max_args = 1,
	.run = contact_run,
};
const struct cmd cmd_veille = {
	.noun = "veille",
	.usage = N_("DOSSIER"),
	.about = N_("inscrire une veille sociale : --result rencontre "
		    "(--on DATE, --channel CANAL, --note MOTS)"),
	.options = veille_options,
	.min_args = 1,
	.max_args = 1,
	.run = veille_run,
};
const struct cmd cmd_case_close = {
	.noun = "case",
	.verb = "close",
	.usage = N_("DOSSIER"),
	.about = N_("clore un dossier (--outcome ISSUE, --on DATE, --note "
		    "MOTS, --force MOTIF s'il reste quelque chose d'ouvert)"),
	.options = close_options,
	.min_args = 1,
	.max_args = 1,
	.run = close_run,
};
const struct cmd cmd_case_reopen = {
	.noun = "case",
	.verb = "reopen",
	.usage = N_("DOSSIER"),
	.about = N_("rouvrir un dossier clos ou archivé (--reason MOTIF)"),
	.options = reopen_options,
	.min_args = 1,
	.max_args = 1,
	.run = reopen_run,
};
