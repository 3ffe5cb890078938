/*
 * Retention: what is due, judged object by object on a day (retention_judge)
 * from the moments of each case; and sweeps, which destroy what is due. A
 * sweep is an erasure over many cases: the same page, approvals ("retention"),
 * rotation, scan and certificate (erasure.h). Tables sweep, sweep_object.
 */
#ifndef DAEMON_CORE_RETENTION_H
#define DAEMON_CORE_RETENTION_H

#include "daemon/core/plan.h"
#include "daemon/core/retention_judge.h"

#define SWEEP_OBJECTS_MAX 4000	 /* in one sweep; the rest waits for the next */
#define RETENTION_LINES_MAX 8000 /* objects told in one answer */

extern const char *const retention_schema;

struct retention_item {
	enum plan_what what;
	struct id id; /* document; else the case */
	char kind[64];
	struct retention_finding f;
};
struct retention_case {
	struct id id;
	struct retention_item *v; /* documents, then what is of the case */
	size_t n, cap;
	int whole; /* nothing in it is kept: the case goes */
};
void retention_case_done(struct retention_case *c);
/* Judge every living object of a case, as the catalog stands in tx. */
int retention_case_judge(struct core *core, struct tx *tx,
    const struct id *kase, int32_t day, struct retention_case *out,
    struct err *e) NODISCARD;

struct retention_asking {
	const char *as_of; /* YYYY-MM-DD; "": today. Another day: a dry run */
	int dry_run;	   /* the same path; nothing is kept */
	int64_t share;	   /* per cent that the page confirms; -1: none */
	int journal;	   /* the details of the log alone */
};
/*
 * One pass over all cases. ERR_REFUSED "as-of-dry-run"; ERR_CONFLICT
 * "nothing-to-erase", "clock-suspect", "sweep-share" (the text says which share
 * to confirm).
 */
int retention_analyse(struct core *core, const struct caller *caller,
    const struct retention_asking *a, json_t **answer, struct err *e) NODISCARD;

/*
 * Look once a day whether anything is due: for due_list, which tells how much
 * and since when until a sweep is on its way. Nothing, and 0, while the vault
 * is sealed, its clock is suspect, or when it was done today already.
 */
int retention_look(struct core *core, struct err *e) NODISCARD;
/* What was found is destroyed: nothing is told until the next look, which
 * may be on the same day. */
void retention_look_again(struct core *core);

/* --- for erasure.c ---------------------------------------------------------
 */

/*
 * The plan of each case of a sweep as it stands now, in the sweep's order. An
 * object that is not due any more on that day: ERR_CONFLICT "plan-changed", or
 * "held". day 0: not judged again.
 */
int sweep_each(struct core *core, struct tx *tx, const struct id *sweep,
    int32_t day, int (*each)(void *arg, struct plan *plan, struct err *e),
    void *arg, struct err *e) NODISCARD;
/* Have the archives answered, where their visa is needed? ERR_CONFLICT
 * "awaiting-visa". */
int sweep_check_visa(struct tx *tx, const struct id *sweep, struct err *e)
    NODISCARD;
#define VISA_REFERENCE_MAX 120 /* bytes; an office's, of nobody */
/* What the archives answered. ERR_CONFLICT "visa-state": none is waited for;
 * ERR_REFUSED "visa-date". */
struct sweep_visa {
	const char *sweep, *reference, *date;
};
int retention_visa(struct core *core, const struct caller *caller,
    const struct sweep_visa *v, json_t **answer, struct err *e) NODISCARD;
/* The elimination bordereau: kinds, years, counts, rules and their sources;
 * no personal data. {sweep, lines:[…], text, leaf}. */
int retention_bordereau(struct core *core, const struct caller *caller,
    const char *sweep, json_t **answer, struct err *e) NODISCARD;

#endif
