/*
 * Merkle tree of the audit log (RFC 6962, 2.1; RFC 9162). Holds every
 * complete node in memory (about 64 bytes a leaf); not thread-safe.
 */
#ifndef BASE_MERKLE_H
#define BASE_MERKLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define HASH_LEN 32
#define MERKLE_PROOF_MAX 64 /* hashes in a proof */

struct hash {
	uint8_t b[HASH_LEN];
};

struct merkle;

int merkle_new(struct merkle **out, struct err *e) NODISCARD;
void merkle_freep(struct merkle **m);
uint64_t merkle_size(const struct merkle *m);
/* SHA-256(0x00 || entry) */
int merkle_leaf_hash(
    const void *entry, size_t n, struct hash *out, struct err *e) NODISCARD;
int merkle_append(struct merkle *m, const struct hash *leaf, struct err *e)
    NODISCARD;
/* Back to a smaller size (a transaction that was rolled back). */
void merkle_rewind(struct merkle *m, uint64_t size);
/* Root over the first size leaves. size <= merkle_size. */
int merkle_root(const struct merkle *m, uint64_t size, struct hash *out,
    struct err *e) NODISCARD;
/* Tree hash of leaves [n << level, (n + 1) << level): a complete node. */
int merkle_node(const struct merkle *m, unsigned level, uint64_t n,
    struct hash *out, struct err *e) NODISCARD;

/* Inclusion proof of leaf index in the tree of size; *n hashes. */
int merkle_inclusion(const struct merkle *m, uint64_t index, uint64_t size,
    struct hash out[MERKLE_PROOF_MAX], size_t *n, struct err *e) NODISCARD;
/* Consistency proof between sizes 0 < old <= size. */
int merkle_consistency(const struct merkle *m, uint64_t old, uint64_t size,
    struct hash out[MERKLE_PROOF_MAX], size_t *n, struct err *e) NODISCARD;

/* RFC 9162, 2.1.3.2 and 2.1.4.2. ERR_INTEGRITY when the proof is wrong. */
int merkle_check_inclusion(const struct hash *leaf, uint64_t index,
    uint64_t size, const struct hash *proof, size_t n, const struct hash *root,
    struct err *e) NODISCARD;
int merkle_check_consistency(uint64_t old, const struct hash *old_root,
    uint64_t size, const struct hash *root, const struct hash *proof, size_t n,
    struct err *e) NODISCARD;

#endif
