/* A sweep as a plan of many cases, for erasure.c, which carries it out. */
#ifndef DAEMON_CORE_SWEEP_H
#define DAEMON_CORE_SWEEP_H

#include "daemon/core/retention.h"

struct sweep_new {
	struct id id;
	int64_t objects, living, day, visa; /* visa 1: it is waited for */
};
struct sweep_line { /* of the page; document zero: the whole case */
	struct id kase, document;
	char kind[64], rule[64];
	int32_t year; /* in which it was filed or opened */
};
int sweep_insert(struct tx *tx, const struct sweep_new *s,
    const struct sweep_line *v, size_t n, struct err *e) NODISCARD;

#endif
