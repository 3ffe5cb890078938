/*
 * Reader and writer of binary messages: big-endian, lengths in front. The
 * reader is sticky: after the first fault every read gives zeros and rd_end
 * reports it. rd_end also refuses bytes left over: unknown means refuse.
 */
#ifndef BASE_RW_H
#define BASE_RW_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

struct rd {
	const uint8_t *p;
	size_t left;
	int bad;
};

void rd_init(struct rd *r, const void *p, size_t len);
uint8_t rd_u8(struct rd *r);
uint16_t rd_u16(struct rd *r);
uint32_t rd_u32(struct rd *r);
uint64_t rd_u64(struct rd *r);
/* Copy exactly n bytes to out (zeros on a fault). */
void rd_bytes(struct rd *r, void *out, size_t n);
/* Borrow n bytes in place; NULL on a fault. */
const uint8_t *rd_borrow(struct rd *r, size_t n);
/* Borrow a u32 length and that many bytes, at most max. NULL on a fault. */
const uint8_t *rd_blob(struct rd *r, size_t max, size_t *len);
/* Read a u32 length and a string without NUL into out[size], terminated. */
void rd_str(struct rd *r, char *out, size_t size);
/* 0 when everything was read and nothing is left; else ERR_INVALID. */
int rd_end(const struct rd *r, const char *what, struct err *e) NODISCARD;

/* The writer appends to a buf; sticky likewise (out of memory, length). */
struct wr {
	struct buf *b;
	int bad;
};

void wr_init(struct wr *w, struct buf *b);
void wr_u8(struct wr *w, uint8_t v);
void wr_u16(struct wr *w, uint16_t v);
void wr_u32(struct wr *w, uint32_t v);
void wr_u64(struct wr *w, uint64_t v);
void wr_bytes(struct wr *w, const void *p, size_t n);
void wr_blob(struct wr *w, const void *p, size_t n); /* u32 length first */
void wr_str(struct wr *w, const char *s);	     /* u32 length first */
int wr_end(const struct wr *w, struct err *e) NODISCARD;

#endif
