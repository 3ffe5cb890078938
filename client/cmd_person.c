/* sceau person add|list|show|edit. */
#include "client/commands.h"
#include "client/out.h"
#include "client/person.h"
#include "client/words.h"

/* "titulaire", "occupant (jusqu'au 2026-10-31)". */
static void
print_roles(const json_t *p)
{
	const char *until;
	json_t *role;
	size_t i;

	json_array_foreach(json_object_get(p, "roles"), i, role)
	{
		if (i > 0)
			fputs(", ", stdout);
		out_text(stdout, jstr(role, "role"));
		until = jstr(role, "until");
		if (*until != '\0')
			printf(_(" (jusqu'au %s)"), until);
	}
}

static void
print_one(const json_t *p)
{
	printf("  %s  ", jstr(p, "person"));
	print_roles(p);
	fputs("  ", stdout);
	out_text(stdout, jstr(p, "name"));
	if (jint(p, "birth_year") > 0)
		printf(" (%lld)", jint(p, "birth_year"));
	if (json_is_true(json_object_get(p, "confidential_address")))
		printf(" %s", _("[adresse confidentielle]"));
	putchar('\n');
}

void
person_print(const json_t *persons)
{
	json_t *p;
	size_t i;

	json_array_foreach(persons, i, p)
	{
		print_one(p);
	}
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
birth_year(const struct cli *c, json_t *body, struct err *e)
{
	long long year = 0;
	int r;

	if ((r = cli_number(c, "birth-year", 9999, &year, e)) < 0)
		return r;
	if (year > 0)
		json_object_set_new(body, "birth_year", json_integer(year));
	return 0;
}

/* --- add ---------------------------------------------------------------- */

static int
person_body(
    const struct cli *c, int argc, char **argv, json_t *body, struct err *e)
{
	AUTO(buf_done) struct buf name = { 0 };
	int r;

	if (argc > 1 && ((r = join(argc - 2, argv + 2, &name, e)) < 0 ||
			    (r = cli_member(body, "role", argv[1], e)) < 0 ||
			    (argc > 2 && (r = cli_member(body, "name",
					      buf_str(&name), e)) < 0)))
		return r;
	if ((r = birth_year(c, body, e)) < 0 ||
	    (r = cli_member(body, "from", cli_option(c, "since"), e)) < 0)
		return r;
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

/* --- list, show --------------------------------------------------------- */

static int
list_run(struct cli *c, int argc, char **argv, struct err *e)
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
	person_print(json_object_get(j, "persons"));
	return 0;
}

static int
show_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	(void)argc;
	if ((r = cli_get(c, &j, e, "/v1/cases/%/persons/%", argv[0], argv[1])) <
	    0)
		return r;
	if (!cli_print_json(c, j))
		print_one(j);
	return 0;
}

/* --- edit --------------------------------------------------------------- */

/* --address confidential or shared. */
static int
address(const struct cli *c, json_t *body, struct err *e)
{
	const char *s = cli_option(c, "address");

	if (s == NULL)
		return 0;
	if (strcmp(s, "confidential") != 0 && strcmp(s, "shared") != 0)
		return err_set(e, ERR_USAGE, "%s",
		    _("--address dit confidential ou shared"));
	return json_object_set_new(body, "confidential_address",
		   json_boolean(strcmp(s, "confidential") == 0)) < 0
		   ? err_set(e, ERR_NOMEM, "request")
		   : 0;
}

static int
edit_run(struct cli *c, int argc, char **argv, struct err *e)
{
	static const char *const pairs[][2] = { { "begin", "role" },
		{ "since", "from" }, { "end", "end" }, { "until", "until" } };
	AUTO(json_decrefp) json_t *body = NULL, *j = NULL;
	size_t i;
	int r;

	(void)argc;
	if ((r = body_from(c, &body, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(pairs); i++)
		if ((r = cli_member(
			 body, pairs[i][1], cli_option(c, pairs[i][0]), e)) < 0)
			return r;
	if ((r = birth_year(c, body, e)) < 0 || (r = address(c, body, e)) < 0 ||
	    (r = cli_post(c, body, &j, e, "/v1/cases/%/persons/%/changes",
		 argv[0], argv[1])) < 0)
		return r;
	if (!cli_print_json(c, j))
		print_one(j);
	return 0;
}

static const char *const add_options[] = { "birth-year",
	"confidential-address!", "since", "from", NULL };
static const char *const edit_options[] = { "begin", "since", "end", "until",
	"address", "birth-year", "from", NULL };

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
	.run = list_run,
};
const struct cmd cmd_person_show = {
	.noun = "person",
	.verb = "show",
	.usage = N_("DOSSIER PERSONNE"),
	.about = N_("une personne, ses rôles et leurs dates"),
	.min_args = 2,
	.max_args = 2,
	.run = show_run,
};
const struct cmd cmd_person_edit = {
	.noun = "person",
	.verb = "edit",
	.usage = N_("DOSSIER PERSONNE"),
	.about = N_("un rôle qui finit ou commence (--end RÔLE --until DATE, "
		    "--begin RÔLE --since DATE), une adresse confidentielle "
		    "(--address confidential) ; --from FICHIER rectifie le "
		    "nom"),
	.options = edit_options,
	.min_args = 2,
	.max_args = 2,
	.run = edit_run,
};
