/*
 * Secrets: keys and passphrases. The memory is locked, left out of core
 * dumps and of forked children, and wiped when freed. Never on the stack,
 * never in a struct buf that is printed.
 */
#ifndef BASE_SECRET_H
#define BASE_SECRET_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define SECRET_KEY_LEN 32 /* bytes of every symmetric key of ours */

struct secret {
	uint8_t *p;
	size_t len; /* bytes in use; 0 when empty */
	size_t map; /* bytes mapped */
};

/*
 * Give s room for len bytes (zeroed). s must be empty (zeroed storage).
 * ERR_NOMEM. If the lock limit is reached the memory is still kept out of
 * dumps; secret_locked tells.
 */
int secret_init(struct secret *s, size_t len, struct err *e) NODISCARD;

/* len random bytes from the system's CSPRNG (OpenSSL). */
int secret_random(struct secret *s, size_t len, struct err *e) NODISCARD;

/* A copy of n bytes at p. */
int secret_copy(struct secret *s, const void *p, size_t n, struct err *e)
    NODISCARD;

/* Wipe, unmap, leave s empty. Accepts an empty one. */
void secret_done(struct secret *s);

/* Move: *to must be empty; *from is empty afterwards. */
void secret_move(struct secret *to, struct secret *from);

/* Constant time in the length. */
int secret_equal(const void *a, const void *b, size_t len);

/* Overwrite n bytes so that the compiler cannot drop it. */
void secret_wipe(void *p, size_t n);

/*
 * For every main, once: no core dumps, not ptraceable (PR_SET_DUMPABLE 0),
 * RLIMIT_CORE 0, RLIMIT_MEMLOCK raised as far as allowed.
 */
int secret_harden_process(struct err *e) NODISCARD;

#endif
