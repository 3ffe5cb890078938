#include "base/text.h"

#include <string.h>

#include "tests/unit/base/vectors.h"

static void
hex_comes_back(void **state)
{
	uint8_t in[3] = { 0x00, 0xab, 0xff }, out[3];
	char s[7];
	struct err e;

	(void)state;
	hex_format(in, 3, s);
	assert_string_equal(s, "00abff");
	assert_int_equal(hex_parse(s, out, 3, &e), 0);
	assert_memory_equal(in, out, 3);
	assert_int_equal(hex_parse("00ABff", out, 3, &e), 0);
	assert_memory_equal(in, out, 3);
}

static void
hex_refuses_other_lengths_and_letters(void **state)
{
	static const char *const bad[] = { "", "0", "00ab", "00abf", "00abff0",
		"00abffff", "00abfg", " 0abff", "0x00ab", "00abf " };
	uint8_t out[3] = { 7, 7, 7 };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++)
		assert_int_equal(hex_parse(bad[i], out, 3, &e), -ERR_INVALID);
	assert_int_equal(out[0], 7);
}

/* RFC 4648, 10. */
static const struct {
	const char *text, *b64;
} base64[] = {
	{ "", "" },
	{ "f", "Zg==" },
	{ "fo", "Zm8=" },
	{ "foo", "Zm9v" },
	{ "foob", "Zm9vYg==" },
	{ "fooba", "Zm9vYmE=" },
	{ "foobar", "Zm9vYmFy" },
	{ "\xfb\xff\xbf", "+/+/" },
};

static void
base64_is_that_of_rfc_4648(void **state)
{
	struct err e;
	size_t i, n;

	(void)state;
	for (i = 0; i < NELEMS(base64); i++) {
		AUTO(buf_done) struct buf b = { 0 }, back = { 0 };

		n = strlen(base64[i].text);
		assert_int_equal(base64_format(base64[i].text, n, &b, &e), 0);
		assert_string_equal(buf_str(&b), base64[i].b64);
		assert_int_equal(
		    base64_parse(base64[i].b64, b.len, &back, &e), 0);
		assert_int_equal(back.len, n);
		assert_string_equal(buf_str(&back), base64[i].text);
	}
}

static void
base64_refuses_what_is_not_canonical(void **state)
{
	static const char *const bad[] = { "Z", "Zg", "Zg=", "Zh==", "Zm9=",
		"Zg==Zg==", "Zg= =", "Z===", "====", "Zm9v\n", "Zm-_",
		"Zm9v=", "=m9v", "Zm=v", " Zm9" };
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(buf_addstr(&b, "kept", &e), 0);
	for (i = 0; i < NELEMS(bad); i++) {
		assert_int_equal(
		    base64_parse(bad[i], strlen(bad[i]), &b, &e), -ERR_INVALID);
		assert_string_equal(buf_str(&b), "kept");
	}
	assert_int_equal(base64_parse("Zm\0v", 4, &b, &e), -ERR_INVALID);
}

static void
every_padded_tail_has_one_base64(void **state)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklm"
				     "nopqrstuvwxyz0123456789+/";
	struct err e;
	size_t i, good = 0;

	(void)state;
	for (i = 0; i < 64; i++) {
		AUTO(buf_done) struct buf b = { 0 };
		char s[5] = { 'A', digits[i], '=', '=', '\0' };

		good += base64_parse(s, 4, &b, &e) == 0;
	}
	assert_int_equal(good, 4);
}

static const struct {
	int64_t ms;
	const char *text;
} times[] = {
	{ 0, "1970-01-01T00:00:00Z" },
	{ -1000, "1969-12-31T23:59:59Z" },
	{ INT64_C(951782400000), "2000-02-29T00:00:00Z" },
	{ INT64_C(1795406706000), "2026-11-23T04:05:06Z" },
	{ INT64_C(4107542399000), "2100-02-28T23:59:59Z" },
	{ INT64_C(253402300799000), "9999-12-31T23:59:59Z" },
	{ INT64_C(-62167219200000), "0000-01-01T00:00:00Z" },
};

static void
times_come_back(void **state)
{
	char s[TIME_TEXT];
	struct err e;
	int64_t ms;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(times); i++) {
		time_format(times[i].ms, s);
		assert_string_equal(s, times[i].text);
		assert_int_equal(time_parse(times[i].text, &ms, &e), 0);
		assert_true(ms == times[i].ms);
	}
}

static void
milliseconds_are_dropped_downwards(void **state)
{
	char s[TIME_TEXT];

	(void)state;
	time_format(1999, s);
	assert_string_equal(s, "1970-01-01T00:00:01Z");
	time_format(-1, s);
	assert_string_equal(s, "1969-12-31T23:59:59Z");
}

static void
times_out_of_four_digit_years_are_held_at_the_border(void **state)
{
	char s[TIME_TEXT];

	(void)state;
	time_format(INT64_MAX, s);
	assert_string_equal(s, "9999-12-31T23:59:59Z");
	time_format(INT64_MIN, s);
	assert_string_equal(s, "0000-01-01T00:00:00Z");
	date_format(INT32_MAX, s);
	assert_string_equal(s, "9999-12-31");
	date_format(INT32_MIN, s);
	assert_string_equal(s, "0000-01-01");
}

static void
times_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", "2026-11-23",
		"2026-11-23T04:05:06", "2026-11-23T04:05:06+00:00",
		"2026-11-23 04:05:06Z", "2026-11-23t04:05:06z",
		"2026-11-23T24:00:00Z", "2026-11-23T04:60:00Z",
		"2026-11-23T04:05:60Z", "2026-02-29T00:00:00Z",
		"2026-13-01T00:00:00Z", "2026-11-23T04:05:06ZZ",
		"2026-11-23T04:05:0xZ", "+026-11-23T04:05:06Z" };
	int64_t ms = 7;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++)
		assert_int_equal(time_parse(bad[i], &ms, &e), -ERR_INVALID);
	assert_true(ms == 7);
}

static void
dates_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", "2026-1-1", "2026-00-01",
		"2026-01-00", "2026-04-31", "2025-02-29", "1900-02-29",
		"2026/01/01", "2026-01-011", "2026-01-1 ", "20260101--",
		"2026-01-32", "aaaa-01-01" };
	int32_t days = 7;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++)
		assert_int_equal(date_parse(bad[i], &days, &e), -ERR_INVALID);
	assert_int_equal(days, 7);
}

static void
every_day_of_eight_centuries_comes_back(void **state)
{
	int32_t day, back = 0;
	char s[11], before[11] = "";
	struct err e;

	(void)state;
	for (day = -200000; day < 100000; day++) {
		date_format(day, s);
		assert_int_equal(date_parse(s, &back, &e), 0);
		assert_int_equal(back, day);
		assert_true(strcmp(before, s) < 0);
		memcpy(before, s, sizeof(before));
	}
}

static void
utf8_is_that_of_rfc_3629(void **state)
{
	static const char *const good[] = { "", "abc", "\xc3\xa9",
		"\xe2\x80\x94", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf",
		"\xed\x9f\xbf", "\xee\x80\x80", "\xc2\x80" };
	static const char *const bad[] = { "\x80", "\xc3", "\xc0\x80",
		"\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xf0\x8f\xbf\xbf",
		"\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xe2\x80",
		"a\xe2(\xa1", "\xf0\x9f\x98" };
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(good); i++)
		assert_true(utf8_is_valid(good[i], strlen(good[i])));
	for (i = 0; i < NELEMS(bad); i++)
		assert_false(utf8_is_valid(bad[i], strlen(bad[i])));
}

static void
decimals_have_one_text(void **state)
{
	static const char *const bad[] = { "", "00", "01", "-1", "+1", " 1",
		"1 ", "1a", "0x1", "18446744073709551616",
		"99999999999999999999", "184467440737095516150" };
	struct err e;
	uint64_t v = 7;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++)
		assert_int_equal(
		    text_decimal(bad[i], strlen(bad[i]), &v, &e), -ERR_INVALID);
	assert_true(v == 7);
	assert_int_equal(text_decimal("0", 1, &v, &e), 0);
	assert_true(v == 0);
	assert_int_equal(text_decimal("18446744073709551615", 20, &v, &e), 0);
	assert_true(v == UINT64_MAX);
}

static void
a_line_without_newline_is_none(void **state)
{
	const char *s = "a\n\nrest", *line = NULL;
	size_t left = 7, n = 0;

	(void)state;
	assert_int_equal(text_line(&s, &left, &line, &n), 1);
	assert_int_equal(n, 1);
	assert_int_equal(text_line(&s, &left, &line, &n), 1);
	assert_int_equal(n, 0);
	assert_int_equal(text_line(&s, &left, &line, &n), 0);
	assert_int_equal(left, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(hex_comes_back),
		cmocka_unit_test(hex_refuses_other_lengths_and_letters),
		cmocka_unit_test(base64_is_that_of_rfc_4648),
		cmocka_unit_test(base64_refuses_what_is_not_canonical),
		cmocka_unit_test(every_padded_tail_has_one_base64),
		cmocka_unit_test(times_come_back),
		cmocka_unit_test(milliseconds_are_dropped_downwards),
		cmocka_unit_test(
		    times_out_of_four_digit_years_are_held_at_the_border),
		cmocka_unit_test(times_that_are_none_are_refused),
		cmocka_unit_test(dates_that_are_none_are_refused),
		cmocka_unit_test(every_day_of_eight_centuries_comes_back),
		cmocka_unit_test(utf8_is_that_of_rfc_3629),
		cmocka_unit_test(decimals_have_one_text),
		cmocka_unit_test(a_line_without_newline_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
