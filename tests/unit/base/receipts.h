/*
 * A log of a few leaves and a right receipt for one of them, for tests that
 * change one thing after another.
 */
#ifndef TESTS_UNIT_BASE_RECEIPTS_H
#define TESTS_UNIT_BASE_RECEIPTS_H

#include "base/leaf.h"
#include "base/receipt.h"

struct sample {
	struct receipt r;
	struct leaf leaf;
	struct note_key key;
	uint8_t seed[ED25519_LEN];
};

/* A document of npages files with the contents "page 0\n", "page 1\n"… */
int sample_make(struct sample *s, size_t npages, struct err *e) NODISCARD;
/* Enter s->leaf in a fresh log, prove it, sign its head with s->key. */
int sample_prove(struct sample *s, struct err *e) NODISCARD;
void sample_done(struct sample *s);

#endif
