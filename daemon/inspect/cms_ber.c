#include "daemon/inspect/cms_ber.h"

#define DEPTH_MAX 32
#define CONSTRUCTED 0x20
#define OCTETS_IN_PIECES 0x24

struct in {
	const uint8_t *p;
	size_t n;
};

struct head {
	uint8_t tag;
	size_t len;
	int is_indefinite;
};

static int
take_head(struct in *d, struct head *h)
{
	size_t i, k;

	if (d->n < 2 || (d->p[0] & 0x1f) == 0x1f)
		return 0;
	*h = (struct head){ .tag = d->p[0], .len = d->p[1] };
	k = 2;
	if (h->len == 0x80) {
		h->is_indefinite = 1;
		h->len = 0;
	} else if (h->len > 0x80) {
		k += h->len - 0x80;
		if (k > 2 + sizeof(uint32_t) || d->n < k)
			return 0;
		for (i = 2, h->len = 0; i < k; i++)
			h->len = h->len << 8 | d->p[i];
	}
	if (h->is_indefinite && (h->tag & CONSTRUCTED) == 0)
		return 0;
	d->p += k;
	d->n -= k;
	return h->len <= d->n;
}

static int
put_head(struct buf *out, uint8_t tag, size_t len)
{
	uint8_t b[6] = { tag };
	size_t n = 1, k;

	if (len < 0x80) {
		b[n++] = (uint8_t)len;
	} else {
		k = len < 0x100	      ? 1
		    : len < 0x10000   ? 2
		    : len < 0x1000000 ? 3
				      : 4;
		b[n++] = (uint8_t)(0x80 + k);
		while (k-- > 0)
			b[n++] = (uint8_t)(len >> 8 * k);
	}
	return buf_add(out, b, n, NULL) == 0;
}

static int rewrite(struct in *d, struct buf *out, int in_pieces, int depth);

/* The elements inside one that is constructed, up to its end. */
static int
rewrite_inside(struct in *d, const struct head *h, struct buf *out, int depth)
{
	struct in inside = { d->p, h->len };
	int in_pieces = h->tag == OCTETS_IN_PIECES;

	if (!h->is_indefinite) {
		d->p += h->len;
		d->n -= h->len;
		while (inside.n > 0)
			if (!rewrite(&inside, out, in_pieces, depth))
				return 0;
		return 1;
	}
	while (d->n >= 2 && (d->p[0] != 0 || d->p[1] != 0))
		if (!rewrite(d, out, in_pieces, depth))
			return 0;
	if (d->n < 2)
		return 0;
	d->p += 2;
	d->n -= 2;
	return 1;
}

/* One element of d. in_pieces: it is a piece of an octet string. */
static int
rewrite(struct in *d, struct buf *out, int in_pieces, int depth)
{
	AUTO(buf_done) struct buf inside = { 0 };
	const uint8_t *body;
	struct head h;

	if (depth == 0 || !take_head(d, &h) || h.tag == 0)
		return 0;
	if (in_pieces && (h.tag & ~CONSTRUCTED) != 0x04)
		return 0;
	if ((h.tag & CONSTRUCTED) == 0) {
		body = d->p;
		d->p += h.len;
		d->n -= h.len;
		return (in_pieces || put_head(out, h.tag, h.len)) &&
		       buf_add(out, body, h.len, NULL) == 0;
	}
	if (in_pieces)
		return rewrite_inside(d, &h, out, depth - 1);
	if (!rewrite_inside(d, &h, &inside, depth - 1))
		return 0;
	if (h.tag == OCTETS_IN_PIECES)
		h.tag = 0x04;
	return put_head(out, h.tag, inside.len) &&
	       buf_add(out, inside.p, inside.len, NULL) == 0;
}

int
cms_ber_to_der(const uint8_t *p, size_t n, struct buf *out, size_t *used)
{
	struct in d = { p, n };

	if (!rewrite(&d, out, 0, DEPTH_MAX))
		return 0;
	*used = n - d.n;
	return 1;
}
