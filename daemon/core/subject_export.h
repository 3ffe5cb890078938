/*
 * What the vault holds about one person (GDPR art. 15 and 20), under one
 * leaf: how their case came about; their records, field by field; which
 * originals there are, with SHA-256; consents and their receipts; recipients,
 * named (CJUE C-154/21); dated events; what they asked; purposes and how long
 * kinds are kept; who saw their case, by function (CJUE C-579/21). Originals
 * are fetched one by one, each under a leaf of its own. What is about others
 * is withheld and listed with its reason (art. 15(4)), never dropped in
 * silence.
 */
#ifndef DAEMON_CORE_SUBJECT_EXPORT_H
#define DAEMON_CORE_SUBJECT_EXPORT_H

#include "daemon/core/document.h"

#define SUBJECT_RECORDS_MAX (UINT64_C(8) << 20) /* bytes, opened */
#define SUBJECT_ACCESSES_MAX 2000		/* the newest */

/*
 * {case, origin, person, alone, records, originals, withheld, consents,
 * receipts, recipients, events, requests, objections, restrictions, kinds,
 * purposes, accesses, accesses_more, details_months, made_at, organisation,
 * policy, leaf}. ERR_REFUSED "subject-person": not of this case; ERR_TOO_LARGE
 * "subject-size".
 */
int subject_export(struct core *core, const struct caller *caller,
    const char *kase, const char *person, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/* A page of an original, or its detached signature. */
struct subject_piece {
	const char *kase, *person, *document; /* ids */
	uint32_t version;		      /* from 1 */
	uint32_t page;			      /* from 0; CONTENT_SIGNATURE */
};
/*
 * Asked of the policy and entered like the export, once more for each.
 * ERR_NOT_FOUND: no document of this case; ERR_DENIED "subject-withheld":
 * it is for somebody to look at first.
 */
int subject_original(struct core *core, const struct caller *caller,
    const struct subject_piece *piece, struct id *object, struct content *out,
    struct err *e) NODISCARD;

/* What a class of leaf, an outcome say to who reads their accesses, in
 * French; an outcome that is none: NULL. */
const char *subject_access_words(const char *klass);
const char *subject_outcome_words(const char *outcome);

/*
 * A record as one of several adults may have it, by the rules' share of its
 * kind; withheld paths are appended to withheld as {path, title, why}. share
 * NULL: nothing of it. Pure. NULL: no memory.
 */
json_t *subject_share(const struct policy_kind *kind,
    const struct policy_subject *share, int is_holder, const json_t *record,
    json_t *withheld);

#endif
