#include "daemon/core/gather.h"

#include "daemon/core/case.h"
#include "daemon/core/json_of.h"
#include "daemon/core/objection.h"
#include "daemon/core/record.h"

void
gathered_done(struct gathered *g)
{
	json_decref(g->fields);
	json_decref(g->withheld);
	json_decref(g->attachments);
	memset(g, 0, sizeof(*g));
}

int
gathered_is_empty(const struct gathered *g)
{
	return json_array_size(g->fields) == 0 &&
	       json_array_size(g->attachments) == 0;
}

json_t *
gathered_sources(const struct gathered *g)
{
	json_t *a = json_array();
	size_t i;

	for (i = 0; i < g->nsources; i++)
		json_array_append_new(
		    a, json_pack("{s:o, s:i}", "document",
			   json_of_id(&g->sources[i].document), "version",
			   (int)g->sources[i].version));
	return a;
}

json_t *
gathered_labels(const struct gathered *g)
{
	json_t *a = json_array(), *f;
	size_t i;

	json_array_foreach(g->fields, i, f)
	    json_array_append(a, json_object_get(f, "label"));
	return a;
}

/* --- the work ------------------------------------------------------------- */

struct work {
	const struct disclosing *x;
	uint64_t leaf;
	struct gathered out;
	struct cut_source sources[GATHER_SOURCES_MAX];
	json_t *records[GATHER_SOURCES_MAX], *documents[GATHER_SOURCES_MAX];
	size_t n;
	struct cut_verdict *verdicts;
	const struct policy_block *blocks[DISCLOSING_BLOCKS_MAX];
	struct cutting cutting;
};

static void
work_done(struct work **wp)
{
	struct work *w = *wp;
	size_t i;

	if (w == NULL)
		return;
	for (i = 0; i < w->n; i++) {
		json_decref(w->records[i]);
		json_decref(w->documents[i]);
	}
	gathered_done(&w->out);
	free(w->verdicts);
	free(w);
	*wp = NULL;
}

static int
add_source(struct work *w, const struct document_facts *doc, struct err *e)
{
	struct gathered *g = &w->out;

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

	if ((r = tx_read(w->x->core->catalog, &tx, e)) < 0)
		return r;
	r = document_newest_final(&tx, &w->x->kase.id, kind, doc, &none);
	if (r == -(int)ERR_NOT_FOUND)
		return 0;
	if (r < 0) {
		*e = none;
		return r;
	}
	return 1;
}

/* --- records -------------------------------------------------------------- */

static int
open_filed(struct work *w, struct cut_source *s, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct document_facts doc;
	int r;

	if ((r = newest(w, s->kind->name, &doc, e)) <= 0)
		return r;
	if ((r = document_content(w->x->core, &doc.id, doc.versions, 0, w->leaf,
		 RECORD_MAX, &text, e)) < 0 ||
	    (r = record_parse(text.p, text.len, &w->records[w->n], e)) < 0)
		return r;
	s->record = w->records[w->n];
	s->document = w->documents[w->n] = json_of_id(&doc.id);
	s->version = doc.versions;
	return add_source(w, &doc, e);
}

/* A record that the vault makes of the case's own facts. */
static int
make_issue(struct work *w, struct cut_source *s, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(w->x->core->catalog, &tx, e)) < 0 ||
	    (r = refusal_record(w->x->core, &tx, &w->x->kase.id, w->leaf,
		 &w->records[w->n], e)) < 0)
		return r;
	s->record = w->records[w->n];
	return 0;
}

static int
add_record(struct work *w, const char *kind, struct err *e)
{
	struct cut_source *s = &w->sources[w->n];
	size_t i;
	int r;

	for (i = 0; i < w->n; i++)
		if (strcmp(w->sources[i].kind->name, kind) == 0)
			return 0;
	s->kind = policy_kind(w->x->policy, kind);
	if (s->kind == NULL || w->n == GATHER_SOURCES_MAX)
		return err_set(e, ERR_INTERNAL, "rule %s: kind %s",
		    w->x->d.rule->name, kind);
	r = s->kind->by_vault ? make_issue(w, s, e) : open_filed(w, s, e);
	w->n++;
	return r;
}

/* --- documents ------------------------------------------------------------ */

static int
withhold_document(struct work *w, const char *kind, enum cut_why why,
    const struct policy_block *block)
{
	return json_array_append_new(w->out.withheld,
	    json_pack("{s:s, s:s, s:s, s:s*, s:s*}", "kind", kind, "path", "",
		"why", cut_words(why), "block",
		block != NULL ? block->name : NULL, "citation",
		block != NULL ? block->citation : NULL));
}

/* A document cannot be cut: any block that looks at its kind holds it. */
static const struct policy_block *
block_of_kind(const struct work *w, const char *kind)
{
	size_t i, k;

	for (i = 0; i < w->cutting.nblocks; i++)
		for (k = 0; k < w->blocks[i]->nblocked; k++)
			if (strcmp(w->blocks[i]->blocked[k].kind, kind) == 0)
				return w->blocks[i];
	return NULL;
}

static int
attach(struct work *w, const struct document_facts *doc, struct err *e)
{
	json_t *m = NULL, *page;
	uint64_t size = 0;
	size_t i;
	int r;

	if ((r = document_manifest(
		 w->x->core, &doc->id, doc->versions, w->leaf, &m, e)) < 0)
		return r;
	json_array_foreach(json_object_get(m, "pages"), i, page) size +=
	    (uint64_t)json_integer_value(json_object_get(page, "size"));
	json_array_append_new(w->out.attachments,
	    json_pack("{s:o, s:i, s:s, s:I, s:I}", "document",
		json_of_id(&doc->id), "version", (int)doc->versions, "kind",
		doc->kind, "pages", (json_int_t)i, "size", (json_int_t)size));
	json_decref(m);
	return add_source(w, doc, e);
}

static int
add_attachment(struct work *w, const char *kind, struct err *e)
{
	const struct policy_kind *k = policy_kind(w->x->policy, kind);
	const struct policy_block *block = block_of_kind(w, kind);
	struct document_facts doc;
	int r;

	if ((r = newest(w, kind, &doc, e)) <= 0)
		return r;
	/* A record holds what no rule may give: its fields go, not itself. */
	if (k == NULL || k->is_record)
		return withhold_document(w, kind, CUT_WHOLE, NULL) < 0
			   ? err_set(e, ERR_NOMEM, "extract")
			   : 0;
	if (!disclosing_all_agree(w->x))
		return withhold_document(w, kind, CUT_NOT_ALL_AGREE, NULL) < 0
			   ? err_set(e, ERR_NOMEM, "extract")
			   : 0;
	if (block != NULL || w->x->hides_addresses)
		return withhold_document(w, kind,
			   block != NULL ? CUT_BLOCKED : CUT_ADDRESS, block) < 0
			   ? err_set(e, ERR_NOMEM, "extract")
			   : 0;
	return attach(w, &doc, e);
}

/* --- who is missing ------------------------------------------------------- */

static int
agrees(const struct adult_consents *a, const char *purpose)
{
	size_t i;

	for (i = 0; a->purposes[i] != NULL; i++)
		if (strcmp(a->purposes[i], purpose) == 0)
			return 1;
	return 0;
}

static const json_t *
person_of(const json_t *persons, const struct id *id)
{
	char text[ID_TEXT];
	const char *got;
	const json_t *p;
	size_t i;

	id_format(id, text);
	json_array_foreach(persons, i, p)
	{
		got = json_string_value(json_object_get(p, "person"));
		if (got != NULL && strcmp(got, text) == 0)
			return p;
	}
	return NULL;
}

int
gather_missing(
    const struct disclosing *x, uint64_t leaf, json_t **out, struct err *e)
{
	const struct consents_in_force *c = &x->consents;
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *persons = NULL, *a;
	const json_t *p;
	size_t i;
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = person_list(x->core, &tx, &x->kase.id, leaf, &persons, e)) < 0)
		return r;
	a = json_array();
	for (i = 0; i < c->nadults; i++) {
		if (x->d.rule->consent == NULL ||
		    agrees(&c->adults[i], x->d.rule->consent))
			continue;
		p = person_of(persons, &c->adults[i].person);
		json_array_append_new(a,
		    json_pack("{s:o, s:s, s:O*}", "person",
			json_of_id(&c->adults[i].person), "role",
			c->adults[i].role, "name", json_object_get(p, "name")));
	}
	json_decref(persons);
	*out = a;
	return a != NULL ? 0 : err_set(e, ERR_NOMEM, "extract");
}

static int
waits_for_somebody(const json_t *line)
{
	const char *why = json_string_value(json_object_get(line, "why"));

	return strcmp(why, cut_words(CUT_NOT_ALL_AGREE)) == 0 ||
	       strcmp(why, cut_words(CUT_THEY_DISAGREE)) == 0;
}

static int
name_missing(struct work *w, struct err *e)
{
	json_t *missing = NULL, *line;
	size_t i;
	int r;

	json_array_foreach(w->out.withheld, i, line)
	{
		if (!waits_for_somebody(line))
			continue;
		if (missing == NULL &&
		    (r = gather_missing(w->x, w->leaf, &missing, e)) < 0)
			return r;
		json_object_set(line, "missing", missing);
	}
	json_decref(missing);
	return 0;
}

/* --- all of it ------------------------------------------------------------ */

static int
cut_records(struct work *w, struct err *e)
{
	struct cutting *c = &w->cutting;
	int r;

	disclosing_verdicts(w->x, w->verdicts);
	c->rule = w->x->d.rule;
	c->verdicts = w->verdicts;
	c->sources = w->sources;
	c->nsources = w->n;
	c->blocks = w->blocks;
	c->hides_addresses = w->x->hides_addresses;
	if ((r = disclosing_blocks(
		 w->x, w->blocks, NELEMS(w->blocks), &c->nblocks, e)) < 0)
		return r;
	return cut(c, &w->out.fields, &w->out.withheld, e);
}

static int
run(struct work *w, struct err *e)
{
	const struct disclosure_rule *rule = w->x->d.rule;
	const char *const *kind;
	size_t i;
	int r;

	for (i = 0; i < rule->nfields; i++)
		if ((r = add_record(w, rule->fields[i].kind, e)) < 0)
			return r;
	if ((r = cut_records(w, e)) < 0)
		return r;
	for (kind = rule->attach; kind != NULL && *kind != NULL; kind++)
		if ((r = add_attachment(w, *kind, e)) < 0)
			return r;
	return name_missing(w, e);
}

int
gather(const struct disclosing *x, uint64_t leaf, struct gathered *out,
    struct err *e)
{
	AUTO(work_done) struct work *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	w->x = x;
	w->leaf = leaf;
	w->out.attachments = json_array();
	w->verdicts = calloc(x->d.rule->nfields + 1, sizeof(*w->verdicts));
	if (w->verdicts == NULL || w->out.attachments == NULL)
		return err_set(e, ERR_NOMEM, "extract");
	if ((r = run(w, e)) < 0)
		return r;
	*out = w->out;
	memset(&w->out, 0, sizeof(w->out));
	return 0;
}
