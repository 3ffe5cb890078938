#include "client/web/case_view.h"

#include "client/formcode.h"
#include "client/words.h"

void
case_view_done(struct case_view *v)
{
	json_decref(v->kase);
	json_decref(v->documents);
	json_decref(v->consents);
	json_decref(v->demarches);
	json_decref(v->extracts);
	json_decref(v->due);
}

/* One part; what is not for this person is no failure of the page. */
static int
load_part(struct web_call *c, const char *operation, const char *pattern,
    const char *ref, json_t **out, struct err *e)
{
	int r;

	if (!web_may(c, operation))
		return 0;
	r = cli_get(&c->cli, out, e, pattern, ref);
	return r == -(int)ERR_DENIED || r == -(int)ERR_NOT_FOUND ? 0 : r;
}

int
case_view_load(
    struct web_call *c, const char *ref, struct case_view *v, struct err *e)
{
	int r;

	if ((r = web_rules(c, &v->rules, e)) < 0 ||
	    (r = cli_get(&c->cli, &v->kase, e, "/v1/cases/%", ref)) < 0 ||
	    (r = load_part(c, "doc-list", "/v1/cases/%/documents", ref,
		 &v->documents, e)) < 0 ||
	    (r = load_part(c, "consent-list", "/v1/cases/%/consents", ref,
		 &v->consents, e)) < 0 ||
	    (r = load_part(c, "doc-list", "/v1/cases/%/demarches", ref,
		 &v->demarches, e)) < 0 ||
	    (r = load_part(c, "extract-list", "/v1/cases/%/extracts", ref,
		 &v->extracts, e)) < 0)
		return r;
	v->ref = jstr(v->kase, "ref");
	return load_part(c, "due", "/v1/due?case=%", ref, &v->due, e);
}

static void
heading(struct web_call *c, const char *id, const char *words)
{
	html(&c->h, "<section aria-labelledby=\"%s\"><h2 id=\"%s\">%s</h2>", id,
	    id, words);
}

static void
link_to(struct web_call *c, const struct case_view *v, const char *pattern,
    const char *words)
{
	web_link(c, "button second", pattern, v->ref, words);
}

/* --- due ------------------------------------------------------------------ */

void
case_view_due(struct web_call *c, const struct case_view *v)
{
	char day[32];
	json_t *l;
	size_t i;

	if (v->due == NULL)
		return;
	heading(c, "a-faire", _("À faire"));
	if (jcount(v->due, "due") == 0)
		web_none(c, _("Rien n'attend dans ce dossier."));
	else
		html_raw(&c->h, "<ul class=\"due\">");
	json_array_foreach(json_object_get(v->due, "due"), i, l)
	{
		int late = json_is_true(json_object_get(l, "overdue"));

		html(&c->h,
		    "<li><span class=\"when%s\">%s%s</span> "
		    "<span class=\"what\">%s</span>",
		    late ? " late" : "", late ? _("en retard : ") : "",
		    jlast_day(l, "due_at", day), jstr(l, "title"));
		if (*jstr(l, "device") != '\0')
			html(&c->h, " (%s)", formcode_words(jstr(l, "device")));
		html_raw(&c->h, "</li>");
	}
	if (jcount(v->due, "due") > 0)
		html_raw(&c->h, "</ul>");
	html_raw(&c->h, "</section>");
}

/* --- persons -------------------------------------------------------------- */

/* "occupant (jusqu'au 31/10/2026)". */
static void
write_role(struct html *h, const json_t *role)
{
	char from[32], until[32];

	html_text(h, formcode_words(jstr(role, "role")));
	jdate(role, "from", from);
	jdate(role, "until", until);
	if (*from != '\0' && *until != '\0')
		html(h, _(" (du %s au %s)"), from, until);
	else if (*from != '\0')
		html(h, _(" (depuis le %s)"), from);
	else if (*until != '\0')
		html(h, _(" (jusqu'au %s)"), until);
}

static void
write_person(struct web_call *c, const struct case_view *v, const json_t *p)
{
	struct html *h = &c->h;
	json_t *role;
	size_t i;

	html(h, "<tr><th scope=\"row\">%s</th><td>", jstr(p, "name"));
	json_array_foreach(json_object_get(p, "roles"), i, role)
	{
		if (i > 0)
			html_raw(h, ", ");
		write_role(h, role);
	}
	html_raw(h, "</td><td>");
	if (jint(p, "birth_year") > 0)
		html(h, "%lld", jint(p, "birth_year"));
	html_raw(h, "</td><td>");
	if (json_is_true(json_object_get(p, "confidential_address")))
		html(h, "<strong class=\"warn\">%s</strong>",
		    _("confidentielle"));
	html_raw(h, "</td><td>");
	if (web_may(c, "person-edit"))
		html(h,
		    "<a href=\"/dossier/%s/personne/%s\" aria-label=\"%s %s\">"
		    "%s</a>",
		    v->ref, jstr(p, "person"), _("Modifier"), jstr(p, "name"),
		    _("Modifier"));
	html_raw(h, "</td></tr>");
}

void
case_view_persons(struct web_call *c, const struct case_view *v)
{
	json_t *p;
	size_t i;

	heading(c, "personnes", _("Les personnes"));
	if (jcount(v->kase, "persons") == 0)
		web_none(c, _("Aucune personne."));
	else {
		web_table(c, _("Personnes du dossier"), _("Nom"), _("Rôle"),
		    _("Né en"), _("Adresse"), _("Modifier"), NULL);
		json_array_foreach(json_object_get(v->kase, "persons"), i, p)
		    write_person(c, v, p);
		web_table_end(c);
	}
	if (web_may(c, "person-add")) {
		html_raw(&c->h, "<p class=\"actions\">");
		link_to(c, v, "/dossier/%/personne", _("Ajouter une personne"));
		html_raw(&c->h, "</p>");
	}
	html_raw(&c->h, "</section>");
}

/* --- consents ------------------------------------------------------------- */

static void
write_adults(struct html *h, const json_t *f)
{
	char on[32];
	json_t *a;
	size_t i;

	json_array_foreach(json_object_get(f, "adults"), i, a)
	{
		html(h, "%s%s : %s", i > 0 ? " ; " : "", jstr(a, "name"),
		    jword(a, "state"));
		if (*jtime(a, "state_at", on) != '\0')
			html(h, " (%s)", on);
	}
}

static int
in_force(const json_t *f)
{
	return json_is_true(json_object_get(f, "in_force"));
}

static const char *
consent_title(const json_t *f)
{
	return *jstr(f, "title") != '\0' ? jstr(f, "title")
					 : jstr(f, "purpose");
}

static int
never_asked(const json_t *f)
{
	return strcmp(jstr(f, "reason"), "never-asked") == 0;
}

/* A purpose that nobody was ever asked about says no more than its name. */
static void
write_never_asked(struct web_call *c, const json_t *list)
{
	json_t *f;
	size_t i, n = 0;

	json_array_foreach(list, i, f)
	{
		if (!never_asked(f))
			continue;
		if (n++ == 0)
			html(&c->h, "<p><strong>%s</strong></p><ul>",
			    _("Jamais demandés :"));
		html(&c->h, "<li>%s</li>", consent_title(f));
	}
	if (n > 0)
		html_raw(&c->h, "</ul>");
}

static size_t
asked_of(const json_t *list)
{
	size_t i, n = 0;
	json_t *f;

	json_array_foreach(list, i, f) n += !never_asked(f);
	return n;
}

void
case_view_consents(struct web_call *c, const struct case_view *v)
{
	const json_t *list = json_object_get(v->consents, "in_force");
	struct html *h = &c->h;
	json_t *f;
	size_t i;

	if (v->consents == NULL)
		return;
	heading(c, "consentements", _("Les consentements"));
	if (json_is_true(json_object_get(v->consents, "objection")))
		html(h, "<p class=\"note\">%s</p>",
		    _("Une opposition arrête tout envoi d'extrait."));
	if (asked_of(list) > 0) {
		web_table(c, _("Ce à quoi le ménage consent, et ce qui manque"),
		    _("Pour"), _("Aujourd'hui"), _("Chaque adulte"), NULL);
		json_array_foreach(list, i, f) if (!never_asked(f))
		{
			html(h,
			    "<tr><th scope=\"row\">%s</th>"
			    "<td><span class=\"%s\">%s</span></td><td>",
			    consent_title(f), in_force(f) ? "good" : "warn",
			    jword(f, "reason"));
			write_adults(h, f);
			html_raw(h, "</td></tr>");
		}
		web_table_end(c);
	}
	write_never_asked(c, list);
	html_raw(h, "<p class=\"actions\">");
	link_to(
	    c, v, "/dossier/%/consentements", _("Donner, retirer, imprimer"));
	html_raw(h, "</p></section>");
}

/* --- steps ---------------------------------------------------------------- */

void
case_view_demarches(struct web_call *c, const struct case_view *v)
{
	struct html *h = &c->h;
	char until[32];
	int writes;
	json_t *d;
	size_t i;

	if (v->demarches == NULL)
		return;
	writes = web_may_kind(c, OP_DOC_FILE, "demarche", "");
	heading(c, "demarches", _("Les démarches"));
	if (jcount(v->demarches, "demarches") == 0)
		web_none(c, _("Aucune démarche."));
	else
		web_table(c, _("Démarches, celles qui restent d'abord"),
		    _("Dispositif"), _("État"), _("Échéance"), _("Décision"),
		    _("Suite"), NULL);
	json_array_foreach(json_object_get(v->demarches, "demarches"), i, d)
	{
		html(h, "<tr><th scope=\"row\">%s</th><td>%s</td><td>%s%s</td>",
		    formcode_words(jstr(d, "device")),
		    formcode_words(jstr(d, "state")),
		    jdate(d, "deadline", until),
		    json_is_true(json_object_get(d, "overdue"))
			? _(" (en retard)")
			: "");
		html(h, "<td>%s</td><td>", formcode_words(jstr(d, "decision")));
		if (writes)
			html(h,
			    "<a href=\"/dossier/%s/demarche/%s\" "
			    "aria-label=\"%s %s\">%s</a>",
			    v->ref, jstr(d, "document"), _("Mettre à jour"),
			    formcode_words(jstr(d, "device")),
			    _("Mettre à jour"));
		html_raw(h, "</td></tr>");
	}
	if (jcount(v->demarches, "demarches") > 0)
		web_table_end(c);
	html_raw(h, "<p class=\"actions\">");
	link_to(c, v, "/dossier/%/fiche/demarche?neuve=1",
	    _("Ajouter une démarche"));
	html_raw(h, "</p></section>");
}

/* --- documents ------------------------------------------------------------ */

void
case_view_verdict(struct html *h, const json_t *d)
{
	const char *found = jstr(d, "indication"), *klass = "muted";

	if (strcmp(found, "TOTAL-PASSED") == 0)
		klass = "good";
	else if (strcmp(found, "TOTAL-FAILED") == 0)
		klass = "bad";
	else if (strcmp(found, "INDETERMINATE") == 0)
		klass = "warn";
	html(h, "<span class=\"%s\">%s</span>", klass, word_for(found));
}

static void
write_document(struct web_call *c, const json_t *d)
{
	struct html *h = &c->h;
	char size[32];

	html(h, "<li><a href=\"/document/%s\">%s</a> ", jstr(d, "document"),
	    *jstr(d, "title") != '\0' ? jstr(d, "title") : jstr(d, "ref"));
	if (strcmp(jstr(d, "state"), "erased") == 0) {
		html(h, "<span class=\"state\">%s</span></li>",
		    jword(d, "state"));
		return;
	}
	if (json_is_true(json_object_get(d, "draft")))
		html(h, "<span class=\"state\">%s</span> ", _("brouillon"));
	html_raw(h, "<span class=\"muted\">");
	web_time(h, d, "filed_at");
	html(h, " · %s", human_size((unsigned long long)jint(d, "size"), size));
	if (jint(d, "pages") > 1)
		html(h, _(" · %lld pages"), jint(d, "pages"));
	if (jint(d, "version") > 1)
		html(h, _(" · version %lld"), jint(d, "version"));
	html_raw(h, "</span>");
	if (strcmp(jstr(d, "indication"), "NOT-SIGNED") != 0) {
		html_raw(h, " · ");
		case_view_verdict(h, d);
	}
	if (*jstr(d, "level") != '\0')
		html(
		    h, " <span class=\"muted\">· %s</span>", jword(d, "level"));
	html_raw(h, "</li>");
}

static const char *
kind_title(const struct case_view *v, const char *name)
{
	const struct policy_kind *k = policy_kind(v->rules, name);

	return k != NULL && k->title != NULL ? k->title : name;
}

/* The documents of one kind, newest first; how many. */
static size_t
write_kind(struct web_call *c, const struct case_view *v, const char *kind,
    size_t left)
{
	size_t n = jcount(v->documents, "documents"), i, shown = 0;
	json_t *d;

	for (i = n; i > 0; i--) {
		d = jat(v->documents, "documents", i - 1);
		if (strcmp(jstr(d, "kind"), kind) != 0)
			continue;
		if (shown == left && !v->all)
			break;
		if (shown++ == 0)
			html(&c->h, "<h3>%s</h3><ul class=\"plain\">",
			    kind_title(v, kind));
		write_document(c, d);
	}
	if (shown > 0)
		html_raw(&c->h, "</ul>");
	return shown;
}

void
case_view_documents(struct web_call *c, const struct case_view *v)
{
	AUTO(json_decrefp) json_t *done = json_object();
	size_t n = jcount(v->documents, "documents"), i, left = CASE_VIEW_SHOWN,
	       shown;
	json_t *d;

	if (v->documents == NULL)
		return;
	heading(c, "documents", _("Les documents"));
	if (n == 0)
		web_none(c, _("Aucun document."));
	json_array_foreach(json_object_get(v->documents, "documents"), i, d)
	{
		if (json_object_get(done, jstr(d, "kind")) != NULL)
			continue;
		json_object_set_new(done, jstr(d, "kind"), json_true());
		shown = write_kind(c, v, jstr(d, "kind"), left);
		left -= shown < left ? shown : left;
	}
	if (n > CASE_VIEW_SHOWN && !v->all)
		html(&c->h, "<p><a href=\"/dossier/%s?tout=1\">%s</a></p>",
		    v->ref, _("Montrer tous les documents"));
	html_raw(&c->h, "</section>");
}

/* --- what went out ----------------------------------------------------------
 */

static const char *
recipient_title(const struct case_view *v, const char *name)
{
	const struct policy_recipient *r = policy_recipient(v->rules, name);

	return r != NULL ? r->title : name;
}

void
case_view_extracts(struct web_call *c, const struct case_view *v)
{
	struct html *h = &c->h;
	const char *purpose;
	json_t *x;
	size_t i;

	if (v->extracts == NULL)
		return;
	heading(c, "envois", _("Ce qui est parti"));
	if (jcount(v->extracts, "extracts") == 0)
		web_none(c, _("Rien n'a été transmis."));
	else
		web_table(c, _("Extraits transmis"), _("À qui"), _("Pour"),
		    _("Le"), _("État"), NULL);
	json_array_foreach(json_object_get(v->extracts, "extracts"), i, x)
	{
		purpose = policy_purpose_title(v->rules, jstr(x, "purpose"));
		html(h, "<tr><th scope=\"row\">%s</th><td>%s</td><td>",
		    recipient_title(v, jstr(x, "recipient")),
		    purpose != NULL ? purpose : jstr(x, "purpose"));
		web_time(h, x, "released_at");
		html(h, "</td><td>%s</td></tr>", jword(x, "state"));
	}
	if (jcount(v->extracts, "extracts") > 0)
		web_table_end(c);
	html_raw(h, "</section>");
}
