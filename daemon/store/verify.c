/*
 * Verification: every row has its object and every object its CRC-32, its
 * framing and its id; no part lacks a chunk.
 */
#include <inttypes.h>

#include "daemon/store/inside.h"

#define PAGE 512 /* rows of a snapshot */

struct check {
	struct store *s;
	const char *text; /* the statement of a page */
	struct place at[PAGE];
	size_t n;
	struct place last;
	uint8_t *packed;
	struct buf raw;
	uint64_t count;
};

static void
check_freep(struct check **cp)
{
	if (*cp == NULL)
		return;
	buf_done(&(*cp)->raw);
	free((*cp)->packed);
	free(*cp);
}

static int
load_page(struct check *c, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	const void *oid;
	struct place *p;
	size_t n;
	int r;

	if ((r = tx_read(c->s->c, &tx, e)) < 0 ||
	    (r = sql_open(&tx, c->text, &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)c->last.segment, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)c->last.offset, e)) < 0 ||
	    (r = sql_int(q, 3, PAGE, e)) < 0)
		return r;
	for (c->n = 0; (r = sql_step(q, e)) > 0 && c->n < PAGE; c->n++) {
		p = &c->at[c->n];
		p->segment = (uint64_t)sql_get_int(q, 0);
		p->offset = (uint64_t)sql_get_int(q, 1);
		p->length = (uint32_t)sql_get_int(q, 2);
		p->crc = (uint32_t)sql_get_int(q, 3);
		oid = sql_get_blob(q, 4, &n);
		if (n != PACK_OID)
			return err_set(e, ERR_INTEGRITY, "an id");
		memcpy(p->oid, oid, PACK_OID);
	}
	return r < 0 ? r : 0;
}

static int
check_object(struct check *c, const struct place *p, struct err *e)
{
	uint8_t oid[PACK_OID];
	enum pack_type type;
	struct segment *g;
	int r;

	if ((r = segment_pin(c->s, p->segment, &g, e)) < 0)
		return r == -ERR_NOT_FOUND
			   ? err_set(e, ERR_INCOMPLETE,
				 "segment %" PRIu64 " is missing", p->segment)
			   : r;
	r = segment_read(g, p, c->packed, &type, &c->raw, e);
	segment_unpin(c->s, g);
	if (r < 0 || (r = pack_oid(type, c->raw.p, c->raw.len, oid, e)) < 0)
		return r;
	if (memcmp(oid, p->oid, PACK_OID) != 0)
		return err_set(e, ERR_INTEGRITY,
		    "segment %" PRIu64 " at %" PRIu64 ": id", p->segment,
		    p->offset);
	return 0;
}

static int
check_table(struct check *c, const char *text, struct err *e)
{
	size_t i;
	int r;

	c->text = text;
	memset(&c->last, 0, sizeof(c->last));
	do {
		if ((r = load_page(c, e)) < 0)
			return r;
		for (i = 0; i < c->n; i++, c->count++)
			if ((r = check_object(c, &c->at[i], e)) < 0)
				return r;
		if (c->n > 0)
			c->last = c->at[c->n - 1];
	} while (c->n == PAGE);
	return 0;
}

static int
check_parts(struct store *s, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = tx_read(s->c, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT 1 FROM chunk GROUP BY owner, version, part"
		 " HAVING count(*) <> max(idx) + 1 LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	return r == 0 ? 0 : err_set(e, ERR_INCOMPLETE, "a part lacks a chunk");
}

int
store_verify(struct store *s, uint64_t *blobs, struct err *e)
{
	HOLD(&s->maintenance);
	AUTO(check_freep) struct check *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL || (c->packed = malloc(PACK_PACKED_MAX)) == NULL)
		return err_set(e, ERR_NOMEM, "verify");
	c->s = s;
	if ((r = check_table(c,
		 "SELECT segment, offset, length, crc, oid FROM history"
		 " WHERE (segment, offset) > (?1, ?2)"
		 " ORDER BY segment, offset LIMIT ?3",
		 e)) < 0)
		return r;
	c->count = 0;
	if ((r = check_table(c,
		 "SELECT segment, offset, length, crc, oid FROM chunk"
		 " WHERE (segment, offset) > (?1, ?2)"
		 " ORDER BY segment, offset LIMIT ?3",
		 e)) < 0 ||
	    (r = check_parts(s, e)) < 0)
		return r;
	*blobs = c->count;
	return 0;
}
