/*
 * The key agent's three operations that the audit log uses, in process and
 * with switches: sealed, away, an answer that gets lost, an expired month.
 * It checks consistency as the real one does and signs with a real key.
 */
#ifndef TESTS_UNIT_AUDIT_FAKE_AGENT_H
#define TESTS_UNIT_AUDIT_FAKE_AGENT_H

#include <stdatomic.h>

#include "keys/agent.h"

struct agent {
	int sealed, away;
	int lose_answer;  /* sign, then be gone */
	int lie;	  /* sign another root */
	uint32_t expired; /* this month has no key any more */
	int sync_fd;	  /* a file to sync before signing, or -1 */
	atomic_uint signs, detail_keys;
	uint64_t head_size;
	struct hash head_root;
	uint8_t seed[ED25519_LEN];
	struct note_key key;
};

void fake_agent_init(struct agent *a);

#endif
