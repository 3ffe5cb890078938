#include "daemon/core/visit_draft_row.h"

#include <string.h>

#include "daemon/core/json_of.h"
#include "daemon/core/row.h"

#define DAYS "visit-draft-days"

/*
 * kept: the number of the words' key. mark: of those that went the highest
 * stays, so that no restored keystore gives it again.
 */
const char *const visit_draft_schema =
    "CREATE TABLE visit_draft ("
    " id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    " dossier BLOB NOT NULL, uid INTEGER NOT NULL, account TEXT NOT NULL,"
    " saved INTEGER NOT NULL, revision INTEGER NOT NULL,"
    " key INTEGER NOT NULL, sealed BLOB NOT NULL,"
    " UNIQUE (dossier, uid, account)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX visit_draft_saved ON visit_draft (saved);"
    "CREATE INDEX visit_draft_uid ON visit_draft (uid);"
    "CREATE TABLE visit_draft_page ("
    " id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    " draft BLOB NOT NULL, content BLOB NOT NULL,"
    " key INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX visit_draft_page_draft ON visit_draft_page (draft);"
    "CREATE TABLE visit_draft_mark (drawn INTEGER NOT NULL) STRICT;"
    "INSERT INTO visit_draft_mark VALUES (0);";

void
draft_row_done(struct draft_row *row)
{
	buf_done(&row->sealed);
}

static int
read_row(struct sql *q, struct draft_row *out, struct err *e)
{
	struct draft_row row = { 0 };
	const void *p;
	size_t n;
	int r;

	if ((r = sql_get_id(q, 0, &row.id, e)) < 0 ||
	    (r = sql_get_id(q, 1, &row.kase, e)) < 0)
		return r;
	row.uid = (uint32_t)sql_get_int(q, 2);
	snprintf(row.account, sizeof(row.account), "%s", sql_get_text(q, 3));
	row.saved_ms = sql_get_int(q, 4);
	row.revision = (uint64_t)sql_get_int(q, 5);
	row.key = (uint64_t)sql_get_int(q, 6);
	p = sql_get_blob(q, 7, &n);
	if ((r = buf_add(&row.sealed, p, n, e)) < 0)
		return r;
	*out = row;
	return 1;
}

/* An account's name goes with its uid: a uid that was given anew is somebody
 * else. */
int
draft_row_find(struct tx *tx, const struct caller *caller,
    const struct id *kase, struct draft_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, dossier, uid, account, saved, revision, key,"
		 " sealed FROM visit_draft"
		 " WHERE dossier = ? AND uid = ? AND account = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_int(q, 2, caller->actor.uid, e)) < 0 ||
	    (r = sql_text(q, 3, caller->actor.account, e)) < 0 ||
	    (r = sql_step(q, e)) <= 0)
		return r;
	return read_row(q, out, e);
}

static int
mark(struct tx *tx, uint64_t number, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE visit_draft_mark SET drawn = max(drawn, ?)", &q, e)) <
		0 ||
	    (r = sql_int(q, 1, (int64_t)number, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
draft_row_put(struct tx *tx, const struct draft_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = mark(tx, row->key, e)) < 0 ||
	    (r = sql_open(tx,
		 "INSERT INTO visit_draft (id, dossier, uid, account, saved,"
		 " revision, key, sealed) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
		 " ON CONFLICT (id) DO UPDATE SET saved = excluded.saved,"
		 " revision = excluded.revision, sealed = excluded.sealed",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 ||
	    (r = sql_id(q, 2, &row->kase, e)) < 0 ||
	    (r = sql_int(q, 3, row->uid, e)) < 0 ||
	    (r = sql_text(q, 4, row->account, e)) < 0 ||
	    (r = sql_int(q, 5, row->saved_ms, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)row->revision, e)) < 0 ||
	    (r = sql_int(q, 7, (int64_t)row->key, e)) < 0 ||
	    (r = sql_blob(q, 8, row->sealed.p, row->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
draft_page_put(struct tx *tx, const struct id *draft,
    const struct draft_page_row *page, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = mark(tx, page->key, e)) < 0 ||
	    (r = sql_open(tx,
		 "INSERT INTO visit_draft_page (id, draft, content, key)"
		 " VALUES (?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &page->id, e)) < 0 ||
	    (r = sql_id(q, 2, draft, e)) < 0 ||
	    (r = sql_id(q, 3, &page->content, e)) < 0 ||
	    (r = sql_int(q, 4, (int64_t)page->key, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
draft_page_find(struct tx *tx, const struct id *draft, const struct id *id,
    struct draft_page_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT content, key FROM visit_draft_page"
		 " WHERE id = ? AND draft = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_id(q, 2, draft, e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "not-found", "no such thing here");
	out->id = *id;
	out->key = (uint64_t)sql_get_int(q, 1);
	return sql_get_id(q, 0, &out->content, e);
}

int
draft_page_drop(struct tx *tx, const struct id *id, struct err *e)
{
	int r =
	    rows_run(tx, "DELETE FROM visit_draft_page WHERE id = ?", id, e);

	return r < 0 ? r : store_forget(tx, id, 0, e);
}

static int
ids_of(struct tx *tx, const char *select, const struct id *of, struct buf *out,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = sql_open(tx, select, &q, e)) < 0 ||
	    (r = sql_id(q, 1, of, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = buf_add(out, id.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

int
draft_row_drop(struct tx *tx, const struct id *draft, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct id id;
	size_t i;
	int r;

	if ((r = ids_of(tx, "SELECT id FROM visit_draft_page WHERE draft = ?",
		 draft, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = draft_page_drop(tx, &id, e)) < 0)
			return r;
	}
	return rows_run(tx, "DELETE FROM visit_draft WHERE id = ?", draft, e);
}

int
visit_draft_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	int r = rows_key_numbers(tx,
	    "SELECT key FROM visit_draft WHERE dossier = ?", kase, numbers, e);

	return r < 0 ? r
		     : rows_key_numbers(tx,
			   "SELECT p.key FROM visit_draft_page p"
			   " JOIN visit_draft d ON d.id = p.draft"
			   " WHERE d.dossier = ?",
			   kase, numbers, e);
}

int
visit_draft_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct id id;
	size_t i;
	int r;

	if ((r = ids_of(tx, "SELECT id FROM visit_draft WHERE dossier = ?",
		 kase, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = draft_row_drop(tx, &id, e)) < 0)
			return r;
	}
	return 0;
}

/* --- its days, its leaves, its words ---------------------------------------
 */

int
draft_until(
    const struct core *core, int64_t saved_ms, int64_t *until_ms, struct err *e)
{
	int64_t until = due_after(core, DAYS, saved_ms);

	if (until == 0)
		return err_tag(e, ERR_REFUSED, "figure-missing",
		    "the rules do not say how long a draft is kept");
	*until_ms = until;
	return 0;
}

static json_t *
detail_of(struct core *core, const struct draft_row *row,
    const struct decision *decision)
{
	json_t *j = json_pack("{s:o, s:o, s:I}", "case", json_of_id(&row->kase),
	    "draft", json_of_id(&row->id), "revision",
	    (json_int_t)row->revision);

	if (j != NULL && decision != NULL)
		json_object_set_new(
		    j, "decision", decision_json(core, decision));
	return j;
}

int
draft_leaf(struct core *core, struct tx *tx, const struct caller *caller,
    const struct draft_row *row, const char *state,
    const struct decision *decision, int64_t now_ms, uint64_t *leaf,
    struct err *e)
{
	json_t *detail = detail_of(core, row, decision);
	int r;

	if (detail == NULL ||
	    json_object_set_new(detail, "state", json_string(state)) < 0) {
		json_decref(detail);
		return err_set(e, ERR_NOMEM, "draft");
	}
	r = core_leaf(core, tx, caller, LEAF_VISIT_DRAFT, LEAF_OK, &row->kase,
	    detail, now_ms, leaf, e);
	json_decref(detail);
	return r;
}

int
draft_read_leaf(struct core *core, const struct caller *caller,
    const struct draft_row *row, const char *what,
    const struct decision *decision, uint64_t *leaf, struct err *e)
{
	json_t *detail = detail_of(core, row, decision);
	int r;

	if (detail == NULL ||
	    json_object_set_new(detail, "what", json_string(what)) < 0) {
		json_decref(detail);
		return err_set(e, ERR_NOMEM, "draft");
	}
	r = core_read_leaf(
	    core, caller, LEAF_VISIT_DRAFT_READ, &row->kase, detail, leaf, e);
	json_decref(detail);
	return r;
}

int
draft_words_open(struct core *core, const struct draft_row *row, uint64_t leaf,
    struct secret *key, json_t **out, struct err *e)
{
	int r;

	if ((r = rows_keys(core, &row->key, 1, leaf, key, e)) < 0)
		return r;
	return row_open(core, key->p, &row->kase, &row->id,
	    (uint32_t)row->revision, row->sealed.p, row->sealed.len, out, e);
}
