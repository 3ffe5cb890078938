/*
 * The n-th allocation, write, sync or rename fails, until the call gets
 * through; after each failure the folder is opened anew, as by a new
 * process, and must hold what was promised.
 */
#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "tests/fault/fault.h"

#define SWEEP_MAX 400

static const enum fault_kind kinds[] = { FAULT_ALLOC, FAULT_WRITE, FAULT_SHORT,
	FAULT_BROKEN, FAULT_SYNC, FAULT_RENAME };

struct sweep {
	struct fixture *f;
	uint64_t last; /* highest number given */
	uint64_t head; /* size of the last note that came out */
	struct merkle *tree;
	uint8_t keys[256][32]; /* of the first block */
	struct hash root;
};

/* Fail every call of each kind that op makes; check after each. */
static void
sweep(struct sweep *s, int (*op)(struct sweep *),
    void (*check)(struct sweep *, int r))
{
	unsigned n, fired = 0;
	size_t i;
	int r;

	for (i = 0; i < NELEMS(kinds); i++) {
		for (n = 1; n < SWEEP_MAX; n++) {
			fault_arm(kinds[i], n);
			r = op(s);
			if (fault_disarm() == 0)
				break;
			fixture_restart(s->f);
			fixture_open(s->f);
			check(s, r);
		}
		fired += n > 1;
		assert_true(n < SWEEP_MAX);
		assert_ok(r);
		check(s, r);
	}
	/* Every kind but one that the call has no use for. */
	assert_true(fired >= NELEMS(kinds) - 1);
}

static int
op_draw(struct sweep *s)
{
	AUTO(secret_done) struct secret keys = { 0 };
	uint64_t first;
	uint32_t count;
	int r;

	r = safe_draw(&s->f->safe, &first, &count, &keys, &s->f->e);
	if (r < 0)
		return r;
	if (first <= s->last)
		return -(int)ERR_CODES; /* given twice */
	s->last = first + count - 1;
	return safe_refill(&s->f->safe, &s->f->e);
}

static void
check_draw(struct sweep *s, int r)
{
	uint8_t key[32];

	assert_int_not_equal(r, -(int)ERR_CODES);
	assert_true(s->f->safe.mark > s->last);
	if (s->last > 0)
		assert_ok(fixture_key(s->f, s->last, key));
}

static void
no_number_is_given_twice_or_lost(void **state)
{
	struct sweep s = { .f = *state };

	fixture_open(s.f);
	sweep(&s, op_draw, check_draw);
}

static int
op_detail(struct sweep *s)
{
	AUTO(secret_done) struct secret key = { 0 };
	int r;

	/* A new month each time, so that the keyring is written. */
	s->last++;
	r = safe_detail(
	    &s->f->safe, (uint32_t)(24000 + s->last), &key, &s->f->e);
	if (r == 0)
		memcpy(s->keys[0], key.p, 32);
	return r;
}

static void
check_detail(struct sweep *s, int r)
{
	AUTO(secret_done) struct secret key = { 0 };

	assert_ok(safe_detail(
	    &s->f->safe, (uint32_t)(24000 + s->last), &key, &s->f->e));
	if (r == 0)
		assert_memory_equal(key.p, s->keys[0], 32);
}

static void
a_months_key_that_was_given_is_there_again(void **state)
{
	struct sweep s = { .f = *state };

	fixture_open(s.f);
	sweep(&s, op_detail, check_detail);
}

static int
op_head(struct sweep *s)
{
	AUTO(buf_done) struct buf note = { 0 };
	struct hash root, hashes[MERKLE_PROOF_MAX];
	struct head_proof proof = { hashes, 0 };
	uint64_t old = s->f->safe.head.size, size = old + 1;
	int broken, r;

	assert_true(size <= merkle_size(s->tree));
	if ((r = merkle_root(s->tree, size, &root, &s->f->e)) < 0)
		return r;
	if (old > 0 && (r = merkle_consistency(s->tree, old, size, hashes,
			    &proof.n, &s->f->e)) < 0)
		return r;
	r = safe_sign_head(
	    &s->f->safe, size, &root, &proof, 0, &broken, &note, &s->f->e);
	if (r == 0)
		s->head = size;
	return r;
}

static void
check_head(struct sweep *s, int r)
{
	struct hash root;

	(void)r;
	/* What came out is never ahead of what is kept. */
	assert_true(s->f->safe.head.size >= s->head);
	if (s->f->safe.head.size == 0)
		return;
	assert_ok(merkle_root(s->tree, s->f->safe.head.size, &root, &s->f->e));
	assert_memory_equal(root.b, s->f->safe.head.root.b, HASH_LEN);
}

static void
no_signature_leaves_before_its_head_is_kept(void **state)
{
	struct sweep s = { .f = *state };
	struct hash leaf;
	uint64_t i;

	assert_ok(merkle_new(&s.tree, NULL));
	for (i = 0; i < 200; i++) {
		assert_ok(merkle_leaf_hash(&i, sizeof(i), &leaf, NULL));
		assert_ok(merkle_append(s.tree, &leaf, NULL));
	}
	fixture_open(s.f);
	sweep(&s, op_head, check_head);
	merkle_freep(&s.tree);
}

/* Each rotate destroys the next number of the first block. */
static int
op_rotate(struct sweep *s)
{
	uint64_t number = s->last + 1, destroyed;
	struct safe_rotate q = { .set = { .numbers = &number, .n = 1 },
		.leaf = 4,
		.size = 5,
		.root = s->root };
	int r = safe_rotate(&s->f->safe, &q, &destroyed, &s->f->e);

	if (r == 0)
		s->last++;
	return r;
}

static void
check_rotate(struct sweep *s, int r)
{
	uint64_t i;
	uint8_t key[32];

	/* Not told, but done: then it counts as done. */
	if (r < 0 && fixture_key(s->f, s->last + 1, key) < 0)
		s->last++;
	for (i = 1; i <= 256; i++) {
		if (i <= s->last) {
			assert_err(fixture_key(s->f, i, key), ERR_NOT_FOUND);
			continue;
		}
		assert_ok(fixture_key(s->f, i, key));
		assert_memory_equal(key, s->keys[i - 1], 32);
	}
}

static void
a_rotate_that_fails_destroys_all_of_its_set_or_nothing(void **state)
{
	struct sweep s = { .f = *state };
	AUTO(secret_done) struct secret keys = { 0 };
	uint64_t first;
	uint32_t count;

	fixture_open(s.f);
	assert_ok(safe_draw(&s.f->safe, &first, &count, &keys, &s.f->e));
	memcpy(s.keys, keys.p, keys.len);
	fixture_sign_log(s.f, 5, &s.root);
	sweep(&s, op_rotate, check_rotate);
	assert_true(s.last > 0 && s.last < 256);
}

#define WITH(t)                                                                \
	cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(no_number_is_given_twice_or_lost),
		WITH(a_months_key_that_was_given_is_there_again),
		WITH(no_signature_leaves_before_its_head_is_kept),
		WITH(a_rotate_that_fails_destroys_all_of_its_set_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
