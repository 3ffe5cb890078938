/* Receipts: made from the manifest, the leaf and its proof. */
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/document.h"
#include "daemon/core/evidence.h"

static int
hex_member(const json_t *j, const char *name, uint8_t out[32], struct err *e)
{
	const char *s = json_string_value(json_object_get(j, name));

	if (s == NULL || strlen(s) != 64 || hex_parse(s, out, 32, NULL) < 0)
		return err_set(
		    e, ERR_INTEGRITY, "a manifest without its %s", name);
	return 0;
}

static int
fill_pages(struct receipt *rc, const json_t *manifest, struct err *e)
{
	json_t *pages = json_object_get(manifest, "pages"), *p;
	size_t i;
	int r;

	rc->npages = json_array_size(pages);
	if (rc->npages == 0 || rc->npages > RECEIPT_PAGES_MAX)
		return err_set(e, ERR_INTEGRITY, "a manifest without pages");
	for (i = 0; i < rc->npages; i++) {
		p = json_array_get(pages, i);
		if ((r = hex_member(p, "sha256", rc->pages[i].sha256, e)) < 0)
			return r;
		rc->pages[i].size =
		    (uint64_t)json_integer_value(json_object_get(p, "size"));
	}
	return 0;
}

/* The log's verifier key, as text. */
static int
fill_key(struct core *core, struct receipt *rc, struct err *e)
{
	AUTO(buf_done) struct buf key = { 0 };
	int r;

	pthread_mutex_lock(&core->lock);
	r = core->public != NULL
		? note_key_format(&core->public->log, &key, e)
		: err_set(e, ERR_SEALED, "the vault was never unsealed");
	pthread_mutex_unlock(&core->lock);
	if (r < 0)
		return r;
	if (key.len >= sizeof(rc->vkey))
		return err_set(e, ERR_INTERNAL, "a log key of that length");
	memcpy(rc->vkey, buf_str(&key), key.len + 1);
	return 0;
}

static int
nothing(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	(void)tx;
	(void)now_ms;
	(void)arg;
	(void)e;
	return 0;
}

/*
 * The leaf is committed, but after a crash or a seal no head may cover it
 * yet: a change of nothing asks for one.
 */
static int
proof(struct core *core, uint64_t leaf, struct tlog_proof *out, struct err *e)
{
	struct change ch = { .apply = nothing, .need_head = 1 };
	int r;

	if ((r = audit_proof(core->audit, leaf, out, e)) != -ERR_PENDING)
		return r;
	if ((r = commit_run(core->committer, &ch, e)) < 0)
		return r;
	return audit_proof(core->audit, leaf, out, e);
}

static int
fill_leaf(struct core *core, uint64_t leaf, struct receipt *rc, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = audit_leaf(&tx, leaf, &rc->entry, e)) < 0)
		return r;
	tx_end(&tx);
	return proof(core, leaf, &rc->proof, e);
}

static int
fill(struct core *core, const struct version_row *v, const json_t *manifest,
    struct receipt *rc, struct err *e)
{
	int r;

	snprintf(rc->origin, sizeof(rc->origin), "%s", core->settings.origin);
	snprintf(rc->kind, sizeof(rc->kind), "%s", v->kind);
	rc->document = v->document;
	rc->version = v->version;
	rc->filed_ms = v->filed_ms;
	if ((r = hex_member(manifest, "sha256", rc->sha256, e)) < 0 ||
	    (r = hex_member(manifest, "salt", rc->salt, e)) < 0 ||
	    (r = fill_pages(rc, manifest, e)) < 0 ||
	    (r = fill_key(core, rc, e)) < 0)
		return r;
	return fill_leaf(core, v->leaf, rc, e);
}

int
receipt_page_digest(const struct buf *text, size_t *len,
    char hex[2 * SHA256_LEN + 1], struct err *e)
{
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = receipt_stamped((const char *)text->p, text->len, len, e)) <
		0 ||
	    (r = digest_of(DIGEST_SHA256, text->p, *len, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), hex);
	return 0;
}

static int
take_stamp(
    struct receipt *rc, const char *page, const json_t *stamp, struct err *e)
{
	const char *token = json_string_value(json_object_get(stamp, "token"));
	const char *over = json_string_value(json_object_get(stamp, "page"));

	if (token == NULL || over == NULL)
		return err_set(e, ERR_INTEGRITY, "a time stamp without bytes");
	if (strcmp(over, page) != 0 || rc->nstamps == RECEIPT_STAMPS_MAX)
		return 0;
	return base64_parse(
	    token, strlen(token), &rc->stamps[rc->nstamps++], e);
}

/* What is stamped must be known first: the text without stamps. */
static int
take_stamps(struct receipt *rc, const json_t *stamps, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	char page[2 * SHA256_LEN + 1];
	json_t *stamp;
	size_t i, len;
	int r;

	if (json_array_size(stamps) == 0)
		return 0;
	if ((r = receipt_format(rc, &text, e)) < 0 ||
	    (r = receipt_page_digest(&text, &len, page, e)) < 0)
		return r;
	json_array_foreach(stamps, i, stamp)
	{
		if ((r = take_stamp(rc, page, stamp, e)) < 0)
			return r;
	}
	return 0;
}

int
receipt_stamped_text(struct core *core, const struct version_row *v,
    const json_t *manifest, const json_t *stamps, struct buf *out,
    struct err *e)
{
	struct receipt *rc = calloc(1, sizeof(*rc));
	int r;

	if (rc == NULL)
		return err_set(e, ERR_NOMEM, "receipt");
	if ((r = fill(core, v, manifest, rc, e)) == 0 &&
	    (r = take_stamps(rc, stamps, e)) == 0)
		r = receipt_format(rc, out, e);
	receipt_done(rc);
	free(rc);
	return r;
}

int
receipt_text(struct core *core, const struct version_row *v,
    const json_t *manifest, struct buf *out, struct err *e)
{
	return receipt_stamped_text(core, v, manifest, NULL, out, e);
}

int
document_receipt(struct core *core, const struct caller *caller,
    const char *ref, uint32_t version, struct id *object, uint64_t *leaf,
    struct buf *text, struct err *e)
{
	AUTO(version_done) struct version_row v = { 0 };
	struct document_facts doc;
	struct case_facts kase;
	struct decision d;
	AUTO(json_decrefp) json_t *stamps = NULL;
	json_t *detail, *manifest;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = document_authorize(core, &tx, caller, ref, OP_RECEIPT,
			 core_now(core), &doc, &kase, object, &d, e)) < 0 ||
		    (r = core_check_open(core, e)) < 0 ||
		    (r = version_load(&tx, &doc, version, &v, e)) < 0)
			return r;
	}
	detail = document_detail(core, &doc.kase, &doc.id, v.version, &d);
	r = core_read_leaf(
	    core, caller, LEAF_RECEIPT, &doc.id, detail, leaf, e);
	json_decref(detail);
	if (r < 0 ||
	    (r = evidence_list(core, &v, EVIDENCE_STAMP, *leaf, &stamps, e)) <
		0 ||
	    (r = version_open(core, &v, *leaf, &manifest, e)) < 0)
		return r;
	r = receipt_stamped_text(core, &v, manifest, stamps, text, e);
	json_decref(manifest);
	return r;
}
