#include "base/merkle.h"

#include <string.h>

#include "base/crypto.h"
#include "tests/unit/base/vectors.h"

#define MANY 70 /* leaves of the exhaustive tests */

static struct hash leaves[MANY];
static struct merkle *tree;

static void
append(struct merkle *m, uint64_t i)
{
	uint8_t b[8];
	struct hash h;
	struct err e;
	int k;

	for (k = 0; k < 8; k++)
		b[k] = (uint8_t)(i >> (8 * k));
	assert_int_equal(merkle_leaf_hash(b, sizeof(b), &h, &e), 0);
	if (i < MANY)
		leaves[i] = h;
	assert_int_equal(merkle_append(m, &h, &e), 0);
}

static int
tree_setup(void **state)
{
	struct err e;
	int i;

	(void)state;
	assert_int_equal(merkle_new(&tree, &e), 0);
	for (i = 0; i < MANY; i++)
		append(tree, (uint64_t)i);
	return 0;
}

static int
tree_teardown(void **state)
{
	(void)state;
	merkle_freep(&tree);
	return 0;
}

/* RFC 6962, 2.1, as it is written. */
static struct hash
root_by_definition(const struct hash *d, size_t n)
{
	uint8_t b[65] = { 1 };
	struct hash h;
	struct err e;
	size_t k = 1;

	if (n == 1)
		return d[0];
	if (n == 0) {
		assert_int_equal(digest_of(DIGEST_SHA256, "", 0, h.b, &e), 0);
		return h;
	}
	while (2 * k < n)
		k *= 2;
	h = root_by_definition(d, k);
	memcpy(b + 1, h.b, 32);
	h = root_by_definition(d + k, n - k);
	memcpy(b + 33, h.b, 32);
	assert_int_equal(digest_of(DIGEST_SHA256, b, 65, h.b, &e), 0);
	return h;
}

static struct hash
root_of(const struct merkle *m, uint64_t size)
{
	struct hash h;
	struct err e;

	assert_int_equal(merkle_root(m, size, &h, &e), 0);
	return h;
}

static void
roots_are_those_of_the_definition(void **state)
{
	struct hash a, b;
	size_t n;

	(void)state;
	for (n = 0; n <= MANY; n++) {
		a = root_of(tree, n);
		b = root_by_definition(leaves, n);
		assert_memory_equal(a.b, b.b, HASH_LEN);
	}
}

static void
roots_agree_with_the_corpus(void **state)
{
	json_t *j = corpus_json("tlog/rfc6962-roots.json");
	json_t *in = json_object_get(j, "leaf_inputs_hex");
	json_t *want = json_object_get(j, "root_hash_hex_by_tree_size");
	AUTO(merkle_freep) struct merkle *m = NULL;
	struct hash h;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(merkle_new(&m, &e), 0);
	for (i = 0; i < json_array_size(want); i++) {
		h = root_of(m, i);
		assert_hex(
		    h.b, HASH_LEN, json_string_value(json_array_get(want, i)));
		if (i < json_array_size(in)) {
			AUTO(buf_done)
			struct buf b =
			    unhex(json_string_value(json_array_get(in, i)));

			assert_int_equal(
			    merkle_leaf_hash(b.p, b.len, &h, &e), 0);
			assert_int_equal(merkle_append(m, &h, &e), 0);
		}
	}
	assert_int_equal(i, 9);
	json_decref(j);
}

static void
every_leaf_of_every_size_is_proved(void **state)
{
	struct hash proof[MERKLE_PROOF_MAX], root;
	uint64_t i, size;
	struct err e;
	size_t n;

	(void)state;
	for (size = 1; size <= MANY; size++) {
		root = root_of(tree, size);
		for (i = 0; i < size; i++) {
			assert_int_equal(
			    merkle_inclusion(tree, i, size, proof, &n, &e), 0);
			assert_true(n <= 7);
			assert_int_equal(merkle_check_inclusion(&leaves[i], i,
					     size, proof, n, &root, &e),
			    0);
		}
	}
}

/* Nothing about a proof may differ: each row of changes is refused. */
static void
a_changed_inclusion_proof_is_refused(void **state)
{
	struct hash proof[MERKLE_PROOF_MAX + 1], root, other;
	uint64_t i, k, size;
	struct err e;
	size_t n, h;

	(void)state;
	for (size = 2; size <= 20; size++)
		for (i = 0; i < size; i++) {
			root = root_of(tree, size);
			assert_int_equal(
			    merkle_inclusion(tree, i, size, proof, &n, &e), 0);
			for (k = 0; k < size + 3; k++)
				if (k != i)
					assert_int_equal(
					    merkle_check_inclusion(&leaves[i],
						k, size, proof, n, &root, &e),
					    -ERR_INTEGRITY);
			for (h = 0; h < n; h++) {
				proof[h].b[h] ^= 1;
				assert_int_equal(
				    merkle_check_inclusion(&leaves[i], i, size,
					proof, n, &root, &e),
				    -ERR_INTEGRITY);
				proof[h].b[h] ^= 1;
			}
			assert_int_equal(merkle_check_inclusion(&leaves[i], i,
					     size, proof, n - 1, &root, &e),
			    -ERR_INTEGRITY);
			proof[n] = root;
			assert_int_equal(merkle_check_inclusion(&leaves[i], i,
					     size, proof, n + 1, &root, &e),
			    -ERR_INTEGRITY);
			other = leaves[(i + 1) % size];
			assert_int_equal(merkle_check_inclusion(&other, i, size,
					     proof, n, &root, &e),
			    -ERR_INTEGRITY);
		}
}

static void
every_two_sizes_are_consistent(void **state)
{
	struct hash proof[MERKLE_PROOF_MAX], a, b;
	uint64_t old, size;
	struct err e;
	size_t n;

	(void)state;
	for (size = 1; size <= MANY; size++)
		for (old = 1; old <= size; old++) {
			a = root_of(tree, old);
			b = root_of(tree, size);
			assert_int_equal(
			    merkle_consistency(tree, old, size, proof, &n, &e),
			    0);
			assert_int_equal(merkle_check_consistency(
					     old, &a, size, &b, proof, n, &e),
			    0);
		}
}

static void
a_changed_consistency_proof_is_refused(void **state)
{
	struct hash proof[MERKLE_PROOF_MAX + 1], a, b, c;
	uint64_t old, size, k;
	struct err e;
	size_t n, h;

	(void)state;
	for (size = 2; size <= 20; size++)
		for (old = 1; old < size; old++) {
			a = root_of(tree, old);
			b = root_of(tree, size);
			c = root_of(tree, size + 1);
			assert_int_equal(
			    merkle_consistency(tree, old, size, proof, &n, &e),
			    0);
			for (h = 0; h < n; h++) {
				proof[h].b[31] ^= 0x80;
				assert_int_equal(
				    merkle_check_consistency(
					old, &a, size, &b, proof, n, &e),
				    -ERR_INTEGRITY);
				proof[h].b[31] ^= 0x80;
			}
			assert_int_equal(merkle_check_consistency(old, &a, size,
					     &b, proof, n - 1, &e),
			    -ERR_INTEGRITY);
			proof[n] = b;
			assert_int_equal(merkle_check_consistency(old, &a, size,
					     &b, proof, n + 1, &e),
			    -ERR_INTEGRITY);
			assert_int_equal(merkle_check_consistency(
					     old, &a, size, &c, proof, n, &e),
			    -ERR_INTEGRITY);
			assert_int_equal(merkle_check_consistency(
					     old, &c, size, &b, proof, n, &e),
			    -ERR_INTEGRITY);
			for (k = 0; k < old; k++)
				assert_int_equal(merkle_check_consistency(k, &a,
						     size, &b, proof, n, &e),
				    -ERR_INTEGRITY);
		}
}

static void
two_heads_of_one_size_must_be_one(void **state)
{
	struct hash a = root_of(tree, 5), b = root_of(tree, 6);
	struct err e;

	(void)state;
	assert_int_equal(
	    merkle_check_consistency(5, &a, 5, &a, NULL, 0, &e), 0);
	assert_int_equal(merkle_check_consistency(5, &a, 5, &b, NULL, 0, &e),
	    -ERR_INTEGRITY);
	assert_int_equal(
	    merkle_check_consistency(5, &a, 5, &a, &b, 1, &e), -ERR_INTEGRITY);
	assert_int_equal(merkle_check_consistency(6, &a, 5, &a, NULL, 0, &e),
	    -ERR_INTEGRITY);
	assert_int_equal(merkle_check_consistency(0, &a, 5, &a, NULL, 0, &e),
	    -ERR_INTEGRITY);
	/* and two heads of two sizes need a proof */
	assert_int_equal(merkle_check_consistency(3, &a, 5, &a, NULL, 0, &e),
	    -ERR_INTEGRITY);
	assert_int_equal(merkle_check_consistency(4, &a, 5, &a, NULL, 0, &e),
	    -ERR_INTEGRITY);
}

static void
what_the_tree_does_not_hold_is_not_found(void **state)
{
	struct hash out[MERKLE_PROOF_MAX];
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(merkle_root(tree, MANY + 1, out, &e), -ERR_NOT_FOUND);
	assert_int_equal(
	    merkle_inclusion(tree, 5, 5, out, &n, &e), -ERR_NOT_FOUND);
	assert_int_equal(
	    merkle_inclusion(tree, 0, MANY + 1, out, &n, &e), -ERR_NOT_FOUND);
	assert_int_equal(
	    merkle_consistency(tree, 0, 5, out, &n, &e), -ERR_NOT_FOUND);
	assert_int_equal(
	    merkle_consistency(tree, 6, 5, out, &n, &e), -ERR_NOT_FOUND);
	assert_int_equal(
	    merkle_consistency(tree, 6, MANY + 1, out, &n, &e), -ERR_NOT_FOUND);
	assert_int_equal(merkle_node(tree, 6, 1, out, &e), -ERR_NOT_FOUND);
	assert_int_equal(merkle_node(tree, 64, 0, out, &e), -ERR_NOT_FOUND);
}

static void
nodes_are_roots_of_their_leaves(void **state)
{
	struct hash a, b;
	unsigned l;
	struct err e;
	uint64_t n;

	(void)state;
	for (l = 0; l < 7; l++)
		for (n = 0; n < (uint64_t)MANY >> l; n++) {
			assert_int_equal(merkle_node(tree, l, n, &a, &e), 0);
			b = root_by_definition(
			    leaves + (n << l), (size_t)1 << l);
			assert_memory_equal(a.b, b.b, HASH_LEN);
		}
}

static void
a_rewound_tree_grows_as_if_nothing_had_been(void **state)
{
	AUTO(merkle_freep) struct merkle *m = NULL;
	struct hash junk = { { 9 } }, a, b;
	struct err e;
	uint64_t i, back;

	(void)state;
	assert_int_equal(merkle_new(&m, &e), 0);
	for (i = 0; i < MANY; i++) {
		back = merkle_size(m);
		assert_int_equal(merkle_append(m, &junk, &e), 0);
		assert_int_equal(merkle_append(m, &junk, &e), 0);
		assert_int_equal(merkle_append(m, &junk, &e), 0);
		merkle_rewind(m, back);
		merkle_rewind(m, back + 1); /* never forward */
		assert_int_equal(merkle_size(m), back);
		append(m, i);
		a = root_of(m, i + 1);
		b = root_of(tree, i + 1);
		assert_memory_equal(a.b, b.b, HASH_LEN);
	}
}

static void
a_million_leaves_are_quick(void **state)
{
	struct hash proof[MERKLE_PROOF_MAX], h = { { 0 } }, root;
	AUTO(merkle_freep) struct merkle *m = NULL;
	uint32_t i, size = 1000000;
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(merkle_new(&m, &e), 0);
	for (i = 0; i < size; i++) {
		memcpy(h.b, &i, sizeof(i));
		assert_int_equal(merkle_append(m, &h, &e), 0);
	}
	root = root_of(m, size);
	for (i = 0; i < size; i += 997) {
		memcpy(h.b, &i, sizeof(i));
		assert_int_equal(
		    merkle_inclusion(m, i, size, proof, &n, &e), 0);
		assert_int_equal(
		    merkle_check_inclusion(&h, i, size, proof, n, &root, &e),
		    0);
	}
}

/* The hashes of a "proof" member; how many, or -1 if one is no hash. */
static int
proof_member(json_t *o, struct hash out[MERKLE_PROOF_MAX])
{
	json_t *list = json_object_get(o, "proof"), *text;
	size_t i;

	json_array_foreach(list, i, text)
	{
		json_t *one = json_pack("{s:O}", "h", text);
		AUTO(buf_done) struct buf b = member_base64(one, "h");

		json_decref(one);
		if (b.len != HASH_LEN || i >= MERKLE_PROOF_MAX)
			return -1;
		memcpy(out[i].b, b.p, HASH_LEN);
	}
	return (int)json_array_size(list);
}

static int
hash_member(json_t *o, const char *name, struct hash *out)
{
	AUTO(buf_done) struct buf b = member_base64(o, name);

	if (b.len != HASH_LEN)
		return -1;
	memcpy(out->b, b.p, HASH_LEN);
	return 0;
}

static uint64_t
number_member(json_t *o, const char *name)
{
	double d = json_real_value(json_object_get(o, name));

	/* Small numbers, and 2^64 - 1, which no double holds. */
	return d < 1e18 ? (uint64_t)d : UINT64_MAX;
}

static void
inclusion_line(json_t *o)
{
	int want = !json_is_true(json_object_get(o, "wantErr")), n, r;
	struct hash proof[MERKLE_PROOF_MAX], leaf, root;
	struct err e;

	n = proof_member(o, proof);
	if (n < 0 || hash_member(o, "leafHash", &leaf) < 0 ||
	    hash_member(o, "root", &root) < 0) {
		assert_false(want); /* no such hash can even be said */
		return;
	}
	r = merkle_check_inclusion(&leaf, number_member(o, "leafIdx"),
	    number_member(o, "treeSize"), proof, (size_t)n, &root, &e);
	assert_int_equal(r, want ? 0 : -ERR_INTEGRITY);
}

static void
consistency_line(json_t *o)
{
	int want = !json_is_true(json_object_get(o, "wantErr")), n, r;
	struct hash proof[MERKLE_PROOF_MAX], a, b;
	struct err e;

	n = proof_member(o, proof);
	if (n < 0 || hash_member(o, "root1", &a) < 0 ||
	    hash_member(o, "root2", &b) < 0) {
		assert_false(want);
		return;
	}
	r = merkle_check_consistency(number_member(o, "size1"), &a,
	    number_member(o, "size2"), &b, proof, (size_t)n, &e);
	assert_int_equal(r, want ? 0 : -ERR_INTEGRITY);
}

static void
inclusion_agrees_with_the_corpus(void **state)
{
	(void)state;
	assert_int_equal(
	    corpus_lines("tlog/inclusion.jsonl", inclusion_line), 35);
}

static void
consistency_agrees_with_the_corpus(void **state)
{
	(void)state;
	assert_int_equal(
	    corpus_lines("tlog/consistency.jsonl", consistency_line), 22);
}

/* 300 leaf hashes of a public log: tiles, next level and root agree. */
static void
tiles_of_a_public_log_make_its_root(void **state)
{
	AUTO(buf_done) struct buf full = corpus_file("tlog/tiles/tile/0/000");
	AUTO(buf_done)
	struct buf part = corpus_file("tlog/tiles/tile/0/001.p/44");
	AUTO(buf_done)
	struct buf above = corpus_file("tlog/tiles/tile/1/000.p/1");
	AUTO(merkle_freep) struct merkle *m = NULL;
	struct hash h;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(buf_add(&full, part.p, part.len, &e), 0);
	assert_int_equal(merkle_new(&m, &e), 0);
	for (i = 0; i < full.len; i += HASH_LEN) {
		memcpy(h.b, full.p + i, HASH_LEN);
		assert_int_equal(merkle_append(m, &h, &e), 0);
	}
	assert_int_equal(merkle_size(m), 300);
	assert_int_equal(merkle_node(m, 8, 0, &h, &e), 0);
	assert_memory_equal(h.b, above.p, HASH_LEN);
	h = root_of(m, 300);
	/* gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU= */
	assert_hex(h.b, HASH_LEN,
	    "830df5c90aea65909c10e3ebcd7f9ba7"
	    "2de727a4209e04ca9fc1b59b48badae5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(roots_are_those_of_the_definition),
		cmocka_unit_test(roots_agree_with_the_corpus),
		cmocka_unit_test(every_leaf_of_every_size_is_proved),
		cmocka_unit_test(a_changed_inclusion_proof_is_refused),
		cmocka_unit_test(every_two_sizes_are_consistent),
		cmocka_unit_test(a_changed_consistency_proof_is_refused),
		cmocka_unit_test(two_heads_of_one_size_must_be_one),
		cmocka_unit_test(what_the_tree_does_not_hold_is_not_found),
		cmocka_unit_test(nodes_are_roots_of_their_leaves),
		cmocka_unit_test(a_rewound_tree_grows_as_if_nothing_had_been),
		cmocka_unit_test(a_million_leaves_are_quick),
		cmocka_unit_test(inclusion_agrees_with_the_corpus),
		cmocka_unit_test(consistency_agrees_with_the_corpus),
		cmocka_unit_test(tiles_of_a_public_log_make_its_root),
	};

	return cmocka_run_group_tests(tests, tree_setup, tree_teardown);
}
