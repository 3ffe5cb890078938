/*
 * The custodians: who may unseal and seal. Written at init to
 * keys/custodians, a line "UID ACCOUNT" each. A peer is a custodian when its
 * uid is listed and the account data base gives that uid the name listed, so
 * that a uid used again for someone else is nobody.
 */
#ifndef KEYS_CUSTODIAN_H
#define KEYS_CUSTODIAN_H

#include <sys/types.h>

#include "base/buf.h"
#include "keys/agent.h"

#define CUSTODIANS_MAX 16
#define CUSTODIANS_WANTED 3 /* fewer is said to be too few */

struct custodian {
	uid_t uid;
	char account[AGENT_ACCOUNT_MAX];
};

struct custodians {
	struct custodian who[CUSTODIANS_MAX];
	size_t n;
};

/* Add the account of this name. ERR_INVALID: none such, twice, too many. */
int custodians_add(struct custodians *c, const char *account, struct err *e)
    NODISCARD;
/* ERR_INTEGRITY with the line that is wrong; ERR_INCOMPLETE. */
int custodians_load(int dir, struct custodians *c, struct err *e) NODISCARD;
int custodians_save(int dir, const struct custodians *c, struct err *e)
    NODISCARD;
int custodians_parse(
    const char *text, size_t n, struct custodians *c, struct err *e) NODISCARD;

/* The name that uid has now: "" when it has none, or one that is too long. */
void account_of(uid_t uid, char out[AGENT_ACCOUNT_MAX]);
/* Is uid, under the name it has now, one of them? */
int custodians_has(const struct custodians *c, uid_t uid, const char *account);
/* Account names separated by spaces; those that do not fit are left out. */
void custodians_names(const struct custodians *c, char *out, size_t size);

#endif
