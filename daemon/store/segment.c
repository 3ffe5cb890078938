#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/store/inside.h"

#define IOV_STEP 512 /* pieces in a system call; below IOV_MAX */

static void
open_path(uint64_t id, char out[STORE_PATH_MAX])
{
	snprintf(out, STORE_PATH_MAX, "segments/%016" PRIx64 ".seg", id);
}

void
segment_path(const struct segment *g, char out[STORE_PATH_MAX])
{
	if (g->state == SEGMENT_OPEN)
		open_path(g->id, out);
	else
		snprintf(
		    out, STORE_PATH_MAX, "objects/pack/%.52s.pack", g->name);
}

static struct segment *
segment_make(uint64_t id, int fd, uint64_t end)
{
	struct segment *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return NULL;
	g->id = id;
	g->fd = fd;
	g->end = g->allocated = end;
	return g;
}

/* Put it in the table; the ids must grow. Under the table's lock. */
static int
table_add(struct store *s, struct segment *g, struct err *e)
{
	size_t cap = s->cap > 0 ? s->cap * 2 : 64;
	struct segment **p;

	if (s->nseg == s->cap) {
		if ((p = reallocarray(s->seg, cap, sizeof(*p))) == NULL)
			return err_set(e, ERR_NOMEM, "segments");
		s->seg = p;
		s->cap = cap;
	}
	s->seg[s->nseg++] = g;
	if (g->id >= s->next_id)
		s->next_id = g->id + 1;
	return 0;
}

static struct segment *
table_find(struct store *s, uint64_t id)
{
	size_t lo = 0, hi = s->nseg, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->seg[mid]->id == id)
			return s->seg[mid];
		if (s->seg[mid]->id < id)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

int
segment_enter(struct store *s, uint64_t id, enum segment_state state,
    const char *name, uint64_t end, struct err *e)
{
	struct segment *g = segment_make(id, -1, end);
	int r;

	if (g == NULL)
		return err_set(e, ERR_NOMEM, "segment");
	g->state = state;
	snprintf(g->name, sizeof(g->name), "%s", name);
	if ((r = table_add(s, g, e)) < 0)
		free(g);
	return r;
}

/* Numbers only grow, also when the file they were drawn for never came. */
static uint64_t
draw_id(struct store *s)
{
	HOLD(&s->lock);

	return s->next_id++;
}

/*
 * Enter an open segment with its pinned descriptor; takes *fd. Two threads
 * may have drawn their numbers in the other order: the table stays sorted.
 */
static int
table_take(struct store *s, uint64_t id, int *fd, uint64_t end,
    struct segment **out, struct err *e)
{
	HOLD(&s->lock);
	struct segment *g = segment_make(id, *fd, end);
	size_t i;
	int r;

	if (g == NULL)
		return err_set(e, ERR_NOMEM, "segment");
	if ((r = table_add(s, g, e)) < 0) {
		free(g);
		return r;
	}
	for (i = s->nseg - 1; i > 0 && s->seg[i - 1]->id > id; i--)
		s->seg[i] = s->seg[i - 1];
	s->seg[i] = g;
	g->pins = 1;
	*fd = -1;
	*out = g;
	return 0;
}

/* A disk that is full answers as the reserve does. */
static int
name_full(struct err *e, int r)
{
	if (r == -ERR_FULL && e != NULL)
		e->tag = "disk-reserve";
	return r;
}

int
segment_new(struct store *s, struct segment **out, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	uint8_t head[PACK_HEAD];
	char path[STORE_PATH_MAX];
	uint64_t id = draw_id(s);
	int r;

	open_path(id, path);
	fd = openat(s->dir, path,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0) {
		r = err_sys(e, ERR_IO, "%s", path);
		return name_full(e, r);
	}
	pack_head(0, head);
	if ((r = fd_write_all(fd, head, sizeof(head), e)) == 0 &&
	    (r = store_sync_dir(s, "segments", e)) == 0)
		r = table_take(s, id, &fd, PACK_HEAD, out, e);
	if (r < 0)
		unlinkat(s->dir, path, 0);
	return name_full(e, r);
}

int
segment_adopt(struct store *s, int *fd, const char *path, uint64_t end,
    struct segment **out, struct err *e)
{
	char to[STORE_PATH_MAX];
	uint64_t id = draw_id(s);
	int r;

	open_path(id, to);
	if (renameat(s->dir, path, s->dir, to) < 0)
		return err_sys(e, ERR_IO, "%s", to);
	if ((r = table_take(s, id, fd, end, out, e)) < 0)
		unlinkat(s->dir, to, 0);
	return r;
}

int
segment_pin(struct store *s, uint64_t id, struct segment **out, struct err *e)
{
	HOLD(&s->lock);
	struct segment *g = table_find(s, id);
	char path[STORE_PATH_MAX];

	if (g == NULL)
		return err_set(e, ERR_NOT_FOUND, "segment %" PRIu64, id);
	if (g->fd < 0) {
		segment_path(g, path);
		g->fd = openat(s->dir, path,
		    (g->state == SEGMENT_OPEN ? O_RDWR : O_RDONLY) | O_CLOEXEC |
			O_NOFOLLOW);
		if (g->fd < 0)
			return err_sys(e,
			    errno == ENOENT ? ERR_INCOMPLETE : ERR_IO, "%s",
			    path);
	}
	g->pins++;
	*out = g;
	return 0;
}

/* Under the table's lock. */
static void
unpin(struct segment *g)
{
	if (--g->pins > 0)
		return;
	fd_closep(&g->fd);
	if (g->gone)
		free(g);
}

void
segment_unpin(struct store *s, struct segment *g)
{
	HOLD(&s->lock);

	unpin(g);
}

void
segment_pin_stage(struct store *s, struct segment *g)
{
	HOLD(&s->lock);

	g->pins++;
	g->stages++;
}

void
segment_unpin_stage(struct store *s, struct segment *g)
{
	HOLD(&s->lock);

	g->stages--;
	unpin(g);
	pthread_cond_broadcast(&s->unpinned);
}

int
segment_wait(struct store *s, struct segment *g, struct err *e)
{
	HOLD(&s->lock);
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += STORE_PIN_WAIT_S;
	while (g->stages > 0)
		if (pthread_cond_clockwait(&s->unpinned, &s->lock,
			CLOCK_MONOTONIC, &until) == ETIMEDOUT)
			return err_set(e, ERR_BUSY,
			    "a filing holds segment %" PRIu64, g->id);
	return 0;
}

/* Room ahead in one piece, so that an append does not wait for it. That
 * there is none is no error here: the write will tell. */
static void
allocate(struct store *s, struct segment *g, uint64_t end)
{
	if (end <= g->allocated || store_room(s) < 4ull * STORE_AHEAD)
		return;
	end += STORE_AHEAD;
	if (fallocate(g->fd, FALLOC_FL_KEEP_SIZE, (off_t)g->allocated,
		(off_t)(end - g->allocated)) == 0)
		g->allocated = end;
}

/* Let go of the first n bytes of the pieces. */
static void
iov_skip(struct iovec **iov, size_t *cnt, size_t n)
{
	while (*cnt > 0 && n >= (*iov)->iov_len) {
		n -= (*iov)->iov_len;
		(*iov)++;
		(*cnt)--;
	}
	if (*cnt > 0) {
		(*iov)->iov_base = (uint8_t *)(*iov)->iov_base + n;
		(*iov)->iov_len -= n;
	}
}

static int
write_pieces(int fd, struct iovec *iov, size_t cnt, uint64_t at, struct err *e)
{
	ssize_t put;

	while (cnt > 0) {
		put = pwritev(
		    fd, iov, (int)(cnt < IOV_STEP ? cnt : IOV_STEP), (off_t)at);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(e, ERR_IO, "append");
		at += (uint64_t)put;
		iov_skip(&iov, &cnt, (size_t)put);
	}
	return 0;
}

int
segment_append(struct store *s, struct segment *g, struct iovec *iov,
    size_t cnt, size_t n, struct err *e)
{
	int r;

	allocate(s, g, g->end + n);
	if ((r = write_pieces(g->fd, iov, cnt, g->end, e)) < 0) {
		if (ftruncate(g->fd, (off_t)g->end) < 0)
			return store_break(s, e, "truncate");
		g->allocated = g->end;
		return name_full(e, r);
	}
	g->end += n;
	return 0;
}

int
segment_sync(struct store *s, struct segment *g, struct err *e)
{
	if (fdatasync(g->fd) < 0)
		return store_break(s, e, "fdatasync");
	return 0;
}

static void
table_remove(struct store *s, struct segment *g)
{
	size_t i;

	for (i = 0; i < s->nseg && s->seg[i] != g; i++)
		;
	if (i == s->nseg)
		return;
	memmove(
	    s->seg + i, s->seg + i + 1, (s->nseg - i - 1) * sizeof(*s->seg));
	s->nseg--;
}

/* The index first: git must not find one without its pack. */
static void
remove_files(struct store *s, const struct segment *g)
{
	char path[STORE_PATH_MAX];

	if (g->state == SEGMENT_CLOSED) {
		snprintf(path, sizeof(path), "objects/pack/%.52s.idx", g->name);
		unlinkat(s->dir, path, 0);
	}
	segment_path(g, path);
	unlinkat(s->dir, path, 0);
}

void
segment_drop(struct store *s, struct segment *g)
{
	HOLD(&s->lock);

	remove_files(s, g);
	table_remove(s, g);
	g->gone = 1;
	if (g->pins == 0)
		free(g);
}

void
segment_free_all(struct store *s)
{
	size_t i;

	for (i = 0; i < s->nseg; i++) {
		fd_closep(&s->seg[i]->fd);
		free(s->seg[i]);
	}
	free(s->seg);
	s->seg = NULL;
	s->nseg = s->cap = 0;
}

int
segment_read(const struct segment *g, const struct place *at, uint8_t *packed,
    enum pack_type *type, struct buf *raw, struct err *e)
{
	int r;

	if (at->length > PACK_PACKED_MAX)
		return err_set(
		    e, ERR_INTEGRITY, "object of %u bytes", at->length);
	if ((r = fd_pread_all(g->fd, packed, at->length, at->offset, e)) < 0)
		return err_wrap(e, "segment %" PRIu64, g->id);
	if (pack_crc(packed, at->length) != at->crc)
		return err_set(e, ERR_INTEGRITY,
		    "segment %" PRIu64 " at %" PRIu64 ": CRC-32", g->id,
		    at->offset);
	if ((r = pack_decode(packed, at->length, 0, type, raw, e)) < 0)
		return err_wrap(
		    e, "segment %" PRIu64 " at %" PRIu64, g->id, at->offset);
	return 0;
}
