#include "daemon/core/gather.h"

#include "daemon/core/record.h"

#define PATH_MAX_LEN 256

void
gathered_done(struct gathered *g)
{
	json_decref(g->fields);
	json_decref(g->withheld);
	json_decref(g->attachments);
	memset(g, 0, sizeof(*g));
}

const json_t *
gather_value(const json_t *record, const char *path)
{
	char name[PATH_MAX_LEN];
	size_t n;

	while (record != NULL && *path != '\0') {
		n = strcspn(path, ".");
		if (n >= sizeof(name))
			return NULL;
		memcpy(name, path, n);
		name[n] = '\0';
		record = json_object_get(record, name);
		path += n + (path[n] == '.');
	}
	return record;
}

/* A record opened once for all its fields. */
struct opened {
	const struct policy_kind *kind;
	struct document_facts doc;
	json_t *record; /* NULL: there is none */
};

struct work {
	struct core *core;
	const struct id *kase;
	const struct disclosure_rule *rule;
	uint64_t leaf;
	struct gathered *out;
	struct opened opened[GATHER_SOURCES_MAX];
	size_t n;
};

static json_t *
id_json(const struct id *id)
{
	char text[ID_TEXT];

	id_format(id, text);
	return json_string(text);
}

static void
withhold(struct work *w, const char *kind, const char *path, const char *why)
{
	json_array_append_new(
	    w->out->withheld, json_pack("{s:s, s:s, s:s}", "kind", kind, "path",
				  path, "why", why));
}

static int
add_source(struct work *w, const struct document_facts *doc, struct err *e)
{
	struct gathered *g = w->out;

	if (g->nsources == GATHER_SOURCES_MAX)
		return err_tag(e, ERR_TOO_LARGE, "extract-sources",
		    "more than %d sources", GATHER_SOURCES_MAX);
	g->sources[g->nsources].document = doc->id;
	g->sources[g->nsources++].version = doc->versions;
	return 0;
}

/* The newest living document of a kind: 1 found, 0 none. */
static int
newest(
    struct work *w, const char *kind, struct document_facts *doc, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct err none = { 0 };
	int r;

	if ((r = tx_read(w->core->catalog, &tx, e)) < 0)
		return r;
	r = document_newest(&tx, w->kase, kind, doc, &none);
	if (r == -(int)ERR_NOT_FOUND)
		return 0;
	if (r < 0) {
		*e = none;
		return r;
	}
	return 1;
}

static int
open_record(struct work *w, const struct policy_kind *kind, struct opened *o,
    struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	o->kind = kind;
	o->record = NULL;
	if ((r = newest(w, kind->name, &o->doc, e)) <= 0)
		return r;
	if ((r = document_content(w->core, &o->doc.id, o->doc.versions, 0,
		 w->leaf, RECORD_MAX, &text, e)) < 0 ||
	    (r = record_parse(text.p, text.len, &o->record, e)) < 0)
		return r;
	return add_source(w, &o->doc, e);
}

/* The record of a kind, opened on first use. */
static int
record_of(struct work *w, const char *kind, struct opened **out, struct err *e)
{
	const struct policy_kind *k;
	size_t i;
	int r;

	for (i = 0; i < w->n; i++)
		if (strcmp(w->opened[i].kind->name, kind) == 0) {
			*out = &w->opened[i];
			return 0;
		}
	if ((k = policy_kind(w->core->policy, kind)) == NULL ||
	    w->n == GATHER_SOURCES_MAX)
		return err_set(
		    e, ERR_INTERNAL, "rule %s: kind %s", w->rule->name, kind);
	if ((r = open_record(w, k, &w->opened[w->n], e)) < 0)
		return r;
	*out = &w->opened[w->n++];
	if ((*out)->record == NULL)
		withhold(w, kind, "", "no such record in the case");
	return 0;
}

/*
 * A group or a list that the rule gives whole: what lies under it and is not
 * ordinary, or not declared, does not go with it.
 */
static void
prune(json_t *value, const struct policy_kind *kind, const char *path)
{
	char child[PATH_MAX_LEN];
	const struct policy_field *f;
	const char *key;
	json_t *item;
	size_t i;
	void *next;

	json_array_foreach(value, i, item) prune(item, kind, path);
	json_object_foreach_safe(value, next, key, item)
	{
		snprintf(child, sizeof(child), "%s.%s", path, key);
		f = policy_field(kind, child);
		if (f == NULL || f->label != LABEL_ORDINARY)
			json_object_del(value, key);
		else
			prune(item, kind, child);
	}
}

static int
add_field(struct work *w, const struct disclosed_field *f, struct err *e)
{
	const json_t *value;
	struct opened *o = NULL;
	json_t *copy;
	int r;

	if ((r = record_of(w, f->kind, &o, e)) < 0)
		return r;
	if (o == NULL || o->record == NULL)
		return 0;
	if ((value = gather_value(o->record, f->path)) == NULL) {
		withhold(w, f->kind, f->path, "not filled in");
		return 0;
	}
	if ((copy = json_deep_copy(value)) == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	prune(copy, o->kind, f->path);
	json_array_append_new(w->out->fields,
	    json_pack("{s:s, s:o, s:s, s:s, s:o, s:i}", "label", f->label,
		"value", copy, "kind", f->kind, "path", f->path, "document",
		id_json(&o->doc.id), "version", (int)o->doc.versions));
	return 0;
}

/* Does the rule give path, or something above it? */
static int
rule_gives(
    const struct disclosure_rule *rule, const char *kind, const char *path)
{
	size_t i, n;

	for (i = 0; i < rule->nfields; i++) {
		n = strlen(rule->fields[i].path);
		if (strcmp(rule->fields[i].kind, kind) == 0 &&
		    strncmp(rule->fields[i].path, path, n) == 0 &&
		    (path[n] == '\0' || path[n] == '.'))
			return 1;
	}
	return 0;
}

/* Every filled field of an opened record that stays behind, and why. */
static void
list_withheld(struct work *w, const struct opened *o)
{
	static const char *const why[] = {
		[LABEL_ORDINARY] = "not in the rule",
		[LABEL_SENSITIVE] = "sensitive, not in the rule",
		[LABEL_NEVER] = "never disclosed",
	};
	size_t i;

	for (i = 0; i < o->kind->nfields; i++) {
		const struct policy_field *f = &o->kind->fields[i];

		if (f->type != FIELD_GROUP &&
		    gather_value(o->record, f->path) != NULL &&
		    !rule_gives(w->rule, o->kind->name, f->path))
			withhold(w, o->kind->name, f->path, why[f->label]);
	}
}

static int
add_attachment(struct work *w, const char *kind, struct err *e)
{
	struct document_facts doc;
	json_t *m = NULL, *page;
	uint64_t size = 0;
	size_t i;
	int r;

	if ((r = newest(w, kind, &doc, e)) <= 0)
		return r;
	if ((r = document_manifest(
		 w->core, &doc.id, doc.versions, w->leaf, &m, e)) < 0)
		return r;
	json_array_foreach(json_object_get(m, "pages"), i, page) size +=
	    (uint64_t)json_integer_value(json_object_get(page, "size"));
	json_array_append_new(w->out->attachments,
	    json_pack("{s:o, s:i, s:s, s:I, s:I}", "document", id_json(&doc.id),
		"version", (int)doc.versions, "kind", kind, "pages",
		(json_int_t)i, "size", (json_int_t)size));
	json_decref(m);
	return add_source(w, &doc, e);
}

static int
run(struct work *w, struct err *e)
{
	const char *const *kind;
	size_t i;
	int r;

	for (i = 0; i < w->rule->nfields; i++)
		if ((r = add_field(w, &w->rule->fields[i], e)) < 0)
			return r;
	for (i = 0; i < w->n; i++)
		if (w->opened[i].record != NULL)
			list_withheld(w, &w->opened[i]);
	for (kind = w->rule->attach; kind != NULL && *kind != NULL; kind++)
		if ((r = add_attachment(w, *kind, e)) < 0)
			return r;
	return 0;
}

int
gather(struct core *core, const struct id *kase,
    const struct disclosure_rule *rule, uint64_t leaf, struct gathered *out,
    struct err *e)
{
	struct gathered g = {
		.fields = json_array(),
		.withheld = json_array(),
		.attachments = json_array(),
	};
	struct work *w = calloc(1, sizeof(*w));
	size_t i;
	int r;

	if (w == NULL || g.fields == NULL || g.withheld == NULL ||
	    g.attachments == NULL) {
		free(w);
		gathered_done(&g);
		return err_set(e, ERR_NOMEM, "extract");
	}
	w->core = core;
	w->kase = kase;
	w->rule = rule;
	w->leaf = leaf;
	w->out = &g;
	r = run(w, e);
	for (i = 0; i < w->n; i++)
		json_decref(w->opened[i].record);
	free(w);
	if (r < 0) {
		gathered_done(&g);
		return r;
	}
	*out = g;
	return 0;
}
