/*
 * One passphrase to try, in a thread of its own, for it takes 0.65 s and
 * 256 MiB to derive, and the daemon must not wait for that: to unseal, or to
 * attest a page while the vault is open.
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
	int attests; /* opens nothing: the page below is what it is for */
	uint8_t digest[SHA256_LEN];
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
/* The same for the page with this SHA-256. ERR_SEALED when it is not open. */
int unlock_attest(struct safe *s, struct secret *pass,
    const uint8_t digest[SHA256_LEN], struct unlock **out, struct err *e)
    NODISCARD;
/* Wait for the thread: was it a passphrase of the vault's? ERR_DENIED. */
int unlock_verdict(struct unlock *u, struct err *e) NODISCARD;
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
