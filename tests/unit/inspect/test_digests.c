/*
 * The digests that stand for the document before the worker that judges its
 * signatures, and the message that carries them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/inspect/wire.h"

#define OID_SHA1 "\x06\x05\x2b\x0e\x03\x02\x1a"
#define OID_NIST "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"

static void
fill(uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i * 7 + i / 251);
}

static void
named(const char *bytes, size_t n, unsigned want)
{
	assert_int_equal(digests_named((const uint8_t *)bytes, n), want);
}
#define NAMED(bytes, want) named(bytes, sizeof(bytes) - 1, want)

static void
an_algorithm_is_known_by_its_identifier_alone(void **state)
{
	const unsigned sha2 =
	    1u << DIGEST_SHA256 | 1u << DIGEST_SHA384 | 1u << DIGEST_SHA512;

	(void)state;
	NAMED("\x30\x0b" OID_NIST "\x01", 1u << DIGEST_SHA256);
	NAMED(OID_NIST "\x03" OID_SHA1 "x",
	    1u << DIGEST_SHA512 | 1u << DIGEST_SHA1);
	NAMED(OID_NIST "\x08" OID_NIST "\x09" OID_NIST "\x0a" OID_NIST "\x04",
	    1u << DIGEST_SHA3_256 | 1u << DIGEST_SHA3_384 |
		1u << DIGEST_SHA3_512 | 1u << DIGEST_SHA224);
	/* Nothing that is known: something to compare with all the same. */
	NAMED("", sha2);
	NAMED(OID_NIST, sha2);
	NAMED(OID_NIST "\x7f", sha2);
}

/* What the ranges' digests are, with the bytes copied together. */
static void
assert_digest(const uint8_t *file, const struct inspect_range *r,
    enum digest_alg a, const struct digests *got)
{
	uint8_t copy[4096], want[DIGEST_MAX];
	struct err e;

	memcpy(copy, file, (size_t)r->b);
	memcpy(copy + r->b, file + r->c, (size_t)r->c_len);
	assert_int_equal(
	    digest_of(a, copy, (size_t)(r->b + r->c_len), want, &e), 0);
	assert_memory_equal(got->value[a], want, digest_len(a));
	assert_int_equal(got->size, r->b + r->c_len);
	assert_int_equal(got->first, file[0]);
}

static void
ranges_are_hashed_without_their_gaps(void **state)
{
	const struct inspect_range r[] = {
		{ .b = 1, .c = 9, .c_len = 1 },
		{ .b = 200, .c = 300, .c_len = 77 },
		{ .b = 500, .c = 501, .c_len = 400 }, /* left out */
		{ .b = 1000, .c = 1500, .c_len = 3 },
		{ .b = 1504, .c = 2000, .c_len = 2000 },
	};
	const int sound[] = { 1, 1, 0, 1, 1 };
	struct digests d[NELEMS(r)] = { 0 };
	uint8_t file[4000];
	struct err e;
	size_t k, a;

	(void)state;
	fill(file, sizeof(file));
	assert_int_equal(
	    digests_of_ranges(file, r, sound, NELEMS(r), DIGESTS_ALL, d, &e),
	    0);
	for (k = 0; k < NELEMS(r); k++)
		for (a = 0; sound[k] && a < DIGEST_ALGS; a++)
			assert_digest(file, &r[k], (enum digest_alg)a, &d[k]);
	assert_int_equal(d[2].have, 0);
}

static void
only_what_was_asked_for_is_given(void **state)
{
	const struct inspect_range r = { .b = 4, .c = 6, .c_len = 2 };
	static const uint8_t none[DIGEST_MAX];
	const int sound = 1;
	struct digests d;
	struct err e;

	(void)state;
	assert_int_equal(digests_of_ranges((const uint8_t *)"abcd<>ef", &r,
			     &sound, 1, 1u << DIGEST_SHA384, &d, &e),
	    0);
	assert_int_equal(d.have, 1u << DIGEST_SHA384);
	assert_memory_equal(d.value[DIGEST_SHA256], none, DIGEST_MAX);
	assert_int_equal(digests_of("", 0, 0, &d, &e), 0);
	assert_int_equal(d.size, 0);
	assert_int_equal(d.have, 0);
}

static struct wire_request
request(void)
{
	struct wire_request q = { .op = WIRE_CMS,
		.size = 100,
		.anchors_len = 7,
		.now_ms = 5,
		.filter = INSPECT_FILTER_TIMESTAMP,
		.query = "\x30",
		.query_len = 3 };
	struct err e;

	assert_int_equal(
	    digests_of("Bonjour\n", 8,
		1u << DIGEST_SHA256 | 1u << DIGEST_SHA3_512, &q.content, &e),
	    0);
	return q;
}

static void
a_request_comes_through_whole(void **state)
{
	const struct wire_request q = request();
	AUTO(buf_done) struct buf b = { 0 };
	struct wire_request got;
	struct err e;

	(void)state;
	assert_int_equal(wire_request_encode(&q, &b, &e), 0);
	assert_int_equal(wire_request_decode(b.p, b.len, &got, &e), 0);
	assert_memory_equal(&got, &q, sizeof(q));
	/* Of the content itself nothing but what a query is. */
	assert_null(memmem(b.p, b.len, "Bonjour", 7));
}

static void
a_request_cut_or_continued_is_refused(void **state)
{
	const struct wire_request q = request();
	AUTO(buf_done) struct buf b = { 0 };
	struct wire_request got;
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(wire_request_encode(&q, &b, &e), 0);
	for (n = 0; n < b.len; n++)
		assert_true(wire_request_decode(b.p, n, &got, &e) < 0);
	assert_int_equal(buf_add(&b, "", 1, &e), 0);
	assert_true(wire_request_decode(b.p, b.len, &got, &e) < 0);
}

static void
sizes_over_their_limits_are_refused(void **state)
{
	struct wire_request got,
	    rows[] = { request(), request(), request(), request() };
	struct err e;
	size_t i;

	(void)state;
	rows[0].size = INSPECT_DER_MAX + 1;
	rows[1].anchors_len = INSPECT_ANCHORS_MAX + 1;
	rows[2].filter = (enum inspect_filter)(INSPECT_FILTER_INSIDE + 1);
	rows[3].hints_len = INSPECT_HINTS_MAX + 1;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf b = { 0 };

		assert_int_equal(wire_request_encode(&rows[i], &b, &e), 0);
		assert_int_equal(
		    wire_request_decode(b.p, b.len, &got, &e), -ERR_INVALID);
	}
}

static void
a_query_over_a_kibibyte_is_refused(void **state)
{
	const struct wire_request q = request();
	uint8_t more[WIRE_QUERY_MAX] = { 0 };
	AUTO(buf_done) struct buf b = { 0 };
	struct wire_request got;
	struct err e;

	(void)state;
	assert_int_equal(wire_request_encode(&q, &b, &e), 0);
	assert_int_equal(buf_add(&b, more, WIRE_QUERY_MAX - 2, &e), 0);
	/* Its length stands before its three bytes. */
	b.p[b.len - WIRE_QUERY_MAX - 3] = (WIRE_QUERY_MAX + 1) >> 8;
	b.p[b.len - WIRE_QUERY_MAX - 2] = (WIRE_QUERY_MAX + 1) & 0xff;
	assert_int_equal(
	    wire_request_decode(b.p, b.len, &got, &e), -ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_algorithm_is_known_by_its_identifier_alone),
		cmocka_unit_test(ranges_are_hashed_without_their_gaps),
		cmocka_unit_test(only_what_was_asked_for_is_given),
		cmocka_unit_test(a_request_comes_through_whole),
		cmocka_unit_test(a_request_cut_or_continued_is_refused),
		cmocka_unit_test(sizes_over_their_limits_are_refused),
		cmocka_unit_test(a_query_over_a_kibibyte_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
