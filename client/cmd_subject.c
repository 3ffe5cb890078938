/* sceau subject object|objections|objection-decide. */
#include "client/commands.h"
#include "client/out.h"
#include "client/stepup.h"

static int
object_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "person", "person" },
		{ "words", "words" }, { "on", "received_on" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *channel;
	char due[32];
	size_t i;
	int r;

	(void)argc;
	if ((r = cli_required(c, "channel", &channel, e)) < 0 ||
	    (r = cli_member(body, "channel", channel, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(pairs); i++)
		if ((r = cli_member(
			 body, pairs[i][1], cli_option(c, pairs[i][0]), e)) < 0)
			return r;
	if ((r = cli_post(c, body, &j, e, "/v1/cases/%/objections", argv[0])) <
	    0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Opposition %s, inscription n° %lld : aucun extrait "
			 "ne part.\nLe délégué à la protection des données "
			 "répond au plus tard le %s.\n"),
		    jstr(j, "objection"), jint(j, "leaf"),
		    jlast_day(j, "due_at", due));
	return 0;
}

static const char *
decision_words(const char *state)
{
	if (strcmp(state, "upheld") == 0)
		return _("retenue");
	return strcmp(state, "rejected") == 0 ? _("écartée") : _("en attente");
}

static int
objections_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	char due[32], on[32];
	json_t *o;
	size_t i;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/cases/%/objections", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = table_head(&t, e, _("Opposition"), _("Reçue le"), _("État"),
		 _("Réponse le"), _("Motifs"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "objections"), i, o)
	{
		if ((r = table_row(&t, e, jstr(o, "objection"),
			 jdate(o, "received_on", on),
			 decision_words(jstr(o, "state")),
			 jlast_day(o, "due_at", due),
			 *jstr(o, "grounds") != '\0' ? jstr(o, "grounds")
						     : jstr(o, "words"),
			 NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucune opposition."));
	return 0;
}

/* A statement names the case: what waits for the DPO says whose it is. */
static int
step_up(struct cli *c, const char *objection, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *line;
	size_t i;
	int r;

	if (cli_option(c, STEPUP_OPTION) == NULL)
		return 0;
	if ((r = cli_get(c, &j, e, "/v1/due")) < 0)
		return r;
	json_array_foreach(json_object_get(j, "due"), i, line)
	{
		if (strcmp(jstr(line, "object"), objection) == 0)
			return stepup_sign(
			    c, "objection-decide", jstr(line, "case"), e);
	}
	return err_tag(e, ERR_NOT_FOUND, "not-found", "%.64s", objection);
}

static int
decide_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	const char *decision, *grounds;
	int r;

	(void)argc;
	if ((r = cli_required(c, "decision", &decision, e)) < 0 ||
	    (r = cli_required(c, "grounds", &grounds, e)) < 0 ||
	    (r = cli_member(body, "decision", decision, e)) < 0 ||
	    (r = cli_member(body, "grounds", grounds, e)) < 0 ||
	    (r = step_up(c, argv[0], e)) < 0 ||
	    (r = cli_post(
		 c, body, &j, e, "/v1/objections/%/decision", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Opposition %s : %s, inscription n° %lld\n"),
		    jstr(j, "objection"), decision_words(jstr(j, "state")),
		    jint(j, "leaf"));
	return 0;
}

static const char *const object_options[] = { "channel", "person", "words",
	"on", NULL };
static const char *const decide_options[] = { "decision", "grounds",
	STEPUP_OPTION, NULL };

const struct cmd cmd_subject_object = {
	.noun = "subject",
	.verb = "object",
	.usage = N_("DOSSIER"),
	.about = N_("inscrire une opposition : plus aucun extrait ne part "
		    "(--channel)"),
	.options = object_options,
	.min_args = 1,
	.max_args = 1,
	.run = object_run,
};
const struct cmd cmd_subject_objections = {
	.noun = "subject",
	.verb = "objections",
	.usage = N_("DOSSIER"),
	.about = N_("les oppositions d'un dossier"),
	.min_args = 1,
	.max_args = 1,
	.run = objections_run,
};
const struct cmd cmd_subject_objection_decide = {
	.noun = "subject",
	.verb = "objection-decide",
	.usage = N_("OPPOSITION"),
	.about = N_("le délégué tranche (--decision upheld ou rejected, "
		    "--grounds MOTIFS)"),
	.options = decide_options,
	.min_args = 1,
	.max_args = 1,
	.run = decide_run,
};
