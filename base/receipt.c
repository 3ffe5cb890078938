#include "base/receipt.h"

#include <inttypes.h>
#include <string.h>

#include "base/leaf.h"
#include "base/scope.h"
#include "base/secret.h"
#include "base/text.h"

#define TITLE "sceau receipt 1"
#define PAGES_LABEL "sceau/pages/1\n"
#define HEX_LEN 64 /* digits of a SHA-256 or a salt */

int
receipt_document_sha256(const struct receipt_page *pages, size_t n,
    uint8_t out[SHA256_LEN], struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	char hex[HEX_LEN + 1];
	size_t i;
	int r;

	if (n == 0 || n > RECEIPT_PAGES_MAX)
		return err_set(e, ERR_INVALID, "document of %zu pages", n);
	if (n == 1) {
		memcpy(out, pages[0].sha256, SHA256_LEN);
		return 0;
	}
	if ((r = buf_addstr(&b, PAGES_LABEL, e)) < 0)
		return r;
	for (i = 0; i < n; i++) {
		hex_format(pages[i].sha256, SHA256_LEN, hex);
		r = buf_addf(&b, e, "%s %" PRIu64 "\n", hex, pages[i].size);
		if (r < 0)
			return r;
	}
	return digest_of(DIGEST_SHA256, b.p, b.len, out, e);
}

static int
hex_line(const char *name, const uint8_t *p, struct buf *out, struct err *e)
{
	char hex[HEX_LEN + 1];

	hex_format(p, HEX_LEN / 2, hex);
	return buf_addf(out, e, "%s %s\n", name, hex);
}

static int
head_lines(const struct receipt *r, struct buf *out, struct err *e)
{
	char id[ID_TEXT], when[TIME_TEXT];

	id_format(&r->document, id);
	time_format(r->filed_ms, when);
	return buf_addf(out, e,
	    TITLE "\nvault %s\nkey %s\ndocument %s\nversion %" PRIu32
		  "\nfiled %s\nkind %s\n",
	    r->origin, r->vkey, id, r->version, when, r->kind);
}

static int
page_lines(const struct receipt *r, struct buf *out, struct err *e)
{
	char hex[HEX_LEN + 1];
	size_t i;
	int rc;

	for (i = 0; i < r->npages; i++) {
		hex_format(r->pages[i].sha256, SHA256_LEN, hex);
		rc = buf_addf(
		    out, e, "page %s %" PRIu64 "\n", hex, r->pages[i].size);
		if (rc < 0)
			return rc;
	}
	return 0;
}

static int
stamp_lines(const struct receipt *r, struct buf *out, struct err *e)
{
	size_t i;
	int rc;

	for (i = 0; i < r->nstamps; i++)
		if ((rc = buf_addstr(out, "stamp ", e)) < 0 ||
		    (rc = base64_format(
			 r->stamps[i].p, r->stamps[i].len, out, e)) < 0 ||
		    (rc = buf_addstr(out, "\n", e)) < 0)
			return rc;
	return 0;
}

static int
all_lines(const struct receipt *r, struct buf *out, struct err *e)
{
	int rc;

	if ((rc = head_lines(r, out, e)) < 0 ||
	    (rc = page_lines(r, out, e)) < 0 ||
	    (rc = hex_line("sha256", r->sha256, out, e)) < 0 ||
	    (rc = hex_line("salt", r->salt, out, e)) < 0 ||
	    (rc = buf_addstr(out, "entry ", e)) < 0 ||
	    (rc = base64_format(r->entry.p, r->entry.len, out, e)) < 0 ||
	    (rc = buf_addstr(out, "\n", e)) < 0 ||
	    (rc = stamp_lines(r, out, e)) < 0 ||
	    (rc = buf_addstr(out, "\n", e)) < 0)
		return rc;
	return tlog_proof_format(&r->proof, out, e);
}

/* A value that stands alone on its line: UTF-8, no space, no control. */
static int
word_is_valid(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((uint8_t)s[i] <= 0x20 || s[i] == 0x7f)
			return 0;
	return n > 0 && utf8_is_valid(s, n);
}

int
receipt_format(const struct receipt *r, struct buf *out, struct err *e)
{
	size_t was = out->len;
	int rc;

	if (r->npages == 0 || r->npages > RECEIPT_PAGES_MAX ||
	    r->nstamps > RECEIPT_STAMPS_MAX || r->entry.len == 0 ||
	    !word_is_valid(r->kind, strlen(r->kind)) ||
	    !word_is_valid(r->origin, strlen(r->origin)) ||
	    !word_is_valid(r->vkey, strlen(r->vkey)))
		return err_set(e, ERR_INVALID, "receipt to write");
	if ((rc = all_lines(r, out, e)) < 0)
		out->len = was;
	return rc;
}

static int
bad(struct err *e, const char *what)
{
	return err_set(e, ERR_INVALID, "receipt: %s", what);
}

/* What is left of the text, and the line just read. */
struct lines {
	const char *s;
	size_t left;
	char line[256]; /* lines but "entry" are short; terminated */
};

/* Read "NAME VALUE": the value, borrowed until the next line, or NULL. */
static const char *
line_value(struct lines *l, const char *name)
{
	size_t n = 0, len = strlen(name);
	const char *p = NULL;

	if (!text_line(&l->s, &l->left, &p, &n) || n >= sizeof(l->line) ||
	    memchr(p, 0, n) != NULL)
		return NULL;
	memcpy(l->line, p, n);
	l->line[n] = '\0';
	if (n <= len || memcmp(l->line, name, len) != 0 || l->line[len] != ' ')
		return NULL;
	return l->line + len + 1;
}

static int
word_line(
    struct lines *l, const char *name, char *out, size_t size, struct err *e)
{
	const char *v = line_value(l, name);
	size_t n = v != NULL ? strlen(v) : 0;

	if (n >= size || !word_is_valid(v != NULL ? v : "", n))
		return bad(e, name);
	memcpy(out, v, n + 1);
	return 0;
}

/* Lower-case digits only: a receipt has one text. */
static int
hex_get(const char *s, uint8_t *out, struct err *e)
{
	if (strpbrk(s, "ABCDEF") != NULL)
		return bad(e, "upper-case digits");
	return hex_parse(s, out, HEX_LEN / 2, e);
}

static int
hex_value_line(struct lines *l, const char *name, uint8_t *out, struct err *e)
{
	const char *v = line_value(l, name);

	return v != NULL ? hex_get(v, out, e) : bad(e, name);
}

static int
head_parse(struct lines *l, struct receipt *r, struct err *e)
{
	uint64_t version = 0;
	const char *v = NULL;
	size_t n = 0;
	int rc;

	if (!text_line(&l->s, &l->left, &v, &n) || n != strlen(TITLE) ||
	    memcmp(v, TITLE, n) != 0)
		return bad(e, "not one");
	if ((rc = word_line(l, "vault", r->origin, sizeof(r->origin), e)) < 0 ||
	    (rc = word_line(l, "key", r->vkey, sizeof(r->vkey), e)) < 0)
		return rc;
	if ((v = line_value(l, "document")) == NULL)
		return bad(e, "document");
	if ((rc = id_parse(v, &r->document, e)) < 0)
		return rc;
	if ((v = line_value(l, "version")) == NULL)
		return bad(e, "version");
	if ((rc = text_decimal(v, strlen(v), &version, e)) < 0)
		return rc;
	if (version == 0 || version > UINT32_MAX)
		return bad(e, "version");
	r->version = (uint32_t)version;
	if ((v = line_value(l, "filed")) == NULL)
		return bad(e, "filed");
	if ((rc = time_parse(v, &r->filed_ms, e)) < 0)
		return rc;
	return word_line(l, "kind", r->kind, sizeof(r->kind), e);
}

/* "HEX SIZE" */
static int
page_parse(const char *v, struct receipt_page *p, struct err *e)
{
	char hex[HEX_LEN + 1];
	int r;

	if (strlen(v) < HEX_LEN + 2 || v[HEX_LEN] != ' ')
		return bad(e, "page");
	memcpy(hex, v, HEX_LEN);
	hex[HEX_LEN] = '\0';
	if ((r = hex_get(hex, p->sha256, e)) < 0)
		return r;
	v += HEX_LEN + 1;
	return text_decimal(v, strlen(v), &p->size, e);
}

static int
pages_parse(struct lines *l, struct receipt *r, struct err *e)
{
	const char *v;
	int rc;

	while (l->left > 5 && memcmp(l->s, "page ", 5) == 0) {
		if (r->npages == RECEIPT_PAGES_MAX)
			return bad(e, "too many pages");
		if ((v = line_value(l, "page")) == NULL)
			return bad(e, "page");
		if ((rc = page_parse(v, &r->pages[r->npages], e)) < 0)
			return rc;
		r->npages++;
	}
	return r->npages > 0 ? 0 : bad(e, "no page");
}

static int
stamps_parse(struct lines *l, struct receipt *r, struct err *e)
{
	const char *p = NULL;
	struct buf *b;
	size_t n = 0;
	int rc;

	while (l->left > 6 && memcmp(l->s, "stamp ", 6) == 0) {
		if (r->nstamps == RECEIPT_STAMPS_MAX)
			return bad(e, "too many stamps");
		if (!text_line(&l->s, &l->left, &p, &n) || n <= 6)
			return bad(e, "stamp");
		b = &r->stamps[r->nstamps++];
		if ((rc = base64_parse(p + 6, n - 6, b, e)) < 0)
			return rc;
		if (b->len > RECEIPT_STAMP_MAX)
			return bad(e, "a stamp too long");
	}
	return 0;
}

int
receipt_stamped(const char *s, size_t n, size_t *len, struct err *e)
{
	static const char mark[] = "\nentry ";
	const char *p = memmem(s, n, mark, sizeof(mark) - 1), *end;

	if (p == NULL)
		return bad(e, "entry");
	p++;
	if ((end = memchr(p, '\n', n - (size_t)(p - s))) == NULL)
		return bad(e, "entry");
	*len = (size_t)(end - s) + 1;
	return 0;
}

static int
entry_parse(struct lines *l, struct receipt *r, struct err *e)
{
	const char *p = NULL;
	size_t n = 0;
	int rc;

	if (!text_line(&l->s, &l->left, &p, &n) || n <= 6 ||
	    memcmp(p, "entry ", 6) != 0)
		return bad(e, "entry");
	if ((rc = base64_parse(p + 6, n - 6, &r->entry, e)) < 0 ||
	    (rc = stamps_parse(l, r, e)) < 0)
		return rc;
	if (!text_line(&l->s, &l->left, &p, &n) || n > 0)
		return bad(e, "no empty line behind the entry");
	return 0;
}

int
receipt_parse(const char *s, size_t n, struct receipt *r, struct err *e)
{
	AUTO(receipt_done) struct receipt got = { 0 };
	struct lines l = { .s = s, .left = n };
	int rc;

	if (n > RECEIPT_MAX)
		return bad(e, "too long");
	if ((rc = head_parse(&l, &got, e)) < 0 ||
	    (rc = pages_parse(&l, &got, e)) < 0 ||
	    (rc = hex_value_line(&l, "sha256", got.sha256, e)) < 0 ||
	    (rc = hex_value_line(&l, "salt", got.salt, e)) < 0 ||
	    (rc = entry_parse(&l, &got, e)) < 0 ||
	    (rc = tlog_proof_parse(l.s, l.left, &got.proof, e)) < 0)
		return rc;
	*r = got;
	memset(&got, 0, sizeof(got)); /* its buffers are the caller's now */
	return 0;
}

static int
forged(struct err *e, const char *what)
{
	return err_set(e, ERR_INTEGRITY, "receipt: %s", what);
}

/* A no of the bytes becomes the receipt's; our own failures stay. */
static int
as_forged(int rc, struct err *e, const char *what)
{
	if (rc == -(int)ERR_INVALID || rc == -(int)ERR_INTEGRITY)
		return forged(e, what);
	return rc;
}

/* Milliseconds to whole seconds, downwards. */
static int64_t
seconds(int64_t ms)
{
	return (ms >= 0 ? ms : ms - 999) / 1000;
}

/* The document against the pages, and the leaf against the document. */
static int
check_leaf(const struct receipt *r, struct err *e)
{
	uint8_t sum[SHA256_LEN], bind[32];
	struct leaf leaf = { 0 };
	int rc;

	rc = receipt_document_sha256(r->pages, r->npages, sum, e);
	if (rc < 0)
		return rc;
	if (memcmp(sum, r->sha256, SHA256_LEN) != 0)
		return forged(e, "its pages do not make its document");
	rc = leaf_decode(r->entry.p, r->entry.len, &leaf, NULL, e);
	if (rc < 0)
		return as_forged(rc, e, "its entry is no leaf");
	if ((leaf.klass != LEAF_DOC_FILE && leaf.klass != LEAF_DOC_MOVE) ||
	    leaf.outcome != LEAF_OK)
		return forged(e, "its leaf files no document");
	rc = leaf_bind(r->salt, r->sha256, &r->document, r->version, bind, e);
	if (rc < 0)
		return rc;
	if (!secret_equal(bind, leaf.bind, sizeof(bind)))
		return forged(e, "its leaf is of another document");
	if (seconds(leaf.time_ms) != seconds(r->filed_ms))
		return forged(e, "its leaf is of another time");
	return 0;
}

/* The checkpoint: signed by key, and of the log that the receipt names. */
static int
check_head(const struct receipt *r, const struct note_key *key,
    struct checkpoint *c, struct err *e)
{
	const char *note = (const char *)r->proof.checkpoint.p;
	size_t text_len = 0;
	int rc;

	rc = note_verify(
	    note, r->proof.checkpoint.len, key, 1, &text_len, NULL, e);
	if (rc < 0)
		return as_forged(
		    rc, e, "its checkpoint is not signed by the key");
	if ((rc = checkpoint_parse(note, text_len, c, e)) < 0)
		return as_forged(rc, e, "its checkpoint is none");
	/* C2SP tlog-checkpoint: a log's key has the name of its origin. */
	if (strcmp(c->origin, r->origin) != 0 ||
	    strcmp(key->name, c->origin) != 0)
		return forged(e, "its checkpoint is of another log");
	return 0;
}

int
receipt_check(
    const struct receipt *r, const struct note_key *key, struct err *e)
{
	struct checkpoint c = { 0 };
	struct hash leaf;
	int rc;

	if ((rc = check_leaf(r, e)) < 0 || (rc = check_head(r, key, &c, e)) < 0)
		return rc;
	rc = merkle_leaf_hash(r->entry.p, r->entry.len, &leaf, e);
	if (rc < 0)
		return rc;
	rc = merkle_check_inclusion(&leaf, r->proof.index, c.size,
	    r->proof.hashes, r->proof.n, &c.root, e);
	return as_forged(rc, e, "its leaf is not in the log");
}

void
receipt_done(struct receipt *r)
{
	size_t i;

	for (i = 0; i < r->nstamps; i++)
		buf_done(&r->stamps[i]);
	buf_done(&r->entry);
	tlog_proof_done(&r->proof);
	memset(r, 0, sizeof(*r));
}
