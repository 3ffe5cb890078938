#include "client/logexport.h"

#include <fcntl.h>
#include <jansson.h>

#include "base/rw.h"
#include "client/logfolder.h"

#define ROUNDS 8 /* of looking for a part that goes on growing */
#define AHEAD 4	 /* leaves that one look at the log may add */

struct export
{
	struct cli *c;
	const struct folder *folder;
	const char *under; /* "" or "journal/" */
	struct note_key key;
	struct checkpoint head;
	int partial; /* which files this pass gets */
};

/* A file of the log's part of the folder. */
static int
put(const struct export *x, const char *dir, const char *name,
    const struct buf *b, struct err *e)
{
	char path[160];

	snprintf(path, sizeof(path), "%s%s%s", x->under, dir, name);
	return folder_write(x->folder, path, b->p, b->len, 0644, e);
}

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
	return put(x, "", path, &b, e);
}

/* The key that is given, or the vault's own word for it. */
static int
find_key(struct export *x, const char *given, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const char *s = given;
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

/*
 * The signed months of the bilan, before the head: a month that is frozen
 * meanwhile would name a leaf beyond it. Who may export the log and not read
 * reports has the log without them.
 */
static int
fetch_bilans(struct export *x, int *denied, struct err *e)
{
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *m;
	size_t i;
	int r;

	r = cli_get(x->c, &j, e, "/v1/reports/vouchers");
	*denied = r == -(int)ERR_DENIED;
	if (r < 0)
		return *denied ? 0 : r;
	json_array_foreach(json_object_get(j, "months"), i, m)
	{
		AUTO(buf_done) struct buf note = { 0 };
		const char *month = jstr(m, "month");

		/* A name of a file, by the word of the vault. */
		if (strlen(month) != 7 || strspn(month, "0123456789-") != 7)
			return err_set(e, ERR_INTEGRITY, "month");
		if ((r = buf_addstr(&note, jstr(m, "note"), e)) < 0 ||
		    (r = put(x, LOG_BILANS "/", month, &note, e)) < 0)
			return r;
	}
	return 0;
}

static int
fetch_all(struct export *x, struct log_exported *out, struct err *e)
{
	AUTO(buf_done) struct buf note = { 0 };
	int r;

	if ((r = fetch_bilans(x, &out->bilans_denied, e)) < 0 ||
	    (r = get_head(x, &note, &x->head, e)) < 0 ||
	    (r = put(x, "", "checkpoint", &note, e)) < 0)
		return r;
	/* What others do makes these go first. */
	for (x->partial = 1; x->partial >= 0; x->partial--)
		if ((r = logfolder_tiles(x->head.size, fetch, x, e)) < 0)
			return r;
	return 0;
}

int
log_export(struct cli *c, const struct folder *folder, const char *under,
    const char *key, struct log_exported *out, struct err *e)
{
	struct export x = { .c = c, .folder = folder, .under = under };
	AUTO(mem_freep) char *path = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = find_key(&x, key, e)) < 0 || (r = fetch_all(&x, out, e)) < 0 ||
	    (r = folder_path(folder, under, &path, e)) < 0)
		return r;
	out->key = x.key;
	return logfolder_check(path, &x.key, NULL, &out->report, e);
}
