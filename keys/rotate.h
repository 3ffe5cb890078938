/*
 * The one destruction primitive. A rotate writes a whole new generation
 * without the keys to be destroyed, under a fresh root and KEK, makes it
 * current in one atomic replacement, and then overwrites and removes the old
 * one. It only ever goes forward: before the commit the old generation
 * counts and the new folder is swept at start; after it, the new one counts
 * and the old folder is swept. Steps and their order: DESIGN.md here.
 */
#ifndef KEYS_ROTATE_H
#define KEYS_ROTATE_H

#include "keys/keydir.h"
#include "keys/keyring.h"
#include "keys/keystore.h"
#include "keys/slot.h"

struct rotate_set {
	const uint64_t *numbers; /* ascending, none twice */
	size_t n;
	const uint32_t *months; /* detail keys to expire, likewise */
	size_t nmonths;
};

/* The open keys that a rotate replaces. */
struct rotate_keys {
	struct secret root;
	struct keyring ring;
	struct keystore store;
};
void rotate_keys_done(struct rotate_keys *k); /* usable with AUTO */

/* ERR_INVALID unless both lists ascend without duplicates. */
int rotate_check(const struct rotate_set *set, struct err *e) NODISCARD;

/*
 * *keys become the new ones; *destroyed gets how many of the numbers were
 * there. *committed is set when the new generation counts, whatever is
 * returned: on failure with *committed the caller must forget *keys (they
 * are the old ones) and load the generation that is current.
 */
int rotate_run(const struct keydir *d, struct rotate_keys *keys,
    const struct rotate_set *set, uint64_t *destroyed, int *committed,
    struct err *e) NODISCARD;

#endif
