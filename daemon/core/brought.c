#include "daemon/core/brought.h"

#include <string.h>
#include <unistd.h>

#include "base/envelope.h"
#include "base/file.h"
#include "daemon/core/case.h"
#include "daemon/core/json_of.h"
#include "daemon/core/record.h"

#define FORM_VERSION 1
#define PIECE 65536 /* bytes of the envelope read at once */

/* The text on its way: first its record, then one file after the other. */
struct unpacking {
	struct brought *b;
	struct buf head; /* length and record, until they are there */
	int has_record;
	size_t file;
	uint64_t left; /* of that file */
	struct upload *into;
};

static int
not_a_form(struct err *e, const char *why)
{
	return err_tag(e, ERR_REFUSED, "form-content", "%s", why);
}

static int
damaged(struct err *e)
{
	return err_tag(e, ERR_REFUSED, "form-damaged",
	    "the file was changed or cut short");
}

/* --- the record ----------------------------------------------------------- */

static int
take_page(struct brought *b, json_t *page, struct err *e)
{
	json_t *size = json_object_get(page, "size");
	struct id id;
	int r;

	if (!json_is_object(page) || !json_is_integer(size) ||
	    json_integer_value(size) < 1 ||
	    json_integer_value(size) > (json_int_t)BROUGHT_MAX ||
	    json_object_get(page, "upload") != NULL)
		return not_a_form(e, "a page without its size");
	if (b->nfiles == BROUGHT_FILES_MAX)
		return not_a_form(e, "too many files");
	if ((r = id_random(&id, e)) < 0)
		return r;
	b->size[b->nfiles] = (uint64_t)json_integer_value(size);
	id_format(&id, b->file[b->nfiles]);
	if (json_object_del(page, "size") < 0 ||
	    json_object_set_new(
		page, "upload", json_string(b->file[b->nfiles])) < 0)
		return err_set(e, ERR_NOMEM, "form");
	b->nfiles++;
	return 0;
}

static int
take_pages(struct brought *b, json_t *document, struct err *e)
{
	json_t *pages = json_object_get(document, "pages"), *page;
	size_t i;
	int r;

	if (!json_is_array(pages))
		return not_a_form(e, "a document without pages");
	/* What was filed before is not known where a form is filled. */
	if (json_object_get(document, "signature") != NULL ||
	    json_object_get(document, "replaces") != NULL)
		return not_a_form(e, "a document with what no form has");
	json_array_foreach(
	    pages, i, page) if ((r = take_page(b, page, e)) < 0) return r;
	return 0;
}

static int
take_record(struct brought *b, const void *p, size_t n, struct err *e)
{
	json_t *documents, *document;
	struct err why = { 0 };
	size_t i;
	int r;

	if ((r = record_parse(p, n, &b->body, &why)) < 0)
		return not_a_form(e, "its record is no JSON");
	documents = json_object_get(b->body, "documents");
	if (json_integer_value(json_object_get(b->body, "form")) !=
		FORM_VERSION ||
	    !json_is_string(json_object_get(b->body, "kind")) ||
	    !json_is_array(documents))
		return not_a_form(e, "its record is of no form we know");
	json_array_foreach(documents, i,
	    document) if ((r = take_pages(b, document, e)) < 0) return r;
	/* The rest is what a visit's body has, and is read as one. */
	json_object_del(b->body, "form");
	json_object_del(b->body, "kind");
	return 0;
}

/* --- the files ------------------------------------------------------------ */

static int
next_file(struct unpacking *u, struct err *e)
{
	struct brought *b = u->b;

	upload_pause(TAKE(u->into));
	if (u->file == b->nfiles)
		return 0;
	u->left = b->size[u->file];
	return uploads_begin(
	    b->core, b->caller, b->file[u->file++], 0, &u->into, e);
}

static int
take_bytes(struct unpacking *u, const uint8_t *p, size_t n, struct err *e)
{
	size_t part;
	int r;

	for (; n > 0; p += part, n -= part) {
		if (u->into == NULL)
			return not_a_form(e, "more than its files");
		part = n < u->left ? n : (size_t)u->left;
		if ((r = upload_write(u->into, p, part, e)) < 0)
			return r;
		u->left -= part;
		if (u->left == 0 && (r = next_file(u, e)) < 0)
			return r;
	}
	return 0;
}

static int
take_head(struct unpacking *u, struct err *e)
{
	const uint8_t *p = u->head.p;
	uint32_t n;
	int r;

	if (u->head.len < 4)
		return 0;
	n = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 |
	    p[3];
	if (n == 0 || n > BROUGHT_RECORD_MAX)
		return not_a_form(e, "the length of its record");
	if (u->head.len - 4 < n)
		return 0;
	if ((r = take_record(u->b, p + 4, n, e)) < 0)
		return r;
	u->has_record = 1;
	if ((r = next_file(u, e)) < 0)
		return r;
	return take_bytes(u, u->head.p + 4 + n, u->head.len - 4 - n, e);
}

static int
take_text(struct unpacking *u, const struct buf *text, struct err *e)
{
	int r;

	if (u->has_record)
		return take_bytes(u, text->p, text->len, e);
	if ((r = buf_add(&u->head, text->p, text->len, e)) < 0)
		return r;
	return take_head(u, e);
}

/* --- the envelope --------------------------------------------------------- */

static int
open_pieces(
    struct unpacking *u, struct opener *o, int fd, uint64_t size, struct err *e)
{
	AUTO(buf_done) struct buf piece = { 0 }, text = { 0 };
	uint64_t at = ENVELOPE_HEAD;
	size_t n;
	int r;

	if ((r = buf_reserve(&piece, PIECE, e)) < 0)
		return r;
	for (; at < size; at += n) {
		n = size - at < PIECE ? (size_t)(size - at) : PIECE;
		buf_reset(&text);
		if ((r = fd_pread_all(fd, piece.p, n, at, e)) < 0)
			return r;
		if (opener_write(o, piece.p, n, &text, NULL) < 0)
			return damaged(e);
		if ((r = take_text(u, &text, e)) < 0)
			return r;
	}
	buf_reset(&text);
	if (opener_finish(o, &text, NULL) < 0)
		return damaged(e);
	return take_text(u, &text, e);
}

static int
unpack(struct brought *b, const struct upload_facts *f,
    const struct envelope_head *h, const struct secret *key, struct err *e)
{
	AUTO(opener_freep) struct opener *o = NULL;
	struct unpacking u = { .b = b };
	struct seal_context c;
	int r;

	envelope_context(&b->core->settings.vault, &h->key, &c);
	if ((r = opener_new(key->p, &c, &o, e)) < 0)
		return r;
	r = open_pieces(&u, o, f->fd, f->size, e);
	if (r == 0 && (!u.has_record || u.into != NULL))
		r = not_a_form(e, "less than its files");
	upload_pause(u.into);
	buf_done(&u.head);
	return r;
}

/* The agent is asked for the key of this envelope alone, under the leaf. */
static int
ask_key(struct brought *b, const struct envelope_head *h, uint64_t leaf,
    struct secret *key, struct err *e)
{
	struct err why = { 0 };
	int r = agent_open_envelope(b->core->agent, h, leaf, key, &why);

	if (r == -ERR_NOT_FOUND)
		return err_tag(e, ERR_REFUSED, "form-key",
		    "the form was not sealed to this vault's key");
	if (r == -ERR_INTEGRITY)
		return damaged(e);
	if (r < 0)
		*e = why;
	return r;
}

static int
check_size(const struct upload_facts *f, struct err *e)
{
	if (f->size > BROUGHT_MAX || !f->whole)
		return err_tag(e, ERR_TOO_LARGE, "form-size",
		    "a form over %llu bytes, or over what is inspected",
		    (unsigned long long)BROUGHT_MAX);
	return 0;
}

static int
take_envelope(struct brought *b, const char *upload, struct upload_facts *f,
    struct envelope_head *h, struct err *e)
{
	uint8_t head[ENVELOPE_HEAD];
	size_t n;
	int r;

	if ((r = uploads_take(b->core, b->caller, upload, &b->upload, f, e)) <
		0 ||
	    (r = check_size(f, e)) < 0)
		return r;
	n = f->size < sizeof(head) ? (size_t)f->size : sizeof(head);
	if ((r = fd_pread_all(f->fd, head, n, 0, e)) < 0 ||
	    (r = envelope_decode(head, n, h, e)) < 0)
		return r;
	memcpy(b->envelope.b, f->sha256, ID_LEN);
	return 0;
}

static int
find_case(struct brought *b, const char *kase, struct id *object,
    struct case_facts *out, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct decision d;
	int r;

	if ((r = core_check_open(b->core, e)) < 0 ||
	    (r = tx_read(b->core->catalog, &tx, e)) < 0)
		return r;
	return case_authorize(b->core, &tx, b->caller, kase, OP_CASE_READ, NULL,
	    core_now(b->core), out, object, &d, e);
}

static int
enter_leaf(struct brought *b, const struct case_facts *kase, uint64_t *leaf,
    struct err *e)
{
	json_t *detail = json_pack("{s:o, s:o, s:s}", "case",
	    json_of_id(&kase->id), "envelope", json_of_id(&b->envelope), "what",
	    "a form filled elsewhere is opened");
	int r = core_read_leaf(
	    b->core, b->caller, LEAF_FORM_OPEN, &kase->id, detail, leaf, e);

	json_decref(detail);
	return r;
}

int
brought_open(struct core *core, const struct caller *caller, const char *kase,
    const char *upload, struct id *object, struct brought *out, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	struct envelope_head h;
	struct upload_facts f;
	struct case_facts found;
	uint64_t leaf;
	int r;

	out->core = core;
	out->caller = caller;
	if ((r = find_case(out, kase, object, &found, e)) < 0 ||
	    (r = take_envelope(out, upload, &f, &h, e)) < 0 ||
	    (r = enter_leaf(out, &found, &leaf, e)) < 0 ||
	    (r = ask_key(out, &h, leaf, &key, e)) < 0)
		return r;
	return unpack(out, &f, &h, &key, e);
}

void
brought_entered(struct brought *b)
{
	upload_drop(&b->upload);
}

void
brought_done(struct brought *b)
{
	struct upload_facts f;
	struct upload *u;
	struct err e;
	size_t i;

	for (i = 0; i < b->nfiles; i++)
		if (uploads_take(b->core, b->caller, b->file[i], &u, &f, &e) ==
		    0)
			upload_drop(&u);
	upload_put(&b->upload);
	json_decref(b->body);
	b->body = NULL;
}
