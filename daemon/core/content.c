/* Contents on their way out: opened as the client drains them. */
#include <stdlib.h>
#include <string.h>

#include "base/seal.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/document.h"
#include "daemon/core/row.h"

struct content_stream {
	struct opener *opener;
	struct store_reader *reader;
	struct buf sealed;
	uint64_t left; /* true bytes to come; the rest is padding */
	int finished;  /* the last chunk was authenticated */
};

void
content_freep(struct content_stream **sp)
{
	struct content_stream *s = TAKE(*sp);

	if (s == NULL)
		return;
	opener_freep(&s->opener);
	store_reader_freep(&s->reader);
	buf_done(&s->sealed);
	free(s);
}

/* One more piece of the store through the opener; at its end, the check that
 * nothing is missing. */
static int
open_piece(struct content_stream *s, struct buf *out, struct err *e)
{
	int r;

	s->sealed.len = 0;
	if ((r = store_reader_next(s->reader, &s->sealed, e)) < 0)
		return r;
	if (s->sealed.len > 0)
		return opener_write(
		    s->opener, s->sealed.p, s->sealed.len, out, e);
	s->finished = 1;
	return opener_finish(s->opener, out, e);
}

/* Keep n bytes behind start; what is above is padding. */
static void
cut(struct buf *b, size_t start, uint64_t n)
{
	if (b->len - start <= n)
		return;
	secret_wipe(b->p + start + n, b->len - start - (size_t)n);
	b->len = start + (size_t)n;
}

int
content_next(struct content_stream *s, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf padding = { 0 };
	size_t start = out->len;
	int r;

	if (s->left == 0 && s->finished)
		return 0;
	while (out->len == start && !s->finished)
		if ((r = open_piece(s, out, e)) < 0)
			return r;
	cut(out, start, s->left);
	s->left -= out->len - start;
	/* The last bytes leave only when the object is known to be whole. */
	while (s->left == 0 && !s->finished) {
		buf_reset(&padding);
		if ((r = open_piece(s, &padding, e)) < 0)
			goto broken;
	}
	if (!s->finished || s->left == 0)
		return 0;
	r = err_set(e, ERR_INTEGRITY, "a content shorter than its manifest");
broken:
	cut(out, start, 0);
	return r;
}

/* What a page's row in the catalog says. */
struct page_row {
	uint64_t key;
	struct id content;
};

static int
load_page(struct tx *tx, const struct version_row *v, uint32_t page,
    struct page_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct page_row p;
	int r;

	if (page > DOCUMENT_PAGES_MAX && document_part_name(page) == NULL)
		return err_tag(
		    e, ERR_NOT_FOUND, "page", "no such page in this version");
	if ((r = sql_open(tx,
		 "SELECT key, content FROM page"
		 " WHERE document = ? AND version = ? AND part = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &v->document, e)) < 0 ||
	    (r = sql_int(q, 2, v->version, e)) < 0 ||
	    (r = sql_int(q, 3, document_part(page), e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_tag(e, ERR_NOT_FOUND,
		    page == CONTENT_SIGNATURE ? "signature"
		    : page == CONTENT_PROOF   ? "proof"
					      : "page",
		    "no such part in this version");
	p.key = (uint64_t)sql_get_int(q, 0);
	if ((r = sql_get_id(q, 1, &p.content, e)) < 0)
		return r;
	*out = p;
	return 0;
}

/* Which bytes of a version are asked for. */
struct wish {
	uint32_t version, page;
	/* 0: all of the page. Else what the n-th embedded signature covers. */
	uint32_t signature;
};

/* What is held between the leaf and the keys. */
struct reading {
	struct version_row v;
	struct page_row page;
	struct content_stream *stream;
};

static void
reading_done(struct reading *rd)
{
	version_done(&rd->v);
	content_freep(&rd->stream);
}

static int
reading_load(struct core *core, struct tx *tx, const struct document_facts *doc,
    uint32_t version, uint32_t page, struct reading *rd, struct err *e)
{
	int r;

	if ((rd->stream = calloc(1, sizeof(*rd->stream))) == NULL)
		return err_set(e, ERR_NOMEM, "content");
	if ((r = version_load(tx, doc, version, &rd->v, e)) < 0 ||
	    (r = load_page(tx, &rd->v, page, &rd->page, e)) < 0)
		return r;
	return store_reader_open(core->store, tx, &doc->id, rd->v.version,
	    document_part(page), &rd->stream->reader, e);
}

static int
is_text(const json_t *o, const char *key, const char *want)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL && strcmp(s, want) == 0;
}

static int
take_meta(
    const json_t *manifest, uint32_t page, struct content *out, struct err *e)
{
	json_t *pages = json_object_get(manifest, "pages"), *p;
	const char *part = document_part_name(page);
	const char *name, *media, *sha;

	p = part != NULL ? json_object_get(manifest, part)
			 : json_array_get(pages, page);
	name = json_string_value(json_object_get(p, "name"));
	media = json_string_value(json_object_get(p, "media"));
	sha = json_string_value(json_object_get(p, "sha256"));
	if (name == NULL || sha == NULL || strlen(sha) != 64 ||
	    hex_parse(sha, out->sha256, sizeof(out->sha256), NULL) < 0)
		return err_set(e, ERR_INTEGRITY, "a manifest without a page");
	snprintf(out->name, sizeof(out->name), "%s", name);
	snprintf(out->media, sizeof(out->media), "%s",
	    media != NULL ? media : "application/octet-stream");
	out->size = (uint64_t)json_integer_value(json_object_get(p, "size"));
	out->pages = json_array_size(pages);
	return 0;
}

/*
 * The bytes that the n-th embedded signature covers, by the verdict at the
 * filing; of CONTENT_LAST the last one that is right. Whoever signed, and
 * whatever came after it: of that there are verdicts. Time stamps do not
 * count.
 */
static int
take_prefix(
    const json_t *manifest, uint32_t n, struct content *out, struct err *e)
{
	const char *integrity = NULL;
	json_int_t covers = 0;
	uint32_t found = 0;
	size_t i;
	json_t *v;

	json_array_foreach(json_object_get(manifest, "verdicts"), i, v)
	{
		if (!is_text(v, "where", "embedded"))
			continue;
		found++;
		if (n == CONTENT_LAST ? !is_text(v, "integrity", "PASS")
				      : n != found)
			continue;
		integrity = json_string_value(json_object_get(v, "integrity"));
		covers = json_integer_value(json_object_get(v, "covers"));
	}
	if (found == 0 || (n != CONTENT_LAST && n > found))
		return err_tag(e, ERR_CONFLICT, "prefix-missing",
		    "%u embedded signatures in this version", found);
	if (out->pages != 1)
		return err_tag(e, ERR_CONFLICT, "prefix-pages",
		    "a version of %zu pages", out->pages);
	if (integrity == NULL || strcmp(integrity, "PASS") != 0 ||
	    covers <= 0 || (uint64_t)covers > out->size)
		return err_tag(e, ERR_CONFLICT, "prefix-not-signed",
		    "this signature was not found right when it was filed");
	out->size = (uint64_t)covers;
	return 0;
}

/* Keys for manifest and page together, under the leaf that is durable. */
static int
reading_open(struct core *core, struct reading *rd, const struct wish *w,
    uint64_t leaf, struct content *out, struct err *e)
{
	AUTO(secret_done) struct secret keys = { 0 };
	const uint64_t numbers[2] = { rd->v.key, rd->page.key };
	struct seal_context c = { .type = SEAL_CONTENT,
		.vault = core->settings.vault,
		.document = rd->page.content };
	struct content got = { .leaf = leaf };
	json_t *manifest = NULL;
	int r;

	if ((r = rows_keys(core, numbers, 2, leaf, &keys, e)) < 0 ||
	    (r = row_open(core, keys.p, &rd->v.kase, &rd->v.document,
		 rd->v.version, rd->v.sealed.p, rd->v.sealed.len, &manifest,
		 e)) < 0)
		return r;
	r = take_meta(manifest, w->page, &got, e);
	if (r == 0 && w->signature > 0)
		r = take_prefix(manifest, w->signature, &got, e);
	json_decref(manifest);
	if (r < 0 ||
	    (r = opener_new(keys.p + 32, &c, &rd->stream->opener, e)) < 0)
		return r;
	rd->stream->left = got.size;
	got.stream = TAKE(rd->stream);
	*out = got;
	return 0;
}

static json_t *
read_detail(struct core *core, const struct document_facts *doc,
    uint32_t version, const struct wish *w, const struct decision *d)
{
	json_t *j = document_detail(core, &doc->kase, &doc->id, version, d);
	const char *part = document_part_name(w->page);

	if (j == NULL)
		return NULL;
	json_object_set_new(j, "page",
	    part != NULL ? json_string(part) : json_integer(w->page));
	if (w->signature == CONTENT_LAST)
		json_object_set_new(j, "signed_prefix", json_string("last"));
	else if (w->signature > 0)
		json_object_set_new(
		    j, "signed_prefix", json_integer(w->signature));
	return j;
}

int
content_under(struct core *core, const struct id *document, uint32_t version,
    uint32_t page, uint64_t leaf, struct content *out, struct err *e)
{
	const struct wish w = { version, page, 0 };
	AUTO(reading_done) struct reading rd = { 0 };
	struct document_facts doc;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = document_by_id(&tx, document, &doc, e)) < 0 ||
		    (r = reading_load(core, &tx, &doc, version, page, &rd, e)) <
			0)
			return r;
	}
	return reading_open(core, &rd, &w, leaf, out, e);
}

/*
 * The SHA-256 of the beginning that found is: nobody wrote it down, so it is
 * read once for that, the whole content through its check.
 */
static int
digest_prefix(struct core *core, const struct id *document, uint32_t version,
    struct content *found, struct err *e)
{
	AUTO(digest_freep) struct digest *d = NULL;
	AUTO(buf_done) struct buf piece = { 0 };
	struct content c = { 0 };
	int r;

	if ((r = digest_new(DIGEST_SHA256, &d, e)) < 0 ||
	    (r = content_under(
		 core, document, version, 0, found->leaf, &c, e)) < 0)
		return r;
	c.stream->left = found->size;
	do {
		buf_reset(&piece);
		r = content_next(c.stream, &piece, e);
		if (r == 0 && piece.len > 0)
			r = digest_add(d, piece.p, piece.len, e);
	} while (r == 0 && piece.len > 0);
	content_freep(&c.stream);
	return r < 0 ? r : digest_final(d, found->sha256, e);
}

static int
open_wish(struct core *core, const struct caller *caller, const char *ref,
    const struct wish *w, struct id *object, struct content *out, struct err *e)
{
	AUTO(reading_done) struct reading rd = { 0 };
	struct document_facts doc;
	struct case_facts kase;
	struct decision d;
	struct content got = { 0 };
	json_t *detail;
	uint64_t leaf;
	int r;

	{
		AUTO(tx_end) struct tx tx = { 0 };

		if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
		    (r = document_authorize(core, &tx, caller, ref, OP_DOC_READ,
			 core_now(core), &doc, &kase, object, &d, e)) < 0 ||
		    (r = core_check_open(core, e)) < 0 ||
		    (r = reading_load(
			 core, &tx, &doc, w->version, w->page, &rd, e)) < 0)
			return r;
	}
	detail = read_detail(core, &doc, rd.v.version, w, &d);
	r = core_read_leaf(
	    core, caller, LEAF_DOC_READ, &doc.id, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	if ((r = reading_open(core, &rd, w, leaf, &got, e)) < 0)
		return r;
	if (w->signature > 0 &&
	    (r = digest_prefix(core, &doc.id, rd.v.version, &got, e)) < 0) {
		content_freep(&got.stream);
		return r;
	}
	*out = got;
	return 0;
}

int
content_open(struct core *core, const struct caller *caller, const char *ref,
    uint32_t version, uint32_t page, struct id *object, struct content *out,
    struct err *e)
{
	const struct wish w = { version, page, 0 };

	return open_wish(core, caller, ref, &w, object, out, e);
}

int
content_open_signed(struct core *core, const struct caller *caller,
    const char *ref, uint32_t version, uint32_t signature, struct id *object,
    struct content *out, struct err *e)
{
	const struct wish w = { version, 0, signature };

	return open_wish(core, caller, ref, &w, object, out, e);
}

static int
drain(struct content *c, size_t max, struct buf *out, struct err *e)
{
	size_t was;
	int r;

	if (c->size > max)
		return err_tag(e, ERR_TOO_LARGE, "content-size",
		    "a content over %zu bytes", max);
	do {
		was = out->len;
		if ((r = content_next(c->stream, out, e)) < 0)
			return r;
	} while (out->len > was);
	return 0;
}

int
document_content(struct core *core, const struct id *document, uint32_t version,
    uint32_t page, uint64_t leaf, size_t max, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct content c = { 0 };
	int r;

	if ((r = content_under(core, document, version, page, leaf, &c, e)) < 0)
		return r;
	r = drain(&c, max, &text, e);
	content_freep(&c.stream);
	if (r < 0)
		return r;
	return buf_add(out, text.p, text.len, e);
}
