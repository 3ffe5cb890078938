/*
 * What accounts could reach in a period: the policy is asked, of each case,
 * what they might have read of it under each set of rules that was in force
 * then, as the people and loans of that set had them. It is asked on the wide
 * side: a case counts by the state it has and by being open, and what only
 * wants a purpose or a signed statement counts as within reach; what a broken
 * glass opens does not, because each of those is a leaf.
 */
#ifndef DAEMON_CORE_REACH_H
#define DAEMON_CORE_REACH_H

#include "daemon/core/core.h"

#define REACH_ACCOUNTS_MAX 16 /* of one question */
#define REACH_SETS_MAX 32     /* generations of rules, the newest */

struct reach;
/*
 * accounts: names. all: everything is within reach (the vault's own machine).
 * ERR_NOT_FOUND when no set of the period knows any of the accounts.
 */
struct reach_asking {
	const char *const *accounts; /* NULL at the end */
	int all;
	int64_t since_ms, until_ms;
};
int reach_new(struct core *core, const struct reach_asking *a,
    struct reach **out, struct err *e) NODISCARD;
void reach_freep(struct reach **r);

/* The case itself: its sheet, its persons. */
int reach_case(struct reach *r, const struct case_facts *kase);
/* A document of this kind in it. */
int reach_kind(
    struct reach *r, const struct case_facts *kase, const char *kind);
/* Is one of them a partner, of this recipient? Partners reach extracts. */
int reach_recipient(const struct reach *r, const char *recipient);
int reach_is_partner(const struct reach *r);
/* [{account, uid, name, role, team, organisation, recipient, status}] as the
 * newest set of the period has them, with the status of today: "active",
 * "suspended", "removed". NULL: no memory. */
json_t *reach_json(const struct reach *r);
/* Older sets were left out. */
int reach_is_cut(const struct reach *r);

/* Whose key has this fingerprint, in any set of the period: its account's
 * name into out, or ERR_NOT_FOUND. */
int reach_key_owner(struct core *core, const char *fingerprint,
    int64_t since_ms, int64_t until_ms, char out[64], struct err *e) NODISCARD;

#endif
