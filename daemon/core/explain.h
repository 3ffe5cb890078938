/*
 * Explaining and replaying: a decision taken again, bit for bit, from what
 * its leaf's detail kept; and a candidate set of rules run over the
 * decisions that were really taken. Ends when the month's key does, and says
 * so.
 */
#ifndef DAEMON_CORE_EXPLAIN_H
#define DAEMON_CORE_EXPLAIN_H

#include "daemon/core/core.h"

/* Facts as JSON and back: lossless. New references; NULL: no memory. */
json_t *access_kept_json(const struct access_kept *f);
int access_kept_parse(const json_t *j, struct access_kept *out, struct err *e)
    NODISCARD;
json_t *disclosure_facts_json(const struct disclosure_facts *f);
/* Facts read back: facts points into the rest, and into from. */
struct disclosure_kept {
	struct disclosure_facts facts;
	json_t *from;
	const char *consents[65], *events[65];
	struct disclosure_adult adults[16];
	const char *agreed[16][33];
};
int disclosure_facts_parse(
    const json_t *j, struct disclosure_kept *out, struct err *e) NODISCARD;
void disclosure_kept_done(struct disclosure_kept *k);
/* {facts, allowed, rule, tag, why, policy, generation}: what the leaf of an
 * act of disclosure, or its refusal (caller->told), keeps as "disclosure". */
json_t *disclosure_decision_json(const struct core *core,
    const struct disclosure_facts *f, const struct disclosure_decision *d);

/*
 * leaf: an audit number. {leaf, at, class, outcome, actor, decision (as
 * kept), replayed, same, rule: {name, title, source}, facts, consents,
 * disclosure, policy, generation}. ERR_NOT_FOUND; ERR_CONFLICT
 * "detail-expired", "no-decision".
 */
int explain_leaf(struct core *core, const struct caller *caller, uint64_t leaf,
    json_t **answer, struct err *e) NODISCARD;
/*
 * The candidate over the decisions of the last days: {decisions, same,
 * newly_allowed: [{leaf, at, what, why}], newly_denied, changed (another
 * rule or other fields), unreadable}. At most REPLAY_MAX decisions.
 */
#define REPLAY_MAX 200000
#define REPLAY_LIST_MAX 200 /* of each kind are named; all are counted */
int explain_replay(struct core *core, const struct caller *caller,
    const struct policy *candidate, uint32_t days, json_t **answer,
    struct err *e) NODISCARD;

#endif
