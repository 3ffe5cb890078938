/*
 * Restriction of processing (GDPR art. 18): a case is kept and not used. Its
 * state is "restricted" before the call returns: nothing of it is read (but for
 * a right before the courts, art. 18(2), where the rules say who),
 * disclosed or destroyed; who pulled something of it is told (art. 19). It
 * is lifted in two steps, because the person is informed first (art. 18(3)):
 * announced, with a letter that is due at once, then lifted. Table
 * restriction; a case has at most one that stands.
 *
 * States: on -> announced -> lifted.
 */
#ifndef DAEMON_CORE_RESTRICTION_H
#define DAEMON_CORE_RESTRICTION_H

#include "daemon/core/due.h"

#define RESTRICTION_TEXT_MAX 1000 /* bytes of words, of a reason */

extern const char *const restriction_schema;

struct restricting {
	const char *kase;
	const char *ground;  /* of art. 18(1): the rules' list */
	const char *words;   /* or "" */
	const char *request; /* an open one for it, which is answered; or "" */
};
/*
 * The answer names under "notices" who is told. ERR_REFUSED
 * "restriction-ground"; ERR_CONFLICT "case-state", and as request_check.
 */
int restriction_set(struct core *core, const struct caller *caller,
    const struct restricting *q, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* The letter; the case is still restricted. ERR_CONFLICT
 * "restriction-state". */
int restriction_announce(struct core *core, const struct caller *caller,
    const char *kase, const char *reason, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/*
 * The person was told, on that day (YYYY-MM-DD; "": today) and in this way:
 * the case is again what it was. ERR_CONFLICT "restriction-state",
 * "restriction-untold" (nobody announced it); ERR_REFUSED
 * "restriction-date", "channel".
 */
int restriction_lift(struct core *core, const struct caller *caller,
    const char *kase, const char *told_on, const char *channel,
    struct id *object, json_t **answer, struct err *e) NODISCARD;
/* {restrictions: […], leaf}, oldest first. */
int restriction_list(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

/* Within a change that destroys: ERR_CONFLICT "restricted" while the case
 * is. */
int restriction_check(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

/* Those of a case: {since, ground (French words), state, lifted_at};
 * appended to into. */
int restriction_of_case(struct core *core, struct tx *tx, const struct id *kase,
    json_t *into, struct err *e) NODISCARD;

int restriction_due(struct due_list *d, struct err *e) NODISCARD;
int restriction_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers, struct err *e) NODISCARD;
int restriction_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

#endif
