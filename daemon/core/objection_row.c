#include "daemon/core/objection_row.h"

#include "daemon/core/row.h"

#include "base/civil.h"
#include "daemon/core/due.h"

int
objection_row_by_id(struct tx *tx, const struct id *id,
    struct objection_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct objection_row row = { .id = *id };
	int r;

	if ((r = sql_open(tx,
		 "SELECT kase, person, state, received, at, decided, leaf, key"
		 " FROM objection WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such objection");
	if ((r = sql_get_id(q, 0, &row.kase, e)) < 0 ||
	    (!sql_is_null(q, 1) && (r = sql_get_id(q, 1, &row.person, e)) < 0))
		return r;
	snprintf(row.state, sizeof(row.state), "%s", sql_get_text(q, 2));
	row.received = (int32_t)sql_get_int(q, 3);
	row.at = sql_get_int(q, 4);
	row.decided = sql_get_int(q, 5);
	row.leaf = (uint64_t)sql_get_int(q, 6);
	row.key = (uint64_t)sql_get_int(q, 7);
	*out = row;
	return 0;
}

int
objection_row_find(
    struct tx *tx, const char *id, struct objection_row *out, struct err *e)
{
	struct id raw;

	if (id_parse(id, &raw, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such objection");
	return objection_row_by_id(tx, &raw, out, e);
}

static int
take_blob(struct sql *q, int column, struct buf *out, struct err *e)
{
	const void *p;
	size_t n;

	if (sql_is_null(q, column))
		return 0;
	p = sql_get_blob(q, column, &n);
	return buf_add(out, p, n, e);
}

int
objection_row_sealed(struct tx *tx, const struct id *id, struct buf *words,
    struct buf *grounds, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT words, grounds FROM objection WHERE id = ?", &q, e)) <
		0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) <= 0 ||
	    (r = take_blob(q, 0, words, e)) < 0)
		return r;
	return take_blob(q, 1, grounds, e);
}

int
objection_row_ids(
    struct tx *tx, const struct id *kase, struct buf *ids, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM objection WHERE kase = ?"
		 " ORDER BY at, rowid LIMIT 500",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = buf_add(ids, id.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

int
objection_is_on(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM objection WHERE kase = ?"
		 " AND state IN ('waiting', 'upheld') LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	return sql_step(q, e);
}

int64_t
objection_due_ms(const struct core *core, int32_t received)
{
	/* By the figure's own unit, its last day counted to its end. */
	return due_after(
	    core, "objection-decision-months", civil_start_ms(received));
}

/* --- forgetting ----------------------------------------------------------- */

int
objection_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	return rows_key_numbers(tx,
	    "SELECT key FROM objection WHERE kase = ? AND key <> 0", kase,
	    numbers, e);
}

/* Whether it stands is not forgotten: it must still stop a disclosure. */
int
objection_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(tx,
	    "UPDATE objection SET key = 0, words = NULL, grounds = NULL"
	    " WHERE kase = ?",
	    kase, e);
}
