/* Floods of refusals: how many have a leaf, and when the rest is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/api/flood.h"

#define T0 (INT64_C(1790000000000) / 60000 * 60000) /* begins a minute */

static int
setup(void **state)
{
	struct flood *f = NULL;

	assert_int_equal(flood_new(&f, NULL), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct flood *f = *state;

	flood_freep(&f);
	assert_null(f);
	return 0;
}

/* n refusals of uid at now: how many were allowed; no count may come. */
static unsigned
refuse(struct flood *f, uint32_t uid, int64_t now, unsigned n)
{
	unsigned allowed = 0;
	uint64_t count;

	while (n-- > 0) {
		allowed += flood_allows(f, uid, now, &count) != 0;
		assert_int_equal(count, 0);
	}
	return allowed;
}

static void
a_minute_has_a_bounded_number_of_leaves(void **state)
{
	assert_int_equal(
	    refuse(*state, 1000, T0, FLOOD_PER_MINUTE), FLOOD_PER_MINUTE);
	assert_int_equal(refuse(*state, 1000, T0, 1), 0);
	assert_int_equal(refuse(*state, 1000, T0 + 59999, 500), 0);
}

static void
what_was_passed_over_is_told_once_in_a_later_minute(void **state)
{
	uint64_t count;

	refuse(*state, 1000, T0, FLOOD_PER_MINUTE + 41);
	assert_int_equal(flood_allows(*state, 1000, T0 + 180000, &count), 1);
	assert_int_equal(count, 41);
	assert_int_equal(flood_allows(*state, 1000, T0 + 180000, &count), 1);
	assert_int_equal(count, 0);
	/* The one that told is one of the new minute. */
	assert_int_equal(refuse(*state, 1000, T0 + 180001, FLOOD_PER_MINUTE),
	    FLOOD_PER_MINUTE - 2);
}

static void
a_quiet_minute_tells_nothing(void **state)
{
	uint64_t count;

	refuse(*state, 1000, T0, FLOOD_PER_MINUTE);
	assert_int_equal(flood_allows(*state, 1000, T0 + 60000, &count), 1);
	assert_int_equal(count, 0);
}

static void
one_persons_flood_is_not_anothers(void **state)
{
	refuse(*state, 1000, T0, 10000);
	assert_int_equal(refuse(*state, 1001, T0, 1), 1);
	assert_int_equal(refuse(*state, 0, T0, 1), 1);
}

static void
more_people_than_windows_displace_the_oldest_only(void **state)
{
	uint32_t uid;

	refuse(*state, 1, T0, FLOOD_PER_MINUTE);
	for (uid = 100; uid < 100 + FLOOD_UIDS - 1; uid++)
		assert_int_equal(refuse(*state, uid, T0 + 60000, 1), 1);
	/* All windows are taken; the next stranger gets that of uid 1. */
	assert_int_equal(refuse(*state, 9999, T0 + 60000, 1), 1);
	assert_int_equal(refuse(*state, 100, T0 + 60000, FLOOD_PER_MINUTE),
	    FLOOD_PER_MINUTE - 1);
}

static void
a_clock_that_goes_back_opens_no_gap(void **state)
{
	uint64_t count;

	refuse(*state, 1000, T0, FLOOD_PER_MINUTE + 5);
	assert_int_equal(flood_allows(*state, 1000, T0 - 60000, &count), 1);
	assert_int_equal(count, 5);
	assert_int_equal(
	    refuse(*state, 1000, T0 - 60000, 1000), FLOOD_PER_MINUTE - 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_minute_has_a_bounded_number_of_leaves),
		T(what_was_passed_over_is_told_once_in_a_later_minute),
		T(a_quiet_minute_tells_nothing),
		T(one_persons_flood_is_not_anothers),
		T(more_people_than_windows_displace_the_oldest_only),
		T(a_clock_that_goes_back_opens_no_gap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
