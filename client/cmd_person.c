/* sceau person add|list|show|edit. */
#include "client/commands.h"
#include "client/out.h"
#include "client/person.h"
#include "client/words.h"

/* "titulaire", "occupant (jusqu'au 31/10/2026)". */
static int
roles_of(const json_t *p, struct buf *out, struct err *e)
{
	char from[32], until[32];
	json_t *role;
	size_t i;
	int r;

	json_array_foreach(json_object_get(p, "roles"), i, role)
	{
		if ((r = buf_addf(out, e, "%s%s", i > 0 ? ", " : "",
			 jstr(role, "role"))) < 0)
			return r;
		jdate(role, "from", from);
		jdate(role, "until", until);
		if (*from != '\0' && *until != '\0')
			r = buf_addf(out, e, _(" (du %s au %s)"), from, until);
		else if (*from != '\0')
			r = buf_addf(out, e, _(" (depuis le %s)"), from);
		else if (*until != '\0')
			r = buf_addf(out, e, _(" (jusqu'au %s)"), until);
		if (r < 0)
			return r;
	}
	return 0;
}

static const char *
year_of(const json_t *p, char out[32])
{
	out[0] = '\0';
	if (jint(p, "birth_year") > 0)
		snprintf(out, 32, "%lld", jint(p, "birth_year"));
	return out;
}

static const char *
address_of(const json_t *p)
{
	return json_is_true(json_object_get(p, "confidential_address"))
		   ? _("adresse confidentielle")
		   : "";
}

int
person_print(const json_t *persons, struct err *e)
{
	AUTO(table_done) struct table t = { 0 };
	char year[32];
	json_t *p;
	size_t i;
	int r;

	if ((r = table_head(&t, e, _("Personne"), _("Nom"), _("Né en"),
		 _("Rôle"), _("Adresse"), NULL)) < 0)
		return r;
	json_array_foreach(persons, i, p)
	{
		AUTO(buf_done) struct buf roles = { 0 };

		if ((r = roles_of(p, &roles, e)) < 0 ||
		    (r = table_row(&t, e, jstr(p, "person"), jstr(p, "name"),
			 year_of(p, year), buf_str(&roles), address_of(p),
			 NULL)) < 0)
			return r;
	}
	table_print(&t, stdout, _("Aucune personne."));
	return 0;
}

static int
print_one(const json_t *p, struct err *e)
{
	AUTO(buf_done) struct buf roles = { 0 };
	char year[32];
	int r;

	if ((r = roles_of(p, &roles, e)) < 0)
		return r;
	out_line(stdout, _("Personne"), jstr(p, "person"));
	out_line(stdout, _("Nom"), jstr(p, "name"));
	out_line(stdout, _("Né en"), year_of(p, year));
	out_line(stdout, _("Rôle"), buf_str(&roles));
	out_line(stdout, _("Adresse"), address_of(p));
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
		printf(_("Personne %s ajoutée (%s), inscription n° %lld\n"),
		    jstr(j, "person"), jstr(j, "role"), jint(j, "leaf"));
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
	return cli_print_json(c, j)
		   ? 0
		   : person_print(json_object_get(j, "persons"), e);
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
	return cli_print_json(c, j) ? 0 : print_one(j, e);
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
	if (cli_print_json(c, j))
		return 0;
	if ((r = print_one(j, e)) < 0)
		return r;
	printf(_("Inscription n° %lld\n"), jint(j, "leaf"));
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
