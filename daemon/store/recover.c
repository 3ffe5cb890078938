/*
 * Opening after whatever happened: the rows decide. Tails of open segments
 * are cut after the last byte a row claims; files without a row go.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/store/inside.h"

#define IDENTITY "identity" /* the file that ties store and catalog */

/* --- one store, one catalog --- */

static int
catalog_identity(struct tx *tx, struct id *id, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "SELECT id FROM store_identity", &q, e)) < 0 ||
	    (r = sql_step(q, e)) <= 0)
		return r;
	if ((r = sql_get_id(q, 0, id, e)) < 0)
		return r;
	return 1;
}

static int
enter_identity(struct tx *tx, const struct id *id, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO store_identity (one, id) VALUES (1, ?)", &q, e)) <
		0 ||
	    (r = sql_id(q, 1, id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
file_identity(struct store *s, struct id *id, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int r;

	r = file_read(s->dir, IDENTITY, ID_LEN, &b, e);
	if (r == -ERR_NOT_FOUND)
		return 0;
	if (r < 0)
		return r;
	if (b.len != ID_LEN)
		return err_set(e, ERR_INTEGRITY, "the store's identity");
	memcpy(id->b, b.p, ID_LEN);
	return 1;
}

static int
is_empty(struct store *s, const char *path, struct err *e)
{
	int fd = openat(s->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *d;
	int empty = 1;
	DIR *dir;

	if (fd < 0 || (dir = fdopendir(fd)) == NULL) {
		fd_closep(&fd);
		return err_sys(e, ERR_IO, "%s", path);
	}
	while (empty && (d = readdir(dir)) != NULL)
		empty = d->d_name[0] == '.';
	closedir(dir);
	return empty;
}

/* A catalog that knows of no store may only be given an empty one. */
static int
first_identity(
    struct store *s, struct tx *tx, struct id *id, int has, struct err *e)
{
	int r, segments, packs;

	if ((segments = is_empty(s, "segments", e)) < 0)
		return segments;
	if ((packs = is_empty(s, "objects/pack", e)) < 0)
		return packs;
	if (!segments || !packs)
		return err_tag(e, ERR_INCONSISTENT, "another-store",
		    "the store belongs to another catalog");
	if (!has &&
	    ((r = id_random(id, e)) < 0 ||
		(r = file_write(s->dir, IDENTITY, id->b, ID_LEN, 0600, e)) < 0))
		return r;
	return enter_identity(tx, id, e);
}

/*
 * The store of one catalog is never opened with another: what has no row
 * would be collected.
 */
static int
check_identity(struct store *s, struct tx *tx, struct err *e)
{
	struct id row = { 0 }, file = { 0 };
	int r, has;

	if ((has = file_identity(s, &file, e)) < 0)
		return has;
	if ((r = catalog_identity(tx, &row, e)) < 0)
		return r;
	if (r == 0)
		return first_identity(s, tx, &file, has, e);
	if (!has)
		return err_tag(e, ERR_INCOMPLETE, "store-missing",
		    "the store of this catalog is missing");
	if (!id_equal(&row, &file))
		return err_tag(e, ERR_INCONSISTENT, "another-store",
		    "the store belongs to another catalog");
	return 0;
}

/* --- segments --- */

/* The last byte that a row of either table claims in segment id. */
static int
claimed_end(struct tx *tx, uint64_t id, uint64_t *end, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT max(coalesce((SELECT offset + length FROM chunk"
		 " WHERE segment = ?1 ORDER BY offset DESC LIMIT 1), 0),"
		 " coalesce((SELECT offset + length FROM history"
		 " WHERE segment = ?1 ORDER BY offset DESC LIMIT 1), 0))",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	*end = (uint64_t)sql_get_int(q, 0);
	if (*end < PACK_HEAD)
		*end = PACK_HEAD;
	return 0;
}

/* Cut the tail. A file that is missing or short is reported when read. */
static int
cut_tail(struct store *s, uint64_t id, uint64_t end, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	char path[STORE_PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "segments/%016" PRIx64 ".seg", id);
	fd = openat(s->dir, path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return errno == ENOENT ? 0 : err_sys(e, ERR_IO, "%s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_IO, "%s", path);
	if ((uint64_t)st.st_size <= end)
		return 0;
	if (ftruncate(fd, (off_t)end) < 0 || fdatasync(fd) < 0)
		return err_sys(e, ERR_IO, "%s", path);
	return 0;
}

static int
load_segment(struct store *s, struct tx *tx, struct sql *q, struct err *e)
{
	uint64_t id = (uint64_t)sql_get_int(q, 0);
	uint64_t end = (uint64_t)sql_get_int(q, 3);
	const char *name = sql_get_text(q, 2);
	enum segment_state state =
	    sql_get_int(q, 1) == SEGMENT_CLOSED ? SEGMENT_CLOSED : SEGMENT_OPEN;
	int r;

	if (strlen(name) > 52)
		return err_set(e, ERR_INTEGRITY, "a segment's name");
	if (state == SEGMENT_OPEN && ((r = claimed_end(tx, id, &end, e)) < 0 ||
					 (r = cut_tail(s, id, end, e)) < 0))
		return r;
	return segment_enter(s, id, state, name, end, e);
}

static int
load_segments(struct store *s, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, state, name, size FROM segment ORDER BY id", &q,
		 e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = load_segment(s, tx, q, e)) < 0)
			return r;
	return r;
}

/* --- leftovers --- */

static int
is_open_file(const struct store *s, const char *name)
{
	char want[STORE_PATH_MAX];
	size_t i;

	for (i = 0; i < s->nseg; i++) {
		if (s->seg[i]->state != SEGMENT_OPEN)
			continue;
		snprintf(
		    want, sizeof(want), "%016" PRIx64 ".seg", s->seg[i]->id);
		if (strcmp(want, name) == 0)
			return 1;
	}
	return 0;
}

static int
is_pack_file(const struct store *s, const char *name)
{
	size_t i, len;

	for (i = 0; i < s->nseg; i++) {
		if (s->seg[i]->state != SEGMENT_CLOSED)
			continue;
		len = strlen(s->seg[i]->name);
		if (strncmp(name, s->seg[i]->name, len) == 0 &&
		    (name[len] == '.' || name[len] == '\0'))
			return 1;
	}
	return 0;
}

static int
is_nothing(const struct store *s, const char *name)
{
	(void)s;
	(void)name;
	return 0;
}

/* Remove what keep does not want. *removed counts. */
static int
collect(struct store *s, const char *path,
    int (*keep)(const struct store *, const char *), size_t *removed,
    struct err *e)
{
	int fd = openat(s->dir, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const struct dirent *d;
	DIR *dir;
	int r = 0;

	if (fd < 0 || (dir = fdopendir(fd)) == NULL) {
		fd_closep(&fd);
		return err_sys(e, ERR_IO, "%s", path);
	}
	while (r == 0 && (d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.' || keep(s, d->d_name))
			continue;
		if (unlinkat(dirfd(dir), d->d_name, 0) < 0)
			r = err_sys(e, ERR_IO, "%s/%s", path, d->d_name);
		else
			(*removed)++;
	}
	closedir(dir);
	return r;
}

static int
collect_all(struct store *s, struct err *e)
{
	size_t other = 0, packs = 0;
	uint64_t refs;
	int r;

	if ((r = collect(s, "incoming", is_nothing, &other, e)) < 0 ||
	    (r = collect(s, "segments", is_open_file, &other, e)) < 0 ||
	    (r = collect(s, "objects/pack", is_pack_file, &packs, e)) < 0)
		return r;
	if (other > 0 && (r = store_sync_dir(s, "segments", e)) < 0)
		return r;
	if (packs == 0)
		return 0;
	/* A sweep may have stopped before it wrote them. */
	if ((r = store_sync_dir(s, "objects/pack", e)) < 0)
		return r;
	return refs_write(s, &refs, e);
}

int
recover(struct store *s, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_begin(s->c, &tx, e)) < 0 ||
	    (r = check_identity(s, &tx, e)) < 0 ||
	    (r = load_segments(s, &tx, e)) < 0 || (r = tx_commit(&tx, e)) < 0)
		return r;
	return collect_all(s, e);
}
