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

/* The same of a decision taken again: by a set of this version and
 * generation; 0 is left out. */
json_t *disclosure_decision_form(const struct disclosure_facts *f,
    const struct disclosure_decision *d, uint32_t policy, uint32_t generation);
json_t *decision_form(
    const struct decision *d, uint32_t policy, uint32_t generation);

/* The set that a kept decision names. ERR_INTEGRITY: there is no such. */
int explain_rules(struct core *core, const json_t *kept,
    const struct policy **out, struct err *e) NODISCARD;

/*
 * leaf: an audit number. {leaf, at, class, outcome, actor, object, same} and
 * of an access {decision (as kept), replayed, rule: {name, title, source},
 * facts}, of a disclosure "disclosure" {kept, replayed, rule: {name, title,
 * source, basis}} and its "consents" and "consent_versions" (the event of
 * each that counted then); policy and generation by which it was
 * decided; explained_by, the leaf of this reading. same: taken again by the
 * rules of then it is the same, bit for bit. ERR_NOT_FOUND; ERR_CONFLICT
 * "detail-expired", "no-decision"; ERR_INTEGRITY "detail-damaged".
 */
int explain_leaf(struct core *core, const struct caller *caller, uint64_t leaf,
    json_t **answer, struct err *e) NODISCARD;
/*
 * A candidate over the decisions of the last days: the files in force with
 * those given over them, [{name, text}]; one whose text is null is left out.
 * {decisions, same, newly_allowed: [{leaf, at, what, who, rule_was, rule,
 * why}], newly_denied, changed (another rule, role or purpose; other fields:
 * lost, gained), newly_allowed_count, …, unreadable, complete, leaf}. what:
 * the operation, or "disclosure" with its recipient. Of a leaf with both,
 * both count. At most REPLAY_MAX decisions, newest first; complete is false
 * when there are more. ERR_INVALID "files", "days"; ERR_REFUSED "policy"
 * names the first problem.
 */
#define REPLAY_MAX 200000
#define REPLAY_LIST_MAX 200 /* of each kind are named; all are counted */
#define REPLAY_DAYS_MAX 3660
int explain_replay(struct core *core, const struct caller *caller,
    const json_t *files, uint32_t days, json_t **answer, struct err *e)
    NODISCARD;

#endif
