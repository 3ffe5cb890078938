#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/err.h"

static void
every_code_has_its_own_name_and_statuses(void **state)
{
	int i, j;

	(void)state;
	for (i = 0; i < ERR_CODES; i++) {
		enum err_code c = (enum err_code)i;

		assert_non_null(err_code_name(c));
		assert_int_equal(err_code_from_name(err_code_name(c)), c);
		assert_true(err_http(c) >= 200 && err_http(c) < 600);
		assert_true(err_exit(c) >= 0 && err_exit(c) <= 10);
		for (j = 0; j < i; j++)
			assert_string_not_equal(
			    err_code_name(c), err_code_name((enum err_code)j));
	}
	assert_int_equal(err_http(ERR_OK), 200);
	assert_int_equal(err_exit(ERR_OK), 0);
}

static void
only_success_exits_with_zero(void **state)
{
	int i;

	(void)state;
	for (i = 1; i < ERR_CODES; i++)
		assert_int_not_equal(err_exit((enum err_code)i), 0);
}

static void
the_exit_statuses_are_those_promised(void **state)
{
	(void)state;
	assert_int_equal(err_exit(ERR_USAGE), 2);
	assert_int_equal(err_exit(ERR_DENIED), 3);
	assert_int_equal(err_exit(ERR_NOT_FOUND), 4);
	assert_int_equal(err_exit(ERR_CONFLICT), 5);
	assert_int_equal(err_exit(ERR_SEALED), 6);
	assert_int_equal(err_exit(ERR_REFUSED), 7);
	assert_int_equal(err_exit(ERR_INTEGRITY), 8);
	assert_int_equal(err_exit(ERR_INCOMPLETE), 9);
	assert_int_equal(err_exit(ERR_INCONSISTENT), 10);
}

static void
an_unknown_code_or_name_is_ours(void **state)
{
	(void)state;
	assert_int_equal(err_code_from_name("no such"), ERR_INTERNAL);
	assert_string_equal(err_code_name((enum err_code)99), "internal");
	assert_int_equal(err_http((enum err_code)99), 500);
	assert_int_equal(err_exit((enum err_code)99), 1);
	assert_false(err_is_public((enum err_code)99));
}

static void
the_callers_mistakes_may_be_shown_and_ours_not(void **state)
{
	(void)state;
	assert_true(err_is_public(ERR_DENIED));
	assert_true(err_is_public(ERR_UNAVAILABLE));
	assert_false(err_is_public(ERR_INTERNAL));
	assert_false(err_is_public(ERR_NOMEM));
	assert_false(err_is_public(ERR_IO));
}

static void
an_error_may_be_ignored_but_its_code_is_returned(void **state)
{
	(void)state;
	assert_int_equal(err_set(NULL, ERR_DENIED, "x"), -ERR_DENIED);
	assert_int_equal(err_tag(NULL, ERR_REFUSED, "t", "x"), -ERR_REFUSED);
	assert_true(err_wrap(NULL, "x") < 0);
}

static void
a_tag_names_the_error_else_its_code(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(err_tag(&e, ERR_REFUSED, "media-type", "no %s", "pdf"),
	    -ERR_REFUSED);
	assert_string_equal(err_name(&e), "media-type");
	assert_string_equal(e.text, "no pdf");
	err_set(&e, ERR_REFUSED, "other");
	assert_string_equal(err_name(&e), "refused");
}

static void
the_system_error_is_kept_and_told(void **state)
{
	struct err e;

	(void)state;
	errno = EACCES;
	assert_int_equal(err_sys(&e, ERR_IO, "file"), -ERR_IO);
	assert_int_equal(e.sys, EACCES);
	assert_string_equal(e.text, "file: Permission denied");
}

static void
a_full_disk_is_told_apart(void **state)
{
	struct err e;

	(void)state;
	errno = ENOSPC;
	assert_int_equal(err_sys(&e, ERR_IO, "file"), -ERR_FULL);
	errno = EDQUOT;
	assert_int_equal(err_sys(&e, ERR_IO, "file"), -ERR_FULL);
	assert_int_equal(e.code, ERR_FULL);
}

static void
context_goes_in_front_and_keeps_the_code(void **state)
{
	struct err e;
	int i;

	(void)state;
	err_tag(&e, ERR_CONFLICT, "held", "document");
	assert_int_equal(err_wrap(&e, "%s:%d", "f", 3), -ERR_CONFLICT);
	assert_string_equal(e.text, "f:3: document");
	assert_string_equal(err_name(&e), "held");
	for (i = 0; i < 100; i++)
		err_wrap(&e, "again and again");
	assert_true(strlen(e.text) < ERR_TEXT_MAX);
}

static void
closing_a_descriptor_keeps_errno_and_forgets_it(void **state)
{
	int fd = open("/dev/null", O_RDONLY | O_CLOEXEC), was = fd;

	(void)state;
	errno = EXDEV;
	fd_closep(&fd);
	assert_int_equal(errno, EXDEV);
	assert_int_equal(fd, -1);
	assert_int_equal(fcntl(was, F_GETFD), -1);
	fd_closep(&fd);
}

static void
taking_leaves_nothing_behind(void **state)
{
	char *p = malloc(3), *q;

	(void)state;
	q = TAKE(p);
	assert_null(p);
	assert_non_null(q);
	mem_freep(&q);
	assert_null(q);
	mem_freep(&q);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_code_has_its_own_name_and_statuses),
		cmocka_unit_test(only_success_exits_with_zero),
		cmocka_unit_test(the_exit_statuses_are_those_promised),
		cmocka_unit_test(an_unknown_code_or_name_is_ours),
		cmocka_unit_test(
		    the_callers_mistakes_may_be_shown_and_ours_not),
		cmocka_unit_test(
		    an_error_may_be_ignored_but_its_code_is_returned),
		cmocka_unit_test(a_tag_names_the_error_else_its_code),
		cmocka_unit_test(the_system_error_is_kept_and_told),
		cmocka_unit_test(a_full_disk_is_told_apart),
		cmocka_unit_test(context_goes_in_front_and_keeps_the_code),
		cmocka_unit_test(
		    closing_a_descriptor_keeps_errno_and_forgets_it),
		cmocka_unit_test(taking_leaves_nothing_behind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
