/* Ouvrir un dossier: a new case with its persons. */
#include <stdlib.h>

#include "client/web/control.h"
#include "client/web/household.h"
#include "client/words.h"

#define ROWS 2	    /* that the form begins with */
#define ROWS_MAX 32 /* as many persons as the vault takes at once */

static const struct web_choice stages[] = {
	{ "amont", N_("amont (avant l'assignation)") },
	{ "aval", N_("aval (depuis l'assignation)") },
	{ NULL, NULL },
};

static size_t
rows_of(struct web_call *c)
{
	const char *s = web_field(c, "rangs");
	unsigned long n = s != NULL ? strtoul(s, NULL, 10) : ROWS;

	if (n < 1 || n > ROWS_MAX)
		n = ROWS;
	return n < ROWS_MAX && web_is(c, "plus", "1") ? n + 1 : n;
}

/* Who refers households, as the diagnosis has it: the rules' own list. */
static void
write_source(struct web_call *c, const char *wrong)
{
	const struct policy_kind *k = NULL;
	const struct policy_field *f = NULL;
	const struct policy *p;
	struct web_control source = { .name = "source",
		.label = _("Orienté par"),
		.required = 1,
		.wrong = wrong };
	struct err e;

	if (web_rules(c, &p, &e) == 0)
		k = policy_kind(p, "diagnostic");
	if (k != NULL)
		f = policy_field(k, "origine.source");
	if (f != NULL && f->values != NULL)
		web_select_codes(c, &source, f->values);
	else
		web_input(c, &source);
}

static void
write_form(struct web_call *c, const json_t *wrong)
{
	size_t n = rows_of(c), i;

	web_form(c, 0, "/ouvrir");
	web_once(c);
	html(&c->h, "<input type=\"hidden\" name=\"rangs\" value=\"%zu\">", n);
	web_select(c,
	    &(struct web_control){ .name = "phase",
		.label = _("Phase"),
		.required = 1,
		.wrong = web_wrong_of(wrong, "phase") },
	    stages);
	write_source(c, web_wrong_of(wrong, "source"));
	web_input(c, &(struct web_control){ .name = "intitule",
			 .label = _("Intitulé"),
			 .hint = _("Ce qui aide l'équipe à s'y retrouver : "
				   "un nom, une rue.") });
	web_input(c,
	    &(struct web_control){ .name = "commune", .label = _("Commune") });
	web_input(c, &(struct web_control){ .name = "reference",
			 .label = _("Référence extérieure"),
			 .hint = _("Le numéro du dossier chez qui l'a "
				   "transmis.") });
	html(&c->h, "<h2>%s</h2>", _("Les personnes"));
	for (i = 0; i < n; i++)
		household_person(c, i, wrong);
	html(&c->h,
	    "<p class=\"actions\"><button>%s</button> "
	    "<button class=\"second\" name=\"plus\" value=\"1\" "
	    "formnovalidate>%s</button></p></form>",
	    _("Ouvrir le dossier"), _("Une personne de plus"));
}

static int
write_page(struct web_call *c, const json_t *wrong)
{
	snprintf(c->title, sizeof(c->title), "%s", _("Ouvrir un dossier"));
	c->place = "/rechercher";
	web_summary(c, wrong);
	write_form(c, wrong);
	return 0;
}

static int
opening_get(struct web_call *c, struct err *e)
{
	(void)e;
	return write_page(c, NULL);
}

static int
make_body(struct web_call *c, json_t *body, json_t *wrong, struct err *e)
{
	static const char *const pairs[][2] = { { "phase", "stage" },
		{ "source", "source" }, { "intitule", "title" },
		{ "commune", "commune" }, { "reference", "reference" } };
	json_t *persons = json_array();
	size_t n = rows_of(c), i;
	int r;

	if (json_object_set_new(body, "persons", persons) < 0)
		return err_set(e, ERR_NOMEM, "request");
	if ((r = web_fill(c, body, pairs, NELEMS(pairs), e)) < 0)
		return r;
	if (web_said(c, "phase") == NULL)
		web_wrong(wrong, "phase", _("Choisissez amont ou aval."));
	if (web_said(c, "source") == NULL)
		web_wrong(wrong, "source", _("Dites qui a orienté le ménage."));
	for (i = 0; i < n; i++)
		if ((r = household_read(c, i, persons, wrong, e)) < 0)
			return r;
	return 0;
}

static int
opening_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp)
	json_t *body = json_object(), *wrong = json_object(), *j = NULL;
	struct err refused = { 0 };
	int r;

	if (web_is(c, "plus", "1"))
		return write_page(c, NULL);
	if ((r = make_body(c, body, wrong, e)) < 0)
		return r;
	if (json_object_size(wrong) == 0) {
		r = cli_call(&c->cli, "POST", "/v1/cases", body,
		    web_once_key(c), &j, &refused);
		if (r == 0) {
			web_tell(
			    c, _("Le dossier %s est ouvert."), jstr(j, "ref"));
			return web_redirect(c, e, "/dossier/%", jstr(j, "ref"));
		}
		if (!web_is_theirs(&refused)) {
			*e = refused;
			return r;
		}
		web_error(c, &refused);
	}
	c->status = 422;
	return write_page(c, wrong);
}

const struct web_route web_opening[] = {
	{ "GET", "/ouvrir", opening_get, 0 },
	{ "POST", "/ouvrir", opening_post, 0 },
	{ 0 },
};
