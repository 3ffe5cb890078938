/* The rules in the catalog. */
#include "daemon/core/rules_rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

const char *const rules_schema =
    "CREATE TABLE rule_text ("
    " sha256 BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT;"
    "CREATE TABLE rule_proposal ("
    " id BLOB PRIMARY KEY, base INTEGER NOT NULL, version INTEGER NOT NULL,"
    " digest BLOB NOT NULL, sha256 BLOB NOT NULL, people BLOB NOT NULL,"
    " what TEXT NOT NULL, page TEXT NOT NULL, uid INTEGER NOT NULL,"
    " account TEXT NOT NULL, at INTEGER NOT NULL, leaf INTEGER NOT NULL,"
    " UNIQUE (base, digest)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE rule_file ("
    " proposal BLOB NOT NULL REFERENCES rule_proposal (id),"
    " name TEXT NOT NULL, sha256 BLOB NOT NULL REFERENCES rule_text (sha256),"
    " PRIMARY KEY (proposal, name)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE rule_set ("
    " generation INTEGER PRIMARY KEY,"
    " proposal BLOB NOT NULL UNIQUE REFERENCES rule_proposal (id),"
    " uid INTEGER NOT NULL, account TEXT NOT NULL, at INTEGER NOT NULL,"
    " leaf INTEGER NOT NULL) STRICT;";

/* --- files -------------------------------------------------------------- */

void
rules_files_done(struct rules_files *f)
{
	size_t i;

	for (i = 0; f->owned && i < f->n; i++) {
		free((void *)(uintptr_t)f->v[i].name);
		free((void *)(uintptr_t)f->v[i].p);
	}
	f->n = 0;
	f->owned = 0;
}

void
rules_files_of(const struct policy *p, struct rules_files *out)
{
	const struct policy_file *all;
	size_t i, n = policy_files(p, &all);

	out->n = 0;
	out->owned = 0;
	for (i = 0; i < n && i < POLICY_FILES_MAX; i++)
		out->v[out->n++] = all[i];
}

const struct policy_file *
rules_file_named(const struct rules_files *f, const char *name)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (strcmp(f->v[i].name, name) == 0)
			return &f->v[i];
	return NULL;
}

int
rules_manifest(const struct rules_files *f, struct buf *out, struct err *e)
{
	char hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	size_t i;
	int r;

	for (i = 0; i < f->n; i++) {
		if ((r = digest_of(
			 DIGEST_SHA256, f->v[i].p, f->v[i].n, sum, e)) < 0)
			return r;
		hex_format(sum, sizeof(sum), hex);
		if ((r = buf_addf(out, e, "%s  %s\n", hex, f->v[i].name)) < 0)
			return r;
	}
	return 0;
}

int
rules_digest(const struct rules_files *f, uint8_t out[32], struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	if ((r = buf_addstr(&text, RULES_FORMAT, e)) < 0 ||
	    (r = rules_manifest(f, &text, e)) < 0)
		return r;
	return digest_of(DIGEST_SHA256, text.p, text.len, out, e);
}

/* --- reading ------------------------------------------------------------ */

void
rules_row_done(struct rules_row *row)
{
	buf_done(&row->page);
}

int
rules_row_fill(struct rules_row *row, const struct policy *p,
    const struct rules_files *f, struct err *e)
{
	row->version = policy_version(p);
	memcpy(row->sha256, policy_sha256(p), sizeof(row->sha256));
	memcpy(row->people, policy_people_sha256(p), sizeof(row->people));
	return rules_digest(f, row->set, e);
}

static int
digest_column(struct sql *q, int i, uint8_t out[32], struct err *e)
{
	size_t n;
	const void *p = sql_get_blob(q, i, &n);

	if (n != 32)
		return err_set(e, ERR_INTEGRITY, "rules: column %d", i);
	memcpy(out, p, 32);
	return 0;
}

static int
read_row(struct sql *q, struct rules_row *row, struct err *e)
{
	int r;

	row->base = (uint32_t)sql_get_int(q, 1);
	row->version = (uint32_t)sql_get_int(q, 2);
	snprintf(row->what, sizeof(row->what), "%s", sql_get_text(q, 6));
	row->uid = (uint32_t)sql_get_int(q, 8);
	snprintf(row->account, sizeof(row->account), "%s", sql_get_text(q, 9));
	row->at_ms = sql_get_int(q, 10);
	row->leaf = (uint64_t)sql_get_int(q, 11);
	row->generation = (uint32_t)sql_get_int(q, 12);
	row->applied_uid = (uint32_t)sql_get_int(q, 13);
	snprintf(row->applied_by, sizeof(row->applied_by), "%s",
	    sql_get_text(q, 14));
	row->applied_ms = sql_get_int(q, 15);
	row->applied_leaf = (uint64_t)sql_get_int(q, 16);
	buf_reset(&row->page);
	if ((r = sql_get_id(q, 0, &row->id, e)) < 0 ||
	    (r = digest_column(q, 3, row->set, e)) < 0 ||
	    (r = digest_column(q, 4, row->sha256, e)) < 0 ||
	    (r = digest_column(q, 5, row->people, e)) < 0)
		return r;
	return buf_addstr(&row->page, sql_get_text(q, 7), e);
}

#define ROW                                                                    \
	"SELECT p.id, p.base, p.version, p.digest, p.sha256, p.people,"        \
	" p.what, p.page, p.uid, p.account, p.at, p.leaf,"                     \
	" s.generation, s.uid, s.account, s.at, s.leaf"                        \
	" FROM rule_proposal p LEFT JOIN rule_set s ON s.proposal = p.id"

int
rules_row_load(
    struct tx *tx, const struct id *id, struct rules_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, ROW " WHERE p.id = ?", &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such proposal");
	return read_row(q, out, e);
}

int
rules_row_of(
    struct tx *tx, uint32_t generation, struct rules_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, ROW " WHERE s.generation = ?", &q, e)) < 0 ||
	    (r = sql_int(q, 1, generation, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(
		    e, ERR_NOT_FOUND, "no generation %u of rules", generation);
	return read_row(q, out, e);
}

int
rules_row_find(struct tx *tx, uint32_t base, const uint8_t set[32],
    struct id *id, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM rule_proposal WHERE base = ? AND digest = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, base, e)) < 0 ||
	    (r = sql_blob(q, 2, set, 32, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	r = sql_get_id(q, 0, id, e);
	return r < 0 ? r : 1;
}

int
rules_newest(struct tx *tx, uint32_t *generation, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT coalesce(max(generation), 0) FROM rule_set", &q, e)) <
		0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	*generation = (uint32_t)sql_get_int(q, 0);
	return 0;
}

/* One row of the files, copied, once it is what its digest says. */
static int
read_file(struct sql *q, struct rules_files *out, struct err *e)
{
	uint8_t key[SHA256_LEN], sum[SHA256_LEN];
	struct policy_file *f = &out->v[out->n];
	const char *name = sql_get_text(q, 0);
	const void *p;
	char *copy;
	int r;

	if ((r = digest_column(q, 1, key, e)) < 0)
		return r;
	p = sql_get_blob(q, 2, &f->n);
	if ((r = digest_of(DIGEST_SHA256, p, f->n, sum, e)) < 0)
		return r;
	if (memcmp(sum, key, sizeof(sum)) != 0)
		return err_set(
		    e, ERR_INTEGRITY, "rules: the bytes of %s", name);
	if ((f->name = strdup(name)) == NULL ||
	    (copy = malloc(f->n + 1)) == NULL) {
		free((void *)(uintptr_t)f->name);
		return err_set(e, ERR_NOMEM, "rules");
	}
	memcpy(copy, p, f->n);
	copy[f->n] = '\0';
	f->p = copy;
	out->n++;
	return 0;
}

int
rules_files_load(
    struct tx *tx, const struct id *id, struct rules_files *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	out->n = 0;
	out->owned = 1;
	if ((r = sql_open(tx,
		 "SELECT f.name, f.sha256, t.bytes FROM rule_file f"
		 " JOIN rule_text t ON t.sha256 = f.sha256"
		 " WHERE f.proposal = ? ORDER BY f.name",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if (out->n == POLICY_FILES_MAX)
			return err_set(e, ERR_INTEGRITY, "rules: files");
		if ((r = read_file(q, out, e)) < 0)
			return r;
	}
	return r;
}

/* --- writing ------------------------------------------------------------ */

static int
insert_text(struct tx *tx, const struct policy_file *f, const uint8_t sum[32],
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT OR IGNORE INTO rule_text (sha256, bytes)"
		 " VALUES (?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_blob(q, 1, sum, 32, e)) < 0 ||
	    (r = sql_blob(q, 2, f->n > 0 ? f->p : "", f->n, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
insert_file(struct tx *tx, const struct id *id, const struct policy_file *f,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, f->p, f->n, sum, e)) < 0 ||
	    (r = insert_text(tx, f, sum, e)) < 0 ||
	    (r = sql_open(tx,
		 "INSERT INTO rule_file (proposal, name, sha256)"
		 " VALUES (?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 ||
	    (r = sql_text(q, 2, f->name, e)) < 0 ||
	    (r = sql_blob(q, 3, sum, sizeof(sum), e)) < 0)
		return r;
	return sql_run(q, e);
}

int
rules_insert(struct tx *tx, const struct rules_row *row,
    const struct rules_files *f, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct buf page = row->page;
	size_t i;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO rule_proposal (id, base, version, digest,"
		 " sha256, people, what, page, uid, account, at, leaf)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 ||
	    (r = sql_int(q, 2, row->base, e)) < 0 ||
	    (r = sql_int(q, 3, row->version, e)) < 0 ||
	    (r = sql_blob(q, 4, row->set, 32, e)) < 0 ||
	    (r = sql_blob(q, 5, row->sha256, 32, e)) < 0 ||
	    (r = sql_blob(q, 6, row->people, 32, e)) < 0 ||
	    (r = sql_text(q, 7, row->what, e)) < 0 ||
	    (r = sql_text(q, 8, buf_str(&page), e)) < 0 ||
	    (r = sql_int(q, 9, row->uid, e)) < 0 ||
	    (r = sql_text(q, 10, row->account, e)) < 0 ||
	    (r = sql_int(q, 11, row->at_ms, e)) < 0 ||
	    (r = sql_int(q, 12, (int64_t)row->leaf, e)) < 0 ||
	    (r = sql_run(q, e)) < 0)
		return r;
	for (i = 0; i < f->n; i++)
		if ((r = insert_file(tx, &row->id, &f->v[i], e)) < 0)
			return r;
	return 0;
}

int
rules_insert_generation(
    struct tx *tx, const struct rules_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO rule_set (generation, proposal, uid, account,"
		 " at, leaf) VALUES (?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, row->generation, e)) < 0 ||
	    (r = sql_id(q, 2, &row->id, e)) < 0 ||
	    (r = sql_int(q, 3, row->applied_uid, e)) < 0 ||
	    (r = sql_text(q, 4, row->applied_by, e)) < 0 ||
	    (r = sql_int(q, 5, row->applied_ms, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)row->applied_leaf, e)) < 0)
		return r;
	return sql_run(q, e);
}
