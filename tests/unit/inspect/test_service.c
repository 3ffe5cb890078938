/*
 * The real program: what a taken-over worker can do (nothing), what hostile
 * files cost, and what the client makes of a service that goes away.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/ipc.h"
#include "base/sandbox.h"
#include "daemon/inspect/wire.h"
#include "tests/unit/inspect/misbehave.h"
#include "tests/unit/inspect/served.h"

static const char *program, *test_program;
static const struct inspect_trust nobody = { "", 0, "", 0, "", 0 };

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
serve(void **state)
{
	static struct served v;

	served_start(&v, test_program);
	*state = &v;
	return 0;
}

static int
serve_real(void **state)
{
	static struct served v;

	served_start(&v, program);
	*state = &v;
	return 0;
}

static int
stop(void **state)
{
	return served_stop(*state);
}

static int
memfd(const void *p, size_t n)
{
	struct err e;
	int fd = -1;

	assert_int_equal(memfd_of("test", p, n, &fd, &e), 0);
	return fd;
}

static int
type_of(struct served *v, const void *p, size_t n, struct inspect_type *t,
    struct err *e)
{
	AUTO(fd_closep) int fd = memfd(p, n);

	return inspect_type(v->inspector, fd, n, 1, t, e);
}

static void
assert_still_serves(struct served *v)
{
	struct inspect_type t;
	struct err e;

	assert_int_equal(type_of(v, "Bonjour\n", 8, &t, &e), 0);
	assert_string_equal(t.media, "text/plain");
	assert_true(t.agreed);
}

/* Send a request by hand; the first byte of the answer. */
static uint8_t
ask_raw(struct served *v, const void *p, size_t n, const int *fds, size_t nfds)
{
	AUTO(buf_done) struct buf answer = { 0 };
	AUTO(fd_closep) int s = -1;
	size_t none = 0;
	struct err e;

	assert_int_equal(ipc_connect(v->socket, SOCK_SEQPACKET, &s, &e), 0);
	assert_int_equal(ipc_send(s, p, n, fds, nfds, &e), 0);
	assert_int_equal(ipc_recv(s, &answer, NULL, &none, 20000, &e), 0);
	assert_true(answer.len >= 1);
	return answer.p[0];
}

static uint8_t
act(struct served *v, uint8_t what)
{
	const struct wire_request q = {
		.op = WIRE_MISBEHAVE, .size = 1, .act = what
	};
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(fd_closep) int fd = memfd("x", 1);
	struct err e;

	assert_int_equal(wire_request_encode(&q, &b, &e), 0);
	return ask_raw(v, b.p, b.len, &fd, 1);
}

static void
a_taken_over_worker_dies_at_its_first_forbidden_act(void **state)
{
	uint8_t i;

	if (!sandbox_enforced())
		skip();
	for (i = 0; i < ACT_SPIN; i++) {
		assert_int_equal(act(*state, i), WIRE_DIED);
		assert_still_serves(*state);
	}
}

static void
a_worker_that_crashes_or_eats_memory_is_only_itself(void **state)
{
	if (!sandbox_enforced())
		skip();
	assert_int_equal(act(*state, ACT_CRASH), WIRE_DIED);
	assert_int_equal(act(*state, ACT_EAT_MEMORY), WIRE_DIED);
	assert_still_serves(*state);
}

static void
an_answer_that_is_too_long_is_none(void **state)
{
	assert_int_equal(act(*state, ACT_FLOOD), WIRE_DIED);
}

static void
a_worker_cannot_answer_for_another(void **state)
{
	struct served *v = *state;
	AUTO(buf_done) struct buf answer = { 0 };
	AUTO(fd_closep) int other = -1;
	size_t none = 0;
	struct err e;

	if (!sandbox_enforced())
		skip();
	assert_int_equal(ipc_connect(v->socket, SOCK_SEQPACKET, &other, &e), 0);
	/* The launcher has taken it once it serves a later one. */
	assert_int_equal(act(v, ACT_FLOOD), WIRE_DIED);
	assert_int_equal(act(v, ACT_WRITE_OTHERS), WIRE_DONE);
	assert_int_equal(
	    ipc_recv(other, &answer, NULL, &none, 0, &e), -ERR_BUSY);
}

static void
a_worker_that_never_ends_is_ended(void **state)
{
	int64_t start = now_ms();
	uint8_t end = act(*state, ACT_SPIN);

	/* By its processor time, or by the clock if it gets little of it. */
	assert_true(end == WIRE_DIED || end == WIRE_LATE);
	assert_true(now_ms() - start < INSPECT_DEADLINE_MS + 1000);
	assert_still_serves(*state);
}

static void
the_real_program_has_no_hidden_operation(void **state)
{
	assert_int_equal(act(*state, ACT_OPEN), WIRE_DIED);
	assert_still_serves(*state);
}

static void
requests_that_make_no_sense_are_told_so(void **state)
{
	AUTO(fd_closep) int fd = memfd("x", 1);
	const uint8_t type[] = { WIRE_VERSION, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1 };
	uint8_t bad[sizeof(type)];
	const int two[] = { fd, fd };
	size_t i;

	assert_int_equal(
	    ask_raw(*state, type, sizeof(type), &fd, 1), WIRE_DONE);
	for (i = 1; i < sizeof(type); i++)
		assert_int_equal(ask_raw(*state, type, i, &fd, 1), WIRE_BAD);
	assert_int_equal(
	    ask_raw(*state, type, sizeof(type), NULL, 0), WIRE_BAD);
	assert_int_equal(ask_raw(*state, type, sizeof(type), two, 2), WIRE_BAD);
	for (i = 0; i < sizeof(type); i++) {
		if (i >= 2 && i <= 9)
			continue;
		memcpy(bad, type, sizeof(bad));
		bad[i] ^= 0x80;
		assert_int_equal(
		    ask_raw(*state, bad, sizeof(bad), &fd, 1), WIRE_BAD);
	}
	/* Another size than the memfd has. */
	memcpy(bad, type, sizeof(bad));
	bad[9] = 2;
	assert_int_equal(ask_raw(*state, bad, sizeof(bad), &fd, 1), WIRE_DIED);
	assert_still_serves(*state);
}

static void
an_unsealed_memfd_is_not_looked_at(void **state)
{
	const uint8_t type[] = { WIRE_VERSION, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1 };
	AUTO(fd_closep) int fd = -1;
	struct err e;

	assert_int_equal(memfd_new("open", &fd, &e), 0);
	assert_int_equal(fd_write_all(fd, "x", 1, &e), 0);
	assert_int_equal(
	    ask_raw(*state, type, sizeof(type), &fd, 1), WIRE_DIED);
}

static void
the_client_seals_what_it_sends(void **state)
{
	struct served *v = *state;
	AUTO(fd_closep) int fd = -1;
	struct inspect_type t;
	struct err e;

	assert_int_equal(memfd_new("open", &fd, &e), 0);
	assert_int_equal(fd_write_all(fd, "Bonjour\n", 8, &e), 0);
	assert_int_equal(inspect_type(v->inspector, fd, 8, 1, &t, &e), 0);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(ftruncate(fd, 0), -1);
}

/* A file of n bytes made of copies of unit after head. */
static uint8_t *
repeated(const char *head, const char *unit, size_t n)
{
	uint8_t *p = malloc(n);
	size_t i, h = strlen(head), u = strlen(unit);

	assert_non_null(p);
	for (i = 0; i < n; i++)
		p[i] = (uint8_t)(i < h ? head[i] : unit[(i - h) % u]);
	return p;
}

static void
hostile_files_take_bounded_time_and_never_pass(void **state)
{
	static const struct {
		const char *head, *unit;
		size_t n;
	} rows[] = {
		{ "%PDF-1.7\n", "/ByteRange [0 1 2 3]\n", 2100000 },
		{ "%PDF-1.7\n", "/ByteRange", 5 << 20 },
		{ "%PDF-1.7\n", "/ByteRange[0 10 20 30", 5 << 20 },
		{ "%PDF-1.7\n", "/#42yteRange [0 1 2 3]", 5 << 20 },
		{ "%PDF-1.7\n", "<", 5 << 20 },
		{ "%PDF-1.7\n", "/Contents<00>", 5 << 20 },
		{ "%PDF-1.7\n", "/", 32 << 20 },
		{ "", "<", 5 << 20 },
		{ "", "[", 5 << 20 },
		{ "", "{\"a\":", 5 << 20 },
		{ "PK\3\4", "PK\5\6", 5 << 20 },
		{ "PK\3\4", "PK\1\2", 5 << 20 },
		{ "\xff\xd8\xff", "\xff\xda\x01", 5 << 20 },
		{ "\x89PNG\r\n\x1a\n", "IHDR", 5 << 20 },
		{ "II*", "\x01", 5 << 20 },
		{ "", "\x30\x80", 1 << 20 },
	};
	struct served *v = *state;
	struct inspect_verdict out[INSPECT_SIGS_MAX];
	struct inspect_type t;
	struct err e;
	size_t i, k, n;

	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(mem_freep)
		uint8_t *p = repeated(rows[i].head, rows[i].unit, rows[i].n);
		AUTO(fd_closep) int fd = memfd(p, rows[i].n);
		int64_t start = now_ms();
		int r = inspect_type(v->inspector, fd, rows[i].n, 1, &t, &e);

		assert_true(now_ms() - start < INSPECT_DEADLINE_MS + 1000);
		if (r < 0) {
			assert_int_equal(r, -ERR_REFUSED);
			assert_string_equal(err_name(&e), "inspection-failed");
			continue;
		}
		assert_int_equal(inspect_pdf(v->inspector, fd, rows[i].n, &t,
				     &nobody, 1, 0, out, &n, &e),
		    0);
		for (k = 0; k < n; k++)
			assert_int_equal(out[k].indication, INSPECT_FAILED);
	}
	assert_still_serves(v);
}

static void
an_empty_file_is_not_agreed(void **state)
{
	struct inspect_type t;
	struct err e;

	assert_int_equal(type_of(*state, "", 0, &t, &e), 0);
	assert_false(t.agreed);
	assert_string_equal(t.reason, "empty");
}

static void
rubbish_as_signature_fails_and_does_not_crash(void **state)
{
	static const char *const rows[] = { "", "0", "\x30", "\x30\x80",
		"\x30\x84\xff\xff\xff\xff", "-----BEGIN PKCS7-----\n" };
	struct served *v = *state;
	AUTO(fd_closep) int fd = memfd("content", 7);
	struct inspect_verdict out;
	struct err e;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		assert_int_equal(inspect_cms(v->inspector, rows[i],
				     strlen(rows[i]), fd, &nobody, 0, &out, &e),
		    0);
		assert_int_not_equal(out.indication, INSPECT_PASSED);
		assert_string_not_equal(out.sub, "");
	}
}

static void
signatures_over_a_mebibyte_are_not_sent(void **state)
{
	struct served *v = *state;
	AUTO(mem_freep) uint8_t *p = calloc(1, INSPECT_DER_MAX + 1);
	AUTO(fd_closep) int fd = memfd("content", 7);
	struct inspect_verdict out;
	struct err e;

	assert_non_null(p);
	assert_int_equal(inspect_cms(v->inspector, p, INSPECT_DER_MAX + 1, fd,
			     &nobody, 0, &out, &e),
	    -ERR_TOO_LARGE);
}

static void
a_restarted_service_is_found_again(void **state)
{
	struct served *v = *state;

	assert_still_serves(v);
	served_restart(v, program);
	assert_still_serves(v);
}

static void
a_service_that_is_not_there_is_unavailable(void **state)
{
	AUTO(inspector_freep) struct inspector *i = NULL;
	AUTO(fd_closep) int fd = memfd("x", 1);
	struct inspect_type t;
	struct err e;

	(void)state;
	assert_int_equal(inspector_open("/tmp/no-such.sock", 0, &i, &e), 0);
	assert_int_equal(inspect_type(i, fd, 1, 1, &t, &e), -ERR_UNAVAILABLE);
}

static void
a_service_of_another_account_is_not_believed(void **state)
{
	struct served *v = *state;
	AUTO(inspector_freep) struct inspector *i = NULL;
	AUTO(fd_closep) int fd = memfd("x", 1);
	struct inspect_type t;
	struct err e;

	assert_int_equal(inspector_open(v->socket, getuid() + 1, &i, &e), 0);
	assert_int_equal(inspect_type(i, fd, 1, 1, &t, &e), -ERR_UNAVAILABLE);
}

static void
many_connections_are_served_side_by_side(void **state)
{
	const uint8_t type[] = { WIRE_VERSION, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1 };
	struct served *v = *state;
	AUTO(fd_closep) int fd = memfd("x", 1);
	AUTO(buf_done) struct buf answer = { 0 };
	int s[40];
	size_t i, none = 0;
	struct err e;

	for (i = 0; i < NELEMS(s); i++) {
		assert_int_equal(
		    ipc_connect(v->socket, SOCK_SEQPACKET, &s[i], &e), 0);
		assert_int_equal(
		    ipc_send(s[i], type, sizeof(type), &fd, 1, &e), 0);
	}
	for (i = 0; i < NELEMS(s); i++) {
		assert_int_equal(
		    ipc_recv(s[i], &answer, NULL, &none, 20000, &e), 0);
		assert_int_equal(answer.p[0], WIRE_DONE);
		close(s[i]);
	}
}

struct fifth {
	struct inspector *i;
	struct inspect_turn turn;
};

static void *
take_turn(void *arg)
{
	struct fifth *f = arg;

	inspect_turn_take(f->i, 1000, &f->turn);
	return NULL;
}

static void
one_person_has_so_many_turns_and_others_theirs(void **state)
{
	struct served *v = *state;
	struct inspect_turn turn[INSPECT_PER_UID], other = { 0 };
	struct fifth fifth = { .i = v->inspector };
	struct timespec end;
	pthread_t thread;
	size_t k;

	for (k = 0; k < INSPECT_PER_UID; k++)
		inspect_turn_take(v->inspector, 1000, &turn[k]);
	assert_int_equal(pthread_create(&thread, NULL, take_turn, &fifth), 0);
	inspect_turn_take(v->inspector, 1001, &other);
	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec++;
	assert_int_equal(pthread_timedjoin_np(thread, NULL, &end), ETIMEDOUT);
	/* Another's turn, given back, is not the fifth's. */
	inspect_turn_done(&other);
	inspect_turn_done(&other);
	inspect_turn_done(&turn[2]);
	assert_int_equal(pthread_join(thread, NULL), 0);
	assert_ptr_equal(fifth.turn.of, v->inspector);
	inspect_turn_done(&fifth.turn);
	for (k = 0; k < INSPECT_PER_UID; k++)
		inspect_turn_done(&turn[k]);
}

/* As another account, ask; 0 when the answer came. */
static int
ask_as(struct served *v, uid_t uid)
{
	const uint8_t type[] = { WIRE_VERSION, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1 };
	AUTO(fd_closep) int fd = memfd("x", 1);
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		AUTO(buf_done) struct buf answer = { 0 };
		size_t none = 0;
		struct err e;
		int s = -1;

		_exit(
		    setresuid(uid, uid, uid) == 0 &&
			    ipc_connect(v->socket, SOCK_SEQPACKET, &s, &e) ==
				0 &&
			    ipc_send(s, type, sizeof(type), &fd, 1, &e) == 0 &&
			    ipc_recv(s, &answer, NULL, &none, 20000, &e) == 0
			? 0
			: 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
the_program_leaves_root_behind(void **state)
{
	const uid_t uid = 65534;
	struct served v;
	char path[64];
	struct stat st;

	(void)state;
	if (!sandbox_enforced() || getuid() != 0)
		skip();
	served_start_as(&v, program, uid);
	assert_int_equal(stat(v.socket, &st), 0);
	assert_int_equal(st.st_uid, uid);
	assert_still_serves(&v);
	/* Not dumpable, its files in /proc are root's: ask the kernel. */
	snprintf(path, sizeof(path), "/proc/%d/status", (int)v.pid);
	assert_int_equal(access(path, R_OK), 0);
	{
		AUTO(buf_done) struct buf text = { 0 };
		struct err e;

		assert_int_equal(
		    file_read(AT_FDCWD, path, 65536, &text, &e), 0);
		assert_non_null(
		    strstr(buf_str(&text), "Uid:\t65534\t65534\t65534\t65534"));
		assert_non_null(strstr(buf_str(&text), "NoNewPrivs:\t1"));
		assert_non_null(strstr(buf_str(&text), "Seccomp:\t2"));
	}
	assert_int_equal(ask_as(&v, 0), 0);
	assert_int_not_equal(ask_as(&v, 65533), 0);
	assert_int_not_equal(ask_as(&v, uid), 0);
	assert_int_equal(served_stop(&v), 0);
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest in_test_build[] = {
		cmocka_unit_test(
		    a_taken_over_worker_dies_at_its_first_forbidden_act),
		cmocka_unit_test(
		    a_worker_that_crashes_or_eats_memory_is_only_itself),
		cmocka_unit_test(an_answer_that_is_too_long_is_none),
		cmocka_unit_test(a_worker_cannot_answer_for_another),
		cmocka_unit_test(a_worker_that_never_ends_is_ended),
	};
	const struct CMUnitTest real[] = {
		cmocka_unit_test(the_real_program_has_no_hidden_operation),
		cmocka_unit_test(requests_that_make_no_sense_are_told_so),
		cmocka_unit_test(an_unsealed_memfd_is_not_looked_at),
		cmocka_unit_test(the_client_seals_what_it_sends),
		cmocka_unit_test(
		    hostile_files_take_bounded_time_and_never_pass),
		cmocka_unit_test(an_empty_file_is_not_agreed),
		cmocka_unit_test(rubbish_as_signature_fails_and_does_not_crash),
		cmocka_unit_test(signatures_over_a_mebibyte_are_not_sent),
		cmocka_unit_test(a_restarted_service_is_found_again),
		cmocka_unit_test(a_service_that_is_not_there_is_unavailable),
		cmocka_unit_test(a_service_of_another_account_is_not_believed),
		cmocka_unit_test(the_program_leaves_root_behind),
		cmocka_unit_test(many_connections_are_served_side_by_side),
		cmocka_unit_test(
		    one_person_has_so_many_turns_and_others_theirs),
	};
	int failed;

	if (argc != 3)
		return 2;
	program = argv[1];
	test_program = argv[2];
	failed = cmocka_run_group_tests(in_test_build, serve, stop);
	return failed + cmocka_run_group_tests(real, serve_real, stop);
}
