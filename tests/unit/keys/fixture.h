/*
 * A vault's keys/ folder in a temporary place, small and quick: a reserve of
 * a thousand keys and the cheapest scrypt.
 */
#ifndef TEST_KEYS_FIXTURE_H
#define TEST_KEYS_FIXTURE_H

/* cmocka.h needs these four before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "keys/agent.h"
#include "keys/ops.h"
#include "keys/safe.h"

#define FIXTURE_RESERVE 1024
#define FIXTURE_PASS "a passphrase for tests"
#define FIXTURE_ORIGIN "sceau.example/keys-test"

struct fixture {
	char path[64];
	struct safe_spec spec;
	struct safe safe; /* loaded, sealed, by fixture_setup */
	struct err e;
};

/* cmocka setup and teardown; *state is a struct fixture. */
int fixture_setup(void **state);
int fixture_teardown(void **state);

/* Close the safe's folder and load it again, as a new process would. */
void fixture_restart(struct fixture *f);
/* With the passphrase; 0 or the error. */
int fixture_unseal(struct fixture *f, const char *pass);
/* Unsealed and with its floor told: ready for draws. */
void fixture_open(struct fixture *f);
/* A log of n leaves, signed as the agent's head; root gets its root. */
void fixture_sign_log(struct fixture *f, uint64_t n, struct hash *root);
/* The key of a number, as the daemon would ask; 0 or the error. */
int fixture_key(struct fixture *f, uint64_t number, uint8_t key[32]);
/* Copy and remove folders with everything in them. */
void tree_copy(const char *from, const char *to);
void tree_remove(const char *path);

#define assert_ok(r) assert_int_equal((r), 0)
#define assert_err(r, code) assert_int_equal((r), -(int)(code))

#endif
