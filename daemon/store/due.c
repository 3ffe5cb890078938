/*
 * Versions that were entered since the last publication: from the list that
 * filings append to, to the tables that publication works from.
 */
#include "daemon/store/inside.h"

#define DUE_BATCH 2048 /* rows of a transaction */

struct due {
	int64_t last, limit;
	int more;
};

struct due_row {
	struct id owner;
	uint32_t version;
	enum store_space space;
	int64_t hour;
};

static int
enter_due(struct tx *tx, const struct due_row *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO published (owner, version, space, hour)"
		 " VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &d->owner, e)) < 0 ||
	    (r = sql_int(q, 2, d->version, e)) < 0 ||
	    (r = sql_int(q, 3, d->space, e)) < 0 ||
	    (r = sql_int(q, 4, d->hour, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	/* A part that came after its version was published: a new tree. */
	if ((r = rows_stale(
		 tx, &d->owner, d->version, sql_changes(tx) == 0, e)) < 0)
		return r;
	return rows_touch(tx, &d->owner, d->space, e);
}

static int
drop_due(struct tx *tx, int64_t last, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "DELETE FROM due WHERE seq <= ?", &q, e)) < 0 ||
	    (r = sql_int(q, 1, last, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
due_limit(struct tx *tx, struct due *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (d->limit >= 0)
		return 0;
	if ((r = sql_open(tx, "SELECT coalesce(max(seq), 0) FROM due", &q, e)) <
		0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	d->limit = r > 0 ? sql_get_int(q, 0) : 0;
	return 0;
}

static int
due_apply(struct tx *tx, void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct due *d = arg;
	struct due_row row;
	int r;

	if ((r = due_limit(tx, d, e)) < 0 ||
	    (r = sql_open(tx,
		 "SELECT seq, owner, version, space, hour FROM due"
		 " WHERE seq <= ?1 ORDER BY seq LIMIT ?2",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, d->limit, e)) < 0 ||
	    (r = sql_int(q, 2, DUE_BATCH, e)) < 0)
		return r;
	d->more = 0;
	while ((r = sql_step(q, e)) > 0) {
		d->more = 1;
		d->last = sql_get_int(q, 0);
		row.version = (uint32_t)sql_get_int(q, 2);
		row.space = (enum store_space)sql_get_int(q, 3);
		row.hour = sql_get_int(q, 4);
		if ((r = sql_get_id(q, 1, &row.owner, e)) < 0 ||
		    (r = enter_due(tx, &row, e)) < 0)
			return r;
	}
	if (r < 0)
		return r;
	sql_done(&q);
	return d->more ? drop_due(tx, d->last, e) : 0;
}

int
due_take(const struct store_hooks *h, struct err *e)
{
	struct due d = { .limit = -1, .more = 1 };
	int r;

	while (d.more)
		if ((r = h->commit(h->arg, due_apply, &d, e)) < 0)
			return r;
	return 0;
}

int
store_has_unpublished(struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT EXISTS (SELECT 1 FROM due)"
		 " OR EXISTS (SELECT 1 FROM branch WHERE dirty = 1)",
		 &q, e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	return r > 0 && sql_get_int(q, 0) != 0;
}
