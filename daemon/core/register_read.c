/* Reading the register: what a line was made from, which lines there are. */
#include "daemon/core/register.h"

#include "base/text.h"
#include "daemon/core/disclosure.h"

int
register_sources(
    struct tx *tx, const struct id *extract, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	AUTO(sql_done) struct sql *q = NULL;
	char text[ID_TEXT];
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT document, version FROM extract_source"
		 " WHERE extract = ? ORDER BY document",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, extract, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0)
			return r;
		id_format(&id, text);
		if (json_array_append_new(list,
			json_pack("{s:s, s:I}", "document", text, "version",
			    (json_int_t)sql_get_int(q, 1))) < 0)
			return err_set(e, ERR_NOMEM, "extract");
	}
	if (r < 0)
		return r;
	*out = TAKE(list);
	return 0;
}

int
register_check_sources(struct tx *tx, const struct id *extract, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct document_facts doc;
	char text[ID_TEXT];
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT document, version FROM extract_source"
		 " WHERE extract = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, extract, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0)
			return r;
		id_format(&id, text);
		if (document_find(tx, text, &doc, NULL) < 0 ||
		    strcmp(doc.state, "filed") != 0 ||
		    doc.versions != (uint32_t)sql_get_int(q, 1))
			return err_tag(e, ERR_CONFLICT, "extract-rectified",
			    "a source of this extract was rectified");
	}
	return r;
}

int
register_select(struct tx *tx, const struct id *kase, const char *recipient,
    const char *consent, const struct id *document, struct buf *ids,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	static const struct id none;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM (SELECT id, released FROM extract"
		 " WHERE (?1 = zeroblob(16) OR"
		 " kase = ?1) AND (?2 = '' OR recipient = ?2) AND"
		 " (?3 = '' OR consent = ?3) AND (?4 = zeroblob(16) OR"
		 " id IN (SELECT extract FROM extract_source"
		 " WHERE document = ?4)) ORDER BY released DESC, id DESC"
		 " LIMIT CASE ?2 WHEN '' THEN -1 ELSE 1000 END)"
		 " ORDER BY released, id",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase != NULL ? kase : &none, e)) < 0 ||
	    (r = sql_text(q, 2, recipient, e)) < 0 ||
	    (r = sql_text(q, 3, consent, e)) < 0 ||
	    (r = sql_id(q, 4, document != NULL ? document : &none, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = buf_add(ids, id.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

int
register_select_due(struct tx *tx, struct buf *ids, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM extract WHERE state IN ('awaiting',"
		 " 'released') OR (second_due > 0 AND seconded = 0 AND"
		 " state IN ('pulled', 'acknowledged'))"
		 " ORDER BY released, id LIMIT 5000",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = buf_add(ids, id.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

/* A column of one row, which may be NULL. */
static int
one_column(struct tx *tx, const char *sql, const struct id *id, struct buf *out,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	size_t n;
	int r;

	if ((r = sql_open(tx, sql, &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) <= 0 ||
	    sql_is_null(q, 0))
		return r < 0 ? r : 0;
	p = sql_get_blob(q, 0, &n);
	return buf_add(out, p, n, e);
}

int
register_sealed(
    struct tx *tx, const struct id *id, struct buf *out, struct err *e)
{
	return one_column(
	    tx, "SELECT sealed FROM extract WHERE id = ?", id, out, e);
}

int
register_ack(struct tx *tx, const struct id *id, struct buf *out, struct err *e)
{
	return one_column(
	    tx, "SELECT ack FROM extract WHERE id = ?", id, out, e);
}

int
register_terms(
    struct tx *tx, const struct id *id, struct buf *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(
		 tx, "SELECT terms FROM extract WHERE id = ?", &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	return buf_addstr(out, sql_get_text(q, 0), e);
}

int
register_each_in(struct tx *tx, int64_t since_ms, int64_t until_ms,
    int (*each)(void *arg, const struct extract_row *row, struct err *e),
    void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct extract_row row;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM extract WHERE released < ? AND expires > ?"
		 " AND (second_due <> -1 OR seconded <> 0)"
		 " ORDER BY released, id",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, until_ms, e)) < 0 ||
	    (r = sql_int(q, 2, since_ms, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = register_find(tx, &id, &row, e)) < 0 ||
		    (r = each(arg, &row, e)) < 0)
			return r;
	return r;
}

int
register_counts(struct tx *tx, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT recipient, count(*), count(*) FILTER (WHERE pulled > "
		 "0)"
		 " FROM extract WHERE second_due <> -1 OR seconded <> 0"
		 " GROUP BY recipient ORDER BY recipient",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if (json_array_append_new(
			list, json_pack("{s:s, s:I, s:I}", "recipient",
				  sql_get_text(q, 0), "extracts",
				  (json_int_t)sql_get_int(q, 1), "pulled",
				  (json_int_t)sql_get_int(q, 2))) < 0)
			return err_set(e, ERR_NOMEM, "register");
	if (r < 0)
		return r;
	*out = TAKE(list);
	return 0;
}
