#include "client/web/household.h"

#include "base/text.h"
#include "client/web/control.h"

const struct web_choice household_roles[] = {
	{ "titulaire", N_("titulaire du bail") },
	{ "co-titulaire", N_("co-titulaire du bail") },
	{ "occupant", N_("occupant majeur") },
	{ "mineur", N_("mineur") },
	{ "garant", N_("garant") },
	{ "bailleur", N_("bailleur") },
	{ NULL, NULL },
};

struct names {
	char role[24], name[24], year[24], hidden[24];
};

static struct names
names_of(size_t i)
{
	struct names n;

	snprintf(n.role, sizeof(n.role), "p%u-role", (unsigned)i);
	snprintf(n.name, sizeof(n.name), "p%u-nom", (unsigned)i);
	snprintf(n.year, sizeof(n.year), "p%u-annee", (unsigned)i);
	snprintf(n.hidden, sizeof(n.hidden), "p%u-adresse", (unsigned)i);
	return n;
}

void
household_person(struct web_call *c, size_t i, const json_t *wrong)
{
	struct names n = names_of(i);
	char legend[64];

	snprintf(legend, sizeof(legend), _("Personne %u"), (unsigned)i + 1);
	html(&c->h, "<fieldset><legend>%s</legend>", legend);
	web_select(c,
	    &(struct web_control){ .name = n.role,
		.label = _("Rôle"),
		.wrong = web_wrong_of(wrong, n.role) },
	    household_roles);
	web_input(c, &(struct web_control){ .name = n.name,
			 .label = _("Nom et prénom"),
			 .wrong = web_wrong_of(wrong, n.name) });
	web_input(c, &(struct web_control){ .name = n.year,
			 .label = _("Année de naissance"),
			 .type = "text",
			 .hint = _("quatre chiffres, par exemple 1979"),
			 .wrong = web_wrong_of(wrong, n.year) });
	html(&c->h,
	    "<label class=\"choice\"><input type=\"checkbox\" name=\"%s\" "
	    "value=\"1\"%s>%s</label></fieldset>",
	    n.hidden, web_is(c, n.hidden, "1") ? " checked" : "",
	    _("adresse confidentielle : elle ne part chez personne"));
}

static int
read_year(const char *s, json_t *person, json_t *wrong, const char *field)
{
	uint64_t year;

	if (s == NULL)
		return 0;
	if (strlen(s) != 4 || text_decimal(s, 4, &year, NULL) < 0 ||
	    year < 1880)
		web_wrong(wrong, field,
		    _("Écrivez l'année en quatre chiffres, par exemple "
		      "1979."));
	else
		json_object_set_new(
		    person, "birth_year", json_integer((json_int_t)year));
	return 0;
}

int
household_read(
    struct web_call *c, size_t i, json_t *persons, json_t *wrong, struct err *e)
{
	struct names n = names_of(i);
	const char *role = web_said(c, n.role), *name = web_said(c, n.name),
		   *year = web_said(c, n.year);
	json_t *person;
	int r;

	if (role == NULL && name == NULL && year == NULL)
		return 0;
	if ((person = json_object()) == NULL ||
	    json_array_append_new(persons, person) < 0)
		return err_set(e, ERR_NOMEM, "request");
	if (role == NULL)
		web_wrong(wrong, n.role, _("Choisissez son rôle."));
	if (name == NULL)
		web_wrong(wrong, n.name, _("Écrivez son nom."));
	if ((r = cli_member(person, "role", role, e)) < 0 ||
	    (r = cli_member(person, "name", name, e)) < 0)
		return r;
	if (web_is(c, n.hidden, "1"))
		json_object_set_new(
		    person, "confidential_address", json_true());
	return read_year(year, person, wrong, n.year);
}
