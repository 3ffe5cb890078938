/*
 * The real sceau-keys, over its real sockets, as several uids: needs root,
 * and is skipped otherwise. argv[1]: the program.
 */
#include "fixture.h"

#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/rw.h"
#include "base/settings.h"
#include "keys/unseal.h"

#define UID_DAEMON 64901
#define UID_KEYS 64902
#define UID_OTHER 64903
#define READY_MS 30000

static const char *program;

struct vault {
	char dir[64], agent[96], door[96];
	uid_t custodian; /* an account of the machine that is not root */
	char account[AGENT_ACCOUNT_MAX];
	pid_t pid;
	struct err e;
};

static void
write_settings(struct vault *v)
{
	AUTO(buf_done) struct buf b = { 0 };
	char id[ID_TEXT], path[96];
	struct id vault;

	assert_ok(id_random(&vault, &v->e));
	id_format(&vault, id);
	assert_ok(buf_addf(&b, &v->e,
	    "vault = %s\norigin = " FIXTURE_ORIGIN "\nuid-daemon = %d\n"
	    "uid-keys = %d\nuid-inspect = 64904\nswap = accept\n",
	    id, UID_DAEMON, UID_KEYS));
	snprintf(path, sizeof(path), "%s/vault.conf", v->dir);
	assert_ok(file_write(AT_FDCWD, path, b.p, b.len, 0644, &v->e));
}

static void
child_environment(void)
{
	/* The leak checker needs to trace, which the agent forbids. */
	setenv("ASAN_OPTIONS", "detect_leaks=0", 1);
}

/* Run --init with this passphrase; the exit status. */
static int
run_init(struct vault *v, const char *pass, const char *custodian)
{
	int fds[2], status;
	char number[16];
	pid_t pid;

	assert_true(pipe(fds) == 0);
	if ((pid = fork()) == 0) {
		close(fds[1]);
		child_environment();
		snprintf(number, sizeof(number), "%d", fds[0]);
		execl(program, program, "-d", v->dir, "--init",
		    "--passphrase-fd", number, "--custodian", custodian,
		    "--scrypt-log2", "10", NULL);
		_exit(127);
	}
	close(fds[0]);
	assert_true(write(fds[1], pass, strlen(pass)) == (ssize_t)strlen(pass));
	close(fds[1]);
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
start(struct vault *v)
{
	struct pollfd p;
	char number[16], byte;
	int fds[2];

	assert_true(pipe(fds) == 0);
	if ((v->pid = fork()) == 0) {
		close(fds[0]);
		child_environment();
		snprintf(number, sizeof(number), "%d", fds[1]);
		execl(
		    program, program, "-d", v->dir, "--ready-fd", number, NULL);
		_exit(127);
	}
	close(fds[1]);
	p = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	assert_int_equal(poll(&p, 1, READY_MS), 1);
	assert_int_equal(read(fds[0], &byte, 1), 1);
	close(fds[0]);
}

static int
stop(struct vault *v, int sig)
{
	int status;

	kill(v->pid, sig);
	assert_true(waitpid(v->pid, &status, 0) == v->pid);
	v->pid = 0;
	return status;
}

/* Run f as uid in a child; what f returned, or 200 when it died. */
static int
as_uid(struct vault *v, uid_t uid, int (*f)(struct vault *))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
		    setresuid(uid, uid, uid) < 0)
			_exit(201);
		_exit(f(v));
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 200;
}

/* One request at the custodians' door; the code of its answer. */
static int
door(struct vault *v, int op, const char *pass)
{
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(fd_closep) int fd = -1;
	struct wr w;
	struct rd r;

	if (ipc_connect(v->door, SOCK_SEQPACKET, &fd, &v->e) < 0)
		return 202;
	wr_init(&w, &b);
	wr_u8(&w, (uint8_t)op);
	if (pass != NULL)
		wr_str(&w, pass);
	if (ipc_send(fd, b.p, b.len, NULL, 0, &v->e) < 0 ||
	    ipc_recv(fd, &b, NULL, NULL, READY_MS, &v->e) < 0)
		return 203;
	rd_init(&r, b.p, b.len);
	return (int)rd_u32(&r);
}

static int
unseal(struct vault *v)
{
	return door(v, UNSEAL_OP_UNSEAL, FIXTURE_PASS);
}

static int
unseal_wrong(struct vault *v)
{
	return door(v, UNSEAL_OP_UNSEAL, "not the passphrase");
}

static int
seal(struct vault *v)
{
	return door(v, UNSEAL_OP_SEAL, NULL);
}

static int
door_status_of(struct vault *v)
{
	return door(v, UNSEAL_OP_STATUS, NULL);
}

static int
open_agent(struct vault *v)
{
	AUTO(agent_freep) struct agent *a = NULL;
	struct agent_status st;
	int r;

	if ((r = agent_open(v->agent, UID_KEYS, &a, &v->e)) < 0 ||
	    (r = agent_status(a, &st, &v->e)) < 0)
		return -r;
	return 0;
}

static int
open_impostor(struct vault *v)
{
	AUTO(agent_freep) struct agent *a = NULL;

	/* As if the agent had another uid than the one that listens. */
	return -agent_open(v->agent, UID_OTHER, &a, &v->e);
}

static int
setup(void **state)
{
	struct vault *v = calloc(1, sizeof(*v));
	struct passwd *pw = getpwnam("daemon");

	assert_non_null(v);
	*state = v;
	if (geteuid() != 0 || pw == NULL)
		return 0;
	snprintf(v->dir, sizeof(v->dir), "/tmp/sceau-proc-XXXXXX");
	assert_non_null(mkdtemp(v->dir));
	assert_true(chmod(v->dir, 0755) == 0);
	snprintf(v->agent, sizeof(v->agent), "%s/run/agent.sock", v->dir);
	snprintf(v->door, sizeof(v->door), "%s/run/unseal.sock", v->dir);
	v->custodian = pw->pw_uid;
	write_settings(v);
	assert_int_equal(run_init(v, FIXTURE_PASS "\n", "daemon"), 0);
	start(v);
	return 0;
}

static int
teardown(void **state)
{
	struct vault *v = *state;

	if (v->pid > 0)
		stop(v, SIGKILL);
	if (v->dir[0] != '\0')
		tree_remove(v->dir);
	free(v);
	return 0;
}

static void
need_root(const struct vault *v)
{
	if (v->dir[0] == '\0')
		skip();
}

static void
only_a_custodian_unseals_and_seals(void **state)
{
	struct vault *v = *state;

	need_root(v);
	assert_int_equal(as_uid(v, UID_OTHER, unseal), ERR_DENIED);
	assert_int_equal(as_uid(v, UID_DAEMON, unseal), ERR_DENIED);
	assert_int_equal(as_uid(v, 0, unseal), ERR_DENIED);
	assert_int_equal(as_uid(v, v->custodian, seal), ERR_OK);
	assert_int_equal(as_uid(v, v->custodian, unseal), ERR_OK);
	assert_int_equal(as_uid(v, v->custodian, unseal), ERR_CONFLICT);
	assert_int_equal(as_uid(v, UID_OTHER, seal), ERR_DENIED);
	assert_int_equal(as_uid(v, UID_OTHER, door_status_of), ERR_OK);
	assert_int_equal(as_uid(v, v->custodian, seal), ERR_OK);
}

static void
a_wrong_passphrase_makes_everyone_wait(void **state)
{
	struct vault *v = *state;
	int r;

	need_root(v);
	assert_int_equal(as_uid(v, v->custodian, unseal_wrong), ERR_DENIED);
	assert_int_equal(as_uid(v, v->custodian, unseal), ERR_BUSY);
	while ((r = as_uid(v, v->custodian, unseal)) == ERR_BUSY)
		poll(NULL, 0, 20);
	assert_int_equal(r, ERR_OK);
}

static void
only_the_daemon_reaches_the_agent(void **state)
{
	struct vault *v = *state;

	need_root(v);
	assert_int_equal(as_uid(v, UID_DAEMON, open_agent), 0);
	assert_int_equal(as_uid(v, UID_OTHER, open_agent), ERR_UNAVAILABLE);
	assert_int_equal(as_uid(v, 0, open_agent), ERR_UNAVAILABLE);
	assert_int_equal(as_uid(v, UID_DAEMON, open_impostor), ERR_UNAVAILABLE);
}

static int
try_keys_folder(struct vault *v)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/keys/current", v->dir);
	return open(path, O_RDONLY) < 0 ? 0 : 1;
}

static void
the_folder_is_the_agents_alone(void **state)
{
	struct vault *v = *state;
	struct stat st;
	char path[96];

	need_root(v);
	snprintf(path, sizeof(path), "%s/keys", v->dir);
	assert_true(stat(path, &st) == 0);
	assert_int_equal(st.st_uid, UID_KEYS);
	assert_int_equal(st.st_mode & 0777, 0700);
	assert_true(stat(v->agent, &st) == 0);
	assert_int_equal(st.st_uid, UID_KEYS);
	assert_int_equal(as_uid(v, UID_DAEMON, try_keys_folder), 0);
	assert_int_equal(as_uid(v, UID_OTHER, try_keys_folder), 0);
}

/* A line of the agent's /proc status. */
static void
check_status_line(struct vault *v, const char *want)
{
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(fd_closep) int fd = -1;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/status", (int)v->pid);
	fd = open(path, O_RDONLY);
	assert_true(fd >= 0);
	assert_ok(fd_read_to_end(fd, 65536, &b, &v->e));
	if (strstr(buf_str(&b), want) == NULL)
		fail_msg("%s is not in %s", want, buf_str(&b));
}

static void
the_process_has_given_up_its_rights(void **state)
{
	struct vault *v = *state;

	need_root(v);
	check_status_line(v, "Uid:\t64902\t64902\t64902\t64902\n");
	check_status_line(v, "NoNewPrivs:\t1\n");
	check_status_line(v, "Seccomp:\t2\n");
	check_status_line(v, "CapEff:\t0000000000000000\n");
	check_status_line(v, "CapPrm:\t0000000000000000\n");
}

static int
whole_day(struct vault *v)
{
	AUTO(agent_freep) struct agent *a = NULL;
	AUTO(secret_done) struct secret block = { 0 };
	AUTO(secret_done) struct secret got = { 0 };
	AUTO(buf_done) struct buf note = { 0 };
	struct agent_public pub = { .certificate = { 0 } };
	uint64_t first, destroyed, numbers[2];
	uint32_t count;
	struct hash leaf;
	size_t text_len;

	if (agent_open(v->agent, UID_KEYS, &a, &v->e) < 0 ||
	    agent_public(a, &pub, &v->e) < 0)
		return 1;
	if (agent_draw(a, &first, &count, &block, &v->e) != -(int)ERR_CONFLICT)
		return 2;
	if (agent_floor(a, 1, &v->e) < 0 ||
	    agent_draw(a, &first, &count, &block, &v->e) < 0 ||
	    count != AGENT_BLOCK)
		return 3;
	numbers[0] = first + 3;
	numbers[1] = first;
	if (agent_get(a, numbers, 2, 0, &got, &v->e) < 0 || got.len != 64 ||
	    memcmp(got.p, block.p + 96, 32) != 0 ||
	    memcmp(got.p + 32, block.p, 32) != 0)
		return 4;
	if (merkle_leaf_hash("leaf", 4, &leaf, &v->e) < 0 ||
	    agent_sign_head(a, 1, &leaf, NULL, 0, &note, &v->e) < 0 ||
	    note_verify(buf_str(&note), note.len, &pub.log, 1, &text_len, NULL,
		&v->e) < 0)
		return 5;
	numbers[0] = first;
	if (agent_rotate(a, numbers, 1, NULL, 0, 0, 2, &leaf, &destroyed,
		&v->e) != -(int)ERR_INCONSISTENT)
		return 6;
	if (agent_rotate(
		a, numbers, 1, NULL, 0, 0, 1, &leaf, &destroyed, &v->e) < 0 ||
	    destroyed != 1)
		return 7;
	secret_done(&got);
	if (agent_get(a, numbers, 1, 0, &got, &v->e) != -(int)ERR_NOT_FOUND)
		return 8;
	numbers[0] = first + 3;
	if (agent_get(a, numbers, 1, 0, &got, &v->e) < 0 ||
	    memcmp(got.p, block.p + 96, 32) != 0)
		return 9;
	agent_public_done(&pub);
	return 0;
}

static void
the_daemon_draws_reads_signs_and_destroys(void **state)
{
	struct vault *v = *state;

	need_root(v);
	assert_int_equal(as_uid(v, UID_DAEMON, whole_day), 1); /* sealed */
	assert_int_equal(as_uid(v, v->custodian, unseal), ERR_OK);
	assert_int_equal(as_uid(v, UID_DAEMON, whole_day), 0);
}

/* Take every event that waits; its kinds as digits, at most 9 of them. */
static int
take_events(struct vault *v)
{
	AUTO(agent_freep) struct agent *a = NULL;
	struct agent_event ev;
	int r, seen = 0;

	if (agent_open(v->agent, UID_KEYS, &a, &v->e) < 0)
		return 220;
	while ((r = agent_event(a, 50, &ev, &v->e)) == 0) {
		seen |= 1 << ev.kind;
		if (ev.kind == AGENT_UNSEALED &&
		    strcmp(ev.account, "daemon") != 0)
			return 221;
		if (agent_event_done(a, ev.number, &v->e) < 0)
			return 222;
	}
	return r == -(int)ERR_BUSY ? seen : 223;
}

static void
ceremonies_and_refusals_are_events_and_outlive_a_kill(void **state)
{
	struct vault *v = *state;
	int want = 1 << AGENT_UNSEALED | 1 << AGENT_SEALED |
		   1 << AGENT_UNSEAL_FAILED | 1 << AGENT_REFUSED_PEER;

	need_root(v);
	assert_int_equal(as_uid(v, UID_OTHER, unseal), ERR_DENIED);
	assert_int_equal(as_uid(v, v->custodian, unseal), ERR_OK);
	assert_int_equal(as_uid(v, v->custodian, seal), ERR_OK);
	assert_int_equal(as_uid(v, v->custodian, unseal_wrong), ERR_DENIED);
	stop(v, SIGKILL);
	start(v);
	assert_int_equal(as_uid(v, UID_DAEMON, take_events), want);
	assert_int_equal(as_uid(v, UID_DAEMON, take_events), 0);
}

static int
attest_with(struct vault *v, const char *pass)
{
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(fd_closep) int fd = -1;
	uint8_t page[SHA256_LEN];
	struct wr w;
	struct rd r;

	memset(page, 0x5a, sizeof(page));
	if (ipc_connect(v->door, SOCK_SEQPACKET, &fd, &v->e) < 0)
		return 202;
	wr_init(&w, &b);
	wr_u8(&w, UNSEAL_OP_ATTEST);
	wr_str(&w, pass);
	wr_bytes(&w, page, sizeof(page));
	if (ipc_send(fd, b.p, b.len, NULL, 0, &v->e) < 0 ||
	    ipc_recv(fd, &b, NULL, NULL, READY_MS, &v->e) < 0)
		return 203;
	rd_init(&r, b.p, b.len);
	return (int)rd_u32(&r);
}

static int
attest(struct vault *v)
{
	return attest_with(v, FIXTURE_PASS);
}

static int
attest_wrong(struct vault *v)
{
	return attest_with(v, "not the passphrase");
}

/* An unsealing, a page attested and one that was not: those events and no
 * other, the page's digest in the two of it. */
static int
take_attestations(struct vault *v)
{
	static const enum agent_event_kind want[] = { AGENT_REFUSED_PEER,
		AGENT_UNSEALED, AGENT_ATTESTED, AGENT_ATTEST_FAILED };
	AUTO(agent_freep) struct agent *a = NULL;
	uint8_t page[SHA256_LEN], none[SHA256_LEN] = { 0 };
	struct agent_event ev;
	size_t i;

	memset(page, 0x5a, sizeof(page));
	if (agent_open(v->agent, UID_KEYS, &a, &v->e) < 0)
		return 220;
	for (i = 0; i < NELEMS(want); i++)
		if (agent_event(a, 50, &ev, &v->e) < 0 || ev.kind != want[i] ||
		    memcmp(ev.digest, i < 2 ? none : page, SHA256_LEN) != 0 ||
		    agent_event_done(a, ev.number, &v->e) < 0)
			return 221 + (int)i;
	return agent_event(a, 50, &ev, &v->e) == -(int)ERR_BUSY ? 0 : 230;
}

static void
a_custodian_attests_a_page_of_an_open_vault(void **state)
{
	struct vault *v = *state;

	need_root(v);
	assert_int_equal(as_uid(v, v->custodian, attest), ERR_SEALED);
	assert_int_equal(as_uid(v, UID_OTHER, attest), ERR_DENIED);
	assert_int_equal(as_uid(v, v->custodian, unseal), ERR_OK);
	assert_int_equal(as_uid(v, v->custodian, attest), ERR_OK);
	assert_int_equal(as_uid(v, v->custodian, attest_wrong), ERR_DENIED);
	/* As after a wrong passphrase to unseal: everyone waits. */
	assert_int_equal(as_uid(v, v->custodian, attest), ERR_BUSY);
	assert_int_equal(door_status_of(v), ERR_OK);
	stop(v, SIGKILL);
	start(v);
	assert_int_equal(as_uid(v, UID_DAEMON, take_attestations), 0);
}

static int
call_over_a_restart(struct vault *v)
{
	AUTO(agent_freep) struct agent *a = NULL;
	struct agent_status st;

	if (agent_open(v->agent, UID_KEYS, &a, &v->e) < 0 ||
	    agent_status(a, &st, &v->e) < 0)
		return 1;
	/* The parent restarts the agent between these two. */
	raise(SIGSTOP);
	return agent_status(a, &st, &v->e) < 0 || !st.sealed;
}

static void
the_daemons_connection_survives_a_restart_of_the_agent(void **state)
{
	struct vault *v = *state;
	int status;
	pid_t pid;

	need_root(v);
	if ((pid = fork()) == 0) {
		if (setgroups(0, NULL) < 0 ||
		    setresuid(UID_DAEMON, UID_DAEMON, UID_DAEMON) < 0)
			_exit(201);
		_exit(call_over_a_restart(v));
	}
	assert_true(waitpid(pid, &status, WUNTRACED) == pid);
	assert_true(WIFSTOPPED(status));
	stop(v, SIGKILL);
	start(v);
	kill(pid, SIGCONT);
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
a_second_agent_is_refused_and_the_first_goes_on(void **state)
{
	struct vault *v = *state;
	int status;
	pid_t pid;

	need_root(v);
	if ((pid = fork()) == 0) {
		child_environment();
		execl(program, program, "-d", v->dir, NULL);
		_exit(127);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), err_exit(ERR_CONFLICT));
	assert_int_equal(as_uid(v, UID_DAEMON, open_agent), 0);
}

static void
a_signal_ends_it_cleanly(void **state)
{
	struct vault *v = *state;
	int status;

	need_root(v);
	assert_int_equal(as_uid(v, v->custodian, unseal), ERR_OK);
	status = stop(v, SIGTERM);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_true(access(v->agent, F_OK) < 0);
	start(v);
	assert_int_equal(as_uid(v, v->custodian, unseal), ERR_OK);
}

static void
init_refuses_what_would_not_serve(void **state)
{
	struct vault *v = *state;

	need_root(v);
	assert_int_equal(
	    run_init(v, FIXTURE_PASS "\n", "daemon"), err_exit(ERR_CONFLICT));
	assert_int_equal(run_init(v, FIXTURE_PASS "\n", "no-such-account"),
	    err_exit(ERR_INVALID));
	stop(v, SIGTERM);
	assert_int_equal(
	    run_init(v, "short\n", "daemon"), err_exit(ERR_INVALID));
	assert_int_equal(
	    run_init(v, FIXTURE_PASS "\n", "daemon"), err_exit(ERR_CONFLICT));
	start(v);
	assert_int_equal(as_uid(v, v->custodian, unseal), ERR_OK);
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		WITH(only_a_custodian_unseals_and_seals),
		WITH(a_wrong_passphrase_makes_everyone_wait),
		WITH(only_the_daemon_reaches_the_agent),
		WITH(the_folder_is_the_agents_alone),
		WITH(the_process_has_given_up_its_rights),
		WITH(the_daemon_draws_reads_signs_and_destroys),
		WITH(ceremonies_and_refusals_are_events_and_outlive_a_kill),
		WITH(a_custodian_attests_a_page_of_an_open_vault),
		WITH(the_daemons_connection_survives_a_restart_of_the_agent),
		WITH(a_second_agent_is_refused_and_the_first_goes_on),
		WITH(a_signal_ends_it_cleanly),
		WITH(init_refuses_what_would_not_serve),
	};

	if (argc != 2)
		return 2;
	program = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
