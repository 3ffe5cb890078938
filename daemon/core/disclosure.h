/*
 * Disclosure: preview, release, pull, acknowledge. Deny by default; the
 * fields are those of one rule of the policy; decided again at the moment of
 * the pull, in the transaction of its leaf. Tables extract, extract_source.
 */
#ifndef DAEMON_CORE_DISCLOSURE_H
#define DAEMON_CORE_DISCLOSURE_H

#include "daemon/core/core.h"

#define EXTRACT_MAX (UINT64_C(48) << 20) /* bytes of one extract, in clear */
#define EXTRACT_ATTACH_MAX 16		 /* documents attached */
#define EXTRACT_LIST_MAX 1000
#define EXTRACT_TEXT_MAX 200 /* bytes of a name */

extern const char *const disclosure_schema;

/* To whom, for what, how. */
struct extract_asking {
	const char *kase, *recipient;
	const char *purpose; /* NULL: the only one there is */
	const char *channel; /* "ssh", "hand", "paper"; NULL: the usual one */
};
/*
 * Answers are objects as the API shows them. When nothing but a consent is
 * missing, the answer has "allowed": false and names the adults concerned
 * under "missing"; any other refusal is an error.
 */
int extract_preview(struct core *core, const struct caller *caller,
    const struct extract_asking *a, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/*
 * Frozen, signed and encrypted now. Needs caller->purpose. The same
 * idempotency key again is the first answer. ERR_DENIED with the tag of
 * policy_disclose; ERR_CONFLICT "recipient-certificate", "extract-empty",
 * "extract-rule" (something else applies since a moment ago),
 * "extract-rectified"; ERR_REFUSED "extract-channel".
 */
int extract_release(struct core *core, const struct caller *caller,
    const struct extract_asking *a, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* The register of a case: every extract, what, when, on which basis. */
int extract_list(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
int extract_revoke(struct core *core, const struct caller *caller,
    const char *extract, const char *reason, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/*
 * The page that a second person signs: what goes, as it can be read, and the
 * SHA-256 of what is frozen. {extract, state, page, sha256, approvals,
 * needed, leaf}.
 */
int extract_page(struct core *core, const struct caller *caller,
    const char *extract, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/*
 * signature: an armored SSHSIG over that page, in APPROVAL_NAMESPACE. When
 * enough count, what awaits is released, decided again at that moment. As
 * approval_verify and approval_enter; ERR_CONFLICT "extract-one-signature",
 * "extract-seconded".
 */
int extract_approve(struct core *core, const struct caller *caller,
    const char *extract, const char *signature, struct id *object,
    json_t **answer, struct err *e) NODISCARD;

/* By hand or on paper: the bytes to hand over. Decided again now; may be
 * repeated like a pull. ERR_CONFLICT "extract-channel": by ssh. */
struct extract_delivery {
	uint64_t leaf;
	int is_paper; /* text; else CMS */
};
int extract_deliver(struct core *core, const struct caller *caller,
    const char *extract, struct id *object, struct buf *out,
    struct extract_delivery *d, struct err *e) NODISCARD;
/* Who received it, by the word of staff; on: YYYY-MM-DD, "": today.
 * ERR_REFUSED "extract-ack-date". */
struct extract_receipt {
	const char *by, *on;
};
int extract_ack(struct core *core, const struct caller *caller,
    const char *extract, const struct extract_receipt *receipt,
    struct id *object, json_t **answer, struct err *e) NODISCARD;

/* --- the partner's door: identity is the caller's recipient -------------- */

int partner_list(struct core *core, const struct caller *caller,
    json_t **answer, struct err *e) NODISCARD;
/*
 * The container's bytes (CMS, DER). Authorised now, with its leaf; may be
 * repeated until acknowledged. Another recipient's and an unknown extract:
 * ERR_NOT_FOUND. ERR_DENIED "consent-missing"; ERR_CONFLICT tags
 * "extract-expired", "extract-revoked", "extract-withdrawn",
 * "extract-acknowledged", "extract-rectified", "extract-erased",
 * "extract-rules-changed", "extract-suspended" (anything else that now
 * forbids it: the leaf says what).
 */
int partner_pull(struct core *core, const struct caller *caller,
    const char *extract, struct id *object, struct buf *out, uint64_t *leaf,
    struct err *e) NODISCARD;
int partner_ack(struct core *core, const struct caller *caller,
    const char *extract, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

/* --- for consent and erasure ---------------------------------------------- */

/*
 * Within tx: extracts of the case that rest on this consent purpose. Those
 * not yet pulled are cancelled (ids appended to cancelled); for those pulled
 * a notice is queued ({recipient, extract} appended to notices).
 */
int disclosure_withdrawn(struct tx *tx, const struct id *kase,
    const char *purpose, int64_t now_ms, json_t *cancelled, json_t *notices,
    struct err *e) NODISCARD;
/* Within tx: extracts made from an earlier version of this document. Those
 * not yet pulled are cancelled; who pulled gets a notice. */
int disclosure_rectified(struct tx *tx, const struct id *document,
    int64_t now_ms, json_t *cancelled, json_t *notices, struct err *e)
    NODISCARD;
/* Within tx: an objection of this case is upheld. Its recipients are told,
 * once for each extract, whoever objects after; not of what they were told is
 * erased. What was not pulled the rules hold back for themselves. */
int disclosure_objected(struct tx *tx, const struct id *kase, int64_t now_ms,
    json_t *notices, struct err *e) NODISCARD;
/* Within tx: the case is restricted. Who pulled something of it that is not
 * erased is told (GDPR art. 19). */
int disclosure_restricted(struct tx *tx, const struct id *kase, int64_t now_ms,
    json_t *notices, struct err *e) NODISCARD;
/*
 * Within tx: the frozen bytes of a case's extracts (document zero), or of
 * those made from one document, are forgotten; their register lines stay.
 * Notices are queued for whoever pulled. Key numbers appended.
 */
int disclosure_forget(struct tx *tx, const struct id *kase,
    const struct id *document, int64_t now_ms, struct buf *numbers,
    struct err *e) NODISCARD;
int disclosure_key_numbers(struct tx *tx, const struct id *kase,
    const struct id *document, struct buf *numbers, struct err *e) NODISCARD;

#endif
