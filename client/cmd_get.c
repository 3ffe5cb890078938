/*
 * sceau get: the bytes of a document, whole and checked. A document of
 * several pages goes to a folder, one file a page. With --signed-prefix only
 * what a signature within a PDF covers: what was added later stays behind.
 */
#include <errno.h>
#include <jansson.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/text.h"
#include "client/commands.h"
#include "client/out.h"
#include "client/save.h"

#define PAGES_MAX 64

/* One page, or the signature, on its way. */
struct fetch {
	struct cli *c;
	const char *doc;
	long long page;	    /* 0: the signature, or what beside says */
	const char *beside; /* "proof"; NULL: the signature */
	const char *prefix; /* "last", a number; NULL: all of the page */
	int only;	    /* refuse a document of several pages */
	uint64_t size;
	long pages; /* out: of the document */
	char name[SAVE_NAME_MAX + 1], sha256[2 * SHA256_LEN + 1], leaf[32];
};

static int
fetch_path(const struct fetch *f, struct buf *path, struct err *e)
{
	char page[32];
	int r;

	if ((r = cli_path(path, e,
		 f->page > 0	     ? "/v1/documents/%/content"
		 : f->beside == NULL ? "/v1/documents/%/signature"
				     : "/v1/documents/%/proof",
		 f->doc)) < 0 ||
	    (r = cli_query(path, "version", cli_option(f->c, "version"), e)) <
		0)
		return r;
	snprintf(page, sizeof(page), "%lld", f->page);
	if ((r = cli_query(path, "page", f->page > 1 ? page : NULL, e)) < 0)
		return r;
	return cli_query(path, "signed-prefix", f->prefix, e);
}

static int
one_page_only(struct http_exchange *x, struct err *e)
{
	if (*x->pages == '\0' || strcmp(x->pages, "1") == 0)
		return 0;
	return err_set(e, ERR_USAGE,
	    _("ce document a %s pages : -o DOSSIER/ ou --page N"), x->pages);
}

/* What arrived against what the vault said it sent. */
static int
check_sha256(struct fetch *f, const struct http_exchange *x, struct digest *d,
    struct err *e)
{
	uint8_t got[SHA256_LEN];
	int r;

	if ((r = digest_final(d, got, e)) < 0)
		return r;
	hex_format(got, sizeof(got), f->sha256);
	if (strcmp(f->sha256, x->sha256) != 0)
		return err_tag(e, ERR_INTEGRITY, "content-changed",
		    "SHA-256 %s, %s", f->sha256,
		    *x->sha256 != '\0' ? x->sha256 : "?");
	return 0;
}

/* The bytes to fd, or into text when fd is negative. */
static int
fetch_run(struct fetch *f, int fd, struct buf *text, struct err *e)
{
	AUTO(buf_done) struct buf path = { 0 };
	AUTO(digest_freep) struct digest *d = NULL;
	AUTO(http_exchange_done)
	struct http_exchange x = {
		.method = "GET",
		.fd = -1,
		.out_fd = fd,
		.purpose = f->c->purpose,
		.started = f->only ? one_page_only : NULL,
	};
	struct http *h;
	int r;

	if ((r = fetch_path(f, &path, e)) < 0 ||
	    (r = digest_new(DIGEST_SHA256, &d, e)) < 0 ||
	    (r = cli_http(f->c, &h, e)) < 0)
		return r;
	x.path = buf_str(&path);
	x.digest = d;
	if ((r = http_run(h, &x, e)) < 0)
		return r;
	if (fd < 0 && ((f->only && (r = one_page_only(&x, e)) < 0) ||
			  (r = digest_add(d, x.text.p, x.text.len, e)) < 0 ||
			  (r = buf_add(text, x.text.p, x.text.len, e)) < 0))
		return r;
	f->pages = strtol(x.pages, NULL, 10);
	save_name(x.name, f->name);
	snprintf(f->leaf, sizeof(f->leaf), "%s", x.leaf);
	return check_sha256(f, &x, d, e);
}

/* --- to a terminal, a file, a folder ---------------------------------- */

static int
to_terminal(struct fetch *f, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	int r;

	if ((r = fetch_run(f, -1, &text, e)) < 0)
		return r;
	if (!utf8_is_valid(text.p, text.len) ||
	    strlen(buf_str(&text)) != text.len)
		return err_tag(e, ERR_USAGE, "terminal", "-o %s", f->name);
	out_page(stdout, buf_str(&text));
	return 0;
}

static json_t *
fetched_json(const struct fetch *f, const char *path)
{
	return json_pack("{s:s%, s:s, s:I}", "file", path, strlen(path),
	    "sha256", f->sha256, "leaf",
	    (json_int_t)strtoll(f->leaf, NULL, 10));
}

static int
to_file(struct fetch *f, const char *path, json_t *files, struct err *e)
{
	AUTO(save_done) struct save s = { .fd = -1 };
	int r;

	if ((r = save_begin(&s, path, cli_option(f->c, "force") != NULL, e)) <
		0 ||
	    (r = fetch_run(f, s.fd, NULL, e)) < 0 ||
	    (r = save_commit(&s, e)) < 0)
		return r;
	json_array_append_new(files, fetched_json(f, path));
	if (!f->c->json) {
		fputs(_("Enregistré : "), stdout);
		out_text(stdout, path);
		putchar('\n');
	}
	return 0;
}

/* The name that a page gets is known when it arrives: it goes to a file
 * named after its number first, in the same way as any other. */
static int
page_to_folder(
    struct fetch *f, const char *folder, json_t *files, struct err *e)
{
	AUTO(save_done) struct save s = { .fd = -1 };
	AUTO(mem_freep) char *first = NULL, *path = NULL;
	int force = cli_option(f->c, "force") != NULL, r;

	if (asprintf(&first, "%s/.page-%lld", folder, f->page) < 0) {
		first = NULL;
		return err_set(e, ERR_NOMEM, "file");
	}
	if ((r = save_begin(&s, first, force, e)) < 0 ||
	    (r = fetch_run(f, s.fd, NULL, e)) < 0)
		return r;
	if (f->pages < 1 || f->pages > PAGES_MAX)
		return err_tag(e, ERR_UNAVAILABLE, "answer", "Sceau-Pages");
	r = f->pages == 1
		? asprintf(&path, "%s/%s", folder, f->name)
		: asprintf(&path, "%s/%02lld-%s", folder, f->page, f->name);
	if (r < 0) {
		path = NULL;
		return err_set(e, ERR_NOMEM, "file");
	}
	s.path = path;
	if ((r = save_commit(&s, e)) < 0)
		return r;
	json_array_append_new(files, fetched_json(f, path));
	if (!f->c->json) {
		fputs(_("Enregistré : "), stdout);
		out_text(stdout, path);
		putchar('\n');
	}
	return 0;
}

static int
to_folder(struct fetch *f, const char *folder, json_t *files, struct err *e)
{
	int all = f->page == 1 && cli_option(f->c, "page") == NULL, r;

	if (mkdir(folder, 0700) < 0 && errno != EEXIST)
		return err_sys(e, ERR_IO, "%s", folder);
	do {
		if ((r = page_to_folder(f, folder, files, e)) < 0)
			return r;
		f->page++;
	} while (all && f->page <= f->pages);
	return 0;
}

static int
is_folder(const char *path)
{
	size_t n = strlen(path);
	struct stat st;

	return (n > 0 && path[n - 1] == '/') ||
	       (stat(path, &st) == 0 && S_ISDIR(st.st_mode));
}

static int
to_output(struct fetch *f, const char *path, struct err *e)
{
	AUTO(json_decrefp) json_t *j = json_object();
	json_t *files = json_array();
	int r;

	if (json_object_set_new(j, "files", files) < 0)
		return err_set(e, ERR_NOMEM, "answer");
	json_object_set_new(j, "document", json_string(f->doc));
	if (is_folder(path)) {
		r = to_folder(f, path, files, e);
	} else {
		f->only = f->page == 1 && cli_option(f->c, "page") == NULL;
		r = to_file(f, path, files, e);
	}
	if (r < 0)
		return r;
	cli_print_json(f->c, j);
	return 0;
}

/* --signed-prefix, --signed-prefix=N: only what a signature covers. */
static int
take_prefix(struct cli *c, struct fetch *f, struct err *e)
{
	const char *which = cli_option(c, "signed-prefix");
	long long n = 0;
	int r;

	if (which == NULL)
		return 0;
	if (*which != '\0' &&
	    (r = cli_number(c, "signed-prefix", INT32_MAX, &n, e)) < 0)
		return r;
	if (cli_option(c, "signature") != NULL || cli_option(c, "page") != NULL)
		return err_set(e, ERR_USAGE,
		    _("--signed-prefix va sans --page ni --signature"));
	f->prefix = *which != '\0' ? which : "last";
	return 0;
}

static int
get_run(struct cli *c, int argc, char **argv, struct err *e)
{
	const char *path = cli_option(c, "output");
	struct fetch f = { .c = c, .doc = argv[0], .page = 1 };
	long long version = 0;
	int r;

	(void)argc;
	if ((r = cli_number(c, "page", PAGES_MAX, &f.page, e)) < 0 ||
	    (r = cli_number(c, "version", INT32_MAX, &version, e)) < 0)
		return r;
	if (cli_option(c, "signature") != NULL ||
	    cli_option(c, "proof") != NULL)
		f.page = 0;
	if (cli_option(c, "proof") != NULL)
		f.beside = "proof";
	if ((r = take_prefix(c, &f, e)) < 0)
		return r;
	if (path != NULL)
		return to_output(&f, path, e);
	if (c->json)
		return err_set(e, ERR_USAGE, _("avec --json : -o FICHIER"));
	f.only = f.page == 1 && cli_option(c, "page") == NULL;
	if (isatty(STDOUT_FILENO))
		return to_terminal(&f, e);
	return fetch_run(&f, STDOUT_FILENO, NULL, e);
}

static const char *const options[] = { "version", "page", "signature!",
	"proof!", "signed-prefix?", "output", "force!", NULL };

const struct cmd cmd_get = {
	.noun = "get",
	.usage = N_("DOCUMENT"),
	.about = N_("le contenu d'un document (-o FICHIER, ou -o DOSSIER/ "
		    "pour plusieurs pages)"),
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = get_run,
};
