/*
 * A sweep killed at its first write to the disk, then at its second, and so
 * on until it gets through: after each, either nothing happened yet, or the
 * same call goes on. Nothing is certified before its keys are gone, and what
 * is certified is gone.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "daemon/core/erasure.h"
#include "tests/unit/core/retention_scene.h"

#define KILLS_MAX 200 /* it gets through well before */

/* Syncs that are left before the end; -1: none is counted. */
static atomic_int left = -1;

static void
count_down(void)
{
	if (atomic_load(&left) > 0 && atomic_fetch_sub(&left, 1) == 1)
		kill(getpid(), SIGKILL);
}

/* SQLite and the store call these. The last one does not take place. */
int
fdatasync(int fd)
{
	count_down();
	return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	count_down();
	return (int)syscall(SYS_fsync, fd);
}

/* A child that runs it; 1: it got through. */
static int
run_and_die(struct retention_scene *s, int at)
{
	pid_t pid;
	int status;

	core_fixture_close(s->f);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		json_t *answer = NULL;

		retention_reopen(s);
		atomic_store(&left, at);
		if (retention_run(s, &answer) < 0) {
			fprintf(stderr, "run: %s\n", s->f->e.text);
			_exit(2);
		}
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return 0;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	return 1;
}

/* How it stands after that; 1: it has begun. */
static int
look(struct retention_scene *s, const char *living)
{
	json_t *answer = NULL;
	char text[16];

	retention_reopen(s);
	if (erasure_show(s->f->core, &s->director, s->sweep, &s->f->object,
		&answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(text, sizeof(text), "%s",
	    json_string_value(json_object_get(answer, "state")));
	if (strcmp(text, "done") != 0)
		assert_null(json_object_get(answer, "certificate"));
	json_decref(answer);
	assert_int_equal(retention_get(s, living), 0);
	if (strcmp(text, "approved") == 0) {
		assert_int_equal(retention_get(s, s->doc), 0);
		return 0;
	}
	assert_int_equal(retention_get(s, s->doc), -ERR_NOT_FOUND);
	return 1;
}

static void
killed_at_every_write_it_goes_on_where_it_stopped(void **state)
{
	int at, before = 0, after = 0;
	AUTO(tx_end) struct tx tx = { 0 };
	char doomed[ID_TEXT], living[ID_TEXT];
	json_t *answer = NULL;
	uint64_t leaves;
	RETENTION_SCENE(s);

	memcpy(doomed, s->doc, ID_TEXT);
	retention_due_time(s);
	core_fixture_case(s->f, CAMILLE, "Ménage nouveau", s->kase);
	retention_file(s, "vivant", living);
	retention_plan(s, 50);
	assert_int_equal(retention_approve(s, DIRECTOR), 0);
	assert_int_equal(retention_approve(s, JURIST), 0);
	assert_int_equal(retention_visa_by(s, &s->director), 0);
	for (at = 1; at < KILLS_MAX && !run_and_die(s, at); at++) {
		if (look(s, living))
			after++;
		else
			before++;
	}
	assert_in_range(at, 4, KILLS_MAX - 1);
	assert_true(before > 0);
	assert_true(after > 2);
	assert_true(look(s, living));
	if (retention_run(s, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "state")), "done");
	assert_non_null(json_object_get(answer, "certificate"));
	json_decref(answer);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	if (audit_check(s->f->core->audit, &tx, &leaves, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	print_message("killed %d times, %d before it began\n", at - 1, before);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    killed_at_every_write_it_goes_on_where_it_stopped,
		    retention_setup, retention_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
