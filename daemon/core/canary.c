#include "daemon/core/canary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/core/row.h"

#define SLICE_AT 256	  /* into a chunk: behind its header */
#define WINDOW (1u << 20) /* bytes of a file looked at together */
#define PREFIX_BITS 24	  /* of a slice, for the first look */
#define DEPTH_MAX 8	  /* of folders */
#define CANARY_PATH_MAX 1024

const char *const canary_schema =
    "CREATE TABLE canary ("
    " act BLOB NOT NULL, n INTEGER NOT NULL,"
    " inverted BLOB NOT NULL CHECK (length(inverted) = 32),"
    " PRIMARY KEY (act, n)) STRICT, WITHOUT ROWID;";

/* --- taking --------------------------------------------------------------- */

static int
add_slice(struct buf *slices, const uint8_t *p, size_t n, struct err *e)
{
	size_t at = n >= SLICE_AT + CANARY_LEN ? SLICE_AT : n / 2;

	/* Shorter than that, it is no ciphertext of ours. */
	if (n < 2 * CANARY_LEN)
		return 0;
	return buf_add(slices, p + at, CANARY_LEN, e);
}

static int
take_rows(struct tx *tx, const char *sql, const struct id *id,
    struct buf *slices, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	size_t n;
	int r;

	if ((r = sql_open(tx, sql, &q, e)) < 0 || (r = sql_id(q, 1, id, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		p = sql_get_blob(q, 0, &n);
		if (p != NULL && (r = add_slice(slices, p, n, e)) < 0)
			return r;
	}
	return r;
}

static int
take_part(struct core *core, struct tx *tx, const struct id *owner,
    uint32_t version, enum store_part part, struct buf *slices, struct err *e)
{
	AUTO(store_reader_freep) struct store_reader *reader = NULL;
	AUTO(buf_done) struct buf piece = { 0 };
	int i, r;

	r = store_reader_open(
	    core->store, tx, owner, version, part, &reader, e);
	if (r == -(int)ERR_NOT_FOUND)
		return 0;
	for (i = 0; r == 0 && i < CANARY_PIECES; i++) {
		buf_reset(&piece);
		if ((r = store_reader_next(reader, &piece, e)) < 0 ||
		    piece.len == 0)
			break;
		r = add_slice(slices, piece.p, piece.len, e);
	}
	return r;
}

/* Columns owner, version, part of what the store has. */
static int
take_parts(struct core *core, struct tx *tx, const char *sql,
    const struct id *id, struct buf *slices, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id owner;
	int r;

	if ((r = sql_open(tx, sql, &q, e)) < 0 || (r = sql_id(q, 1, id, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &owner, e)) < 0 ||
		    (r = take_part(core, tx, &owner,
			 (uint32_t)sql_get_int(q, 1),
			 (enum store_part)sql_get_int(q, 2), slices, e)) < 0)
			return r;
	return r;
}

/* Where the ciphertext of each sort of object lies: the sealed columns by its
 * id (a document's, else the case's). */
static const struct {
	enum plan_what what;
	const char *sql;
} sealed[] = {
	{ PLAN_DOCUMENT, "SELECT sealed FROM version WHERE document = ?" },
	{ PLAN_CASE, "SELECT sealed FROM dossier WHERE id = ?" },
	{ PLAN_CASE, "SELECT sealed FROM person WHERE dossier = ?" },
	{ PLAN_CASE, "SELECT sealed FROM case_event WHERE kase = ?" },
	{ PLAN_CASE, "SELECT words FROM objection WHERE kase = ?" },
	{ PLAN_CASE, "SELECT grounds FROM objection WHERE kase = ?" },
	{ PLAN_CASE, "SELECT sealed FROM refusal WHERE kase = ?" },
	{ PLAN_CASE, "SELECT words FROM hold WHERE kase = ?" },
	{ PLAN_CASE, "SELECT page FROM hold WHERE kase = ?" },
	{ PLAN_CASE, "SELECT sealed FROM closing WHERE kase = ?" },
	{ PLAN_CASE, "SELECT sealed FROM visit_draft WHERE dossier = ?" },
	{ PLAN_CASE, "SELECT words FROM request WHERE kase = ?" },
	{ PLAN_CASE, "SELECT extension FROM request WHERE kase = ?" },
	{ PLAN_CASE, "SELECT answer FROM request WHERE kase = ?" },
	{ PLAN_CASE, "SELECT words FROM restriction WHERE kase = ?" },
	{ PLAN_CASE, "SELECT letter FROM restriction WHERE kase = ?" },
	{ PLAN_CASE, "SELECT note FROM breach WHERE kase = ?" },
	{ PLAN_CASE, "SELECT sealed FROM breach WHERE kase = ?" },
	{ PLAN_EXTRACTS, "SELECT sealed FROM extract WHERE kase = ?" },
	{ PLAN_EXTRACTS, "SELECT sealed FROM notice WHERE kase = ?" },
	{ PLAN_CONSENTS, "SELECT v.sealed FROM consent_event v JOIN consent c"
			 " ON v.consent = c.id WHERE c.kase = ?" },
};

/* Parts in the store. */
static const struct {
	enum plan_what what;
	const char *sql;
} stored[] = {
	{ PLAN_DOCUMENT,
	    "SELECT document, version, 1 FROM version WHERE document = ?" },
	{ PLAN_DOCUMENT,
	    "SELECT document, version, part FROM page WHERE document = ?" },
	{ PLAN_CASE,
	    "SELECT p.id, 1, 0 FROM visit_draft_page p"
	    " JOIN visit_draft d ON d.id = p.draft WHERE d.dossier = ?" },
	/* Of a case, or made from a document: the id is one of the two. */
	{ PLAN_EXTRACTS,
	    "SELECT id, 1, 0 FROM extract WHERE kase = ? AND key > 0" },
	{ PLAN_EXTRACTS,
	    "SELECT x.id, 1, 0 FROM extract x JOIN extract_source s"
	    " ON s.extract = x.id WHERE s.document = ? AND x.key > 0" },
};

static int
take_object(struct core *core, struct tx *tx, const struct plan_object *o,
    struct buf *slices, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < NELEMS(sealed); i++)
		if (sealed[i].what == o->what &&
		    (r = take_rows(tx, sealed[i].sql, &o->id, slices, e)) < 0)
			return r;
	for (i = 0; i < NELEMS(stored); i++)
		if (stored[i].what == o->what &&
		    (r = take_parts(
			 core, tx, stored[i].sql, &o->id, slices, e)) < 0)
			return r;
	return 0;
}

int
canary_take(struct core *core, struct tx *tx, const struct plan *plan,
    struct buf *slices, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < plan->n; i++)
		if ((r = take_object(core, tx, &plan->objects[i], slices, e)) <
		    0)
			return r;
	return 0;
}

#define MONTH_SLICES 256

int
canary_take_month(
    struct tx *tx, uint32_t month, struct buf *slices, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	size_t n;
	int r;

	/* All over the month: every so many-th of its entries. */
	if ((r = sql_open(tx,
		 "SELECT sealed FROM detail WHERE month = ?1"
		 " AND seq % (SELECT count(*) / ?2 + 1 FROM detail"
		 " WHERE month = ?1) = 0 LIMIT ?2",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, month, e)) < 0 ||
	    (r = sql_int(q, 2, MONTH_SLICES, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		p = sql_get_blob(q, 0, &n);
		if ((r = add_slice(slices, p, n, e)) < 0)
			return r;
	}
	return r;
}

/* --- keeping -------------------------------------------------------------- */

static void
invert(uint8_t *p)
{
	size_t i;

	for (i = 0; i < CANARY_LEN; i++)
		p[i] = (uint8_t)~p[i];
}

static int
keep_one(struct tx *tx, const struct id *act, int64_t n, const uint8_t *slice,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint8_t inverted[CANARY_LEN];
	int r;

	memcpy(inverted, slice, CANARY_LEN);
	invert(inverted);
	if ((r = sql_open(tx,
		 "INSERT INTO canary (act, n, inverted) VALUES (?, ?, ?)", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, act, e)) < 0 || (r = sql_int(q, 2, n, e)) < 0 ||
	    (r = sql_blob(q, 3, inverted, CANARY_LEN, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
canary_keep(struct tx *tx, const struct id *act, const struct buf *slices,
    struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i + CANARY_LEN <= slices->len; i += CANARY_LEN)
		if ((r = keep_one(tx, act, (int64_t)(i / CANARY_LEN),
			 slices->p + i, e)) < 0)
			return r;
	return 0;
}

int
canary_drop(struct tx *tx, const struct id *act, struct err *e)
{
	return rows_run(tx, "DELETE FROM canary WHERE act = ?", act, e);
}

static int
load(struct core *core, const struct id *act, struct buf *slices, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	AUTO(tx_end) struct tx tx = { 0 };
	const void *p;
	size_t n;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx, "SELECT inverted FROM canary WHERE act = ?", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, act, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		p = sql_get_blob(q, 0, &n);
		if (n != CANARY_LEN)
			return err_set(e, ERR_INTEGRITY, "canary");
		if ((r = buf_add(slices, p, n, e)) < 0)
			return r;
		invert(slices->p + slices->len - CANARY_LEN);
	}
	return r;
}

/* --- looking -------------------------------------------------------------- */

struct hunt {
	const uint8_t *v; /* n slices, ascending */
	size_t n;
	uint8_t *first; /* a bit for each beginning of PREFIX_BITS */
	uint8_t *window;
	char path[CANARY_PATH_MAX];
	int found;
};

static int
compare(const void *a, const void *b)
{
	return memcmp(a, b, CANARY_LEN);
}

static uint32_t
prefix(const uint8_t *p)
{
	return (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];
}

static int
is_in(const struct hunt *s, const uint8_t *p)
{
	uint32_t k = prefix(p);

	if ((s->first[k / 8] & (1u << k % 8)) == 0)
		return 0;
	return bsearch(p, s->v, s->n, CANARY_LEN, compare) != NULL;
}

/* A window at a time; the last bytes of one begin the next. */
static int
look_in_file(struct hunt *s, int fd, struct err *e)
{
	size_t have = 0, i;
	ssize_t k;

	for (;;) {
		k = read(fd, s->window + have, WINDOW - have);
		if (k < 0)
			return err_sys(e, ERR_IO, "cannot read a file");
		if (k == 0)
			return 0;
		have += (size_t)k;
		if (have < CANARY_LEN)
			continue;
		for (i = 0; i + CANARY_LEN <= have; i++)
			if (is_in(s, s->window + i)) {
				s->found = 1;
				return 0;
			}
		memmove(s->window, s->window + have - (CANARY_LEN - 1),
		    CANARY_LEN - 1);
		have = CANARY_LEN - 1;
	}
}

static int look(
    struct hunt *s, int dirfd, const char *name, int depth, struct err *e);

static int
look_in_folder(struct hunt *s, int fd, int depth, struct err *e)
{
	size_t end = strlen(s->path);
	struct dirent *d;
	DIR *dir;
	int r = 0;

	if ((dir = fdopendir(fd)) == NULL) {
		close(fd);
		return err_sys(e, ERR_IO, "cannot read a folder");
	}
	while (r == 0 && !s->found && (d = readdir(dir)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		snprintf(
		    s->path + end, sizeof(s->path) - end, "/%s", d->d_name);
		r = look(s, dirfd(dir), d->d_name, depth + 1, e);
		if (!s->found)
			s->path[end] = '\0';
	}
	closedir(dir);
	return r;
}

/* A file that goes away while we come is no copy any more. */
static int
look(struct hunt *s, int dirfd, const char *name, int depth, struct err *e)
{
	struct stat st;
	int fd, r;

	if (depth > DEPTH_MAX)
		return err_set(
		    e, ERR_TOO_LARGE, "too many folders in %s", s->path);
	fd =
	    openat(dirfd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == ENOENT || errno == ELOOP || errno == ENXIO
			   ? 0
			   : err_sys(e, ERR_IO, "cannot open %s", s->path);
	if (fstat(fd, &st) < 0) {
		close(fd);
		return err_sys(e, ERR_IO, "cannot stat %s", s->path);
	}
	if (S_ISDIR(st.st_mode))
		return look_in_folder(s, fd, depth, e);
	r = S_ISREG(st.st_mode) ? look_in_file(s, fd, e) : 0;
	close(fd);
	return r;
}

static int
search_data(struct core *core, struct buf *slices, struct err *e)
{
	AUTO(mem_freep) uint8_t *first = calloc(1, 1u << (PREFIX_BITS - 3));
	AUTO(mem_freep) uint8_t *window = malloc(WINDOW);
	struct hunt s = {
		.v = slices->p,
		.n = slices->len / CANARY_LEN,
		.first = first,
		.window = window,
		.path = "data",
	};
	char path[SETTINGS_PATH_MAX];
	uint32_t k;
	size_t i;
	int r;

	if (first == NULL || window == NULL)
		return err_set(e, ERR_NOMEM, "canaries");
	qsort(slices->p, s.n, CANARY_LEN, compare);
	for (i = 0; i < s.n; i++) {
		k = prefix(s.v + i * CANARY_LEN);
		first[k / 8] |= (uint8_t)(1u << k % 8);
	}
	if ((r = settings_path(&core->settings, "data", path, e)) < 0 ||
	    (r = look(&s, AT_FDCWD, path, 0, e)) < 0)
		return r;
	if (s.found)
		return err_tag(e, ERR_CONFLICT, "canary-found",
		    "what was destroyed is still in %s: no certificate",
		    s.path);
	return 0;
}

int
canary_scan(struct core *core, const struct id *act, size_t *n, struct err *e)
{
	AUTO(buf_done) struct buf slices = { 0 };
	int r;

	if ((r = load(core, act, &slices, e)) < 0)
		return r;
	if (slices.len > 0 &&
	    (r = search_data(core, &slices, e)) == -(int)ERR_CONFLICT) {
		/* Most likely in the free part of a page of the catalog. */
		if ((r = catalog_rewrite(core->catalog, e)) == 0)
			r = search_data(core, &slices, e);
	}
	if (r < 0)
		return r;
	*n = slices.len / CANARY_LEN;
	return 0;
}
