#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/rw.h"

static void
what_is_written_is_read_again(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	const uint8_t *p;
	uint8_t three[3];
	char name[16];
	struct wr w;
	struct rd r;
	size_t n;

	(void)state;
	wr_init(&w, &b);
	wr_u8(&w, 0xfe);
	wr_u16(&w, 0xfedc);
	wr_u32(&w, 0xfedcba98);
	wr_u64(&w, 0xfedcba9876543210);
	wr_bytes(&w, "abc", 3);
	wr_blob(&w, "blob", 4);
	wr_str(&w, "name");
	assert_int_equal(wr_end(&w, NULL), 0);
	rd_init(&r, b.p, b.len);
	assert_int_equal(rd_u8(&r), 0xfe);
	assert_int_equal(rd_u16(&r), 0xfedc);
	assert_int_equal(rd_u32(&r), 0xfedcba98);
	assert_true(rd_u64(&r) == 0xfedcba9876543210);
	rd_bytes(&r, three, 3);
	assert_memory_equal(three, "abc", 3);
	p = rd_blob(&r, 4, &n);
	assert_int_equal(n, 4);
	assert_memory_equal(p, "blob", 4);
	rd_str(&r, name, sizeof(name));
	assert_string_equal(name, "name");
	assert_int_equal(rd_end(&r, "test", NULL), 0);
}

static void
numbers_are_big_endian(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct wr w;

	(void)state;
	wr_init(&w, &b);
	wr_u16(&w, 0x0102);
	wr_u32(&w, 0x03040506);
	assert_memory_equal(b.p, "\1\2\3\4\5\6", 6);
}

static void
bytes_left_over_are_refused(void **state)
{
	struct rd r;
	struct err e;

	(void)state;
	rd_init(&r, "\1\2", 2);
	assert_int_equal(rd_u8(&r), 1);
	assert_int_equal(rd_end(&r, "thing", &e), -ERR_INVALID);
	assert_string_equal(e.text, "thing: 1 bytes too many");
}

static void
every_cut_is_noticed(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct wr w;
	size_t cut, n;

	(void)state;
	wr_init(&w, &b);
	wr_u16(&w, 7);
	wr_blob(&w, "0123456789", 10);
	wr_u64(&w, 1);
	for (cut = 0; cut <= b.len; cut++) {
		struct rd r;

		rd_init(&r, b.p, cut);
		rd_u16(&r);
		rd_blob(&r, 10, &n);
		rd_u64(&r);
		assert_int_equal(
		    rd_end(&r, "t", NULL), cut == b.len ? 0 : -ERR_INVALID);
	}
}

static void
after_a_fault_everything_is_zero(void **state)
{
	uint8_t out[4] = { 9, 9, 9, 9 };
	char name[4] = "xyz";
	struct rd r;
	size_t n = 7;

	(void)state;
	rd_init(&r, "\1\2\3\4\5\6", 6);
	rd_u64(&r);
	assert_int_equal(rd_u8(&r), 0);
	assert_int_equal(rd_u32(&r), 0);
	rd_bytes(&r, out, 4);
	assert_memory_equal(out, "\0\0\0\0", 4);
	assert_null(rd_borrow(&r, 1));
	assert_null(rd_blob(&r, 100, &n));
	assert_int_equal(n, 0);
	rd_str(&r, name, sizeof(name));
	assert_string_equal(name, "");
	assert_int_equal(rd_end(&r, "t", NULL), -ERR_INVALID);
}

static void
a_length_over_the_limit_or_the_message_is_a_fault(void **state)
{
	static const uint8_t huge[] = { 0xff, 0xff, 0xff, 0xff, 'a' };
	static const uint8_t five[] = { 0, 0, 0, 5, 'a', 'b', 'c', 'd', 'e' };
	struct rd r;
	size_t n;

	(void)state;
	rd_init(&r, huge, sizeof(huge));
	assert_null(rd_blob(&r, SIZE_MAX, &n));
	assert_int_equal(rd_end(&r, "t", NULL), -ERR_INVALID);
	rd_init(&r, five, sizeof(five));
	assert_null(rd_blob(&r, 4, &n));
	assert_int_equal(rd_end(&r, "t", NULL), -ERR_INVALID);
	rd_init(&r, five, sizeof(five));
	assert_non_null(rd_blob(&r, 5, &n));
	assert_int_equal(rd_end(&r, "t", NULL), 0);
}

static void
a_string_must_fit_and_have_no_nul(void **state)
{
	static const uint8_t nul[] = { 0, 0, 0, 3, 'a', 0, 'b' };
	static const uint8_t three[] = { 0, 0, 0, 3, 'a', 'b', 'c' };
	char out[4], small[3];
	struct rd r;

	(void)state;
	rd_init(&r, nul, sizeof(nul));
	rd_str(&r, out, sizeof(out));
	assert_string_equal(out, "");
	assert_int_equal(rd_end(&r, "t", NULL), -ERR_INVALID);
	rd_init(&r, three, sizeof(three));
	rd_str(&r, out, sizeof(out));
	assert_string_equal(out, "abc");
	assert_int_equal(rd_end(&r, "t", NULL), 0);
	rd_init(&r, three, sizeof(three));
	rd_str(&r, small, sizeof(small));
	assert_string_equal(small, "");
	assert_int_equal(rd_end(&r, "t", NULL), -ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(numbers_are_big_endian),
		cmocka_unit_test(bytes_left_over_are_refused),
		cmocka_unit_test(every_cut_is_noticed),
		cmocka_unit_test(after_a_fault_everything_is_zero),
		cmocka_unit_test(
		    a_length_over_the_limit_or_the_message_is_a_fault),
		cmocka_unit_test(a_string_must_fit_and_have_no_nul),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
