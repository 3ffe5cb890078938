#include "daemon/core/intake_row.h"

#include <string.h>

#include "base/civil.h"
#include "daemon/core/closing.h"
#include "daemon/core/due.h"
#include "daemon/core/intake.h"
#include "daemon/core/json_of.h"

/*
 * Counts, days and opaque ids are in clear; the digest of a list is sealed,
 * so that nobody can try guesses at a list against it.
 */
const char *const intake_schema =
    "CREATE TABLE intake ("
    " id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    " source TEXT NOT NULL, team TEXT NOT NULL, at INTEGER NOT NULL,"
    " lines INTEGER NOT NULL, opened INTEGER NOT NULL,"
    " over_quota INTEGER NOT NULL, duplicates INTEGER NOT NULL,"
    " reopen INTEGER NOT NULL, reopened INTEGER NOT NULL,"
    " rejected INTEGER NOT NULL,"
    " key INTEGER NOT NULL UNIQUE, leaf INTEGER NOT NULL,"
    " sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX intake_at ON intake (source, at);"
    "CREATE TABLE intake_line ("
    " intake BLOB NOT NULL REFERENCES intake (id),"
    " n INTEGER NOT NULL,"
    " dossier BLOB NOT NULL REFERENCES dossier (id),"
    " what TEXT NOT NULL CHECK (what IN"
    "  ('opened', 'reopen', 'reopened')),"
    " over INTEGER NOT NULL," /* over the quota */
    " PRIMARY KEY (intake, n)) STRICT, WITHOUT ROWID;";

#define COLUMNS                                                                \
	"id, source, at, lines, opened, over_quota, duplicates, reopen,"       \
	" reopened, rejected, key, sealed"

int
intake_row_insert(struct tx *tx, const struct intake_row *row, struct err *e)
{
	const int counts[] = { row->lines, row->opened, row->over_quota,
		row->duplicates, row->reopen, row->reopened, row->rejected };
	AUTO(sql_done) struct sql *q = NULL;
	size_t i;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO intake (id, source, team, at, lines, opened,"
		 " over_quota, duplicates, reopen, reopened, rejected, key,"
		 " leaf, sealed)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 ||
	    (r = sql_text(q, 2, row->source, e)) < 0 ||
	    (r = sql_text(q, 3, row->team, e)) < 0 ||
	    (r = sql_int(q, 4, row->at, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(counts); i++)
		if ((r = sql_int(q, (int)i + 5, counts[i], e)) < 0)
			return r;
	if ((r = sql_int(q, 12, (int64_t)row->key, e)) < 0 ||
	    (r = sql_int(q, 13, (int64_t)row->leaf, e)) < 0 ||
	    (r = sql_blob(q, 14, row->sealed.p, row->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
intake_row_line(struct tx *tx, const struct id *intake, int n,
    const struct id *kase, const char *what, int over, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO intake_line (intake, n, dossier, what, over)"
		 " VALUES (?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, intake, e)) < 0 ||
	    (r = sql_int(q, 2, n, e)) < 0 || (r = sql_id(q, 3, kase, e)) < 0 ||
	    (r = sql_text(q, 4, what, e)) < 0 ||
	    (r = sql_int(q, 5, over, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
intake_row_count(struct tx *tx, const char *source, int64_t from_ms,
    int64_t *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT coalesce(sum(opened + reopen), 0) FROM intake"
		 " WHERE source = ? AND at >= ?",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, source, e)) < 0 ||
	    (r = sql_int(q, 2, from_ms, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	*out = sql_get_int(q, 0);
	return 0;
}

int
intake_row_newest(struct tx *tx, uint64_t *leaf, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(
		 tx, "SELECT coalesce(max(leaf), 0) FROM intake", &q, e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	*leaf = (uint64_t)sql_get_int(q, 0);
	return 0;
}

/* --- reading -------------------------------------------------------------- */

static json_t *
row_json(struct sql *q, const struct id *id)
{
	return json_pack("{s:o, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
	    "intake", json_of_id(id), "source", sql_get_text(q, 1), "at",
	    json_of_time(sql_get_int(q, 2)), "lines",
	    (json_int_t)sql_get_int(q, 3), "opened",
	    (json_int_t)sql_get_int(q, 4), "over_quota",
	    (json_int_t)sql_get_int(q, 5), "duplicates",
	    (json_int_t)sql_get_int(q, 6), "reopen",
	    (json_int_t)sql_get_int(q, 7), "reopened",
	    (json_int_t)sql_get_int(q, 8), "rejected",
	    (json_int_t)sql_get_int(q, 9));
}

int
intake_row_get(struct tx *tx, const struct id *id, json_t **out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT " COLUMNS " FROM intake WHERE id = ?", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	*out = row_json(q, id);
	return *out != NULL ? 0 : err_set(e, ERR_NOMEM, "intake");
}

int
intake_row_all(struct tx *tx, const char *team, const char *source,
    struct sealed_rows *rows, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct sealed_row row = { 0 };
	int r;

	if ((r = sql_open(tx,
		 "SELECT " COLUMNS " FROM intake WHERE (?1 = '' OR team = ?1)"
		 " AND (?2 = '' OR source = ?2) ORDER BY leaf DESC LIMIT 400",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, team, e)) < 0 ||
	    (r = sql_text(q, 2, source, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &row.id, e)) < 0)
			return r;
		row.version = 1;
		row.key = (uint64_t)sql_get_int(q, 10);
		row.p = (uint8_t *)(uintptr_t)sql_get_blob(q, 11, &row.n);
		if ((r = rows_add(rows, &row, row_json(q, &row.id), e)) < 0)
			return r;
	}
	return r;
}

static const char *
word(const char *s)
{
	return s != NULL ? s : "";
}

/* --- what waits ----------------------------------------------------------- */

/* Lists over their quota, as long as one of those cases is open: of one's
 * team, or, for who has none, of one's organisation. */
static int
due_over(struct due_list *d, struct err *e)
{
	static const struct id no_case;
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT i.id, i.at, i.source, count(*) FROM intake i"
		 " JOIN intake_line l ON l.intake = i.id AND l.over = 1"
		 " JOIN dossier c ON c.id = l.dossier AND c.state = 'open'"
		 " WHERE i.over_quota > 0 AND (?3 = 1 OR CASE WHEN ?1 <> ''"
		 "  THEN i.team = ?1 ELSE c.organisation = ?2 END)"
		 " GROUP BY i.id ORDER BY i.at LIMIT 400",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, word(d->caller->who->team), e)) < 0 ||
	    (r = sql_text(q, 2, word(d->caller->who->organisation), e)) < 0 ||
	    (r = sql_int(q, 3, d->tally != NULL, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = due_add(d, "intake-over-quota", &no_case, &id,
			 sql_get_int(q, 1), 0,
			 json_pack("{s:s, s:I}", "source", sql_get_text(q, 2),
			     "count", (json_int_t)sql_get_int(q, 3)),
			 e)) < 0)
			return r;
	return r;
}

/* Households that are on a list again, and whose case is closed still: what
 * became of it since the list is what somebody decided. */
static int
due_reopen(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT i.id, l.dossier, max(i.at), i.source"
		 " FROM intake_line l JOIN intake i ON i.id = l.intake"
		 " JOIN dossier c ON c.id = l.dossier"
		 " WHERE l.what = 'reopen'"
		 " AND c.state IN ('closed', 'archived')"
		 " GROUP BY l.dossier ORDER BY i.at LIMIT 2000",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &kase, e)) < 0 ||
		    (r = closing_since(d->tx, &kase, sql_get_int(q, 2), e)) <
			0 ||
		    (r == 0 &&
			(r = due_add(d, "intake-reopen", &kase, &id,
			     sql_get_int(q, 2), 0,
			     json_pack("{s:s}", "source", sql_get_text(q, 3)),
			     e)) < 0))
			return r;
	return r;
}

int
intake_due(struct due_list *d, struct err *e)
{
	int r;

	if ((r = due_over(d, e)) < 0)
		return r;
	return due_reopen(d, e);
}
