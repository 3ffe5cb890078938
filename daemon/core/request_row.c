#include "daemon/core/request_row.h"

#include <string.h>

#include "daemon/core/row.h"

const char *const request_schema =
    "CREATE TABLE request ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL,"
    " person BLOB," /* NULL: the household */
    " what TEXT NOT NULL,"
    " received INTEGER NOT NULL," /* day */
    " due INTEGER NOT NULL,"	  /* last day of the answer */
    " extended INTEGER NOT NULL," /* day; 0: not */
    " state TEXT NOT NULL"
    "  CHECK (state IN ('open', 'answered', 'refused')),"
    " settled INTEGER NOT NULL," /* day; 0: not yet */
    " ground TEXT NOT NULL,"
    " linked BLOB," /* the objection or the erasure that it is */
    " document BLOB,"
    " at INTEGER NOT NULL, leaf INTEGER NOT NULL,"
    " key INTEGER NOT NULL," /* 0: no words */
    " words BLOB, extension BLOB, answer BLOB) STRICT;"
    "CREATE INDEX request_kase ON request (kase, at);"
    "CREATE INDEX request_open ON request (due) WHERE state = 'open';"
    "CREATE INDEX request_linked ON request (linked)"
    " WHERE linked IS NOT NULL;";

static int
take_id(struct sql *q, int column, struct id *out, struct err *e)
{
	return sql_is_null(q, column) ? 0 : sql_get_id(q, column, out, e);
}

int
request_row_by_id(
    struct tx *tx, const struct id *id, struct request_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct request_row row = { .id = *id };
	int r;

	if ((r = sql_open(tx,
		 "SELECT kase, person, linked, document, what, state, ground,"
		 " received, due, extended, settled, at, leaf, key"
		 " FROM request WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such request");
	if ((r = sql_get_id(q, 0, &row.kase, e)) < 0 ||
	    (r = take_id(q, 1, &row.person, e)) < 0 ||
	    (r = take_id(q, 2, &row.linked, e)) < 0 ||
	    (r = take_id(q, 3, &row.document, e)) < 0)
		return r;
	snprintf(row.right, sizeof(row.right), "%s", sql_get_text(q, 4));
	snprintf(row.state, sizeof(row.state), "%s", sql_get_text(q, 5));
	snprintf(row.ground, sizeof(row.ground), "%s", sql_get_text(q, 6));
	row.received = (int32_t)sql_get_int(q, 7);
	row.due = (int32_t)sql_get_int(q, 8);
	row.extended = (int32_t)sql_get_int(q, 9);
	row.settled = (int32_t)sql_get_int(q, 10);
	row.at = sql_get_int(q, 11);
	row.leaf = (uint64_t)sql_get_int(q, 12);
	row.key = (uint64_t)sql_get_int(q, 13);
	*out = row;
	return 0;
}

int
request_row_find(
    struct tx *tx, const char *id, struct request_row *out, struct err *e)
{
	struct id raw;

	if (id_parse(id, &raw, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such request");
	return request_row_by_id(tx, &raw, out, e);
}

static int
put_id(struct sql *q, int at, const struct id *id, struct err *e)
{
	return id_is_zero(id) ? sql_null(q, at, e) : sql_id(q, at, id, e);
}

static int
put_blob(struct sql *q, int at, const struct buf *b, struct err *e)
{
	return b->len == 0 ? sql_null(q, at, e)
			   : sql_blob(q, at, b->p, b->len, e);
}

int
request_row_insert(struct tx *tx, const struct request_row *row,
    const struct buf *words, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO request (id, kase, person, linked, what,"
		 " received, due, extended, state, settled, ground, at, leaf,"
		 " key, words)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, 0, 'open', 0, '', ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 ||
	    (r = sql_id(q, 2, &row->kase, e)) < 0 ||
	    (r = put_id(q, 3, &row->person, e)) < 0 ||
	    (r = put_id(q, 4, &row->linked, e)) < 0 ||
	    (r = sql_text(q, 5, row->right, e)) < 0 ||
	    (r = sql_int(q, 6, row->received, e)) < 0 ||
	    (r = sql_int(q, 7, row->due, e)) < 0 ||
	    (r = sql_int(q, 8, row->at, e)) < 0 ||
	    (r = sql_int(q, 9, (int64_t)row->leaf, e)) < 0 ||
	    (r = sql_int(q, 10, (int64_t)row->key, e)) < 0 ||
	    (r = put_blob(q, 11, words, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
request_row_update(struct tx *tx, const struct request_row *row,
    enum request_part part, const struct buf *sealed, struct err *e)
{
	static const struct buf none;
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE request SET due = ?, extended = ?, state = ?,"
		 " settled = ?, ground = ?, document = ?,"
		 " extension = coalesce(?, extension),"
		 " answer = coalesce(?, answer) WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, row->due, e)) < 0 ||
	    (r = sql_int(q, 2, row->extended, e)) < 0 ||
	    (r = sql_text(q, 3, row->state, e)) < 0 ||
	    (r = sql_int(q, 4, row->settled, e)) < 0 ||
	    (r = sql_text(q, 5, row->ground, e)) < 0 ||
	    (r = put_id(q, 6, &row->document, e)) < 0 ||
	    (r = put_blob(
		 q, 7, part == REQUEST_EXTENSION ? sealed : &none, e)) < 0 ||
	    (r = put_blob(q, 8, part == REQUEST_ANSWER ? sealed : &none, e)) <
		0 ||
	    (r = sql_id(q, 9, &row->id, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
request_row_ids(
    struct tx *tx, const struct id *kase, struct buf *ids, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM request WHERE kase = ?"
		 " ORDER BY at, rowid LIMIT 200",
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
request_row_sealed(struct tx *tx, const struct id *id, enum request_part part,
    struct buf *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	size_t n;
	int r;

	if ((r = sql_open(tx,
		 "SELECT CASE ? WHEN 1 THEN words WHEN 2 THEN extension"
		 " ELSE answer END FROM request WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, part, e)) < 0 || (r = sql_id(q, 2, id, e)) < 0 ||
	    (r = sql_step(q, e)) <= 0 || sql_is_null(q, 0))
		return r < 0 ? r : 0;
	p = sql_get_blob(q, 0, &n);
	return buf_add(out, p, n, e);
}

const char *
request_right_words(const char *right)
{
	static const struct {
		const char *right, *words;
	} rights[] = {
		{ "access", "l'accès à vos données" },
		{ "portability", "une copie de vos données à emporter" },
		{ "rectification", "la rectification de vos données" },
		{ "erasure", "l'effacement de vos données" },
		{ "restriction", "la limitation de l'usage de vos données" },
		{ "objection", "que l'on cesse de transmettre vos données" },
	};
	size_t i;

	for (i = 0; i < NELEMS(rights); i++)
		if (strcmp(rights[i].right, right) == 0)
			return rights[i].words;
	return NULL;
}

/* --- linked to what stands for it ------------------------------------------
 */

int
request_link(struct tx *tx, const struct id *request, const struct id *linked,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "UPDATE request SET linked = ? WHERE id = ?", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, linked, e)) < 0 ||
	    (r = sql_id(q, 2, request, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* --- forgetting ------------------------------------------------------------
 */

int
request_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	return rows_key_numbers(tx,
	    "SELECT key FROM request WHERE kase = ? AND key <> 0", kase,
	    numbers, e);
}

/* That it was asked, and by when it is answered, stays. */
int
request_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(tx,
	    "UPDATE request SET key = 0, words = NULL, extension = NULL,"
	    " answer = NULL WHERE kase = ?",
	    kase, e);
}

int
request_counts(struct tx *tx, int32_t today, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT what, count(*) FILTER (WHERE state = 'open'),"
		 " count(*) FILTER (WHERE state = 'open' AND due < ?1),"
		 " count(*) FILTER (WHERE state = 'answered'),"
		 " count(*) FILTER (WHERE state = 'refused'),"
		 " count(*) FILTER (WHERE extended <> 0),"
		 " coalesce(max(settled - received) FILTER"
		 "  (WHERE settled <> 0), 0),"
		 " count(*) FILTER (WHERE settled <> 0 AND settled > due)"
		 " FROM request GROUP BY what ORDER BY what",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, today, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if (json_array_append_new(list,
			json_pack("{s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			    "right", sql_get_text(q, 0), "open",
			    (json_int_t)sql_get_int(q, 1), "overdue",
			    (json_int_t)sql_get_int(q, 2), "answered",
			    (json_int_t)sql_get_int(q, 3), "refused",
			    (json_int_t)sql_get_int(q, 4), "extended",
			    (json_int_t)sql_get_int(q, 5), "days_most",
			    (json_int_t)sql_get_int(q, 6), "late",
			    (json_int_t)sql_get_int(q, 7))) < 0)
			return err_set(e, ERR_NOMEM, "requests");
	if (r < 0)
		return r;
	*out = TAKE(list);
	return 0;
}
