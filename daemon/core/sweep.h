/* A sweep as a plan of many cases, for erasure.c, which carries it out. */
#ifndef DAEMON_CORE_SWEEP_H
#define DAEMON_CORE_SWEEP_H

#include "daemon/core/retention.h"

struct sweep_new {
	struct id id;
	int64_t objects, living, day, visa; /* visa 1: it is waited for */
};
/* Of the page. Document zero: of the case, as kind says; the whole of it when
 * that is "case". A month of the log: no case either. */
struct sweep_line {
	struct id kase, document;
	char kind[64], rule[64];
	int32_t year;	/* in which it was filed or opened */
	uint32_t month; /* audit_months; 0: none */
};
#define SWEEP_CASE "case" /* kinds of what is no document */
#define SWEEP_CONSENTS "consents"
#define SWEEP_EXTRACTS "extracts"
#define SWEEP_JOURNAL "journal"
/* The part of a case that goes by itself, of this kind (PLAN_PART_…); 0. */
unsigned sweep_part(const char *kind);
/* The months of the log whose details go with it, ascending. */
int sweep_months(struct tx *tx, const struct id *sweep, uint32_t *months,
    size_t *n, size_t room, struct err *e) NODISCARD;
#define SWEEP_MONTHS_MAX 1200 /* a hundred years */
/* Append what stands for a month of the log in the digest of a sweep; for all
 * of a sweep's. */
int sweep_add_month(uint32_t month, struct buf *digests, struct err *e)
    NODISCARD;
int sweep_add_months(struct tx *tx, const struct id *sweep, struct buf *digests,
    struct err *e) NODISCARD;
int sweep_insert(struct tx *tx, const struct sweep_new *s,
    const struct sweep_line *v, size_t n, struct err *e) NODISCARD;

#endif
