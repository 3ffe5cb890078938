/* Setting a hold, and looking at it again. */
#include "daemon/core/hold.h"

#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/document.h"
#include "daemon/core/hold_row.h"
#include "daemon/core/json_of.h"
#include "daemon/core/row.h"

#define REVIEWS_MAX 64 /* kept with their words */

struct setting {
	struct core *core;
	const struct caller *caller;
	const struct hold_asking *a;
	struct case_facts kase;
	struct decision d;
	struct hold_row row;
	struct fresh_key key;
	uint64_t leaf;
};

static void
setting_done(struct setting *x)
{
	fresh_key_done(&x->key);
	hold_row_done(&x->row);
}

static int
find_object(struct setting *x, struct tx *tx, struct id *object, struct err *e)
{
	struct document_facts doc;
	int64_t now = core_now(x->core);
	int r;

	if (x->a->document == NULL)
		return case_authorize(x->core, tx, x->caller, x->a->kase,
		    OP_HOLD, NULL, now, &x->kase, object, &x->d, e);
	if ((r = document_authorize(x->core, tx, x->caller, x->a->document,
		 OP_HOLD, now, &doc, &x->kase, object, &x->d, e)) < 0)
		return r;
	if (strcmp(doc.state, "erased") == 0)
		return err_tag(
		    e, ERR_CONFLICT, "erased", "this document is erased");
	x->row.document = doc.id;
	return 0;
}

static int
seal_words(struct setting *x, struct err *e)
{
	json_t *j;
	int r;

	if ((r = id_random(&x->row.id, e)) < 0 ||
	    (r = keypool_take(x->core->keys, &x->key, e)) < 0)
		return r;
	x->row.key = x->key.number;
	j = json_pack("{s:s, s:s, s:[]}", "reason", x->a->reason, "set_by",
	    x->caller->actor.account, "reviews");
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "hold");
	r = row_seal(x->core, x->key.key.p, &x->kase.id, &x->row.id,
	    HOLD_VERSION_WORDS, j, &x->row.words, e);
	json_decref(j);
	return r;
}

static int
prepare(struct setting *x, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = core_check_open(x->core, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = find_object(x, &tx, object, e)) < 0 ||
	    (r = hold_check_reason(x->a->reason, e)) < 0 ||
	    (r = hold_review_day(x->core, x->a->review, core_now(x->core),
		 &x->row.review, e)) < 0)
		return r;
	x->row.kase = x->kase.id;
	return seal_words(x, e);
}

/* What it is on is there still, and not held by too many already. */
static int
check_room(struct tx *tx, const struct setting *x, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct document_facts doc;
	struct case_facts kase;
	int r;

	if ((r = case_by_id(tx, &x->kase.id, &kase, e)) < 0)
		return r;
	if (strcmp(kase.state, "erased") == 0)
		return err_tag(
		    e, ERR_CONFLICT, "case-state", "this case is erased");
	if (!id_is_zero(&x->row.document) &&
	    ((r = document_by_id(tx, &x->row.document, &doc, e)) < 0 ||
		strcmp(doc.state, "erased") == 0))
		return r < 0 ? r
			     : err_tag(e, ERR_CONFLICT, "erased",
				   "this document is erased");
	if ((r = sql_open(tx,
		 "SELECT count(*) FROM hold WHERE kase = ? AND state = 'set'",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->kase.id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (sql_get_int(q, 0) >= HOLDS_MAX)
		return err_tag(e, ERR_TOO_LARGE, "holds-max",
		    "at most %d holds at once in one case", HOLDS_MAX);
	return 0;
}

static int
insert(struct tx *tx, const struct setting *x, int64_t at, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO hold (id, kase, document, state, review, at,"
		 " released, leaf, key, words)"
		 " VALUES (?, ?, ?, 'set', ?, ?, 0, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->row.id, e)) < 0 ||
	    (r = sql_id(q, 2, &x->kase.id, e)) < 0 ||
	    (r = id_is_zero(&x->row.document)
		     ? sql_null(q, 3, e)
		     : sql_id(q, 3, &x->row.document, e)) < 0 ||
	    (r = sql_int(q, 4, x->row.review, e)) < 0 ||
	    (r = sql_int(q, 5, at, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)x->leaf, e)) < 0 ||
	    (r = sql_int(q, 7, (int64_t)x->row.key, e)) < 0 ||
	    (r = sql_blob(q, 8, x->row.words.p, x->row.words.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
apply_set(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct setting *x = arg;
	int r;

	if ((r = check_room(tx, x, e)) < 0 ||
	    (r = hold_enter(x->core, tx, x->caller, &x->row, LEAF_HOLD, "set",
		 NULL, &x->d, now_ms, &x->leaf, e)) < 0)
		return r;
	return insert(tx, x, audit_time(x->core->audit, now_ms), e);
}

static int
answer_of(const struct hold_row *row, const char *state, uint64_t leaf,
    json_t **answer, struct err *e)
{
	*answer =
	    json_pack("{s:o, s:o, s:s, s:o, s:I}", "hold", json_of_id(&row->id),
		"case", json_of_id(&row->kase), "state", state, "review",
		json_of_day(row->review), "leaf", (json_int_t)leaf);
	if (*answer == NULL)
		return err_set(e, ERR_NOMEM, "hold");
	if (!id_is_zero(&row->document))
		json_object_set_new(
		    *answer, "document", json_of_id(&row->document));
	return 0;
}

int
hold_set(struct core *core, const struct caller *caller,
    const struct hold_asking *a, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(setting_done)
	struct setting x = { .core = core, .caller = caller, .a = a };
	struct change ch = { .apply = apply_set, .arg = &x, .need_head = 1 };
	int r;

	if ((r = prepare(&x, object, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return answer_of(&x.row, "set", x.leaf, answer, e);
}

/* --- reviewing ------------------------------------------------------------ */

struct reviewing {
	struct core *core;
	const struct caller *caller;
	const char *reason;
	struct hold_row row;
	struct case_facts kase;
	struct decision d;
	struct buf sealed;
	uint64_t was, leaf; /* leaf of the words that were opened */
};

static void
reviewing_done(struct reviewing *x)
{
	hold_row_done(&x->row);
	buf_done(&x->sealed);
}

static int
add_review(struct reviewing *x, json_t *words, struct err *e)
{
	json_t *reviews = json_object_get(words, "reviews");

	if (!json_is_array(reviews))
		return err_set(e, ERR_INTEGRITY, "hold");
	while (json_array_size(reviews) >= REVIEWS_MAX)
		json_array_remove(reviews, 0);
	if (json_array_append_new(
		reviews, json_pack("{s:o, s:s, s:s, s:o}", "at",
			     json_of_time(core_now(x->core)), "by",
			     x->caller->actor.account, "reason", x->reason,
			     "until", json_of_day(x->row.review))) < 0)
		return err_set(e, ERR_NOMEM, "hold");
	return 0;
}

/* The words are opened to be added to: with their leaf. */
static int
reseal(struct reviewing *x, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	json_t *words = NULL;
	uint64_t leaf;
	int r;

	if ((r = core_read_leaf(x->core, x->caller, LEAF_HOLD, &x->row.kase,
		 NULL, &leaf, e)) < 0 ||
	    (r = rows_keys(x->core, &x->row.key, 1, leaf, &key, e)) < 0 ||
	    (r = row_open(x->core, key.p, &x->row.kase, &x->row.id,
		 HOLD_VERSION_WORDS, x->row.words.p, x->row.words.len, &words,
		 e)) < 0)
		return r;
	if ((r = add_review(x, words, e)) == 0)
		r = row_seal(x->core, key.p, &x->row.kase, &x->row.id,
		    HOLD_VERSION_WORDS, words, &x->sealed, e);
	json_decref(words);
	return r;
}

static int
apply_review(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct reviewing *x = arg;
	AUTO(hold_row_done) struct hold_row now = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = hold_row_by_id(tx, &x->row.id, &now, e)) < 0)
		return r;
	if (strcmp(now.state, "set") != 0 || now.leaf != x->was)
		return err_tag(e, ERR_CONFLICT, "hold-state",
		    "this hold changed, or is %s", now.state);
	if ((r = hold_enter(x->core, tx, x->caller, &x->row, LEAF_HOLD,
		 "reviewed", NULL, &x->d, now_ms, &x->leaf, e)) < 0 ||
	    (r = sql_open(tx,
		 "UPDATE hold SET review = ?, leaf = ?, words = ?"
		 " WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, x->row.review, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)x->leaf, e)) < 0 ||
	    (r = sql_blob(q, 3, x->sealed.p, x->sealed.len, e)) < 0 ||
	    (r = sql_id(q, 4, &x->row.id, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
hold_review(struct core *core, const struct caller *caller, const char *hold,
    const char *reason, const char *review, struct id *object, json_t **answer,
    struct err *e)
{
	AUTO(reviewing_done)
	struct reviewing x = {
		.core = core,
		.caller = caller,
		.reason = reason,
	};
	struct change ch = { .apply = apply_review, .arg = &x, .need_head = 1 };
	int r;

	if ((r = hold_authorize(core, caller, hold, OP_HOLD, &x.row, &x.kase,
		 &x.d, object, e)) < 0 ||
	    (r = hold_check_reason(reason, e)) < 0)
		return r;
	if (strcmp(x.row.state, "set") != 0)
		return err_tag(e, ERR_CONFLICT, "hold-state", "this hold is %s",
		    x.row.state);
	x.was = x.row.leaf;
	if ((r = hold_review_day(
		 core, review, core_now(core), &x.row.review, e)) < 0 ||
	    (r = reseal(&x, e)) < 0 ||
	    (r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return answer_of(&x.row, "set", x.leaf, answer, e);
}
