/* sceau case open|list|show|event, sceau find. */
#include <jansson.h>

#include "client/commands.h"
#include "client/out.h"
#include "client/person.h"
#include "client/words.h"

static void
print_events(const json_t *events)
{
	char on[32];
	json_t *ev;
	size_t i;

	json_array_foreach(events, i, ev)
	{
		printf("  %s  ", jdate(ev, "occurred_on", on));
		out_text(stdout, *jstr(ev, "title") != '\0'
				     ? jstr(ev, "title")
				     : jstr(ev, "event"));
		if (*jstr(ev, "note") != '\0') {
			fputs(" : ", stdout);
			out_text(stdout, jstr(ev, "note"));
		}
		putchar('\n');
	}
}

/* Who broke its glass: everybody on the case sees it. */
static void
print_glass(const json_t *list)
{
	char at[32], until[32];
	json_t *g;
	size_t i;

	json_array_foreach(list, i, g)
	{
		printf(_("Glace brisée par %s le %s, jusqu'au %s : "),
		    jstr(g, "by"), jtime(g, "at", at),
		    jtime(g, "until", until));
		out_text(stdout, jword(g, "state"));
		putchar('\n');
	}
}

static int
print_case(const json_t *j, struct err *e)
{
	char at[32];
	int r;

	printf(_("Dossier %s (%s)\n"), jstr(j, "ref"), jstr(j, "case"));
	out_line(stdout, _("Intitulé"), jstr(j, "title"));
	out_line(stdout, _("Phase"), jstr(j, "stage"));
	out_line(stdout, _("État"), jword(j, "state"));
	out_line(stdout, _("Origine"), jstr(j, "source"));
	out_line(stdout, _("Commune"), jstr(j, "commune"));
	out_line(stdout, _("Référence extérieure"), jstr(j, "reference"));
	out_line(stdout, _("Ouvert le"), jtime(j, "opened_at", at));
	print_glass(json_object_get(j, "break_glass"));
	if (strcmp(jstr(j, "diagnosis"), "refused") == 0)
		printf("%s\n", _("Le ménage a refusé le diagnostic."));
	if (json_is_true(json_object_get(j, "objection")))
		printf(
		    "%s\n", _("Une opposition arrête tout envoi d'extrait."));
	if (jcount(j, "persons") > 0) {
		putchar('\n');
		r = person_print(json_object_get(j, "persons"), e);
		if (r < 0)
			return r;
	}
	if (jcount(j, "events") > 0) {
		printf("\n%s\n", _("Événements"));
		print_events(json_object_get(j, "events"));
	}
	return 0;
}

/* The body that --from gives, or an empty one. */
static int
body_from(const struct cli *c, json_t **out, struct err *e)
{
	const char *path = cli_option(c, "from");

	if (path != NULL)
		return cli_json_file(path, out, e);
	if ((*out = json_object()) == NULL)
		return err_set(e, ERR_NOMEM, "request");
	return 0;
}

static int
member_needed(const json_t *body, const char *member, struct err *e)
{
	if (json_object_get(body, member) != NULL)
		return 0;
	return err_set(e, ERR_USAGE, _("l'option --%s manque"), member);
}

static int
open_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const members[] = { "stage", "source", "title",
		"commune", "reference" };
	AUTO(json_decrefp) json_t *body = NULL, *j = NULL;
	size_t i;
	int r;

	(void)argc;
	(void)argv;
	if ((r = body_from(c, &body, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(members); i++)
		if ((r = cli_member(
			 body, members[i], cli_option(c, members[i]), e)) < 0)
			return r;
	if ((r = member_needed(body, "stage", e)) < 0 ||
	    (r = member_needed(body, "source", e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/cases")) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_case(j, e);
}

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(table_done) struct table t = { 0 };
	char at[32];
	json_t *k;
	size_t i;
	int r;

	(void)argc;
	(void)argv;
	if ((r = cli_get(c, &j, e, "/v1/cases")) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if ((r = table_head(&t, e, _("Dossier"), _("Phase"), _("État"),
		 _("Intitulé"), _("Commune"), _("Ouvert le"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "cases"), i, k)
	{
		if ((r = table_row(&t, e, jstr(k, "ref"), jstr(k, "stage"),
			 jword(k, "state"), jstr(k, "title"),
			 jstr(k, "commune"), jtime(k, "opened_at", at), NULL)) <
		    0)
			return r;
	}
	table_print(&t, stdout, _("Aucun dossier."));
	return 0;
}

static int
show_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/cases/%", argv[0])) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_case(j, e);
}

/* --- events ----------------------------------------------------------- */

static int
event_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "on", "occurred_on" },
		{ "document", "document" }, { "note", "note" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	char on[32];
	size_t i;
	int r;

	(void)argc;
	for (i = 0; i < NELEMS(pairs); i++)
		if ((r = cli_member(
			 body, pairs[i][1], cli_option(c, pairs[i][0]), e)) < 0)
			return r;
	if ((r = cli_member(body, "event", argv[1], e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/cases/%/events", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Événement : %s, le %s (phase %s), inscription n° "
			 "%lld\n"),
		    jstr(j, "title"), jdate(j, "occurred_on", on),
		    jstr(j, "stage"), jint(j, "leaf"));
	return 0;
}

/* --- find ------------------------------------------------------------- */

static int
print_found(const json_t *j, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char names[512], year[32];
	json_t *k;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Dossier"), _("Intitulé"), _("Noms"),
		 _("Commune"), _("Né en"), _("État"), NULL)) < 0)
		return r;
	json_array_foreach(json_object_get(j, "results"), i, k)
	{
		snprintf(year, sizeof(year), "%lld", jint(k, "birth_year"));
		if ((r = table_row(&t, e, jstr(k, "ref"), jstr(k, "title"),
			 jlist(k, "names", names, sizeof(names)),
			 jstr(k, "commune"),
			 jint(k, "birth_year") > 0 ? year : "",
			 jword(k, "state"), NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Rien de tel dans vos dossiers."));
	return 0;
}

/* The words of argv as one text. */
static int
join(int argc, char **argv, struct buf *out, struct err *e)
{
	int i, r;

	for (i = 0; i < argc; i++)
		if ((r = buf_addf(out, e, "%s%s", i > 0 ? " " : "", argv[i])) <
		    0)
			return r;
	return 0;
}

static int
find_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	AUTO(buf_done) struct buf words = { 0 };
	long long limit = 0;
	int r;

	if ((r = join(argc, argv, &words, e)) < 0 ||
	    (r = cli_number(c, "limit", 1000, &limit, e)) < 0 ||
	    (r = cli_member(body, "words", buf_str(&words), e)) < 0)
		return r;
	if (limit > 0)
		json_object_set_new(body, "limit", json_integer(limit));
	if ((r = cli_post(c, body, &j, e, "/v1/search")) < 0)
		return r;
	return cli_print_json(c, j) ? 0 : print_found(j, e);
}

static const char *const open_options[] = { "stage", "source", "title",
	"commune", "reference", "from", NULL };
static const char *const event_options[] = { "on", "document", "note", NULL };
static const char *const find_options[] = { "limit", NULL };

const struct cmd cmd_case_open = {
	.noun = "case",
	.verb = "open",
	.about = N_("ouvrir un dossier (--stage amont|aval, --source ORIGINE)"),
	.options = open_options,
	.run = open_run,
};
const struct cmd cmd_case_list = {
	.noun = "case",
	.verb = "list",
	.about = N_("les dossiers que vous pouvez voir"),
	.run = list_run,
};
const struct cmd cmd_case_show = {
	.noun = "case",
	.verb = "show",
	.usage = N_("DOSSIER"),
	.about = N_("un dossier, ses personnes et ses événements"),
	.min_args = 1,
	.max_args = 1,
	.run = show_run,
};
const struct cmd cmd_case_event = {
	.noun = "case",
	.verb = "event",
	.usage = N_("DOSSIER ÉVÉNEMENT"),
	.about = N_("inscrire un événement : assignation, audience, "
		    "recevabilite… (--on DATE, --document DOCUMENT)"),
	.options = event_options,
	.min_args = 2,
	.max_args = 2,
	.run = event_run,
};
const struct cmd cmd_find = {
	.noun = "find",
	.usage = N_("MOTS…"),
	.about = N_("chercher un dossier : noms, commune, référence ; sans "
		    "accents, par débuts de mots"),
	.options = find_options,
	.min_args = 1,
	.max_args = -1,
	.run = find_run,
};
