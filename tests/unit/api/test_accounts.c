/* From a uid to its account's name, and for how long that is believed. */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/err.h"
#include "daemon/api/accounts.h"

#define NOW INT64_C(1790000000000)
#define NOBODY_UID 3999999999u

/* The account files of this test: what getpwuid_r answers, and how often. */
static const char *name_now;
static unsigned looked_up;

int __wrap_getpwuid_r(
    uid_t uid, struct passwd *pw, char *room, size_t n, struct passwd **out);

int
__wrap_getpwuid_r(
    uid_t uid, struct passwd *pw, char *room, size_t n, struct passwd **out)
{
	looked_up++;
	*out = NULL;
	if (name_now == NULL || uid == NOBODY_UID)
		return 0;
	snprintf(room, n, "%s", name_now);
	memset(pw, 0, sizeof(*pw));
	pw->pw_name = room;
	pw->pw_uid = uid;
	*out = pw;
	return 0;
}

static int
setup(void **state)
{
	struct accounts *a = NULL;

	assert_int_equal(accounts_new(&a, NULL), 0);
	name_now = "claire";
	looked_up = 0;
	*state = a;
	return 0;
}

static int
teardown(void **state)
{
	struct accounts *a = *state;

	accounts_freep(&a);
	return 0;
}

static const char *
name_of(void **state, uid_t uid, int64_t now)
{
	static char name[64];

	accounts_name(*state, uid, now, name, sizeof(name));
	return name;
}

static void
a_uid_without_an_account_has_no_name(void **state)
{
	assert_string_equal(name_of(state, NOBODY_UID, NOW), "");
	name_now = NULL;
	assert_string_equal(name_of(state, 1000, NOW), "");
}

static void
a_name_is_kept_for_a_while_and_then_asked_again(void **state)
{
	assert_string_equal(name_of(state, 1000, NOW), "claire");
	name_now = "denis";
	assert_string_equal(
	    name_of(state, 1000, NOW + ACCOUNTS_KEPT_MS - 1), "claire");
	assert_int_equal(looked_up, 1);
	assert_string_equal(
	    name_of(state, 1000, NOW + ACCOUNTS_KEPT_MS), "denis");
	assert_int_equal(looked_up, 2);
}

static void
uids_that_share_a_place_do_not_share_a_name(void **state)
{
	assert_string_equal(name_of(state, 1000, NOW), "claire");
	name_now = "denis";
	assert_string_equal(name_of(state, 1000 + 128, NOW), "denis");
	name_now = "claire";
	assert_string_equal(name_of(state, 1000, NOW), "claire");
	assert_int_equal(looked_up, 3);
}

static void
uid_zero_is_looked_up_like_another(void **state)
{
	name_now = "root";
	assert_string_equal(name_of(state, 0, NOW), "root");
	assert_int_equal(looked_up, 1);
}

static void
a_clock_that_goes_back_does_not_keep_a_name(void **state)
{
	assert_string_equal(name_of(state, 1000, NOW), "claire");
	name_now = "denis";
	assert_string_equal(name_of(state, 1000, NOW - 1), "denis");
}

static void
a_name_too_long_for_the_caller_is_no_name(void **state)
{
	name_now = "a-name-of-more-than-sixty-three-bytes-"
		   "which-no-account-of-ours-may-have";
	assert_string_equal(name_of(state, 1000, NOW), "");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_uid_without_an_account_has_no_name),
		T(a_name_is_kept_for_a_while_and_then_asked_again),
		T(uids_that_share_a_place_do_not_share_a_name),
		T(uid_zero_is_looked_up_like_another),
		T(a_clock_that_goes_back_does_not_keep_a_name),
		T(a_name_too_long_for_the_caller_is_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
