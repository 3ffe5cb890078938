/*
 * Erasure (GDPR art. 17): a plan, two approvals over its SHA-256, one key
 * rotation, objects gone, a certificate. Tables erasure, erasure_document,
 * erasure_key.
 *
 * States: planned -> approved -> running -> done. A run that was cut is
 * taken up where it stopped by the same call.
 */
#ifndef DAEMON_CORE_ERASURE_H
#define DAEMON_CORE_ERASURE_H

#include "daemon/core/core.h"

#define ERASURE_OBJECTS_MAX 2000
#define ERASURE_TEXT_MAX 400		   /* bytes of a reason, a basis */
#define ERASURE_NAMESPACE "sceau-approval" /* of the SSHSIG */

extern const char *const erasure_schema;

struct erasure_asking {
	const char *kase;	   /* the whole case, or NULL */
	const char *documents[64]; /* or these */
	size_t ndocuments;
	const char *reason, *basis;
	int dry_run; /* the same path; nothing is kept */
};

/* Plan: what would go, as a text page to sign. */
int erasure_plan(struct core *core, const struct caller *caller,
    const struct erasure_asking *a, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
int erasure_show(struct core *core, const struct caller *caller,
    const char *erasure, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/*
 * signature: an armored SSHSIG of the plan's text in ERASURE_NAMESPACE, by
 * the key of somebody whose role counts; not the planner's, no key and no
 * person twice. ERR_REFUSED tags "approval-signature", "approval-key",
 * "approval-role", "approval-own", ERR_CONFLICT "approval-twice",
 * "erasure-state".
 */
int erasure_approve(struct core *core, const struct caller *caller,
    const char *erasure, const char *signature, struct id *object,
    json_t **answer, struct err *e) NODISCARD;
/* ERR_CONFLICT "approvals-missing", "approvals-expired", "plan-changed",
 * "held": a hold set since wins; "canary-found": a copy is left, there is no
 * certificate, and the same call looks again. */
int erasure_run(struct core *core, const struct caller *caller,
    const char *erasure, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

#endif
