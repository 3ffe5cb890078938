#include "daemon/store/packidx.h"

#include "daemon/store/sink.h"

#define OFFSET_SMALL 0x80000000u /* below it an offset takes 32 bits */

int
packidx_add(struct packidx *x, const uint8_t oid[PACK_OID], uint32_t crc,
    uint64_t offset, struct err *e)
{
	size_t cap = x->cap > 0 ? x->cap * 2 : 256;
	struct packidx_entry *p;

	if (x->n == x->cap) {
		p = reallocarray(x->entry, cap, sizeof(*p));
		if (p == NULL)
			return err_set(e, ERR_NOMEM, "pack index");
		x->entry = p;
		x->cap = cap;
	}
	p = &x->entry[x->n++];
	memcpy(p->oid, oid, PACK_OID);
	p->crc = crc;
	p->offset = offset;
	return 0;
}

static int
compare(const void *a, const void *b)
{
	const struct packidx_entry *x = a, *y = b;
	int c = memcmp(x->oid, y->oid, PACK_OID);

	return c != 0 ? c : (x->offset > y->offset) - (x->offset < y->offset);
}

static int
write_fanout(const struct packidx *x, struct sink *k, struct err *e)
{
	size_t i = 0;
	unsigned first;
	int r;

	for (first = 0; first < 256; first++) {
		while (i < x->n && x->entry[i].oid[0] <= first)
			i++;
		if ((r = sink_add_u32(k, (uint32_t)i, e)) < 0)
			return r;
	}
	return 0;
}

static int
write_offsets(const struct packidx *x, struct sink *k, struct err *e)
{
	uint32_t v, large = 0;
	uint64_t o;
	size_t i;
	int r;

	for (i = 0; i < x->n; i++) {
		o = x->entry[i].offset;
		v = o < OFFSET_SMALL ? (uint32_t)o : OFFSET_SMALL | large++;
		if ((r = sink_add_u32(k, v, e)) < 0)
			return r;
	}
	for (i = 0; i < x->n; i++) {
		o = x->entry[i].offset;
		if (o < OFFSET_SMALL)
			continue;
		if ((r = sink_add_u32(k, (uint32_t)(o >> 32), e)) < 0 ||
		    (r = sink_add_u32(k, (uint32_t)o, e)) < 0)
			return r;
	}
	return 0;
}

static int
write_tables(const struct packidx *x, struct sink *k, struct err *e)
{
	static const uint8_t head[8] = { 0xff, 't', 'O', 'c', 0, 0, 0, 2 };
	size_t i;
	int r;

	if ((r = sink_add(k, head, sizeof(head), e)) < 0 ||
	    (r = write_fanout(x, k, e)) < 0)
		return r;
	for (i = 0; i < x->n; i++)
		if ((r = sink_add(k, x->entry[i].oid, PACK_OID, e)) < 0)
			return r;
	for (i = 0; i < x->n; i++)
		if ((r = sink_add_u32(k, x->entry[i].crc, e)) < 0)
			return r;
	return write_offsets(x, k, e);
}

int
packidx_write(struct packidx *x, const uint8_t trailer[PACK_TRAILER], int dirfd,
    const char *path, struct err *e)
{
	AUTO(mem_freep) struct sink *k = malloc(sizeof(*k));
	uint8_t sum[SHA1_LEN];
	int r;

	if (k == NULL)
		return err_set(e, ERR_NOMEM, "pack index");
	if (x->n > 1)
		qsort(x->entry, x->n, sizeof(*x->entry), compare);
	if ((r = sink_open(k, dirfd, path, e)) == 0 &&
	    (r = write_tables(x, k, e)) == 0 &&
	    (r = sink_add(k, trailer, PACK_TRAILER, e)) == 0 &&
	    (r = sink_sha1(k, sum, e)) == 0 &&
	    (r = sink_add(k, sum, sizeof(sum), e)) == 0)
		r = sink_sync(k, e);
	sink_done(k);
	return r;
}

void
packidx_done(struct packidx *x)
{
	free(x->entry);
	memset(x, 0, sizeof(*x));
}
