#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/log.h"

/* What the log writes while say runs, into b. */
static void
capture(void (*say)(void), struct buf *b)
{
	AUTO(fd_closep) int fd = -1, saved = dup(STDERR_FILENO);

	assert_int_equal(memfd_new("log", &fd, NULL), 0);
	assert_true(dup2(fd, STDERR_FILENO) >= 0);
	say();
	assert_true(dup2(saved, STDERR_FILENO) >= 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(fd_read_to_end(fd, 100000, b, NULL), 0);
}

static void
say_three(void)
{
	log_error("%s %d", "one", 1);
	log_warn("two");
	log_note("three");
}

static void
say_trouble(void)
{
	log_error("a\n<0>sceaud: forged\r\x1b[2J");
}

static void
say_long(void)
{
	log_error("%05000d", 1);
}

static void
lines_name_the_program_on_a_terminal(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };

	(void)state;
	unsetenv("JOURNAL_STREAM");
	log_open("sceau-test");
	capture(say_three, &b);
	assert_string_equal(buf_str(&b),
	    "sceau-test: one 1\nsceau-test: two\nsceau-test: three\n");
}

static void
lines_have_priorities_under_the_journal(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };

	(void)state;
	setenv("JOURNAL_STREAM", "8:1", 1);
	log_open("sceau-test");
	capture(say_three, &b);
	unsetenv("JOURNAL_STREAM");
	assert_string_equal(buf_str(&b), "<3>one 1\n<4>two\n<5>three\n");
}

static void
a_message_cannot_forge_a_line(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };

	(void)state;
	log_open("t");
	capture(say_trouble, &b);
	assert_string_equal(buf_str(&b), "t: a?<0>sceaud: forged??[2J\n");
}

static void
a_long_message_is_cut_and_still_one_line(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };

	(void)state;
	log_open("t");
	capture(say_long, &b);
	assert_true(b.len < 2000);
	assert_int_equal(b.p[b.len - 1], '\n');
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_name_the_program_on_a_terminal),
		cmocka_unit_test(lines_have_priorities_under_the_journal),
		cmocka_unit_test(a_message_cannot_forge_a_line),
		cmocka_unit_test(a_long_message_is_cut_and_still_one_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
