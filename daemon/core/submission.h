/*
 * Submissions: what a partner hands in through its door (a list, an opinion,
 * a decision). One body, kept sealed in quarantine, opened by nobody until
 * staff look at it; taken as a document of a case, or rejected with a reason.
 * Table submission.
 */
#ifndef DAEMON_CORE_SUBMISSION_H
#define DAEMON_CORE_SUBMISSION_H

#include "daemon/core/core.h"

#define SUBMISSION_MAX (UINT64_C(16) << 20) /* bytes */
#define SUBMISSION_PER_PARTNER 64	    /* waiting at a time */
#define SUBMISSION_REASON_MAX 400

extern const char *const submission_schema;

/* The partner's: the body was sent as an upload of the same caller. */
int submission_add(struct core *core, const struct caller *caller,
    const char *upload, json_t **answer, struct err *e) NODISCARD;
int submission_list(struct core *core, const struct caller *caller,
    json_t **answer, struct err *e) NODISCARD;
int submission_content(struct core *core, const struct caller *caller,
    const char *submission, struct id *object, struct buf *out, uint64_t *leaf,
    struct err *e) NODISCARD;
/* Filed as this kind in this case, by the same checks as any filing. */
int submission_take(struct core *core, const struct caller *caller,
    const char *submission, const char *kase, const char *kind,
    struct id *object, json_t **answer, struct err *e) NODISCARD;
/* Accepted without a case (a list, which is taken in by other means). */
int submission_accept(struct core *core, const struct caller *caller,
    const char *submission, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
int submission_reject(struct core *core, const struct caller *caller,
    const char *submission, const char *reason, struct id *object,
    json_t **answer, struct err *e) NODISCARD;

#endif
