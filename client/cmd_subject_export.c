/* sceau subject export: what the vault holds about one person, to hand over:
 * one tar file, or a folder. The household reads French, whatever the
 * language of who makes the copy, so nothing in it goes through gettext. */
#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "client/commands.h"
#include "client/csv_out.h"
#include "client/out.h"
#include "client/pack.h"
#include "client/subject_page.h"

#define ANSWER_FILE "donnees.json"

struct export
{
	struct cli *c;
	const char *kase, *person;
	struct pack pack;
	json_t *j;     /* the vault's answer */
	json_t *files; /* of the originals: [{file, …}], for the CSV */
	uint64_t done, all;
};

static void
export_done(struct export *x)
{
	pack_done(&x->pack);
	json_decref(x->j);
	json_decref(x->files);
}

/* --- originals ------------------------------------------------------------ */

/* The end of the name that the file had, when it is a plain one. */
static void
extension(const char *name, char out[9])
{
	const char *dot = strrchr(name, '.');
	size_t i, n = dot != NULL ? strlen(dot + 1) : 0;

	snprintf(out, 9, "bin");
	if (n == 0 || n > 8)
		return;
	for (i = 0; i < n; i++)
		if (!isalnum((unsigned char)dot[1 + i]))
			return;
	for (i = 0; i <= n; i++)
		out[i] = (char)tolower((unsigned char)dot[1 + i]);
}

/* One page, or the signature: asked for by itself, so that the vault decides
 * and enters each. */
struct piece {
	const json_t *document, *file; /* of "originals"; {name, size, …} */
	size_t number, page;	       /* page 0: the signature */
	const char *beside;	       /* "signature", "proof"; of page 0 */
};

static int
piece_path(const struct export *x, const struct piece *p, struct buf *path,
    struct err *e)
{
	char text[32];
	int r;

	if ((r = cli_path(path, e,
		 p->page > 0 ? "/v1/cases/%/persons/%/documents/%/content"
			     : "/v1/cases/%/persons/%/documents/%/%",
		 x->kase, x->person, jstr(p->document, "document"),
		 p->beside)) < 0)
		return r;
	snprintf(text, sizeof(text), "%lld", jint(p->document, "version"));
	if ((r = cli_query(path, "version", text, e)) < 0)
		return r;
	snprintf(text, sizeof(text), "%zu", p->page);
	return cli_query(path, "page", p->page > 0 ? text : NULL, e);
}

/* What arrives is what the list said, byte for byte. */
static int
fetch(struct export *x, const struct piece *p, int fd,
    uint8_t sha256[SHA256_LEN], struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(digest_freep) struct digest *d = NULL;
	AUTO(http_exchange_done)
	struct http_exchange q = {
		.method = "GET",
		.fd = -1,
		.out_fd = fd,
		.purpose = x->c->purpose,
	};
	char hex[2 * SHA256_LEN + 1];
	struct http *h;
	int r;

	if ((r = piece_path(x, p, &path, e)) < 0 ||
	    (r = digest_new(DIGEST_SHA256, &d, e)) < 0 ||
	    (r = cli_http(x->c, &h, e)) < 0)
		return r;
	q.path = buf_str(&path);
	q.digest = d;
	if ((r = http_run(h, &q, e)) < 0 ||
	    (r = digest_final(d, sha256, e)) < 0)
		return r;
	hex_format(sha256, SHA256_LEN, hex);
	if (strcmp(hex, jstr(p->file, "sha256")) != 0)
		return err_tag(e, ERR_INTEGRITY, "content-changed",
		    "SHA-256 %s, %s", hex, jstr(p->file, "sha256"));
	return 0;
}

static int
list_file(
    struct export *x, const struct piece *p, const char *name, struct err *e)
{
	json_t *line = json_pack("{s:s, s:s, s:s, s:s, s:I, s:s, s:s}", "file",
	    name, "title", jstr(p->document, "title"), "name",
	    jstr(p->file, "name"), "filed_at", jstr(p->document, "filed_at"),
	    "size", (json_int_t)jint(p->file, "size"), "sha256",
	    jstr(p->file, "sha256"), "document", jstr(p->document, "document"));

	return line == NULL || json_array_append_new(x->files, line) < 0
		   ? err_set(e, ERR_NOMEM, "originals")
		   : 0;
}

/* Names are ours: number, kind, version, page. What the file was called
 * stands in the list. */
static int
add_piece(struct export *x, const struct piece *p, struct err *e)
{
	uint8_t sha256[SHA256_LEN];
	AUTO(buf_done) struct buf name = { 0 };
	const char *kind = jstr(p->document, "kind");
	char end[9];
	int fd, r;

	if (jint(p->file, "size") < 0 || strchr(kind, '/') != NULL ||
	    *kind == '.')
		return err_set(e, ERR_UNAVAILABLE, "originals");
	extension(jstr(p->file, "name"), end);
	if ((r = buf_addf(&name, e, "originaux/%03zu-%s-v%lld-", p->number,
		 kind, jint(p->document, "version"))) < 0 ||
	    (r = p->page > 0 ? buf_addf(&name, e, "%02zu.%s", p->page, end)
			     : buf_addf(&name, e, "%s.%s", p->beside, end)) < 0)
		return r;
	if ((r = pack_open(&x->pack, buf_str(&name),
		 (uint64_t)jint(p->file, "size"), &fd, e)) < 0 ||
	    (r = fetch(x, p, fd, sha256, e)) < 0 ||
	    (r = pack_close(&x->pack, sha256, e)) < 0)
		return r;
	x->done += p->page > 0 ? 1 : 0;
	if (isatty(STDERR_FILENO))
		fprintf(stderr, "\r%llu/%llu", (unsigned long long)x->done,
		    (unsigned long long)x->all);
	return list_file(x, p, buf_str(&name), e);
}

static int
add_original(
    struct export *x, const json_t *document, size_t number, struct err *e)
{
	struct piece p = { .document = document, .number = number };
	static const char *const beside[] = { "signature", "proof" };
	size_t i, n = jcount(document, "pages");
	int r;

	for (p.page = 1; p.page <= n; p.page++) {
		p.file = jat(document, "pages", p.page - 1);
		if ((r = add_piece(x, &p, e)) < 0)
			return r;
	}
	p.page = 0;
	for (i = 0; i < NELEMS(beside); i++) {
		p.beside = beside[i];
		p.file = json_object_get(document, beside[i]);
		if (p.file != NULL && (r = add_piece(x, &p, e)) < 0)
			return r;
	}
	return 0;
}

static int
add_originals(struct export *x, struct err *e)
{
	const json_t *o;
	size_t i;
	int r;

	json_array_foreach(json_object_get(x->j, "originals"), i, o) x->all +=
	    jcount(o, "pages");
	json_array_foreach(json_object_get(x->j, "originals"), i, o)
	{
		if ((r = add_original(x, o, i + 1, e)) < 0)
			return r;
	}
	if (x->all > 0 && isatty(STDERR_FILENO))
		fputc('\n', stderr);
	return 0;
}

/* --- the rest ------------------------------------------------------------- */

static int
add_json(struct export *x, const char *name, const json_t *j, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	char *text = json_dumps(j, JSON_INDENT(2));
	int r;

	if (text == NULL)
		return err_set(e, ERR_NOMEM, "json");
	r = buf_addf(&b, e, "%s\n", text);
	free(text);
	return r < 0 ? r : pack_add(&x->pack, name, b.p, b.len, e);
}

/* What each sheet said, for programs and to read. */
static int
add_receipts(struct export *x, struct err *e)
{
	char name[64];
	const char *page;
	const json_t *o;
	size_t i;
	int r;

	json_array_foreach(json_object_get(x->j, "receipts"), i, o)
	{
		snprintf(name, sizeof(name), "consentements/%03zu.jsonld",
		    (i + 1) % 1000);
		if ((r = add_json(x, name, json_object_get(o, "receipt"), e)) <
		    0)
			return r;
		page = jstr(o, "page");
		snprintf(name, sizeof(name), "consentements/%03zu.txt",
		    (i + 1) % 1000);
		if ((r = pack_add(&x->pack, name, page, strlen(page), e)) < 0)
			return r;
	}
	return 0;
}

static int
add_csv(struct export *x, const struct subject_list *list, const json_t *rows,
    struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int r;

	if ((r = csv_out(&b, rows, list->columns, e)) < 0)
		return r;
	return pack_add(&x->pack, list->file, b.p, b.len, e);
}

static int
add_lists(struct export *x, struct err *e)
{
	const struct subject_list *list;
	int r;

	for (list = subject_lists; list->file != NULL; list++) {
		AUTO(json_decrefp)
		json_t *made =
		    list->make != NULL
			? list->make(x->j)
			: json_incref(json_object_get(x->j, list->member));

		if (list->make != NULL && made == NULL)
			return err_set(e, ERR_NOMEM, "csv");
		if ((r = add_csv(x, list, made, e)) < 0)
			return r;
	}
	return add_csv(x, &subject_originals, x->files, e);
}

static int
fill(struct export *x, struct err *e)
{
	AUTO(buf_done) struct buf page = { 0 };
	int r;

	if ((r = subject_page(x->j, &page, e)) < 0 ||
	    (r = pack_add(&x->pack, "LISEZMOI.txt", page.p, page.len, e)) < 0 ||
	    (r = add_json(x, ANSWER_FILE, x->j, e)) < 0 ||
	    (r = add_receipts(x, e)) < 0 || (r = add_originals(x, e)) < 0 ||
	    (r = add_lists(x, e)) < 0)
		return r;
	return pack_commit(&x->pack, e);
}

static int
tell(struct export *x, const char *output)
{
	AUTO(json_decrefp)
	json_t *j = json_pack("{s:s, s:I, s:I, s:I}", "file", output, "leaf",
	    (json_int_t)jint(x->j, "leaf"), "originals",
	    (json_int_t)json_array_size(x->files), "withheld",
	    (json_int_t)jcount(x->j, "withheld"));

	if (cli_print_json(x->c, j))
		return 0;
	printf(_("Copie pour la personne : %s, inscription n° %lld\n"
		 "Originaux joints : %zu ; retenu : %zu (retenu.csv)\n"),
	    output, jint(x->j, "leaf"), json_array_size(x->files),
	    jcount(x->j, "withheld"));
	return 0;
}

static int
export_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(export_done)
	struct export x = {
		.c = c,
		.kase = argv[0],
		.pack = { .fd = -1, .tar.fd = -1 },
		.files = json_array(),
	};
	const char *output;
	int64_t at;
	int r;

	(void)argc;
	if (x.files == NULL)
		return err_set(e, ERR_NOMEM, "export");
	if ((r = cli_required(c, "person", &x.person, e)) < 0 ||
	    (r = cli_required(c, "output", &output, e)) < 0 ||
	    (r = pack_begin(&x.pack, output, 0, e)) < 0 ||
	    (r = cli_get(c, &x.j, e, "/v1/cases/%/persons/%/export", argv[0],
		 x.person)) < 0)
		return r;
	if (time_parse(jstr(x.j, "made_at"), &at, NULL) == 0)
		x.pack.now = at / 1000;
	if ((r = fill(&x, e)) < 0)
		return r;
	return tell(&x, output);
}

static const char *const export_options[] = { "person", "output", NULL };

const struct cmd cmd_subject_export = {
	.noun = "subject",
	.verb = "export",
	.usage = N_("DOSSIER"),
	.about = N_("la copie d'une personne : ses données et originaux, "
		    "destinataires, accès (--person, -o COPIE.tar ou "
		    "DOSSIER)"),
	.options = export_options,
	.min_args = 1,
	.max_args = 1,
	.run = export_run,
};
