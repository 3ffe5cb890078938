/* Packed objects: what is written is read back, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <zlib.h>

#include "daemon/store/pack.h"
#include "tests/unit/store/vault.h"

static const size_t sizes[] = { 0, 1, 15, 16, 2047, 2048, 65534, 65535, 65536,
	131070, 131071, 262143, 262144, PACK_OBJECT_MAX - 1, PACK_OBJECT_MAX };

static uint8_t *
packed(enum pack_type type, size_t n, uint8_t **raw)
{
	uint8_t *p = malloc(pack_length(n));

	*raw = malloc(n + 1);
	assert_non_null(p);
	assert_non_null(*raw);
	vault_bytes(n, *raw, n);
	pack_encode(type, *raw, n, p);
	return p;
}

static void
every_size_comes_back(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	enum pack_type type;
	struct err e;
	size_t i, n;

	(void)state;
	for (i = 0; i < NELEMS(sizes); i++) {
		AUTO(mem_freep) uint8_t *raw = NULL, *p = NULL;

		n = sizes[i];
		p = packed(PACK_TREE, n, &raw);
		assert_int_equal(
		    pack_decode(p, pack_length(n), 1, &type, &out, &e), 0);
		assert_int_equal(type, PACK_TREE);
		assert_int_equal(out.len, n);
		assert_memory_equal(out.p, raw, n);
	}
}

static void
zlib_inflates_what_we_store(void **state)
{
	size_t i, n, head;

	(void)state;
	for (i = 0; i < NELEMS(sizes); i++) {
		AUTO(mem_freep) uint8_t *raw = NULL, *p = NULL, *got = NULL;
		uLongf len = sizes[i] + 1;

		n = sizes[i];
		p = packed(PACK_BLOB, n, &raw);
		assert_non_null(got = malloc(n + 1));
		for (head = 1; p[head - 1] & 0x80; head++)
			;
		assert_int_equal(
		    uncompress(got, &len, p + head, pack_length(n) - head),
		    Z_OK);
		assert_int_equal(len, n);
		assert_memory_equal(got, raw, n);
	}
}

static void
every_bit_counts(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(mem_freep) uint8_t *raw = NULL, *p = NULL;
	size_t n = 100, len = pack_length(n), bit;
	enum pack_type type;
	struct err e;

	(void)state;
	p = packed(PACK_BLOB, n, &raw);
	for (bit = 0; bit < 8 * len; bit++) {
		p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
		/* A tree and a commit may have the same bytes. */
		if (pack_decode(p, len, 1, &type, &out, &e) == 0)
			assert_true(bit < 8 && type != PACK_BLOB);
		else
			assert_int_equal(e.code, ERR_INTEGRITY);
		p[bit / 8] ^= (uint8_t)(1u << (bit % 8));
	}
}

static void
every_cut_and_every_excess_is_refused(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(mem_freep) uint8_t *raw = NULL, *p = NULL, *more = NULL;
	size_t n = 70000, len = pack_length(n), cut;
	enum pack_type type;
	struct err e;

	(void)state;
	p = packed(PACK_BLOB, n, &raw);
	for (cut = 0; cut < len; cut += cut < 20 || cut > len - 20 ? 1 : 997)
		assert_int_equal(
		    pack_decode(p, cut, 1, &type, &out, &e), -ERR_INTEGRITY);
	assert_non_null(more = calloc(1, len + 1));
	memcpy(more, p, len);
	assert_int_equal(
	    pack_decode(more, len + 1, 1, &type, &out, &e), -ERR_INTEGRITY);
}

static void
sizes_in_a_long_form_or_too_large_are_refused(void **state)
{
	static const uint8_t rows[][6] = {
		{ 0xb0, 0x00 },				/* 0, two bytes */
		{ 0xb1, 0x80, 0x00 },			/* 1, three bytes */
		{ 0xb1, 0x80, 0x80, 0x05 },		/* over 1 MiB */
		{ 0xbf, 0xff, 0xff, 0xff, 0xff, 0x0f }, /* far over */
		{ 0x45 },				/* a tag */
		{ 0x65 },				/* a delta */
		{ 0x75 },				/* another */
		{ 0x05 },				/* none */
	};
	enum pack_type type;
	struct err e;
	size_t i, n;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		assert_int_equal(
		    pack_measure(rows[i], 6, &type, &n, &e), -ERR_INTEGRITY);
	assert_int_equal(
	    pack_measure(rows[0], 0, &type, &n, &e), -ERR_INTEGRITY);
	assert_int_equal(
	    pack_measure(rows[0], 1, &type, &n, &e), -ERR_INTEGRITY);
}

static void
ids_are_those_of_git(void **state)
{
	static const uint8_t empty_tree[] = { 0x4b, 0x82, 0x5d, 0xc6, 0x42,
		0xcb, 0x6e, 0xb9, 0xa0, 0x60, 0xe5, 0x4b, 0xf8, 0xd6, 0x92,
		0x88, 0xfb, 0xee, 0x49, 0x04 };
	uint8_t oid[PACK_OID];
	struct err e;

	(void)state;
	assert_int_equal(pack_oid(PACK_TREE, "", 0, oid, &e), 0);
	assert_memory_equal(oid, empty_tree, PACK_OID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_size_comes_back),
		cmocka_unit_test(zlib_inflates_what_we_store),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(every_cut_and_every_excess_is_refused),
		cmocka_unit_test(sizes_in_a_long_form_or_too_large_are_refused),
		cmocka_unit_test(ids_are_those_of_git),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
