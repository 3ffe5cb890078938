/* Accès: the log with its filters, and a decision in plain words. */
#include "client/acts.h"
#include "client/messages.h"
#include "client/web/control.h"
#include "client/words.h"

#define SHOWN "100" /* entries of a page */

/* --- the log ------------------------------------------------------------ */

/* The purpose that counted, or why it was refused. */
static void
write_why(struct web_call *c, const json_t *entry)
{
	const json_t *detail = json_object_get(entry, "detail");
	const json_t *d = json_object_get(detail, "decision");

	if (json_is_true(json_object_get(entry, "expired")))
		html_text(&c->h, _("détail expiré"));
	else if (*jstr(d, "denied") != '\0')
		html_text(&c->h, message_words(jstr(d, "denied")));
	else if (*jstr(d, "purpose") != '\0')
		html(&c->h, "%s%s", jstr(d, "purpose"),
		    json_is_true(json_object_get(d, "default"))
			? _(" (par défaut)")
			: "");
	else
		html_text(&c->h, *jstr(detail, "reason") != '\0'
				     ? jstr(detail, "reason")
				     : message_words(jstr(detail, "code")));
}

static void
write_entry(struct web_call *c, const json_t *en)
{
	struct html *h = &c->h;

	html(h, "<tr><td><a href=\"/acces/%lld\">%lld</a></td><td>",
	    jint(en, "leaf"), jint(en, "leaf"));
	web_time(h, en, "at");
	html(h, "</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td>",
	    act_for(jstr(en, "class")), jword(en, "outcome"),
	    jstr(en, "account"), jword(en, "role"), jstr(en, "object"));
	html_raw(h, "<td>");
	write_why(c, en);
	html_raw(h, "</td></tr>");
}

static void
write_filters(struct web_call *c)
{
	web_form(c, 0, "/acces");
	html(&c->h, "<fieldset><legend>%s</legend><div class=\"grid\">",
	    _("Ne montrer que"));
	web_input(c, &(struct web_control){ .name = "account",
			 .quiet = 1,
			 .label = _("Compte"),
			 .hint = _("ce qu'a fait un compte") });
	web_input(c, &(struct web_control){ .name = "object",
			 .quiet = 1,
			 .label = _("Dossier ou document"),
			 .hint = _("qui y a eu affaire : référence ou "
				   "identifiant") });
	web_input(c, &(struct web_control){ .name = "since",
			 .quiet = 1,
			 .label = _("Depuis le"),
			 .type = "date" });
	web_input(c, &(struct web_control){ .name = "until",
			 .quiet = 1,
			 .label = _("Jusqu'au"),
			 .type = "date" });
	html(
	    &c->h, "</div><button>%s</button></fieldset></form>", _("Montrer"));
}

/* The log has instants, people say days: from the first one's midnight to the
 * end of the last, in UTC as the log. */
static int
add_day(struct web_call *c, struct buf *path, const char *field, int end,
    struct err *e)
{
	const char *day = web_said(c, field);
	char at[48];

	if (day == NULL)
		return 0;
	snprintf(
	    at, sizeof(at), "%.10sT%s", day, end ? "23:59:59Z" : "00:00:00Z");
	return cli_query(path, field, at, e);
}

static void
write_next(struct web_call *c, long long next)
{
	static const char *const kept[] = { "account", "object", "since",
		"until" };
	size_t i;

	web_form(c, 0, "/acces");
	html(&c->h, "<input type=\"hidden\" name=\"before\" value=\"%lld\">",
	    next);
	for (i = 0; i < NELEMS(kept); i++)
		if (web_field(c, kept[i]) != NULL)
			html(&c->h,
			    "<input type=\"hidden\" name=\"%s\" value=\"%s\">",
			    kept[i], web_field(c, kept[i]));
	html(&c->h, "<button class=\"second\">%s</button></form>",
	    _("Inscriptions plus anciennes"));
}

/* By POST: names of accounts stay out of the browser's history. */
static int
log_page(struct web_call *c, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *en;
	size_t i;
	int r;

	snprintf(c->title, sizeof(c->title), "%s", _("Accès"));
	c->place = "/acces";
	if ((r = buf_addstr(&path, "/v1/audit?limit=" SHOWN, e)) < 0 ||
	    (r = cli_query(&path, "account", web_said(c, "account"), e)) < 0 ||
	    (r = cli_query(&path, "object", web_said(c, "object"), e)) < 0 ||
	    (r = cli_query(&path, "before", web_said(c, "before"), e)) < 0 ||
	    (r = add_day(c, &path, "since", 0, e)) < 0 ||
	    (r = add_day(c, &path, "until", 1, e)) < 0)
		return r;
	r = cli_call(&c->cli, "GET", buf_str(&path), NULL, NULL, &j, e);
	if (r < 0 && (!web_is_post(c) || e->code == ERR_UNAVAILABLE))
		return r;
	if (r < 0) {
		c->status = err_http(e->code);
		web_error(c, e);
	}
	write_filters(c);
	if (r < 0)
		return 0;
	if (jcount(j, "entries") == 0) {
		web_none(c, _("Aucune inscription."));
		return 0;
	}
	web_table(c, _("Le journal, du plus récent au plus ancien"), _("N°"),
	    _("Date"), _("Acte"), _("Issue"), _("Compte"), _("Rôle"),
	    _("Objet"), _("Pourquoi"), NULL);
	json_array_foreach(json_object_get(j, "entries"), i, en)
	    write_entry(c, en);
	web_table_end(c);
	if (jint(j, "next") > 0)
		write_next(c, jint(j, "next"));
	return 0;
}

/* --- one decision -------------------------------------------------------- */

static int
is_true(const json_t *j, const char *name)
{
	return json_is_true(json_object_get(j, name));
}

static void
facts_begin(struct web_call *c, const char *heading)
{
	html(&c->h, "<h2>%s</h2><dl class=\"facts\">", heading);
}

static void
facts_end(struct web_call *c)
{
	html_raw(&c->h, "</dl>");
}

static void
write_rule(struct web_call *c, const json_t *rule)
{
	web_fact(c, _("Règle"), jstr(rule, "name"));
	web_fact(c, _("Intitulé"), jstr(rule, "title"));
	web_fact(c, _("Base"), jstr(rule, "basis"));
	web_fact(c, _("Texte"), jstr(rule, "source"));
}

static void
write_access(struct web_call *c, const json_t *j)
{
	const json_t *d = json_object_get(j, "decision"),
		     *f = json_object_get(j, "facts"),
		     *kase = json_object_get(f, "case");

	if (d == NULL)
		return;
	facts_begin(c, _("La décision"));
	web_fact(c, _("Décision"),
	    *jstr(d, "denied") == '\0' ? _("permis")
				       : message_words(jstr(d, "denied")));
	web_fact(c, _("Qui"),
	    is_true(f, "nobody") ? _("personne pour ce coffre")
				 : jstr(f, "account"));
	web_fact(c, _("Équipe"), jstr(f, "team"));
	web_fact(c, _("Au titre du rôle"), jword(d, "role"));
	web_fact(c, _("Rôle prêté"), jstr(d, "loan"));
	web_fact(c, _("Quoi"), jstr(f, "op"));
	web_fact(c, _("Type"), jstr(f, "kind"));
	web_fact(c, _("Finalité"), jstr(d, "purpose"));
	web_fact(c, _("État du dossier"), jword(kase, "state"));
	web_fact(c, _("Équipe du dossier"), jstr(kase, "team"));
	if (is_true(d, "broken_glass"))
		web_fact(c, _("Bris de glace"),
		    _("permis par le seul bris de glace"));
	write_rule(c, json_object_get(j, "rule"));
	web_fact(c, _("Mot à mot (anglais)"), jstr(d, "why"));
	facts_end(c);
}

static void
write_disclosure(struct web_call *c, const json_t *j)
{
	const json_t *x = json_object_get(j, "disclosure"),
		     *d = json_object_get(x, "kept"),
		     *f = json_object_get(d, "facts");
	char names[512];

	if (d == NULL)
		return;
	facts_begin(c, _("La communication"));
	web_fact(c, _("Décision"),
	    is_true(d, "allowed") ? _("permis")
				  : message_words(jstr(d, "tag")));
	web_fact(c, _("Destinataire"), jstr(f, "recipient"));
	web_fact(c, _("Finalité demandée"), jstr(f, "purpose"));
	web_fact(c, _("Diagnostic"), jword(f, "diagnosis"));
	web_fact(c, _("Événements"), jlist(f, "events", names, sizeof(names)));
	web_fact(c, _("Consentements de tous"),
	    jlist(f, "consents", names, sizeof(names)));
	write_rule(c, json_object_get(x, "rule"));
	web_fact(c, _("Mot à mot (anglais)"), jstr(d, "why"));
	facts_end(c);
}

static int
explain_page(struct web_call *c, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const json_t *actor;
	char version[64];
	int r;

	snprintf(c->title, sizeof(c->title), "%s %s", _("Inscription n°"),
	    c->part[0]);
	c->place = "/acces";
	if ((r = cli_get(
		 &c->cli, &j, e, "/v1/audit/%/explanation", c->part[0])) < 0)
		return r;
	actor = json_object_get(j, "actor");
	facts_begin(c, _("L'acte"));
	html(&c->h, "<dt>%s</dt><dd>", _("Date"));
	web_time(&c->h, j, "at");
	html_raw(&c->h, "</dd>");
	web_fact(c, _("Acte"), act_for(jstr(j, "class")));
	web_fact(c, _("Issue"), jword(j, "outcome"));
	web_fact(c, _("Compte"), jstr(actor, "account"));
	web_fact(c, _("Rôle"), jword(actor, "role"));
	web_fact(c, _("Objet"), jstr(j, "object"));
	facts_end(c);
	write_access(c, j);
	write_disclosure(c, j);
	snprintf(version, sizeof(version), "%lld", jint(j, "policy"));
	facts_begin(c, _("Les règles d'alors"));
	web_fact(c, _("Version"), version);
	facts_end(c);
	html(&c->h, "<p class=\"%s\">%s</p>",
	    is_true(j, "same") ? "good" : "bad",
	    is_true(j, "same")
		? _("Rejouée sur les mêmes faits et les mêmes règles : la "
		    "même décision, mot pour mot.")
		: _("Rejouée sur les mêmes faits et les mêmes règles : UNE "
		    "AUTRE DÉCISION. L'inscription ne dit pas ce que les "
		    "règles donnaient."));
	return 0;
}

const struct web_route web_log[] = {
	{ "GET", "/acces", log_page, 0 },
	{ "POST", "/acces", log_page, 0 },
	{ "GET", "/acces/%", explain_page, 0 },
	{ 0 },
};
