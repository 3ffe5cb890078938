/*
 * Deciding: what an extract to a recipient would rest on, as one transaction
 * sees it. Every fact is gathered here and kept with the decision, so that it
 * can be taken again from its leaf (explain.h).
 */
#ifndef DAEMON_CORE_DISCLOSING_H
#define DAEMON_CORE_DISCLOSING_H

#include "daemon/core/core.h"
#include "daemon/core/cut.h"
#include "daemon/core/event.h"

#define DISCLOSING_ADULTS_MAX 16
#define DISCLOSING_BLOCKS_MAX 64 /* that are on at a time */

/* Not to be moved once decided: its facts point into it. */
struct disclosing {
	struct core *core;
	const struct caller *caller;
	const char *recipient, *purpose; /* purpose NULL: the only one */
	const char *channel;		 /* asked for; NULL: the usual one */
	/* The rules, read once: another set may come into force meanwhile. */
	const struct policy *policy;
	struct case_facts kase;
	struct consents_in_force consents;
	struct disclosure_adult adults[DISCLOSING_ADULTS_MAX];
	const char *events[EVENTS_MAX + 1];
	int hides_addresses; /* somebody of the case must not be found */
	struct disclosure_facts facts;
	struct disclosure_decision d;
	struct decision access;
	const struct policy_recipient *to;
	int64_t now_ms;
};

/*
 * Authorise the caller for the case, and decide. ERR_DENIED with the
 * decision's tag; what it was decided on is then in caller->told.
 */
int disclosing_begin(struct disclosing *x, const char *kase, enum policy_op op,
    struct id *object, struct err *e) NODISCARD;
/* Decide for x->kase within tx, with the facts as they stand there. */
int disclosing_decide(struct disclosing *x, struct tx *tx, struct err *e)
    NODISCARD;

/* The verdict on each field of the rule: d.rule->nfields of them. */
void disclosing_verdicts(
    const struct disclosing *x, struct cut_verdict *verdicts);
/* The blocks that are on for this recipient. ERR_TOO_LARGE over max: one left
 * out would hold nothing back. */
int disclosing_blocks(const struct disclosing *x,
    const struct policy_block **blocks, size_t max, size_t *n, struct err *e)
    NODISCARD;

/*
 * What may be opened under this decision, in words that a later decision is
 * compared with: one line for each field, attached kind and block. In the
 * catalog, in clear: nothing of it says what is in a record.
 */
int disclosing_terms(const struct disclosing *x, const char *channel,
    struct buf *out, struct err *e) NODISCARD;
/*
 * Does the decision taken now still allow all of these terms? ERR_CONFLICT
 * "extract-rules-changed"; "extract-suspended" when an address that may be in
 * it became confidential since.
 */
int disclosing_check_terms(
    const struct disclosing *x, const char *terms, struct err *e) NODISCARD;

/*
 * By which channel: the one asked for, or the usual one, among those that
 * recipient and rule allow. ERR_REFUSED "extract-channel"; ERR_CONFLICT
 * "recipient-certificate" when it needs one and there is none.
 */
int disclosing_channel(
    const struct disclosing *x, const char **channel, struct err *e) NODISCARD;
int disclosing_has_channel(const struct disclosing *x, const char *channel);

/* {recipient, purpose, rule, basis, …}: the detail of a leaf. NULL: no
 * memory. */
json_t *disclosing_json(const struct disclosing *x);
/* {purpose, in_force, consents: [one of each adult who gave it]}, or null when
 * none is needed. */
json_t *disclosing_consents(const struct disclosing *x);
/* Does every adult agree to the rule, or does it ask nobody? What cannot be
 * cut by whom it is about goes only then. */
int disclosing_all_agree(const struct disclosing *x);
/* A leaf of its own with that detail. */
int disclosing_leaf(const struct disclosing *x, enum leaf_class klass,
    uint64_t *leaf, struct err *e) NODISCARD;
int64_t disclosing_expiry(const struct disclosing *x, int64_t from_ms);

#endif
