#include "daemon/core/refile.h"

#include "base/seal.h"
#include "base/text.h"

#define ZEROS 65536 /* bytes of padding written at once */

void
refile_release(struct refiled *x)
{
	size_t i;

	for (i = 0; i < FILING_UPLOADS_MAX; i++)
		stage_freep(&x->stages[i]);
	stage_freep(&x->w.manifest_stage);
}

void
refile_done(struct refiled *x)
{
	size_t i;

	refile_release(x);
	for (i = 0; i < FILING_UPLOADS_MAX; i++)
		fresh_key_done(&x->keys[i]);
	filing_done(&x->w);
}

/* What one content goes through, from one key to the other. */
struct resealing {
	struct content in;
	struct sealer *sealer;
	struct digest *digest;
	struct stage *stage;
	struct buf text, sealed;
	uint64_t size;
};

static void
resealing_done(struct resealing *x)
{
	content_freep(&x->in.stream);
	sealer_freep(&x->sealer);
	digest_freep(&x->digest);
	buf_done(&x->text);
	buf_done(&x->sealed);
}

static int
seal_some(struct resealing *x, const void *p, size_t n, struct err *e)
{
	int r;

	if ((r = sealer_write(x->sealer, p, n, &x->sealed, e)) < 0 ||
	    (r = stage_write(x->stage, x->sealed.p, x->sealed.len, e)) < 0)
		return r;
	x->sealed.len = 0;
	return 0;
}

/* The text, piece by piece; its digest on the way. */
static int
reseal_text(struct resealing *x, struct err *e)
{
	int r;

	for (;;) {
		buf_reset(&x->text);
		if ((r = content_next(x->in.stream, &x->text, e)) < 0)
			return r;
		if (x->text.len == 0)
			return 0;
		x->size += x->text.len;
		if ((r = digest_add(x->digest, x->text.p, x->text.len, e)) <
			0 ||
		    (r = seal_some(x, x->text.p, x->text.len, e)) < 0)
			return r;
	}
}

static int
check_same(struct resealing *x, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = digest_final(x->digest, sum, e)) < 0)
		return r;
	if (x->size != x->in.size ||
	    memcmp(sum, x->in.sha256, sizeof(sum)) != 0)
		return err_set(e, ERR_INTEGRITY,
		    "a content is not what its manifest says");
	return 0;
}

/* Padmé: the size on disk must not tell the document. */
static int
reseal_padding(struct resealing *x, struct err *e)
{
	static const uint8_t zeros[ZEROS];
	uint64_t left = seal_padme(x->size) - x->size;
	size_t n;
	int r;

	for (; left > 0; left -= n) {
		n = left < ZEROS ? (size_t)left : ZEROS;
		if ((r = seal_some(x, zeros, n, e)) < 0)
			return r;
	}
	if ((r = sealer_finish(x->sealer, &x->sealed, e)) < 0 ||
	    (r = stage_write(x->stage, x->sealed.p, x->sealed.len, e)) < 0)
		return r;
	return stage_finish(x->stage, e);
}

static int
reseal(struct refiled *x, const struct id *from, uint32_t page, uint64_t leaf,
    struct err *e)
{
	AUTO(resealing_done) struct resealing rs = { 0 };
	struct core *core = x->w.core;
	size_t i = x->w.n;
	struct upload_facts *f = &x->w.facts[i];
	struct seal_context c = {
		.type = SEAL_CONTENT,
		.vault = core->settings.vault,
	};
	int r;

	if ((r = id_random(&f->id, e)) < 0)
		return r;
	c.document = f->id;
	if ((r = content_under(core, from, 1, page, leaf, &rs.in, e)) < 0 ||
	    (r = keypool_take(core->keys, &x->keys[i], e)) < 0 ||
	    (r = stage_new(core->store, &x->stages[i], e)) < 0 ||
	    (r = digest_new(DIGEST_SHA256, &rs.digest, e)) < 0 ||
	    (r = sealer_new(x->keys[i].key.p, &c, &rs.sealed, &rs.sealer, e)) <
		0)
		return r;
	rs.stage = x->stages[i];
	if ((r = reseal_text(&rs, e)) < 0 || (r = check_same(&rs, e)) < 0 ||
	    (r = reseal_padding(&rs, e)) < 0)
		return r;
	f->stage = x->stages[i];
	f->key = x->keys[i].number;
	f->size = rs.size;
	memcpy(f->sha256, rs.in.sha256, SHA256_LEN);
	x->w.n++;
	return 0;
}

static int
set_hex(json_t *j, const char *name, const uint8_t *p, size_t n)
{
	char hex[2 * SHA256_LEN + 1];

	hex_format(p, n, hex);
	return json_object_set_new(j, name, json_string(hex));
}

static int
set_id(json_t *j, const char *name, const struct id *id)
{
	char text[ID_TEXT];

	id_format(id, text);
	return json_object_set_new(j, name, json_string(text));
}

/* Its verdicts are those of the day it was filed: nothing was signed anew. */
static int
rewrite_manifest(struct filed *w, const json_t *manifest, struct err *e)
{
	const char *hex =
	    json_string_value(json_object_get(manifest, "sha256"));

	if (hex == NULL || strlen(hex) != (size_t)2 * SHA256_LEN ||
	    hex_parse(hex, w->sha256, SHA256_LEN, NULL) < 0)
		return err_set(e, ERR_INTEGRITY, "a manifest without a digest");
	if ((w->manifest = json_deep_copy(manifest)) == NULL ||
	    set_id(w->manifest, "case", &w->kase.id) < 0 ||
	    set_id(w->manifest, "document", &w->id) < 0 ||
	    json_object_set_new(w->manifest, "version", json_integer(1)) < 0 ||
	    set_hex(w->manifest, "salt", w->salt, sizeof(w->salt)) < 0)
		return err_set(e, ERR_NOMEM, "manifest");
	return 0;
}

int
refile_prepare(struct refiled *x, const struct id *from, const json_t *manifest,
    uint64_t leaf, struct err *e)
{
	size_t i, n = json_array_size(json_object_get(manifest, "pages"));
	struct filed *w = &x->w;
	int r;

	if (n == 0 || n > DOCUMENT_PAGES_MAX)
		return err_set(e, ERR_INTEGRITY, "a manifest without pages");
	w->f = &x->form;
	x->form.npages = n;
	w->version = 1;
	for (i = 0; i < n; i++)
		if ((r = reseal(x, from, (uint32_t)i, leaf, e)) < 0)
			return r;
	if (json_object_get(manifest, "signature") != NULL &&
	    (r = reseal(x, from, CONTENT_SIGNATURE, leaf, e)) < 0)
		return r;
	x->form.signature.upload =
	    json_object_get(manifest, "signature") != NULL ? "" : NULL;
	if (json_object_get(manifest, "proof") != NULL &&
	    (r = reseal(x, from, CONTENT_PROOF, leaf, e)) < 0)
		return r;
	if ((r = id_random(&w->id, e)) < 0 ||
	    (r = crypto_random(w->salt, sizeof(w->salt), e)) < 0 ||
	    (r = rewrite_manifest(w, manifest, e)) < 0 ||
	    (r = keypool_take(w->core->keys, &w->key, e)) < 0)
		return r;
	return filing_seal(w, e);
}
