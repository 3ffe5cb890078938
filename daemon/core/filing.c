/*
 * Filing: authorize, take the uploads, judge them, one change, a receipt.
 * A refusal costs nothing and leaves nothing but its leaf.
 */
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/evidence.h"
#include "daemon/core/filing.h"
#include "daemon/core/happened.h"
#include "daemon/core/idempotency.h"
#include "daemon/core/objection.h"
#include "daemon/core/person.h"
#include "daemon/core/rules.h"

void
filing_done(struct filed *w)
{
	size_t i;

	for (i = 0; i < w->n; i++) {
		if (w->uploads[i] == NULL)
			continue;
		if (w->keep)
			upload_put(&w->uploads[i]);
		else
			upload_drop(&w->uploads[i]);
	}
	judged_done(&w->judged);
	fresh_key_done(&w->key);
	stage_freep(&w->manifest_stage);
	version_done(&w->row);
	json_decref(w->manifest);
	json_decref(w->detail);
}

/* --- what is asked ----------------------------------------------------------
 */

static int
check_name(const struct filing_page *p, struct err *e)
{
	int r;

	if (p->name[0] == '\0' || strcmp(p->name, ".") == 0 ||
	    strcmp(p->name, "..") == 0 || strchr(p->name, '/') != NULL)
		return err_tag(e, ERR_INVALID, "file-name",
		    "name: the file's name, without folders");
	r = text_check(p->name, DOCUMENT_NAME_MAX, "name", e);
	return r;
}

/* What comes with the pages is none of them. */
static int
check_beside(const struct filing *f, const struct filing_page *p,
    const char *what, struct err *e)
{
	size_t i;

	for (i = 0; i < f->npages; i++)
		if (strcmp(f->pages[i].upload, p->upload) == 0)
			return err_tag(e, ERR_INVALID, what,
			    "%s: the upload of a page", what);
	return check_name(p, e);
}

int
filing_check(const struct filing *f, struct err *e)
{
	size_t i, k;
	int r;

	if (f->npages == 0 || f->npages > DOCUMENT_PAGES_MAX)
		return err_tag(e, ERR_INVALID, "pages",
		    "pages: from 1 to %d files", DOCUMENT_PAGES_MAX);
	if ((r = text_check(f->title, DOCUMENT_TITLE_MAX, "title", e)) < 0)
		return r;
	for (i = 0; i < f->npages; i++) {
		if ((r = check_name(&f->pages[i], e)) < 0)
			return r;
		for (k = 0; k < i; k++)
			if (strcmp(f->pages[i].upload, f->pages[k].upload) == 0)
				return err_tag(e, ERR_INVALID, "pages",
				    "pages: one upload twice");
	}
	if (f->signature.upload != NULL &&
	    (r = check_beside(f, &f->signature, "signature", e)) < 0)
		return r;
	if (f->proof.upload == NULL)
		return 0;
	if (f->signature.upload != NULL &&
	    strcmp(f->proof.upload, f->signature.upload) == 0)
		return err_tag(e, ERR_INVALID, "proof",
		    "proof: the upload of the signature");
	return check_beside(f, &f->proof, "proof", e);
}

/* replaces: a living document of this kind in this case. */
static int
find_replaced(struct tx *tx, struct filed *w, struct err *e)
{
	struct document_facts old;
	struct err why = { 0 };
	int r;

	if (w->f->replaces[0] == '\0')
		return 0;
	r = document_find(tx, w->f->replaces, &old, &why);
	if (r < 0 && r != -ERR_NOT_FOUND && r != -ERR_CONFLICT) {
		*e = why;
		return r;
	}
	/* Another case's document, whose ever, and none: one answer. */
	if (r < 0 || !id_equal(&old.kase, &w->kase.id))
		return err_tag(e, ERR_NOT_FOUND, "replaces",
		    "replaces: no such document in this case");
	if (strcmp(old.state, "filed") != 0)
		return err_tag(e, ERR_CONFLICT, "erased",
		    "replaces: that document was erased");
	if (strcmp(old.kind, w->f->kind) != 0)
		return err_tag(e, ERR_CONFLICT, "replaces-kind",
		    "replaces: that document is of the kind %s", old.kind);
	if (w->f->draft && !old.draft)
		return err_tag(e, ERR_REFUSED, "draft-over-final",
		    "replaces: that record is complete; a draft does not"
		    " replace it");
	w->old = old;
	return 0;
}

int
filing_find(struct filed *w, struct id *object, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct core *core = w->core;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(core, &tx, w->caller, w->f->kase, OP_DOC_FILE,
		 w->f->kind, core_now(core), &w->kase, object, &w->d, e)) < 0)
		return r;
	w->kind = policy_kind(core->policy, w->f->kind);
	if (w->kind == NULL || w->kind->by_vault)
		return err_tag(e, ERR_DENIED, "kind-unknown",
		    "the rules have no such kind");
	if (w->f->draft && !w->kind->is_record)
		return err_tag(e, ERR_REFUSED, "draft-kind",
		    "the kind %s is no record: only records are drafts",
		    w->kind->name);
	if ((r = refusal_check_filing(&tx, &w->kase.id, w->kind, e)) < 0)
		return r;
	return find_replaced(&tx, w, e);
}

/* --- the files
 * ---------------------------------------------------------------- */

static int
take_one(struct filed *w, const struct filing_page *p, struct err *e)
{
	int r;

	r = uploads_take(w->core, w->caller, p->upload, &w->uploads[w->n],
	    &w->facts[w->n], e);
	if (r == 0)
		w->n++;
	return r;
}

static int
take_uploads(struct filed *w, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < w->f->npages; i++)
		if ((r = take_one(w, &w->f->pages[i], e)) < 0)
			return r;
	if (w->f->signature.upload != NULL &&
	    (r = take_one(w, &w->f->signature, e)) < 0)
		return r;
	if (w->f->proof.upload == NULL)
		return 0;
	return take_one(w, &w->f->proof, e);
}

static int
judge_files(struct filed *w, struct err *e)
{
	const struct policy *rules = w->core->policy;
	struct judge_input in = { .core = w->core,
		.rules = rules,
		.generation = rules_generation_of(w->core, rules),
		.kind = w->kind,
		.pages = w->facts,
		.npages = w->f->npages,
		.signature = w->f->signature.upload != NULL
				 ? &w->facts[w->f->npages]
				 : NULL,
		.proof =
		    w->f->proof.upload != NULL ? &w->facts[w->n - 1] : NULL,
		.signers = w->signers,
		.nsigners = w->f->nsigners,
		.level = w->f->level,
		.draft = w->f->draft,
		.now_ms = core_now(w->core) };
	AUTO(inspect_turn_done) struct inspect_turn turn = { 0 };

	memcpy(w->signers, w->f->signers, sizeof(w->signers));
	inspect_turn_take(w->core->inspector, w->caller->actor.uid, &turn);
	return judge(&in, &w->judged, e);
}

/* --- the manifest
 * --------------------------------------------------------------- */

static int
digest_pages(struct filed *w, struct err *e)
{
	struct receipt_page pages[DOCUMENT_PAGES_MAX];
	size_t i;

	for (i = 0; i < w->f->npages; i++) {
		memcpy(pages[i].sha256, w->facts[i].sha256, SHA256_LEN);
		pages[i].size = w->facts[i].size;
		w->size += w->facts[i].size;
	}
	return receipt_document_sha256(pages, w->f->npages, w->sha256, e);
}

static json_t *
file_json(const struct filing_page *p, const struct upload_facts *f,
    const char *media)
{
	char hex[2 * SHA256_LEN + 1];

	hex_format(f->sha256, SHA256_LEN, hex);
	return json_pack("{s:s, s:s, s:I, s:s}", "name", p->name, "media",
	    media, "size", (json_int_t)f->size, "sha256", hex);
}

static json_t *
pages_json(const struct filed *w)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; i < w->f->npages; i++)
		if (json_array_append_new(
			list, file_json(&w->f->pages[i], &w->facts[i],
				  w->judged.media[i])) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

/* NULL in *said: there is none, and none is asked for. */
static int
check_provenance(struct filed *w, json_t **said, struct err *e)
{
	struct scan_filed f = {
		.kind = w->kind,
		.level =
		    signers_have_level(w->signers, w->f->nsigners, SCAN_LEVEL)
			? SCAN_LEVEL
			: w->judged.level,
		.files = w->f->npages,
		.all_images = judged_all_images(&w->judged, w->f->npages),
		.now_ms = core_now(w->core),
	};

	memcpy(f.sha256, w->sha256, SHA256_LEN);
	return scan_provenance(w->core, w->caller, &w->f->scan, &f, said, e);
}

static int
add_provenance(struct filed *w, struct err *e)
{
	json_t *said = NULL;
	int r;

	if ((r = check_provenance(w, &said, e)) < 0 || said == NULL)
		return r;
	return json_object_set_new(w->manifest, "provenance", said) == 0
		   ? 0
		   : err_set(e, ERR_NOMEM, "manifest");
}

/* With what its own signatures are worth. */
static int
add_proof(struct filed *w, struct err *e)
{
	json_t *proof;

	if (w->f->proof.upload == NULL)
		return 0;
	proof = file_json(&w->f->proof, &w->facts[w->n - 1], "application/pdf");
	if (json_object_set_new(w->manifest, "proof", proof) < 0 ||
	    json_object_set(proof, "verdicts", w->judged.proof) < 0)
		return err_set(e, ERR_NOMEM, "manifest");
	return 0;
}

static int
make_manifest(struct filed *w, struct err *e)
{
	char hex[2 * SHA256_LEN + 1], salt[2 * 32 + 1], doc[ID_TEXT];
	char kase[ID_TEXT];
	json_t *j;

	hex_format(w->sha256, SHA256_LEN, hex);
	hex_format(w->salt, sizeof(w->salt), salt);
	id_format(&w->id, doc);
	id_format(&w->kase.id, kase);
	j = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:o, s:s, s:s, s:I,"
		      " s:s, s:s, s:O, s:s}",
	    "sceau", "manifest/1", "case", kase, "document", doc, "version",
	    (int)w->version, "kind", w->kind->name, "title", w->f->title,
	    "pages", pages_json(w), "sha256", hex, "salt", salt, "size",
	    (json_int_t)w->size, "level", w->judged.level, "indication",
	    judged_indication(&w->judged), "verdicts", w->judged.verdicts,
	    "filed_by", w->caller->actor.account);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "manifest");
	w->manifest = j;
	if (json_object_set(j, "evidence", w->judged.evidence) < 0)
		return err_set(e, ERR_NOMEM, "manifest");
	if (w->f->draft && json_object_set_new(j, "draft", json_true()) < 0)
		return err_set(e, ERR_NOMEM, "manifest");
	if (w->f->signature.upload != NULL &&
	    json_object_set_new(j, "signature",
		file_json(&w->f->signature, &w->facts[w->f->npages],
		    "application/pkcs7-signature")) < 0)
		return err_set(e, ERR_NOMEM, "manifest");
	if (w->f->nsigners > 0 &&
	    json_object_set_new(
		j, "signers", signers_json(w->signers, w->f->nsigners)) < 0)
		return err_set(e, ERR_NOMEM, "manifest");
	return add_proof(w, e);
}

/* Into a stage of its own, sealed: the store knows what it keeps. */
static int
stage_manifest(struct filed *w, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, sealed = { 0 };
	struct seal_context c = { .type = SEAL_MANIFEST,
		.vault = w->core->settings.vault,
		.kase = w->kase.id,
		.document = w->id,
		.version = w->version };
	char *s = json_dumps(w->manifest, JSON_COMPACT | JSON_SORT_KEYS);
	size_t pad;
	int r;

	if (s == NULL)
		return err_set(e, ERR_NOMEM, "manifest");
	r = buf_addstr(&text, s, e);
	secret_wipe(s, strlen(s));
	free(s);
	if (r < 0)
		return r;
	pad = (size_t)seal_padme(text.len) - text.len;
	if ((r = buf_reserve(&text, pad, e)) < 0)
		return r;
	memset(text.p + text.len, ' ', pad);
	text.len += pad;
	if ((r = seal_bytes(w->key.key.p, &c, text.p, text.len, &sealed, e)) <
		0 ||
	    (r = stage_new(w->core->store, &w->manifest_stage, e)) < 0 ||
	    (r = stage_write(w->manifest_stage, sealed.p, sealed.len, e)) < 0)
		return r;
	return stage_finish(w->manifest_stage, e);
}

int
filing_seal(struct filed *w, struct err *e)
{
	int r;

	if ((r = stage_manifest(w, e)) < 0 ||
	    (r = row_seal(w->core, w->key.key.p, &w->kase.id, &w->id,
		 w->version, w->manifest, &w->row.sealed, e)) < 0)
		return r;
	w->row.document = w->id;
	w->row.kase = w->kase.id;
	w->row.version = w->version;
	w->row.key = w->key.number;
	snprintf(w->row.kind, sizeof(w->row.kind), "%s", w->kind->name);
	return 0;
}

/* The log's word on the evidence: verdicts, and what they were judged by. */
static int
digest_evidence(const struct filed *w, char hex[65], struct err *e)
{
	AUTO(json_decrefp)
	json_t *j = json_pack("{s:O, s:O}", "evidence", w->judged.evidence,
	    "verdicts", w->judged.verdicts);

	return j != NULL ? evidence_digest(j, hex, e)
			 : err_set(e, ERR_NOMEM, "filing");
}

static int
make_detail(struct filed *w, struct err *e)
{
	json_t *hash = json_object_get(w->manifest, "sha256");
	char hex[2 * SHA256_LEN + 1];
	int r;

	if ((r = digest_evidence(w, hex, e)) < 0)
		return r;
	w->detail =
	    document_detail(w->core, &w->kase.id, &w->id, w->version, &w->d);
	if (w->detail == NULL ||
	    json_object_set(w->detail, "sha256", hash) < 0 ||
	    json_object_set_new(w->detail, "evidence", json_string(hex)) < 0 ||
	    json_object_set_new(w->detail, "kind", json_string(w->kind->name)) <
		0 ||
	    json_object_set_new(w->detail, "indication",
		json_string(judged_indication(&w->judged))) < 0)
		return err_set(e, ERR_NOMEM, "filing");
	return 0;
}

static int
prepare(struct filed *w, struct err *e)
{
	int r;

	w->version = w->old.versions + 1;
	if (w->old.versions > 0)
		w->id = w->old.id;
	else if ((r = id_random(&w->id, e)) < 0)
		return r;
	if ((r = crypto_random(w->salt, sizeof(w->salt), e)) < 0 ||
	    (r = digest_pages(w, e)) < 0 || (r = make_manifest(w, e)) < 0 ||
	    (r = add_provenance(w, e)) < 0 ||
	    (r = keypool_take(w->core->keys, &w->key, e)) < 0 ||
	    (r = filing_seal(w, e)) < 0)
		return r;
	return make_detail(w, e);
}

/* --- the change
 * ----------------------------------------------------------------- */

static int
check_still(struct tx *tx, const struct filed *w, struct err *e)
{
	struct document_facts now;
	struct case_facts c;
	int r;

	if ((r = case_by_id(tx, &w->kase.id, &c, e)) < 0)
		return r;
	if (strcmp(c.state, w->kase.state) != 0)
		return err_tag(e, ERR_CONFLICT, "case-state",
		    "the case is %s now", c.state);
	if ((r = refusal_check_filing(tx, &w->kase.id, w->kind, e)) < 0)
		return r;
	if (w->old.versions == 0)
		return 0;
	if ((r = document_by_id(tx, &w->id, &now, e)) < 0)
		return r;
	if (strcmp(now.state, "filed") != 0 || now.versions != w->old.versions)
		return err_tag(e, ERR_CONFLICT, "version",
		    "another version was filed meanwhile");
	return 0;
}

/* The leaf binds the very bytes: SHA-256, document and version, salted. */
static int
enter(struct tx *tx, struct filed *w, int64_t now_ms, struct err *e)
{
	struct audit_entry en = { .klass = LEAF_DOC_FILE,
		.outcome = LEAF_OK,
		.actor = &w->caller->actor,
		.object = w->id,
		.detail = w->detail };
	uint8_t bind[SHA256_LEN];
	int r;

	if ((r = leaf_bind(w->salt, w->sha256, &w->id, w->version, bind, e)) <
	    0)
		return r;
	en.bind = bind;
	return core_enter(w->core, tx, w->caller, &en, now_ms, &w->row.leaf, e);
}

/* What was cut from the version before is stopped with this one. */
static int
rectify(struct tx *tx, struct filed *w, int64_t now_ms, struct err *e)
{
	json_t *cancelled, *notices;
	int r;

	if (w->old.versions == 0)
		return 0;
	cancelled = json_array();
	notices = json_array();
	r = disclosure_rectified(tx, &w->id, now_ms, cancelled, notices, e);
	if (json_array_size(cancelled) + json_array_size(notices) > 0) {
		json_object_set(w->detail, "cancelled", cancelled);
		json_object_set(w->detail, "notices", notices);
	}
	json_decref(cancelled);
	json_decref(notices);
	return r;
}

/* Of a draft nothing is told until it is complete. */
static int
tell(struct tx *tx, const struct filed *w, struct err *e)
{
	struct happening h = { &w->kase.id, w->row.filed_ms, w->row.leaf,
		w->old.draft };

	if (w->f->draft)
		return 0;
	return happened_filed(w->core, tx, &h, &w->id, w->version,
	    w->kind->name, w->judged.record, e);
}

int
filing_apply(struct tx *tx, struct filed *w, int64_t now_ms, struct err *e)
{
	int r;

	/* The leaf's own time: the receipt compares them. */
	w->row.filed_ms = audit_time(w->core->audit, now_ms);
	if ((r = check_still(tx, w, e)) < 0 ||
	    (r = rectify(tx, w, w->row.filed_ms, e)) < 0 ||
	    (r = enter(tx, w, now_ms, e)) < 0 ||
	    (r = filing_place(tx, w, e)) < 0 || (r = tell(tx, w, e)) < 0 ||
	    w->f->also == NULL)
		return r;
	return w->f->also(tx, &w->id, now_ms, w->f->also_arg, e);
}

static int
file_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct filed *w = arg;
	int r;

	if ((r = filing_apply(tx, w, now_ms, e)) < 0)
		return r;
	return idempotency_keep(tx, w->caller, "document", &w->id, w->version,
	    w->row.leaf, now_ms, e);
}

int
filing_stages(const struct filed *w, struct change *ch, struct err *e)
{
	size_t i;

	if (w->n + 1 > COMMIT_STAGES_MAX - ch->nstages)
		return err_tag(e, ERR_TOO_LARGE, "pages",
		    "more than %d files at once", COMMIT_STAGES_MAX);
	for (i = 0; i < w->n; i++)
		ch->stages[ch->nstages++] = w->facts[i].stage;
	ch->stages[ch->nstages++] = w->manifest_stage;
	return 0;
}

static int
commit(struct filed *w, struct err *e)
{
	struct change *ch = calloc(1, sizeof(*ch));
	int r;

	if (ch == NULL)
		return err_set(e, ERR_NOMEM, "filing");
	ch->apply = file_apply;
	ch->arg = w;
	ch->need_head = 1;
	if ((r = filing_stages(w, ch, e)) == 0)
		r = commit_run(w->core->committer, ch, e);
	free(ch);
	return r;
}

/* --- the answer
 * --------------------------------------------------------------- */

int
filing_answer(struct core *core, const struct version_row *v,
    const json_t *manifest, json_t **answer, struct err *e)
{
	AUTO(buf_done) struct buf receipt = { 0 };
	json_t *j;
	int r;

	if ((r = receipt_text(core, v, manifest, &receipt, e)) < 0)
		return r;
	if ((j = version_json(v, manifest)) == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if (json_object_set_new(j, "leaf", json_integer((json_int_t)v->leaf)) <
		0 ||
	    json_object_set_new(j, "receipt", json_string(buf_str(&receipt))) <
		0) {
		json_decref(j);
		return err_set(e, ERR_NOMEM, "answer");
	}
	*answer = j;
	return 0;
}

static int
load_first(
    struct filed *w, struct id *object, struct version_row *v, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct document_facts doc;
	uint32_t version;
	uint64_t leaf;
	struct id id;
	int r;

	if ((r = tx_read(w->core->catalog, &tx, e)) < 0 ||
	    (r = idempotency_find(
		 &tx, w->caller, "document", &id, &version, &leaf, e)) <= 0)
		return r;
	*object = id;
	if ((r = document_by_id(&tx, &id, &doc, e)) < 0)
		return r;
	if (!id_equal(&doc.kase, &w->kase.id) ||
	    strcmp(doc.kind, w->f->kind) != 0)
		return err_tag(e, ERR_CONFLICT, "idempotency-key",
		    "this key filed another document");
	if ((r = version_load(&tx, &doc, version, v, e)) < 0)
		return r;
	return 1;
}

/* Filed before under this key: its receipt again, and a leaf that says so. */
static int
filed_before(struct filed *w, struct id *object, json_t **answer, struct err *e)
{
	AUTO(version_done) struct version_row v = { 0 };
	json_t *detail, *manifest;
	uint64_t leaf;
	int r;

	if ((r = load_first(w, object, &v, e)) <= 0)
		return r;
	detail =
	    document_detail(w->core, &v.kase, &v.document, v.version, &w->d);
	r = core_read_leaf(
	    w->core, w->caller, LEAF_RECEIPT, &v.document, detail, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = version_open(w->core, &v, leaf, &manifest, e)) < 0)
		return r;
	r = filing_answer(w->core, &v, manifest, answer, e);
	json_decref(manifest);
	return r < 0 ? r : 1;
}

/* Refused for what it is: gone. Refused for the moment: it may be tried
 * again without being sent again. */
static int
may_try_again(int r)
{
	return r == -ERR_INVALID || r == -ERR_BUSY || r == -ERR_UNAVAILABLE ||
	       r == -ERR_NOT_FOUND || r == -ERR_NOMEM;
}

int
filing_prepare(struct filed *w, struct err *e)
{
	int r;

	if ((r = take_uploads(w, e)) < 0 || (r = judge_files(w, e)) < 0 ||
	    (r = prepare(w, e)) < 0)
		w->keep = may_try_again(r);
	return r;
}

static int
file(struct filed *w, struct id *object, json_t **answer, int *again,
    struct err *e)
{
	AUTO(idempotency_leave) struct idempotency_turn turn = { 0 };
	int r;

	if ((r = filing_find(w, object, e)) < 0 ||
	    (r = filing_check(w->f, e)) < 0 ||
	    (r = core_check_open(w->core, e)) < 0 ||
	    (r = idempotency_enter(w->core, w->caller, "document", &turn, e)) <
		0 ||
	    (r = filed_before(w, object, answer, e)) < 0)
		return r;
	*again = r;
	if (r > 0)
		return 0;
	if ((r = filing_prepare(w, e)) < 0 || (r = commit(w, e)) < 0)
		return r;
	*object = w->id;
	return filing_answer(w->core, &w->row, w->manifest, answer, e);
}

int
document_file(struct core *core, const struct caller *caller,
    const struct filing *f, struct id *object, json_t **answer, int *again,
    struct err *e)
{
	struct filed *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return err_set(e, ERR_NOMEM, "filing");
	w->core = core;
	w->caller = caller;
	w->f = f;
	r = file(w, object, answer, again, e);
	filing_done(w);
	free(w);
	return r;
}

/* --- what a filing would be -------------------------------------------------
 */

/* The log's word: somebody had this looked at, for this case. */
static int
enter_look(struct filed *w, const json_t *answer, uint64_t *leaf, struct err *e)
{
	AUTO(json_decrefp) json_t *detail = NULL;
	char kase[ID_TEXT];

	id_format(&w->kase.id, kase);
	detail = json_pack("{s:s, s:s, s:O, s:s, s:o}", "case", kase, "kind",
	    w->kind->name, "sha256", json_object_get(answer, "sha256"),
	    "indication", judged_indication(&w->judged), "decision",
	    decision_json(w->core, &w->d));
	return core_read_leaf(
	    w->core, w->caller, LEAF_UPLOAD, &w->kase.id, detail, leaf, e);
}

static int
look_json(struct filed *w, json_t **out, struct err *e)
{
	char hex[2 * SHA256_LEN + 1], kase[ID_TEXT];
	json_t *j;
	int r;

	if ((r = digest_pages(w, e)) < 0)
		return r;
	hex_format(w->sha256, SHA256_LEN, hex);
	id_format(&w->kase.id, kase);
	j = json_pack("{s:s, s:s, s:s, s:o, s:s, s:I, s:s, s:s, s:O, s:b}",
	    "state", "dry-run", "case", kase, "kind", w->kind->name, "pages",
	    pages_json(w), "sha256", hex, "size", (json_int_t)w->size, "level",
	    w->judged.level, "indication", judged_indication(&w->judged),
	    "verdicts", w->judged.verdicts, "draft", w->f->draft);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	*out = j;
	return 0;
}

static int
look(struct filed *w, struct id *object, json_t **answer, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL, *said = NULL;
	uint64_t leaf;
	int r;

	if ((r = filing_find(w, object, e)) < 0 ||
	    (r = filing_check(w->f, e)) < 0 ||
	    (r = core_check_open(w->core, e)) < 0 ||
	    (r = take_uploads(w, e)) < 0 || (r = judge_files(w, e)) < 0 ||
	    (r = look_json(w, &j, e)) < 0 ||
	    (r = check_provenance(w, &said, e)) < 0 ||
	    (r = enter_look(w, j, &leaf, e)) < 0)
		return r;
	if (json_object_set_new(j, "leaf", json_integer((json_int_t)leaf)) < 0)
		return err_set(e, ERR_NOMEM, "answer");
	*answer = TAKE(j);
	return 0;
}

int
document_look(struct core *core, const struct caller *caller,
    const struct filing *f, struct id *object, json_t **answer, struct err *e)
{
	AUTO(mem_freep) struct filed *w = calloc(1, sizeof(*w));
	int r;

	if (w == NULL)
		return err_set(e, ERR_NOMEM, "filing");
	w->core = core;
	w->caller = caller;
	w->f = f;
	/* Whatever it is found to be, it may be filed as something else. */
	w->keep = 1;
	r = look(w, object, answer, e);
	filing_done(w);
	return r;
}
