/*
 * Arena: the memory of one loaded policy. Pieces are given one by one and
 * freed together; nothing is freed alone. Everything comes zeroed.
 */
#ifndef POLICY_ARENA_H
#define POLICY_ARENA_H

#include <stddef.h>

#include "base/err.h"

struct arena_block;
struct arena {
	struct arena_block *blocks; /* the newest first */
	size_t total;		    /* bytes given so far */
};

/* n zeroed bytes, aligned for any type; NULL and *e: ERR_NOMEM. */
void *arena_get(struct arena *a, size_t n, struct err *e) NODISCARD;
/* count times size; ERR_NOMEM when that overflows. */
void *arena_array(struct arena *a, size_t count, size_t size, struct err *e)
    NODISCARD;
char *arena_copy(struct arena *a, const char *s, struct err *e) NODISCARD;
void arena_done(struct arena *a); /* usable with AUTO */

#endif
