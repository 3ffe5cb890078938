/* Statements: bind, step, columns. */
#include "daemon/catalog/conn.h"

#include <stdlib.h>
#include <string.h>

static int
detached(struct err *e)
{
	return err_set(e, ERR_INTERNAL,
	    "catalog: a statement used outside its transaction");
}

int
sql_open(struct tx *tx, const char *text, struct sql **out, struct err *e)
{
	AUTO(mem_freep) struct sql *q = NULL;
	struct catalog_conn *conn = tx->conn;
	int r;

	if (!tx->open)
		return detached(e);
	if ((r = catalog_usable(tx->c, e)) < 0)
		return r;
	if ((q = calloc(1, sizeof(*q))) == NULL)
		return err_set(e, ERR_NOMEM, "out of memory");
	if ((r = conn_take(conn, text, &q->stmt, e)) < 0)
		return r;
	q->conn = conn;
	q->next = conn->open;
	q->prev = &conn->open;
	if (q->next != NULL)
		q->next->prev = &q->next;
	conn->open = q;
	*out = TAKE(q);
	return 0;
}

void
sql_done(struct sql **pp)
{
	struct sql *q = TAKE(*pp);

	if (q == NULL)
		return;
	if (q->stmt != NULL) {
		conn_give(q->stmt);
		*q->prev = q->next;
		if (q->next != NULL)
			q->next->prev = q->prev;
	}
	free(q);
}

int
sql_step(struct sql *q, struct err *e)
{
	int rc, r;

	if (q->stmt == NULL)
		return detached(e);
	if ((r = catalog_usable(q->conn->c, e)) < 0)
		return r;
	rc = sqlite3_step(q->stmt->st);
	if (rc == SQLITE_ROW)
		return 1;
	if (rc == SQLITE_DONE) {
		sqlite3_reset(q->stmt->st);
		return 0;
	}
	r = conn_error(q->conn, rc, e);
	sqlite3_reset(q->stmt->st);
	return r;
}

int
sql_run(struct sql *q, struct err *e)
{
	int r;

	if ((r = sql_step(q, e)) <= 0)
		return r;
	sqlite3_reset(q->stmt->st);
	return err_set(e, ERR_INTERNAL, "catalog: a row nobody asked for");
}

int64_t
sql_changes(struct tx *tx)
{
	return tx->open ? sqlite3_changes64(tx->conn->db) : 0;
}

int64_t
sql_last_rowid(struct tx *tx)
{
	return tx->open ? sqlite3_last_insert_rowid(tx->conn->db) : 0;
}

static int
bound(struct sql *q, int rc, struct err *e)
{
	return rc == SQLITE_OK ? 0 : conn_error(q->conn, rc, e);
}

int
sql_int(struct sql *q, int i, int64_t v, struct err *e)
{
	if (q->stmt == NULL)
		return detached(e);
	return bound(q, sqlite3_bind_int64(q->stmt->st, i, v), e);
}

int
sql_text(struct sql *q, int i, const char *s, struct err *e)
{
	if (q->stmt == NULL)
		return detached(e);
	return bound(
	    q, sqlite3_bind_text(q->stmt->st, i, s, -1, SQLITE_TRANSIENT), e);
}

int
sql_blob(struct sql *q, int i, const void *p, size_t n, struct err *e)
{
	if (q->stmt == NULL)
		return detached(e);
	/* No bytes is an empty blob: a NULL pointer would bind NULL. */
	return bound(q,
	    sqlite3_bind_blob64(
		q->stmt->st, i, n == 0 ? "" : p, n, SQLITE_TRANSIENT),
	    e);
}

int
sql_id(struct sql *q, int i, const struct id *id, struct err *e)
{
	return sql_blob(q, i, id->b, ID_LEN, e);
}

int
sql_null(struct sql *q, int i, struct err *e)
{
	if (q->stmt == NULL)
		return detached(e);
	return bound(q, sqlite3_bind_null(q->stmt->st, i), e);
}

int64_t
sql_get_int(struct sql *q, int i)
{
	return q->stmt != NULL ? sqlite3_column_int64(q->stmt->st, i) : 0;
}

const char *
sql_get_text(struct sql *q, int i)
{
	const unsigned char *s;

	s = q->stmt != NULL ? sqlite3_column_text(q->stmt->st, i) : NULL;
	return s != NULL ? (const char *)s : "";
}

const void *
sql_get_blob(struct sql *q, int i, size_t *n)
{
	const void *p;

	*n = 0;
	if (q->stmt == NULL)
		return "";
	p = sqlite3_column_blob(q->stmt->st, i);
	*n = (size_t)sqlite3_column_bytes(q->stmt->st, i);
	return p != NULL ? p : "";
}

int
sql_get_id(struct sql *q, int i, struct id *out, struct err *e)
{
	const void *p;
	size_t n;

	p = sql_get_blob(q, i, &n);
	if (n != ID_LEN)
		return err_set(
		    e, ERR_INTEGRITY, "catalog: an identifier of %zu bytes", n);
	memcpy(out->b, p, ID_LEN);
	return 0;
}

int
sql_is_null(struct sql *q, int i)
{
	return q->stmt == NULL ||
	       sqlite3_column_type(q->stmt->st, i) == SQLITE_NULL;
}
