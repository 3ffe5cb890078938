#include "daemon/core/hold_row.h"

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/json_of.h"
#include "daemon/core/person.h"
#include "daemon/core/row.h"

const char *const hold_schema =
    "CREATE TABLE hold ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL,"
    " document BLOB," /* NULL: the whole case */
    " state TEXT NOT NULL CHECK (state IN ('set', 'released')),"
    " review INTEGER NOT NULL," /* day */
    " at INTEGER NOT NULL, released INTEGER NOT NULL,"
    " leaf INTEGER NOT NULL, key INTEGER NOT NULL,"
    " words BLOB, page BLOB) STRICT;"
    "CREATE INDEX hold_kase ON hold (kase, state);"
    "CREATE INDEX hold_review ON hold (state, review);";

void
hold_row_done(struct hold_row *row)
{
	buf_done(&row->words);
	buf_done(&row->page);
}

static int
load_words(struct sql *q, struct hold_row *out, struct err *e)
{
	const void *p;
	size_t n;
	int r;

	buf_reset(&out->words);
	buf_reset(&out->page);
	p = sql_get_blob(q, 7, &n);
	if ((r = buf_add(&out->words, p, n, e)) < 0)
		return r;
	p = sql_get_blob(q, 8, &n);
	return buf_add(&out->page, p, n, e);
}

int
hold_row_by_id(
    struct tx *tx, const struct id *id, struct hold_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT kase, coalesce(document, zeroblob(16)), state, review,"
		 " at, leaf, key, coalesce(words, x''), coalesce(page, x'')"
		 " FROM hold WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such hold");
	if ((r = sql_get_id(q, 0, &out->kase, e)) < 0 ||
	    (r = sql_get_id(q, 1, &out->document, e)) < 0)
		return r;
	out->id = *id;
	snprintf(out->state, sizeof(out->state), "%s", sql_get_text(q, 2));
	out->review = (int32_t)sql_get_int(q, 3);
	out->at = sql_get_int(q, 4);
	out->leaf = (uint64_t)sql_get_int(q, 5);
	out->key = (uint64_t)sql_get_int(q, 6);
	return load_words(q, out, e);
}

int
hold_row_find(
    struct tx *tx, const char *text, struct hold_row *out, struct err *e)
{
	struct id id;

	if (id_parse(text, &id, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such hold");
	return hold_row_by_id(tx, &id, out, e);
}

int
hold_authorize(struct core *core, const struct caller *caller, const char *hold,
    enum policy_op op, struct hold_row *row, struct case_facts *kase,
    struct decision *d, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = core_now(core);
	char text[ID_TEXT];
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = tx_read(core->catalog, &tx, e)) < 0)
		return r;
	if (hold_row_find(&tx, hold, row, NULL) < 0)
		return authorize_unknown(core, caller, op, NULL, now, e);
	id_format(&row->kase, text);
	return case_authorize(
	    core, &tx, caller, text, op, NULL, now, kase, object, d, e);
}

int
hold_review_day(const struct core *core, const char *text, int64_t now_ms,
    int32_t *day, struct err *e)
{
	int32_t today = civil_day(now_ms), d;
	int64_t months;
	int r;

	if ((r = date_parse(text, &d, e)) < 0)
		return r;
	if (policy_figure_on(
		core->policy, "hold-review-months", today, &months, NULL) < 0)
		return err_tag(e, ERR_REFUSED, "figure-missing",
		    "the rules do not say when a hold must be reviewed");
	if (d <= today ||
	    d > term_last_day(today, (uint32_t)months, TERM_MONTHS))
		return err_tag(e, ERR_REFUSED, "hold-review-date",
		    "the review is after today, and within what the rules "
		    "allow");
	*day = d;
	return 0;
}

int
hold_check_reason(const char *reason, struct err *e)
{
	if (reason[0] == '\0')
		return err_tag(
		    e, ERR_INVALID, "member-missing", "reason: why?");
	if (strpbrk(reason, "\r\n") != NULL)
		return err_tag(
		    e, ERR_INVALID, "member-type", "reason is one line");
	return text_check(reason, HOLD_REASON_MAX, "reason", e);
}

int
hold_enter(struct core *core, struct tx *tx, const struct caller *caller,
    const struct hold_row *row, enum leaf_class klass, const char *what,
    const uint8_t *approvals, const struct decision *d, int64_t now_ms,
    uint64_t *leaf, struct err *e)
{
	struct leaf_clear clear[] = {
		{ row->id, row->key },
		{ row->kase, 0 },
		{ row->document, 0 },
	};
	struct audit_entry en = {
		.klass = klass,
		.actor = &caller->actor,
		.object = row->kase,
		.approvals = approvals,
		.clear = clear,
		.nclear = id_is_zero(&row->document) ? 2 : 3,
	};
	int r;

	en.detail = json_pack("{s:o, s:o, s:s, s:o, s:o}", "case",
	    json_of_id(&row->kase), "hold", json_of_id(&row->id), "what", what,
	    "review", json_of_day(row->review), "decision",
	    decision_json(core, d));
	r = core_enter(core, tx, caller, &en, now_ms, leaf, e);
	json_decref(en.detail);
	return r;
}

int
hold_stands(struct tx *tx, const struct id *kase, const struct id *document,
    struct id *hold, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 document == NULL
		     ? "SELECT id FROM hold WHERE kase = ? AND state = 'set'"
		       " ORDER BY at, id LIMIT 1"
		     : "SELECT id FROM hold WHERE kase = ? AND state = 'set'"
		       " AND (document IS NULL OR document = ?)"
		       " ORDER BY at, id LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (document != NULL && (r = sql_id(q, 2, document, e)) < 0) ||
	    (r = sql_step(q, e)) <= 0)
		return r;
	return (r = sql_get_id(q, 0, hold, e)) < 0 ? r : 1;
}

int
hold_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	return rows_key_numbers(tx,
	    "SELECT key FROM hold WHERE kase = ? AND key > 0", kase, numbers,
	    e);
}

/* The days stay, the words go. */
int
hold_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(tx,
	    "UPDATE hold SET key = 0, words = NULL, page = NULL"
	    " WHERE kase = ?",
	    kase, e);
}

int
hold_count(struct tx *tx, uint64_t *n, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT count(*) FROM hold WHERE state = 'set'",
		 &q, e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	*n = (uint64_t)sql_get_int(q, 0);
	return 0;
}
