/*
 * Break-glass: content that the rules do not give, taken in an emergency: a
 * signed step-up, one case, a reason, the minutes the policy says (figure
 * break-glass-minutes), a review by somebody else, and everybody on the case
 * sees it. Table glass.
 */
#ifndef DAEMON_CORE_GLASS_H
#define DAEMON_CORE_GLASS_H

#include "daemon/core/core.h"

#define GLASS_REASON_MAX 400 /* bytes, and of the words of a review */
#define GLASS_OPEN_MAX 256   /* broken at a time */

extern const char *const glass_schema;

/* What stands open is read from the table: a restart closes nothing. */
int glass_open(struct core *core, struct glass **out, struct err *e) NODISCARD;
void glass_freep(struct glass **g);
/*
 * ERR_INVALID "member-text", "member-missing"; ERR_BUSY when too many are
 * open. {break_glass, case, ref, by, at, until, state, leaf}: as in a list.
 */
int glass_break(struct core *core, const struct caller *caller,
    const char *kase, const char *reason, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* Did this caller break this case's glass, not longer ago than allowed? */
int glass_is_broken(struct core *core, const struct caller *caller,
    const struct id *kase, int64_t now_ms);
/*
 * finding: "justified" or "unjustified", with words. Ends what still stands
 * open. ERR_DENIED "own-review"; ERR_CONFLICT "glass-reviewed".
 */
int glass_review(struct core *core, const struct caller *caller,
    const char *glass, const char *finding, const char *words,
    struct id *object, json_t **answer, struct err *e) NODISCARD;
/* Of a case (kase NULL: all not reviewed yet): [{break_glass, case, ref, by,
 * at, until, state, leaf, …}] in clear words only; the reason is in the log.
 * state: "unreviewed", "justified", "unjustified". */
int glass_list(struct tx *tx, const struct id *kase, json_t **out,
    struct err *e) NODISCARD;
/* Those of since then, and older ones that wait for their review: as
 * glass_list; the newest 1000. */
int glass_since(struct tx *tx, int64_t since_ms, json_t **out, struct err *e)
    NODISCARD;
/* Those not reviewed yet, of the cases whose due things the caller may see:
 * {break_glass: [...], leaf}. */
int glass_waiting(struct core *core, const struct caller *caller,
    json_t **answer, struct err *e) NODISCARD;

#endif
