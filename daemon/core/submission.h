/*
 * Submissions: what a partner hands in through its door (a list, an opinion,
 * a decision). One body, kept sealed in quarantine, opened by nobody until
 * staff look at it; taken as a document of a case, accepted without one, or
 * rejected with a reason. Who handed it in never reads it back.
 * Table submission.
 *
 * States: waiting -> taken | accepted | rejected; accepted -> discarded.
 * Taken, rejected and discarded: the content is forgotten in the same
 * transaction, and its key is in no row any more (burnt.h). The line stays,
 * with the words about it under a key of their own.
 */
#ifndef DAEMON_CORE_SUBMISSION_H
#define DAEMON_CORE_SUBMISSION_H

#include "daemon/core/core.h"
#include "daemon/core/due.h"

#define SUBMISSION_MAX (UINT64_C(16) << 20) /* bytes */
#define SUBMISSION_PER_PARTNER 64	    /* waiting at a time */
#define SUBMISSION_REASON_MAX 400	    /* bytes */
#define SUBMISSION_LIST_MAX 1000

extern const char *const submission_schema;

/*
 * The partner's: the body was sent as an upload of the same caller.
 * ERR_CONFLICT tag "submission-quota"; ERR_REFUSED tag "empty-file";
 * ERR_TOO_LARGE tag "submission-size"; ERR_NOT_FOUND tag "upload". The type
 * is looked at, and refuses nothing.
 */
int submission_add(struct core *core, const struct caller *caller,
    const char *upload, json_t **answer, struct err *e) NODISCARD;
/* Those of the caller's recipient, opened under leaf, for its listing:
 * [{submission, state, at, size, sha256, reason}]. */
int submission_own(struct core *core, const struct caller *caller,
    uint64_t leaf, json_t **out, struct err *e) NODISCARD;

/* Staff: {submissions: […], leaf}, those that wait first. */
int submission_list(struct core *core, const struct caller *caller,
    json_t **answer, struct err *e) NODISCARD;
/* media: what inspection called it when it came; "" when it did not agree.
 * ERR_CONFLICT tag "submission-STATE" when the content is gone. */
int submission_content(struct core *core, const struct caller *caller,
    const char *submission, struct id *object, struct buf *out,
    char media[INSPECT_TYPE_MAX], uint64_t *leaf, struct err *e) NODISCARD;
/* Filed as this kind in this case, by the same checks as any filing. */
int submission_take(struct core *core, const struct caller *caller,
    const char *submission, const char *kase, const char *kind,
    struct id *object, json_t **answer, struct err *e) NODISCARD;
/* Accepted without a case (a list, which is taken in by other means): the
 * content stays until it is discarded. */
int submission_accept(struct core *core, const struct caller *caller,
    const char *submission, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
int submission_discard(struct core *core, const struct caller *caller,
    const char *submission, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/* The partner reads the reason. ERR_INVALID tag "submission-reason". */
int submission_reject(struct core *core, const struct caller *caller,
    const char *submission, const char *reason, struct id *object,
    json_t **answer, struct err *e) NODISCARD;

/*
 * A list that is taken in: its content, to be settled by the act that takes
 * it in. The caller's, with submission_list_freep; which of the two operations
 * is asked says settle (else it is only looked at).
 */
struct settling;
int submission_list_open(struct core *core, const struct caller *caller,
    const char *submission, int settle, struct id *object, struct buf *out,
    struct settling **list, struct err *e) NODISCARD;
/* Within a change: it is taken, and its content forgotten. ERR_CONFLICT. */
int submission_list_taken(struct tx *tx, struct settling *list, int64_t now_ms,
    struct err *e) NODISCARD;
void submission_list_freep(struct settling **list);

#endif
