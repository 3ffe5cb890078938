#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/ipc.h"

/* A folder with one socket path in it, and a connected pair. */
struct fixture {
	char dir[64], path[96];
	int pair[2];
	struct buf b;
	struct err e;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/sceau-ipc-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/sock", f->dir);
	*state = f;
	return socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, f->pair);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	fd_closep(&f->pair[0]);
	fd_closep(&f->pair[1]);
	buf_done(&f->b);
	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static int
count_fds(void)
{
	int i, n = 0;

	for (i = 0; i < 256; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

static void
a_message_keeps_its_border(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ipc_send(f->pair[0], "one", 3, NULL, 0, &f->e), 0);
	assert_int_equal(ipc_send(f->pair[0], "two!", 4, NULL, 0, &f->e), 0);
	assert_int_equal(
	    ipc_recv(f->pair[1], &f->b, NULL, NULL, 1000, &f->e), 0);
	assert_string_equal(buf_str(&f->b), "one");
	assert_int_equal(ipc_recv(f->pair[1], &f->b, NULL, NULL, -1, &f->e), 0);
	assert_string_equal(buf_str(&f->b), "two!");
}

static void
the_largest_message_passes_and_one_byte_more_is_refused(void **state)
{
	AUTO(buf_done) struct buf big = { 0 };
	struct fixture *f = *state;

	assert_int_equal(buf_reserve(&big, IPC_MAX + 1, NULL), 0);
	memset(big.p, 'x', IPC_MAX + 1);
	assert_int_equal(
	    ipc_send(f->pair[0], big.p, IPC_MAX, NULL, 0, &f->e), 0);
	assert_int_equal(
	    ipc_recv(f->pair[1], &f->b, NULL, NULL, 1000, &f->e), 0);
	assert_int_equal(f->b.len, IPC_MAX);
	assert_memory_equal(f->b.p, big.p, IPC_MAX);
	assert_int_equal(
	    ipc_send(f->pair[0], big.p, IPC_MAX + 1, NULL, 0, &f->e),
	    -ERR_TOO_LARGE);
	/* A peer that does not keep to it: the cut is noticed. */
	assert_int_equal(send(f->pair[0], big.p, IPC_MAX + 1, 0), IPC_MAX + 1);
	assert_int_equal(ipc_recv(f->pair[1], &f->b, NULL, NULL, 1000, &f->e),
	    -ERR_TOO_LARGE);
	assert_int_equal(f->b.len, 0);
}

/* Wiping it costs as much as it is large, whoever sends a few bytes. */
static void
a_short_message_makes_a_small_buffer(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf b = { 0 };

	assert_int_equal(ipc_send(f->pair[0], "one", 3, NULL, 0, &f->e), 0);
	assert_int_equal(ipc_recv(f->pair[1], &b, NULL, NULL, 1000, &f->e), 0);
	assert_string_equal(buf_str(&b), "one");
	assert_true(b.cap < IPC_MAX / 16);
}

static void
an_empty_message_is_refused(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    ipc_send(f->pair[0], "", 0, NULL, 0, &f->e), -ERR_INVALID);
}

static void
descriptors_arrive_and_are_close_on_exec(void **state)
{
	AUTO(fd_closep) int a = -1, b = -1;
	struct fixture *f = *state;
	int send[2], got[IPC_FDS_MAX];
	size_t n = IPC_FDS_MAX;
	char text[2];

	assert_int_equal(memfd_of("a", "A", 1, &a, &f->e), 0);
	assert_int_equal(memfd_of("b", "B", 1, &b, &f->e), 0);
	send[0] = a;
	send[1] = b;
	assert_int_equal(ipc_send(f->pair[0], "x", 1, send, 2, &f->e), 0);
	assert_int_equal(ipc_recv(f->pair[1], &f->b, got, &n, 1000, &f->e), 0);
	assert_int_equal(n, 2);
	assert_int_equal(fd_pread_all(got[0], text, 1, 0, &f->e), 0);
	assert_int_equal(fd_pread_all(got[1], text + 1, 1, 0, &f->e), 0);
	assert_memory_equal(text, "AB", 2);
	assert_true(fcntl(got[0], F_GETFD) & FD_CLOEXEC);
	assert_true(fcntl(got[1], F_GETFD) & FD_CLOEXEC);
	close(got[0]);
	close(got[1]);
}

/* Send so many descriptors past our own limit, as a hostile peer would. */
static void
send_many(int fd, int what, size_t many)
{
	union {
		struct cmsghdr align;
		char room[CMSG_SPACE(sizeof(int) * 16)];
	} c = { 0 };
	struct iovec iov = { .iov_base = (char[]){ "x" }, .iov_len = 1 };
	struct msghdr m = { .msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = c.room,
		.msg_controllen = CMSG_SPACE(sizeof(int) * many) };
	struct cmsghdr *h = CMSG_FIRSTHDR(&m);
	size_t i;

	h->cmsg_level = SOL_SOCKET;
	h->cmsg_type = SCM_RIGHTS;
	h->cmsg_len = CMSG_LEN(sizeof(int) * many);
	for (i = 0; i < many; i++)
		memcpy(CMSG_DATA(h) + i * sizeof(int), &what, sizeof(int));
	assert_int_equal(sendmsg(fd, &m, 0), 1);
}

static void
descriptors_not_asked_for_are_closed_and_refused(void **state)
{
	struct fixture *f = *state;
	int got[IPC_FDS_MAX] = { -1, -1, -1, -1 }, before = count_fds();
	size_t many, n;

	for (many = 1; many <= 16; many++) {
		send_many(f->pair[0], f->pair[0], many);
		n = many > IPC_FDS_MAX ? IPC_FDS_MAX : many - 1;
		assert_int_equal(
		    ipc_recv(f->pair[1], &f->b, got, &n, 1000, &f->e),
		    -ERR_INVALID);
		assert_int_equal(f->b.len, 0);
		assert_int_equal(got[0], -1);
		assert_int_equal(count_fds(), before);
	}
	send_many(f->pair[0], f->pair[0], 1);
	assert_int_equal(
	    ipc_recv(f->pair[1], &f->b, NULL, NULL, 1000, &f->e), -ERR_INVALID);
	assert_int_equal(count_fds(), before);
}

static void
too_many_descriptors_are_not_sent(void **state)
{
	struct fixture *f = *state;
	int fds[IPC_FDS_MAX + 1] = { 0 };

	assert_int_equal(
	    ipc_send(f->pair[0], "x", 1, fds, IPC_FDS_MAX + 1, &f->e),
	    -ERR_INVALID);
}

static void
a_message_without_descriptors_gives_none(void **state)
{
	struct fixture *f = *state;
	int got[2];
	size_t n = 2;

	assert_int_equal(ipc_send(f->pair[0], "x", 1, NULL, 0, &f->e), 0);
	assert_int_equal(ipc_recv(f->pair[1], &f->b, got, &n, 1000, &f->e), 0);
	assert_int_equal(n, 0);
}

static void
silence_is_busy_and_the_end_is_unavailable(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(
	    ipc_recv(f->pair[1], &f->b, NULL, NULL, 0, &f->e), -ERR_BUSY);
	assert_int_equal(
	    ipc_recv(f->pair[1], &f->b, NULL, NULL, 20, &f->e), -ERR_BUSY);
	fd_closep(&f->pair[0]);
	assert_int_equal(ipc_recv(f->pair[1], &f->b, NULL, NULL, 1000, &f->e),
	    -ERR_UNAVAILABLE);
	/* And no signal kills the sender. */
	assert_int_equal(
	    ipc_send(f->pair[1], "x", 1, NULL, 0, &f->e), -ERR_UNAVAILABLE);
}

static void
a_peer_is_known_by_its_uid(void **state)
{
	struct fixture *f = *state;
	struct peer p;

	assert_int_equal(ipc_peer(f->pair[0], &p, &f->e), 0);
	assert_int_equal(p.uid, geteuid());
	assert_int_equal(p.gid, getegid());
	assert_int_equal(p.pid, getpid());
	assert_int_equal(ipc_peer(-1, &p, &f->e), -ERR_IO);
}

/* As another identity: connect, and say nothing. */
static int
connect_as(const char *path, uid_t uid)
{
	AUTO(fd_closep) int fd = -1;
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		struct err e;

		if (setresgid(uid, uid, uid) < 0 ||
		    setresuid(uid, uid, uid) < 0)
			_exit(99);
		_exit(-ipc_connect(path, SOCK_SEQPACKET, &fd, &e));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

static void
another_uid_is_seen_as_such_and_a_closed_mode_keeps_it_out(void **state)
{
	AUTO(fd_closep) int fd = -1, c = -1;
	struct fixture *f = *state;
	struct peer p;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(
	    ipc_listen(f->path, SOCK_SEQPACKET, 0666, &fd, &f->e), 0);
	assert_int_equal(connect_as(f->path, 61234), 0);
	assert_int_equal((c = accept(fd, NULL, NULL)) >= 0, 1);
	assert_int_equal(ipc_peer(c, &p, &f->e), 0);
	assert_int_equal(p.uid, 61234);
	assert_int_equal(p.gid, 61234);
	fd_closep(&fd);
	assert_int_equal(
	    ipc_listen(f->path, SOCK_SEQPACKET, 0600, &fd, &f->e), 0);
	assert_int_equal(connect_as(f->path, 61234), -ERR_DENIED);
}

static void
the_mode_of_a_socket_is_the_one_asked_for(void **state)
{
	AUTO(fd_closep) int fd = -1;
	struct fixture *f = *state;
	mode_t old = umask(077);
	struct stat st;

	assert_int_equal(ipc_listen(f->path, SOCK_STREAM, 0660, &fd, &f->e), 0);
	umask(0);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	fd_closep(&fd);
	assert_int_equal(ipc_listen(f->path, SOCK_STREAM, 0600, &fd, &f->e), 0);
	umask(old);
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void
both_kinds_of_socket_connect(void **state)
{
	static const int types[] = { SOCK_SEQPACKET, SOCK_STREAM };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < NELEMS(types); i++) {
		AUTO(fd_closep) int fd = -1, c = -1;
		struct peer p;

		assert_int_equal(
		    ipc_listen(f->path, types[i], 0600, &fd, &f->e), 0);
		assert_int_equal(ipc_connect(f->path, types[i], &c, &f->e), 0);
		assert_int_equal(ipc_peer(c, &p, &f->e), 0);
		assert_int_equal(p.uid, geteuid());
		assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
		assert_true(fcntl(c, F_GETFD) & FD_CLOEXEC);
	}
}

static void
a_left_over_socket_is_replaced(void **state)
{
	AUTO(fd_closep) int fd = -1, again = -1;
	struct fixture *f = *state;

	assert_int_equal(
	    ipc_listen(f->path, SOCK_SEQPACKET, 0600, &fd, &f->e), 0);
	fd_closep(&fd);
	assert_int_equal(access(f->path, F_OK), 0);
	assert_int_equal(
	    ipc_listen(f->path, SOCK_SEQPACKET, 0600, &again, &f->e), 0);
}

static void
a_second_listener_is_a_conflict_and_harms_nobody(void **state)
{
	AUTO(fd_closep) int fd = -1, second = -1, c = -1;
	struct fixture *f = *state;

	assert_int_equal(
	    ipc_listen(f->path, SOCK_SEQPACKET, 0600, &fd, &f->e), 0);
	assert_int_equal(
	    ipc_listen(f->path, SOCK_SEQPACKET, 0600, &second, &f->e),
	    -ERR_CONFLICT);
	/* Also when it speaks another way. */
	assert_int_equal(ipc_listen(f->path, SOCK_STREAM, 0600, &second, &f->e),
	    -ERR_CONFLICT);
	assert_int_equal(second, -1);
	assert_int_equal(ipc_connect(f->path, SOCK_SEQPACKET, &c, &f->e), 0);
}

static void
of_many_that_start_together_one_listens(void **state)
{
	struct fixture *f = *state;
	int go[2], hold[2], i, status, ok = 0, conflicts = 0;
	pid_t pid[8];
	char c;

	assert_int_equal(pipe2(go, O_CLOEXEC), 0);
	assert_int_equal(pipe2(hold, O_CLOEXEC), 0);
	for (i = 0; i < 8; i++) {
		if ((pid[i] = fork()) == 0) {
			int fd = -1, r;

			close(go[1]);
			close(hold[1]);
			(void)!read(go[0], &c, 1);
			r = ipc_listen(
			    f->path, SOCK_SEQPACKET, 0600, &fd, &f->e);
			/* The winner stays until all have tried. */
			if (r == 0)
				(void)!read(hold[0], &c, 1);
			_exit(-r);
		}
	}
	close(go[1]);
	for (i = 0; i < 7; i++) {
		assert_true(waitpid(-1, &status, 0) > 0);
		conflicts += WEXITSTATUS(status) == ERR_CONFLICT;
	}
	close(hold[1]);
	assert_true(waitpid(-1, &status, 0) > 0);
	ok += WIFEXITED(status) && WEXITSTATUS(status) == 0;
	close(go[0]);
	close(hold[0]);
	assert_int_equal(conflicts, 7);
	assert_int_equal(ok, 1);
}

static void
what_is_no_socket_is_a_conflict_and_stays(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(fd_closep) int fd = -1;
	struct fixture *f = *state;

	assert_int_equal(
	    file_write(AT_FDCWD, f->path, "mine", 4, 0600, &f->e), 0);
	assert_int_equal(ipc_listen(f->path, SOCK_SEQPACKET, 0600, &fd, &f->e),
	    -ERR_CONFLICT);
	assert_int_equal(file_read(AT_FDCWD, f->path, 10, &b, &f->e), 0);
	assert_string_equal(buf_str(&b), "mine");
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(symlink("elsewhere", f->path), 0);
	assert_int_equal(ipc_listen(f->path, SOCK_SEQPACKET, 0600, &fd, &f->e),
	    -ERR_CONFLICT);
	assert_int_equal(unlink(f->path), 0);
	assert_int_equal(mkdir(f->path, 0700), 0);
	assert_int_equal(ipc_listen(f->path, SOCK_SEQPACKET, 0600, &fd, &f->e),
	    -ERR_CONFLICT);
	assert_int_equal(rmdir(f->path), 0);
}

static void
nobody_there_is_unavailable(void **state)
{
	AUTO(fd_closep) int fd = -1, c = -1;
	struct fixture *f = *state;

	assert_int_equal(
	    ipc_connect(f->path, SOCK_SEQPACKET, &c, &f->e), -ERR_UNAVAILABLE);
	assert_int_equal(
	    ipc_listen(f->path, SOCK_SEQPACKET, 0600, &fd, &f->e), 0);
	fd_closep(&fd);
	assert_int_equal(
	    ipc_connect(f->path, SOCK_SEQPACKET, &c, &f->e), -ERR_UNAVAILABLE);
	assert_int_equal(c, -1);
}

static void
a_path_has_bounds(void **state)
{
	AUTO(fd_closep) int fd = -1;
	struct fixture *f = *state;
	char path[IPC_PATH_MAX + 2];

	memset(path, 'a', sizeof(path));
	path[IPC_PATH_MAX + 1] = '\0';
	assert_int_equal(
	    ipc_listen(path, SOCK_SEQPACKET, 0600, &fd, &f->e), -ERR_TOO_LARGE);
	assert_int_equal(
	    ipc_connect(path, SOCK_SEQPACKET, &fd, &f->e), -ERR_TOO_LARGE);
	/* Without a path the address would be open to everyone. */
	assert_int_equal(
	    ipc_listen("", SOCK_SEQPACKET, 0600, &fd, &f->e), -ERR_INVALID);
	assert_int_equal(
	    ipc_connect("", SOCK_SEQPACKET, &fd, &f->e), -ERR_INVALID);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_message_keeps_its_border),
		T(the_largest_message_passes_and_one_byte_more_is_refused),
		T(a_short_message_makes_a_small_buffer),
		T(an_empty_message_is_refused),
		T(descriptors_arrive_and_are_close_on_exec),
		T(descriptors_not_asked_for_are_closed_and_refused),
		T(too_many_descriptors_are_not_sent),
		T(a_message_without_descriptors_gives_none),
		T(silence_is_busy_and_the_end_is_unavailable),
		T(a_peer_is_known_by_its_uid),
		T(another_uid_is_seen_as_such_and_a_closed_mode_keeps_it_out),
		T(the_mode_of_a_socket_is_the_one_asked_for),
		T(both_kinds_of_socket_connect),
		T(a_left_over_socket_is_replaced),
		T(a_second_listener_is_a_conflict_and_harms_nobody),
		T(of_many_that_start_together_one_listens),
		T(what_is_no_socket_is_a_conflict_and_stays),
		T(nobody_there_is_unavailable),
		T(a_path_has_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
