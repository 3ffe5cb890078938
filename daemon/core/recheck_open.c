/* The stored bytes again, compared with the manifest to the last one. */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "daemon/core/recheck.h"

void
reopened_done(struct reopened *x)
{
	size_t i;

	for (i = 0; i < x->npages; i++)
		fd_closep(&x->pages[i].fd);
	fd_closep(&x->signature.fd);
}

static int
differs(struct err *e)
{
	return err_tag(e, ERR_INTEGRITY, "content-differs",
	    "what is stored is not what its manifest says");
}

/* What one content goes through. */
struct taking {
	struct content in;
	struct digest *digest;
	struct buf piece;
	struct upload_facts *f;
	uint64_t keep; /* bytes kept in memory */
	uint64_t size;
};

static void
taking_done(struct taking *t)
{
	content_freep(&t->in.stream);
	digest_freep(&t->digest);
	buf_done(&t->piece);
}

static int
take_piece(struct taking *t, struct err *e)
{
	uint64_t room = t->keep - t->f->held;
	size_t n = t->piece.len < room ? t->piece.len : (size_t)room;
	int r;

	if ((r = digest_add(t->digest, t->piece.p, t->piece.len, e)) < 0 ||
	    (r = fd_write_all(t->f->fd, t->piece.p, n, e)) < 0)
		return r;
	t->size += t->piece.len;
	t->f->held += n;
	return 0;
}

static int
drain(struct taking *t, struct err *e)
{
	int r;

	for (;;) {
		buf_reset(&t->piece);
		if ((r = content_next(t->in.stream, &t->piece, e)) < 0)
			return r;
		if (t->piece.len == 0)
			return 0;
		if ((r = take_piece(t, e)) < 0)
			return r;
	}
}

static int
take_content(struct core *core, const struct version_row *v, uint32_t page,
    uint64_t leaf, struct upload_facts *f, struct err *e)
{
	AUTO(taking_done) struct taking t = { .f = f };
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = memfd_new("check", &f->fd, e)) < 0 ||
	    (r = content_under(
		 core, &v->document, v->version, page, leaf, &t.in, e)) < 0 ||
	    (r = digest_new(DIGEST_SHA256, &t.digest, e)) < 0)
		return r;
	f->whole = t.in.size <= core->settings.inspect_max;
	t.keep = f->whole ? t.in.size : UPLOAD_HEAD_MAX;
	if ((r = drain(&t, e)) < 0 || (r = digest_final(t.digest, sum, e)) < 0)
		return r;
	if (t.size != t.in.size || memcmp(sum, t.in.sha256, sizeof(sum)) != 0)
		return differs(e);
	f->size = t.size;
	memcpy(f->sha256, sum, sizeof(sum));
	return 0;
}

/* The document's own digest, over its pages. */
static int
check_document(const struct reopened *x, const json_t *manifest, struct err *e)
{
	struct receipt_page pages[DOCUMENT_PAGES_MAX];
	const char *said =
	    json_string_value(json_object_get(manifest, "sha256"));
	char hex[2 * SHA256_LEN + 1];
	uint8_t sum[SHA256_LEN];
	size_t i;
	int r;

	for (i = 0; i < x->npages; i++) {
		memcpy(pages[i].sha256, x->pages[i].sha256, SHA256_LEN);
		pages[i].size = x->pages[i].size;
	}
	if ((r = receipt_document_sha256(pages, x->npages, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), hex);
	return said != NULL && strcmp(said, hex) == 0 ? 0 : differs(e);
}

static int
open_pages(struct core *core, const struct version_row *v,
    const json_t *manifest, uint64_t leaf, struct reopened *x, struct err *e)
{
	const json_t *pages = json_object_get(manifest, "pages");
	size_t i, n = json_array_size(pages);
	int r;

	if (n == 0 || n > DOCUMENT_PAGES_MAX)
		return err_set(e, ERR_INTEGRITY, "a manifest without pages");
	for (i = 0; i < n; i++) {
		x->media[i] = json_string_value(
		    json_object_get(json_array_get(pages, i), "media"));
		if (x->media[i] == NULL)
			return err_set(
			    e, ERR_INTEGRITY, "a manifest without a type");
		x->pages[x->npages++].fd = -1;
		if ((r = take_content(
			 core, v, (uint32_t)i, leaf, &x->pages[i], e)) < 0)
			return r;
	}
	return check_document(x, manifest, e);
}

int
recheck_open(struct core *core, const struct version_row *v,
    const json_t *manifest, uint64_t leaf, struct reopened *out, struct err *e)
{
	struct reopened x = { .signature.fd = -1 };
	int r;

	r = open_pages(core, v, manifest, leaf, &x, e);
	if (r == 0 && json_object_get(manifest, "signature") != NULL)
		r = take_content(
		    core, v, CONTENT_SIGNATURE, leaf, &x.signature, e);
	if (r < 0) {
		reopened_done(&x);
		return r;
	}
	*out = x;
	return 0;
}
