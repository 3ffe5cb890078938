/* sceau subject request|requests|extend|answer|refuse|restrict|lift|
 * restrictions|object-lift. */
#include "client/commands.h"
#include "client/out.h"
#include "client/stepup.h"
#include "client/words.h"

/* Each option as a member of the body; "!option" must be given. */
static int
fill(struct cli *c, json_t *body, const char *const pairs[][2], size_t n,
    struct err *e)
{
	const char *option, *value;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		option = pairs[i][0];
		value = cli_option(c, option + (option[0] == '!'));
		if (option[0] == '!' &&
		    (r = cli_required(c, option + 1, &value, e)) < 0)
			return r;
		if ((r = cli_member(body, pairs[i][1], value, e)) < 0)
			return r;
	}
	return 0;
}

/* A letter that is to be sent, or nothing. */
static void
print_letter(const json_t *j)
{
	if (*jstr(j, "letter") != '\0')
		printf("\n%s\n\n%s", _("Lettre à remettre à la personne :"),
		    jstr(j, "letter"));
}

static int
request_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "!right", "right" },
		{ "!channel", "channel" }, { "!identity", "identity" },
		{ "received", "received_on" }, { "person", "person" },
		{ "words", "words" }, { "objection", "objection" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	char due[32];
	int r;

	(void)argc;
	if ((r = fill(c, body, pairs, NELEMS(pairs), e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/cases/%/requests", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Demande %s, inscription n° %lld : réponse au plus "
			 "tard le %s.\n"),
		    jstr(j, "request"), jint(j, "leaf"),
		    jdate(j, "due_on", due));
	return 0;
}

static int
requests_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	char due[32], on[32];
	json_t *o;
	size_t i;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/cases/%/requests", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = table_head(&t, e, _("Demande"), _("Droit"), _("Reçue le"),
		 _("État"), _("Réponse le"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "requests"), i, o)
	{
		if ((r = table_row(&t, e, jstr(o, "request"),
			 right_for(jstr(o, "right")),
			 jdate(o, "received_on", on), request_words(o),
			 jdate(o, "due_on", due), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucune demande."));
	return 0;
}

/* One act on a request: its pairs, its path, what is said when it is done. */
static int
act(struct cli *c, const char *request, const char *const pairs[][2], size_t n,
    const char *path, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object();
	int r;

	if ((r = fill(c, body, pairs, n, e)) < 0)
		return r;
	return cli_post(c, body, out, e, path, request);
}

static int
extend_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "!reason", "reason" } };
	AUTO(json_decrefp) json_t *j = NULL;
	char due[32];
	int r;

	(void)argc;
	if ((r = act(c, argv[0], pairs, NELEMS(pairs),
		 "/v1/requests/%/extension", &j, e)) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(_("Demande %s prolongée jusqu'au %s, inscription n° %lld\n"),
	    jstr(j, "request"), jdate(j, "due_on", due), jint(j, "leaf"));
	print_letter(j);
	return 0;
}

static int
answer_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "document", "document" },
		{ "words", "words" } };
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = act(c, argv[0], pairs, NELEMS(pairs), "/v1/requests/%/answer",
		 &j, e)) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Demande %s répondue, inscription n° %lld\n"),
		    jstr(j, "request"), jint(j, "leaf"));
	return 0;
}

static int
refuse_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "!ground", "ground" },
		{ "!reason", "reason" } };
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = act(c, argv[0], pairs, NELEMS(pairs), "/v1/requests/%/refusal",
		 &j, e)) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	printf(_("Demande %s refusée, inscription n° %lld\n"),
	    jstr(j, "request"), jint(j, "leaf"));
	print_letter(j);
	return 0;
}

/* --- restriction ---------------------------------------------------------- */

static int
restrict_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "!ground", "ground" },
		{ "words", "words" }, { "request", "request" } };
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = act(c, argv[0], pairs, NELEMS(pairs),
		 "/v1/cases/%/restriction", &j, e)) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Dossier limité, inscription n° %lld : rien n'en est "
			 "transmis ni effacé, et seuls qui en rendent compte "
			 "à la personne ou au juge le lisent encore.\n"
			 "Destinataires informés : %zu\n"),
		    jint(j, "leaf"), jcount(j, "notices"));
	return 0;
}

/* First the letter, then, once it has gone, the lifting. */
static int
lift_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const announce[][2] = { { "!reason", "reason" } };
	static const char *const lift[][2] = { { "!channel", "channel" },
		{ "told", "told_on" } };
	int telling = cli_option(c, "reason") != NULL;
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if (telling && cli_option(c, "channel") != NULL)
		return err_set(e, ERR_USAGE, "%s",
		    _("--reason pour annoncer la levée, puis --channel une "
		      "fois la personne informée"));
	if ((r = stepup_sign(c, "restrict-lift", argv[0], e)) < 0 ||
	    (r = telling ? act(c, argv[0], announce, NELEMS(announce),
			       "/v1/cases/%/restriction/announcement", &j, e)
			 : act(c, argv[0], lift, NELEMS(lift),
			       "/v1/cases/%/restriction/lift", &j, e)) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if (!telling) {
		printf(_("Limitation levée, inscription n° %lld\n"),
		    jint(j, "leaf"));
		return 0;
	}
	printf(_("Levée annoncée, inscription n° %lld : le dossier reste "
		 "limité jusqu'à ce que la personne soit informée.\n"),
	    jint(j, "leaf"));
	print_letter(j);
	return 0;
}

static const char *
restriction_state(const char *state)
{
	if (strcmp(state, "lifted") == 0)
		return _("levée");
	return strcmp(state, "announced") == 0 ? _("levée annoncée")
					       : _("en cours");
}

static int
restrictions_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	char since[32], lifted[32];
	json_t *o;
	size_t i;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/cases/%/restrictions", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = table_head(&t, e, _("Limitation"), _("Depuis"), _("État"),
		 _("Levée le"), _("Motif"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "restrictions"), i, o)
	{
		if ((r = table_row(&t, e, jstr(o, "restriction"),
			 jtime(o, "since", since),
			 restriction_state(jstr(o, "state")),
			 jtime(o, "lifted_at", lifted), jstr(o, "ground"),
			 NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucune limitation."));
	return 0;
}

static int
object_lift_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "!channel", "channel" } };
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = act(c, argv[0], pairs, NELEMS(pairs), "/v1/objections/%/lift",
		 &j, e)) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Opposition %s levée, inscription n° %lld\n"),
		    jstr(j, "objection"), jint(j, "leaf"));
	return 0;
}

static const char *const request_options[] = { "right", "channel", "identity",
	"received", "person", "words", "objection", NULL };
static const char *const reason_options[] = { "reason", NULL };
static const char *const answer_options[] = { "document", "words", NULL };
static const char *const refuse_options[] = { "ground", "reason", NULL };
static const char *const restrict_options[] = { "ground", "words", "request",
	NULL };
static const char *const lift_options[] = { "reason", "told", "channel",
	STEPUP_OPTION, NULL };
static const char *const channel_options[] = { "channel", NULL };

#define SUBJECT(name, word, arg, opts, what)                                   \
	const struct cmd cmd_subject_##name = {                                \
		.noun = "subject",                                             \
		.verb = word,                                                  \
		.usage = arg,                                                  \
		.about = what,                                                 \
		.options = opts,                                               \
		.min_args = 1,                                                 \
		.max_args = 1,                                                 \
		.run = name##_run,                                             \
	}

SUBJECT(request, "request", N_("DOSSIER"), request_options,
    N_("inscrire ce qu'une personne demande : un mois pour répondre "
       "(--right, --channel, --identity)"));
SUBJECT(
    requests, "requests", N_("DOSSIER"), NULL, N_("les demandes d'un dossier"));
SUBJECT(extend, "extend", N_("DEMANDE"), reason_options,
    N_("prolonger de deux mois, dans le premier, et en informer la personne "
       "(--reason)"));
SUBJECT(answer, "answer", N_("DEMANDE"), answer_options,
    N_("dire qu'une demande a sa réponse (--document ou --words)"));
SUBJECT(refuse, "refuse", N_("DEMANDE"), refuse_options,
    N_("refuser une demande : la lettre et ses trois mentions (--ground, "
       "--reason)"));
SUBJECT(restrict, "restrict", N_("DOSSIER"), restrict_options,
    N_("limiter un dossier : rien n'en est transmis ni effacé, et l'équipe "
       "ne le lit plus (--ground)"));
SUBJECT(lift, "lift", N_("DOSSIER"), lift_options,
    N_("lever une limitation : l'annoncer (--reason), puis la lever "
       "(--channel, --told)"));
SUBJECT(restrictions, "restrictions", N_("DOSSIER"), NULL,
    N_("les limitations d'un dossier"));
SUBJECT(object_lift, "object-lift", N_("OPPOSITION"), channel_options,
    N_("la personne renonce à son opposition (--channel)"));
