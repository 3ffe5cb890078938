/*
 * The partners' door: who stands there, and with which ssh key. sshd tells
 * the forced command the key (ExposeAuthInfo), which tells its fingerprint
 * in a header; both run under the partner's own account.
 */
#ifndef DAEMON_CORE_DOOR_H
#define DAEMON_CORE_DOOR_H

#include "daemon/core/core.h"

/*
 * ERR_DENIED tag "door-key": what is told is no fingerprint, or people.conf
 * has keys for this partner and this is none of them. A partner without
 * keys there may come with any key, known or not. Never blocks.
 */
int door_check_key(const struct caller *caller, struct err *e) NODISCARD;
/* Do the rules have a key of this fingerprint for them? */
int door_key_is_of(const struct principal *who, const char *fingerprint);
/* The fingerprint as leaves tell it: "unknown" when none was told. */
const char *door_key(const struct caller *caller);
/* Open, allowed this operation, and a recipient. ERR_SEALED; ERR_DENIED tags
 * of decisions, "wrong-door". */
int door_authorize(struct core *core, const struct caller *caller,
    enum policy_op op, struct decision *d, struct err *e) NODISCARD;

#endif
