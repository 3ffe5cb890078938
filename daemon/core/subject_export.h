/*
 * What the vault holds about one person (GDPR art. 15 and 20), under one
 * leaf: their records, field by field; which originals there are, with
 * SHA-256; consents; recipients, named (CJUE C-154/21); purposes and how long
 * kinds are kept; who saw their case. What is about others is withheld and
 * listed with its reason (art. 15(4)), never dropped in silence.
 */
#ifndef DAEMON_CORE_SUBJECT_EXPORT_H
#define DAEMON_CORE_SUBJECT_EXPORT_H

#include "daemon/core/core.h"

#define SUBJECT_RECORDS_MAX (UINT64_C(16) << 20) /* bytes, opened */
#define SUBJECT_ACCESSES_MAX 2000		 /* the newest */

/*
 * {case, person, alone, records, originals, withheld, consents, recipients,
 * kinds, accesses, accesses_more, details_months, policy, leaf}. ERR_REFUSED
 * "subject-person": not of this case; ERR_TOO_LARGE "subject-size".
 */
int subject_export(struct core *core, const struct caller *caller,
    const char *kase, const char *person, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/*
 * A record as one of several adults may have it, by the rules' share of its
 * kind; withheld paths are appended to withheld as {path, title, why}. share
 * NULL: nothing of it. Pure. NULL: no memory.
 */
json_t *subject_share(const struct policy_kind *kind,
    const struct policy_subject *share, int is_holder, const json_t *record,
    json_t *withheld);

#endif
