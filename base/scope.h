/*
 * Scope: attributes every module uses so that locals release themselves and
 * results are not dropped. Two GNU attributes only: cleanup and format.
 */
#ifndef BASE_SCOPE_H
#define BASE_SCOPE_H

#include <stddef.h>

/* AUTO(f) T x: f(&x) runs when x leaves its scope. */
#define AUTO(f) __attribute__((cleanup(f)))
#define NODISCARD __attribute__((warn_unused_result))
#define PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define NELEMS(a) (sizeof(a) / sizeof((a)[0]))

/* TAKE(p): the value of p, which is NULL afterwards: ownership moves. */
#define TAKE(p)                                                                \
	(__extension__({                                                       \
		__typeof__(p) take_ = (p);                                     \
		(p) = NULL;                                                    \
		take_;                                                         \
	}))

/* Release functions for AUTO; each accepts a pointer to a NULL / -1. */
void mem_freep(void *pp); /* free(*(void **)pp), then NULL */
void fd_closep(int *fd);  /* close(*fd) unless negative, then -1 */

#endif
