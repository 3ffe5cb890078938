/*
 * A child files, publishes, forgets and sweeps until it is killed; it says
 * what it has done over a pipe, after it is durable. Then the vault opens
 * and everything that was said holds.
 */
#include "tests/unit/store/vault.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS 24
#define DOCUMENTS 4096

enum said { SAID_FILED = 1, SAID_FORGET = 2, SAID_FORGOTTEN = 3 };

struct line {
	uint32_t said, number;
};

static void
say(int fd, enum said said, uint32_t number)
{
	struct line l = { said, number };

	if (write(fd, &l, sizeof(l)) != sizeof(l))
		_exit(1);
}

static size_t
size_of(uint32_t number)
{
	return 1000 + (number * 7919u) % 200000;
}

/* Runs until it is killed. */
static void
work(struct vault *v, int fd, uint32_t first)
{
	uint32_t i;

	vault_open(v);
	for (i = first;; i++) {
		struct id id = vault_owner(i), old = vault_owner(i - 3);

		vault_file(v, &id, 1, STORE_CONTENT, i, size_of(i));
		say(fd, SAID_FILED, i);
		if (i % 4 == 1)
			vault_publish(v);
		if (i % 5 == 4 && i - 3 >= first) {
			say(fd, SAID_FORGET, i - 3);
			vault_forget(v, &old, 0);
			say(fd, SAID_FORGOTTEN, i - 3);
			vault_sweep(v, 0);
		}
	}
}

static uint8_t state_of[DOCUMENTS];

/* The kill comes after n lines: at any moment, but one we can wait for. */
static uint32_t
run_and_kill(struct vault *v, uint32_t first, int lines)
{
	struct line l;
	int fd[2], status;
	uint32_t next = first + 1;
	pid_t pid;

	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	assert_true((pid = fork()) >= 0);
	if (pid == 0) {
		close(fd[0]);
		work(v, fd[1], first);
		_exit(0);
	}
	close(fd[1]);
	while (read(fd[0], &l, sizeof(l)) == sizeof(l)) {
		assert_true(l.number < DOCUMENTS);
		state_of[l.number] = (uint8_t)l.said;
		if (l.number >= next)
			next = l.number + 1;
		if (lines-- == 0)
			kill(pid, SIGKILL);
	}
	close(fd[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	/* The next may be there too, committed and not said. */
	return next + 1;
}

static void
check_all(struct vault *v, uint32_t last)
{
	uint64_t blobs;
	uint32_t i;
	int r;

	assert_int_equal(store_verify(v->s, &blobs, &v->e), 0);
	for (i = 0; i <= last; i++) {
		struct id id = vault_owner(i);

		r = vault_read(v, &id, 1, STORE_CONTENT, i, size_of(i));
		if (state_of[i] == SAID_FILED)
			assert_int_equal(r, 0);
		else if (state_of[i] == SAID_FORGOTTEN)
			assert_int_equal(r, -ERR_NOT_FOUND);
		else
			assert_true(r == 0 || r == -ERR_NOT_FOUND);
	}
}

static void
what_was_said_holds_after_a_kill(void **state)
{
	struct vault *v = *state;
	uint32_t first = 10;
	int round;

	for (round = 0; round < ROUNDS; round++) {
		vault_close(v);
		first = run_and_kill(v, first, 3 + round * 5 % 17);
		vault_open(v);
		check_all(v, first);
		vault_check_python(v);
		vault_publish(v);
		vault_check_mirror(
		    v, (int)vault_count(v,
			   "SELECT count(*) FROM branch WHERE head IS NOT "
			   "NULL"));
	}
	vault_sweep(v, 0);
	vault_fsck(v);
	check_all(v, first);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, vault_setup, vault_teardown)
	const struct CMUnitTest tests[] = {
		T(what_was_said_holds_after_a_kill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
