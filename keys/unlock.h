/*
 * One attempt to unseal, in a thread of its own: a passphrase takes 0.65 s
 * and 256 MiB to derive, and the daemon must not wait for that.
 */
#ifndef KEYS_UNLOCK_H
#define KEYS_UNLOCK_H

#include <pthread.h>

#include "keys/agent.h"
#include "keys/safe.h"

struct unlock {
	int done; /* eventfd, readable when the result is there */
	pthread_t thread;
	int started;
	uid_t uid; /* who asked, for the event */
	char account[AGENT_ACCOUNT_MAX];
	struct slots slots;
	struct ecies_context context;
	struct secret pass, root;
	struct err err;
	int result;
};

/* pass is taken. ERR_CONFLICT when the safe is open. */
int unlock_start(struct safe *s, struct secret *pass, struct unlock **out,
    struct err *e) NODISCARD;
void unlock_name(struct unlock *u, uid_t uid, const char *account);
/*
 * Wait for the thread, and open the safe with the root it found. ERR_DENIED:
 * the passphrase is not accepted.
 */
int unlock_result(
    struct unlock *u, struct safe *s, int64_t now_ms, struct err *e) NODISCARD;
/* Waits for the thread if it still runs. */
void unlock_freep(struct unlock **u);

#endif
