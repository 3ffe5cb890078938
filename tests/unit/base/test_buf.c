#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/buf.h"

static void
an_empty_buffer_is_an_empty_string(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };

	(void)state;
	assert_string_equal(buf_str(&b), "");
	buf_reset(&b);
	assert_int_equal(buf_add(&b, NULL, 0, NULL), 0);
	assert_int_equal(b.len, 0);
}

static void
what_is_added_is_kept_through_growth(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 10000; i++) {
		uint8_t c = (uint8_t)(i * 7);

		assert_int_equal(buf_add(&b, &c, 1, NULL), 0);
	}
	assert_int_equal(b.len, 10000);
	for (i = 0; i < b.len; i++)
		assert_int_equal(b.p[i], (uint8_t)(i * 7));
	assert_true(b.cap > b.len);
}

static void
text_is_formatted_at_the_end(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_addstr(&b, "a", NULL), 0);
	assert_int_equal(buf_addf(&b, NULL, "%d-%0100d", 12, 3), 0);
	assert_int_equal(b.len, 104);
	assert_memory_equal(buf_str(&b), "a12-000", 7);
	assert_int_equal(buf_str(&b)[103], '3');
	assert_int_equal(buf_str(&b)[104], '\0');
}

static void
dropping_from_the_front_wipes_the_end(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_addstr(&b, "abcdef", NULL), 0);
	buf_drop(&b, 2);
	assert_string_equal(buf_str(&b), "cdef");
	assert_int_equal(b.p[5], 0);
	buf_drop(&b, 4);
	assert_int_equal(b.len, 0);
}

static void
a_reset_leaves_nothing_of_the_content(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(buf_addstr(&b, "secret", NULL), 0);
	buf_reset(&b);
	assert_int_equal(b.len, 0);
	for (i = 0; i < 6; i++)
		assert_int_equal(b.p[i], 0);
}

static void
an_impossible_size_is_an_error_and_changes_nothing(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(buf_addstr(&b, "kept", NULL), 0);
	assert_int_equal(buf_reserve(&b, SIZE_MAX, &e), -ERR_NOMEM);
	assert_int_equal(buf_reserve(&b, SIZE_MAX / 4 + 1, &e), -ERR_NOMEM);
	assert_int_equal(e.code, ERR_NOMEM);
	assert_string_equal(buf_str(&b), "kept");
}

static void
a_buffer_may_be_released_twice(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(buf_addstr(&b, "x", NULL), 0);
	buf_done(&b);
	assert_null(b.p);
	buf_done(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_empty_buffer_is_an_empty_string),
		cmocka_unit_test(what_is_added_is_kept_through_growth),
		cmocka_unit_test(text_is_formatted_at_the_end),
		cmocka_unit_test(dropping_from_the_front_wipes_the_end),
		cmocka_unit_test(a_reset_leaves_nothing_of_the_content),
		cmocka_unit_test(
		    an_impossible_size_is_an_error_and_changes_nothing),
		cmocka_unit_test(a_buffer_may_be_released_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
