/*
 * Idempotency: the same key of the same uid again gives the first answer.
 * While a first request runs, a second with its key waits for it. The key
 * itself is not kept, its SHA-256 is. Table idempotency.
 */
#ifndef DAEMON_CORE_IDEMPOTENCY_H
#define DAEMON_CORE_IDEMPOTENCY_H

#include "daemon/core/core.h"

#define IDEMPOTENCY_WAIT_S 30

extern const char *const idempotency_schema;

/* A turn to run under the caller's key; {0} is none. On the caller's stack:
 * it stays where it is until idempotency_leave. */
struct idempotency_turn {
	struct inflight *inflight;
	struct idempotency_turn *next;
	const char *what;
	uint32_t uid;
	uint8_t key[SHA256_LEN];
};

int inflight_open(struct inflight **out, struct err *e) NODISCARD;
void inflight_freep(struct inflight **f);
/* Nothing to do without a key. ERR_CONFLICT tag "in-flight" after
 * IDEMPOTENCY_WAIT_S. */
int idempotency_enter(struct core *core, const struct caller *caller,
    const char *what, struct idempotency_turn *turn, struct err *e) NODISCARD;
void idempotency_leave(struct idempotency_turn *turn);
/*
 * What was made under a key is erased: so is the key's digest. A client makes
 * its keys from the SHA-256 of what it files: kept, they would tell whoever
 * has the file that it was here.
 */
int idempotency_forget(struct tx *tx, const struct id *object, struct err *e)
    NODISCARD;

#endif
