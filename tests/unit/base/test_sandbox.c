#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/futex.h>
#include <linux/landlock.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/sandbox.h"

#define STRANGER 61234	/* a uid that nobody has */
#define KILLED 1000	/* by the filter */
#define SETUP_FAILED 99 /* exit status of a child that could not begin */

/* Each tries one thing and returns 0 or the errno it was refused with. */

static int
result(long r)
{
	return r < 0 ? errno : 0;
}

static int
try_open(void)
{
	return result(open("/dev/null", O_RDONLY | O_CLOEXEC));
}

static int
try_stat(void)
{
	struct stat st;

	return result(stat("/dev/null", &st));
}

static int
try_statx(void)
{
	struct statx st;

	return result(statx(AT_FDCWD, "/", 0, STATX_TYPE, &st));
}

static int
try_fstat(void)
{
	struct stat st;

	return result(fstat(1, &st));
}

static int
try_fstat_of_a_path(void)
{
	struct stat st;

	return result(
	    syscall(SYS_newfstatat, AT_FDCWD, "/", &st, AT_EMPTY_PATH));
}

static int
try_internet_socket(void)
{
	return result(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
try_internet6_socket(void)
{
	return result(socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0));
}

static int
try_netlink_socket(void)
{
	return result(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int
try_unix_socket(void)
{
	return result(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
try_unix_pair(void)
{
	int p[2];

	return result(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, p));
}

static int
try_connect(void)
{
	struct sockaddr_un sa = { .sun_family = AF_UNIX,
		.sun_path = "/no/such/socket" };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	return result(connect(fd, (struct sockaddr *)&sa, sizeof(sa)));
}

static int
try_sendmsg(void)
{
	struct msghdr m = { 0 };

	return result(sendmsg(1, &m, 0));
}

static int
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return result(waitpid(pid, NULL, 0));
}

static void *
nothing(void *p)
{
	return p;
}

static int
try_thread(void)
{
	pthread_t t;
	int r = pthread_create(&t, NULL, nothing, NULL);

	return r != 0 ? r : pthread_join(t, NULL);
}

static int
try_exec(void)
{
	char *argv[] = { (char[]){ "/bin/true" }, NULL };

	execv(argv[0], argv);
	return errno;
}

static int
try_execveat(void)
{
	return result(
	    syscall(SYS_execveat, AT_FDCWD, "/bin/true", NULL, NULL, 0));
}

static int
try_ptrace(void)
{
	return result(ptrace(PTRACE_TRACEME, 0, NULL, NULL));
}

static int
try_read_other(void)
{
	return result(
	    syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0));
}

static int
try_unshare(void)
{
	return result(unshare(CLONE_NEWUSER));
}

static int
try_user_namespace(void)
{
	long r = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (r == 0)
		_exit(0);
	return result(r);
}

static int
try_net_namespace(void)
{
	long r = syscall(
	    SYS_clone, CLONE_NEWNET | CLONE_NEWPID | SIGCHLD, 0, 0, 0, 0);

	if (r == 0)
		_exit(0);
	return result(r);
}

static int
try_clone3(void)
{
	return result(syscall(SYS_clone3, NULL, 0));
}

static int
try_mount(void)
{
	return result(syscall(SYS_mount, "none", "/", "tmpfs", 0, NULL));
}

static int
try_chroot(void)
{
	return result(chroot("/"));
}

static int
try_module(void)
{
	return result(syscall(SYS_finit_module, -1, "", 0));
}

static int
try_bpf(void)
{
	return result(syscall(SYS_bpf, 0, NULL, 0));
}

static int
try_io_uring(void)
{
	return result(syscall(SYS_io_uring_setup, 0, NULL));
}

static int
try_keyring(void)
{
	return result(syscall(SYS_keyctl, 0, 0, 0));
}

static int
try_handle(void)
{
	return result(syscall(SYS_open_by_handle_at, -1, NULL, 0));
}

static int
try_userfault(void)
{
	return result(syscall(SYS_userfaultfd, 0));
}

static int
map(int prot, int flags, int fd)
{
	return mmap(NULL, 4096, prot, MAP_PRIVATE | flags, fd, 0) == MAP_FAILED
		   ? errno
		   : 0;
}

static int
try_memory(void)
{
	char *volatile p = malloc(100), *volatile q = malloc(10u << 20);

	if (p == NULL || q == NULL)
		return ENOMEM;
	p = realloc(p, 1000);
	q = realloc(q, 20u << 20);
	memset(q, 1, 20u << 20);
	free(p);
	free(q);
	return map(PROT_READ | PROT_WRITE, MAP_ANONYMOUS, -1);
}

static int
try_code(void)
{
	return map(PROT_READ | PROT_EXEC, MAP_ANONYMOUS, -1);
}

static int
try_map_file(void)
{
	return map(PROT_READ, 0, 0);
}

static int
try_mprotect(void)
{
	return result(syscall(SYS_mprotect, 0, 4096, PROT_EXEC | PROT_READ));
}

static int
try_signal_parent(void)
{
	return result(kill(getppid(), 0));
}

static int
try_thread_signal(void)
{
	return result(syscall(SYS_tgkill, getppid(), getppid(), 0));
}

static int
try_dup(void)
{
	return result(dup(1));
}

static int
try_prctl(void)
{
	return result(prctl(PR_SET_DUMPABLE, 1));
}

static int
descending(const void *a, const void *b)
{
	return *(const int *)b - *(const int *)a;
}

static int
try_work(void)
{
	struct timespec t;
	static int many[5000];
	char c = 'x';
	int i;

	for (i = 0; i < 5000; i++)
		many[i] = i;
	qsort(many, 5000, sizeof(*many), descending);
	if (many[0] != 4999 || clock_gettime(CLOCK_MONOTONIC, &t) < 0 ||
	    syscall(SYS_clock_gettime, CLOCK_REALTIME, &t) < 0 ||
	    getrandom(&i, sizeof(i), 0) != (ssize_t)sizeof(i) ||
	    syscall(SYS_futex, &i, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0) < 0)
		return EINVAL;
	/* Descriptor 1 is a pipe's end. */
	return getpid() > 0 && write(1, &c, 1) == 1 ? 0 : EINVAL;
}

/* Descriptor 0 is a sealed file of one byte. */
static int
try_read(void)
{
	char c;

	return result(read(0, &c, 1));
}

static int
try_pread(void)
{
	char c;

	return result(pread(0, &c, 1, 0));
}

static int
try_seek(void)
{
	return result(lseek(0, 0, SEEK_SET));
}

static int
try_close(void)
{
	return result(close(0));
}

static int
try_mask(void)
{
	return result(sigprocmask(SIG_SETMASK, NULL, NULL));
}

#ifdef __x86_64__
/* getpid under the number of the x32 interface. */
static int
try_other_abi(void)
{
	return result(syscall(0x40000000 | SYS_getpid));
}
#endif

static const struct attempt {
	int (*go)(void);
	const char *name;
	int daemon, agent, parser; /* 0, an errno, or KILLED */
} attempts[] = {
	{ try_work, "work", 0, 0, 0 },
	{ try_memory, "memory", 0, 0, 0 },
	{ try_read, "read", 0, 0, KILLED },
	{ try_pread, "pread", 0, 0, KILLED },
	{ try_seek, "lseek", 0, 0, KILLED },
	{ try_close, "close", 0, 0, KILLED },
	{ try_mask, "sigprocmask", 0, 0, KILLED },
	{ try_fstat, "fstat", 0, 0, KILLED },
	{ try_fstat_of_a_path, "fstat of a path", 0, 0, KILLED },
	{ try_open, "open", 0, 0, KILLED },
	{ try_stat, "stat", 0, 0, KILLED },
	{ try_statx, "statx", 0, 0, KILLED },
	{ try_unix_socket, "unix socket", 0, 0, KILLED },
	{ try_unix_pair, "unix pair", 0, 0, KILLED },
	{ try_connect, "connect", ENOENT, EACCES, KILLED },
	{ try_internet_socket, "internet", EACCES, EACCES, KILLED },
	{ try_internet6_socket, "internet6", EACCES, EACCES, KILLED },
	{ try_netlink_socket, "netlink", EACCES, EACCES, KILLED },
	{ try_sendmsg, "sendmsg", ENOTSOCK, ENOTSOCK, KILLED },
	{ try_fork, "fork", 0, 0, KILLED },
	{ try_thread, "thread", 0, 0, KILLED },
	{ try_exec, "exec", KILLED, KILLED, KILLED },
	{ try_execveat, "execveat", KILLED, KILLED, KILLED },
	{ try_ptrace, "ptrace", KILLED, KILLED, KILLED },
	{ try_read_other, "process_vm_readv", KILLED, KILLED, KILLED },
	{ try_unshare, "unshare", KILLED, KILLED, KILLED },
	{ try_user_namespace, "user namespace", EPERM, EPERM, KILLED },
	{ try_net_namespace, "net namespace", EPERM, EPERM, KILLED },
	{ try_clone3, "clone3", ENOSYS, ENOSYS, KILLED },
	{ try_mount, "mount", KILLED, KILLED, KILLED },
	{ try_chroot, "chroot", KILLED, KILLED, KILLED },
	{ try_module, "module", KILLED, KILLED, KILLED },
	{ try_bpf, "bpf", KILLED, KILLED, KILLED },
	{ try_userfault, "userfaultfd", KILLED, KILLED, KILLED },
	{ try_handle, "open_by_handle_at", KILLED, KILLED, KILLED },
	{ try_io_uring, "io_uring", EPERM, EPERM, KILLED },
	{ try_keyring, "keyctl", EPERM, EPERM, KILLED },
	{ try_code, "code", 0, 0, KILLED },
	{ try_map_file, "map file", 0, 0, KILLED },
	{ try_mprotect, "mprotect", -1, -1, KILLED },
	{ try_signal_parent, "kill", 0, 0, KILLED },
	{ try_thread_signal, "tgkill", 0, 0, KILLED },
	{ try_dup, "dup", 0, 0, KILLED },
	{ try_prctl, "prctl", 0, 0, KILLED },
#ifdef __x86_64__
	{ try_other_abi, "another ABI", KILLED, KILLED, KILLED },
#endif
};

/* The profile, taken on at once or in two steps. */
static int
take_on(enum sandbox_profile p, int in_steps)
{
	AUTO(sandbox_filter_freep) struct sandbox_filter *f = NULL;

	if (!in_steps)
		return sandbox_syscalls(p, NULL);
	if (sandbox_filter_new(p, &f, NULL) < 0)
		return -1;
	return sandbox_filter_apply(f, NULL);
}

/* In a child under the profile; only a file and a pipe are open. */
static int
outcome_of(enum sandbox_profile p, int (*go)(void), int in_steps)
{
	int status, pair[2], file = -1;
	pid_t pid;

	assert_int_equal(memfd_of("t", "x", 1, &file, NULL), 0);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	if ((pid = fork()) == 0) {
		if (dup2(file, 0) < 0 || dup2(pair[1], 1) < 0 ||
		    take_on(p, in_steps) < 0)
			_exit(SETUP_FAILED);
		_exit(go());
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(file);
	close(pair[0]);
	close(pair[1]);
	if (WIFSIGNALED(status))
		return WTERMSIG(status) == SIGSYS ? KILLED
						  : KILLED + WTERMSIG(status);
	assert_int_not_equal(WEXITSTATUS(status), SETUP_FAILED);
	return WEXITSTATUS(status);
}

static int
outcome(enum sandbox_profile p, int (*go)(void))
{
	int one = outcome_of(p, go, 0), two = outcome_of(p, go, 1);

	assert_int_equal(one, two);
	return one;
}

static void
check_profile(enum sandbox_profile p, size_t column)
{
	size_t i;
	int want, got;

	if (!sandbox_enforced())
		skip();
	for (i = 0; i < NELEMS(attempts); i++) {
		want = *(const int *)((const char *)&attempts[i] + column);
		if (want < 0)
			continue;
		got = outcome(p, attempts[i].go);
		if (got != want)
			fail_msg("%s: %d, not %d", attempts[i].name, got, want);
	}
}

static void
a_daemon_may_not_do_what_an_intruder_would(void **state)
{
	(void)state;
	check_profile(SANDBOX_DAEMON, offsetof(struct attempt, daemon));
}

static void
the_agent_may_not_connect_either(void **state)
{
	(void)state;
	check_profile(SANDBOX_AGENT, offsetof(struct attempt, agent));
}

static void
a_parser_may_only_compute_answer_and_exit(void **state)
{
	(void)state;
	check_profile(SANDBOX_PARSER, offsetof(struct attempt, parser));
}

static int
do_abort(void)
{
	abort();
}

static void
a_parser_that_aborts_dies_before_it_can_signal(void **state)
{
	(void)state;
	if (!sandbox_enforced())
		skip();
	assert_int_equal(outcome(SANDBOX_PARSER, do_abort), KILLED);
}

static int gate[2];

static void *
open_late(void *p)
{
	char c;

	(void)p;
	(void)!read(gate[0], &c, 1);
	try_open();
	_exit(0);
}

static void
the_filter_reaches_threads_that_run_already(void **state)
{
	int status;
	pid_t pid;

	(void)state;
	if (!sandbox_enforced())
		skip();
	if ((pid = fork()) == 0) {
		pthread_t t;

		if (pipe(gate) < 0 ||
		    pthread_create(&t, NULL, open_late, NULL) != 0 ||
		    sandbox_syscalls(SANDBOX_PARSER, NULL) < 0 ||
		    write(gate[1], "x", 1) != 1)
			_exit(SETUP_FAILED);
		for (;;)
			(void)!write(gate[1], "x", 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}

/* Run f in a child; its result. */
static int
in_child(int (*f)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(f());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static int
become_and_try_back(void)
{
	gid_t groups[2] = { 0, 4 };

	if (setgroups(2, groups) < 0)
		return SETUP_FAILED;
	if (sandbox_become(STRANGER, STRANGER, NULL) != 0)
		return 1;
	if (getuid() != STRANGER || geteuid() != STRANGER ||
	    getgid() != STRANGER || getegid() != STRANGER)
		return 2;
	if (getgroups(0, NULL) != 0)
		return 3;
	if (setuid(0) == 0 || seteuid(0) == 0 || setgid(0) == 0)
		return 4;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 5;
}

static void
rights_given_up_do_not_come_back(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(become_and_try_back), 0);
}

static int
become_half_way(void)
{
	/* Effective only: the saved uid could still return. */
	if (seteuid(STRANGER) < 0)
		return SETUP_FAILED;
	if (sandbox_become(STRANGER, STRANGER, NULL) == 0)
		return seteuid(0) == 0 ? 1 : 0;
	return 0;
}

static void
a_half_given_identity_is_not_taken_for_whole(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(in_child(become_half_way), 0);
}

static int
become_another_unprivileged(void)
{
	struct err e;

	if (geteuid() == 0 && sandbox_become(STRANGER, STRANGER, NULL) != 0)
		return SETUP_FAILED;
	return -sandbox_become(geteuid() + 1, getegid() + 1, &e);
}

static void
who_has_no_right_to_change_is_denied(void **state)
{
	(void)state;
	assert_int_equal(in_child(become_another_unprivileged), ERR_DENIED);
}

static int
become_self(void)
{
	if (sandbox_become(geteuid(), getegid(), NULL) != 0)
		return 1;
	return prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1 ? 0 : 2;
}

static void
who_is_it_already_only_loses_new_privileges(void **state)
{
	(void)state;
	assert_int_equal(in_child(become_self), 0);
}

static int
become_nobody(void)
{
	return -sandbox_become((uid_t)-1, 0, NULL);
}

static void
no_uid_is_no_identity(void **state)
{
	(void)state;
	assert_int_equal(in_child(become_nobody), ERR_INVALID);
}

static char box[64]; /* the folder of a test; children inherit the name */

static int
in_box(const char *name, int flags)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", box, name);
	return open(path, flags | O_CLOEXEC, 0600);
}

static int
rename_in_box(const char *from, const char *to)
{
	char a[128], b[128];

	snprintf(a, sizeof(a), "%s/%s", box, from);
	snprintf(b, sizeof(b), "%s/%s", box, to);
	return rename(a, b);
}

static int
stay_in_paths(void)
{
	char r[128], w[128], f[128];
	struct sandbox_path paths[] = { { r, 0 }, { w, 1 }, { f, 0 } };
	int got = -1;

	snprintf(r, sizeof(r), "%s/r", box);
	snprintf(w, sizeof(w), "%s/w", box);
	snprintf(f, sizeof(f), "%s/file", box);
	if (sandbox_paths(paths, NELEMS(paths), &got, NULL) != 0)
		return 1;
	if (got == 0)
		return 77;
	if (in_box("r/a", O_RDONLY) < 0 || in_box("file", O_RDONLY) < 0)
		return 2;
	if (in_box("r/a", O_WRONLY) >= 0 || in_box("r/b", O_CREAT) >= 0 ||
	    in_box("file", O_WRONLY) >= 0 || in_box("r/a", O_TRUNC) >= 0)
		return 3;
	if (in_box("w/a", O_RDWR | O_CREAT | O_TRUNC) < 0 ||
	    mkdirat(in_box("w", O_RDONLY), "d", 0700) < 0 ||
	    rename_in_box("w/a", "w/d/a") < 0 ||
	    file_write(in_box("w", O_RDONLY), "x", "x", 1, 0600, NULL) != 0)
		return 4;
	if (in_box("other", O_RDONLY) >= 0 || in_box("new", O_CREAT) >= 0 ||
	    open("/etc/passwd", O_RDONLY) >= 0 ||
	    rename_in_box("w/d/a", "r/a") == 0)
		return 5;
	return 0;
}

static int
landlock_is_there(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0,
		   LANDLOCK_CREATE_RULESET_VERSION) >= 2;
}

static int
set_up_box(void **state)
{
	static const char *const files[] = { "r/a", "file", "other" };
	AUTO(fd_closep) int fd = -1;
	size_t i;

	(void)state;
	snprintf(box, sizeof(box), "/tmp/sceau-box-XXXXXX");
	if (mkdtemp(box) == NULL ||
	    (fd = open(box, O_RDONLY | O_CLOEXEC)) < 0 ||
	    dir_make(fd, "r", 0700, NULL) < 0 ||
	    dir_make(fd, "w", 0700, NULL) < 0)
		return -1;
	for (i = 0; i < NELEMS(files); i++)
		if (file_write(fd, files[i], "x", 1, 0600, NULL) < 0)
			return -1;
	return 0;
}

static int
remove_tree(const char *path)
{
	char cmd[200];
	char *argv[] = { (char[]){ "rm" }, (char[]){ "-rf" }, cmd, NULL };
	int status;
	pid_t pid;

	snprintf(cmd, sizeof(cmd), "%s", path);
	if ((pid = fork()) == 0) {
		execvp(argv[0], argv);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid && status == 0 ? 0 : -1;
}

static int
clear_box(void **state)
{
	(void)state;
	return remove_tree(box);
}

static void
files_outside_the_paths_are_out_of_reach(void **state)
{
	int r;

	(void)state;
	r = in_child(stay_in_paths);
	if (!landlock_is_there()) {
		assert_int_equal(r, 77);
		skip();
	}
	assert_int_equal(r, 0);
}

static int
name_a_missing_path(void)
{
	struct sandbox_path p = { "/no/such/folder", 0 };
	int got = -1;
	int r = sandbox_paths(&p, 1, &got, NULL);

	return r == 0 ? got : -r;
}

static void
a_path_that_is_missing_is_an_error(void **state)
{
	(void)state;
	if (!landlock_is_there())
		skip();
	assert_int_equal(in_child(name_a_missing_path), ERR_NOT_FOUND);
}

static int
live_within_limits(void)
{
	void *volatile p;
	struct rlimit l;

	if (sandbox_limits(5, 256u << 20, 8, NULL) != 0)
		return 1;
	if (getrlimit(RLIMIT_CPU, &l) < 0 || l.rlim_max != 5)
		return 2;
	if (getrlimit(RLIMIT_NOFILE, &l) < 0 || l.rlim_max != 8)
		return 3;
	if (sandbox_enforced() && (p = malloc(512u << 20)) != NULL)
		return 4;
	/* A limit never rises, and 0 leaves it as it is. */
	if (sandbox_limits(100, 0, 0, NULL) != 0 ||
	    getrlimit(RLIMIT_CPU, &l) < 0 || l.rlim_max != 5)
		return 5;
	return 0;
}

static void
limits_only_go_down(void **state)
{
	(void)state;
	assert_int_equal(in_child(live_within_limits), 0);
}

/* A table of swaps, and devices under box/sys, as /proc and /sys show. */
static void
make_file(const char *rel, const char *text)
{
	char path[256], *slash;

	snprintf(path, sizeof(path), "%s/%s", box, rel);
	for (slash = strchr(path + strlen(box) + 1, '/'); slash != NULL;
	     slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		assert_int_equal(dir_make(AT_FDCWD, path, 0700, NULL), 0);
		*slash = '/';
	}
	assert_int_equal(
	    file_write(AT_FDCWD, path, text, strlen(text), 0600, NULL), 0);
}

static int
check_swap(const char *lines, struct err *e)
{
	char text[1024], swaps[128], sys[128];

	snprintf(text, sizeof(text),
	    "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n%s", lines);
	make_file("swaps", text);
	snprintf(swaps, sizeof(swaps), "%s/swaps", box);
	snprintf(sys, sizeof(sys), "%s/sys", box);
	return sandbox_check_swap_in(swaps, sys, e);
}

static int
check_device(const char *name, const char *kind, struct err *e)
{
	char line[256];

	make_file(name, "");
	snprintf(
	    line, sizeof(line), "%s/%s %s\t1048572\t0\t-2\n", box, name, kind);
	return check_swap(line, e);
}

static void
swap_is_fine_when_absent_encrypted_or_in_memory(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(check_swap("", &e), 0);
	make_file("sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-0011-swap\n");
	assert_int_equal(check_device("dm-0", "partition", &e), 0);
	make_file("sys/class/block/zram0/backing_dev", "none\n");
	assert_int_equal(check_device("zram0", "partition", &e), 0);
	/* A logical volume on an encrypted disk. */
	make_file("sys/class/block/dm-1/dm/uuid", "LVM-abcd\n");
	make_file("sys/class/block/dm-1/slaves/dm-0", "");
	assert_int_equal(check_device("dm-1", "partition", &e), 0);
}

static void
swap_on_anything_else_is_refused_by_name(void **state)
{
	struct err e;

	(void)state;
	make_file("sys/class/block/sda2/size", "1\n");
	assert_int_equal(check_device("sda2", "partition", &e), -ERR_DENIED);
	assert_non_null(strstr(e.text, "sda2"));
	/* A file, even if it borrows the name of a good device. */
	make_file("sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-0011-swap\n");
	assert_int_equal(check_device("dm-0", "file", &e), -ERR_DENIED);
	make_file("sys/class/block/zram0/backing_dev", "/dev/sda3\n");
	assert_int_equal(check_device("zram0", "partition", &e), -ERR_DENIED);
	/* A volume of which one half is in clear. */
	make_file("sys/class/block/dm-1/dm/uuid", "LVM-abcd\n");
	make_file("sys/class/block/dm-1/slaves/dm-0", "");
	make_file("sys/class/block/dm-1/slaves/sda2", "");
	assert_int_equal(check_device("dm-1", "partition", &e), -ERR_DENIED);
	/* One that lies on itself ends as well. */
	make_file("sys/class/block/dm-2/dm/uuid", "LVM-abcd\n");
	make_file("sys/class/block/dm-2/slaves/dm-2", "");
	assert_int_equal(check_device("dm-2", "partition", &e), -ERR_DENIED);
	assert_int_equal(
	    check_swap("/no/device partition 1 0 -2\n", &e), -ERR_DENIED);
	assert_int_equal(check_swap("/dev/null\n", &e), -ERR_DENIED);
}

static void
the_second_swap_counts_like_the_first(void **state)
{
	char lines[512];
	struct err e;

	(void)state;
	make_file("sys/class/block/dm-0/dm/uuid", "CRYPT-LUKS2-0011-swap\n");
	make_file("dm-0", "");
	snprintf(lines, sizeof(lines),
	    "%s/dm-0 partition 1 0 -2\n/swapfile file 1 0 -3\n", box);
	assert_int_equal(check_swap(lines, &e), -ERR_DENIED);
	assert_non_null(strstr(e.text, "/swapfile"));
}

static void
swap_that_cannot_be_told_is_refused(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(
	    sandbox_check_swap_in("/no/swaps", "/sys", &e), -ERR_DENIED);
}

#define T(f) cmocka_unit_test(f)
#define B(f) cmocka_unit_test_setup_teardown(f, set_up_box, clear_box)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_daemon_may_not_do_what_an_intruder_would),
		T(the_agent_may_not_connect_either),
		T(a_parser_may_only_compute_answer_and_exit),
		T(a_parser_that_aborts_dies_before_it_can_signal),
		T(the_filter_reaches_threads_that_run_already),
		T(rights_given_up_do_not_come_back),
		T(a_half_given_identity_is_not_taken_for_whole),
		T(who_has_no_right_to_change_is_denied),
		T(who_is_it_already_only_loses_new_privileges),
		T(no_uid_is_no_identity),
		B(files_outside_the_paths_are_out_of_reach),
		T(a_path_that_is_missing_is_an_error),
		T(limits_only_go_down),
		B(swap_is_fine_when_absent_encrypted_or_in_memory),
		B(swap_on_anything_else_is_refused_by_name),
		B(the_second_swap_counts_like_the_first),
		B(swap_that_cannot_be_told_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
