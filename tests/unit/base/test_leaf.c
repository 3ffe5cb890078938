#include "base/leaf.h"

#include <string.h>

#include "tests/unit/base/vectors.h"

static struct leaf
a_leaf(void)
{
	struct leaf l = { .seq = 0x0102030405060708,
		.time_ms = -2,
		.klass = LEAF_ERASE_RUN,
		.outcome = LEAF_DENIED,
		.policy = 9 };

	memset(l.actor, 0xa1, 32);
	memset(l.object, 0xa2, 32);
	memset(l.bind, 0xa3, 32);
	memset(l.detail, 0xa4, 32);
	memset(l.approvals, 0xa5, 32);
	return l;
}

static void
the_record_is_laid_out_as_documented(void **state)
{
	struct leaf_clear clear = { .key = 0x1112131415161718 };
	AUTO(buf_done) struct buf b = { 0 };
	struct leaf l = a_leaf();
	struct err e;

	(void)state;
	memset(clear.id.b, 0xc1, ID_LEN);
	l.nclear = 1;
	l.clear = &clear;
	assert_int_equal(leaf_encode(&l, &b, &e), 0);
	assert_int_equal(b.len, LEAF_FIXED + LEAF_CLEAR);
	assert_memory_equal(b.p, "sceauL1", 8);
	assert_hex(b.p + 8, 8, "0102030405060708");
	assert_hex(b.p + 16, 8, "fffffffffffffffe");
	assert_hex(b.p + 24, 8, "0052000100000009");
	assert_int_equal(b.p[32], 0xa1);
	assert_int_equal(b.p[64], 0xa2);
	assert_int_equal(b.p[96], 0xa3);
	assert_int_equal(b.p[128], 0xa4);
	assert_int_equal(b.p[160], 0xa5);
	assert_hex(b.p + 192, 4, "00000001");
	assert_hex(
	    b.p + 196, 24, "c1c1c1c1c1c1c1c1c1c1c1c1c1c1c1c11112131415161718");
}

static void
leaves_come_back(void **state)
{
	AUTO(mem_freep) struct leaf_clear *got = NULL;
	struct leaf_clear clear[3] = { { .key = 1 }, { .key = 2 },
		{ .key = UINT64_MAX } };
	AUTO(buf_done) struct buf b = { 0 };
	struct leaf l = a_leaf(), back;
	struct err e;

	(void)state;
	l.nclear = 3;
	l.clear = clear;
	assert_int_equal(leaf_encode(&l, &b, &e), 0);
	assert_int_equal(leaf_decode(b.p, b.len, &back, &got, &e), 0);
	assert_ptr_equal(back.clear, got);
	assert_memory_equal(got, clear, sizeof(clear));
	back.clear = l.clear;
	assert_true(back.seq == l.seq && back.time_ms == l.time_ms);
	assert_int_equal(back.klass, l.klass);
	assert_int_equal(back.outcome, l.outcome);
	assert_memory_equal(back.approvals, l.approvals, 32);
	/* the entries may be dropped */
	assert_int_equal(leaf_decode(b.p, b.len, &back, NULL, &e), 0);
	assert_null(back.clear);
	assert_int_equal(back.nclear, 3);
}

static void
every_other_length_is_refused(void **state)
{
	struct leaf_clear clear[2] = { { .key = 1 }, { .key = 2 } };
	AUTO(mem_freep) struct leaf_clear *got = NULL;
	AUTO(buf_done) struct buf b = { 0 };
	struct leaf l = a_leaf(), back = { .seq = 7 };
	struct err e;
	size_t n;

	(void)state;
	l.nclear = 2;
	l.clear = clear;
	assert_int_equal(leaf_encode(&l, &b, &e), 0);
	for (n = 0; n < b.len; n++)
		assert_int_equal(
		    leaf_decode(b.p, n, &back, &got, &e), -ERR_INVALID);
	assert_int_equal(buf_add(&b, "", 1, &e), 0);
	assert_int_equal(
	    leaf_decode(b.p, b.len, &back, &got, &e), -ERR_INVALID);
	assert_null(got);
	assert_true(back.seq == 7);
}

static void
another_beginning_is_refused(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct leaf l = a_leaf(), back;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(leaf_encode(&l, &b, &e), 0);
	for (i = 0; i < 8; i++) {
		b.p[i] ^= 1;
		assert_int_equal(
		    leaf_decode(b.p, b.len, &back, NULL, &e), -ERR_INVALID);
		b.p[i] ^= 1;
	}
}

static void
a_count_that_lies_is_refused(void **state)
{
	static const uint8_t counts[][4] = { { 0, 0, 0, 1 },
		{ 0xff, 0xff, 0xff, 0xff }, { 0x0a, 0xaa, 0xaa, 0xab },
		{ 0x80, 0, 0, 0 } };
	AUTO(mem_freep) struct leaf_clear *got = NULL;
	AUTO(buf_done) struct buf b = { 0 };
	struct leaf l = a_leaf(), back;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(leaf_encode(&l, &b, &e), 0);
	for (i = 0; i < NELEMS(counts); i++) {
		memcpy(b.p + 192, counts[i], 4);
		assert_int_equal(
		    leaf_decode(b.p, b.len, &back, &got, &e), -ERR_INVALID);
	}
}

static void
a_leaf_fits_an_entry_and_no_more(void **state)
{
	struct leaf_clear *clear = calloc(LEAF_CLEAR_MAX + 1, sizeof(*clear));
	AUTO(buf_done) struct buf b = { 0 };
	struct leaf l = a_leaf(), back;
	struct err e;

	(void)state;
	assert_non_null(clear);
	l.clear = clear;
	l.nclear = LEAF_CLEAR_MAX;
	assert_int_equal(leaf_encode(&l, &b, &e), 0);
	assert_true(b.len <= UINT16_MAX);
	assert_int_equal(leaf_decode(b.p, b.len, &back, NULL, &e), 0);
	buf_reset(&b);
	l.nclear++;
	assert_int_equal(leaf_encode(&l, &b, &e), -ERR_TOO_LARGE);
	assert_int_equal(b.len, 0);
	free(clear);
}

static void
names_and_classes_are_one_to_one(void **state)
{
	unsigned klass, named = 0;
	const char *name;
	uint16_t back;

	(void)state;
	for (klass = 0; klass <= UINT16_MAX; klass++) {
		name = leaf_class_name((uint16_t)klass);
		if (strcmp(name, "?") == 0)
			continue;
		named++;
		assert_int_equal(leaf_class_from_name(name, &back), 0);
		assert_int_equal(back, klass);
	}
	assert_true(named >= 81); /* classes never go away */
	assert_true(leaf_class_from_name("?", &back) < 0);
	assert_true(leaf_class_from_name("", &back) < 0);
	assert_string_equal(leaf_class_name(LEAF_DOC_FILE), "doc-file");
	assert_string_equal(leaf_outcome_name(LEAF_DENIED), "denied");
	assert_string_equal(leaf_outcome_name(LEAF_NOT_FOUND), "not-found");
	assert_string_equal(leaf_outcome_name(6), "?");
}

/* Made with Python's hashlib over the same bytes. */
static void
the_bind_is_the_digest_it_says(void **state)
{
	uint8_t salt[32], sha[32], out[32], other[32];
	struct id id;
	struct err e;

	(void)state;
	memset(salt, 1, 32);
	memset(sha, 2, 32);
	memset(id.b, 3, ID_LEN);
	assert_int_equal(leaf_bind(salt, sha, &id, 4, out, &e), 0);
	assert_hex(out, 32,
	    "4ca2ab17d6e702ea99e7f2356b44e266"
	    "a7907ce046c96e8a1c4cf7d257afdf5f");
	assert_int_equal(leaf_bind(salt, sha, &id, 5, other, &e), 0);
	assert_memory_not_equal(out, other, 32);
	id.b[0] ^= 1;
	assert_int_equal(leaf_bind(salt, sha, &id, 4, other, &e), 0);
	assert_memory_not_equal(out, other, 32);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_record_is_laid_out_as_documented),
		cmocka_unit_test(leaves_come_back),
		cmocka_unit_test(every_other_length_is_refused),
		cmocka_unit_test(another_beginning_is_refused),
		cmocka_unit_test(a_count_that_lies_is_refused),
		cmocka_unit_test(a_leaf_fits_an_entry_and_no_more),
		cmocka_unit_test(names_and_classes_are_one_to_one),
		cmocka_unit_test(the_bind_is_the_digest_it_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
