#include "daemon/core/document.h"

#include <string.h>

#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/evidence.h"
#include "daemon/core/row.h"

const char *const document_schema =
    "CREATE TABLE document ("
    " id BLOB PRIMARY KEY CHECK (length(id) = 16),"
    " ref INTEGER NOT NULL,"
    " dossier BLOB NOT NULL REFERENCES dossier (id),"
    " kind TEXT NOT NULL,"
    " state TEXT NOT NULL CHECK (state IN ('filed', 'erased')),"
    " versions INTEGER NOT NULL,"
    " draft INTEGER NOT NULL CHECK (draft IN (0, 1))) STRICT;"
    "CREATE INDEX document_draft ON document (dossier) WHERE draft = 1;"
    "CREATE INDEX document_ref ON document (ref);"
    "CREATE INDEX document_dossier ON document (dossier);"
    "CREATE TABLE version ("
    " document BLOB NOT NULL REFERENCES document (id),"
    " version INTEGER NOT NULL CHECK (version > 0),"
    " key INTEGER NOT NULL UNIQUE," /* of the manifest and the row */
    " leaf INTEGER NOT NULL,"
    " filed_ms INTEGER NOT NULL,"
    " author INTEGER NOT NULL," /* uid of who filed it */
    " sealed BLOB NOT NULL,"
    " PRIMARY KEY (document, version)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE page ("
    " document BLOB NOT NULL,"
    " version INTEGER NOT NULL,"
    " part INTEGER NOT NULL," /* enum store_part */
    " key INTEGER NOT NULL UNIQUE,"
    " content BLOB NOT NULL CHECK (length(content) = 16),"
    " PRIMARY KEY (document, version, part),"
    " FOREIGN KEY (document, version)"
    "  REFERENCES version (document, version)) STRICT, WITHOUT ROWID;";

enum store_part
document_part(uint32_t page)
{
	if (page == 0)
		return STORE_CONTENT;
	if (page == CONTENT_SIGNATURE)
		return STORE_SIGNATURE;
	if (page == CONTENT_PROOF)
		return STORE_PROOF;
	return (enum store_part)(STORE_PAGE + page - 1);
}

const char *
document_part_name(uint32_t page)
{
	if (page == CONTENT_SIGNATURE)
		return "signature";
	return page == CONTENT_PROOF ? "proof" : NULL;
}

/* --- finding ----------------------------------------------------------------
 */

static const char range_sql[] =
    "SELECT id FROM document WHERE id BETWEEN ? AND ? LIMIT 64";
static const char ref_sql[] = "SELECT id FROM document WHERE ref = ? LIMIT 64";

static int
not_found(struct err *e)
{
	return err_tag(e, ERR_NOT_FOUND, "not-found", "no such thing here");
}

static int
ambiguous(struct err *e)
{
	return err_tag(e, ERR_CONFLICT, "reference-ambiguous",
	    "several begin like this: give more symbols");
}

/* Columns id, dossier, kind, state, versions, draft. */
static int
read_facts(struct sql *q, struct document_facts *out, struct err *e)
{
	struct document_facts f = { 0 };
	int r;

	if ((r = sql_get_id(q, 0, &f.id, e)) < 0 ||
	    (r = sql_get_id(q, 1, &f.kase, e)) < 0)
		return r;
	snprintf(f.kind, sizeof(f.kind), "%s", sql_get_text(q, 2));
	snprintf(f.state, sizeof(f.state), "%s", sql_get_text(q, 3));
	f.versions = (uint32_t)sql_get_int(q, 4);
	f.draft = (int)sql_get_int(q, 5);
	*out = f;
	return 0;
}

int
document_by_id(struct tx *tx, const struct id *id, struct document_facts *out,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, dossier, kind, state, versions, draft"
		 " FROM document"
		 " WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	return r > 0 ? read_facts(q, out, e) : not_found(e);
}

int
document_find(
    struct tx *tx, const char *ref, struct document_facts *out, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct id id;
	int r;

	if ((r = ref_candidates(tx, ref, range_sql, ref_sql, &ids, e)) < 0)
		return r;
	if (ids.len == 0)
		return not_found(e);
	if (ids.len > ID_LEN)
		return ambiguous(e);
	memcpy(id.b, ids.p, ID_LEN);
	return document_by_id(tx, &id, out, e);
}

/* drafts: 1, they count as well. */
static int
newest(struct tx *tx, const struct id *kase, const char *kind, int drafts,
    struct document_facts *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, dossier, kind, state, versions, draft"
		 " FROM document"
		 " WHERE dossier = ? AND kind = ? AND state = 'filed'"
		 " AND draft <= ? ORDER BY rowid DESC LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_text(q, 2, kind, e)) < 0 ||
	    (r = sql_int(q, 3, drafts, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	return r > 0 ? read_facts(q, out, e) : not_found(e);
}

int
document_newest(struct tx *tx, const struct id *kase, const char *kind,
    struct document_facts *out, struct err *e)
{
	return newest(tx, kase, kind, 1, out, e);
}

int
document_newest_final(struct tx *tx, const struct id *kase, const char *kind,
    struct document_facts *out, struct err *e)
{
	return newest(tx, kase, kind, 0, out, e);
}

int
document_check_final(const struct document_facts *doc, struct err *e)
{
	if (!doc->draft)
		return 0;
	return err_tag(e, ERR_REFUSED, "document-draft",
	    "that document is a draft: complete it first");
}

/* Among several that begin alike only those of the caller's team count. */
static int
find_for(struct tx *tx, const struct caller *caller, const char *ref,
    struct document_facts *doc, struct case_facts *kase, int *found,
    struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	const char *team = caller->who->team;
	struct document_facts f;
	struct case_facts c;
	struct id id;
	size_t at;
	int r, count = 0;

	if ((r = ref_candidates(tx, ref, range_sql, ref_sql, &ids, e)) < 0)
		return r;
	for (at = 0; at < ids.len; at += ID_LEN) {
		memcpy(id.b, ids.p + at, ID_LEN);
		if ((r = document_by_id(tx, &id, &f, e)) < 0 ||
		    (r = case_by_id(tx, &f.kase, &c, e)) < 0)
			return r;
		if (strcmp(c.state, "erased") == 0 ||
		    (ids.len > ID_LEN &&
			(team == NULL || strcmp(team, c.team) != 0)))
			continue;
		if (++count > 1)
			return ambiguous(e);
		*doc = f;
		*kase = c;
	}
	*found = count;
	return 0;
}

int
document_authorize(struct core *core, struct tx *tx,
    const struct caller *caller, const char *ref, enum policy_op op,
    int64_t now_ms, struct document_facts *doc, struct case_facts *kase,
    struct id *object, struct decision *d, struct err *e)
{
	struct document_facts f;
	struct case_facts c;
	int r, found = 0;

	if (caller->who == NULL)
		return authorize_unknown(core, caller, op, NULL, now_ms, e);
	if ((r = find_for(tx, caller, ref, &f, &c, &found, e)) < 0)
		return r;
	if (!found)
		return authorize_unknown(core, caller, op, NULL, now_ms, e);
	*object = f.id;
	if ((r = core_authorize(core, caller, op, f.kind, &c, now_ms, d, e)) <
	    0)
		return r;
	*doc = f;
	*kase = c;
	return 0;
}

/* --- versions ----------------------------------------------------------------
 */

void
version_done(struct version_row *v)
{
	buf_done(&v->sealed);
}

/* Columns version, key, leaf, filed_ms, sealed. */
static int
read_version(struct sql *q, const struct document_facts *doc,
    struct version_row *out, struct err *e)
{
	struct version_row v = { .document = doc->id, .kase = doc->kase };
	const void *p;
	size_t n;
	int r;

	snprintf(v.kind, sizeof(v.kind), "%s", doc->kind);
	v.version = (uint32_t)sql_get_int(q, 0);
	v.key = (uint64_t)sql_get_int(q, 1);
	v.leaf = (uint64_t)sql_get_int(q, 2);
	v.filed_ms = sql_get_int(q, 3);
	p = sql_get_blob(q, 4, &n);
	if ((r = buf_add(&v.sealed, p, n, e)) < 0)
		return r;
	*out = v;
	return 0;
}

int
version_load(struct tx *tx, const struct document_facts *doc, uint32_t version,
    struct version_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (strcmp(doc->state, "filed") != 0)
		return err_tag(
		    e, ERR_NOT_FOUND, "erased", "this document was erased");
	if ((r = sql_open(tx,
		 "SELECT version, key, leaf, filed_ms, sealed FROM version"
		 " WHERE document = ? AND version = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &doc->id, e)) < 0 ||
	    (r = sql_int(q, 2, version != 0 ? version : doc->versions, e)) <
		0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(e, ERR_NOT_FOUND, "version",
		    "this document has no such version");
	return read_version(q, doc, out, e);
}

int
version_open(struct core *core, const struct version_row *v, uint64_t leaf,
    json_t **out, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	int r;

	if ((r = rows_keys(core, &v->key, 1, leaf, &key, e)) < 0)
		return r;
	return row_open(core, key.p, &v->kase, &v->document, v->version,
	    v->sealed.p, v->sealed.len, out, e);
}

json_t *
document_detail(const struct core *core, const struct id *kase,
    const struct id *document, uint32_t version, const struct decision *d)
{
	char c[ID_TEXT], doc[ID_TEXT];

	id_format(kase, c);
	id_format(document, doc);
	return json_pack("{s:s, s:s, s:i, s:o}", "case", c, "document", doc,
	    "version", (int)version, "decision", decision_json(core, d));
}

/* Members of the manifest that answers show as they are. */
static const char *const shown[] = { "title", "pages", "sha256", "size",
	"level", "indication", "verdicts", "filed_by" };
/* The manifest's word on a version that is a draft. */
static const char draft[] = "draft";
/* And what not every version has: where a scan comes from, who signed and
 * how, what the signing service says of it. */
static const char *const extras[] = { "provenance", "signers", "proof" };

json_t *
version_json(const struct version_row *v, const json_t *manifest)
{
	char doc[ID_TEXT], ref[REF_TEXT], kase[ID_TEXT], at[TIME_TEXT];
	json_t *j;
	size_t i;

	id_format(&v->document, doc);
	id_ref(&v->document, ref);
	id_format(&v->kase, kase);
	time_format(v->filed_ms, at);
	j = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s}", "document", doc, "ref",
	    ref, "case", kase, "kind", v->kind, "version", (int)v->version,
	    "filed_at", at);
	for (i = 0; j != NULL && i < NELEMS(shown); i++)
		if (json_object_set(
			j, shown[i], json_object_get(manifest, shown[i])) < 0) {
			json_decref(j);
			return NULL;
		}
	for (i = 0; j != NULL && i < NELEMS(extras); i++)
		if (json_object_get(manifest, extras[i]) != NULL &&
		    json_object_set(j, extras[i],
			json_object_get(manifest, extras[i])) < 0) {
			json_decref(j);
			return NULL;
		}
	if (j != NULL && json_object_set_new(j, draft,
			     json_boolean(json_is_true(
				 json_object_get(manifest, draft)))) < 0) {
		json_decref(j);
		return NULL;
	}
	return j;
}

/* --- show, versions
 * ------------------------------------------------------------ */

/* Find, ask, and load the newest version: the beginning of both. */
static int
begin_meta(struct core *core, const struct caller *caller, const char *ref,
    struct id *object, struct document_facts *doc, struct version_row *v,
    struct decision *d, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct case_facts kase;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = document_authorize(core, &tx, caller, ref, OP_DOC_META,
		 core_now(core), doc, &kase, object, d, e)) < 0)
		return r;
	if (strcmp(doc->state, "erased") == 0)
		return 0;
	if ((r = core_check_open(core, e)) < 0)
		return r;
	return version_load(&tx, doc, 0, v, e);
}

static int
enter_meta(struct core *core, const struct caller *caller,
    const struct document_facts *doc, const struct decision *d, uint64_t *leaf,
    struct err *e)
{
	json_t *detail;
	int r;

	detail = document_detail(core, &doc->kase, &doc->id, doc->versions, d);
	r = core_read_leaf(
	    core, caller, LEAF_DOC_META, &doc->id, detail, leaf, e);
	json_decref(detail);
	return r;
}

static int
show_erased(const struct document_facts *doc, uint64_t leaf, json_t **answer,
    struct err *e)
{
	char id[ID_TEXT], ref[REF_TEXT], kase[ID_TEXT];

	id_format(&doc->id, id);
	id_ref(&doc->id, ref);
	id_format(&doc->kase, kase);
	*answer = json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:I}", "document",
	    id, "ref", ref, "case", kase, "kind", doc->kind, "versions",
	    (int)doc->versions, "state", "erased", "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "document");
}

/* Was the scan looked at by a second person? */
static int
show_scan(
    struct core *core, const struct version_row *v, json_t *j, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *scan;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = scan_state(core, &tx, &v->document, v->version, &scan, e)) < 0)
		return r;
	if (scan != NULL && json_object_set_new(j, "scan_check", scan) < 0)
		return err_set(e, ERR_NOMEM, "document");
	return 0;
}

/* Of the lists that came with a later verdict, their digests are enough. */
static void
hide_lists(json_t *checks)
{
	json_t *check, *list;
	size_t i, k;

	json_array_foreach(checks, i, check)
	    json_array_foreach(json_object_get(check, "lists"), k, list)
		json_object_del(list, "der");
}

int
document_show(struct core *core, const struct caller *caller, const char *ref,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(version_done) struct version_row v = { 0 };
	struct document_facts doc;
	json_t *manifest, *j, *checks;
	struct decision d;
	uint64_t leaf;
	int r;

	if ((r = begin_meta(core, caller, ref, object, &doc, &v, &d, e)) < 0 ||
	    (r = enter_meta(core, caller, &doc, &d, &leaf, e)) < 0)
		return r;
	if (v.version == 0)
		return show_erased(&doc, leaf, answer, e);
	if ((r = version_open(core, &v, leaf, &manifest, e)) < 0)
		return r;
	j = version_json(&v, manifest);
	json_decref(manifest);
	if ((r = show_scan(core, &v, j, e)) < 0 ||
	    (r = evidence_list(core, &v, EVIDENCE_VERDICT, leaf, &checks, e)) <
		0) {
		json_decref(j);
		return r;
	}
	hide_lists(checks);
	if (j == NULL || json_object_set_new(j, "checks", checks) < 0 ||
	    json_object_set_new(j, "versions", json_integer(doc.versions)) <
		0 ||
	    json_object_set_new(j, "state", json_string(doc.state)) < 0 ||
	    json_object_set_new(j, "leaf", json_integer((json_int_t)leaf)) <
		0) {
		json_decref(j);
		return err_set(e, ERR_NOMEM, "document");
	}
	*answer = j;
	return 0;
}

static json_t *
clear_version(const struct version_row *v)
{
	char at[TIME_TEXT];

	time_format(v->filed_ms, at);
	return json_pack("{s:i, s:s, s:I}", "version", (int)v->version,
	    "filed_at", at, "leaf", (json_int_t)v->leaf);
}

static int
add_version(struct sealed_rows *rows, const struct version_row *v,
    json_t *clear, struct err *e)
{
	struct sealed_row row = { .id = v->document,
		.kase = v->kase,
		.version = v->version,
		.key = v->key,
		.p = v->sealed.p,
		.n = v->sealed.len };

	return rows_add(rows, &row, clear, e);
}

static int
load_versions(struct core *core, const struct document_facts *doc,
    struct sealed_rows *rows, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT version, key, leaf, filed_ms, sealed FROM version"
		 " WHERE document = ? ORDER BY version",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &doc->id, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		AUTO(version_done) struct version_row v = { 0 };

		if ((r = read_version(q, doc, &v, e)) < 0 ||
		    (r = add_version(rows, &v, clear_version(&v), e)) < 0)
			return r;
	}
	return r;
}

static int
list_version(
    void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	static const char *const kept[] = { "sha256", "size", "filed_by" };
	size_t i;

	for (i = 0; i < NELEMS(kept); i++)
		if (json_object_set(row->clear, kept[i],
			json_object_get(opened, kept[i])) < 0)
			return err_set(e, ERR_NOMEM, "versions");
	if (json_is_true(json_object_get(opened, draft)) &&
	    json_object_set_new(row->clear, draft, json_true()) < 0)
		return err_set(e, ERR_NOMEM, "versions");
	if (json_array_append(arg, row->clear) < 0)
		return err_set(e, ERR_NOMEM, "versions");
	return 0;
}

int
document_versions(struct core *core, const struct caller *caller,
    const char *ref, struct id *object, json_t **answer, struct err *e)
{
	AUTO(version_done) struct version_row v = { 0 };
	AUTO(rows_done) struct sealed_rows rows = { 0 };
	struct document_facts doc;
	char id[ID_TEXT];
	struct decision d;
	json_t *list;
	uint64_t leaf;
	int r;

	if ((r = begin_meta(core, caller, ref, object, &doc, &v, &d, e)) < 0 ||
	    (r = load_versions(core, &doc, &rows, e)) < 0 ||
	    (r = enter_meta(core, caller, &doc, &d, &leaf, e)) < 0)
		return r;
	if ((list = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "versions");
	if ((r = rows_open(core, &rows, leaf, list_version, list, e)) < 0) {
		json_decref(list);
		return r;
	}
	id_format(&doc.id, id);
	*answer = json_pack("{s:s, s:o, s:I}", "document", id, "versions", list,
	    "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "versions");
}

/* --- the list of a case
 * ---------------------------------------------------------- */

static json_t *
clear_document(const struct document_facts *doc, const struct version_row *v)
{
	char id[ID_TEXT], ref[REF_TEXT], at[TIME_TEXT];
	json_t *j;

	id_format(&doc->id, id);
	id_ref(&doc->id, ref);
	j = json_pack("{s:s, s:s, s:s, s:i, s:s, s:b}", "document", id, "ref",
	    ref, "kind", doc->kind, "version", (int)doc->versions, "state",
	    doc->state, "draft", doc->draft);
	if (j != NULL && v != NULL) {
		time_format(v->filed_ms, at);
		json_object_set_new(j, "filed_at", json_string(at));
	}
	return j;
}

struct listing {
	struct sealed_rows rows; /* of the living */
	json_t *erased;
};

static void
listing_done(struct listing *l)
{
	rows_done(&l->rows);
	json_decref(l->erased);
}

static int
list_next(struct tx *tx, struct sql *q, struct listing *l, struct err *e)
{
	AUTO(version_done) struct version_row v = { 0 };
	struct document_facts doc;
	int r;

	if ((r = read_facts(q, &doc, e)) < 0)
		return r;
	if (strcmp(doc.state, "filed") != 0) {
		if (json_array_append_new(
			l->erased, clear_document(&doc, NULL)) < 0)
			return err_set(e, ERR_NOMEM, "documents");
		return 0;
	}
	if ((r = version_load(tx, &doc, 0, &v, e)) < 0)
		return r;
	return add_version(&l->rows, &v, clear_document(&doc, &v), e);
}

static int
load_list(
    struct tx *tx, const struct id *kase, struct listing *l, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((l->erased = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "documents");
	if ((r = sql_open(tx,
		 "SELECT id, dossier, kind, state, versions, draft"
		 " FROM document"
		 " WHERE dossier = ? ORDER BY rowid",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0 && l->rows.n < DOCUMENT_LIST_MAX)
		if ((r = list_next(tx, q, l, e)) < 0)
			return r;
	return r < 0 ? r : 0;
}

static int
list_one(void *arg, const struct sealed_row *row, json_t *opened, struct err *e)
{
	static const char *const kept[] = { "title", "size", "level",
		"indication" };
	size_t i, pages = json_array_size(json_object_get(opened, "pages"));

	for (i = 0; i < NELEMS(kept); i++)
		if (json_object_set(row->clear, kept[i],
			json_object_get(opened, kept[i])) < 0)
			return err_set(e, ERR_NOMEM, "documents");
	if (json_object_set_new(
		row->clear, "pages", json_integer((json_int_t)pages)) < 0 ||
	    json_array_append(arg, row->clear) < 0)
		return err_set(e, ERR_NOMEM, "documents");
	return 0;
}

static int
answer_list(struct core *core, const struct listing *l, uint64_t leaf,
    json_t **answer, struct err *e)
{
	json_t *list = json_array();
	int r;

	if (list == NULL)
		return err_set(e, ERR_NOMEM, "documents");
	if ((r = rows_open(core, &l->rows, leaf, list_one, list, e)) < 0) {
		json_decref(list);
		return r;
	}
	json_array_extend(list, l->erased);
	*answer = json_pack(
	    "{s:o, s:I}", "documents", list, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "documents");
}

int
document_list(struct core *core, const struct caller *caller, const char *kase,
    struct id *object, json_t **answer, struct err *e)
{
	AUTO(listing_done) struct listing l = { 0 };
	struct case_facts f;
	struct decision d;
	char text[ID_TEXT];
	json_t *detail;
	uint64_t leaf;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = case_authorize(core, &tx, caller, kase, OP_DOC_LIST,
			 NULL, core_now(core), &f, object, &d, e)) < 0 ||
		    (r = core_check_open(core, e)) < 0 ||
		    (r = load_list(&tx, &f.id, &l, e)) < 0)
			return r;
	}
	id_format(&f.id, text);
	detail = json_pack("{s:s, s:i, s:o}", "case", text, "documents",
	    (int)l.rows.n, "decision", decision_json(core, &d));
	r = core_read_leaf(
	    core, caller, LEAF_DOC_META, &f.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	return answer_list(core, &l, leaf, answer, e);
}

/* --- for disclosure and erasure
 * ---------------------------------------------------- */

int
document_manifest(struct core *core, const struct id *document,
    uint32_t version, uint64_t leaf, json_t **out, struct err *e)
{
	AUTO(version_done) struct version_row v = { 0 };
	struct document_facts doc;
	char at[TIME_TEXT];
	json_t *j;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = document_by_id(&tx, document, &doc, e)) < 0 ||
		    (r = version_load(&tx, &doc, version, &v, e)) < 0)
			return r;
	}
	if ((r = version_open(core, &v, leaf, &j, e)) < 0)
		return r;
	time_format(v.filed_ms, at);
	if (json_object_set_new(j, "filed_at", json_string(at)) < 0) {
		json_decref(j);
		return err_set(e, ERR_NOMEM, "manifest");
	}
	*out = j;
	return 0;
}

int
document_key_numbers(struct tx *tx, const struct id *document,
    struct buf *numbers, struct err *e)
{
	int r;

	if ((r = rows_key_numbers(tx,
		 "SELECT key FROM version WHERE document = ?1"
		 " UNION ALL SELECT key FROM page WHERE document = ?1",
		 document, numbers, e)) < 0)
		return r;
	return evidence_key_numbers(tx, document, numbers, e);
}

int
document_of_case(
    struct tx *tx, const struct id *kase, struct buf *ids, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM document WHERE dossier = ? AND state ="
		 " 'filed' ORDER BY rowid",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = buf_add(ids, id.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

int
document_each_before(struct tx *tx, const struct id *kase, int64_t until_ms,
    int (*each)(void *arg, const struct document_facts *doc, struct err *e),
    void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT d.id, d.kind, d.state, count(v.version)"
		 " FROM document d LEFT JOIN version v"
		 " ON v.document = d.id AND v.filed_ms < ?"
		 " WHERE d.dossier = ? GROUP BY d.id"
		 " HAVING d.state = 'erased' OR count(v.version) > 0",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, until_ms, e)) < 0 ||
	    (r = sql_id(q, 2, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		struct document_facts doc = { .kase = *kase };

		if ((r = sql_get_id(q, 0, &doc.id, e)) < 0)
			return r;
		snprintf(doc.kind, sizeof(doc.kind), "%s", sql_get_text(q, 1));
		snprintf(
		    doc.state, sizeof(doc.state), "%s", sql_get_text(q, 2));
		doc.versions = (uint32_t)sql_get_int(q, 3);
		if ((r = each(arg, &doc, e)) < 0)
			return r;
	}
	return r;
}

static int
run_on(struct tx *tx, const char *text, const struct id *id, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, text, &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
document_forget(struct tx *tx, const struct id *document, struct err *e)
{
	static const char *const texts[] = {
		"DELETE FROM page WHERE document = ?",
		"DELETE FROM version WHERE document = ?",
		"UPDATE document SET state = 'erased' WHERE id = ?",
	};
	size_t i;
	int r;

	if ((r = evidence_forget(tx, document, e)) < 0 ||
	    (r = scan_forget_document(tx, document, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(texts); i++)
		if ((r = run_on(tx, texts[i], document, e)) < 0)
			return r;
	return store_forget(tx, document, 0, e);
}
