/* Dossier: a case, all that the person may see of it, and what one does
 * next. */
#include "client/formcode.h"
#include "client/web/case_view.h"
#include "client/words.h"

#define VISIT "/dossier/%/visite"

static int
is_state(const struct case_view *v, const char *state)
{
	return strcmp(jstr(v->kase, "state"), state) == 0;
}

/* One's own draft of a visit waits in the vault. */
static int
visit_waits(const struct case_view *v)
{
	json_t *l;
	size_t i;

	json_array_foreach(json_object_get(v->due, "due"), i, l)
	{
		if (strcmp(jstr(l, "what"), "visit-draft") == 0)
			return 1;
	}
	return 0;
}

/* What one does next, and the smaller acts. */
static void
write_acts(struct web_call *c, const struct case_view *v)
{
	static const struct {
		const char *pattern, *operation, *words;
	} next[] = {
		{ "/dossier/%/deposer", "doc-file", N_("Déposer") },
		{ VISIT, "doc-file", N_("Visite") },
		{ "/dossier/%/fiches", "doc-file", N_("Fiches") },
		{ "/dossier/%/consentements", "consent-give",
		    N_("Consentements") },
		{ "/dossier/%/transmettre", "extract-preview",
		    N_("Transmettre") },
	}, small[] = {
		{ "/dossier/%/pages", "doc-file",
		    N_("Pages à remplir sans réseau, sur une tablette") },
		{ "/dossier/%/evenement", "case-event",
		    N_("Inscrire un événement") },
		{ "/dossier/%/fiche/contact?neuve=1", "doc-file", N_("Inscrire un contact") },
		{ "/dossier/%/fiche/veille?neuve=1", "doc-file",
		    N_("Inscrire une veille") },
		{ "/dossier/%/consentements/refus", "refusal",
		    N_("Le ménage refuse le diagnostic") },
		{ "/dossier/%/clore", "case-close", N_("Clore le dossier") },
	};
	char path[WEB_PATH];
	size_t i;

	html(&c->h, "<nav class=\"actions\" aria-label=\"%s\">",
	    _("Agir dans ce dossier"));
	for (i = 0; is_state(v, "open") && i < NELEMS(next); i++)
		if (web_may(c, next[i].operation))
			web_link(c, "button", next[i].pattern, v->ref,
			    strcmp(next[i].pattern, VISIT) == 0 &&
				    visit_waits(v)
				? _("Reprendre la visite")
				: _(next[i].words));
	if ((is_state(v, "closed") || is_state(v, "archived")) &&
	    web_may(c, "case-reopen"))
		web_link(c, "button", "/dossier/%/rouvrir", v->ref,
		    _("Rouvrir le dossier"));
	html_raw(&c->h, "</nav>");
	if (!is_state(v, "open"))
		return;
	html(&c->h, "<details class=\"more\"><summary>%s</summary><ul>",
	    _("Autres actes"));
	for (i = 0; i < NELEMS(small); i++) {
		if (!web_leads_to(small[i].pattern, v->ref, path) ||
		    !web_may(c, small[i].operation))
			continue;
		html_raw(&c->h, "<li>");
		web_link(c, "", small[i].pattern, v->ref, _(small[i].words));
		html_raw(&c->h, "</li>");
	}
	html_raw(&c->h, "</ul></details>");
}

static void
write_notes(struct web_call *c, const struct case_view *v)
{
	struct html *h = &c->h;
	json_t *g;
	size_t i;

	if (strcmp(jstr(v->kase, "diagnosis"), "refused") == 0)
		html(h, "<p class=\"note\">%s</p>",
		    _("Le ménage a refusé le diagnostic."));
	if (is_state(v, "restricted"))
		html(h, "<p class=\"note\">%s</p>",
		    _("Ce dossier est limité à la demande de la personne : il "
		      "est gardé, rien n'y est fait."));
	json_array_foreach(json_object_get(v->kase, "break_glass"), i, g)
	{
		char at[32], until[32];

		html_raw(h, "<p class=\"note\">");
		html(h, _("Glace brisée par %s le %s, jusqu'au %s : "),
		    jstr(g, "by"), jtime(g, "at", at),
		    jtime(g, "until", until));
		html(h, "%s</p>", jword(g, "state"));
	}
}

static void
write_facts(struct web_call *c, const struct case_view *v)
{
	char at[32];

	html(&c->h,
	    "<p><strong>%s</strong> <span class=\"state\">%s</span> "
	    "<span class=\"state\">%s</span></p><dl class=\"facts\">",
	    jstr(v->kase, "title"), jword(v->kase, "state"),
	    jword(v->kase, "stage"));
	web_fact(c, _("Commune"), jstr(v->kase, "commune"));
	web_fact(c, _("Orienté par"), formcode_words(jstr(v->kase, "source")));
	web_fact(c, _("Référence extérieure"), jstr(v->kase, "reference"));
	web_fact(c, _("Ouvert le"), jtime(v->kase, "opened_at", at));
	html_raw(&c->h, "</dl>");
}

static void
write_seen(struct web_call *c, const struct case_view *v)
{
	char path[WEB_PATH];

	if (!web_leads_to("/dossier/%/acces", v->ref, path))
		return;
	html(&c->h,
	    "<section aria-labelledby=\"vu\"><h2 id=\"vu\">%s</h2>"
	    "<p><a href=\"/dossier/%s/acces\">%s</a></p></section>",
	    _("Qui a vu ce dossier"), v->ref,
	    _("Chaque lecture est inscrite : qui, quel jour, pourquoi"));
}

/* What was said of this case holds for its documents, and for its other
 * names. */
static int
spread_purpose(struct web_call *c, const struct case_view *v, struct err *e)
{
	AUTO(json_decrefp)
	json_t *names = json_pack(
	    "[{s:s}, {s:s}]", "name", v->ref, "name", jstr(v->kase, "case"));
	int r;

	if ((r = web_purpose_also(c, names, "name", e)) < 0)
		return r;
	return web_purpose_also(
	    c, json_object_get(v->documents, "documents"), "document", e);
}

static int
case_get(struct web_call *c, struct err *e)
{
	AUTO(case_view_done) struct case_view v = { 0 };
	int r;

	if ((r = case_view_load(c, c->part[0], &v, e)) < 0 ||
	    (r = spread_purpose(c, &v, e)) < 0 ||
	    (r = web_glass_keep(c, v.kase, e)) < 0)
		return r;
	v.all = web_field(c, "tout") != NULL;
	snprintf(c->title, sizeof(c->title), _("Dossier %s"), v.ref);
	c->place = "/rechercher";
	web_purpose_note(c);
	write_notes(c, &v);
	write_facts(c, &v);
	write_acts(c, &v);
	case_view_due(c, &v);
	case_view_persons(c, &v);
	case_view_consents(c, &v);
	case_view_demarches(c, &v);
	case_view_documents(c, &v);
	case_view_extracts(c, &v);
	case_view_timeline(c, &v);
	write_seen(c, &v);
	return 0;
}

const struct web_route web_case[] = {
	{ "GET", "/dossier/%", case_get, 0 },
	{ 0 },
};
