/*
 * Problems: what is wrong with rule files, each with its file and line. The
 * first one is also the error of the load.
 */
#ifndef POLICY_PROBLEMS_H
#define POLICY_PROBLEMS_H

#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

#define PROBLEMS_MAX 64

struct problems {
	struct buf *out; /* "file:line: what", one a line; may be NULL */
	struct err first;
	size_t count; /* all of them, also those not written */
};

/* line 0: the file as a whole. Never fails: the count is what counts. */
void problem(struct problems *ps, const char *file, int line, const char *fmt,
    ...) PRINTF(4, 5);

#endif
