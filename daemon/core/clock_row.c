#include "daemon/core/clock_row.h"

#include <string.h>

const char *const clock_schema =
    "CREATE TABLE clock ("
    " one INTEGER PRIMARY KEY CHECK (one = 1), id BLOB NOT NULL,"
    " state TEXT NOT NULL, why INTEGER NOT NULL, planned INTEGER NOT NULL,"
    " since INTEGER NOT NULL, vault INTEGER NOT NULL, raw INTEGER NOT NULL,"
    " page BLOB NOT NULL) STRICT;";

const char *
clock_why(enum clock_trust trust)
{
	switch (trust) {
	case CLOCK_BACK:
		return "before-last-leaf";
	case CLOCK_AHEAD:
		return "far-ahead";
	case CLOCK_STEP:
		return "jumped";
	case CLOCK_TRUSTED:
		break;
	}
	return "trusted";
}

void
clock_row_done(struct clock_row *row)
{
	buf_done(&row->page);
}

int
clock_row_load(struct tx *tx, struct clock_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	size_t n;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, state, why, planned, since, vault, raw, page"
		 " FROM clock",
		 &q, e)) < 0 ||
	    (r = sql_step(q, e)) <= 0 ||
	    (r = sql_get_id(q, 0, &row->id, e)) < 0)
		return r;
	snprintf(row->state, sizeof(row->state), "%s", sql_get_text(q, 1));
	row->why = (enum clock_trust)sql_get_int(q, 2);
	if (row->why < CLOCK_BACK || row->why > CLOCK_STEP)
		return err_set(e, ERR_INTEGRITY, "clock: why");
	row->planned = sql_get_int(q, 3) != 0;
	row->since_ms = sql_get_int(q, 4);
	row->vault_ms = sql_get_int(q, 5);
	row->raw_ms = sql_get_int(q, 6);
	p = sql_get_blob(q, 7, &n);
	buf_reset(&row->page);
	if ((r = buf_add(&row->page, p, n, e)) < 0)
		return r;
	return 1;
}

int
clock_row_put(struct tx *tx, const struct clock_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT OR REPLACE INTO clock (one, id, state, why, planned,"
		 " since, vault, raw, page)"
		 " VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 ||
	    (r = sql_text(q, 2, row->state, e)) < 0 ||
	    (r = sql_int(q, 3, row->why, e)) < 0 ||
	    (r = sql_int(q, 4, row->planned, e)) < 0 ||
	    (r = sql_int(q, 5, row->since_ms, e)) < 0 ||
	    (r = sql_int(q, 6, row->vault_ms, e)) < 0 ||
	    (r = sql_int(q, 7, row->raw_ms, e)) < 0 ||
	    (r = sql_blob(q, 8, row->page.p, row->page.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
clock_row_drop(struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "DELETE FROM clock", &q, e)) < 0)
		return r;
	return sql_run(q, e);
}
