#include "daemon/catalog/conn.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/*
 * What must be in force on every connection: the text that sets it, the text
 * that reads it back, and what is then read. Order matters: trusted_schema
 * before anything of the schema is parsed.
 */
static const struct {
	const char *set, *get, *want;
} pragmas[] = {
	{ "PRAGMA trusted_schema = OFF", "PRAGMA trusted_schema", "0" },
	{ "PRAGMA cell_size_check = ON", "PRAGMA cell_size_check", "1" },
	{ "PRAGMA mmap_size = 0", "PRAGMA mmap_size", "0" },
	{ "PRAGMA temp_store = MEMORY", "PRAGMA temp_store", "2" },
	{ "PRAGMA foreign_keys = ON", "PRAGMA foreign_keys", "1" },
	{ "PRAGMA recursive_triggers = OFF", "PRAGMA recursive_triggers", "0" },
	{ "PRAGMA journal_mode = WAL", "PRAGMA journal_mode", "wal" },
	{ "PRAGMA synchronous = FULL", "PRAGMA synchronous", "2" },
	{ "PRAGMA secure_delete = ON", "PRAGMA secure_delete", "1" },
	{ "PRAGMA wal_autocheckpoint = 0", "PRAGMA wal_autocheckpoint", "0" },
};

/* Switches that have no pragma of their own. */
static const struct {
	int op, value;
} switches[] = {
	{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
	{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
	{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
	{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 1 },
	{ SQLITE_DBCONFIG_DQS_DML, 0 },
	{ SQLITE_DBCONFIG_DQS_DDL, 0 },
	{ SQLITE_DBCONFIG_WRITABLE_SCHEMA, 0 },
};

/* SQLite's primary result codes that mean something to our callers. */
static const struct {
	int rc;
	enum err_code code;
} codes[] = {
	{ SQLITE_FULL, ERR_FULL },
	{ SQLITE_IOERR, ERR_IO },
	{ SQLITE_CANTOPEN, ERR_IO },
	{ SQLITE_CONSTRAINT, ERR_CONFLICT },
	{ SQLITE_CORRUPT, ERR_INTEGRITY },
	{ SQLITE_NOTADB, ERR_INTEGRITY },
	{ SQLITE_NOMEM, ERR_NOMEM },
	{ SQLITE_BUSY, ERR_BUSY },
	{ SQLITE_LOCKED, ERR_BUSY },
	{ SQLITE_TOOBIG, ERR_TOO_LARGE },
};

int
catalog_usable(struct catalog *c, struct err *e)
{
	if (!atomic_load(&c->poisoned))
		return 0;
	return err_tag(e, ERR_IO, "catalog-stopped",
	    "the catalog met an I/O error: stop and start again");
}

int
conn_error(struct catalog_conn *conn, int rc, struct err *e)
{
	enum err_code code = ERR_INTERNAL;
	size_t i;

	for (i = 0; i < NELEMS(codes); i++)
		if (codes[i].rc == (rc & 0xff))
			code = codes[i].code;
	if (rc == SQLITE_IOERR_NOMEM)
		code = ERR_NOMEM;
	if (code == ERR_IO && conn->writer)
		atomic_store(&conn->c->poisoned, 1);
	return err_set(e, code, "catalog: %s (%d)",
	    conn->db != NULL ? sqlite3_errmsg(conn->db) : sqlite3_errstr(rc),
	    rc);
}

static int
pragma_set(struct catalog_conn *conn, const char *set, const char *get,
    const char *want, struct err *e)
{
	sqlite3_stmt *st = NULL;
	const char *got;
	int rc, same = 0;

	if ((rc = sqlite3_exec(conn->db, set, NULL, NULL, NULL)) != SQLITE_OK ||
	    (rc = sqlite3_prepare_v2(conn->db, get, -1, &st, NULL)) !=
		SQLITE_OK)
		return conn_error(conn, rc, e);
	if ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		got = (const char *)sqlite3_column_text(st, 0);
		same = got != NULL && strcmp(got, want) == 0;
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		conn_error(conn, rc, e);
	sqlite3_finalize(st);
	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		return -(int)e->code;
	if (!same)
		return err_tag(e, ERR_INTERNAL, "catalog-setting",
		    "catalog: %s did not take", set);
	return 0;
}

static int
settings(struct catalog_conn *conn, enum conn_kind kind, struct err *e)
{
	size_t i;
	int got, r;

	sqlite3_extended_result_codes(conn->db, 1);
	/* A checkpoint waits in catalog_checkpoint, where it blocks nobody. */
	sqlite3_busy_timeout(
	    conn->db, kind == CONN_CHECKPOINT ? 0 : CONN_BUSY_MS);
	sqlite3_limit(conn->db, SQLITE_LIMIT_ATTACHED, 0);
	for (i = 0; i < NELEMS(switches); i++) {
		got = -1;
		if (sqlite3_db_config(conn->db, switches[i].op,
			switches[i].value, &got) != SQLITE_OK ||
		    got != switches[i].value)
			return err_tag(e, ERR_INTERNAL, "catalog-setting",
			    "catalog: switch %d did not take", switches[i].op);
	}
	for (i = 0; i < NELEMS(pragmas); i++)
		if ((r = pragma_set(conn, pragmas[i].set, pragmas[i].get,
			 pragmas[i].want, e)) < 0)
			return r;
	if (kind == CONN_READER)
		return pragma_set(conn, "PRAGMA query_only = ON",
		    "PRAGMA query_only", "1", e);
	return 0;
}

/*
 * VACUUM: its copy lies beside the catalog, in a file without a name, not in
 * memory. sqlite3_temp_directory is of the whole process; no other connection
 * makes temporary files.
 */
int
conn_vacuum(struct catalog_conn *conn, struct err *e)
{
	static pthread_mutex_t one = PTHREAD_MUTEX_INITIALIZER;
	const char *path = conn->c->path, *slash = strrchr(path, '/');
	int r;

	pthread_mutex_lock(&one);
	sqlite3_temp_directory =
	    sqlite3_mprintf("%.*s", slash != NULL ? (int)(slash - path) : 1,
		slash != NULL ? path : ".");
	sqlite3_limit(conn->db, SQLITE_LIMIT_ATTACHED, 1);
	r = conn_run(conn, "PRAGMA temp_store = FILE", e);
	if (r == 0)
		r = conn_run(conn, "VACUUM", e);
	sqlite3_free(sqlite3_temp_directory);
	sqlite3_temp_directory = NULL;
	pthread_mutex_unlock(&one);
	return r;
}

int
conn_open(struct catalog *c, enum conn_kind kind, struct catalog_conn **out,
    struct err *e)
{
	AUTO(conn_freep) struct catalog_conn *conn = NULL;
	struct err local = { 0 };
	int rc, r;

	if (e == NULL)
		e = &local;
	if ((conn = calloc(1, sizeof(*conn))) == NULL)
		return err_set(e, ERR_NOMEM, "out of memory");
	conn->c = c;
	conn->writer = kind != CONN_READER;
	rc = sqlite3_open_v2(c->path, &conn->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX |
		SQLITE_OPEN_PRIVATECACHE,
	    NULL);
	if (rc != SQLITE_OK)
		return conn_error(conn, rc, e);
	if ((r = settings(conn, kind, e)) < 0)
		return r;
	*out = TAKE(conn);
	return 0;
}

void
conn_freep(struct catalog_conn **pp)
{
	struct catalog_conn *conn = TAKE(*pp);
	struct stmt *s;
	int i;

	if (conn == NULL)
		return;
	conn_detach(conn);
	for (i = 0; i < CONN_BUCKETS; i++)
		while ((s = conn->cache[i]) != NULL) {
			conn->cache[i] = s->next;
			sqlite3_finalize(s->st);
			free(s);
		}
	/* What a failed fsync left in doubt must not be copied further. */
	if (conn->db != NULL && atomic_load(&conn->c->poisoned))
		sqlite3_db_config(
		    conn->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_close_v2(conn->db);
	free(conn);
}

static unsigned
bucket(const char *text)
{
	uint32_t h = 2166136261u; /* FNV-1a */

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * 16777619u;
	return h % CONN_BUCKETS;
}

int
conn_take(struct catalog_conn *conn, const char *text, struct stmt **out,
    struct err *e)
{
	unsigned b = bucket(text);
	struct stmt *s;
	int rc;

	for (s = conn->cache[b]; s != NULL; s = s->next)
		if (!s->used && strcmp(sqlite3_sql(s->st), text) == 0) {
			s->used = 1;
			*out = s;
			return 0;
		}
	if (conn->cached >= CONN_STATEMENTS)
		return err_set(e, ERR_INTERNAL,
		    "catalog: more than %d statements: a text is not constant",
		    CONN_STATEMENTS);
	if ((s = calloc(1, sizeof(*s))) == NULL)
		return err_set(e, ERR_NOMEM, "out of memory");
	rc = sqlite3_prepare_v3(
	    conn->db, text, -1, SQLITE_PREPARE_PERSISTENT, &s->st, NULL);
	if (rc != SQLITE_OK || s->st == NULL) {
		free(s);
		return rc != SQLITE_OK ? conn_error(conn, rc, e)
				       : err_set(e, ERR_INTERNAL,
					     "catalog: an empty statement");
	}
	s->used = 1;
	s->next = conn->cache[b];
	conn->cache[b] = s;
	conn->cached++;
	*out = s;
	return 0;
}

void
conn_give(struct stmt *s)
{
	sqlite3_reset(s->st);
	sqlite3_clear_bindings(s->st);
	s->used = 0;
}

void
conn_detach(struct catalog_conn *conn)
{
	struct sql *q;

	while ((q = conn->open) != NULL) {
		conn->open = q->next;
		conn_give(q->stmt);
		q->stmt = NULL;
		q->conn = NULL;
		q->next = NULL;
		q->prev = NULL;
	}
}

int
conn_run(struct catalog_conn *conn, const char *text, struct err *e)
{
	struct stmt *s = NULL;
	int rc, r;

	if ((r = conn_take(conn, text, &s, e)) < 0)
		return r;
	while ((rc = sqlite3_step(s->st)) == SQLITE_ROW)
		;
	r = rc == SQLITE_DONE ? 0 : conn_error(conn, rc, e);
	conn_give(s);
	return r;
}
