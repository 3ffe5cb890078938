/*
 * The schema: constant texts of the modules. The SHA-256 of each is kept in
 * the file; a daemon whose texts are others does not touch it.
 */
#include "daemon/catalog/conn.h"

#include <string.h>

#include "base/crypto.h"

/* "Scea": file(1) and a careful reader see whose database it is. */
#define APPLICATION_ID 0x53636561

static const char meta[] = "CREATE TABLE catalog_schema ("
			   " position INTEGER PRIMARY KEY,"
			   " sha256 BLOB NOT NULL) STRICT";

static int
create(struct catalog *c, const char *const *schema, size_t n, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint8_t hash[SHA256_LEN];
	size_t i;
	int rc, r;

	if ((r = tx_begin(c, &tx, e)) < 0 ||
	    (r = conn_run(tx.conn, "PRAGMA application_id = 0x53636561", e)) <
		0 ||
	    (r = conn_run(tx.conn, meta, e)) < 0)
		return r;
	for (i = 0; i < n; i++) {
		AUTO(sql_done) struct sql *q = NULL;

		rc = sqlite3_exec(tx.conn->db, schema[i], NULL, NULL, NULL);
		if (rc != SQLITE_OK) {
			conn_error(tx.conn, rc, e);
			return err_wrap(e, "schema %zu", i);
		}
		if ((r = digest_of(DIGEST_SHA256, schema[i], strlen(schema[i]),
			 hash, e)) < 0 ||
		    (r = sql_open(&tx,
			 "INSERT INTO catalog_schema (position, sha256)"
			 " VALUES (?, ?)",
			 &q, e)) < 0 ||
		    (r = sql_int(q, 1, (int64_t)i, e)) < 0 ||
		    (r = sql_blob(q, 2, hash, sizeof(hash), e)) < 0 ||
		    (r = sql_run(q, e)) < 0)
			return r;
	}
	return tx_commit(&tx, e);
}

static int
differs(size_t i, struct err *e)
{
	return err_tag(e, ERR_INCONSISTENT, "schema",
	    "the catalog was made with another schema (%zu)", i);
}

static int
compare(struct tx *tx, const char *const *schema, size_t n, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint8_t hash[SHA256_LEN];
	const void *p;
	size_t i, len;
	int r;

	if ((r = sql_open(tx,
		 "SELECT sha256 FROM catalog_schema ORDER BY position", &q,
		 e)) < 0)
		return r;
	for (i = 0; (r = sql_step(q, e)) > 0; i++) {
		if (i >= n)
			return differs(i, e);
		if ((r = digest_of(DIGEST_SHA256, schema[i], strlen(schema[i]),
			 hash, e)) < 0)
			return r;
		p = sql_get_blob(q, 0, &len);
		if (len != sizeof(hash) || memcmp(p, hash, len) != 0)
			return differs(i, e);
	}
	if (r == 0 && i != n)
		return differs(i, e);
	return r;
}

/* One number out of a constant text. */
static int
number(struct tx *tx, const char *text, int64_t *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, text, &q, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	*out = r > 0 ? sql_get_int(q, 0) : 0;
	return 0;
}

int
schema_apply(
    struct catalog *c, const char *const *schema, size_t n, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t tables, id;
	int r;

	if ((r = tx_begin(c, &tx, e)) < 0 ||
	    (r = number(
		 &tx, "SELECT count(*) FROM sqlite_schema", &tables, e)) < 0 ||
	    (r = number(&tx, "PRAGMA application_id", &id, e)) < 0)
		return r;
	if (tables == 0) {
		tx_end(&tx);
		return create(c, schema, n, e);
	}
	if (id != APPLICATION_ID)
		return err_tag(e, ERR_INCONSISTENT, "schema",
		    "the file is a database, but not a catalog");
	return compare(&tx, schema, n, e);
}
