/*
 * Consents (ISO/IEC TS 27560 in DPV terms; GDPR art. 7): one record per
 * adult and purpose, with an append-only history. Tables consent,
 * consent_event. Purpose and state are in clear, because a disclosure is
 * decided on them inside a transaction; the rest is sealed.
 */
#ifndef DAEMON_CORE_CONSENT_H
#define DAEMON_CORE_CONSENT_H

#include "daemon/core/core.h"

#define CONSENT_PURPOSES_MAX 32
#define CONSENT_TEXT_MAX 200 /* bytes of a place, a witness, a channel… */

extern const char *const consent_schema;

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
};

/* ERR_REFUSED: tags "consent-purpose", "consent-method", "consent-witness"
 * (oral without one), "consent-person", "consent-evidence", "consent-date";
 * ERR_CONFLICT "case-state". All or nothing. */
int consent_give(struct core *core, const struct caller *caller,
    const struct consent_giving *g, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/* Effective before it returns: what was not yet pulled is cancelled, who
 * already pulled gets a notice. ERR_CONFLICT "consent-state". */
int consent_withdraw(struct core *core, const struct caller *caller,
    const char *consent, const char *channel, const char *reason,
    struct id *object, json_t **answer, struct err *e) NODISCARD;

int consent_list(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

/* Key numbers (u64) of a case's consents; a tombstone stays of each: id,
 * purpose, state, so that a withdrawal is still accepted. Within tx. */
int consent_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers, struct err *e) NODISCARD;
int consent_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

#endif
