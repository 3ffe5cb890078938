/*
 * Fresh keys, drawn ahead from the agent by a thread of its own so that
 * nobody waits for the agent's disk.
 */
#ifndef DAEMON_CORE_KEYPOOL_H
#define DAEMON_CORE_KEYPOOL_H

#include "daemon/core/core.h"

#define KEYPOOL_LOW AGENT_BLOCK /* refilled when no more than this is left */
#define KEYPOOL_WAIT_MS 5000	/* keypool_take waits at most so long */

/* As keypool_take, but never waits: ERR_BUSY when none is ready. */
int keypool_try(struct keypool *k, struct fresh_key *out, struct err *e)
    NODISCARD;
/* The vault is open: fill, with numbers from floor on only (a keystore that
 * was restored must not give again what the catalog already uses). */
void keypool_fill(struct keypool *k, uint64_t floor);

/* The vault was sealed: forget what is held, draw nothing. */
void keypool_seal(struct keypool *k);

#endif
