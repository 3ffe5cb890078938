/* A giving on its way, for consent.c and the words of its sheet. */
#ifndef DAEMON_CORE_CONSENT_GIVING_H
#define DAEMON_CORE_CONSENT_GIVING_H

#include "daemon/core/case.h"
#include "daemon/core/consent_row.h"

#define CONSENT_MADE_MAX 256 /* records moved at once: adults x purposes */

/* One record about to be made or moved. */
struct consent_made {
	struct consent_row row;
	const struct policy_consent *purpose;
	enum consent_state from, to; /* from unknown: it is new */
	struct fresh_key key;	     /* of a new one */
	uint32_t seal;
	struct buf words;
};

struct giving {
	struct core *core;
	const struct caller *caller;
	const struct consent_giving *g;
	struct case_facts kase;
	struct decision decision;
	enum consent_state outcome;
	struct id sheet, evidence, capacity_document;
	int32_t given_day, through_day;
	int has_through;
	int64_t given_ms;
	struct consent_made made[CONSENT_MADE_MAX];
	size_t n;
	uint64_t leaf;
	int diagnosis; /* 1: this made the diagnosis accepted */
	/* The household refuses: what was given is withdrawn by it, and a
	 * case without adults has nothing to be refused. */
	int refusing;
};

/*
 * A giving in its steps, for who makes one change of several: core, caller
 * and g are set, and evidence when its document is of the same change.
 */
int consent_giving_prepare(struct giving *gv, struct id *object, struct err *e)
    NODISCARD;
int consent_giving_apply(
    struct tx *tx, struct giving *gv, int64_t now_ms, struct err *e) NODISCARD;
void consent_giving_free(struct giving **gv);
/* What consent_give answers, of a sheet that was given. */
int consent_sheet_answer(struct core *core, struct tx *tx,
    const struct id *kase, const struct id *sheet, uint64_t leaf,
    json_t **answer, struct err *e) NODISCARD;

/* Form of the sheet; outcome is set. */
int consent_words_check(struct giving *gv, struct err *e) NODISCARD;
/* given_day, given_ms, through_day are set. */
int consent_words_dates(struct giving *gv, int64_t now_ms, struct err *e)
    NODISCARD;
/* evidence and capacity_document are set; evidence that was set stays. */
int consent_words_documents(struct giving *gv, struct tx *tx, struct err *e)
    NODISCARD;
/* A record for each person and purpose; their fresh keys are drawn. */
int consent_made_prepare(struct giving *gv, struct tx *tx, struct err *e)
    NODISCARD;
/* Seal the words of each; within a change, enter each after its leaf. */
int consent_made_seal(struct giving *gv, struct err *e) NODISCARD;
int consent_made_apply(
    struct tx *tx, struct giving *gv, int64_t now_ms, struct err *e) NODISCARD;
void consent_made_done(struct giving *gv);
/* A new object; NULL: no memory. */
json_t *consent_words(const struct giving *gv, const struct policy_consent *p);

/* A living document of this case, or ERR_REFUSED "consent-evidence". */
int consent_document(struct tx *tx, const struct id *kase, const char *text,
    struct document_facts *out, struct err *e) NODISCARD;

#endif
