/*
 * Droits: what persons asked (GDPR art. 15 to 21), the clock of each answer,
 * the letters, restriction and its lifting.
 */
#include "client/web/control.h"
#include "client/words.h"

/* --- the words
 * ---------------------------------------------------------------- */

#define RIGHTS_MAX 8 /* with the end */

static void
select_right(struct web_call *c)
{
	struct web_choice all[RIGHTS_MAX] = { 0 };
	size_t i;

	for (i = 0; words_rights[i][0] != NULL && i < RIGHTS_MAX - 1; i++)
		all[i] = (struct web_choice){ words_rights[i][0],
			words_rights[i][1] };
	web_select(c,
	    &(struct web_control){
		.name = "right", .label = _("Le droit"), .required = 1 },
	    all);
}

static int
is_open(const json_t *o)
{
	return strcmp(jstr(o, "state"), "answered") != 0 &&
	       strcmp(jstr(o, "state"), "refused") != 0;
}

/* --- letters
 * ------------------------------------------------------------------- */

/* The letter that an act made: kept for its page, shown once asked for. */
static int
keep_letter(struct web_call *c, const json_t *j, struct err *e)
{
	if (*jstr(j, "letter") == '\0')
		return 0;
	return web_keep(c, "letter", json_string(jstr(j, "letter")), e);
}

static int
letter_get(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *v = web_kept(c, "letter");

	if (v == NULL)
		return err_tag(e, ERR_NOT_FOUND, "web-page", "page");
	snprintf(c->title, sizeof(c->title), "%s", _("Lettre à la personne"));
	c->printable = 1;
	html(&c->h, "<pre class=\"letter\">%s</pre>", json_string_value(v));
	return 0;
}

static void
write_letter_link(struct web_call *c, int any)
{
	if (any)
		html(&c->h,
		    "<p class=\"note\"><a href=\"/droits/lettre\">%s</a></p>",
		    _("La lettre à remettre à la personne, à imprimer"));
}

/* --- the page of a case
 * ----------------------------------------------------------- */

static void
select_channel(struct web_call *c, const char *label)
{
	web_select(c,
	    &(struct web_control){
		.name = "channel", .label = label, .required = 1 },
	    web_channels);
}

static void
write_request(struct web_call *c, const json_t *o)
{
	struct html *h = &c->h;

	html_raw(h, "<tr><td>");
	if (is_open(o))
		html(h, "<a href=\"/droits/%s/demande/%s\">%s</a>", c->part[0],
		    jstr(o, "request"), right_for(jstr(o, "right")));
	else
		html_text(h, right_for(jstr(o, "right")));
	html_raw(h, "</td><td>");
	web_day(h, o, "received_on");
	html(h, "</td><td>%s</td><td>", request_words(o));
	web_day(h, o, "due_on");
	html_raw(h, "</td></tr>");
}

static void
write_requests(struct web_call *c, const json_t *j)
{
	json_t *o;
	size_t i;

	web_section(c, _("Demandes"));
	if (jcount(j, "requests") == 0)
		web_none(c, _("Aucune demande."));
	else {
		web_table(c, _("Ce que les personnes ont demandé"), _("Droit"),
		    _("Reçue le"), _("État"), _("Réponse avant le"), NULL);
		json_array_foreach(json_object_get(j, "requests"), i, o)
		    write_request(c, o);
		web_table_end(c);
	}
	html_raw(&c->h, "</section>");
}

static void
write_new_request(struct web_call *c)
{
	if (!web_may(c, "rights-request"))
		return;
	web_section(c, _("Une personne demande"));
	web_form(c, 0, "/droits/%/demandes", c->part[0]);
	select_right(c);
	select_channel(c, _("Comment la demande est venue"));
	web_input(c, &(struct web_control){ .name = "identity",
			 .label = _("Comment on sait que c'est elle"),
			 .required = 1 });
	web_input(c, &(struct web_control){ .name = "received_on",
			 .label = _("Reçue le"),
			 .type = "date",
			 .hint = _("aujourd'hui si rien n'est dit") });
	web_input(c, &(struct web_control){ .name = "person",
			 .label = _("Personne"),
			 .hint = _("son identifiant ; sinon le ménage") });
	web_input(
	    c, &(struct web_control){
		   .name = "words", .label = _("Ses mots"), .type = "area" });
	html(&c->h, "<button>%s</button></form></section>",
	    _("Inscrire la demande"));
}

/* The grounds of the rules for this use, as a select. */
static int
select_ground(
    struct web_call *c, unsigned uses, const char *label, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	const struct policy_ground *all;
	const struct policy *p;
	size_t i, n;
	int r;

	if ((r = web_rules(c, &p, e)) < 0)
		return r;
	n = policy_grounds(p, &all);
	for (i = 0; i < n; i++)
		if (all[i].uses & uses)
			json_array_append_new(
			    list, json_pack("{s:s, s:s}", "value", all[i].name,
				      "label", all[i].title));
	web_select_json(c,
	    &(struct web_control){
		.name = "ground", .label = label, .required = 1 },
	    list, "value", "label");
	return 0;
}

static int
write_restriction(struct web_call *c, const json_t *j, struct err *e)
{
	const json_t *last = json_array_get(
	    json_object_get(j, "restrictions"), jcount(j, "restrictions") - 1);
	int on = jcount(j, "restrictions") > 0 &&
		 strcmp(jstr(last, "state"), "lifted") != 0,
	    announced = on && strcmp(jstr(last, "state"), "announced") == 0,
	    r = 0;

	web_section(c, _("Limitation (art. 18)"));
	if (on && web_may(c, "restrict-lift")) {
		web_form(c, 0, "/droits/%/%", c->part[0],
		    announced ? "levee" : "annonce");
		if (announced) {
			select_channel(
			    c, _("Comment la personne a été informée"));
			web_input(c, &(struct web_control){ .name = "told_on",
					 .label = _("Le"),
					 .type = "date" });
		} else
			web_input(c, &(struct web_control){ .name = "reason",
					 .label = _("Motif de la levée"),
					 .type = "area",
					 .required = 1 });
		html(&c->h, "<button>%s</button></form>",
		    announced ? _("Lever la limitation")
			      : _("Annoncer la levée à la personne"));
	} else if (on) {
		html(&c->h, "<p class=\"warn\">%s</p>",
		    _("Ce dossier est limité."));
	} else if (web_may(c, "restrict")) {
		web_form(c, 0, "/droits/%/limitation", c->part[0]);
		r = select_ground(c, 1u << GROUND_RESTRICTION, _("Motif"), e);
		web_input(c, &(struct web_control){ .name = "words",
				 .label = _("Précision"),
				 .type = "area" });
		html(&c->h, "<button class=\"second\">%s</button></form>",
		    _("Limiter : rien n'est lu, transmis ni effacé"));
	}
	html_raw(&c->h, "</section>");
	return r;
}

static int
write_case(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *requests = NULL, *restrictions = NULL;
	AUTO(json_decrefp) json_t *letter = web_kept(c, "letter");
	int r;

	snprintf(c->title, sizeof(c->title), "%s %s", _("Droits, dossier"),
	    c->part[0]);
	c->place = "/droits";
	if ((r = cli_get(&c->cli, &requests, e, "/v1/cases/%/requests",
		 c->part[0])) < 0 ||
	    (r = cli_get(&c->cli, &restrictions, e, "/v1/cases/%/restrictions",
		 c->part[0])) < 0)
		return r;
	write_letter_link(c, letter != NULL);
	write_requests(c, requests);
	write_new_request(c);
	return write_restriction(c, restrictions, e);
}

static int
case_get(struct web_call *c, struct err *e)
{
	return write_case(c, e);
}

static int
rights_get(struct web_call *c, struct err *e)
{
	(void)e;
	snprintf(c->title, sizeof(c->title), "%s", _("Droits des personnes"));
	c->place = "/droits";
	html(&c->h, "<p>%s</p>",
	    _("Ce qui attend une réponse est aussi sur la page du jour. Un "
	      "mois pour répondre, deux de plus une fois, si la personne en "
	      "est informée dans le premier (RGPD art. 12)."));
	web_form(c, 0, "/droits");
	web_input(c, &(struct web_control){ .name = "case",
			 .label = _("Dossier"),
			 .hint = _("sa référence"),
			 .required = 1 });
	html(&c->h, "<button>%s</button></form>", _("Ouvrir"));
	return 0;
}

static int
rights_post(struct web_call *c, struct err *e)
{
	const char *kase = web_said(c, "case");

	return kase != NULL ? web_redirect(c, e, "/droits/%", kase)
			    : web_redirect(c, e, "/droits");
}

/* --- acts
 * ----------------------------------------------------------------------- */

/* A POST of pairs to path of object; its refusal above again, else done. */
static int
act(struct web_call *c, const char *path, const char *object,
    const char *const pairs[][2], size_t n, const char *done,
    int (*again)(struct web_call *c, struct err *e), struct err *e)
{
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	struct err refused = { 0 };
	int r;

	if (web_fill(c, body, pairs, n, &refused) < 0 ||
	    cli_post(&c->cli, body, &j, &refused, path, object) < 0) {
		c->status = err_http(refused.code);
		web_error(c, &refused);
		if ((r = again(c, e)) < 0)
			*e = refused;
		return r;
	}
	if ((r = keep_letter(c, j, e)) < 0)
		return r;
	web_tell(c, "%s", done);
	return web_redirect(c, e, "/droits/%", c->part[0]);
}

static int
request_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!right", "right" },
		{ "!channel", "channel" }, { "!identity", "identity" },
		{ "received_on", "received_on" }, { "person", "person" },
		{ "words", "words" } };

	return act(c, "/v1/cases/%/requests", c->part[0], pairs, NELEMS(pairs),
	    _("La demande est inscrite, son délai court."), write_case, e);
}

static int
restrict_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!ground", "ground" },
		{ "words", "words" } };

	return act(c, "/v1/cases/%/restriction", c->part[0], pairs,
	    NELEMS(pairs), _("Le dossier est limité."), write_case, e);
}

static int
announce_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!reason", "reason" } };

	return act(c, "/v1/cases/%/restriction/announcement", c->part[0], pairs,
	    NELEMS(pairs),
	    _("La levée est annoncée : remettez la lettre, le dossier reste "
	      "limité jusque-là."),
	    write_case, e);
}

static int
lift_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!channel", "channel" },
		{ "told_on", "told_on" } };
	int r;

	if ((r = web_step_up(c, "restrict-lift", c->part[0], e)) < 0)
		return r;
	return act(c, "/v1/cases/%/restriction/lift", c->part[0], pairs,
	    NELEMS(pairs), _("La limitation est levée."), write_case, e);
}

/* --- one request
 * ---------------------------------------------------------------- */

static void
form_begin(struct web_call *c, const char *heading, const char *act_path)
{
	web_section(c, heading);
	web_form(
	    c, 0, "/droits/%/demande/%/%", c->part[0], c->part[1], act_path);
}

static void
form_end(struct web_call *c, const char *button)
{
	html(&c->h, "<button>%s</button></form></section>", button);
}

static int
request_page(struct web_call *c, struct err *e)
{
	int r;

	snprintf(c->title, sizeof(c->title), "%s", _("Répondre à une demande"));
	c->place = "/droits";
	html(&c->h, "<p><a href=\"/droits/%s\">%s %s</a></p>", c->part[0],
	    _("Dossier"), c->part[0]);
	form_begin(c, _("Elle a sa réponse"), "reponse");
	web_input(c, &(struct web_control){ .name = "document",
			 .label = _("Document de la réponse"),
			 .hint = _("déposé dans le dossier ; ou des mots") });
	web_input(c, &(struct web_control){ .name = "words",
			 .label = _("Ce qui a été répondu"),
			 .type = "area" });
	form_end(c, _("Répondue"));
	form_begin(c, _("Prolonger de deux mois, une fois"), "prolongation");
	web_input(c, &(struct web_control){ .name = "reason",
			 .label = _("Pourquoi, comme la lettre le dira"),
			 .id = "reason-extend",
			 .type = "area",
			 .required = 1 });
	form_end(c, _("Prolonger et faire la lettre"));
	form_begin(c, _("Refuser"), "refus");
	if ((r = select_ground(c, ~(1u << GROUND_RESTRICTION), _("Motif"), e)) <
	    0)
		return r;
	web_input(c, &(struct web_control){ .name = "reason",
			 .label = _("Pourquoi, comme la lettre le dira"),
			 .type = "area",
			 .required = 1 });
	form_end(c, _("Refuser et faire la lettre"));
	form_begin(c, _("Effacer, quand c'est l'effacement"), "effacement");
	web_input(
	    c, &(struct web_control){
		   .name = "basis", .label = _("Fondement"), .required = 1 });
	form_end(c, _("Préparer l'effacement"));
	return 0;
}

static int
answer_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "document", "document" },
		{ "words", "words" } };

	return act(c, "/v1/requests/%/answer", c->part[1], pairs, NELEMS(pairs),
	    _("La demande a sa réponse."), request_page, e);
}

static int
extend_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!reason", "reason" } };

	return act(c, "/v1/requests/%/extension", c->part[1], pairs,
	    NELEMS(pairs), _("Prolongée : remettez la lettre."), request_page,
	    e);
}

static int
refuse_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!ground", "ground" },
		{ "!reason", "reason" } };

	return act(c, "/v1/requests/%/refusal", c->part[1], pairs,
	    NELEMS(pairs), _("Refusée : remettez la lettre."), request_page, e);
}

static int
erase_post(struct web_call *c, struct err *e)
{
	static const char *const pairs[][2] = { { "!basis", "basis" } };

	return act(c, "/v1/requests/%/erasure", c->part[1], pairs,
	    NELEMS(pairs),
	    _("L'effacement est préparé : deux personnes l'approuvent."),
	    request_page, e);
}

const struct web_route web_rights[] = {
	{ "GET", "/droits", rights_get, 0 },
	{ "POST", "/droits", rights_post, 0 },
	{ "GET", "/droits/lettre", letter_get, 0 },
	{ "GET", "/droits/%", case_get, 0 },
	{ "POST", "/droits/%/demandes", request_post, 0 },
	{ "POST", "/droits/%/limitation", restrict_post, 0 },
	{ "POST", "/droits/%/annonce", announce_post, 0 },
	{ "POST", "/droits/%/levee", lift_post, 0 },
	{ "GET", "/droits/%/demande/%", request_page, 0 },
	{ "POST", "/droits/%/demande/%/reponse", answer_post, 0 },
	{ "POST", "/droits/%/demande/%/prolongation", extend_post, 0 },
	{ "POST", "/droits/%/demande/%/refus", refuse_post, 0 },
	{ "POST", "/droits/%/demande/%/effacement", erase_post, 0 },
	{ 0 },
};
