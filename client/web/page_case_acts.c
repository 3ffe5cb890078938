/* The smaller acts of a case: an event, a person, a step, its end, its
 * return. One form each; what is refused is shown again with what was typed. */
#include "base/text.h"
#include "client/formcode.h"
#include "client/record_file.h"
#include "client/web/act.h"
#include "client/web/household.h"

static void
begin_page(struct web_call *c, const char *title)
{
	snprintf(c->title, sizeof(c->title), "%s", title);
	c->place = "/rechercher";
	html(&c->h, "<p><a href=\"/dossier/%s\">%s %s</a></p>", c->part[0],
	    _("Retour au dossier"), c->part[0]);
}

static void
end_form(struct web_call *c, const char *words)
{
	html(&c->h, "<p class=\"actions\"><button>%s</button></p></form>",
	    words);
}

static void
write_day(struct web_call *c, const char *name, const char *label,
    const char *hint, int today)
{
	char day[11];

	cli_today(day);
	web_input(c, &(struct web_control){ .name = name,
			 .label = label,
			 .type = "date",
			 .value = today ? day : NULL,
			 .hint = hint });
}

/* A refusal that the person may mend: its sentence, and the form again. */
static int
again(struct web_call *c, const struct err *refused,
    int (*page)(struct web_call *c, struct err *e), struct err *e)
{
	if (!web_is_theirs(refused)) {
		*e = *refused;
		return -(int)e->code;
	}
	web_refused(c, refused, NULL);
	return page(c, e);
}

static int
back(struct web_call *c, struct err *e, const char *words)
{
	web_tell(c, "%s", words);
	return web_redirect(c, e, "/dossier/%", c->part[0]);
}

/* --- an event ---------------------------------------------------------------
 */

static int
event_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	const struct policy_event *ev;
	const struct policy *p;
	size_t i, n;
	int r;

	if ((r = web_rules(c, &p, e)) < 0)
		return r;
	for (n = policy_events(p, &ev), i = 0; i < n; i++)
		json_array_append_new(
		    list, json_pack("{s:s, s:s}", "code", ev[i].name, "title",
			      ev[i].title));
	begin_page(c, _("Inscrire un événement"));
	web_form(c, 0, "/dossier/%/evenement", c->part[0]);
	web_select_json(c,
	    &(struct web_control){
		.name = "evenement", .label = _("Événement"), .required = 1 },
	    list, "code", "title");
	write_day(c, "jour", _("Le"), NULL, 1);
	web_input(c, &(struct web_control){ .name = "document",
			 .label = _("Document qui le prouve"),
			 .hint = _("sa référence dans ce dossier") });
	web_input(c, &(struct web_control){ .name = "note",
			 .label = _("Note"),
			 .hint = _("pas de donnée de santé") });
	end_form(c, _("Inscrire"));
	return 0;
}

static int
event_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!evenement", "event" },
		{ "jour", "occurred_on" }, { "document", "document" },
		{ "note", "note" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	struct err refused = { 0 };

	if (web_fill(c, body, pairs, NELEMS(pairs), &refused) < 0 ||
	    cli_post(&c->cli, body, &j, &refused, "/v1/cases/%/events",
		c->part[0]) < 0)
		return again(c, &refused, event_get, e);
	return back(c, e, _("L'événement est inscrit."));
}

/* --- persons ----------------------------------------------------------------
 */

static int
adding_page(struct web_call *c, const json_t *wrong)
{
	begin_page(c, _("Ajouter une personne"));
	web_summary(c, wrong);
	web_form(c, 0, "/dossier/%/personne", c->part[0]);
	web_once(c);
	household_person(c, 0, wrong);
	write_day(c, "depuis", _("Dans ce rôle depuis le"),
	    _("vide : depuis toujours"), 0);
	end_form(c, _("Ajouter"));
	return 0;
}

static int
adding_get(struct web_call *c, struct err *e)
{
	(void)e;
	return adding_page(c, NULL);
}

static int
adding_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp)
	json_t *persons = json_array(), *wrong = json_object(), *j = NULL;
	struct err refused = { 0 };
	int r;

	if ((r = household_read(c, 0, persons, wrong, e)) < 0)
		return r;
	if (json_array_size(persons) == 0)
		web_wrong(wrong, "p0-nom", _("Écrivez son nom."));
	if (json_object_size(wrong) > 0) {
		c->status = 422;
		return adding_page(c, wrong);
	}
	if ((r = cli_member(json_array_get(persons, 0), "from",
		 web_said(c, "depuis"), e)) < 0)
		return r;
	if (web_post_once(c, json_array_get(persons, 0), &j, &refused,
		"/v1/cases/%/persons", c->part[0]) < 0)
		return again(c, &refused, adding_get, e);
	return back(c, e, _("La personne est ajoutée."));
}

static void
write_ending(struct web_call *c, const json_t *j)
{
	AUTO(json_decrefp) json_t *open = json_array();
	json_t *role;
	size_t i;

	json_array_foreach(json_object_get(j, "roles"), i,
	    role) if (!json_is_string(json_object_get(role, "until")))
	    json_array_append_new(
		open, json_pack("{s:s, s:s}", "code", jstr(role, "role"),
			  "title", formcode_words(jstr(role, "role"))));
	web_select_json(c,
	    &(struct web_control){
		.name = "fini", .label = _("Un rôle qui finit") },
	    open, "code", "title");
	write_day(c, "fini-le", _("Dernier jour de ce rôle"), NULL, 0);
}

static int
person_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	char year[24] = "";
	int r;

	if ((r = cli_get(&c->cli, &j, e, "/v1/cases/%/persons/%", c->part[0],
		 c->part[1])) < 0)
		return r;
	begin_page(c, _("Modifier une personne"));
	web_form(c, 0, "/dossier/%/personne/%", c->part[0], c->part[1]);
	if (jint(j, "birth_year") > 0)
		snprintf(year, sizeof(year), "%lld", jint(j, "birth_year"));
	web_input(c, &(struct web_control){ .name = "nom",
			 .label = _("Nom et prénom"),
			 .value = jstr(j, "name") });
	web_input(c, &(struct web_control){ .name = "annee",
			 .label = _("Année de naissance"),
			 .hint = _("quatre chiffres, par exemple 1979"),
			 .value = year });
	html_raw(&c->h, "<p>");
	web_box(c, "checkbox", "adresse", "confidentielle",
	    _("adresse confidentielle : elle ne part chez personne"),
	    json_is_true(json_object_get(j, "confidential_address")),
	    "adresse");
	html_raw(&c->h, "</p>");
	write_ending(c, j);
	web_select(c,
	    &(struct web_control){
		.name = "commence", .label = _("Un rôle qui commence") },
	    household_roles);
	write_day(c, "commence-le", _("Premier jour de ce rôle"), NULL, 0);
	end_form(c, _("Enregistrer"));
	return 0;
}

/* Only what is not as it was. */
static int
changes_of(struct web_call *c, const json_t *was, json_t *body, struct err *e)
{
	static const char *const pairs[][2] = { { "fini", "end" },
		{ "commence", "role" } };
	const char *name = web_said(c, "nom"), *year = web_said(c, "annee");
	int hidden = web_is(c, "adresse", "confidentielle"), r;
	uint64_t y = 0;

	if ((r = web_fill(c, body, pairs, NELEMS(pairs), e)) < 0)
		return r;
	if (json_object_get(body, "end") != NULL &&
	    (r = cli_member(body, "until", web_said(c, "fini-le"), e)) < 0)
		return r;
	if (json_object_get(body, "role") != NULL &&
	    (r = cli_member(body, "from", web_said(c, "commence-le"), e)) < 0)
		return r;
	if (name != NULL && strcmp(name, jstr(was, "name")) != 0 &&
	    (r = cli_member(body, "name", name, e)) < 0)
		return r;
	if (year != NULL && text_decimal(year, strlen(year), &y, NULL) < 0)
		return err_tag(e, ERR_INVALID, "birth-year", "%.8s", year);
	if (y > 0 && (long long)y != jint(was, "birth_year"))
		json_object_set_new(
		    body, "birth_year", json_integer((json_int_t)y));
	if (hidden !=
	    json_is_true(json_object_get(was, "confidential_address")))
		json_object_set_new(
		    body, "confidential_address", json_boolean(hidden));
	return 0;
}

static int
person_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp)
	json_t *was = NULL, *body = json_object(), *j = NULL;
	struct err refused = { 0 };
	int r;

	if ((r = cli_get(&c->cli, &was, e, "/v1/cases/%/persons/%", c->part[0],
		 c->part[1])) < 0)
		return r;
	if (changes_of(c, was, body, &refused) < 0)
		return again(c, &refused, person_get, e);
	if (json_object_size(body) == 0)
		return back(c, e, _("Rien n'a changé."));
	if (cli_post(&c->cli, body, &j, &refused,
		"/v1/cases/%/persons/%/changes", c->part[0], c->part[1]) < 0)
		return again(c, &refused, person_get, e);
	return back(c, e, _("La personne est modifiée."));
}

/* --- a step
 * ------------------------------------------------------------------- */

static const char *const step_texts[][2] = { { "echeance", "date" },
	{ "date-decision", "date" }, { "reference", "text" },
	{ "preuve", "text" }, { "decision-document", "text" },
	{ "raison", "text" } };
static const char *const step_codes[] = { "etat", "decision" };

static int
step_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *record = NULL;
	const struct policy_field *f;
	const struct policy_kind *k;
	const struct policy *p;
	size_t i;
	int r;

	if ((r = web_rules(c, &p, e)) < 0 ||
	    (r = record_get(&c->cli, c->part[1], &record, e)) < 0)
		return r;
	if ((k = policy_kind(p, "demarche")) == NULL)
		return err_tag(e, ERR_NOT_FOUND, "kind-unknown", "demarche");
	begin_page(c, _("Où en est cette démarche"));
	html(&c->h, "<p><strong>%s</strong> %s</p>",
	    formcode_words(jstr(record, "dispositif")),
	    jstr(record, "objectif"));
	web_form(c, 0, "/dossier/%/demarche/%", c->part[0], c->part[1]);
	for (i = 0; i < NELEMS(step_codes); i++)
		if ((f = policy_field(k, step_codes[i])) != NULL)
			web_select_codes(c,
			    &(struct web_control){ .name = step_codes[i],
				.label = f->title,
				.value = jstr(record, step_codes[i]) },
			    f->values);
	for (i = 0; i < NELEMS(step_texts); i++)
		if ((f = policy_field(k, step_texts[i][0])) != NULL)
			web_input(
			    c, &(struct web_control){ .name = step_texts[i][0],
				   .label = f->title,
				   .type = step_texts[i][1],
				   .value = jstr(record, step_texts[i][0]) });
	end_form(c, _("Enregistrer"));
	return 0;
}

/* What was emptied goes. */
static int
step_member(struct web_call *c, json_t *record, const char *name, struct err *e)
{
	const char *said = web_said(c, name);

	if (said == NULL) {
		json_object_del(record, name);
		return 0;
	}
	return cli_member(record, name, said, e);
}

static int
step_post(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *record = NULL, *j = NULL;
	struct err refused = { 0 };
	size_t i;
	int r;

	if ((r = record_get(&c->cli, c->part[1], &record, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(step_codes); i++)
		if ((r = step_member(c, record, step_codes[i], e)) < 0)
			return r;
	for (i = 0; i < NELEMS(step_texts); i++)
		if ((r = step_member(c, record, step_texts[i][0], e)) < 0)
			return r;
	if (record_file(&c->cli, c->part[0], "demarche", record, c->part[1], &j,
		&refused) < 0)
		return again(c, &refused, step_get, e);
	return back(c, e, _("La démarche est à jour."));
}

/* --- its end, and its return
 * ---------------------------------------------------- */

static int
closing_get(struct web_call *c, struct err *e)
{
	const struct policy_field *f = NULL;
	const struct policy_kind *k;
	const struct policy *p;
	int r;

	if ((r = web_rules(c, &p, e)) < 0)
		return r;
	if ((k = policy_kind(p, "cloture")) != NULL)
		f = policy_field(k, "issue");
	begin_page(c, _("Clore le dossier"));
	html(&c->h, "<p>%s</p>",
	    _("Les consentements finissent avec le dossier. Le lire ensuite "
	      "demande une raison."));
	web_form(c, 0, "/dossier/%/clore", c->part[0]);
	web_select_codes(c,
	    &(struct web_control){
		.name = "issue", .label = _("Issue"), .required = 1 },
	    f != NULL ? f->values : NULL);
	write_day(c, "jour", _("Clos le"), NULL, 1);
	web_input(
	    c, &(struct web_control){ .name = "note", .label = _("Note") });
	web_input(c, &(struct web_control){ .name = "malgre",
			 .label = _("Pourquoi malgré ce qui reste ouvert"),
			 .hint = _("seulement s'il reste un extrait ou une "
				   "démarche") });
	end_form(c, _("Clore le dossier"));
	return 0;
}

static int
closing_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!issue", "outcome" },
		{ "jour", "closed_on" }, { "note", "note" },
		{ "malgre", "force" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	struct err refused = { 0 };

	if (web_fill(c, body, pairs, NELEMS(pairs), &refused) < 0 ||
	    cli_post(&c->cli, body, &j, &refused, "/v1/cases/%/close",
		c->part[0]) < 0)
		return again(c, &refused, closing_get, e);
	web_tell(c, "%s", _("Le dossier est clos."));
	return web_redirect(c, e, "/rechercher");
}

static int
reopening_get(struct web_call *c, struct err *e)
{
	(void)e;
	begin_page(c, _("Rouvrir le dossier"));
	web_form(c, 0, "/dossier/%/rouvrir", c->part[0]);
	web_input(c, &(struct web_control){ .name = "motif",
			 .label = _("Pourquoi il est rouvert"),
			 .required = 1 });
	end_form(c, _("Rouvrir le dossier"));
	return 0;
}

static int
reopening_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!motif", "reason" } };
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	struct err refused = { 0 };

	if (web_fill(c, body, pairs, NELEMS(pairs), &refused) < 0 ||
	    web_step_up(c, "case-reopen", c->part[0], &refused) < 0 ||
	    cli_post(&c->cli, body, &j, &refused, "/v1/cases/%/reopen",
		c->part[0]) < 0)
		return again(c, &refused, reopening_get, e);
	return back(c, e, _("Le dossier est rouvert."));
}

const struct web_route web_case_acts[] = {
	{ "GET", "/dossier/%/evenement", event_get, 0 },
	{ "POST", "/dossier/%/evenement", event_post, 0 },
	{ "GET", "/dossier/%/personne", adding_get, 0 },
	{ "POST", "/dossier/%/personne", adding_post, 0 },
	{ "GET", "/dossier/%/personne/%", person_get, 0 },
	{ "POST", "/dossier/%/personne/%", person_post, 0 },
	{ "GET", "/dossier/%/demarche/%", step_get, 0 },
	{ "POST", "/dossier/%/demarche/%", step_post, 0 },
	{ "GET", "/dossier/%/clore", closing_get, 0 },
	{ "POST", "/dossier/%/clore", closing_post, 0 },
	{ "GET", "/dossier/%/rouvrir", reopening_get, 0 },
	{ "POST", "/dossier/%/rouvrir", reopening_post, 0 },
	{ 0 },
};
