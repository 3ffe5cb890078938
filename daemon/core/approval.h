/*
 * Approvals: signatures that people make anywhere (ssh-keygen -Y sign over a
 * page of text), bound to the exact page by its SHA-256 and to the version of
 * the rules, valid for the days the policy says. One module for erasures,
 * releases and rules. Tables approval_subject, approval.
 *
 * They count by key: no key and no person twice. Roles that count, how many,
 * and whether the one who asks may be among them are the policy's
 * ("approval"); opinions (the DPO's, GDPR art. 38(6)) are kept and never
 * counted.
 */
#ifndef DAEMON_CORE_APPROVAL_H
#define DAEMON_CORE_APPROVAL_H

#include "base/sshsig.h"
#include "daemon/core/core.h"

#define APPROVAL_NAMESPACE "sceau-approval" /* of the SSHSIG */
#define APPROVAL_PAGE_MAX (1u << 20)	    /* bytes */

extern const char *const approval_schema;

/* What is to be approved. The page itself is its module's. */
struct approval_subject {
	struct id id;	  /* of the erasure, the extract, the proposal */
	char what[32];	  /* name of the policy's approval: "erasure" */
	struct id kase;	  /* or zeros */
	uint8_t page[32]; /* SHA-256 */
	uint32_t asked_uid;
	char asked_by[64]; /* account */
	int64_t asked_ms;
	uint32_t policy; /* version of the rules it was asked under */
};
/* One signature, verified; not yet entered. */
struct approval {
	struct id subject;
	uint8_t page[32];		/* SHA-256 of what was signed */
	const struct principal *signer; /* of the rules in force */
	char role[64];			/* that counted, or gave an opinion */
	char fingerprint[64];
	uint8_t flags; /* of sk- keys */
	int counts;    /* 0: an opinion */
	const char *armored;
	int64_t at_ms;
	uint64_t leaf;
};

/*
 * Ask: within the transaction that keeps the page. Asked again for the same
 * id, what was signed for the page before is void; the rows stay.
 */
int approval_ask(struct tx *tx, const struct approval_subject *s, struct err *e)
    NODISCARD;
int approval_subject_get(struct tx *tx, const struct id *id,
    struct approval_subject *out, struct err *e) NODISCARD;
/*
 * Whose signature is this, and may it count? page: its bytes, compared with
 * the subject's SHA-256. ERR_REFUSED tags "approval-signature",
 * "approval-key", "approval-role", "approval-own"; ERR_CONFLICT
 * "plan-changed", "policy-changed" (the rules are not those it was asked
 * under).
 */
int approval_verify(struct core *core, const struct approval_subject *s,
    const void *page, size_t n, const char *armored, int64_t now_ms,
    struct approval *out, struct err *e) NODISCARD;
/*
 * Its row and its leaf (LEAF_APPROVAL, or klass when not 0), within tx.
 * ERR_CONFLICT "approval-twice"; "plan-changed": another page was asked for
 * since it was verified.
 */
int approval_enter(struct core *core, struct tx *tx,
    const struct caller *caller, struct approval *a, enum leaf_class klass,
    const struct decision *d, int64_t now_ms, struct err *e) NODISCARD;
/* How many different keys it takes, by the rules in force; never less than
 * two for what destroys and for the rules themselves. */
uint32_t approval_needed(const struct core *core, const char *what);
uint32_t approval_needed_by(const struct policy *p, const char *what);
/*
 * The role in which who is heard on this day about what, *counts or not (an
 * opinion); NULL: in none. Who gives opinions by their own role gives one in
 * a borrowed role too.
 */
const char *approval_role(const struct policy *p, const char *what,
    const struct principal *who, int32_t day, int *counts);
/* How many count today (an active person's, with that key and role still,
 * not too old), and how many it takes. */
int approval_count(struct core *core, struct tx *tx, const struct id *subject,
    int64_t now_ms, uint32_t *have, uint32_t *need, struct err *e) NODISCARD;
/*
 * Enough of them, still valid, under these rules: *hash is what the leaf of
 * the act carries (SHA-256 over the signatures). ERR_CONFLICT
 * "approvals-missing", "approvals-expired", "policy-changed".
 */
int approval_check(struct core *core, struct tx *tx, const struct id *subject,
    int64_t now_ms, uint8_t hash[32], struct err *e) NODISCARD;
/* The same where others stand in for some of the signatures, never for all:
 * their words join the digest. */
int approval_check_spared(struct core *core, struct tx *tx,
    const struct id *subject, int64_t now_ms, uint32_t spared,
    const struct buf *words, uint8_t hash[32], struct err *e) NODISCARD;
/* [{by, role, fingerprint, counts, at, leaf, valid_until}]. */
int approval_list(struct tx *tx, const struct core *core,
    const struct id *subject, json_t **out, struct err *e) NODISCARD;
/* One that was entered, for who checks it again. Strings are borrowed. */
struct approval_row {
	const char *account, *role, *fingerprint, *armored;
	uint32_t uid;
	int counts;
	int64_t at_ms;
};
/* Those of the present page, by fingerprint, until each returns below 0. */
int approval_each(struct tx *tx, const struct id *subject,
    int (*each)(void *arg, const struct approval_row *row, struct err *e),
    void *arg, struct err *e) NODISCARD;
/* Each subject whose present page has no opinion yet (approvals that count are
 * none), the newest first, until each returns below 0. Whether it is still to
 * be decided is its module's to say. */
int approval_without_opinion(struct tx *tx,
    int (*each)(void *arg, const struct approval_subject *s, struct err *e),
    void *arg, struct err *e) NODISCARD;
/* The armored signatures themselves, for who keeps evidence. */
int approval_texts(struct tx *tx, const struct id *subject, json_t **out,
    struct err *e) NODISCARD;
/* What was signed is void and nothing can be, until a page is asked for
 * again; the rows stay as history. */
int approval_void(struct tx *tx, const struct id *subject, struct err *e)
    NODISCARD;

#endif
