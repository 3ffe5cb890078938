#include "daemon/core/register.h"

#include "base/text.h"
#include "daemon/core/disclosure.h"

const char *const disclosure_schema =
    "CREATE TABLE extract ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL, recipient TEXT NOT NULL,"
    " purpose TEXT NOT NULL, rule TEXT NOT NULL, consent TEXT NOT NULL,"
    " state TEXT NOT NULL, released INTEGER NOT NULL,"
    " expires INTEGER NOT NULL, pulled INTEGER NOT NULL,"
    " acknowledged INTEGER NOT NULL, key INTEGER NOT NULL,"
    " leaf INTEGER NOT NULL, size INTEGER NOT NULL, sha256 BLOB NOT NULL,"
    " channel TEXT NOT NULL, pulls INTEGER NOT NULL,"
    " second_due INTEGER NOT NULL, seconded INTEGER NOT NULL,"
    " released_by INTEGER NOT NULL, terms TEXT NOT NULL,"
    " ack BLOB, sealed BLOB) STRICT, WITHOUT ROWID;"
    "CREATE INDEX extract_state ON extract(state, expires);"
    "CREATE INDEX extract_kase ON extract(kase, consent);"
    "CREATE INDEX extract_recipient ON extract(recipient, released);"
    "CREATE TABLE extract_source ("
    " extract BLOB NOT NULL, document BLOB NOT NULL,"
    " version INTEGER NOT NULL, PRIMARY KEY (extract, document))"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX extract_source_document ON extract_source(document);";

/* The moves an extract may make. */
static const struct {
	const char *from, *to;
} moves[] = {
	{ "awaiting", "released" },
	{ "awaiting", "revoked" },
	{ "awaiting", "withdrawn" },
	{ "awaiting", "rectified" },
	{ "awaiting", "erased" },
	{ "released", "pulled" },
	{ "pulled", "pulled" },
	{ "pulled", "acknowledged" },
	{ "released", "revoked" },
	{ "pulled", "revoked" },
	{ "released", "withdrawn" },
	{ "pulled", "withdrawn" },
	{ "released", "rectified" },
	{ "pulled", "rectified" },
	{ "released", "erased" },
	{ "pulled", "erased" },
	{ "acknowledged", "erased" },
	{ "revoked", "erased" },
	{ "withdrawn", "erased" },
	{ "rectified", "erased" },
};

/* Why an extract in this state does not move: stable tags. */
static const struct {
	const char *state, *tag;
} stuck[] = {
	{ "awaiting", "extract-awaiting" },
	{ "released", "extract-released" },
	{ "pulled", "extract-pulled" },
	{ "acknowledged", "extract-acknowledged" },
	{ "revoked", "extract-revoked" },
	{ "withdrawn", "extract-withdrawn" },
	{ "rectified", "extract-rectified" },
	{ "erased", "extract-erased" },
};

static int
refuse_move(const char *state, struct err *e)
{
	const char *tag = "extract-state";
	size_t i;

	for (i = 0; i < NELEMS(stuck); i++)
		if (strcmp(stuck[i].state, state) == 0)
			tag = stuck[i].tag;
	return err_tag(e, ERR_CONFLICT, tag, "this extract is %s", state);
}

static int
move_is_allowed(const char *from, const char *to)
{
	size_t i;

	for (i = 0; i < NELEMS(moves); i++)
		if (strcmp(moves[i].from, from) == 0 &&
		    strcmp(moves[i].to, to) == 0)
			return 1;
	return 0;
}

static void
copy_text(char *out, size_t size, struct sql *q, int i)
{
	snprintf(out, size, "%s", sql_get_text(q, i));
}

int
register_find(
    struct tx *tx, const struct id *id, struct extract_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *sha;
	size_t n;
	int r;

	if ((r = sql_open(tx,
		 "SELECT kase, recipient, purpose, rule, consent, state,"
		 " released, expires, pulled, acknowledged, key, leaf, size,"
		 " sha256, channel, pulls, second_due, seconded, released_by"
		 " FROM extract WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such extract");
	memset(out, 0, sizeof(*out));
	out->id = *id;
	copy_text(out->recipient, sizeof(out->recipient), q, 1);
	copy_text(out->purpose, sizeof(out->purpose), q, 2);
	copy_text(out->rule, sizeof(out->rule), q, 3);
	copy_text(out->consent, sizeof(out->consent), q, 4);
	copy_text(out->state, sizeof(out->state), q, 5);
	out->released = sql_get_int(q, 6);
	out->expires = sql_get_int(q, 7);
	out->pulled = sql_get_int(q, 8);
	out->acknowledged = sql_get_int(q, 9);
	out->key = (uint64_t)sql_get_int(q, 10);
	out->leaf = (uint64_t)sql_get_int(q, 11);
	out->size = (uint64_t)sql_get_int(q, 12);
	copy_text(out->channel, sizeof(out->channel), q, 14);
	out->pulls = (uint32_t)sql_get_int(q, 15);
	out->second_due = sql_get_int(q, 16);
	out->seconded = sql_get_int(q, 17);
	out->released_by = (uint32_t)sql_get_int(q, 18);
	sha = sql_get_blob(q, 13, &n);
	if (n != sizeof(out->sha256))
		return err_set(e, ERR_INTEGRITY, "extract: sha256");
	memcpy(out->sha256, sha, n);
	return sql_get_id(q, 0, &out->kase, e);
}

static int
insert_source(struct tx *tx, const struct id *extract,
    const struct gather_source *s, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT OR IGNORE INTO extract_source"
		 " (extract, document, version) VALUES (?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, extract, e)) < 0 ||
	    (r = sql_id(q, 2, &s->document, e)) < 0 ||
	    (r = sql_int(q, 3, s->version, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
insert_row(struct tx *tx, const struct extract_row *row, const char *terms,
    const struct buf *sealed, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO extract (id, kase, recipient, purpose, rule,"
		 " consent, state, released, expires, pulled, acknowledged,"
		 " key, leaf, size, sha256, channel, pulls, second_due,"
		 " seconded, released_by, terms, sealed) VALUES"
		 " (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, 0, ?, 0,"
		 " ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 ||
	    (r = sql_id(q, 2, &row->kase, e)) < 0 ||
	    (r = sql_text(q, 3, row->recipient, e)) < 0 ||
	    (r = sql_text(q, 4, row->purpose, e)) < 0 ||
	    (r = sql_text(q, 5, row->rule, e)) < 0 ||
	    (r = sql_text(q, 6, row->consent, e)) < 0 ||
	    (r = sql_text(q, 7, row->state, e)) < 0 ||
	    (r = sql_int(q, 8, row->released, e)) < 0 ||
	    (r = sql_int(q, 9, row->expires, e)) < 0 ||
	    (r = sql_int(q, 10, (int64_t)row->key, e)) < 0 ||
	    (r = sql_int(q, 11, (int64_t)row->leaf, e)) < 0 ||
	    (r = sql_int(q, 12, (int64_t)row->size, e)) < 0 ||
	    (r = sql_blob(q, 13, row->sha256, 32, e)) < 0 ||
	    (r = sql_text(q, 14, row->channel, e)) < 0 ||
	    (r = sql_int(q, 15, row->second_due, e)) < 0 ||
	    (r = sql_int(q, 16, row->released_by, e)) < 0 ||
	    (r = sql_text(q, 17, terms, e)) < 0 ||
	    (r = sql_blob(q, 18, sealed->p, sealed->len, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
register_insert(struct tx *tx, const struct extract_row *row, const char *terms,
    const struct buf *sealed, const struct gather_source *sources,
    size_t nsources, struct err *e)
{
	size_t i;
	int r;

	if ((r = insert_row(tx, row, terms, sealed, e)) < 0)
		return r;
	for (i = 0; i < nsources; i++)
		if ((r = insert_source(tx, &row->id, &sources[i], e)) < 0)
			return r;
	return 0;
}

int
register_move_check(
    const struct extract_row *row, const char *to, struct err *e)
{
	return move_is_allowed(row->state, to) ? 0 : refuse_move(row->state, e);
}

int
register_move(struct tx *tx, const struct extract_row *row, const char *to,
    int64_t at_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (!move_is_allowed(row->state, to))
		return refuse_move(row->state, e);
	if ((r = sql_open(tx,
		 "UPDATE extract SET state = ?1,"
		 " pulled = CASE ?1 WHEN 'pulled' THEN ?2 ELSE pulled END,"
		 " pulls = pulls + (?1 = 'pulled'),"
		 " acknowledged = CASE ?1 WHEN 'acknowledged' THEN ?2"
		 " ELSE acknowledged END WHERE id = ?3",
		 &q, e)) < 0 ||
	    (r = sql_text(q, 1, to, e)) < 0 ||
	    (r = sql_int(q, 2, at_ms, e)) < 0 ||
	    (r = sql_id(q, 3, &row->id, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
register_second(
    struct tx *tx, const struct extract_row *row, int64_t now_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "UPDATE extract SET seconded = ? WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, now_ms, e)) < 0 ||
	    (r = sql_id(q, 2, &row->id, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
register_keep_ack(
    struct tx *tx, const struct id *id, const struct buf *sealed, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(
		 tx, "UPDATE extract SET ack = ? WHERE id = ?", &q, e)) < 0 ||
	    (r = sql_blob(q, 1, sealed->p, sealed->len, e)) < 0 ||
	    (r = sql_id(q, 2, id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
is_pending(const char *state)
{
	return strcmp(state, "awaiting") == 0 ||
	       strcmp(state, "released") == 0 || strcmp(state, "pulled") == 0;
}

int
register_was_released(const struct extract_row *row)
{
	return row->second_due != REGISTER_SECOND_FIRST || row->seconded != 0;
}

int
register_is_open(const struct extract_row *row, int64_t now_ms)
{
	return is_pending(row->state) && row->expires > now_ms;
}

const char *
register_state(const struct extract_row *row, int64_t now_ms)
{
	return is_pending(row->state) && row->expires <= now_ms ? "expired"
								: row->state;
}

int
register_check_pull(
    const struct extract_row *row, int64_t now_ms, struct err *e)
{
	/* Nobody outside may know of it before it is approved. */
	if (!register_was_released(row))
		return err_set(e, ERR_NOT_FOUND, "no such extract");
	if (!move_is_allowed(row->state, "pulled"))
		return refuse_move(row->state, e);
	if (row->expires <= now_ms)
		return err_tag(e, ERR_CONFLICT, "extract-expired",
		    "this extract has expired");
	return 0;
}

int
register_forget(struct tx *tx, const struct extract_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE extract SET state = 'erased', key = 0,"
		 " ack = NULL, sealed = NULL, terms = '' WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0)
		return r;
	return sql_run(q, e);
}
