/*
 * Moments of a case: the dated facts that terms run from (policy_moment),
 * entered when they happen. Table moment, all in clear: opaque ids, names of
 * the rules, days. Retention, deadlines and reports ask here, for any day.
 *
 * The vault's own: "entry" when a case is opened or reopened, "closing" when
 * it is closed.
 */
#ifndef DAEMON_CORE_MOMENT_H
#define DAEMON_CORE_MOMENT_H

#include "daemon/core/core.h"

/* The member by which a record dates what it tells: a declared day. Any other
 * date of a record (the end of a contract) may lie ahead, as may the day of
 * an event that is announced. */
#define MOMENT_RECORD_DAY "date"

/* Names that the vault's own acts know. */
#define MOMENT_ENTRY "entry"
#define MOMENT_CLOSING "closing"
#define MOMENT_CONTACT "last-contact" /* T0: the household answered */
#define MOMENT_FIRST "first-contact"  /* they were told of it, or refused */
#define MOMENT_STEP_DONE "step-done"  /* the last open démarche ended */
#define MOMENT_PROCESSING_END "end-of-processing"

extern const char *const moment_schema;

/*
 * Enter one: within a change. object: the document or event it came with, or
 * the case. The same name and object again replaces the day (a record was
 * rectified).
 */
int moment_put(struct tx *tx, const struct id *kase, const char *name,
    int32_t day, const struct id *object, int64_t at_ms, uint64_t leaf,
    struct err *e) NODISCARD;
/* What came with this object is taken back: it was voided, or moved. */
int moment_forget_object(struct tx *tx, const struct id *object, struct err *e)
    NODISCARD;
/* One of them only; object NULL: all of this name. */
int moment_take_back(struct tx *tx, const struct id *kase, const char *name,
    const struct id *object, struct err *e) NODISCARD;
/* 1: it was entered with this object. */
int moment_has(struct tx *tx, const struct id *kase, const char *name,
    const struct id *object, struct err *e) NODISCARD;
/* May what comes from this source lie ahead by its nature? */
int moment_source_is_ahead(
    const struct policy *p, const struct policy_moment_source *s);
/*
 * The day of a moment as it stood at the end of as_of: 1 and *day; 0 when it
 * never was by then, nor any that counts in its place (policy_moment's
 * otherwise). In a case that was opened again, the last entry counts where it
 * is later than the moment it may stand in for. What is dated after as_of does
 * not count, but for moments that lie ahead by nature (a hearing): those are
 * found whenever they are.
 */
int moment_day(struct core *core, struct tx *tx, const struct id *kase,
    const char *name, int32_t as_of, int32_t *day, struct err *e) NODISCARD;
/* The last day, if any, on which one of these moments was entered that is
 * dated from since on: for what settles a deadline. 1 and *day, or 0. */
int moment_since(struct tx *tx, const struct id *kase, const char *const *names,
    int32_t since, int32_t as_of, int32_t *day, struct err *e) NODISCARD;

/* All of a case at once, for who asks many questions of it: a snapshot. */
struct moments;
int moments_load(struct core *core, struct tx *tx, const struct id *kase,
    int32_t as_of, struct moments **out, struct err *e) NODISCARD;
void moments_freep(struct moments **m);
/* As moment_day. */
int moments_day(const struct moments *m, const char *name, int32_t *day);
/* Was it itself ever, whatever may stand in for it? */
int moments_has(const struct moments *m, const char *name);
/*
 * As moments_day for a document that was filed on this day. Where the closing
 * stands in for a moment, it is the end of what the document is for (a step,
 * a contract, a plan): one that was told before the document came is not its
 * own, and does not count.
 */
int moments_day_of(
    const struct moments *m, const char *name, int32_t filed, int32_t *day);

int moment_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

#endif
