/*
 * Stages: sealed bytes on their way in. They are cut into blobs and packed
 * as they arrive, by the thread that brings them; appending is one write.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/store/inside.h"

#define TAIL_START 65536 /* room of a first blob; it grows as needed */

int
stage_new(struct store *s, struct stage **out, struct err *e)
{
	struct stage *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return err_set(e, ERR_NOMEM, "stage");
	g->s = s;
	g->fd = -1;
	*out = g;
	return 0;
}

static void
forget_memory(struct stage *g)
{
	size_t i;

	for (i = 0; i < g->n; i++) {
		free(g->blob[i].packed);
		g->blob[i].packed = NULL;
	}
	g->held = 0;
}

void
stage_freep(struct stage **gp)
{
	struct stage *g = *gp;

	if (g == NULL)
		return;
	forget_memory(g);
	if (g->path[0] != '\0')
		unlinkat(g->s->dir, g->path, 0);
	fd_closep(&g->fd);
	if (g->seg != NULL)
		segment_unpin_stage(g->s, g->seg);
	buf_done(&g->tail);
	free(g->blob);
	free(g);
	*gp = NULL;
}

uint64_t
stage_size(const struct stage *g)
{
	return g->size;
}

/* Write a blob that is in memory to the file. */
static int
spill_blob(struct stage *g, struct blob *b, struct err *e)
{
	int r;

	if ((r = store_check_room(g->s, b->at.length, e)) < 0)
		return r;
	if ((r = fd_write_all(g->fd, b->packed, b->at.length, e)) < 0) {
		if (e != NULL && e->code == ERR_FULL)
			e->tag = "disk-reserve";
		return r;
	}
	b->at.offset = g->fd_end;
	g->fd_end += b->at.length;
	free(b->packed);
	b->packed = NULL;
	/* Start now what the sync at the end would wait for. */
	sync_file_range(
	    g->fd, (off_t)b->at.offset, b->at.length, SYNC_FILE_RANGE_WRITE);
	return 0;
}

/* Too much for memory: a pack of its own, its name forgotten by a restart. */
static int
spill(struct stage *g, struct err *e)
{
	uint8_t head[PACK_HEAD];
	size_t i;
	int r;

	snprintf(g->path, sizeof(g->path), "incoming/%08lx.seg",
	    (unsigned long)atomic_fetch_add(&g->s->next_stage, 1));
	g->fd = openat(g->s->dir, g->path,
	    O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (g->fd < 0) {
		r = err_sys(e, ERR_IO, "%s", g->path);
		g->path[0] = '\0';
		return r;
	}
	pack_head(0, head);
	if ((r = fd_write_all(g->fd, head, sizeof(head), e)) < 0)
		return r;
	g->fd_end = PACK_HEAD;
	for (i = 0; i < g->n; i++)
		if ((r = spill_blob(g, &g->blob[i], e)) < 0)
			return r;
	g->held = 0;
	return 0;
}

static int
grow(struct stage *g, struct err *e)
{
	size_t cap = g->cap > 0 ? g->cap * 2 : 4;
	struct blob *p;

	if (g->n < g->cap)
		return 0;
	if ((p = reallocarray(g->blob, cap, sizeof(*p))) == NULL)
		return err_set(e, ERR_NOMEM, "stage");
	g->blob = p;
	g->cap = cap;
	return 0;
}

/* The tail becomes a blob. */
static int
cut_blob(struct stage *g, struct err *e)
{
	struct blob *b;
	int r;

	if (g->n == STORE_CHUNKS_MAX)
		return err_set(
		    e, ERR_TOO_LARGE, "more than %u MiB", STORE_CHUNKS_MAX);
	if ((r = grow(g, e)) < 0)
		return r;
	b = &g->blob[g->n];
	memset(b, 0, sizeof(*b));
	b->size = (uint32_t)g->tail.len;
	b->at.length = (uint32_t)pack_length(g->tail.len);
	if ((b->packed = malloc(b->at.length)) == NULL)
		return err_set(e, ERR_NOMEM, "stage");
	g->n++;
	pack_encode(PACK_BLOB, g->tail.p, g->tail.len, b->packed);
	b->at.crc = pack_crc(b->packed, b->at.length);
	if ((r = pack_oid(PACK_BLOB, g->tail.p, g->tail.len, b->at.oid, e)) < 0)
		return r;
	buf_reset(&g->tail);
	if (g->fd >= 0)
		return spill_blob(g, b, e);
	g->held += b->at.length;
	return g->held > STORE_MEMORY_MAX ? spill(g, e) : 0;
}

int
stage_write(struct stage *g, const void *bytes, size_t n, struct err *e)
{
	const uint8_t *p = bytes;
	size_t step;
	int r;

	if (g->state != STAGE_WRITING)
		return err_set(e, ERR_INTERNAL, "stage: written after its end");
	if (g->tail.cap == 0 && (r = buf_reserve(&g->tail, TAIL_START, e)) < 0)
		return r;
	while (n > 0) {
		/* A full tail waits for more: the end may come now. */
		if (g->tail.len == STORE_BLOB_MAX && (r = cut_blob(g, e)) < 0)
			return r;
		step = STORE_BLOB_MAX - g->tail.len;
		step = step < n ? step : n;
		if ((r = buf_add(&g->tail, p, step, e)) < 0)
			return r;
		g->size += step;
		p += step;
		n -= step;
	}
	return 0;
}

int
stage_finish(struct stage *g, struct err *e)
{
	int r;

	if (g->state != STAGE_WRITING)
		return err_set(e, ERR_INTERNAL, "stage: finished twice");
	if (g->size == 0)
		return err_set(e, ERR_INVALID, "an empty object");
	if (g->tail.len > 0 && (r = cut_blob(g, e)) < 0)
		return r;
	buf_done(&g->tail);
	if (g->fd >= 0 && fdatasync(g->fd) < 0)
		return store_break(g->s, e, "fdatasync");
	g->state = STAGE_FINISHED;
	return 0;
}
