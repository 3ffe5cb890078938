/*
 * Legal holds (gel) on cases and documents: what is held is not destroyed,
 * whatever is due. Each has a reason, a day on which it must be looked at
 * again, and two people to release it. Table hold.
 */
#ifndef DAEMON_CORE_HOLD_H
#define DAEMON_CORE_HOLD_H

#include "daemon/core/core.h"

#define HOLD_REASON_MAX 400 /* bytes */
#define HOLDS_MAX 64	    /* at once on one case and its documents */
#define HOLD_LIST_MAX 2000  /* in one list; the soonest reviews first */

extern const char *const hold_schema;

/*
 * ERR_REFUSED "hold-review-date", "figure-missing"; ERR_CONFLICT "hold-state",
 * "erased", "case-state"; ERR_TOO_LARGE "holds-max".
 */

struct hold_asking {
	const char *kase;     /* a case, or NULL */
	const char *document; /* or one document */
	const char *reason;
	const char *review; /* YYYY-MM-DD: within figure hold-review-months */
};
int hold_set(struct core *core, const struct caller *caller,
    const struct hold_asking *a, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* Ask for its release: the page to sign. Approvals of "hold-release". */
int hold_release_ask(struct core *core, const struct caller *caller,
    const char *hold, const char *reason, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* The page again, for who is about to sign it. ERR_CONFLICT
 * "hold-not-asked". */
int hold_release_page(struct core *core, const struct caller *caller,
    const char *hold, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
int hold_release_approve(struct core *core, const struct caller *caller,
    const char *hold, const char *signature, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* Looked at again, and kept until another day. */
int hold_review(struct core *core, const struct caller *caller,
    const char *hold, const char *reason, const char *review, struct id *object,
    json_t **answer, struct err *e) NODISCARD;
int hold_list(struct core *core, const struct caller *caller,
    const char *kase /* NULL: all the caller may see */, struct id *object,
    json_t **answer, struct err *e) NODISCARD;

/* How many stand. */
int hold_count(struct tx *tx, uint64_t *n, struct err *e) NODISCARD;

/* Is it held, by a hold of its own or of its case? document NULL: the case,
 * or any of its documents. 1 and *hold, or 0. Every act that destroys asks
 * inside its transaction. */
int hold_stands(struct tx *tx, const struct id *kase, const struct id *document,
    struct id *hold, struct err *e) NODISCARD;
int hold_key_numbers(struct tx *tx, const struct id *kase, struct buf *numbers,
    struct err *e) NODISCARD;
int hold_forget(struct tx *tx, const struct id *kase, struct err *e) NODISCARD;

#endif
