/*
 * The authorized_keys that follow from the rules: what each key of
 * people.conf may do through ssh, and how a file differs from that.
 *
 *   partner   restrict,command="… partner --socket …/partner.sock" KEY
 *   others    restrict,port-forwarding,permitopen="[…/api.sock]:*",
 *             permitopen="[…/web/UID.sock]:*",permitlisten="localhost:1",
 *             command="… relay --socket …" KEY
 *
 * port-forwarding is what lets Unix sockets be forwarded, and would open TCP
 * and every other socket with them. sshd compares a socket's path with the
 * host of permitopen, so that these paths are all that is left: the vault's
 * socket and the person's own console; permitlisten leaves a port on which
 * nobody but root may listen. Pure, but for the policy it is given.
 */
#ifndef CLIENT_AUTHORIZED_KEYS_H
#define CLIENT_AUTHORIZED_KEYS_H

#include "base/buf.h"
#include "policy/policy.h"

struct authorized_places {
	const char *program; /* sceau, absolute */
	const char *run;     /* the folder of the sockets, absolute */
};
/* Both are absolute and of A-Z a-z 0-9 / . _ - alone. ERR_USAGE. */
int authorized_check_places(const struct authorized_places *at, struct err *e)
    NODISCARD;

/* The lines of a person, one a key, appended; none of who is suspended. */
int authorized_lines(const struct principal *who,
    const struct authorized_places *at, struct buf *out, struct err *e)
    NODISCARD;

enum authorized_drift {
	AUTHORIZED_EXTRA,   /* a line that the rules do not have */
	AUTHORIZED_MISSING, /* one that they have, and the file has not */
	AUTHORIZED_CHANGED, /* a key of theirs, under other options */
	AUTHORIZED_UNREADABLE
};
/*
 * Compare the bytes of a file with what it should be. Comments, blank lines
 * and the order of lines do not count; every other byte does. found is called
 * for each difference: line is of the file, or the missing one; key is its
 * fingerprint, or "". Not 0 from it ends the comparison with that.
 */
int authorized_compare(const struct buf *file, const struct buf *wanted,
    int (*found)(void *arg, enum authorized_drift what, const char *line,
	const char *key),
    void *arg, struct err *e) NODISCARD;

#endif
