/* Qui a vu: who had to do with a case, in plain words. */
#include "client/acts.h"
#include "client/messages.h"
#include "client/web/control.h"
#include "client/words.h"

/* What for: the purpose that counted, or why it was refused. */
static void
write_why(struct web_call *c, const json_t *en, const struct policy *p)
{
	const json_t *detail = json_object_get(en, "detail");
	const json_t *d = json_object_get(detail, "decision");
	const char *title = policy_purpose_title(p, jstr(d, "purpose"));

	if (json_is_true(json_object_get(en, "expired")))
		html_text(&c->h, _("détail expiré"));
	else if (*jstr(d, "denied") != '\0')
		html_text(&c->h, message_words(jstr(d, "denied")));
	else if (title != NULL)
		html_text(&c->h, title);
	else
		html_text(&c->h, jstr(detail, "reason"));
}

static void
write_entry(struct web_call *c, const json_t *en, const struct policy *p)
{
	struct html *h = &c->h;

	html_raw(h, "<tr><td>");
	web_time(h, en, "at");
	html(h, "</td><td>%s</td><td>%s</td><td>%s</td><td>%s</td><td>",
	    jstr(en, "account"), jword(en, "role"), act_for(jstr(en, "class")),
	    jword(en, "outcome"));
	write_why(c, en, p);
	html_raw(h, "</td></tr>");
}

/* The log is the delegate's to read: whom to ask stands in the place of it. */
static int
not_theirs(struct web_call *c)
{
	html(&c->h, "<p>%s</p><p>%s</p>",
	    _("Chaque lecture de ce dossier est inscrite au journal, avec qui, "
	      "quand et pourquoi. Le journal se lit par le délégué à la "
	      "protection des données."),
	    _("Pour savoir qui a vu ce dossier, demandez-le-lui. La personne "
	      "elle-même peut le demander aussi : c'est son droit d'accès."));
	return 0;
}

static int
seen_get(struct web_call *c, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	const struct policy *p;
	json_t *en;
	size_t i;
	int r;

	snprintf(c->title, sizeof(c->title), _("Qui a vu %s"), c->part[0]);
	c->place = "/rechercher";
	html(&c->h, "<p><a href=\"/dossier/%s\">%s</a></p>", c->part[0],
	    _("Retour au dossier"));
	if (!web_may(c, "audit-read"))
		return not_theirs(c);
	if ((r = web_rules(c, &p, e)) < 0 ||
	    (r = buf_addstr(&path, "/v1/audit?limit=200", e)) < 0 ||
	    (r = cli_query(&path, "object", c->part[0], e)) < 0 ||
	    (r = cli_query(&path, "before", web_field(c, "avant"), e)) < 0 ||
	    (r = cli_call(&c->cli, "GET", buf_str(&path), NULL, NULL, &j, e)) <
		0)
		return r;
	web_table(c, _("Du plus récent au plus ancien"), _("Quand"), _("Qui"),
	    _("Fonction"), _("Acte"), _("Issue"), _("Pourquoi"), NULL);
	json_array_foreach(json_object_get(j, "entries"), i, en)
	    write_entry(c, en, p);
	web_table_end(c);
	if (jint(j, "next") > 0)
		html(&c->h,
		    "<p><a href=\"/dossier/%s/acces?avant=%lld\">%s</a>"
		    "</p>",
		    c->part[0], jint(j, "next"),
		    _("Inscriptions plus anciennes"));
	return 0;
}

const struct web_route web_seen[] = {
	{ "GET", "/dossier/%/acces", seen_get, 0 },
	{ 0 },
};
