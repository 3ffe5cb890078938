#include "client/parcel.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/receipt.h"
#include "base/text.h"

void
parcel_done(struct parcel *p)
{
	int i;

	for (i = 0; i < p->pages; i++)
		source_done(&p->page[i]);
	if (p->signature.path != NULL)
		source_done(&p->signature);
	if (p->proof.path != NULL)
		source_done(&p->proof);
	buf_done(&p->more);
}

/* --- names ------------------------------------------------------------ */

/* A spoken reference has several ways to be written: one of them counts. */
static int
name_case(struct parcel *f, const char *typed, struct err *e)
{
	uint32_t bits;
	size_t i, n = 0;

	if (strlen(typed) >= sizeof(f->kase))
		return err_tag(e, ERR_NOT_FOUND, "reference", "%.32s…", typed);
	if (id_ref_parse(typed, &bits, NULL) == 0) {
		snprintf(f->kase, sizeof(f->kase), "ref %08x", bits);
		return 0;
	}
	for (i = 0; typed[i] != '\0'; i++)
		f->kase[n++] = typed[i] >= 'A' && typed[i] <= 'Z'
				   ? (char)(typed[i] - 'A' + 'a')
				   : typed[i];
	f->kase[n] = '\0';
	return 0;
}

static int
hash_document(struct parcel *f, struct err *e)
{
	struct receipt_page pages[PARCEL_PAGES_MAX];
	int i;

	for (i = 0; i < f->pages; i++) {
		memcpy(pages[i].sha256, f->page[i].sha256, SHA256_LEN);
		pages[i].size = f->page[i].size;
	}
	return receipt_document_sha256(pages, (size_t)f->pages, f->sha256, e);
}

static int
key_line(struct buf *text, const struct source *s, struct err *e)
{
	char hex[2 * SHA256_LEN + 1];

	hex_format(s->sha256, SHA256_LEN, hex);
	return buf_addf(text, e, "%s %llu\n", hex, (unsigned long long)s->size);
}

static int
derive_key(struct parcel *f, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	uint8_t sum[SHA256_LEN];
	int i, r;

	if ((r = buf_addf(&text, e, "sceau/file/1\n%u\n%s\n%s\n%s\n",
		 (unsigned)getuid(), f->kase, f->kind,
		 f->replaces != NULL ? f->replaces : "")) < 0 ||
	    (f->draft && (r = buf_addstr(&text, "draft\n", e)) < 0))
		return r;
	for (i = 0; i < f->pages; i++)
		if ((r = key_line(&text, &f->page[i], e)) < 0)
			return r;
	if (f->signature.path != NULL &&
	    ((r = buf_addstr(&text, "signature\n", e)) < 0 ||
		(r = key_line(&text, &f->signature, e)) < 0))
		return r;
	if (f->proof.path != NULL &&
	    ((r = buf_addstr(&text, "proof\n", e)) < 0 ||
		(r = key_line(&text, &f->proof, e)) < 0))
		return r;
	if ((r = buf_add(&text, f->more.p, f->more.len, e)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, text.p, text.len, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), f->key);
	return 0;
}

static int
name_uploads(struct parcel *f, struct err *e)
{
	int i, r;

	for (i = 0; i < f->pages; i++)
		if ((r = source_name_upload(
			 &f->page[i], f->kase, f->kind, i, e)) < 0)
			return r;
	if (f->signature.path != NULL && (r = source_name_upload(&f->signature,
					      f->kase, f->kind, -1, e)) < 0)
		return r;
	if (f->proof.path == NULL)
		return 0;
	return source_name_upload(&f->proof, f->kase, f->kind, -2, e);
}

static int
send_one(struct cli *c, const struct parcel *f, struct source *s, struct err *e)
{
	int there = 0, r;

	if (f->ask && (r = upload_is_there(c, s, &there, e)) < 0)
		return r;
	return there ? 0 : upload_send(c, s, e);
}

int
parcel_send(struct cli *c, struct parcel *f, struct err *e)
{
	int i, r;

	for (i = 0; i < f->pages; i++)
		if ((r = send_one(c, f, &f->page[i], e)) < 0)
			return r;
	if (f->signature.path != NULL &&
	    (r = send_one(c, f, &f->signature, e)) < 0)
		return r;
	if (f->proof.path == NULL)
		return 0;
	return send_one(c, f, &f->proof, e);
}

int
parcel_name(struct parcel *f, const char *kase, struct err *e)
{
	int r;

	if ((r = name_case(f, kase, e)) < 0 || (r = hash_document(f, e)) < 0 ||
	    (r = derive_key(f, e)) < 0)
		return r;
	return name_uploads(f, e);
}

/* --- the request ------------------------------------------------------ */

static int
source_json(const struct source *s, json_t **out, struct err *e)
{
	*out = json_pack("{s:s, s:s}", "upload", s->upload, "name", s->name);
	if (*out == NULL)
		return err_set(e, ERR_USAGE, "%s: %s", s->path,
		    _("ce texte n'est pas en UTF-8"));
	return 0;
}

static int
add_said(const struct parcel *f, json_t *body, struct err *e)
{
	int r;

	if (f->draft && json_object_set_new(body, "draft", json_true()) < 0)
		return err_set(e, ERR_NOMEM, "request");
	if ((r = cli_member(body, "level", f->level, e)) < 0 ||
	    (r = cli_member(body, "title", f->title, e)) < 0 ||
	    (r = cli_member(body, "replaces", f->replaces, e)) < 0)
		return r;
	return cli_member(body, "kind", f->kind, e);
}

int
parcel_body(const struct parcel *f, json_t *body, struct err *e)
{
	json_t *pages = json_array(), *one;
	int i, r;

	if (json_object_set_new(body, "pages", pages) < 0)
		return err_set(e, ERR_NOMEM, "request");
	for (i = 0; i < f->pages; i++) {
		if ((r = source_json(&f->page[i], &one, e)) < 0)
			return r;
		json_array_append_new(pages, one);
	}
	if (f->signature.path != NULL) {
		if ((r = source_json(&f->signature, &one, e)) < 0)
			return r;
		json_object_set_new(body, "signature", one);
	}
	if (f->proof.path != NULL) {
		if ((r = source_json(&f->proof, &one, e)) < 0)
			return r;
		json_object_set_new(body, "proof", one);
	}
	return add_said(f, body, e);
}

/* What the same request overcomes when it is made again. */
static int
is_passing(int r, const struct cli *c, const struct err *e)
{
	return r == -ERR_PENDING || upload_may_retry(c, e);
}

/*
 * "No such thing": the case, or the uploads, because the vault was restarted
 * or took too long? Those can be sent again.
 */
static int
uploads_are_gone(struct cli *c, const struct parcel *f)
{
	struct err e = { 0 };
	int there = 1;

	return upload_is_there(c, &f->page[0], &there, &e) == 0 && !there;
}

/*
 * Send and file. Cut, or committed without a signed head yet: the same key
 * again gives the answer of the first.
 */
static int
send_and_post(struct cli *c, struct parcel *f, const char *kase,
    const json_t *body, const char *query, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	int n, sent = 0, send = 1, r;

	if ((r = cli_path(&path, e, "/v1/cases/%/documents", kase)) < 0 ||
	    (r = buf_addstr(&path, query, e)) < 0)
		return r;
	for (n = 1;; n++) {
		if (send && (r = parcel_send(c, f, e)) < 0)
			return r;
		sent += send;
		r = cli_call(c, "POST", buf_str(&path), body, f->key, out, e);
		if (r == 0 || n == UPLOAD_TRIES)
			return r;
		send =
		    r == -ERR_NOT_FOUND && sent < 2 && uploads_are_gone(c, f);
		if (!send && !is_passing(r, c, e))
			return r;
		if (!send)
			upload_pause(n);
	}
}

/* --- the answer ------------------------------------------------------- */

/* A receipt is kept for years: it is looked at once while the files are
 * still at hand. Who signed it is the offline verifier's question. */
static int
check_answer(const struct parcel *f, const json_t *j, struct err *e)
{
	const char *text = jstr(j, "receipt");
	char hex[2 * SHA256_LEN + 1], doc[ID_TEXT];
	AUTO(mem_freep) struct receipt *got = calloc(1, sizeof(*got));
	int same, r;

	if (got == NULL)
		return err_set(e, ERR_NOMEM, "receipt");
	hex_format(f->sha256, SHA256_LEN, hex);
	if (strcmp(jstr(j, "sha256"), hex) != 0)
		return err_tag(e, ERR_INTEGRITY, "filed-other",
		    "SHA-256 %s, %.64s", hex, jstr(j, "sha256"));
	if (*text == '\0')
		return 0;
	if ((r = receipt_parse(text, strlen(text), got, e)) < 0)
		return err_tag(e, ERR_INTEGRITY, "filed-other", "receipt");
	id_format(&got->document, doc);
	same = memcmp(got->sha256, f->sha256, SHA256_LEN) == 0 &&
	       strcmp(doc, jstr(j, "document")) == 0 &&
	       got->version == jint(j, "version");
	receipt_done(got);
	if (!same)
		return err_tag(e, ERR_INTEGRITY, "filed-other", "receipt");
	return 0;
}

int
parcel_file(struct cli *c, struct parcel *f, const char *kase,
    const json_t *body, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if ((r = send_and_post(c, f, kase, body, "", &j, e)) < 0 ||
	    (r = check_answer(f, j, e)) < 0)
		return r;
	*out = TAKE(j);
	return 0;
}

int
parcel_look(struct cli *c, struct parcel *f, const char *kase,
    const json_t *body, json_t **out, struct err *e)
{
	return send_and_post(c, f, kase, body, "?dry-run=1", out, e);
}
