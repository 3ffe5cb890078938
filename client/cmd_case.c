/* sceau case open|list|show, sceau person add|list, sceau find. */
#include <jansson.h>

#include "client/commands.h"
#include "client/out.h"
#include "client/words.h"

static void
print_persons(const json_t *persons)
{
	char year[32];
	json_t *p;
	size_t i;

	json_array_foreach(persons, i, p)
	{
		snprintf(year, sizeof(year), " (%lld)", jint(p, "birth_year"));
		printf("  %s  ", jstr(p, "person"));
		out_text(stdout, jstr(p, "role"));
		fputs("  ", stdout);
		out_text(stdout, jstr(p, "name"));
		puts(jint(p, "birth_year") > 0 ? year : "");
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

static void
print_case(const json_t *j)
{
	char at[32];

	printf(_("Dossier %s (%s)\n"), jstr(j, "ref"), jstr(j, "case"));
	out_line(stdout, _("Intitulé"), jstr(j, "title"));
	out_line(stdout, _("Phase"), jstr(j, "stage"));
	out_line(stdout, _("État"), jword(j, "state"));
	out_line(stdout, _("Origine"), jstr(j, "source"));
	out_line(stdout, _("Commune"), jstr(j, "commune"));
	out_line(stdout, _("Référence extérieure"), jstr(j, "reference"));
	out_line(stdout, _("Ouvert le"), jtime(j, "opened_at", at));
	print_glass(json_object_get(j, "break_glass"));
	if (jcount(j, "persons") == 0)
		return;
	printf("%s\n", _("Personnes"));
	print_persons(json_object_get(j, "persons"));
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
	if (!cli_print_json(c, j))
		print_case(j);
	return 0;
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
	if (!cli_print_json(c, j))
		print_case(j);
	return 0;
}

/* --- persons ---------------------------------------------------------- */

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
person_body(
    const struct cli *c, int argc, char **argv, json_t *body, struct err *e)
{
	AUTO(buf_done) struct buf name = { 0 };
	long long year = 0;
	int r;

	if (argc > 1 && ((r = join(argc - 2, argv + 2, &name, e)) < 0 ||
			    (r = cli_member(body, "role", argv[1], e)) < 0 ||
			    (argc > 2 && (r = cli_member(body, "name",
					      buf_str(&name), e)) < 0)))
		return r;
	if ((r = cli_number(c, "birth-year", 9999, &year, e)) < 0)
		return r;
	if (year > 0)
		json_object_set_new(body, "birth_year", json_integer(year));
	if (cli_option(c, "confidential-address") != NULL)
		json_object_set_new(body, "confidential_address", json_true());
	if (json_object_get(body, "role") == NULL ||
	    json_object_get(body, "name") == NULL)
		return err_set(
		    e, ERR_USAGE, "%s", _("le rôle et le nom sont attendus"));
	return 0;
}

static int
add_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *body = NULL, *j = NULL;
	int r;

	if ((r = body_from(c, &body, e)) < 0 ||
	    (r = person_body(c, argc, argv, body, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/cases/%/persons", argv[0])) < 0)
		return r;
	if (!cli_print_json(c, j))
		printf(_("Personne %s ajoutée (%s).\n"), jstr(j, "person"),
		    jstr(j, "role"));
	return 0;
}

static int
persons_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/cases/%", argv[0])) < 0)
		return r;
	if (cli_print_json(c, j))
		return 0;
	if (jcount(j, "persons") == 0)
		printf("%s\n", _("Aucune personne."));
	print_persons(json_object_get(j, "persons"));
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
static const char *const add_options[] = { "birth-year",
	"confidential-address!", "from", NULL };
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
	.about = N_("un dossier et ses personnes"),
	.min_args = 1,
	.max_args = 1,
	.run = show_run,
};
const struct cmd cmd_person_add = {
	.noun = "person",
	.verb = "add",
	.usage = N_("DOSSIER [RÔLE NOM…]"),
	.about = N_("ajouter une personne ; --from FICHIER tient le nom hors "
		    "de la ligne de commande"),
	.options = add_options,
	.min_args = 1,
	.max_args = -1,
	.run = add_run,
};
const struct cmd cmd_person_list = {
	.noun = "person",
	.verb = "list",
	.usage = N_("DOSSIER"),
	.about = N_("les personnes d'un dossier"),
	.min_args = 1,
	.max_args = 1,
	.run = persons_run,
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
