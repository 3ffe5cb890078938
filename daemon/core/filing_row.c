/* The rows of a filing: document, version, pages, and places in the store. */
#include "daemon/core/filing.h"

#define HOUR_MS (INT64_C(3600) * 1000)

static int
insert_document(struct tx *tx, const struct filed *w, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (w->old.versions > 0) {
		if ((r = sql_open(tx,
			 "UPDATE document SET versions = ?, draft = ?"
			 " WHERE id = ?",
			 &q, e)) < 0 ||
		    (r = sql_int(q, 1, w->version, e)) < 0 ||
		    (r = sql_int(q, 2, w->f->draft, e)) < 0 ||
		    (r = sql_id(q, 3, &w->id, e)) < 0)
			return r;
		return sql_run(q, e);
	}
	if ((r = sql_open(tx,
		 "INSERT INTO document (id, ref, dossier, kind, state,"
		 " versions, draft) VALUES (?, ?, ?, ?, 'filed', 1, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &w->id, e)) < 0 ||
	    (r = sql_int(q, 2, id_ref_bits(&w->id), e)) < 0 ||
	    (r = sql_id(q, 3, &w->kase.id, e)) < 0 ||
	    (r = sql_text(q, 4, w->kind->name, e)) < 0 ||
	    (r = sql_int(q, 5, w->f->draft, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
insert_version(struct tx *tx, const struct filed *w, struct err *e)
{
	const struct version_row *v = &w->row;
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO version (document, version, key, leaf, filed_ms,"
		 " author, sealed) VALUES (?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &v->document, e)) < 0 ||
	    (r = sql_int(q, 2, v->version, e)) < 0 ||
	    (r = sql_int(q, 3, (int64_t)v->key, e)) < 0 ||
	    (r = sql_int(q, 4, (int64_t)v->leaf, e)) < 0 ||
	    (r = sql_int(q, 5, v->filed_ms, e)) < 0 ||
	    (r = sql_int(q, 6, w->caller->actor.uid, e)) < 0 ||
	    (r = sql_blob(q, 7, v->sealed.p, v->sealed.len, e)) < 0)
		return r;
	return sql_run(q, e);
}

static enum store_part
part_of(const struct filed *w, size_t i)
{
	if (i < w->f->npages)
		return document_part((uint32_t)i);
	return document_part(i == w->f->npages && w->f->signature.upload != NULL
				 ? CONTENT_SIGNATURE
				 : CONTENT_PROOF);
}

static int
insert_page(struct tx *tx, const struct filed *w, size_t i, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO page (document, version, part, key, content)"
		 " VALUES (?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &w->id, e)) < 0 ||
	    (r = sql_int(q, 2, w->version, e)) < 0 ||
	    (r = sql_int(q, 3, part_of(w, i), e)) < 0 ||
	    (r = sql_int(q, 4, (int64_t)w->facts[i].key, e)) < 0 ||
	    (r = sql_id(q, 5, &w->facts[i].id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
place_parts(struct tx *tx, const struct filed *w, struct err *e)
{
	uint64_t hour = (uint64_t)(w->row.filed_ms / HOUR_MS);
	size_t i;
	int r;

	for (i = 0; i < w->n; i++)
		if ((r = insert_page(tx, w, i, e)) < 0 ||
		    (r = store_place(tx, w->facts[i].stage, STORE_DOCUMENTS,
			 &w->id, w->version, part_of(w, i), hour, e)) < 0)
			return r;
	return store_place(tx, w->manifest_stage, STORE_DOCUMENTS, &w->id,
	    w->version, STORE_MANIFEST, hour, e);
}

/* Also of what is filed anew elsewhere: its level is in its manifest. */
static const char *
level_of(const struct filed *w)
{
	const char *level =
	    json_string_value(json_object_get(w->manifest, "level"));
	struct trust_signer v[SIGNERS_MAX];
	size_t n = signers_of(json_object_get(w->manifest, "signers"), v);

	/* One hand on paper is enough to compare it with the paper. */
	if (signers_have_level(v, n, SCAN_LEVEL))
		return SCAN_LEVEL;
	return level != NULL ? level : "";
}

int
filing_place(struct tx *tx, const struct filed *w, struct err *e)
{
	int r;

	if ((r = insert_document(tx, w, e)) < 0 ||
	    (r = insert_version(tx, w, e)) < 0)
		return r;
	if ((r = scan_place(tx, w->kind, level_of(w), &w->id, w->version,
		 w->caller->actor.uid, w->row.filed_ms, e)) < 0)
		return r;
	return place_parts(tx, w, e);
}
