/* Transactions and savepoints. */
#include "daemon/catalog/conn.h"

int
tx_begin(struct catalog *c, struct tx *tx, struct err *e)
{
	struct catalog_conn *conn;
	int r;

	if ((r = catalog_writer_take(c, &conn, e)) < 0)
		return r;
	if ((r = conn_run(conn, "BEGIN IMMEDIATE", e)) < 0) {
		catalog_writer_give(c);
		return r;
	}
	conn->depth = 0;
	*tx = (struct tx){ .c = c, .conn = conn, .open = 1, .writer = 1 };
	return 0;
}

int
tx_read(struct catalog *c, struct tx *tx, struct err *e)
{
	struct catalog_conn *conn;
	int r;

	if ((r = catalog_reader_take(c, &conn, e)) < 0)
		return r;
	/* BEGIN alone takes no snapshot; the first read does. */
	if ((r = conn_run(conn, "BEGIN", e)) < 0 ||
	    (r = conn_run(conn, "SELECT 1 FROM catalog_schema LIMIT 1", e)) <
		0) {
		if (!sqlite3_get_autocommit(conn->db))
			sqlite3_exec(conn->db, "ROLLBACK", NULL, NULL, NULL);
		catalog_reader_give(c, conn);
		return r;
	}
	conn->depth = 0;
	*tx = (struct tx){ .c = c, .conn = conn, .open = 1 };
	return 0;
}

static void
give(struct tx *tx)
{
	tx->open = 0;
	if (tx->writer)
		catalog_writer_give(tx->c);
	else
		catalog_reader_give(tx->c, tx->conn);
	tx->conn = NULL;
}

int
tx_commit(struct tx *tx, struct err *e)
{
	int r;

	if (!tx->open)
		return err_set(
		    e, ERR_INTERNAL, "catalog: a commit without a transaction");
	conn_detach(tx->conn);
	if ((r = catalog_usable(tx->c, e)) < 0 ||
	    (r = conn_run(tx->conn, "COMMIT", e)) < 0) {
		tx_end(tx);
		return r;
	}
	give(tx);
	return 0;
}

void
tx_end(struct tx *tx)
{
	if (!tx->open)
		return;
	conn_detach(tx->conn);
	/* SQLite may have rolled back itself, on a full disk for one. */
	if (!sqlite3_get_autocommit(tx->conn->db) &&
	    conn_run(tx->conn, "ROLLBACK", NULL) < 0)
		atomic_store(&tx->c->poisoned, 1);
	give(tx);
}

/*
 * Savepoints of one name nest: RELEASE and ROLLBACK TO mean the innermost.
 * The depth is ours, so that one too many is noticed.
 */
int
tx_mark(struct tx *tx, struct err *e)
{
	int r;

	if (!tx->open || tx->conn->depth >= CONN_SAVEPOINTS)
		return err_set(e, ERR_INTERNAL, "catalog: no savepoint here");
	if ((r = catalog_usable(tx->c, e)) < 0 ||
	    (r = conn_run(tx->conn, "SAVEPOINT mark", e)) < 0)
		return r;
	tx->conn->depth++;
	return 0;
}

static int
unmark(struct tx *tx, int rewind, struct err *e)
{
	int r;

	if (!tx->open || tx->conn->depth == 0)
		return err_set(
		    e, ERR_INTERNAL, "catalog: no savepoint to leave");
	if ((r = catalog_usable(tx->c, e)) < 0)
		return r;
	if (rewind &&
	    (r = conn_run(tx->conn, "ROLLBACK TO SAVEPOINT mark", e)) < 0)
		return r;
	if ((r = conn_run(tx->conn, "RELEASE SAVEPOINT mark", e)) < 0)
		return r;
	tx->conn->depth--;
	return 0;
}

int
tx_release(struct tx *tx, struct err *e)
{
	return unmark(tx, 0, e);
}

int
tx_rewind(struct tx *tx, struct err *e)
{
	return unmark(tx, 1, e);
}
