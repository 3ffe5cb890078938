#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/secret.h"

static void
a_new_secret_is_zero_and_an_old_one_empty(void **state)
{
	struct secret s = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(secret_init(&s, 40, NULL), 0);
	assert_int_equal(s.len, 40);
	for (i = 0; i < 40; i++)
		assert_int_equal(s.p[i], 0);
	secret_done(&s);
	assert_null(s.p);
	assert_int_equal(s.len, 0);
	secret_done(&s);
}

static void
random_secrets_differ(void **state)
{
	AUTO(secret_done) struct secret a = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(secret_random(&a, SECRET_KEY_LEN, NULL), 0);
	assert_int_equal(secret_random(&b, SECRET_KEY_LEN, NULL), 0);
	assert_memory_not_equal(a.p, b.p, SECRET_KEY_LEN);
}

static void
a_move_leaves_the_origin_empty(void **state)
{
	AUTO(secret_done) struct secret a = { 0 }, b = { 0 };

	(void)state;
	assert_int_equal(secret_copy(&a, "0123456789", 10, NULL), 0);
	secret_move(&b, &a);
	assert_null(a.p);
	assert_int_equal(a.len, 0);
	assert_int_equal(b.len, 10);
	assert_memory_equal(b.p, "0123456789", 10);
}

static void
equality_sees_every_byte(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	size_t i;

	(void)state;
	assert_true(secret_equal(a, b, sizeof(a)));
	assert_true(secret_equal(a, b, 0));
	for (i = 0; i < sizeof(a); i++) {
		b[i] = 0x80;
		assert_false(secret_equal(a, b, sizeof(a)));
		b[i] = 0;
	}
}

static void
a_child_does_not_inherit_a_secret(void **state)
{
	AUTO(secret_done) struct secret s = { 0 };
	int status;
	pid_t pid;

	(void)state;
	assert_int_equal(secret_copy(&s, "x", 1, NULL), 0);
	if ((pid = fork()) == 0)
		_exit(s.p[0] == 0 ? 0 : 1);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_int_equal(s.p[0], 'x');
}

static void
a_wipe_leaves_zeros(void **state)
{
	char text[8] = "secret!";

	(void)state;
	secret_wipe(text, sizeof(text));
	assert_memory_equal(text, "\0\0\0\0\0\0\0\0", 8);
	secret_wipe(NULL, 0);
}

static void
a_hardened_process_leaves_no_core(void **state)
{
	struct rlimit core;
	int status;
	pid_t pid;

	(void)state;
	if ((pid = fork()) == 0) {
		if (secret_harden_process(NULL) < 0)
			_exit(1);
		if (getrlimit(RLIMIT_CORE, &core) < 0 || core.rlim_max != 0)
			_exit(2);
		_exit(prctl(PR_GET_DUMPABLE) == 0 ? 0 : 3);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_new_secret_is_zero_and_an_old_one_empty),
		cmocka_unit_test(random_secrets_differ),
		cmocka_unit_test(a_move_leaves_the_origin_empty),
		cmocka_unit_test(equality_sees_every_byte),
		cmocka_unit_test(a_child_does_not_inherit_a_secret),
		cmocka_unit_test(a_wipe_leaves_zeros),
		cmocka_unit_test(a_hardened_process_leaves_no_core),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
