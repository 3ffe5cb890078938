#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rw.h"
#include "daemon/inspect/wire.h"

static int
round_verdict(const struct inspect_verdict *v, struct inspect_verdict *out)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;

	assert_int_equal(wire_verdict_encode(v, &b, &e), 0);
	return wire_verdict_decode(b.p, b.len, out, &e);
}

static int
round_type(const struct inspect_type *t, struct inspect_type *out)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;

	assert_int_equal(wire_type_encode(t, &b, &e), 0);
	return wire_type_decode(b.p, b.len, out, &e);
}

static void
sane_answers_come_through(void **state)
{
	const struct inspect_verdict v = { .indication = INSPECT_PASSED,
		.integrity = INTEGRITY_PASS,
		.has_anchor = 1,
		.anchor = { 1, 2 },
		.signer = "CN=Élodie",
		.signing_time_ms = -5,
		.proved_time_ms = 7,
		.is_stamp = 1,
		.reasons = "revocation-not-checked" };
	const struct inspect_type t = { .media = "image/svg+xml",
		.agreed = 1,
		.nranges = 1,
		.ranges = { { 1, 2, 3, INSPECT_FILTER_CADES } } };
	struct inspect_verdict v2;
	struct inspect_type t2;

	(void)state;
	assert_int_equal(round_verdict(&v, &v2), 0);
	assert_string_equal(v2.signer, v.signer);
	assert_int_equal(v2.integrity, INTEGRITY_PASS);
	assert_int_equal(v2.signing_time_ms, -5);
	assert_int_equal(v2.proved_time_ms, 7);
	assert_int_equal(v2.is_stamp, 1);
	assert_int_equal(v2.has_anchor, 1);
	assert_int_equal(v2.anchor[1], 2);
	assert_int_equal(round_type(&t, &t2), 0);
	assert_int_equal(t2.ranges[0].c_len, 3);
}

static void
verdicts_that_contradict_themselves_are_refused(void **state)
{
	const struct inspect_verdict rows[] = {
		{ .indication = 0, .integrity = INTEGRITY_PASS },
		{ .indication = 4, .integrity = INTEGRITY_FAIL, .sub = "X" },
		{ .indication = INSPECT_PASSED,
		    .integrity = INTEGRITY_PASS,
		    .has_anchor = 1,
		    .sub = "HASH_FAILURE" },
		{ .indication = INSPECT_FAILED, .integrity = INTEGRITY_FAIL },
		{ .indication = INSPECT_INDETERMINATE,
		    .integrity = INTEGRITY_PASS },
		{ .indication = INSPECT_FAILED,
		    .integrity = INTEGRITY_FAIL,
		    .sub = "hash failure" },
		{ .indication = INSPECT_PASSED,
		    .integrity = INTEGRITY_PASS,
		    .has_anchor = 1,
		    .reasons = "<b>" },
		{ .indication = INSPECT_PASSED,
		    .integrity = INTEGRITY_PASS,
		    .has_anchor = 1,
		    .reasons = "Reason" },
		{ .indication = INSPECT_PASSED,
		    .integrity = INTEGRITY_PASS,
		    .has_anchor = 1,
		    .signer = "a\nb" },
		{ .indication = INSPECT_PASSED,
		    .integrity = INTEGRITY_PASS,
		    .has_anchor = 1,
		    .signer = "a\x7f" },
		{ .indication = INSPECT_PASSED,
		    .integrity = INTEGRITY_PASS,
		    .has_anchor = 1,
		    .signer = "\xff" },
		{ .indication = INSPECT_PASSED,
		    .integrity = INTEGRITY_PASS,
		    .has_anchor = 1,
		    .signer = "\xc2\x85" },
		{ .indication = INSPECT_PASSED,
		    .integrity = INTEGRITY_PASS,
		    .has_anchor = 1,
		    .signer = "\xe2\x80\xae" },
		{ .indication = INSPECT_PASSED,
		    .integrity = INTEGRITY_PASS,
		    .has_anchor = 1,
		    .signer = "\xe2\x81\xa6" },
		/* Nobody vouches for it. */
		{ .indication = INSPECT_PASSED, .integrity = INTEGRITY_PASS },
		/* The word on the cryptography and the verdict. */
		{ .indication = INSPECT_PASSED },
		{ .indication = INSPECT_PASSED, .integrity = INTEGRITY_FAIL },
		{ .indication = INSPECT_PASSED, .integrity = INTEGRITY_INDET },
		{ .indication = INSPECT_FAILED,
		    .integrity = INTEGRITY_PASS,
		    .sub = "HASH_FAILURE" },
		{ .indication = INSPECT_INDETERMINATE,
		    .integrity = INTEGRITY_NOSIG,
		    .sub = "GENERIC" },
		{ .indication = INSPECT_INDETERMINATE,
		    .integrity = INTEGRITY_ERROR + 1,
		    .sub = "GENERIC" },
	};
	struct inspect_verdict out = { .covers = 77 };
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		assert_int_equal(round_verdict(&rows[i], &out), -ERR_INVALID);
	assert_int_equal(out.covers, 77);
}

static void
types_that_make_no_sense_are_refused(void **state)
{
	const struct inspect_type rows[] = {
		{ .media = "", .agreed = 1 },
		{ .media = "text/plain; x", .agreed = 1 },
		{ .media = "Text/Plain", .agreed = 1 },
		{ .media = "text/plain", .agreed = 0 },
		{ .media = "text/plain", .agreed = 1, .reason = "A!" },
		{ .media = "a/b",
		    .agreed = 1,
		    .nranges = 1,
		    .ranges = { { 1, 2, 3, (enum inspect_filter)9 } } },
	};
	struct inspect_type out;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		assert_int_equal(round_type(&rows[i], &out), -ERR_INVALID);
}

static void
answers_cut_or_continued_are_refused(void **state)
{
	const struct inspect_verdict v = { .indication = INSPECT_PASSED,
		.integrity = INTEGRITY_PASS,
		.signer = "CN=A" };
	const struct inspect_type t = {
		.media = "a/b", .agreed = 1, .nranges = 2
	};
	AUTO(buf_done) struct buf b = { 0 }, c = { 0 };
	struct inspect_verdict v2;
	struct inspect_type t2;
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(wire_verdict_encode(&v, &b, &e), 0);
	assert_int_equal(wire_type_encode(&t, &c, &e), 0);
	for (i = 0; i < b.len; i++)
		assert_int_equal(
		    wire_verdict_decode(b.p, i, &v2, &e), -ERR_INVALID);
	for (i = 0; i < c.len; i++)
		assert_int_equal(
		    wire_type_decode(c.p, i, &t2, &e), -ERR_INVALID);
	assert_int_equal(buf_add(&b, "", 1, &e), 0);
	assert_int_equal(buf_add(&c, "", 1, &e), 0);
	assert_int_equal(
	    wire_verdict_decode(b.p, b.len, &v2, &e), -ERR_INVALID);
	assert_int_equal(wire_type_decode(c.p, c.len, &t2, &e), -ERR_INVALID);
}

static void
seventeen_ranges_are_refused(void **state)
{
	struct inspect_type t = { .media = "a/b", .agreed = 1 }, out;
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;

	(void)state;
	t.nranges = INSPECT_SIGS_MAX;
	assert_int_equal(wire_type_encode(&t, &b, &e), 0);
	assert_int_equal(wire_type_decode(b.p, b.len, &out, &e), 0);
	/* The count: after both strings and two flags. */
	b.p[4 + 3 + 4 + 2 + 1]++;
	assert_int_equal(wire_type_decode(b.p, b.len, &out, &e), -ERR_INVALID);
}

static void
more_hints_than_room_are_refused(void **state)
{
	const struct {
		uint32_t n;
		int result;
	} rows[] = { { 0, 0 }, { INSPECT_HINTS_MAX, 0 },
		{ INSPECT_HINTS_MAX + 1, -ERR_INVALID },
		{ UINT32_MAX, -ERR_INVALID } };
	struct err e;
	uint32_t got;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf b = { 0 };

		got = 7;
		assert_int_equal(wire_hints_encode(rows[i].n, &b, &e), 0);
		assert_int_equal(
		    wire_hints_decode(b.p, b.len, &got, &e), rows[i].result);
		assert_int_equal(got, rows[i].result == 0 ? rows[i].n : 7);
		assert_true(wire_hints_decode(b.p, b.len - 1, &got, &e) < 0);
		assert_int_equal(buf_add(&b, "", 1, &e), 0);
		assert_true(wire_hints_decode(b.p, b.len, &got, &e) < 0);
	}
}

static void
hints_are_a_descriptor_more(void **state)
{
	struct wire_request q = { .op = WIRE_CMS };

	(void)state;
	assert_int_equal(wire_request_fds(&q), 2);
	q.hints_len = 1;
	assert_int_equal(wire_request_fds(&q), 3);
	q.op = WIRE_HINTS;
	assert_int_equal(wire_request_fds(&q), 2);
	q.op = WIRE_TYPE;
	assert_int_equal(wire_request_fds(&q), 1);
}

static int
round_members(const struct wire_members *m, struct wire_members *out)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;

	assert_int_equal(wire_members_encode(m, &b, &e), 0);
	return wire_members_decode(b.p, b.len, out, &e);
}

static void
members_or_a_reason_never_both(void **state)
{
	const struct wire_members good[] = {
		{ .n = 2, .entries = { 7, 9 } },
		{ .why = CONTAINER_UNSOUND },
		{ .why = CONTAINER_TOO_LARGE },
	};
	const struct wire_members bad[] = {
		{ .n = 0 },
		{ .why = "container-fine" },
		{ .why = CONTAINER_UNSOUND, .n = 1 },
		{ .why = "x", .n = 1 },
		{ .n = CONTAINER_MEMBERS_MAX },
	};
	struct wire_members out;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(good); i++) {
		assert_int_equal(round_members(&good[i], &out), 0);
		assert_int_equal(out.n, good[i].n);
		assert_string_equal(out.why, good[i].why);
	}
	assert_int_equal(round_members(&good[0], &out), 0);
	assert_int_equal(out.entries[1], 9);
	for (i = 0; i + 1 < NELEMS(bad); i++)
		assert_int_equal(round_members(&bad[i], &out), -ERR_INVALID);
	assert_int_equal(round_members(&bad[i], &out), 0);
}

static void
more_members_than_there_may_be(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct wire_members out;
	struct err e;
	struct wr w;
	size_t i;

	(void)state;
	wr_init(&w, &b);
	wr_str(&w, "");
	wr_u16(&w, CONTAINER_MEMBERS_MAX + 1);
	for (i = 0; i <= CONTAINER_MEMBERS_MAX; i++)
		wr_u32(&w, 1);
	assert_int_equal(wr_end(&w, &e), 0);
	assert_int_equal(
	    wire_members_decode(b.p, b.len, &out, &e), -ERR_INVALID);
}

static void
manifests_come_through_or_not_at_all(void **state)
{
	AUTO(mem_freep) struct asic_manifest *m = calloc(1, sizeof(*m));
	AUTO(mem_freep) struct asic_manifest *back = calloc(1, sizeof(*m));
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;
	size_t n;

	(void)state;
	assert_non_null(m);
	assert_non_null(back);
	memcpy(m->signature, "META-INF/signature.p7s",
	    sizeof("META-INF/signature.p7s"));
	m->n = 2;
	memcpy(m->refs[0].name, "a", sizeof("a"));
	m->refs[0].is_known = 1;
	m->refs[0].alg = DIGEST_SHA512;
	m->refs[0].value[63] = 7;
	memcpy(m->refs[1].name, "b", sizeof("b"));
	assert_int_equal(wire_manifest_encode(m, &b, &e), 0);
	assert_int_equal(wire_manifest_decode(b.p, b.len, back, &e), 0);
	assert_memory_equal(m, back, sizeof(*m));
	for (n = 0; n < b.len; n++)
		assert_int_equal(
		    wire_manifest_decode(b.p, n, back, &e), -ERR_INVALID);
	/* An algorithm that there is not; the same name twice; no name. */
	b.p[4 + 22 + 2 + 4 + 1 + 1] = DIGEST_ALGS;
	assert_int_equal(
	    wire_manifest_decode(b.p, b.len, back, &e), -ERR_INVALID);
	for (n = 0; n < 2; n++) {
		buf_reset(&b);
		m->refs[1].name[0] = n == 0 ? 'a' : '\0';
		assert_int_equal(wire_manifest_encode(m, &b, &e), 0);
		assert_int_equal(
		    wire_manifest_decode(b.p, b.len, back, &e), -ERR_INVALID);
	}
}

static void
what_is_inflated_is_what_was_asked_for(void **state)
{
	const struct wire_request q = { .inflated = 5, .which = 4 };
	const struct inflated good = { .fits = 1,
		.crc = 3,
		.digests = { .size = 5, .have = 4, .value[2] = { 9 } } };
	struct inflated bad[] = { good, good, good }, out;
	struct err e;
	size_t i;

	(void)state;
	bad[0].digests.size = 6;
	bad[1].digests.have = 0;
	bad[2].digests.have = 5;
	for (i = 0; i <= NELEMS(bad); i++) {
		AUTO(buf_done) struct buf b = { 0 };

		assert_int_equal(
		    wire_inflated_encode(i > 0 ? &bad[i - 1] : &good, &b, &e),
		    0);
		assert_int_equal(wire_inflated_decode(b.p, b.len, &q, &out, &e),
		    i > 0 ? -ERR_INVALID : 0);
	}
	assert_int_equal(out.digests.value[2][0], 9);
}

static void
inflating_has_its_limits(void **state)
{
	const struct wire_request rows[] = {
		{ .op = WIRE_INFLATE, .inflated = CONTAINER_MEMBER_MAX },
		{ .op = WIRE_INFLATE,
		    .inflated = INSPECT_DER_MAX,
		    .keep = 1,
		    .which = 255 },
		{ .op = WIRE_INFLATE, .inflated = CONTAINER_MEMBER_MAX + 1 },
		{ .op = WIRE_INFLATE,
		    .inflated = INSPECT_DER_MAX + 1,
		    .keep = 1 },
	};
	struct wire_request out;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf b = { 0 };

		assert_int_equal(wire_request_encode(&rows[i], &b, &e), 0);
		assert_int_equal(wire_request_decode(b.p, b.len, &out, &e),
		    i < 2 ? 0 : -ERR_INVALID);
	}
	assert_int_equal(wire_request_fds(&rows[0]), 1);
	assert_int_equal(wire_request_fds(&rows[1]), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_or_a_reason_never_both),
		cmocka_unit_test(more_members_than_there_may_be),
		cmocka_unit_test(manifests_come_through_or_not_at_all),
		cmocka_unit_test(what_is_inflated_is_what_was_asked_for),
		cmocka_unit_test(inflating_has_its_limits),
		cmocka_unit_test(sane_answers_come_through),
		cmocka_unit_test(
		    verdicts_that_contradict_themselves_are_refused),
		cmocka_unit_test(types_that_make_no_sense_are_refused),
		cmocka_unit_test(answers_cut_or_continued_are_refused),
		cmocka_unit_test(seventeen_ranges_are_refused),
		cmocka_unit_test(more_hints_than_room_are_refused),
		cmocka_unit_test(hints_are_a_descriptor_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
