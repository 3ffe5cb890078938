/* Days and months as people in France count them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/text.h"

#define DAY_MS INT64_C(86400000)

static int32_t
day(const char *s)
{
	int32_t d;

	assert_int_equal(date_parse(s, &d, NULL), 0);
	return d;
}

static int64_t
instant(const char *s)
{
	int64_t ms;

	assert_int_equal(time_parse(s, &ms, NULL), 0);
	return ms;
}

static void
a_day_begins_at_midnight_in_paris(void **state)
{
	static const struct {
		const char *at, *day;
	} rows[] = {
		/* Winter: one hour ahead. */
		{ "2026-01-14T22:59:59Z", "2026-01-14" },
		{ "2026-01-14T23:00:00Z", "2026-01-15" },
		/* Summer: two. */
		{ "2026-07-14T21:59:59Z", "2026-07-14" },
		{ "2026-07-14T22:00:00Z", "2026-07-15" },
		/* The night clocks go forward, 29 March 2026. */
		{ "2026-03-28T22:59:59Z", "2026-03-28" },
		{ "2026-03-28T23:00:00Z", "2026-03-29" },
		{ "2026-03-29T21:59:59Z", "2026-03-29" },
		{ "2026-03-29T22:00:00Z", "2026-03-30" },
		/* And back, 25 October 2026. */
		{ "2026-10-24T21:59:59Z", "2026-10-24" },
		{ "2026-10-24T22:00:00Z", "2026-10-25" },
		{ "2026-10-25T22:59:59Z", "2026-10-25" },
		{ "2026-10-25T23:00:00Z", "2026-10-26" },
		{ "2026-12-31T23:00:00Z", "2027-01-01" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		assert_int_equal(
		    civil_day(instant(rows[i].at)), day(rows[i].day));
}

static void
the_start_of_a_day_is_its_first_instant(void **state)
{
	int32_t d, last = day("2040-01-01");

	(void)state;
	for (d = day("1999-01-01"); d < last; d++) {
		assert_int_equal(civil_day(civil_start_ms(d)), d);
		assert_int_equal(civil_day(civil_start_ms(d) - 1), d - 1);
	}
}

/* The machine's own time zones say the same, where it has them. */
static void
the_c_library_agrees(void **state)
{
	int64_t at = instant("1999-01-01T00:30:00Z");
	int64_t end = instant("2037-12-01T00:00:00Z");
	struct tm tm;
	time_t t;

	(void)state;
	setenv("TZ", "Europe/Paris", 1);
	tzset();
	t = 1780000000; /* in summer */
	localtime_r(&t, &tm);
	if (tm.tm_gmtoff != 7200)
		skip();
	for (; at < end; at += 90 * 60000) {
		t = at / 1000;
		localtime_r(&t, &tm);
		t += tm.tm_gmtoff;
		assert_int_equal(civil_day(at), t / 86400);
	}
}

static void
months_end_on_the_same_day_or_the_months_last(void **state)
{
	static const struct {
		const char *from;
		uint32_t months;
		const char *to;
	} rows[] = {
		{ "2026-11-23", 0, "2026-11-23" },
		{ "2026-11-23", 1, "2026-12-23" },
		{ "2026-11-23", 12, "2027-11-23" },
		{ "2026-12-31", 1, "2027-01-31" },
		{ "2027-01-31", 1, "2027-02-28" },
		{ "2028-01-31", 1, "2028-02-29" },
		{ "2028-02-29", 12, "2029-02-28" },
		{ "2028-02-29", 48, "2032-02-29" },
		{ "2027-02-28", 12, "2028-02-28" },
		{ "2026-08-31", 6, "2027-02-28" },
		{ "2026-03-31", 1, "2026-04-30" },
		{ "2026-11-30", 3, "2027-02-28" },
		{ "1999-12-31", 2, "2000-02-29" },
		{ "2099-12-31", 2, "2100-02-28" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		assert_int_equal(
		    civil_add_months(day(rows[i].from), rows[i].months),
		    day(rows[i].to));
}

static void
the_last_day_of_a_term_counts_to_its_end(void **state)
{
	(void)state;
	assert_int_equal(civil_term_ms(day("2026-02-15"), 12),
	    instant("2027-02-15T23:00:00Z"));
	/* It began in winter time and ends in summer time. */
	assert_int_equal(civil_term_ms(day("2026-01-15"), 6),
	    instant("2026-07-15T22:00:00Z"));
	assert_int_equal(civil_term_ms(day("2028-02-29"), 12),
	    instant("2029-02-28T23:00:00Z"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_day_begins_at_midnight_in_paris),
		cmocka_unit_test(the_start_of_a_day_is_its_first_instant),
		cmocka_unit_test(the_c_library_agrees),
		cmocka_unit_test(months_end_on_the_same_day_or_the_months_last),
		cmocka_unit_test(the_last_day_of_a_term_counts_to_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
