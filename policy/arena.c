#include "policy/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK 16384
#define ARENA_MAX (64u << 20) /* a policy is text: never so large */

struct arena_block {
	struct arena_block *next;
	size_t used, size;
	_Alignas(max_align_t) unsigned char p[];
};

static struct arena_block *
block_add(struct arena *a, size_t n, struct err *e)
{
	size_t size = n > ARENA_BLOCK ? n : ARENA_BLOCK;
	struct arena_block *b;

	if (a->total > ARENA_MAX - size ||
	    (b = calloc(1, sizeof(*b) + size)) == NULL) {
		(void)err_set(e, ERR_NOMEM, "policy of %zu bytes", a->total);
		return NULL;
	}
	b->size = size;
	b->next = a->blocks;
	a->blocks = b;
	a->total += size;
	return b;
}

void *
arena_get(struct arena *a, size_t n, struct err *e)
{
	const size_t align = sizeof(max_align_t);
	struct arena_block *b = a->blocks;
	void *p;

	if (n > ARENA_MAX / 2) {
		(void)err_set(e, ERR_NOMEM, "policy piece of %zu bytes", n);
		return NULL;
	}
	n = (n + align - 1) / align * align;
	if ((b == NULL || b->size - b->used < n) &&
	    (b = block_add(a, n, e)) == NULL)
		return NULL;
	p = b->p + b->used;
	b->used += n;
	return p;
}

void *
arena_array(struct arena *a, size_t count, size_t size, struct err *e)
{
	if (size != 0 && count > SIZE_MAX / size) {
		(void)err_set(e, ERR_NOMEM, "policy list of %zu", count);
		return NULL;
	}
	return arena_get(a, count * size, e);
}

char *
arena_copy(struct arena *a, const char *s, struct err *e)
{
	size_t n = strlen(s) + 1;
	char *p = arena_get(a, n, e);

	if (p != NULL)
		memcpy(p, s, n);
	return p;
}

void
arena_done(struct arena *a)
{
	struct arena_block *b, *next;

	for (b = a->blocks; b != NULL; b = next) {
		next = b->next;
		free(b);
	}
	memset(a, 0, sizeof(*a));
}
