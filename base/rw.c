#include "base/rw.h"

#include <string.h>

void
rd_init(struct rd *r, const void *p, size_t len)
{
	r->p = p;
	r->left = len;
	r->bad = 0;
}

const uint8_t *
rd_borrow(struct rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > r->left) {
		r->bad = 1;
		return NULL;
	}
	r->p += n;
	r->left -= n;
	return p;
}

void
rd_bytes(struct rd *r, void *out, size_t n)
{
	const uint8_t *p = rd_borrow(r, n);

	if (p != NULL && n > 0)
		memcpy(out, p, n);
	else if (n > 0)
		memset(out, 0, n);
}

static uint64_t
rd_be(struct rd *r, size_t n)
{
	const uint8_t *p = rd_borrow(r, n);
	uint64_t v = 0;
	size_t i;

	for (i = 0; p != NULL && i < n; i++)
		v = v << 8 | p[i];
	return v;
}

uint8_t
rd_u8(struct rd *r)
{
	return (uint8_t)rd_be(r, 1);
}

uint16_t
rd_u16(struct rd *r)
{
	return (uint16_t)rd_be(r, 2);
}

uint32_t
rd_u32(struct rd *r)
{
	return (uint32_t)rd_be(r, 4);
}

uint64_t
rd_u64(struct rd *r)
{
	return rd_be(r, 8);
}

const uint8_t *
rd_blob(struct rd *r, size_t max, size_t *len)
{
	uint32_t n = rd_u32(r);
	const uint8_t *p;

	*len = 0;
	if (n > max)
		r->bad = 1;
	if ((p = rd_borrow(r, n)) != NULL)
		*len = n;
	return p;
}

void
rd_str(struct rd *r, char *out, size_t size)
{
	size_t n;
	const uint8_t *p = rd_blob(r, size - 1, &n);

	out[0] = '\0';
	if (p == NULL)
		return;
	if (memchr(p, 0, n) != NULL) {
		r->bad = 1;
		return;
	}
	memcpy(out, p, n);
	out[n] = '\0';
}

int
rd_end(const struct rd *r, const char *what, struct err *e)
{
	if (r->bad)
		return err_set(
		    e, ERR_INVALID, "%s: cut short or out of range", what);
	if (r->left > 0)
		return err_set(
		    e, ERR_INVALID, "%s: %zu bytes too many", what, r->left);
	return 0;
}

void
wr_init(struct wr *w, struct buf *b)
{
	w->b = b;
	w->bad = 0;
}

void
wr_bytes(struct wr *w, const void *p, size_t n)
{
	if (!w->bad && buf_add(w->b, p, n, NULL) < 0)
		w->bad = 1;
}

static void
wr_be(struct wr *w, uint64_t v, size_t n)
{
	uint8_t b[8];
	size_t i;

	for (i = 0; i < n; i++)
		b[i] = (uint8_t)(v >> (8 * (n - 1 - i)));
	wr_bytes(w, b, n);
}

void
wr_u8(struct wr *w, uint8_t v)
{
	wr_be(w, v, 1);
}

void
wr_u16(struct wr *w, uint16_t v)
{
	wr_be(w, v, 2);
}

void
wr_u32(struct wr *w, uint32_t v)
{
	wr_be(w, v, 4);
}

void
wr_u64(struct wr *w, uint64_t v)
{
	wr_be(w, v, 8);
}

void
wr_blob(struct wr *w, const void *p, size_t n)
{
	if (n > UINT32_MAX) {
		w->bad = 1;
		return;
	}
	wr_u32(w, (uint32_t)n);
	wr_bytes(w, p, n);
}

void
wr_str(struct wr *w, const char *s)
{
	wr_blob(w, s, strlen(s));
}

int
wr_end(const struct wr *w, struct err *e)
{
	return w->bad ? err_set(e, ERR_NOMEM, "message") : 0;
}
