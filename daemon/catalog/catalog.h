/*
 * The catalog: SQLite, the commit point of the vault. This is the only room
 * that includes sqlite3.h; others write constant SQL over their own tables
 * through the statements here.
 *
 * WAL, synchronous=FULL, foreign keys, trusted_schema off, defensive, cell
 * contents zeroed (secure_delete); pragmas are re-read at open. One writer
 * (the committer's thread) and a pool of readers with snapshots. WAL
 * checkpoints run when catalog_checkpoint is called, never on a commit.
 */
#ifndef DAEMON_CATALOG_CATALOG_H
#define DAEMON_CATALOG_CATALOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"

struct catalog;
struct sql; /* a prepared statement, cached per connection */

/*
 * Open or create path. schema: n constant texts, run in order on a new
 * file and whose SHA-256 must be the same on an old one (ERR_INCONSISTENT).
 * Takes an exclusive lock file path + ".lock": ERR_CONFLICT tag
 * "vault-in-use" when another daemon holds it.
 */
int catalog_open(const char *path, const char *const *schema, size_t n,
    struct catalog **out, struct err *e) NODISCARD;
void catalog_freep(struct catalog **c);

/* Fold the WAL into the file; truncate it when full is set (then no deleted
 * bytes are left in it). May be called from any thread. */
int catalog_checkpoint(struct catalog *c, int full, struct err *e) NODISCARD;

/*
 * Write the file anew, row by row, and fold it: SQLite zeroes a cell that is
 * deleted, but not the copies of it that stayed in the free part of a page
 * when the page was balanced with its neighbours (rebuildPage, btree.c).
 * Needs room for the catalog twice over; blocks who writes meanwhile, not who
 * reads. ERR_BUSY while readers need the WAL, ERR_FULL.
 */
int catalog_rewrite(struct catalog *c, struct err *e) NODISCARD;

/* A transaction. {0} is none; leaving scope without tx_commit rolls back. */
struct tx {
	struct catalog *c;
	struct catalog_conn *conn;
	int open, writer;
};

/* Writer: BEGIN IMMEDIATE. Blocks while another writer is in. */
int tx_begin(struct catalog *c, struct tx *tx, struct err *e) NODISCARD;
/* Reader: a snapshot; statements that write fail. From any thread. */
int tx_read(struct catalog *c, struct tx *tx, struct err *e) NODISCARD;
/* Durable when it returns 0. ERR_IO: stop the daemon. */
int tx_commit(struct tx *tx, struct err *e) NODISCARD;
void tx_end(struct tx *tx); /* for AUTO: roll back what is not committed */

/* Savepoints, nested in the order they were made. */
int tx_mark(struct tx *tx, struct err *e) NODISCARD;
int tx_release(struct tx *tx, struct err *e) NODISCARD;
int tx_rewind(struct tx *tx, struct err *e) NODISCARD; /* and release */

/*
 * Statements. text is a constant; it identifies the cached statement.
 *
 *   AUTO(sql_done) struct sql *q = NULL;
 *   if ((r = sql_open(tx, "SELECT a FROM t WHERE b = ?", &q, e)) < 0 ||
 *       (r = sql_id(q, 1, &id, e)) < 0)
 *           return r;
 *   while ((r = sql_step(q, e)) > 0)
 *           a = sql_get_int(q, 0);
 */
int sql_open(struct tx *tx, const char *text, struct sql **q, struct err *e)
    NODISCARD;
void sql_done(struct sql **q); /* resets; back to the cache */
int sql_step(struct sql *q, struct err *e) NODISCARD; /* 1 row, 0 done */
/* Step a statement that gives no row. ERR_CONFLICT on a constraint. */
int sql_run(struct sql *q, struct err *e) NODISCARD;
/* Rows changed by the last sql_run of this transaction's connection. */
int64_t sql_changes(struct tx *tx);
int64_t sql_last_rowid(struct tx *tx);

/* Bind parameter i (from 1). Bytes are copied. */
int sql_int(struct sql *q, int i, int64_t v, struct err *e) NODISCARD;
int sql_text(struct sql *q, int i, const char *s, struct err *e) NODISCARD;
int sql_blob(struct sql *q, int i, const void *p, size_t n, struct err *e)
    NODISCARD;
int sql_id(struct sql *q, int i, const struct id *id, struct err *e) NODISCARD;
int sql_null(struct sql *q, int i, struct err *e) NODISCARD;

/* Column i (from 0) of the current row; pointers last until the next step. */
int64_t sql_get_int(struct sql *q, int i);
const char *sql_get_text(struct sql *q, int i); /* "" for NULL */
const void *sql_get_blob(struct sql *q, int i, size_t *n);
int sql_get_id(struct sql *q, int i, struct id *out, struct err *e)
    NODISCARD; /* ERR_INTEGRITY if it is not 16 bytes */
int sql_is_null(struct sql *q, int i);

#endif
