/* The states of a consent and every move between them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "daemon/core/consent_state.h"

/*
 * From (row) to (column): x may. In the order of the names below. Written
 * down here once more, so that a move is never gained or lost by accident.
 */
static const char *const names[] = { "unknown", "requested", "deferred",
	"given", "renewed", "refused", "withdrawn", "expired", "terminated",
	"invalidated" };
static const char *const may[] = {
	/*             ?rdgnfwxti */
	/* unknown */ ".xxx.x....",
	/* requested */ "..xx.x..xx",
	/* deferred */ ".x.x.x..xx",
	/* given */ "....x.xxxx",
	/* renewed */ "....x.xxxx",
	/* refused */ "..........",
	/* withdrawn */ "..........",
	/* expired */ "....x.x.xx",
	/* terminated */ "..........",
	/* invalidated */ "..........",
};

static void
only_the_moves_of_the_table_are_allowed(void **state)
{
	size_t i, k;

	(void)state;
	assert_int_equal(NELEMS(names), CONSENT_STATES);
	for (i = 0; i < CONSENT_STATES; i++)
		for (k = 0; k < CONSENT_STATES; k++)
			if (consent_state_may_move((enum consent_state)i,
				(enum consent_state)k) != (may[i][k] == 'x'))
				fail_msg("%s to %s", names[i], names[k]);
}

static void
what_is_over_never_moves_again(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 1; i < CONSENT_STATES; i++)
		for (k = 0; k < CONSENT_STATES; k++)
			if (!consent_state_is_living((enum consent_state)i))
				assert_int_equal(consent_state_may_move(
						     (enum consent_state)i,
						     (enum consent_state)k),
				    0);
}

static void
given_and_renewed_alone_are_valid(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < CONSENT_STATES; i++)
		assert_int_equal(consent_state_is_valid((enum consent_state)i),
		    strcmp(names[i], "given") == 0 ||
			strcmp(names[i], "renewed") == 0);
}

static void
names_go_there_and_back(void **state)
{
	enum consent_state s;
	size_t i;

	(void)state;
	for (i = 0; i < CONSENT_STATES; i++) {
		assert_string_equal(
		    consent_state_name((enum consent_state)i), names[i]);
		assert_int_equal(consent_state_from_name(names[i], &s), 0);
		assert_int_equal(s, i);
	}
	assert_int_equal(consent_state_from_name("receipt", &s), -1);
	assert_int_equal(consent_state_from_name("", &s), -1);
}

static void
only_what_is_valid_expires_and_at_its_end(void **state)
{
	(void)state;
	assert_int_equal(
	    consent_state_at(CONSENT_GIVEN, 100, 99), CONSENT_GIVEN);
	assert_int_equal(
	    consent_state_at(CONSENT_GIVEN, 100, 100), CONSENT_EXPIRED);
	assert_int_equal(
	    consent_state_at(CONSENT_RENEWED, 100, 101), CONSENT_EXPIRED);
	assert_int_equal(
	    consent_state_at(CONSENT_GIVEN, 0, INT64_MAX), CONSENT_GIVEN);
	assert_int_equal(
	    consent_state_at(CONSENT_WITHDRAWN, 100, 101), CONSENT_WITHDRAWN);
	assert_int_equal(
	    consent_state_at(CONSENT_REQUESTED, 100, 101), CONSENT_REQUESTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_the_moves_of_the_table_are_allowed),
		cmocka_unit_test(what_is_over_never_moves_again),
		cmocka_unit_test(given_and_renewed_alone_are_valid),
		cmocka_unit_test(names_go_there_and_back),
		cmocka_unit_test(only_what_is_valid_expires_and_at_its_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
