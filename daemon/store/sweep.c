/*
 * Sweeping: the living objects of segments with dead bytes are copied to a
 * new pack, their offsets move in one transaction, the old files go. What no
 * row claims is dead, so a commit nothing needs leaves like an erased blob.
 */
#include <inttypes.h>

#include "base/file.h"
#include "daemon/store/inside.h"

struct victim {
	uint64_t id, size, live;
};

struct moved {
	uint64_t segment, from, to;
	int history; /* whose row it is: chunk's or history's */
};

struct sweep {
	struct store *s;
	const struct store_hooks *h;
	struct store_report *rep;
	struct victim *victim; /* all of the sweep */
	size_t n, cap;
	size_t first, next;  /* of the batch: [first, next) */
	struct segment *out; /* pinned; NULL while nothing is living */
	char name[STORE_PATH_MAX];
	struct moved *moved;
	size_t nmoved, moved_cap;
	uint8_t *packed;
};

static void
sweep_done(struct sweep *w)
{
	if (w->out != NULL)
		segment_unpin(w->s, w->out);
	free(w->victim);
	free(w->moved);
	free(w->packed);
}

/* --- which segments --- */

static int
add_victim(struct sweep *w, const struct victim *v, struct err *e)
{
	size_t cap = w->cap > 0 ? w->cap * 2 : 16;
	struct victim *p;

	if (w->n == w->cap) {
		if ((p = reallocarray(w->victim, cap, sizeof(*p))) == NULL)
			return err_set(e, ERR_NOMEM, "sweep");
		w->victim = p;
		w->cap = cap;
	}
	w->victim[w->n++] = *v;
	return 0;
}

static int
load_segments(struct sweep *w, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct victim v;
	int r;

	if ((r = tx_read(w->s->c, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT id, size,"
		 " (SELECT coalesce(sum(length), 0) FROM chunk"
		 "  WHERE segment = segment.id),"
		 " (SELECT coalesce(sum(length), 0) FROM history"
		 "  WHERE segment = segment.id)"
		 " FROM segment WHERE state = 1 ORDER BY id",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		v.id = (uint64_t)sql_get_int(q, 0);
		v.size = (uint64_t)sql_get_int(q, 1) - PACK_HEAD;
		v.live = (uint64_t)(sql_get_int(q, 2) + sql_get_int(q, 3));
		if (v.live > v.size)
			return err_set(e, ERR_INTEGRITY,
			    "segment %" PRIu64 " has more rows than bytes",
			    v.id);
		if ((r = add_victim(w, &v, e)) < 0)
			return r;
	}
	return r;
}

/* Keep those with too many dead bytes, and all small ones if they are many. */
static void
choose(struct sweep *w, double share)
{
	size_t i, small = 0, kept = 0;
	const struct victim *v;

	for (i = 0; i < w->n; i++)
		small += w->victim[i].size < STORE_SMALL;
	for (i = 0; i < w->n; i++) {
		v = &w->victim[i];
		if ((double)(v->size - v->live) > share * (double)v->size ||
		    (small > STORE_SMALL_MAX && v->size < STORE_SMALL))
			w->victim[kept++] = *v;
	}
	w->n = kept;
}

/* --- copying --- */

static int
add_moved(struct sweep *w, const struct moved *m, struct err *e)
{
	size_t cap = w->moved_cap > 0 ? w->moved_cap * 2 : 1024;
	struct moved *p;

	if (w->nmoved == w->moved_cap) {
		if ((p = reallocarray(w->moved, cap, sizeof(*p))) == NULL)
			return err_set(e, ERR_NOMEM, "sweep");
		w->moved = p;
		w->moved_cap = cap;
	}
	w->moved[w->nmoved++] = *m;
	return 0;
}

/* A flaw is not copied as if it were sound: the old file stays then. */
static int
copy_object(struct sweep *w, const struct segment *g, const struct place *at,
    int history, struct err *e)
{
	struct moved m = { g->id, at->offset, 0, history };
	struct iovec iov = { w->packed, at->length };
	int r;

	if (at->length > PACK_PACKED_MAX)
		return err_set(
		    e, ERR_INTEGRITY, "object of %u bytes", at->length);
	if ((r = fd_pread_all(g->fd, w->packed, at->length, at->offset, e)) < 0)
		return r;
	if (pack_crc(w->packed, at->length) != at->crc)
		return err_set(e, ERR_INTEGRITY,
		    "segment %" PRIu64 " at %" PRIu64 ": CRC-32", g->id,
		    at->offset);
	if (w->out == NULL && (r = segment_new(w->s, &w->out, e)) < 0)
		return r;
	m.to = w->out->end;
	if ((r = segment_append(w->s, w->out, &iov, 1, at->length, e)) < 0)
		return r;
	return add_moved(w, &m, e);
}

static int
copy_rows(struct sweep *w, const struct segment *g, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct place at = { 0 };
	int r;

	if ((r = tx_read(w->s->c, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT offset, length, crc, 0 FROM chunk WHERE segment = ?1"
		 " UNION ALL"
		 " SELECT offset, length, crc, 1 FROM history"
		 " WHERE segment = ?1 ORDER BY 1",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)g->id, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		at.offset = (uint64_t)sql_get_int(q, 0);
		at.length = (uint32_t)sql_get_int(q, 1);
		at.crc = (uint32_t)sql_get_int(q, 2);
		if ((r = copy_object(w, g, &at, (int)sql_get_int(q, 3), e)) < 0)
			return r;
	}
	return r;
}

/* Objects the file has, from the head of the pack. */
static int
object_count(const struct segment *g, uint64_t *n, struct err *e)
{
	uint8_t b[4];
	int r;

	if ((r = fd_pread_all(g->fd, b, sizeof(b), 8, e)) < 0)
		return r;
	*n = (uint64_t)b[0] << 24 | (uint64_t)b[1] << 16 | (uint64_t)b[2] << 8 |
	     b[3];
	return 0;
}

static int
copy_living(struct sweep *w, const struct victim *v, struct err *e)
{
	size_t before = w->nmoved;
	struct segment *g;
	uint64_t objects;
	int r;

	if ((r = segment_pin(w->s, v->id, &g, e)) < 0)
		return r;
	if ((r = segment_wait(w->s, g, e)) == 0 &&
	    (r = object_count(g, &objects, e)) == 0 &&
	    (r = copy_rows(w, g, e)) == 0)
		w->rep->dropped_objects += objects - (w->nmoved - before);
	segment_unpin(w->s, g);
	return r;
}

/* --- entering --- */

static int
move_row(
    struct tx *tx, const struct sweep *w, const struct moved *m, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 m->history ? "UPDATE history SET segment = ?1, offset = ?2"
			      " WHERE segment = ?3 AND offset = ?4"
			    : "UPDATE chunk SET segment = ?1, offset = ?2"
			      " WHERE segment = ?3 AND offset = ?4",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)w->out->id, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)m->to, e)) < 0 ||
	    (r = sql_int(q, 3, (int64_t)m->segment, e)) < 0 ||
	    (r = sql_int(q, 4, (int64_t)m->from, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* The foreign keys refuse it while a row still points there. */
static int
delete_segment(struct tx *tx, uint64_t id, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "DELETE FROM segment WHERE id = ?", &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
sweep_apply(struct tx *tx, void *arg, struct err *e)
{
	const struct sweep *w = arg;
	size_t i;
	int r;

	if (w->out != NULL && (r = close_row(tx, w->out, w->name, e)) < 0)
		return r;
	for (i = 0; i < w->nmoved; i++)
		if ((r = move_row(tx, w, &w->moved[i], e)) < 0)
			return r;
	for (i = w->first; i < w->next; i++)
		if ((r = delete_segment(tx, w->victim[i].id, e)) < 0)
			return r;
	return 0;
}

static int
drop_victim(struct sweep *w, const struct victim *v, struct err *e)
{
	struct segment *g;
	int r;

	if ((r = segment_pin(w->s, v->id, &g, e)) < 0)
		return r;
	segment_drop(w->s, g);
	segment_unpin(w->s, g);
	w->rep->segments++;
	w->rep->dead_bytes += v->size - v->live;
	w->rep->live_bytes += v->live;
	return 0;
}

/*
 * The refs are written again before the old files go: what was forgotten
 * while we copied must not be named by them any more.
 */
static int
finish_batch(struct sweep *w, struct err *e)
{
	uint64_t objects;
	size_t i;
	int r;

	if (w->out != NULL &&
	    (r = close_file(w->s, w->out, w->name, &objects, e)) < 0)
		return r;
	if ((r = w->h->commit(w->h->arg, sweep_apply, w, e)) < 0)
		return r;
	if (w->out != NULL) {
		close_done(w->s, w->out, w->name);
		segment_unpin(w->s, TAKE(w->out));
	}
	w->nmoved = 0;
	if ((r = refs_write(w->s, &w->rep->refs, e)) < 0)
		return r;
	for (i = w->first; i < w->next; i++)
		if ((r = drop_victim(w, &w->victim[i], e)) < 0)
			return r;
	return store_sync_dir(w->s, "objects/pack", e);
}

/* Copy whole segments until the new one is full. */
static int
sweep_batch(struct sweep *w, struct err *e)
{
	int r;

	for (w->first = w->next; w->next < w->n; w->next++) {
		if (w->out != NULL && w->out->end >= STORE_SEGMENT_MAX)
			break;
		if ((r = copy_living(w, &w->victim[w->next], e)) < 0) {
			if (w->out != NULL)
				segment_drop(w->s, w->out);
			return r;
		}
	}
	return finish_batch(w, e);
}

int
store_sweep(struct store *s, const struct store_hooks *h, double share,
    struct store_report *rep, struct err *e)
{
	HOLD(&s->maintenance);
	AUTO(sweep_done) struct sweep w = { .s = s, .h = h, .rep = rep };
	int r;

	memset(rep, 0, sizeof(*rep));
	if ((w.packed = malloc(PACK_PACKED_MAX)) == NULL)
		return err_set(e, ERR_NOMEM, "sweep");
	/* No ref may name what leaves, and open segments have dead bytes. */
	if ((r = publish(s, h, rep, e)) < 0 || (r = load_segments(&w, e)) < 0)
		return r;
	choose(&w, share);
	while (w.next < w.n)
		if ((r = sweep_batch(&w, e)) < 0)
			return r;
	return 0;
}
