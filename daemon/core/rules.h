/*
 * The rules in force. Every set that was ever applied is kept for ever in
 * the catalog, as a generation: its files, the page that was signed, the
 * signatures, the leaf. The first is what `sceau init` laid down; each next
 * one is signed by people of the one before. Tables rule_set, rule_file,
 * rule_proposal.
 *
 * At the start the chain is checked: digests, signatures, leaves; and the
 * vault's policy folder must be one of the generations (the newest, or an
 * older one that nobody updated). Anything else was edited without
 * signatures: ERR_INCONSISTENT tag "rules-edited", and the vault does not
 * start.
 */
#ifndef DAEMON_CORE_RULES_H
#define DAEMON_CORE_RULES_H

#include "daemon/core/approval.h"

extern const char *const rules_schema;

/* dir: the policy folder. Sets core->policy and core->rules. */
int rules_open(struct core *core, const char *dir, struct err *e) NODISCARD;
void rules_freep(struct rules **r);
/* Of the set in force; 1 for the first. */
uint32_t rules_generation(const struct core *core);
/* Of a set that is or was in force; 0: of none. */
uint32_t rules_generation_of(const struct core *core, const struct policy *p);
/* A set that was in force, loaded when first asked for. Borrowed: it lives
 * as long as the daemon. ERR_NOT_FOUND. */
int rules_at(struct core *core, uint32_t generation, const struct policy **out,
    struct err *e) NODISCARD;

/* The set that was in force at that instant; before the first, the first. */
int rules_when(struct core *core, int64_t at_ms, uint32_t *generation,
    struct err *e) NODISCARD;

/* Files that are added or take another's place; p NULL: removed. Those it
 * does not name stay as they are. */
struct rules_candidate {
	const struct policy_file *files;
	size_t n;
};
/*
 * A candidate becomes a proposal: checked (policy_load_files, its own
 * tests), compared with what is in force, written as a page to sign. The
 * same candidate over the same set is the same proposal. What it takes is
 * the policy's: approval "rules"; people alone: "people",
 * "people-caseworker", "people-suspension" (policy_people_change).
 * ERR_REFUSED tags "policy", "policy-tests", "rules-same", "rules-version"
 * (it must grow when rules change), "approvers" (too few people would be left
 * who can approve). ERR_TOO_LARGE "rules-size".
 * Answer: {proposal, state, page, sha256, what, needed, approvals, …}. A dry
 * run answers {problems} where rules or tests are wrong: all of them.
 */
int rules_propose(struct core *core, const struct caller *caller,
    const struct rules_candidate *c, int dry_run, struct id *object,
    json_t **answer, struct err *e) NODISCARD;
/* state: "proposed", "applied", "void" (others took its place). */
int rules_show_proposal(struct core *core, const struct caller *caller,
    const char *proposal, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/* ERR_CONFLICT "rules-state" (applied already), "policy-changed" (it was
 * made over other rules), and those of approval.h. */
int rules_approve(struct core *core, const struct caller *caller,
    const char *proposal, const char *signature, struct id *object,
    json_t **answer, struct err *e) NODISCARD;
/* In force when it returns. {generation, version, sha256, leaf}. */
int rules_apply(struct core *core, const struct caller *caller,
    const char *proposal, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/* Every generation: version, digests, who signed, when, leaf. */
int rules_history(struct core *core, const struct caller *caller,
    json_t **answer, struct err *e) NODISCARD;
/* The files of a generation (0: in force): {files: [{name, text}]}. */
int rules_files(struct core *core, const struct caller *caller,
    uint32_t generation, json_t **answer, struct err *e) NODISCARD;

#endif
