/* Terms at their edges: months that are shorter, leap days, working days
 * around holidays, the change of clocks, the winter truce. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/term.h"
#include "base/text.h"
#include "base/workday.h"

#define HOUR_MS (INT64_C(3600) * 1000)

static int32_t
day(const char *s)
{
	int32_t d;

	assert_int_equal(date_parse(s, &d, NULL), 0);
	return d;
}

static void
expect_day(int32_t got, const char *want, size_t row)
{
	char text[11];

	date_format(got, text);
	if (strcmp(text, want) != 0)
		fail_msg("row %zu: %s, not %s", row, text, want);
}

static void
a_term_ends_on_its_last_day(void **state)
{
	static const struct {
		const char *from;
		uint32_t n;
		enum term_unit unit;
		const char *last;
	} rows[] = {
		{ "2026-11-23", 15, TERM_DAYS, "2026-12-08" },
		{ "2026-11-23", 0, TERM_DAYS, "2026-11-23" },
		{ "2026-12-20", 15, TERM_DAYS, "2027-01-04" },
		{ "2026-11-23", 6, TERM_WEEKS, "2027-01-04" },
		/* Months: the same day, or the last there is. */
		{ "2026-11-23", 1, TERM_MONTHS, "2026-12-23" },
		{ "2027-01-31", 1, TERM_MONTHS, "2027-02-28" },
		{ "2028-01-31", 1, TERM_MONTHS, "2028-02-29" },
		{ "2028-01-30", 1, TERM_MONTHS, "2028-02-29" },
		{ "2028-02-29", 1, TERM_MONTHS, "2028-03-29" },
		{ "2028-02-29", 12, TERM_MONTHS, "2029-02-28" },
		{ "2028-02-29", 24, TERM_MONTHS, "2030-02-28" },
		{ "2028-02-29", 48, TERM_MONTHS, "2032-02-29" },
		{ "2026-08-31", 6, TERM_MONTHS, "2027-02-28" },
		{ "2028-02-29", 1, TERM_YEARS, "2029-02-28" },
		/* Working days: 1 May 2026 is a Friday, so is 8 May. */
		{ "2026-04-30", 1, TERM_WORKING_DAYS, "2026-05-04" },
		{ "2026-04-30", 5, TERM_WORKING_DAYS, "2026-05-11" },
		{ "2026-05-07", 1, TERM_WORKING_DAYS, "2026-05-11" },
		/* Easter Monday 2026 is 6 April; Ascension 14 May. */
		{ "2026-04-03", 1, TERM_WORKING_DAYS, "2026-04-07" },
		{ "2026-05-13", 1, TERM_WORKING_DAYS, "2026-05-15" },
		{ "2026-11-10", 1, TERM_WORKING_DAYS, "2026-11-12" },
		{ "2026-12-24", 1, TERM_WORKING_DAYS, "2026-12-28" },
		{ "2026-11-21", 1, TERM_WORKING_DAYS, "2026-11-23" },
		{ "2026-11-23", 72, TERM_HOURS, "2026-11-23" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		expect_day(
		    term_last_day(day(rows[i].from), rows[i].n, rows[i].unit),
		    rows[i].last, i);
}

static void
what_is_counted_back_leaves_whole_units(void **state)
{
	static const struct {
		const char *hearing;
		uint32_t n;
		enum term_unit unit;
		const char *last;
	} rows[] = {
		/* A hearing on a Monday: five working days is the one before.
		 */
		{ "2026-11-30", 5, TERM_WORKING_DAYS, "2026-11-23" },
		{ "2026-12-01", 5, TERM_WORKING_DAYS, "2026-11-24" },
		/* Over 1 and 8 May, and Easter. */
		{ "2026-05-12", 5, TERM_WORKING_DAYS, "2026-05-04" },
		{ "2026-05-05", 1, TERM_WORKING_DAYS, "2026-05-04" },
		{ "2026-05-04", 1, TERM_WORKING_DAYS, "2026-04-30" },
		{ "2026-04-07", 1, TERM_WORKING_DAYS, "2026-04-03" },
		{ "2026-03-31", 1, TERM_MONTHS, "2026-02-28" },
		{ "2028-03-31", 1, TERM_MONTHS, "2028-02-29" },
		{ "2026-01-15", 6, TERM_WEEKS, "2025-12-04" },
		{ "2027-01-31", 2, TERM_MONTHS, "2026-11-30" },
		{ "2028-02-29", 1, TERM_YEARS, "2027-02-28" },
		{ "2026-11-30", 5, TERM_DAYS, "2026-11-25" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		expect_day(term_day_before(
			       day(rows[i].hearing), rows[i].n, rows[i].unit),
		    rows[i].last, i);
}

/* Days end at midnight in Paris, whichever offset that is: hours run from
 * the instant. */
static void
a_term_ends_with_its_day_across_the_change_of_clocks(void **state)
{
	/* Clocks go forward on 29 March 2026, back on 25 October. */
	int64_t spring = civil_start_ms(day("2026-03-28")) + 9 * HOUR_MS;
	int64_t autumn = civil_start_ms(day("2026-10-24")) + 9 * HOUR_MS;

	(void)state;
	assert_int_equal(term_end_ms(spring, 1, TERM_DAYS),
	    civil_start_ms(day("2026-03-30")));
	assert_int_equal(civil_start_ms(day("2026-03-30")) -
			     civil_start_ms(day("2026-03-29")),
	    23 * HOUR_MS);
	assert_int_equal(term_end_ms(autumn, 1, TERM_DAYS),
	    civil_start_ms(day("2026-10-26")));
	assert_int_equal(civil_start_ms(day("2026-10-26")) -
			     civil_start_ms(day("2026-10-25")),
	    25 * HOUR_MS);
	assert_int_equal(
	    term_end_ms(autumn, 72, TERM_HOURS), autumn + 72 * HOUR_MS);
	assert_int_equal(
	    term_end_ms(autumn, 30, TERM_MINUTES), autumn + HOUR_MS / 2);
	/* From the first and the last instant of one day, the same. */
	assert_int_equal(
	    term_end_ms(civil_start_ms(day("2026-10-25")), 1, TERM_MONTHS),
	    term_end_ms(civil_start_ms(day("2026-10-26")) - 1, 1, TERM_MONTHS));
}

static void
the_truce_is_from_november_to_march(void **state)
{
	static const struct {
		const char *day;
		int in;
		const char *end;
	} rows[] = {
		{ "2026-10-31", 0, "2026-10-31" },
		{ "2026-11-01", 1, "2027-03-31" },
		{ "2026-12-31", 1, "2027-03-31" },
		{ "2027-01-01", 1, "2027-03-31" },
		{ "2028-02-29", 1, "2028-03-31" },
		{ "2027-03-31", 1, "2027-03-31" },
		{ "2027-04-01", 0, "2027-04-01" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		assert_int_equal(
		    term_is_winter_truce(day(rows[i].day)), rows[i].in);
		expect_day(term_truce_end(day(rows[i].day)), rows[i].end, i);
	}
}

/* --- of every day of forty years -------------------------------------------
 */

#define FIRST "2020-01-01"
#define LAST "2060-12-31"

/* In the right month, on the same day or its last; a later day never ends
 * sooner; two terms one after the other end no later than their sum. */
static void
months_keep_their_order(void **state)
{
	static const uint32_t lengths[] = { 1, 2, 3, 6, 11, 12, 23, 24, 60 };
	int32_t d, end, last = day(LAST);
	struct civil_date a, b;
	size_t i;
	uint32_t n;

	(void)state;
	for (d = day(FIRST); d <= last; d++) {
		a = civil_date(d);
		assert_int_equal(civil_add_months(d, 0), d);
		for (i = 0; i < NELEMS(lengths); i++) {
			n = lengths[i];
			end = civil_add_months(d, n);
			b = civil_date(end);
			assert_int_equal(b.year * 12 + b.month,
			    a.year * 12 + a.month + (int)n);
			assert_true(
			    b.day == a.day ||
			    (b.day < a.day && civil_date(end + 1).day == 1));
			assert_true(civil_add_months(d + 1, n) >= end);
			assert_true(civil_add_months(
					civil_add_months(d, 1), n - 1) <= end);
		}
		assert_int_equal(
		    term_last_day(d, 2, TERM_YEARS), civil_add_months(d, 24));
	}
}

/* Back and forth: to the same day where the months have it, and never past
 * it; what is counted back leaves at least the whole term. */
static void
what_is_added_and_taken_away_agrees(void **state)
{
	static const enum term_unit units[] = { TERM_DAYS, TERM_WEEKS,
		TERM_WORKING_DAYS, TERM_MONTHS, TERM_YEARS };
	int32_t d, there, last = day(LAST);
	size_t u;
	uint32_t n;

	(void)state;
	for (d = day(FIRST); d <= last; d++)
		for (u = 0; u < NELEMS(units); u++)
			for (n = 1; n <= 7; n += 3) {
				there = term_day_before(d, n, units[u]);
				assert_true(there < d);
				assert_true(term_day_before(
						d + 1, n, units[u]) >= there);
				/* From a day without work there is no way
				 * back: the term ends on the next with. */
				if (units[u] == TERM_WORKING_DAYS &&
				    !workday_is(d))
					continue;
				assert_true(
				    term_last_day(there, n, units[u]) <= d);
				/* Some months have no 29th, 30th or 31st. */
				if (units[u] >= TERM_MONTHS &&
				    civil_date(d).day > 28)
					continue;
				assert_int_equal(
				    term_last_day(there, n, units[u]), d);
			}
}

/* Each winter: not on 31 October, from 1 November to 31 March, not on 1
 * April; and its end is the last day of it. */
static void
each_winter_has_its_truce(void **state)
{
	int32_t d, end, last = day(LAST);
	struct civil_date c;
	int in;

	(void)state;
	for (d = day(FIRST); d <= last; d++) {
		c = civil_date(d);
		in = c.month == 11 || c.month == 12 || c.month == 1 ||
		     c.month == 2 || c.month == 3;
		assert_int_equal(term_is_winter_truce(d), in);
		end = term_truce_end(d);
		assert_true(end >= d && end - d <= 151);
		assert_int_equal(term_truce_end(end), end);
		if (!in) {
			assert_int_equal(end, d);
			continue;
		}
		c = civil_date(end);
		assert_true(c.month == 3 && c.day == 31);
		assert_false(term_is_winter_truce(end + 1));
	}
}

/* From any instant of a day, late or early, a term of days ends at the same
 * midnight of Paris. */
static void
a_term_is_that_of_the_day_and_not_of_the_hour(void **state)
{
	static const enum term_unit units[] = { TERM_DAYS, TERM_WORKING_DAYS,
		TERM_WEEKS, TERM_MONTHS };
	int64_t from, half = HOUR_MS / 2, until;
	int32_t d;
	size_t u;

	(void)state;
	for (d = day("2024-01-01"); d < day("2029-01-01"); d++)
		for (u = 0; u < NELEMS(units); u++) {
			from = civil_start_ms(d);
			until = term_end_ms(from, 3, units[u]);
			assert_int_equal(
			    term_end_ms(from + half, 3, units[u]), until);
			assert_int_equal(
			    term_end_ms(
				civil_start_ms(d + 1) - half, 3, units[u]),
			    until);
			assert_int_equal(civil_start_ms(civil_day(until)),
			    until); /* a midnight */
			assert_true(
			    term_end_ms(from - half, 3, units[u]) <= until);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(months_keep_their_order),
		cmocka_unit_test(what_is_added_and_taken_away_agrees),
		cmocka_unit_test(each_winter_has_its_truce),
		cmocka_unit_test(a_term_is_that_of_the_day_and_not_of_the_hour),
		cmocka_unit_test(a_term_ends_on_its_last_day),
		cmocka_unit_test(what_is_counted_back_leaves_whole_units),
		cmocka_unit_test(
		    a_term_ends_with_its_day_across_the_change_of_clocks),
		cmocka_unit_test(the_truce_is_from_november_to_march),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
