/*
 * Inside the catalog: one SQLite connection with its settings in force and
 * its cache of prepared statements. A connection is used by one thread at a
 * time; the catalog hands it out.
 */
#ifndef DAEMON_CATALOG_CONN_H
#define DAEMON_CATALOG_CONN_H

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

#include "daemon/catalog/catalog.h"

#define CONN_BUCKETS 64	    /* of the statement cache */
#define CONN_STATEMENTS 512 /* kept prepared on a connection */
#define CONN_BUSY_MS 10000  /* how long SQLite waits for a lock */
#define CATALOG_FULL_MS                                                        \
	10000		       /* how long a full checkpoint waits for readers \
				*/
#define CONN_SAVEPOINTS 64     /* nested in a transaction */
#define CATALOG_READERS 128    /* reader connections in use at once */
#define CATALOG_READERS_IDLE 8 /* kept open when nobody reads */

/* A prepared statement of the cache. */
struct stmt {
	sqlite3_stmt *st;
	struct stmt *next;
	int used;
};

/*
 * A statement in use. It is apart from the cached one so that a caller who
 * keeps it past the end of its transaction holds nothing of a connection
 * that may be another thread's by then.
 */
struct sql {
	struct stmt *stmt; /* NULL once the transaction ended */
	struct catalog_conn *conn;
	struct sql *next, **prev;
};

struct catalog_conn {
	sqlite3 *db;
	struct catalog *c;
	struct stmt *cache[CONN_BUCKETS];
	unsigned cached;
	struct sql *open;
	int depth; /* savepoints */
	int writer;
	struct catalog_conn *next;
};

struct catalog {
	char *path;
	int lock; /* the lock file */
	atomic_int poisoned;
	struct catalog_conn *writer, *checkpointer;
	struct catalog_conn *idle; /* readers */
	unsigned nidle, nreaders;
	int writing;
	pthread_t writing_thread;
	pthread_mutex_t mutex; /* guards the pool and writing */
	pthread_cond_t free;
	pthread_cond_t returned; /* a reader gave its connection back */
	uint64_t returns;	 /* how often */
	pthread_mutex_t checkpoint;
};

enum conn_kind { CONN_WRITER, CONN_READER, CONN_CHECKPOINT };

/* Open c->path with all settings set and read back. */
int conn_open(struct catalog *c, enum conn_kind kind, struct catalog_conn **out,
    struct err *e) NODISCARD;
void conn_freep(struct catalog_conn **conn);

/*
 * Translate SQLite's result rc. Text: what SQLite says, which names tables
 * and columns, never values. An I/O error of a connection that writes
 * poisons the catalog: the pages that were not written are lost, a later
 * fsync would lie.
 */
int conn_error(struct catalog_conn *conn, int rc, struct err *e);

/* ERR_IO when the catalog was poisoned. */
int catalog_usable(struct catalog *c, struct err *e) NODISCARD;

/* Run a constant statement that gives no row, through the cache. */
int conn_run(struct catalog_conn *conn, const char *text, struct err *e)
    NODISCARD;
/* VACUUM on this connection, which is good for nothing else afterwards. */
int conn_vacuum(struct catalog_conn *conn, struct err *e) NODISCARD;
/* The statement for text, marked used, reset and without bindings. */
int conn_take(struct catalog_conn *conn, const char *text, struct stmt **out,
    struct err *e) NODISCARD;
void conn_give(struct stmt *s);
/* Reset every statement still open and detach it from its user. */
void conn_detach(struct catalog_conn *conn);

/* The pool. */
int catalog_writer_take(
    struct catalog *c, struct catalog_conn **out, struct err *e) NODISCARD;
void catalog_writer_give(struct catalog *c);
int catalog_reader_take(
    struct catalog *c, struct catalog_conn **out, struct err *e) NODISCARD;
void catalog_reader_give(struct catalog *c, struct catalog_conn *conn);

/* Create the tables of a new file, compare the texts with an old one's. */
int schema_apply(struct catalog *c, const char *const *schema, size_t n,
    struct err *e) NODISCARD;

#endif
