/*
 * Appending a group: what is in memory goes into the segment of a lane, with
 * one sync; a pack of its own is adopted by renaming it. Two lanes, so that
 * one caller may fill a segment while another syncs the other one.
 */
#include <unistd.h>

#include "daemon/store/inside.h"

static int
check_stages(struct stage *const *stages, size_t n, size_t *pieces,
    uint64_t *bytes, struct err *e)
{
	size_t i;

	*pieces = 0;
	*bytes = 0;
	for (i = 0; i < n; i++) {
		if (stages[i]->state != STAGE_FINISHED)
			return err_set(e, ERR_INTERNAL,
			    "stage: appended before its end, or twice");
		if (stages[i]->fd >= 0)
			continue;
		*pieces += stages[i]->n;
		*bytes += stages[i]->held;
	}
	return 0;
}

/* The segment of a lane, with room for n more bytes under its limit. */
static int
lane_segment(struct store *s, struct lane *l, uint64_t n, struct err *e)
{
	if (l->seg != NULL && l->seg->end > PACK_HEAD &&
	    l->seg->end + n > STORE_SEGMENT_MAX) {
		segment_unpin(s, l->seg);
		l->seg = NULL;
	}
	return l->seg != NULL ? 0 : segment_new(s, &l->seg, e);
}

static void
gather(struct stage *const *stages, size_t n, struct iovec *iov)
{
	size_t i, k;

	for (i = 0; i < n; i++) {
		if (stages[i]->fd >= 0)
			continue;
		for (k = 0; k < stages[i]->n; k++, iov++) {
			iov->iov_base = stages[i]->blob[k].packed;
			iov->iov_len = stages[i]->blob[k].at.length;
		}
	}
}

/* Where the blobs of a stage lie that was written from offset at on. */
static uint64_t
lay(struct stage *st, uint64_t at)
{
	size_t k;

	for (k = 0; k < st->n; k++) {
		st->blob[k].at.offset = at;
		at += st->blob[k].at.length;
		free(st->blob[k].packed);
		st->blob[k].packed = NULL;
	}
	st->held = 0;
	return at;
}

static void
settle(struct store *s, struct stage *st, struct segment *g)
{
	size_t k;

	for (k = 0; k < st->n; k++)
		st->blob[k].at.segment = g->id;
	st->seg = g;
	st->state = STAGE_APPENDED;
	segment_pin_stage(s, g);
}

static int
append_memory(struct store *s, struct stage *const *stages, size_t n,
    size_t pieces, uint64_t bytes, struct err *e)
{
	struct lane *l = &s->lane[atomic_fetch_add(&s->turn, 1) % STORE_LANES];
	HOLD(&l->lock);
	AUTO(mem_freep) struct iovec *iov = calloc(pieces, sizeof(*iov));
	uint64_t at;
	size_t i;
	int r;

	if (iov == NULL)
		return err_set(e, ERR_NOMEM, "append");
	if ((r = lane_segment(s, l, bytes, e)) < 0)
		return r;
	gather(stages, n, iov);
	at = l->seg->end;
	if ((r = segment_append(s, l->seg, iov, pieces, bytes, e)) < 0 ||
	    (r = segment_sync(s, l->seg, e)) < 0)
		return r;
	for (i = 0; i < n; i++) {
		if (stages[i]->fd >= 0)
			continue;
		at = lay(stages[i], at);
		settle(s, stages[i], l->seg);
	}
	return 0;
}

static int
adopt(struct store *s, struct stage *st, struct err *e)
{
	struct segment *g;
	int r;

	if ((r = segment_adopt(s, &st->fd, st->path, st->fd_end, &g, e)) < 0)
		return r;
	settle(s, st, g);
	st->path[0] = '\0';
	segment_unpin(s, g);
	return 0;
}

/* Everything that may be refused is done when the first pack is adopted. */
static int
adopt_all(struct store *s, struct stage *const *stages, size_t n, struct err *e)
{
	size_t i, adopted = 0;
	int r;

	for (i = 0; i < n; i++) {
		if (stages[i]->fd < 0)
			continue;
		if ((r = adopt(s, stages[i], e)) < 0) {
			s->broken = 1;
			return r;
		}
		adopted++;
	}
	return adopted > 0 ? store_sync_dir(s, "segments", e) : 0;
}

int
store_append(
    struct store *s, struct stage *const *stages, size_t n, struct err *e)
{
	uint64_t bytes;
	size_t pieces;
	int r;

	if ((r = store_check(s, e)) < 0 ||
	    (r = check_stages(stages, n, &pieces, &bytes, e)) < 0 ||
	    (r = store_check_room(s, bytes, e)) < 0)
		return r;
	if (pieces > 0 &&
	    (r = append_memory(s, stages, n, pieces, bytes, e)) < 0)
		return r;
	return adopt_all(s, stages, n, e);
}
