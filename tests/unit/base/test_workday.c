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
		cmocka_unit_test(holidays_and_weekends_are_no_working_days),
		cmocka_unit_test(a_term_counts_working_days_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
