/*
 * Consents (ISO/IEC TS 27560 in DPV terms; GDPR art. 7): one record per
 * adult and purpose, with an append-only history whose events are chained by
 * their SHA-256. Tables consent, consent_event. Purpose, state and times are
 * in clear, because a disclosure is decided on them inside a transaction;
 * words are sealed under the record's key.
 *
 * A record lives while it is requested, deferred, given, renewed or expired;
 * giving again moves a record that lives and else makes another. What was
 * refused, withdrawn, terminated or invalidated is over.
 */
#ifndef DAEMON_CORE_CONSENT_H
#define DAEMON_CORE_CONSENT_H

#include "daemon/core/core.h"

#define CONSENT_PURPOSES_MAX 32
#define CONSENT_TEXT_MAX 200 /* bytes of a place, a witness, a channel… */
#define CONSENT_LIST_MAX 500 /* records of a case in one answer */

/* The consent without which there is no diagnosis (consent_schema knows no
 * other by name). */
#define CONSENT_DIAGNOSIS "diagnostic"

extern const char *const consent_schema;

/* Words that are not there are "" or NULL. */
struct consent_giving {
	const char *kase;
	const char *purposes[CONSENT_PURPOSES_MAX];
	size_t npurposes;
	const char *persons[CONSENT_PURPOSES_MAX]; /* none: every adult */
	size_t npersons;
	const char *method;   /* handwritten, tablet, oral */
	const char *evidence; /* document, or "" */
	const char *given_on; /* YYYY-MM-DD, or "": today */
	const char *language, *interpreter, *witness, *place; /* or "" */
	/* What they said: "given" (also ""), "requested", "deferred",
	 * "refused". The last three need no method. */
	const char *outcome;
	/* The last day it is for, sooner than the rules' term; or "". */
	const char *valid_through;
	/* "self" (also ""); "guardianship", "mandate": who acts, with the
	 * document that says so, for persons who are named. */
	const char *capacity, *acting, *capacity_document;
	const char *reason; /* why refused or deferred: a word, or "" */
};

/*
 * ERR_REFUSED: tags "consent-purpose", "consent-method", "consent-witness"
 * (oral without one), "consent-person", "consent-evidence", "consent-date",
 * "consent-capacity", "figure-missing"; ERR_CONFLICT "case-state",
 * "case-erased", "consent-state" (they never said it), "consent-changed"
 * (somebody else did at this moment). All or nothing. With an idempotency
 * key that was used: the records it made, as they stand now.
 */
int consent_give(struct core *core, const struct caller *caller,
    const struct consent_giving *g, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

struct consent_ending {
	const char *consents[CONSENT_PURPOSES_MAX]; /* of one case */
	size_t n;
	const char *as; /* "withdrawn", "terminated", "invalidated" */
	/* How a withdrawal came: visite, telephone, courrier, courriel, sms,
	 * rendez-vous, guichet. */
	const char *channel;
	const char *caller_check; /* by telephone: how they were known */
	const char *reason, *document;
};
/*
 * Effective before it returns: what was not yet pulled is cancelled, who
 * already pulled gets a notice. Withdrawals are accepted also after an
 * erasure; no words are kept then. ERR_CONFLICT "consent-state"; ERR_REFUSED
 * "channel", "caller-check", "consent-evidence", "consent-cases".
 */
int consent_end(struct core *core, const struct caller *caller,
    const struct consent_ending *w, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* One, withdrawn. */
int consent_withdraw(struct core *core, const struct caller *caller,
    const char *consent, const char *channel, const char *reason,
    struct id *object, json_t **answer, struct err *e) NODISCARD;
/* The letter that confirms a withdrawal by telephone has gone; document: its
 * copy, or "". ERR_CONFLICT "letter-state". */
int consent_letter(struct core *core, const struct caller *caller,
    const char *consent, const char *document, struct id *object,
    json_t **answer, struct err *e) NODISCARD;

/* at: YYYY-MM-DD, how it stood at the end of that day; "": now. */
int consent_list_at(struct core *core, const struct caller *caller,
    const char *kase, const char *at, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
int consent_list(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

/*
 * What the household takes away: {receipt: JSON-LD in DPV terms, page: a
 * French text, consents: [id…], leaf}, of every consent of the same sheet.
 * That it was made is an event of each. ERR_CONFLICT "consent-state" when its
 * words are erased.
 */
int consent_receipt(struct core *core, const struct caller *caller,
    const char *consent, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

/*
 * The same for the copy of what one person said, under a leaf that is
 * durable: [{sheet, receipt, page}] with their own consents alone, sheet by
 * sheet, appended to into. Nothing is entered. Erased words are passed over.
 */
int consent_receipts_of(struct core *core, const struct case_facts *kase,
    const struct id *person, uint64_t leaf, json_t *into, struct err *e)
    NODISCARD;

/* 1: a consent of its case was given on this document; 0. */
int consent_rests_on(struct tx *tx, const struct id *document, struct err *e)
    NODISCARD;

/* Key numbers (u64) of a case's consents; a tombstone stays of each: id,
 * purpose, state, so that a withdrawal is still accepted. Within tx. */
int consent_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers, struct err *e) NODISCARD;
int consent_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

/* What was withdrawn since then: [{purpose, n}]. */
int consent_withdrawals(
    struct tx *tx, int64_t since_ms, json_t **out, struct err *e) NODISCARD;

#endif
