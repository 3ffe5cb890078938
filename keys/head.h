/*
 * The last signed head of the log, kept so that no head is ever signed that
 * does not extend it. The file "head" has two places of 4 096 bytes, each
 * "sceauH1\0", u64 turn, u64 size, root 32, SHA-256 of what is before; the
 * valid one with the higher turn counts. A head overwrites the older place
 * and is synced before its signature leaves: one write, one sync, and a torn
 * write only loses a head that nobody has seen.
 */
#ifndef KEYS_HEAD_H
#define KEYS_HEAD_H

#include "base/crypto.h"
#include "base/merkle.h"

struct head {
	int fd; /* the file; -1 when not open */
	uint64_t turn;
	uint64_t size; /* 0: none was signed yet */
	struct hash root;
};

/* The file with no head signed. */
int head_create(int dir, struct err *e) NODISCARD;
/* ERR_INCOMPLETE when the file is missing; ERR_INTEGRITY. */
int head_open(int dir, struct head *h, struct err *e) NODISCARD;
void head_close(struct head *h); /* usable with AUTO */

struct head_proof {
	const struct hash *hash;
	size_t n;
};

/*
 * Does the head of size and root extend the last one? 0 also when it is the
 * same. ERR_INVALID: size 0, or a proof where none belongs;
 * ERR_INCONSISTENT: smaller, another root, or the proof is wrong.
 */
int head_check(const struct head *h, uint64_t size, const struct hash *root,
    const struct head_proof *proof, struct err *e) NODISCARD;
/* head_check, then make it the last one, durably. */
int head_advance(struct head *h, uint64_t size, const struct hash *root,
    const struct head_proof *proof, struct err *e) NODISCARD;

#endif
