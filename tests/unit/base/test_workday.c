#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/scope.h"
#include "base/workday.h"

static void
easter_falls_where_the_tables_say(void **state)
{
	static const struct civil_date easter[] = { { 1970, 3, 29 },
		{ 2000, 4, 23 }, { 2008, 3, 23 }, { 2011, 4, 24 },
		{ 2024, 3, 31 }, { 2025, 4, 20 }, { 2026, 4, 5 },
		{ 2027, 3, 28 }, { 2028, 4, 16 }, { 2035, 3, 25 },
		{ 2038, 4, 25 }, { 2285, 3, 22 } };
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(easter); i++)
		assert_int_equal(workday_easter(easter[i].year),
		    civil_days(easter[i].year, easter[i].month, easter[i].day));
}

/*
 * By another way: the paschal full moon of each golden number, as the table
 * of the Gregorian calendar has it for 1900 to 2199 (C. Clavius, Romani
 * calendarii explicatio, 1603), and the Sunday after it.
 */
static void
easter_is_the_sunday_after_the_moon_of_the_table(void **state)
{
	static const struct {
		int month, day;
	} moon[19] = { { 4, 14 }, { 4, 3 }, { 3, 23 }, { 4, 11 }, { 3, 31 },
		{ 4, 18 }, { 4, 8 }, { 3, 28 }, { 4, 16 }, { 4, 5 }, { 3, 25 },
		{ 4, 13 }, { 4, 2 }, { 3, 22 }, { 4, 10 }, { 3, 30 }, { 4, 17 },
		{ 4, 7 }, { 3, 27 } };
	int32_t full;
	int year, weekday;

	(void)state;
	for (year = 1900; year < 2200; year++) {
		full = civil_days(
		    year, moon[year % 19].month, moon[year % 19].day);
		weekday = (full + 4) % 7; /* 0: Sunday */
		weekday = weekday < 0 ? weekday + 7 : weekday;
		assert_int_equal(workday_easter(year), full + 7 - weekday);
	}
}

/* 2020 to 2060, as almanacs print them. */
static void
easter_is_that_of_the_almanacs(void **state)
{
	static const int printed[] = { 412, 404, 417, 409, 331, 420, 405, 328,
		416, 401, 421, 413, 328, 417, 409, 325, 413, 405, 425, 410, 401,
		421, 406, 329, 417, 409, 325, 414, 405, 418, 410, 402, 421, 406,
		329, 418, 402, 422, 414, 330, 418 };
	struct civil_date d;
	size_t i;

	(void)state;
	assert_int_equal(NELEMS(printed), 41);
	for (i = 0; i < NELEMS(printed); i++) {
		d = civil_date(workday_easter(2020 + (int)i));
		assert_int_equal(d.year, 2020 + (int)i);
		assert_int_equal(d.month * 100 + d.day, printed[i]);
	}
}

/* From every day of forty years on: it ends on a working day, with so many
 * of them behind it, and later never ends sooner. */
static void
a_term_of_working_days_ends_on_one(void **state)
{
	int32_t d, e, end, last = civil_days(2061, 1, 1);
	uint32_t n, seen;

	(void)state;
	for (d = civil_days(2020, 1, 1); d < last; d++) {
		assert_int_equal(workday_add(d, 0), d);
		for (n = 1; n <= 20; n++) {
			end = workday_add(d, n);
			assert_true(workday_is(end));
			for (seen = 0, e = d + 1; e <= end; e++)
				seen += (uint32_t)workday_is(e);
			assert_int_equal(seen, n);
			assert_true(end > workday_add(d, n - 1));
			assert_true(workday_add(d + 1, n) >= end);
		}
	}
}

/* Eleven holidays, of which some fall on a weekend or on one another (1 May
 * 2008 was Ascension): so many days are worked in a year. */
static void
a_year_has_its_working_days(void **state)
{
	int32_t d;
	int year, worked;

	(void)state;
	for (year = 1990; year < 2100; year++) {
		worked = 0;
		for (d = civil_days(year, 1, 1); d < civil_days(year + 1, 1, 1);
		     d++)
			worked += workday_is(d);
		assert_in_range(worked, 250, 256);
	}
	for (worked = 0, d = civil_days(2026, 1, 1); d < civil_days(2027, 1, 1);
	     d++)
		worked += workday_is(d);
	assert_int_equal(worked, 252);
}

static void
holidays_and_weekends_are_no_working_days(void **state)
{
	static const struct {
		struct civil_date d;
		int works;
	} days[] = {
		{ { 2026, 1, 1 }, 0 },
		{ { 2026, 1, 2 }, 1 },
		{ { 2026, 4, 3 },
		    1 }, /* Good Friday is one, in Seine-et-Marne */
		{ { 2026, 4, 4 }, 0 },
		{ { 2026, 4, 5 }, 0 },
		{ { 2026, 4, 6 }, 0 },
		{ { 2026, 4, 7 }, 1 },
		{ { 2026, 5, 1 }, 0 },
		{ { 2026, 5, 8 }, 0 },
		{ { 2026, 5, 14 }, 0 }, /* Ascension */
		{ { 2026, 5, 15 }, 1 },
		{ { 2026, 5, 25 }, 0 }, /* Whit Monday */
		{ { 2026, 7, 14 }, 0 },
		{ { 2027, 8, 15 }, 0 },
		{ { 2027, 11, 1 }, 0 },
		{ { 2026, 11, 11 }, 0 },
		{ { 2026, 11, 23 }, 1 },
		{ { 2026, 12, 25 }, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(days); i++)
		if (workday_is(civil_days(days[i].d.year, days[i].d.month,
			days[i].d.day)) != days[i].works)
			fail_msg("%d-%d-%d", days[i].d.year, days[i].d.month,
			    days[i].d.day);
}

static void
a_term_counts_working_days_alone(void **state)
{
	static const struct {
		struct civil_date from;
		uint32_t n;
		struct civil_date to;
	} terms[] = {
		{ { 2026, 11, 23 }, 2, { 2026, 11, 25 } },
		{ { 2026, 11, 20 }, 2, { 2026, 11, 24 } }, /* from a Friday */
		{ { 2026, 11, 21 }, 2, { 2026, 11, 24 } },
		{ { 2026, 11, 10 }, 1, { 2026, 11, 12 } },
		{ { 2026, 4, 2 }, 2, { 2026, 4, 7 } }, /* over Easter */
		{ { 2026, 5, 7 }, 1, { 2026, 5, 11 } },
		{ { 2026, 12, 31 }, 1, { 2027, 1, 4 } },
		{ { 2026, 11, 22 }, 0, { 2026, 11, 22 } },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(terms); i++)
		assert_int_equal(
		    workday_add(civil_days(terms[i].from.year,
				    terms[i].from.month, terms[i].from.day),
			terms[i].n),
		    civil_days(
			terms[i].to.year, terms[i].to.month, terms[i].to.day));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(easter_falls_where_the_tables_say),
		cmocka_unit_test(
		    easter_is_the_sunday_after_the_moon_of_the_table),
		cmocka_unit_test(easter_is_that_of_the_almanacs),
		cmocka_unit_test(a_term_of_working_days_ends_on_one),
		cmocka_unit_test(a_year_has_its_working_days),
		cmocka_unit_test(holidays_and_weekends_are_no_working_days),
		cmocka_unit_test(a_term_counts_working_days_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
