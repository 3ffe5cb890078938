/*
 * Closing a segment: count, index and trailer are made from the bytes of the
 * file, so that a segment left by a crash, one of a large object and one
 * that a sweep wrote are closed by the same code.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "daemon/store/inside.h"
#include "daemon/store/packidx.h"

/* Where an object of the file ends; *type and *length are its own. */
static int
measure(const struct segment *g, uint64_t at, size_t *length, struct err *e)
{
	size_t n = PACK_TYPE_MAX, size;
	enum pack_type type;
	uint8_t head[PACK_TYPE_MAX];
	int r;

	n = g->end - at < n ? (size_t)(g->end - at) : n;
	if ((r = fd_pread_all(g->fd, head, n, at, e)) < 0 ||
	    (r = pack_measure(head, n, &type, &size, e)) < 0)
		return r;
	*length = pack_length(size);
	if (*length > g->end - at)
		return err_set(e, ERR_INTEGRITY, "packed object: cut");
	return 0;
}

static int
count_objects(const struct segment *g, uint64_t *count, struct err *e)
{
	uint64_t at = PACK_HEAD;
	size_t length;
	int r;

	for (*count = 0; at < g->end; at += length, (*count)++)
		if ((r = measure(g, at, &length, e)) < 0)
			return err_wrap(
			    e, "segment %" PRIu64 " at %" PRIu64, g->id, at);
	return *count <= UINT32_MAX ? 0 : err_set(e, ERR_TOO_LARGE, "objects");
}

struct scan {
	struct digest *sha1;
	struct packidx idx;
	struct buf raw;
	uint8_t *packed;
};

static void
scan_done(struct scan *x)
{
	digest_freep(&x->sha1);
	packidx_done(&x->idx);
	buf_done(&x->raw);
	mem_freep(&x->packed);
}

static int
scan_object(struct scan *x, const struct segment *g, uint64_t at, size_t length,
    struct err *e)
{
	uint8_t oid[PACK_OID];
	enum pack_type type;
	int r;

	if ((r = fd_pread_all(g->fd, x->packed, length, at, e)) < 0 ||
	    (r = pack_decode(x->packed, length, 1, &type, &x->raw, e)) < 0 ||
	    (r = pack_oid(type, x->raw.p, x->raw.len, oid, e)) < 0 ||
	    (r = digest_add(x->sha1, x->packed, length, e)) < 0)
		return r;
	return packidx_add(&x->idx, oid, pack_crc(x->packed, length), at, e);
}

/* Index every object, and digest the file as a pack of count objects. */
static int
scan_objects(
    struct scan *x, const struct segment *g, uint64_t count, struct err *e)
{
	uint8_t head[PACK_HEAD];
	uint64_t at = PACK_HEAD;
	size_t length;
	int r;

	if ((x->packed = malloc(PACK_PACKED_MAX)) == NULL)
		return err_set(e, ERR_NOMEM, "scan");
	pack_head((uint32_t)count, head);
	if ((r = digest_new(DIGEST_SHA1, &x->sha1, e)) < 0 ||
	    (r = digest_add(x->sha1, head, sizeof(head), e)) < 0)
		return r;
	for (; at < g->end; at += length)
		if ((r = measure(g, at, &length, e)) < 0 ||
		    (r = scan_object(x, g, at, length, e)) < 0)
			return err_wrap(
			    e, "segment %" PRIu64 " at %" PRIu64, g->id, at);
	return 0;
}

/* That it fails is no harm: what counts ends before the trailer. */
static int
write_at(const struct segment *g, const uint8_t *p, size_t n, uint64_t at,
    struct err *e)
{
	ssize_t put = pwrite(g->fd, p, n, (off_t)at);

	if (put < 0)
		return err_sys(e, ERR_IO, "closing a segment");
	if ((size_t)put != n)
		return err_tag(
		    e, ERR_FULL, "disk-reserve", "no room to close a segment");
	return 0;
}

/* Count and trailer, and the room ahead given back. */
static int
complete(struct store *s, const struct segment *g, uint64_t count,
    const uint8_t trailer[PACK_TRAILER], struct err *e)
{
	uint8_t head[PACK_HEAD];
	int r;

	pack_head((uint32_t)count, head);
	if ((r = write_at(g, head, sizeof(head), 0, e)) < 0 ||
	    (r = write_at(g, trailer, PACK_TRAILER, g->end, e)) < 0)
		return r;
	if (ftruncate(g->fd, (off_t)(g->end + PACK_TRAILER)) < 0)
		return store_break(s, e, "truncate");
	if (fsync(g->fd) < 0)
		return store_break(s, e, "fsync");
	return 0;
}

/*
 * The name of a pack may be any; with the segment's number in it two packs
 * of the same bytes do not meet.
 */
static int
make_name(const struct segment *g, const uint8_t trailer[PACK_TRAILER],
    char name[STORE_PATH_MAX], struct err *e)
{
	uint8_t b[PACK_TRAILER + 8], hash[SHA1_LEN];
	size_t i;
	int r;

	memcpy(b, trailer, PACK_TRAILER);
	for (i = 0; i < 8; i++)
		b[PACK_TRAILER + i] = (uint8_t)(g->id >> (56 - 8 * i));
	if ((r = digest_of(DIGEST_SHA1, b, sizeof(b), hash, e)) < 0)
		return r;
	memcpy(name, "pack-", 6);
	for (i = 0; i < SHA1_LEN; i++)
		snprintf(name + 5 + 2 * i, 3, "%02x", hash[i]);
	return 0;
}

/* Pack first, index second: git looks for packs by their indexes. A name
 * that is there already is from a closing that was never entered. */
static int
link_pack(struct store *s, const struct segment *g, const char *name,
    const char *idx, struct err *e)
{
	char from[STORE_PATH_MAX], pack[STORE_PATH_MAX], to[STORE_PATH_MAX];

	snprintf(from, sizeof(from), "segments/%016" PRIx64 ".seg", g->id);
	snprintf(pack, sizeof(pack), "objects/pack/%.52s.pack", name);
	snprintf(to, sizeof(to), "objects/pack/%.52s.idx", name);
	if (linkat(s->dir, from, s->dir, pack, 0) < 0 && errno != EEXIST)
		return err_sys(e, ERR_IO, "%s", pack);
	if (renameat(s->dir, idx, s->dir, to) < 0)
		return err_sys(e, ERR_IO, "%s", to);
	return store_sync_dir(s, "objects/pack", e);
}

static int
write_pack(struct store *s, struct segment *g, struct scan *x, uint64_t count,
    char name[STORE_PATH_MAX], struct err *e)
{
	uint8_t trailer[PACK_TRAILER];
	char idx[STORE_PATH_MAX];
	int r;

	snprintf(idx, sizeof(idx), "objects/pack/tmp_idx_%016" PRIx64, g->id);
	unlinkat(s->dir, idx, 0);
	if ((r = digest_final(x->sha1, trailer, e)) < 0 ||
	    (r = make_name(g, trailer, name, e)) < 0 ||
	    (r = packidx_write(&x->idx, trailer, s->dir, idx, e)) < 0 ||
	    (r = complete(s, g, count, trailer, e)) < 0)
		return r;
	return link_pack(s, g, name, idx, e);
}

int
close_file(struct store *s, struct segment *g, char name[STORE_PATH_MAX],
    uint64_t *objects, struct err *e)
{
	AUTO(scan_done) struct scan x = { 0 };
	int r;

	if ((r = store_check(s, e)) < 0 ||
	    (r = count_objects(g, objects, e)) < 0)
		return r;
	if (*objects == 0)
		return 0;
	if ((r = scan_objects(&x, g, *objects, e)) < 0)
		return r;
	return write_pack(s, g, &x, *objects, name, e);
}

void
close_done(struct store *s, struct segment *g, const char *name)
{
	HOLD(&s->lock);
	char path[STORE_PATH_MAX];

	segment_path(g, path);
	unlinkat(s->dir, path, 0);
	snprintf(g->name, sizeof(g->name), "%s", name);
	g->state = SEGMENT_CLOSED;
}

int
close_row(
    struct tx *tx, const struct segment *g, const char *name, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO segment (id, state, name, size)"
		 " VALUES (?, 1, ?, ?) ON CONFLICT (id) DO UPDATE"
		 " SET state = 1, name = excluded.name,"
		 " size = excluded.size",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)g->id, e)) < 0 ||
	    (r = sql_text(q, 2, name, e)) < 0 ||
	    (r = sql_int(q, 3, (int64_t)g->end, e)) < 0)
		return r;
	return sql_run(q, e);
}

struct closing {
	struct segment *g;
	uint64_t objects;
	char name[STORE_PATH_MAX];
};

static int
closing_apply(struct tx *tx, void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct closing *c = arg;
	int r;

	if (c->objects > 0)
		return close_row(tx, c->g, c->name, e);
	if ((r = sql_open(tx, "DELETE FROM segment WHERE id = ?", &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)c->g->id, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
close_segment(
    struct store *s, uint64_t id, const struct store_hooks *h, struct err *e)
{
	struct closing c = { 0 };
	int r;

	if ((r = segment_pin(s, id, &c.g, e)) < 0)
		return r;
	if ((r = close_file(s, c.g, c.name, &c.objects, e)) == 0 &&
	    (r = h->commit(h->arg, closing_apply, &c, e)) == 0) {
		if (c.objects > 0)
			close_done(s, c.g, c.name);
		else
			segment_drop(s, c.g);
	}
	segment_unpin(s, c.g);
	return r;
}

/* After this no append goes to a segment that is there now. */
static void
detach_lanes(struct store *s)
{
	size_t i;

	for (i = 0; i < STORE_LANES; i++) {
		struct lane *l = &s->lane[i];
		HOLD(&l->lock);

		if (l->seg != NULL)
			segment_unpin(s, TAKE(l->seg));
	}
}

/* The next open segment numbered from id on and below limit; 0: none. */
static uint64_t
next_open(struct store *s, uint64_t id, uint64_t limit)
{
	HOLD(&s->lock);
	size_t i;

	for (i = 0; i < s->nseg; i++)
		if (s->seg[i]->id >= id && s->seg[i]->id < limit &&
		    s->seg[i]->state == SEGMENT_OPEN)
			return s->seg[i]->id;
	return 0;
}

int
close_all(struct store *s, const struct store_hooks *h, struct err *e)
{
	uint64_t id = 0, limit;
	int r;

	pthread_mutex_lock(&s->lock);
	limit = s->next_id;
	pthread_mutex_unlock(&s->lock);
	detach_lanes(s);
	while ((id = next_open(s, id + 1, limit)) > 0)
		if ((r = close_segment(s, id, h, e)) < 0)
			return r;
	return 0;
}
