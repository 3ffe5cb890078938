/*
 * sceau audit export: the whole log as a folder that anyone can check, with
 * sceau verify log or a tool of their own. It gets its name when it has been
 * checked in the same way.
 */
#include <jansson.h>

#include "base/rw.h"
#include "client/commands.h"
#include "client/folder.h"
#include "client/logfolder.h"
#include "client/out.h"

#define ROUNDS 8 /* of looking for a part that goes on growing */
#define AHEAD 4	 /* leaves that one look at the log may add */

struct export
{
	struct cli *c;
	struct folder folder;
	struct note_key key;
	struct checkpoint head;
	int partial; /* which files this pass gets */
};

static int
get_bytes(struct cli *c, const char *path, struct buf *out, struct err *e)
{
	AUTO(http_exchange_done)
	struct http_exchange x = {
		.method = "GET",
		.path = path,
		.fd = -1,
		.out_fd = -1,
		.purpose = c->purpose,
	};
	struct http *h;
	int r;

	if ((r = cli_http(c, &h, e)) < 0 || (r = http_run(h, &x, e)) < 0)
		return r;
	return buf_add(out, x.text.p, x.text.len, e);
}

static int
get_head(
    struct export *x, struct buf *note, struct checkpoint *head, struct err *e)
{
	int r;

	if ((r = cli_get_text(x->c, "/v1/audit/checkpoint", note, e)) < 0)
		return r;
	return logfolder_head(note, &x->key, head, e);
}

static int
get_tile(struct export *x, int level, uint64_t n, unsigned width,
    struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf query = { 0 };
	char path[96];
	int r;

	tile_path(level, n, width, path);
	if ((r = buf_addstr(&query, "/v1/audit/tile", e)) < 0 ||
	    (r = cli_query(&query, "path", path, e)) < 0)
		return r;
	return get_bytes(x->c, buf_str(&query), out, e);
}

/* The first width entries or hashes of a tile that has more by now. */
static int
cut(int level, unsigned width, struct buf *b)
{
	struct rd rd;
	unsigned i;

	rd_init(&rd, b->p, b->len);
	for (i = 0; i < width; i++)
		rd_borrow(&rd, level < 0 ? rd_u16(&rd) : HASH_LEN);
	if (rd.bad)
		return 0;
	b->len -= rd.left;
	return 1;
}

/* The width that tile n of level has in a log of size leaves. */
static unsigned
width_in(int level, uint64_t n, uint64_t size)
{
	uint64_t nodes = level <= 0 ? size : size >> 8 * level;

	if (nodes <= n * TILE_WIDTH)
		return 0;
	nodes -= n * TILE_WIDTH;
	return nodes < TILE_WIDTH ? (unsigned)nodes : TILE_WIDTH;
}

/*
 * A partial tile is gone as soon as the log has grown, and asking for it
 * makes the log grow. A longer one begins with the same bytes; how long it
 * is, is known from a newer head, give or take what others do meanwhile.
 */
static int
get_grown(struct export *x, int level, uint64_t n, unsigned width,
    struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf note = { 0 };
	struct checkpoint head;
	unsigned w, was = 0;
	int round, ahead, r;

	for (round = 0; round < ROUNDS; round++) {
		buf_reset(&note);
		if ((r = get_head(x, &note, &head, e)) < 0)
			return r;
		for (ahead = 0; ahead < AHEAD; ahead++) {
			w = width_in(level, n, head.size + (unsigned)ahead);
			if (w < width || w == was)
				continue;
			was = w;
			buf_reset(out);
			r = get_tile(x, level, n, w, out, e);
			if (r == 0 && cut(level, width, out))
				return 0;
			if (r < 0 && r != -(int)ERR_NOT_FOUND)
				return r;
		}
	}
	return err_tag(e, ERR_BUSY, "log-growing", "%d", level);
}

static int
fetch(void *arg, int level, uint64_t n, unsigned width, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct export *x = arg;
	char path[96];
	int r;

	if ((width < TILE_WIDTH) != x->partial)
		return 0;
	r = get_tile(x, level, n, width, &b, e);
	if (r == -(int)ERR_NOT_FOUND && width < TILE_WIDTH)
		r = get_grown(x, level, n, width, &b, e);
	if (r < 0)
		return r;
	tile_path(level, n, width, path);
	return folder_write(&x->folder, path, b.p, b.len, 0644, e);
}

/* The key that is given, or the vault's own word for it. */
static int
find_key(struct export *x, struct err *e)
{
	const char *s = cli_option(x->c, "key");
	AUTO(json_decrefp) json_t *j = NULL;
	int r;

	if (s == NULL) {
		if ((r = cli_get(x->c, &j, e, "/v1/status")) < 0)
			return r;
		s = jstr(j, "log_key");
	}
	if (note_key_parse(s, &x->key, e) < 0)
		return err_set(e, ERR_USAGE, "--key: %s",
		    _("une clé de vérification est attendue"));
	return 0;
}

static int
fetch_all(struct export *x, struct err *e)
{
	AUTO(buf_done) struct buf note = { 0 };
	int r;

	if ((r = find_key(x, e)) < 0 ||
	    (r = get_head(x, &note, &x->head, e)) < 0 ||
	    (r = folder_write(
		 &x->folder, "checkpoint", note.p, note.len, 0644, e)) < 0)
		return r;
	/* What others do makes these go first. */
	for (x->partial = 1; x->partial >= 0; x->partial--)
		if ((r = logfolder_tiles(x->head.size, fetch, x, e)) < 0)
			return r;
	return 0;
}

static void
export_done(struct export *x)
{
	folder_done(&x->folder);
}

static int
export_run(struct cli *c, int argc, char **argv, struct err *e)
{
	AUTO(export_done) struct export x = { .c = c };
	AUTO(json_decrefp) json_t *j = NULL;
	struct logfolder_report report;
	int r;

	(void)argc;
	if ((r = folder_begin(&x.folder, argv[0], e)) < 0 ||
	    (r = fetch_all(&x, e)) < 0 ||
	    (r = logfolder_check(
		 x.folder.temporary, &x.key, NULL, &report, e)) < 0 ||
	    (r = folder_commit(&x.folder, 0755, e)) < 0)
		return r;
	j = json_pack("{s:s, s:s, s:I, s:I}", "folder", x.folder.path, "vault",
	    x.head.origin, "size", (json_int_t)x.head.size, "tiles",
	    (json_int_t)report.tiles);
	if (j == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	if (!cli_print_json(c, j))
		printf(_("Journal exporté et contrôlé : %llu inscriptions\n"),
		    (unsigned long long)x.head.size);
	return 0;
}

static const char *const options[] = { "key", NULL };

const struct cmd cmd_audit_export = {
	.noun = "audit",
	.verb = "export",
	.usage = N_("DOSSIER"),
	.about = N_("tout le journal, en fichiers que chacun peut contrôler"),
	.options = options,
	.min_args = 1,
	.max_args = 1,
	.run = export_run,
};
