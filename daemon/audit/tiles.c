/*
 * The log as files that anyone can check: C2SP tlog-tiles. A full tile is
 * written once, and synced before it gets its name; partial ones and the
 * checkpoint are made anew from the catalog at every start.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/audit/log.h"

#define TEMPORARY ".new"
#define DEPTH_MAX 8 /* folders under tile/ */

/* The folders on the way to path. */
static int
parents(int dirfd, const char *path, struct err *e)
{
	char part[128];
	const char *p;
	int r;

	for (p = strchr(path, '/'); p != NULL; p = strchr(p + 1, '/')) {
		snprintf(part, sizeof(part), "%.*s", (int)(p - path), path);
		if ((r = dir_make(dirfd, part, 0750, e)) < 0)
			return r;
	}
	return 0;
}

static int
create(int dirfd, const char *path, int *fd, struct err *e)
{
	int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, r;

	*fd = openat(dirfd, path, flags, 0640);
	if (*fd < 0 && errno == ENOENT) {
		if ((r = parents(dirfd, path, e)) < 0)
			return r;
		*fd = openat(dirfd, path, flags, 0640);
	}
	if (*fd < 0)
		return err_sys(e, ERR_IO, "%s", path);
	return 0;
}

int
tiles_put(int dirfd, const char *path, const void *p, size_t n, int durable,
    struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	char temporary[128];
	int r;

	snprintf(temporary, sizeof(temporary), "%s%s", path, TEMPORARY);
	if ((r = create(dirfd, temporary, &fd, e)) < 0)
		return r;
	if ((r = fd_write_all(fd, p, n, e)) == 0 && durable &&
	    fdatasync(fd) < 0)
		r = err_sys(e, ERR_IO, "%s", path);
	if (r == 0 && renameat(dirfd, temporary, dirfd, path) < 0)
		r = err_sys(e, ERR_IO, "%s", path);
	if (r < 0)
		unlinkat(dirfd, temporary, 0);
	return r;
}

/* Hashes of tile n at level, width of them. */
static int
hashes(const struct tiles *t, int level, uint64_t n, unsigned width,
    struct buf *out, struct err *e)
{
	struct hash h;
	unsigned i;
	int r = 0;

	pthread_rwlock_rdlock(&t->a->lock);
	for (i = 0; i < width && r == 0; i++)
		if ((r = merkle_node(t->a->tree, 8 * (unsigned)level,
			 n * TILE_WIDTH + i, &h, e)) == 0)
			r = buf_add(out, h.b, HASH_LEN, e);
	pthread_rwlock_unlock(&t->a->lock);
	return r;
}

/* Entries of bundle n, each behind its length (u16, big-endian). */
static int
entries(const struct tiles *t, uint64_t n, unsigned width, struct buf *out,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint8_t head[2];
	const void *p;
	unsigned i;
	size_t len;
	int r;

	if ((r = sql_open(t->tx,
		 "SELECT entry FROM leaf WHERE seq >= ? ORDER BY seq LIMIT ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)(n * TILE_WIDTH), e)) < 0 ||
	    (r = sql_int(q, 2, width, e)) < 0)
		return r;
	for (i = 0; (r = sql_step(q, e)) > 0; i++) {
		p = sql_get_blob(q, 0, &len);
		if (len > UINT16_MAX)
			return err_set(e, ERR_INTEGRITY,
			    "audit: an entry of %zu bytes", len);
		head[0] = (uint8_t)(len >> 8);
		head[1] = (uint8_t)len;
		if ((r = buf_add(out, head, 2, e)) < 0 ||
		    (r = buf_add(out, p, len, e)) < 0)
			return r;
	}
	if (r == 0 && i != width)
		return err_set(e, ERR_INTEGRITY, "audit: leaves are missing");
	return r;
}

/* level -1 is the entries. */
static int
tile(
    const struct tiles *t, int level, uint64_t n, unsigned width, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int full = width == TILE_WIDTH, r;
	struct stat st;
	char path[96];

	tile_path(level, n, width, path);
	if (full && t->keep && fstatat(t->dirfd, path, &st, 0) == 0 &&
	    (level < 0 || st.st_size == TILE_WIDTH * HASH_LEN))
		return 0;
	r = level < 0 ? entries(t, n, width, &b, e)
		      : hashes(t, level, n, width, &b, e);
	if (r < 0)
		return r;
	return tiles_put(t->dirfd, path, b.p, b.len, full && t->durable, e);
}

/* Nodes of a level in a log of size leaves. */
static uint64_t
nodes(int level, uint64_t size)
{
	return level <= 0 ? size : size >> 8 * level;
}

int
tiles_write(const struct tiles *t, struct err *e)
{
	uint64_t n, from, to;
	int level, r;

	for (level = -1; level < TILE_LEVELS; level++) {
		to = nodes(level, t->size);
		from = nodes(level, t->from);
		if (from == to)
			continue;
		for (n = from / TILE_WIDTH; n < to / TILE_WIDTH; n++)
			if ((r = tile(t, level, n, TILE_WIDTH, e)) < 0)
				return r;
		if (to % TILE_WIDTH > 0 &&
		    (r = tile(t, level, n, (unsigned)(to % TILE_WIDTH), e)) < 0)
			return r;
	}
	return 0;
}

/* The partial tile of level, if size has one. */
static int
partial(int level, uint64_t size, char path[96])
{
	uint64_t n = nodes(level, size);

	if (n % TILE_WIDTH == 0)
		return 0;
	tile_path(level, n / TILE_WIDTH, (unsigned)(n % TILE_WIDTH), path);
	return 1;
}

void
tiles_drop(int dirfd, uint64_t old, uint64_t size)
{
	char was[96], is[96];
	int level;

	for (level = -1; level < TILE_LEVELS; level++) {
		if (!partial(level, old, was) ||
		    (partial(level, size, is) && strcmp(was, is) == 0))
			continue;
		unlinkat(dirfd, was, 0);
		*strrchr(was, '/') = '\0';
		/* Not empty when the new one is its neighbour. */
		unlinkat(dirfd, was, AT_REMOVEDIR);
	}
}

static int
ends(const char *s, const char *with)
{
	size_t n = strlen(s), m = strlen(with);

	return n >= m && strcmp(s + n - m, with) == 0;
}

static int
is_current(const char *path, uint64_t size)
{
	char is[96];
	int level;

	for (level = -1; level < TILE_LEVELS; level++)
		if (partial(level, size, is) && strcmp(path, is) == 0)
			return 1;
	return 0;
}

static int tidy(
    int dirfd, const char *path, uint64_t size, int depth, struct err *e);

static int
tidy_entry(int dirfd, const char *path, uint64_t size, int depth, struct err *e)
{
	struct stat st;
	int r;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, ERR_IO, "%s", path);
	if (S_ISDIR(st.st_mode)) {
		if (depth == 0)
			return 0;
		r = tidy(dirfd, path, size, depth - 1, e);
		if (ends(path, ".p")) /* if it is empty now */
			unlinkat(dirfd, path, AT_REMOVEDIR);
		return r;
	}
	if (ends(path, TEMPORARY) ||
	    (strstr(path, ".p/") != NULL && !is_current(path, size)))
		unlinkat(dirfd, path, 0);
	return 0;
}

static void
dir_closep(DIR **d)
{
	if (*d != NULL)
		closedir(*d);
}

static int
tidy(int dirfd, const char *path, uint64_t size, int depth, struct err *e)
{
	AUTO(dir_closep) DIR *d = NULL;
	struct dirent *de;
	char inner[256];
	int fd, r;

	fd = openat(
	    dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0 || (d = fdopendir(fd)) == NULL) {
		fd_closep(&fd);
		return err_sys(e, ERR_IO, "%s", path);
	}
	while ((de = readdir(d)) != NULL) {
		if (de->d_name[0] == '.')
			continue;
		if (snprintf(inner, sizeof(inner), "%s/%s", path, de->d_name) >=
		    (int)sizeof(inner))
			continue;
		if ((r = tidy_entry(dirfd, inner, size, depth, e)) < 0)
			return r;
	}
	return 0;
}

int
tiles_tidy(int dirfd, uint64_t size, struct err *e)
{
	return tidy(dirfd, "tile", size, DEPTH_MAX, e);
}
