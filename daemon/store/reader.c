/*
 * Reading a part back, by the offsets of the catalog.
 */
#include <inttypes.h>

#include "daemon/store/inside.h"

#define TRIES 4 /* sweeps that may pass while a reader opens */

struct piece {
	struct place at;
	struct segment *seg; /* pinned, or NULL */
};

struct store_reader {
	struct store *s;
	struct piece *piece;
	size_t n, cap, next;
	uint64_t size;
	uint8_t *packed; /* room for a packed object */
};

static void
release(struct store_reader *r)
{
	size_t i;

	for (i = 0; i < r->n; i++)
		if (r->piece[i].seg != NULL)
			segment_unpin(r->s, r->piece[i].seg);
	r->n = 0;
	r->size = 0;
}

void
store_reader_freep(struct store_reader **rp)
{
	struct store_reader *r = *rp;

	if (r == NULL)
		return;
	release(r);
	free(r->piece);
	free(r->packed);
	free(r);
	*rp = NULL;
}

static int
add_piece(struct store_reader *rd, struct sql *q, struct err *e)
{
	size_t cap = rd->cap > 0 ? rd->cap * 2 : 4;
	struct piece *p;

	if (rd->n == rd->cap) {
		if ((p = reallocarray(rd->piece, cap, sizeof(*p))) == NULL)
			return err_set(e, ERR_NOMEM, "reader");
		rd->piece = p;
		rd->cap = cap;
	}
	if ((uint64_t)sql_get_int(q, 0) != rd->n)
		return err_set(
		    e, ERR_INCOMPLETE, "chunk %zu is missing", rd->n);
	p = &rd->piece[rd->n++];
	memset(p, 0, sizeof(*p));
	p->at.segment = (uint64_t)sql_get_int(q, 1);
	p->at.offset = (uint64_t)sql_get_int(q, 2);
	p->at.length = (uint32_t)sql_get_int(q, 3);
	p->at.crc = (uint32_t)sql_get_int(q, 4);
	rd->size += (uint64_t)sql_get_int(q, 5);
	return 0;
}

static int
load_pieces(struct store_reader *rd, struct tx *tx, const struct id *owner,
    uint32_t version, enum store_part part, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT idx, segment, offset, length, crc, size FROM chunk"
		 " WHERE owner = ? AND version = ? AND part = ?"
		 " ORDER BY idx",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, owner, e)) < 0 ||
	    (r = sql_int(q, 2, version, e)) < 0 ||
	    (r = sql_int(q, 3, part, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = add_piece(rd, q, e)) < 0)
			return r;
	if (r < 0)
		return r;
	return rd->n > 0 ? 0 : err_set(e, ERR_NOT_FOUND, "no such part");
}

/* ERR_NOT_FOUND: a segment left since the rows were read. */
static int
pin_pieces(struct store_reader *rd, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < rd->n; i++)
		if ((r = segment_pin(rd->s, rd->piece[i].at.segment,
			 &rd->piece[i].seg, e)) < 0)
			return r;
	return 0;
}

/* The caller's snapshot is older than a sweep: its objects have moved. */
static int
load_again(struct store_reader *rd, const struct id *owner, uint32_t version,
    enum store_part part, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	release(rd);
	if ((r = tx_read(rd->s->c, &tx, e)) < 0 ||
	    (r = load_pieces(rd, &tx, owner, version, part, e)) < 0)
		return r;
	return pin_pieces(rd, e);
}

static int
load(struct store_reader *rd, struct tx *tx, const struct id *owner,
    uint32_t version, enum store_part part, struct err *e)
{
	int i, r;

	if ((r = load_pieces(rd, tx, owner, version, part, e)) < 0)
		return r;
	r = pin_pieces(rd, e);
	for (i = 0; r == -ERR_NOT_FOUND && rd->n > 0 && i < TRIES; i++)
		r = load_again(rd, owner, version, part, e);
	if (r == -ERR_NOT_FOUND && rd->n > 0)
		return err_set(e, ERR_INCOMPLETE, "a segment is missing");
	return r;
}

int
store_reader_open(struct store *s, struct tx *tx, const struct id *owner,
    uint32_t version, enum store_part part, struct store_reader **out,
    struct err *e)
{
	AUTO(store_reader_freep)
	struct store_reader *rd = calloc(1, sizeof(*rd));
	int r;

	if (rd == NULL)
		return err_set(e, ERR_NOMEM, "reader");
	rd->s = s;
	if ((r = load(rd, tx, owner, version, part, e)) < 0)
		return r;
	*out = TAKE(rd);
	return 0;
}

uint64_t
store_reader_size(const struct store_reader *r)
{
	return r->size;
}

int
store_reader_next(struct store_reader *rd, struct buf *out, struct err *e)
{
	enum pack_type type;
	struct piece *p;
	int r;

	if (rd->next == rd->n) {
		buf_reset(out);
		return 0;
	}
	if (rd->packed == NULL &&
	    (rd->packed = malloc(PACK_PACKED_MAX)) == NULL)
		return err_set(e, ERR_NOMEM, "reader");
	p = &rd->piece[rd->next];
	if ((r = segment_read(p->seg, &p->at, rd->packed, &type, out, e)) < 0)
		return r;
	if (type != PACK_BLOB)
		return err_set(e, ERR_INTEGRITY, "not a blob");
	rd->next++;
	return 0;
}
