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
	/* The open request for erasure that it answers when it is done, or
	 * NULL: linked in the same change (request_check, request_link). */
	const char *request;
};

/* A row to be made: of an erasure, or of a sweep (case zero). */
struct erasure_new {
	struct id id, kase;
	uint8_t sha256[32];  /* of the page */
	uint8_t objects[32]; /* of what goes, with its keys */
	uint32_t policy;     /* version that the page names */
	uint64_t leaf;
	struct fresh_key key;
	struct buf sealed; /* the page */
};
void erasure_new_done(struct erasure_new *n);
/* Seal the page under a fresh key. */
int erasure_seal(struct core *core, const struct caller *caller,
    struct erasure_new *n, const char *page, struct err *e) NODISCARD;
/* Its row, and what is asked of those who approve: within tx. */
int erasure_insert(struct tx *tx, const struct caller *caller,
    const struct erasure_new *n, const char *what, int64_t now_ms,
    struct err *e) NODISCARD;

/* Is it planned still, and not yet begun? 0 also when there is none such. */
int erasure_is_undecided(struct tx *tx, const struct id *erasure, struct err *e)
    NODISCARD;
/*
 * Those that are not done, and those whose keys went since then: [{erasure,
 * what ("erasure", "retention"), state, keys_destroyed, keys_gone_at,
 * certificate}], the newest 1000; no case is named.
 */
int erasure_since(struct tx *tx, int64_t since_ms, json_t **out, struct err *e)
    NODISCARD;

/* The certificates that were made, the newest 1000: [{erasure, text, json}]:
 * the signed note and the JSON it names; opaque ids, roles, counts and days. */
int erasure_certificates(struct tx *tx, json_t **out, struct err *e) NODISCARD;

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
