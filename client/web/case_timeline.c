/* What happened in a case, in order: events, filings, consents, disclosures. */
#include "client/formcode.h"
#include "client/web/case_view.h"
#include "client/words.h"

struct moment {
	const char *on, *sort, *what, *more, *document;
};

static void
add(json_t *list, const struct moment *m)
{
	json_t *j;

	if (m->on == NULL || *m->on == '\0')
		return;
	j = json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "on", m->on, "sort",
	    m->sort, "what", m->what, "more",
	    m->more != NULL && *m->more != '\0' ? m->more : NULL, "document",
	    m->document);
	if (j != NULL)
		json_array_append_new(list, j);
}

static void
add_events(json_t *list, const struct case_view *v)
{
	json_t *ev;
	size_t i;

	json_array_foreach(json_object_get(v->kase, "events"), i, ev) add(list,
	    &(struct moment){ .on = jstr(ev, "occurred_on"),
		.sort = "event",
		.what = *jstr(ev, "title") != '\0' ? jstr(ev, "title")
						   : jstr(ev, "event"),
		.more = jstr(ev, "note"),
		.document = *jstr(ev, "document") != '\0' ? jstr(ev, "document")
							  : NULL });
	add(list, &(struct moment){ .on = jstr(v->kase, "opened_at"),
		      .sort = "event",
		      .what = _("Dossier ouvert"),
		      .more = formcode_words(jstr(v->kase, "source")) });
}

static void
add_documents(json_t *list, const struct case_view *v)
{
	const struct policy_kind *k;
	json_t *d;
	size_t i;

	json_array_foreach(json_object_get(v->documents, "documents"), i, d)
	{
		k = policy_kind(v->rules, jstr(d, "kind"));
		add(list,
		    &(struct moment){ .on = jstr(d, "filed_at"),
			.sort = "document",
			.what = k != NULL && k->title != NULL ? k->title
							      : jstr(d, "kind"),
			.more = jstr(d, "title"),
			.document = jstr(d, "document") });
	}
}

/* "Partage avec la CAF : donné", and whose it is. */
static void
add_consent(json_t *list, const json_t *k, const json_t *ev)
{
	char what[300];

	snprintf(what, sizeof(what), "%s : %s",
	    *jstr(k, "title") != '\0' ? jstr(k, "title") : jstr(k, "purpose"),
	    jword(ev, "event"));
	add(list, &(struct moment){ .on = jstr(ev, "effective_at"),
		      .sort = "consent",
		      .what = what,
		      .more = jstr(k, "name") });
}

static void
add_consents(json_t *list, const struct case_view *v)
{
	json_t *k, *ev;
	size_t i, n;

	json_array_foreach(json_object_get(v->consents, "consents"), i, k)
	    json_array_foreach(json_object_get(k, "history"), n, ev)
		add_consent(list, k, ev);
}

static void
add_extracts(json_t *list, const struct case_view *v)
{
	static const struct {
		const char *member, *what;
	} steps[] = { { "released_at", N_("Extrait mis à disposition") },
		{ "pulled_at", N_("Extrait pris par son destinataire") },
		{ "acknowledged_at", N_("Réception de l'extrait confirmée") } };
	const struct policy_recipient *to;
	json_t *x;
	size_t i, n;

	json_array_foreach(json_object_get(v->extracts, "extracts"), i, x)
	{
		to = policy_recipient(v->rules, jstr(x, "recipient"));
		for (n = 0; n < NELEMS(steps); n++)
			add(list,
			    &(struct moment){ .on = jstr(x, steps[n].member),
				.sort = "extract",
				.what = _(steps[n].what),
				.more = to != NULL ? to->title
						   : jstr(x, "recipient") });
	}
}

/* Newest first; a day without its hour comes after the hours of that day, as
 * RFC 3339 texts compare backwards. Of equals the one that was entered later.
 */
static int
later(const void *a, const void *b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int days = strncmp(jstr(y, "on"), jstr(x, "on"), 10), rest;

	if (days != 0)
		return days;
	rest = strcmp(jstr(y, "on"), jstr(x, "on"));
	if (rest != 0)
		return rest;
	return jint(x, "n") < jint(y, "n") ? 1 : -1;
}

static json_t *
sorted(json_t *list)
{
	size_t n = json_array_size(list), i;
	AUTO(mem_freep) json_t **v = calloc(n + 1, sizeof(*v));
	json_t *out = json_array();

	if (v == NULL || out == NULL) {
		json_decref(out);
		return NULL;
	}
	for (i = 0; i < n; i++) {
		v[i] = json_array_get(list, i);
		json_object_set_new(v[i], "n", json_integer((json_int_t)i));
	}
	qsort(v, n, sizeof(*v), later);
	for (i = 0; i < n; i++)
		json_array_append(out, v[i]);
	return out;
}

json_t *
case_timeline(const struct case_view *v)
{
	AUTO(json_decrefp) json_t *list = json_array();

	if (list == NULL)
		return NULL;
	add_events(list, v);
	add_documents(list, v);
	add_consents(list, v);
	add_extracts(list, v);
	return sorted(list);
}

static void
write_moment(struct web_call *c, const json_t *m)
{
	struct html *h = &c->h;

	html_raw(h, "<li><span class=\"when\">");
	if (strlen(jstr(m, "on")) == 10)
		web_day(h, m, "on");
	else
		web_time(h, m, "on");
	html_raw(h, "</span> ");
	if (*jstr(m, "document") != '\0')
		html(h, "<a class=\"what\" href=\"/document/%s\">%s</a>",
		    jstr(m, "document"), jstr(m, "what"));
	else
		html(h, "<span class=\"what\">%s</span>", jstr(m, "what"));
	if (*jstr(m, "more") != '\0')
		html(h, " <span class=\"muted\">%s</span>", jstr(m, "more"));
	html_raw(h, "</li>");
}

void
case_view_timeline(struct web_call *c, const struct case_view *v)
{
	AUTO(json_decrefp) json_t *all = case_timeline(v);
	size_t n = json_array_size(all), i;

	if (all == NULL) {
		c->h.failed = 1;
		return;
	}
	html(&c->h,
	    "<section aria-labelledby=\"histoire\"><h2 id=\"histoire\">%s</h2>"
	    "<ol class=\"timeline\">",
	    _("Ce qui s'est passé, du plus récent au plus ancien"));
	for (i = 0; i < n && (i < CASE_VIEW_SHOWN || v->all); i++)
		write_moment(c, json_array_get(all, i));
	html_raw(&c->h, "</ol>");
	if (i < n)
		html(&c->h, "<p><a href=\"/dossier/%s?tout=1\">%s</a></p>",
		    v->ref, _("Montrer aussi ce qui est plus ancien"));
	html_raw(&c->h, "</section>");
}
