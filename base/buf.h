/*
 * Buffers: growable bytes for plaintext and messages. Wiped when freed and
 * when they grow. {0} is an empty one.
 */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

struct buf {
	uint8_t *p;
	size_t len, cap;
};

int buf_reserve(struct buf *b, size_t more, struct err *e) NODISCARD;
int buf_add(struct buf *b, const void *p, size_t n, struct err *e) NODISCARD;
int buf_addstr(struct buf *b, const char *s, struct err *e) NODISCARD;
int buf_addf(struct buf *b, struct err *e, const char *fmt, ...) PRINTF(3, 4)
    NODISCARD;

/* The content as a C string: a NUL is kept after p[len]. "" when empty. */
const char *buf_str(struct buf *b);

/* Drop the first n bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);
void buf_reset(struct buf *b); /* wipe, keep the memory */
void buf_done(struct buf *b);  /* wipe and free; usable with AUTO */

#endif
