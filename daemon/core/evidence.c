#include "daemon/core/evidence.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/row.h"

const char *const evidence_schema =
    "CREATE TABLE evidence ("
    " id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    " document BLOB NOT NULL, version INTEGER NOT NULL,"
    " what INTEGER NOT NULL CHECK (what IN (0, 1))," /* enum evidence_what */
    " key INTEGER NOT NULL UNIQUE,"
    " leaf INTEGER NOT NULL,"
    " at INTEGER NOT NULL," /* ms */
    " sealed BLOB NOT NULL,"
    " FOREIGN KEY (document, version)"
    "  REFERENCES version (document, version)) STRICT;"
    "CREATE INDEX evidence_version ON evidence (document, version, leaf);";

int
evidence_digest(const json_t *j, char hex[2 * 32 + 1], struct err *e)
{
	char *s = json_dumps(j, JSON_COMPACT | JSON_SORT_KEYS);
	uint8_t sum[SHA256_LEN];
	int r;

	if (s == NULL)
		return err_set(e, ERR_NOMEM, "evidence");
	r = digest_of(DIGEST_SHA256, s, strlen(s), sum, e);
	secret_wipe(s, strlen(s));
	free(s);
	if (r == 0)
		hex_format(sum, sizeof(sum), hex);
	return r;
}

/* --- adding --------------------------------------------------------------- */

struct adding {
	struct evidence *x;
	struct id id;
	struct fresh_key key;
	struct buf sealed;
};

static void
adding_done(struct adding *a)
{
	fresh_key_done(&a->key);
	buf_done(&a->sealed);
}

/* A receipt gives back all its stamps. */
static int
room_of(enum evidence_what what)
{
	return what == EVIDENCE_STAMP ? RECEIPT_STAMPS_MAX : EVIDENCE_MAX;
}

static int
check_room(struct tx *tx, const struct evidence *x, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT count(*) FROM evidence"
		 " WHERE document = ? AND version = ? AND what = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &x->v->document, e)) < 0 ||
	    (r = sql_int(q, 2, x->v->version, e)) < 0 ||
	    (r = sql_int(q, 3, x->what, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (sql_get_int(q, 0) >= room_of(x->what))
		return err_tag(e, ERR_CONFLICT, "evidence-full",
		    "this version has %d of these already", room_of(x->what));
	return 0;
}

/* Judging takes a while: is it all still as it was? */
static int
check_still(struct tx *tx, const struct evidence *x, struct err *e)
{
	struct document_facts doc;
	struct case_facts c;
	int r;

	if ((r = case_by_id(tx, &x->v->kase, &c, e)) < 0)
		return r;
	if (strcmp(c.state, x->state) != 0)
		return err_tag(e, ERR_CONFLICT, "case-state",
		    "the case is %s now", c.state);
	if ((r = document_by_id(tx, &x->v->document, &doc, e)) < 0)
		return r;
	if (strcmp(doc.state, "filed") != 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "erased", "this document was erased");
	return check_room(tx, x, e);
}

static int
insert(struct tx *tx, const struct adding *a, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const struct evidence *x = a->x;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO evidence (id, document, version, what, key,"
		 " leaf, at, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &a->id, e)) < 0 ||
	    (r = sql_id(q, 2, &x->v->document, e)) < 0 ||
	    (r = sql_int(q, 3, x->v->version, e)) < 0 ||
	    (r = sql_int(q, 4, x->what, e)) < 0 ||
	    (r = sql_int(q, 5, (int64_t)a->key.number, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)x->leaf, e)) < 0 ||
	    (r = sql_int(q, 7, x->at_ms, e)) < 0 ||
	    (r = sql_blob(q, 8, a->sealed.p, a->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct adding *a = arg;
	struct evidence *x = a->x;
	int r;

	x->at_ms = audit_time(x->core->audit, now_ms);
	if ((r = check_still(tx, x, e)) < 0 ||
	    (r = core_leaf(x->core, tx, x->caller, x->klass, LEAF_OK,
		 &x->v->document, x->detail, now_ms, &x->leaf, e)) < 0)
		return r;
	return insert(tx, a, e);
}

int
evidence_add(struct evidence *x, struct err *e)
{
	AUTO(adding_done) struct adding a = { .x = x };
	struct change ch = { .apply = apply, .arg = &a, .need_head = 1 };
	char hex[2 * SHA256_LEN + 1];
	int r;

	if ((r = evidence_digest(x->words, hex, e)) < 0)
		return r;
	if (json_object_set_new(x->detail, "evidence", json_string(hex)) < 0)
		return err_set(e, ERR_NOMEM, "evidence");
	if ((r = id_random(&a.id, e)) < 0 ||
	    (r = keypool_take(x->core->keys, &a.key, e)) < 0 ||
	    (r = row_seal(x->core, a.key.key.p, &x->v->kase, &a.id,
		 x->v->version, x->words, &a.sealed, e)) < 0)
		return r;
	return commit_run(x->core->committer, &ch, e);
}

/* --- reading -------------------------------------------------------------- */

static int
load_one(struct sql *q, const struct version_row *v, struct sealed_rows *rows,
    struct err *e)
{
	struct sealed_row row = { .kase = v->kase, .version = v->version };
	char at[TIME_TEXT];
	int r;

	if ((r = sql_get_id(q, 0, &row.id, e)) < 0)
		return r;
	row.key = (uint64_t)sql_get_int(q, 1);
	time_format(sql_get_int(q, 3), at);
	/* rows_add copies it. */
	row.p = (uint8_t *)(uintptr_t)sql_get_blob(q, 4, &row.n);
	return rows_add(rows, &row,
	    json_pack(
		"{s:I, s:s}", "leaf", (json_int_t)sql_get_int(q, 2), "at", at),
	    e);
}

static int
load_all(struct core *core, const struct version_row *v,
    enum evidence_what what, struct sealed_rows *rows, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT id, key, leaf, at, sealed FROM evidence"
		 " WHERE document = ? AND version = ? AND what = ?"
		 " ORDER BY leaf",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &v->document, e)) < 0 ||
	    (r = sql_int(q, 2, v->version, e)) < 0 ||
	    (r = sql_int(q, 3, what, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = load_one(q, v, rows, e)) < 0)
			return r;
	return r;
}

static int
take(void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	if (json_object_update(opened, row->clear) < 0 ||
	    json_array_append(arg, opened) < 0)
		return err_set(e, ERR_NOMEM, "evidence");
	return 0;
}

int
evidence_list(struct core *core, const struct version_row *v,
    enum evidence_what what, uint64_t leaf, json_t **out, struct err *e)
{
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	AUTO(json_decrefp) json_t *list = json_array();
	int r;

	if (list == NULL)
		return err_set(e, ERR_NOMEM, "evidence");
	if ((r = load_all(core, v, what, &rows, e)) < 0 ||
	    (r = rows_open(core, &rows, leaf, take, list, e)) < 0)
		return r;
	*out = TAKE(list);
	return 0;
}

/* --- with its document ------------------------------------------------------
 */

int
evidence_key_numbers(struct tx *tx, const struct id *document,
    struct buf *numbers, struct err *e)
{
	return rows_key_numbers(tx,
	    "SELECT key FROM evidence WHERE document = ?", document, numbers,
	    e);
}

int
evidence_forget(struct tx *tx, const struct id *document, struct err *e)
{
	return rows_run(
	    tx, "DELETE FROM evidence WHERE document = ?", document, e);
}
