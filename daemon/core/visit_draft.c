#include "daemon/core/visit_draft.h"

#include <stdatomic.h>
#include <string.h>

#include "base/civil.h"
#include "base/seal.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/clock.h"
#include "daemon/core/json_of.h"
#include "daemon/core/row.h"
#include "daemon/core/visit_draft_row.h"

#define PASS_BATCH 200 /* in one change */

struct opening {
	struct core *core;
	const struct caller *caller;
	struct case_facts kase;
	struct decision access;
	struct draft_row row;
	struct secret key;
	json_t *words;
	uint64_t leaf;
};

static void
opening_done(struct opening *o)
{
	draft_row_done(&o->row);
	secret_done(&o->key);
	json_decref(o->words);
}

static int
no_draft(struct err *e)
{
	return err_tag(e, ERR_NOT_FOUND, "visit-draft",
	    "no draft of a visit of yours in this case");
}

/* 1, or 0: the caller has none here. Whoever may enter a visit may have a
 * draft of one; to give it up, one need only see the case still. */
static int
look(struct opening *o, const char *kase, enum policy_op op, struct id *object,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = core_now(o->core), until;
	int r;

	if ((r = core_check_open(o->core, e)) < 0 ||
	    (r = tx_read(o->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(o->core, &tx, o->caller, kase, op,
		 op == OP_DOC_FILE ? VISIT_DRAFT_KIND : NULL, now, &o->kase,
		 object, &o->access, e)) < 0 ||
	    (r = draft_row_find(&tx, o->caller, &o->kase.id, &o->row, e)) <= 0)
		return r;
	if ((r = draft_until(o->core, o->row.saved_ms, &until, e)) < 0)
		return r;
	return until > now;
}

static int
find(struct opening *o, const char *kase, enum policy_op op, struct id *object,
    struct err *e)
{
	int r = look(o, kase, op, object, e);

	return r == 0 ? no_draft(e) : r < 0 ? r : 0;
}

/* That there is none is an answer, and an access as well. */
static int
read_none(struct opening *o, json_t **answer, struct err *e)
{
	static const struct id none;
	int r;

	draft_row_done(&o->row);
	o->row = (struct draft_row){ .id = none, .kase = o->kase.id };
	if ((r = draft_read_leaf(o->core, o->caller, &o->row, "none",
		 &o->access, &o->leaf, e)) < 0)
		return r;
	*answer = json_pack("{s:n, s:o, s:i, s:I}", "draft", "case",
	    json_of_id(&o->kase.id), "revision", 0, "leaf",
	    (json_int_t)o->leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "draft");
}

int
visit_draft_read(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
{
	AUTO(opening_done)
	struct opening o = { .core = core, .caller = caller };
	int64_t until;
	int r;

	if ((r = look(&o, kase, OP_DOC_FILE, object, e)) <= 0)
		return r < 0 ? r : read_none(&o, answer, e);
	if ((r = draft_until(core, o.row.saved_ms, &until, e)) < 0 ||
	    (r = draft_read_leaf(
		 core, caller, &o.row, "words", &o.access, &o.leaf, e)) < 0 ||
	    (r = draft_words_open(core, &o.row, o.leaf, &o.key, &o.words, e)) <
		0)
		return r;
	*answer = json_pack("{s:o, s:o, s:I, s:o, s:o, s:O, s:O, s:I}", "draft",
	    json_of_id(&o.row.id), "case", json_of_id(&o.kase.id), "revision",
	    (json_int_t)o.row.revision, "saved_at",
	    json_of_time(o.row.saved_ms), "until", json_of_time(until), "said",
	    json_object_get(o.words, "said"), "pages",
	    json_object_get(o.words, "pages"), "leaf", (json_int_t)o.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "draft");
}

/* --- a file ----------------------------------------------------------------
 */

/* Its bytes with their padding, all chunks checked. */
static int
open_sealed(const struct opening *o, const struct draft_page_row *page,
    struct buf *text, struct err *e)
{
	struct seal_context c = {
		.type = SEAL_CONTENT,
		.vault = o->core->settings.vault,
		.document = page->content,
	};
	AUTO(store_reader_freep) struct store_reader *reader = NULL;
	AUTO(opener_freep) struct opener *opener = NULL;
	AUTO(secret_done) struct secret key = { 0 };
	AUTO(buf_done) struct buf piece = { 0 };
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = rows_keys(o->core, &page->key, 1, o->leaf, &key, e)) < 0 ||
	    (r = opener_new(key.p, &c, &opener, e)) < 0 ||
	    (r = tx_read(o->core->catalog, &tx, e)) < 0 ||
	    (r = store_reader_open(o->core->store, &tx, &page->id, 1,
		 STORE_CONTENT, &reader, e)) < 0)
		return r;
	do {
		buf_reset(&piece);
		if ((r = store_reader_next(reader, &piece, e)) < 0 ||
		    (r = opener_write(opener, piece.p, piece.len, text, e)) < 0)
			return r;
	} while (piece.len > 0);
	return opener_finish(opener, text, e);
}

/* How long it is without its padding, as the words know. */
static int
true_size(
    const struct opening *o, const char *page, size_t *size, struct err *e)
{
	json_t *p;
	size_t i;

	json_array_foreach(json_object_get(o->words, "pages"), i, p)
	{
		if (strcmp(json_string_value(json_object_get(p, "page")),
			page) == 0) {
			*size = (size_t)json_integer_value(
			    json_object_get(p, "size"));
			return 0;
		}
	}
	return err_set(e, ERR_INTEGRITY, "a draft without words of its file");
}

static int
find_page(const struct opening *o, const char *text, struct draft_page_row *out,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	int r;

	if (id_parse(text, &id, NULL) < 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	if ((r = tx_read(o->core->catalog, &tx, e)) < 0)
		return r;
	return draft_page_find(&tx, &o->row.id, &id, out, e);
}

int
visit_draft_content(struct core *core, const struct caller *caller,
    const char *kase, const char *page, struct id *object, struct buf *out,
    uint64_t *leaf, struct err *e)
{
	AUTO(opening_done)
	struct opening o = { .core = core, .caller = caller };
	AUTO(buf_done) struct buf text = { 0 };
	struct draft_page_row row = { 0 };
	size_t size = 0;
	int r;

	if ((r = find(&o, kase, OP_DOC_FILE, object, e)) < 0 ||
	    (r = find_page(&o, page, &row, e)) < 0 ||
	    (r = draft_read_leaf(
		 core, caller, &o.row, "file", &o.access, &o.leaf, e)) < 0 ||
	    (r = draft_words_open(core, &o.row, o.leaf, &o.key, &o.words, e)) <
		0 ||
	    (r = true_size(&o, page, &size, e)) < 0 ||
	    (r = open_sealed(&o, &row, &text, e)) < 0)
		return r;
	if (size > text.len)
		return err_set(e, ERR_INTEGRITY, "a shorter file of a draft");
	*leaf = o.leaf;
	return buf_add(out, text.p, size, e);
}

/* --- it goes ---------------------------------------------------------------
 */

/* It may have gone in between, or be another one by now. */
static int
apply_drop(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	AUTO(draft_row_done) struct draft_row now = { 0 };
	struct opening *o = arg;
	int r = draft_row_find(tx, o->caller, &o->kase.id, &now, e);

	if (r < 0)
		return r;
	if (r == 0 || !id_equal(&now.id, &o->row.id))
		return no_draft(e);
	if ((r = draft_leaf(o->core, tx, o->caller, &now, "given-up",
		 &o->access, now_ms, &o->leaf, e)) < 0)
		return r;
	return draft_row_drop(tx, &now.id, e);
}

int
visit_draft_drop(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
{
	AUTO(opening_done)
	struct opening o = { .core = core, .caller = caller };
	struct change ch = { .apply = apply_drop, .arg = &o };
	int r;

	if ((r = find(&o, kase, OP_CASE_READ, object, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	*answer = json_pack("{s:o, s:I}", "draft", json_of_id(&o.row.id),
	    "leaf", (json_int_t)o.leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "draft");
}

int
visit_draft_entered(struct core *core, struct tx *tx,
    const struct caller *caller, const struct id *kase, const struct id *draft,
    int64_t now_ms, struct err *e)
{
	AUTO(draft_row_done) struct draft_row row = { 0 };
	uint64_t leaf;
	int r = draft_row_find(tx, caller, kase, &row, e);

	if (r <= 0 || !id_equal(&row.id, draft))
		return r < 0 ? r : 0;
	if ((r = draft_leaf(core, tx, caller, &row, "entered", NULL, now_ms,
		 &leaf, e)) < 0)
		return r;
	return draft_row_drop(tx, &row.id, e);
}

/* --- it is too old ---------------------------------------------------------
 */

struct pass {
	struct core *core;
	struct draft_row rows[PASS_BATCH]; /* no words */
	size_t n, done;
};

static int
read_old(struct sql *q, struct draft_row *out, struct err *e)
{
	int r;

	*out = (struct draft_row){ .saved_ms = sql_get_int(q, 2),
		.revision = (uint64_t)sql_get_int(q, 3) };
	if ((r = sql_get_id(q, 0, &out->id, e)) < 0)
		return r;
	return sql_get_id(q, 1, &out->kase, e);
}

/* The oldest first: the first that is young enough ends it. */
static int
find_old(struct pass *p, struct tx *tx, int64_t now_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int64_t until;
	int r;

	p->n = 0;
	if ((r = sql_open(tx,
		 "SELECT id, dossier, saved, revision FROM visit_draft"
		 " ORDER BY saved LIMIT 200",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0 && p->n < PASS_BATCH) {
		if ((r = read_old(q, &p->rows[p->n], e)) < 0 ||
		    (r = draft_until(
			 p->core, p->rows[p->n].saved_ms, &until, e)) < 0)
			return r;
		if (until > now_ms)
			return 0;
		p->n++;
	}
	return r < 0 ? r : 0;
}

static int
apply_pass(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	static const struct caller vault = { .actor = { .account = "sceaud",
						 .role = "vault" } };
	struct pass *p = arg;
	uint64_t leaf;
	size_t i;
	int r;

	if ((r = clock_check(p->core, e)) < 0 ||
	    (r = find_old(p, tx, now_ms, e)) < 0)
		return r;
	for (i = 0; i < p->n; i++)
		if ((r = draft_leaf(p->core, tx, &vault, &p->rows[i], "expired",
			 NULL, now_ms, &leaf, e)) < 0 ||
		    (r = draft_row_drop(tx, &p->rows[i].id, e)) < 0)
			return r;
	p->done += p->n;
	return 0;
}

static int
look_for_old(struct pass *p, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(p->core->catalog, &tx, e)) < 0)
		return r;
	return find_old(p, &tx, core_now(p->core), e);
}

int
visit_draft_pass(struct core *core, size_t *n, struct err *e)
{
	int32_t today = civil_day(core_now(core));
	AUTO(mem_freep) struct pass *p = NULL;
	struct change ch = { .apply = apply_pass };
	int r;

	*n = 0;
	if (core_check_open(core, NULL) < 0 || core_clock_suspect(core) ||
	    atomic_load(&core->drafts_day) == today)
		return 0;
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return err_set(e, ERR_NOMEM, "drafts");
	p->core = core;
	ch.arg = p;
	do {
		if ((r = look_for_old(p, e)) < 0 ||
		    (p->n > 0 && (r = commit_run(core->committer, &ch, e)) < 0))
			return r;
	} while (p->n == PASS_BATCH);
	atomic_store(&core->drafts_day, today);
	*n = p->done;
	return 0;
}

/* --- what waits -------------------------------------------------------------
 */

/* In the numbers of the whole vault each counts; a list has one's own. */
static int
is_shown(const struct due_list *d, struct sql *q, int64_t *until, struct err *e)
{
	int r = draft_until(d->core, sql_get_int(q, 4), until, e);

	if (r < 0)
		return r;
	if (*until <= d->now_ms)
		return 0;
	return d->tally != NULL ||
	       ((uint32_t)sql_get_int(q, 2) == d->caller->actor.uid &&
		   strcmp(sql_get_text(q, 3), d->caller->actor.account) == 0);
}

static int
add_due(struct due_list *d, struct sql *q, struct err *e)
{
	const int mine = d->mine;
	struct id draft, kase;
	int64_t until;
	int r;

	if ((r = is_shown(d, q, &until, e)) <= 0)
		return r;
	if ((r = sql_get_id(q, 0, &draft, e)) < 0 ||
	    (r = sql_get_id(q, 1, &kase, e)) < 0)
		return r;
	/* One's own, whoever opened the case. */
	d->mine = 0;
	r = due_add(
	    d, "visit-draft", &kase, &draft, sql_get_int(q, 4), until, NULL, e);
	d->mine = mine;
	return r;
}

int
visit_draft_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT id, dossier, uid, account, saved FROM visit_draft"
		 " ORDER BY saved LIMIT 2000",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = add_due(d, q, e)) < 0)
			return r;
	return r;
}
