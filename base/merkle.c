#include "base/merkle.h"

#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"

_Static_assert(HASH_LEN == SHA256_LEN, "the tree hashes with SHA-256");

#define LEVELS 48 /* 2^48 leaves are out of reach of any memory */

/* level[l] holds the tree hashes of the complete subtrees of 2^l leaves. */
struct level {
	struct hash *nodes;
	size_t cap;
};

struct merkle {
	uint64_t size;
	struct level level[LEVELS];
};

int
merkle_new(struct merkle **out, struct err *e)
{
	if ((*out = calloc(1, sizeof(**out))) == NULL)
		return err_set(e, ERR_NOMEM, "Merkle tree");
	return 0;
}

void
merkle_freep(struct merkle **m)
{
	size_t l;

	for (l = 0; *m != NULL && l < LEVELS; l++)
		free((*m)->level[l].nodes);
	free(*m);
	*m = NULL;
}

uint64_t
merkle_size(const struct merkle *m)
{
	return m->size;
}

int
merkle_leaf_hash(const void *entry, size_t n, struct hash *out, struct err *e)
{
	AUTO(digest_freep) struct digest *d = NULL;
	int r;

	if ((r = digest_new(DIGEST_SHA256, &d, e)) < 0 ||
	    (r = digest_add(d, "\0", 1, e)) < 0 ||
	    (r = digest_add(d, entry, n, e)) < 0)
		return r;
	return digest_final(d, out->b, e);
}

/* out may be one of the children. */
static int
node_hash(const struct hash *left, const struct hash *right, struct hash *out,
    struct err *e)
{
	uint8_t b[1 + 2 * HASH_LEN];

	b[0] = 1;
	memcpy(b + 1, left->b, HASH_LEN);
	memcpy(b + 1 + HASH_LEN, right->b, HASH_LEN);
	return digest_of(DIGEST_SHA256, b, sizeof(b), out->b, e);
}

/* Room for one node more than count. */
static int
level_reserve(struct level *l, uint64_t count, struct err *e)
{
	size_t cap = l->cap > 0 ? 2 * l->cap : 16;
	struct hash *p;

	if (count < l->cap)
		return 0;
	if (cap > SIZE_MAX / 2 / sizeof(*p) ||
	    (p = realloc(l->nodes, cap * sizeof(*p))) == NULL)
		return err_set(e, ERR_NOMEM, "Merkle tree");
	l->nodes = p;
	l->cap = cap;
	return 0;
}

int
merkle_append(struct merkle *m, const struct hash *leaf, struct err *e)
{
	struct hash node = *leaf;
	struct level *at = m->level;
	uint64_t n = m->size;
	int r;

	/*
	 * The leaf completes one node of each level up to the first whose
	 * count is even. Nodes behind the counts of m->size do no harm.
	 */
	for (; at < m->level + LEVELS; at++, n >>= 1) {
		if ((r = level_reserve(at, n, e)) < 0)
			return r;
		at->nodes[n] = node;
		if ((n & 1) == 0) {
			m->size++;
			return 0;
		}
		r = node_hash(&at->nodes[n - 1], &node, &node, e);
		if (r < 0)
			return r;
	}
	return err_set(e, ERR_TOO_LARGE, "Merkle tree");
}

void
merkle_rewind(struct merkle *m, uint64_t size)
{
	if (size < m->size)
		m->size = size;
}

int
merkle_node(const struct merkle *m, unsigned level, uint64_t n,
    struct hash *out, struct err *e)
{
	if (level >= LEVELS || n >= m->size >> level)
		return err_set(
		    e, ERR_NOT_FOUND, "no complete node of the tree");
	*out = m->level[level].nodes[n];
	return 0;
}

/*
 * Tree hash of leaves [lo, hi), where lo is a multiple of a power of two
 * that is at least hi - lo: the complete subtrees, from the smallest.
 */
static int
range_hash(const struct merkle *m, uint64_t lo, uint64_t hi, struct hash *out,
    struct err *e)
{
	uint64_t n = hi - lo, before;
	const struct hash *node;
	struct hash got;
	int have = 0, r;
	unsigned l;

	for (l = 0; l < LEVELS && n >> l > 0; l++) {
		if ((n >> l & 1) == 0)
			continue;
		before = n >> l & ~UINT64_C(1);
		node = &m->level[l].nodes[(lo >> l) + before];
		if (!have)
			got = *node;
		else if ((r = node_hash(node, &got, &got, e)) < 0)
			return r;
		have = 1;
	}
	if (!have)
		return digest_of(DIGEST_SHA256, "", 0, out->b, e);
	*out = got;
	return 0;
}

int
merkle_root(
    const struct merkle *m, uint64_t size, struct hash *out, struct err *e)
{
	if (size > m->size)
		return err_set(e, ERR_NOT_FOUND, "the tree is smaller");
	return range_hash(m, 0, size, out, e);
}

/* The largest power of two smaller than n, n > 1 (RFC 6962, 2.1). */
static uint64_t
split(uint64_t n)
{
	uint64_t k = 1;

	while (k < n - k)
		k <<= 1;
	return k;
}

/* The walk down gives the proof from the root: turn it round. */
static void
reverse(struct hash *h, size_t n)
{
	struct hash swap;
	size_t i;

	for (i = 0; i < n / 2; i++) {
		swap = h[i];
		h[i] = h[n - 1 - i];
		h[n - 1 - i] = swap;
	}
}

int
merkle_inclusion(const struct merkle *m, uint64_t index, uint64_t size,
    struct hash out[MERKLE_PROOF_MAX], size_t *n, struct err *e)
{
	uint64_t lo = 0, hi = size, k;
	size_t got = 0;
	int r;

	if (size > m->size || index >= size)
		return err_set(e, ERR_NOT_FOUND, "no such leaf in the tree");
	while (hi - lo > 1) {
		k = split(hi - lo);
		if (index - lo < k) {
			r = range_hash(m, lo + k, hi, &out[got++], e);
			hi = lo + k;
		} else {
			r = range_hash(m, lo, lo + k, &out[got++], e);
			lo += k;
		}
		if (r < 0)
			return r;
	}
	reverse(out, got);
	*n = got;
	return 0;
}

/* RFC 6962, 2.1.2, SUBPROOF: is_root is its boolean. */
int
merkle_consistency(const struct merkle *m, uint64_t old, uint64_t size,
    struct hash out[MERKLE_PROOF_MAX], size_t *n, struct err *e)
{
	uint64_t lo = 0, hi = size, k;
	int is_root = 1, r = 0;
	size_t got = 0;

	if (old == 0 || old > size || size > m->size)
		return err_set(e, ERR_NOT_FOUND, "no such sizes of the tree");
	while (old != hi && r == 0) {
		k = split(hi - lo);
		if (old - lo <= k) {
			r = range_hash(m, lo + k, hi, &out[got++], e);
			hi = lo + k;
		} else {
			r = range_hash(m, lo, lo + k, &out[got++], e);
			lo += k;
			is_root = 0;
		}
	}
	if (r == 0 && !is_root)
		r = range_hash(m, lo, hi, &out[got++], e);
	if (r < 0)
		return r;
	reverse(out, got);
	*n = got;
	return 0;
}

static int
wrong_proof(struct err *e, const char *what)
{
	return err_set(e, ERR_INTEGRITY, "%s proof is wrong", what);
}

static int
hash_equal(const struct hash *a, const struct hash *b)
{
	return memcmp(a->b, b->b, HASH_LEN) == 0;
}

/* RFC 9162, 2.1.3.2. */
int
merkle_check_inclusion(const struct hash *leaf, uint64_t index, uint64_t size,
    const struct hash *proof, size_t n, const struct hash *root, struct err *e)
{
	uint64_t fn = index, sn = size - 1;
	struct hash got = *leaf;
	size_t i;
	int r;

	if (index >= size)
		return wrong_proof(e, "inclusion");
	for (i = 0; i < n; i++) {
		if (sn == 0)
			return wrong_proof(e, "inclusion");
		if ((fn & 1) != 0 || fn == sn) {
			r = node_hash(&proof[i], &got, &got, e);
			for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
				sn >>= 1;
		} else
			r = node_hash(&got, &proof[i], &got, e);
		if (r < 0)
			return r;
		fn >>= 1;
		sn >>= 1;
	}
	if (sn != 0 || !hash_equal(&got, root))
		return wrong_proof(e, "inclusion");
	return 0;
}

/* RFC 9162, 2.1.4.2, steps 4 to 7: both roots from one proof. */
static int
consistency_roots(uint64_t fn, uint64_t sn, const struct hash *first,
    const struct hash *proof, size_t n, struct hash *fr, struct hash *sr,
    struct err *e)
{
	size_t i;
	int r;

	for (; (fn & 1) != 0; fn >>= 1)
		sn >>= 1;
	*fr = *sr = *first;
	for (i = 0; i < n; i++) {
		if (sn == 0)
			return wrong_proof(e, "consistency");
		if ((fn & 1) != 0 || fn == sn) {
			if ((r = node_hash(&proof[i], fr, fr, e)) < 0 ||
			    (r = node_hash(&proof[i], sr, sr, e)) < 0)
				return r;
			for (; (fn & 1) == 0 && fn != 0; fn >>= 1)
				sn >>= 1;
		} else if ((r = node_hash(sr, &proof[i], sr, e)) < 0)
			return r;
		fn >>= 1;
		sn >>= 1;
	}
	return sn == 0 ? 0 : wrong_proof(e, "consistency");
}

int
merkle_check_consistency(uint64_t old, const struct hash *old_root,
    uint64_t size, const struct hash *root, const struct hash *proof, size_t n,
    struct err *e)
{
	struct hash fr, sr;
	int r;

	if (old == 0 || old > size)
		return wrong_proof(e, "consistency");
	if (old == size)
		return n == 0 && hash_equal(old_root, root)
			   ? 0
			   : wrong_proof(e, "consistency");
	if (n == 0)
		return wrong_proof(e, "consistency");
	/* An old tree that is complete is itself the proof's first node. */
	if ((old & (old - 1)) == 0)
		r = consistency_roots(
		    old - 1, size - 1, old_root, proof, n, &fr, &sr, e);
	else
		r = consistency_roots(
		    old - 1, size - 1, proof, proof + 1, n - 1, &fr, &sr, e);
	if (r < 0)
		return r;
	if (!hash_equal(&fr, old_root) || !hash_equal(&sr, root))
		return wrong_proof(e, "consistency");
	return 0;
}
