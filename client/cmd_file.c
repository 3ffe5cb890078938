/*
 * sceau file: hash, send each page, file them as one document, check the
 * receipt against what was sent. Every name is derived from what is filed,
 * so that running the command again after a cut gives the first receipt.
 */
#include <jansson.h>
#include <unistd.h>

#include "base/receipt.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/filed.h"
#include "client/out.h"
#include "client/save.h"
#include "client/scan.h"
#include "client/upload.h"

#define PAGES_MAX 63 /* as many as a document has */

struct filing {
	struct source page[PAGES_MAX];
	int pages;
	struct source signature; /* path NULL: none */
	char kase[64];
	const char *kind;
	uint8_t sha256[SHA256_LEN];
	char key[2 * SHA256_LEN + 1]; /* of idempotency */
};

static void
filing_done(struct filing *f)
{
	int i;

	for (i = 0; i < f->pages; i++)
		source_done(&f->page[i]);
	if (f->signature.path != NULL)
		source_done(&f->signature);
}

/* A spoken reference has several ways to be written: one of them counts. */
static int
name_case(struct filing *f, const char *typed, struct err *e)
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
open_all(struct cli *c, struct filing *f, int argc, char **argv, struct err *e)
{
	const char *name = cli_option(c, "name");
	const char *signature = cli_option(c, "signature");
	int i, stdins = 0, r;

	if (argc > PAGES_MAX)
		return err_set(e, ERR_USAGE, _("plus de %d pages"), PAGES_MAX);
	for (i = 0; i < argc; i++) {
		if (strcmp(argv[i], "-") == 0 && stdins++ > 0)
			return err_set(e, ERR_USAGE, "%s",
			    _("« - » ne se lit qu'une fois"));
		/* Counted before: its descriptor is closed in any case. */
		f->pages++;
		if ((r = source_open(&f->page[i], argv[i], e)) < 0 ||
		    (r = source_strip(&f->page[i], signature != NULL, e)) < 0)
			return r;
		if (strcmp(argv[i], "-") == 0)
			f->page[i].name = name != NULL ? name : "document";
	}
	if (name != NULL && argc == 1)
		f->page[0].name = name;
	if (signature == NULL)
		return 0;
	return source_open(&f->signature, signature, e);
}

static int
hash_document(struct filing *f, struct err *e)
{
	struct receipt_page pages[PAGES_MAX];
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

/*
 * Idempotency-Key: SHA-256 in hexadecimal of
 *   "sceau/file/1\n" uid "\n" case "\n" kind "\n" replaces "\n"
 *   of a draft "draft\n", one line "SHA-256 SIZE\n" a page, then "signature\n"
 * and its line; then a line for each option that tells where a scan comes
 * from.
 */
static int
derive_key(const struct cli *c, struct filing *f, struct err *e)
{
	const char *replaces = cli_option(c, "replaces");
	AUTO(buf_done) struct buf text = { 0 };
	uint8_t sum[SHA256_LEN];
	int i, r;

	if ((r = buf_addf(&text, e, "sceau/file/1\n%u\n%s\n%s\n%s\n",
		 (unsigned)getuid(), f->kase, f->kind,
		 replaces != NULL ? replaces : "")) < 0 ||
	    (cli_option(c, "draft") != NULL &&
		(r = buf_addstr(&text, "draft\n", e)) < 0))
		return r;
	for (i = 0; i < f->pages; i++)
		if ((r = key_line(&text, &f->page[i], e)) < 0)
			return r;
	if (f->signature.path != NULL &&
	    ((r = buf_addstr(&text, "signature\n", e)) < 0 ||
		(r = key_line(&text, &f->signature, e)) < 0))
		return r;
	if ((r = scan_options_lines(c, &text, e)) < 0)
		return r;
	if ((r = digest_of(DIGEST_SHA256, text.p, text.len, sum, e)) < 0)
		return r;
	hex_format(sum, sizeof(sum), f->key);
	return 0;
}

static int
name_uploads(struct filing *f, struct err *e)
{
	int i, r;

	for (i = 0; i < f->pages; i++)
		if ((r = source_name_upload(
			 &f->page[i], f->kase, f->kind, i, e)) < 0)
			return r;
	if (f->signature.path == NULL)
		return 0;
	return source_name_upload(&f->signature, f->kase, f->kind, -1, e);
}

static int
send_all(struct cli *c, struct filing *f, struct err *e)
{
	int i, r;

	for (i = 0; i < f->pages; i++)
		if ((r = upload_send(c, &f->page[i], e)) < 0)
			return r;
	if (f->signature.path == NULL)
		return 0;
	return upload_send(c, &f->signature, e);
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
build_body(
    const struct cli *c, const struct filing *f, json_t *body, struct err *e)
{
	static const char *const members[] = { "level", "title", "replaces" };
	json_t *pages = json_array(), *one;
	size_t m;
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
	if (cli_option(c, "draft") != NULL &&
	    json_object_set_new(body, "draft", json_true()) < 0)
		return err_set(e, ERR_NOMEM, "request");
	for (m = 0; m < NELEMS(members); m++)
		if ((r = cli_member(
			 body, members[m], cli_option(c, members[m]), e)) < 0)
			return r;
	return cli_member(body, "kind", f->kind, e);
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
uploads_are_gone(struct cli *c, const struct filing *f)
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
send_and_post(struct cli *c, struct filing *f, const char *kase,
    const json_t *body, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	int n, sent = 0, send = 1, r;

	if ((r = cli_path(&path, e, "/v1/cases/%/documents", kase)) < 0)
		return r;
	for (n = 1;; n++) {
		if (send && (r = send_all(c, f, e)) < 0)
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
check_answer(const struct filing *f, const json_t *j, struct err *e)
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

static int
file_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(mem_freep) struct filing *f = calloc(1, sizeof(*f));
	AUTO(json_decrefp) json_t *body = json_object(), *j = NULL;
	int r;

	if (f == NULL)
		return err_set(e, ERR_NOMEM, "filing");
	/* Better now than after the filing. */
	if ((r = save_check(cli_option(c, "output"),
		 cli_option(c, "force") != NULL, e)) < 0)
		return r;
	if ((r = scan_options_check(c, e)) < 0)
		return r;
	f->kind = argv[1];
	r = open_all(c, f, argc - 2, argv + 2, e);
	if (r == 0)
		r = name_case(f, argv[0], e);
	if (r == 0)
		r = hash_document(f, e);
	if (r == 0)
		r = derive_key(c, f, e);
	if (r == 0)
		r = name_uploads(f, e);
	if (r == 0)
		r = build_body(c, f, body, e);
	if (r == 0)
		r = scan_member(c, body, f->sha256, f->pages, e);
	if (r == 0)
		r = send_and_post(c, f, argv[0], body, &j, e);
	if (r == 0)
		r = check_answer(f, j, e);
	filing_done(f);
	return r < 0 ? r : filed_give(c, j, e);
}

static const char *const options[] = { "signature", "replaces", "level",
	"title", "name", "draft!", "output", "force!", SCAN_OPTIONS, NULL };

const struct cmd cmd_file = {
	.noun = "file",
	.usage = N_("DOSSIER TYPE FICHIER…"),
	.about =
	    N_("déposer un document (plusieurs fichiers : ses pages, "
	       "dans l'ordre ; --draft : une fiche à compléter ; --sign-key : "
	       "d'où vient une numérisation) ; rend le reçu"),
	.options = options,
	.min_args = 3,
	.max_args = -1,
	.run = file_run,
};
