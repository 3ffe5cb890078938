/* sceau demarche add|set|list. */
#include <jansson.h>

#include "client/commands.h"
#include "client/out.h"
#include "client/record_file.h"
#include "client/words.h"

/* Options and the members of the record that they fill. */
static const char *const members[][2] = { { "device", "dispositif" },
	{ "objective", "objectif" }, { "who", "qui" },
	{ "deadline", "echeance" }, { "state", "etat" },
	{ "decision", "decision" }, { "decided-on", "date-decision" },
	{ "reference", "reference" }, { "proof", "preuve" },
	{ "decision-document", "decision-document" }, { "reason", "raison" },
	{ "note", "commentaire" } };

static int
fill(const struct cli *c, json_t *record, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < NELEMS(members); i++)
		if ((r = cli_member(record, members[i][1],
			 cli_option(c, members[i][0]), e)) < 0)
			return r;
	return 0;
}

static void
print_filed(const json_t *record, const json_t *j)
{
	printf(_("Démarche %s : %s, %s, inscription n° %lld\n"), jstr(j, "ref"),
	    jstr(record, "dispositif"), jword(record, "etat"), jint(j, "leaf"));
}

static int
add_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *record = json_object(), *j = NULL;
	const char *device;
	char today[11];
	int r;

	(void)argc;
	cli_today(today);
	if ((r = cli_required(c, "device", &device, e)) < 0 ||
	    (r = cli_member(record, "date", today, e)) < 0 ||
	    (r = cli_member(record, "etat", "a-faire", e)) < 0 ||
	    (r = fill(c, record, e)) < 0 ||
	    (r = record_file(c, argv[0], "demarche", record, NULL, &j, e)) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_filed(record, j);
	return 0;
}

/* A decision that is told now has a day: today's, when none is said. */
static int
date_decision(const struct cli *c, json_t *record, struct err *e)
{
	char day[11];

	if (cli_option(c, "decision") == NULL ||
	    strcmp(cli_option(c, "decision"), "en-attente") == 0 ||
	    json_object_get(record, "date-decision") != NULL)
		return 0;
	cli_today(day);
	return cli_member(record, "date-decision", day, e);
}

/* A new version of what it says now. */
static int
set_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *record = NULL, *j = NULL;
	int r;

	(void)argc;
	if ((r = record_get(c, argv[1], &record, e)) < 0 ||
	    (r = fill(c, record, e)) < 0 ||
	    (r = date_decision(c, record, e)) < 0 ||
	    (r = record_file(c, argv[0], "demarche", record, argv[1], &j, e)) <
		0)
		return r;
	if (!cli_print_json(c, j))
		print_filed(record, j);
	return 0;
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(table_done) struct table t = { 0 };
	char until[32];
	json_t *d;
	size_t i;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/cases/%/demarches", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = table_head(&t, e, _("Démarche"), _("Dispositif"), _("État"),
		 _("Échéance"), _("Décision"), "", NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "demarches"), i, d)
	{
		if ((r = table_row(&t, e, jstr(d, "ref"), jstr(d, "device"),
			 jword(d, "state"), jdate(d, "deadline", until),
			 jstr(d, "decision"),
			 json_is_true(json_object_get(d, "overdue"))
			     ? _("en retard")
			     : "",
			 NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucune démarche."));
	return 0;
}

static const char *const add_options[] = { "device", "objective", "who",
	"deadline", "note", NULL };
static const char *const set_options[] = { "state", "decision", "decided-on",
	"reference", "proof", "decision-document", "reason", "deadline", "who",
	"objective", "note", NULL };

const struct cmd cmd_demarche_add = {
	.noun = "demarche",
	.verb = "add",
	.usage = N_("DOSSIER"),
	.about = N_("une démarche à faire (--device fsl, --objective MOTS, "
		    "--who QUI, --deadline DATE)"),
	.options = add_options,
	.min_args = 1,
	.max_args = 1,
	.run = add_run,
};
const struct cmd cmd_demarche_set = {
	.noun = "demarche",
	.verb = "set",
	.usage = N_("DOSSIER DÉMARCHE"),
	.about = N_("où en est une démarche (--state, --decision, "
		    "--decided-on, --reference, --proof, --reason)"),
	.options = set_options,
	.min_args = 2,
	.max_args = 2,
	.run = set_run,
};
const struct cmd cmd_demarche_list = {
	.noun = "demarche",
	.verb = "list",
	.usage = N_("DOSSIER"),
	.about = N_("les démarches d'un dossier, celles qui restent d'abord"),
	.min_args = 1,
	.max_args = 1,
	.run = list_run,
};
