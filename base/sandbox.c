#include "base/sandbox.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"

#define SWAPS_MAX 65536			/* bytes of /proc/swaps */
#define SYSFS_MAX 4096			/* bytes of an attribute */
#define BLOCK_NAME_MAX 64		/* bytes of a block device's name */
#define BLOCK_DEPTH_MAX 8		/* devices on top of each other */
#define LANDLOCK_ABI_MIN 2		/* 1 cannot rename between folders */
#define LANDLOCK_TRUNCATE (1ULL << 14)	/* since ABI 3 */
#define LANDLOCK_IOCTL_DEV (1ULL << 15) /* since ABI 5 */

/* Identity. */

static int
no_new_privs(struct err *e)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return err_sys(e, ERR_INTERNAL, "no_new_privs");
	return 0;
}

/* Are real, effective and saved ids all these? */
static int
is_all(uid_t uid, gid_t gid, int with_gid)
{
	uid_t ru, eu, su;
	gid_t rg, eg, sg;

	if (getresuid(&ru, &eu, &su) < 0 || getresgid(&rg, &eg, &sg) < 0)
		return 0;
	if (with_gid && (rg != gid || eg != gid || sg != gid))
		return 0;
	return ru == uid && eu == uid && su == uid;
}

int
sandbox_become(uid_t uid, gid_t gid, struct err *e)
{
	if (uid == (uid_t)-1 || gid == (gid_t)-1)
		return err_set(e, ERR_INVALID, "no such identity");
	if (is_all(uid, gid, 0))
		return no_new_privs(e);
	/* Groups first: afterwards we may not. */
	if (setgroups(0, NULL) < 0 || setresgid(gid, gid, gid) < 0 ||
	    setresuid(uid, uid, uid) < 0)
		return err_sys(e, ERR_DENIED, "become uid %u gid %u",
		    (unsigned)uid, (unsigned)gid);
	if (!is_all(uid, gid, 1) || getgroups(0, NULL) != 0)
		return err_set(
		    e, ERR_DENIED, "uid %u was not taken whole", (unsigned)uid);
	if (uid != 0 && setresuid((uid_t)-1, 0, (uid_t)-1) == 0)
		return err_set(e, ERR_DENIED, "uid 0 could be taken again");
	return no_new_privs(e);
}

/* Files: Landlock. */

#define RIGHTS_FILE_READ LANDLOCK_ACCESS_FS_READ_FILE
#define RIGHTS_READ (RIGHTS_FILE_READ | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_FILE_WRITE (LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_TRUNCATE)
#define RIGHTS_WRITE                                                           \
	(RIGHTS_FILE_WRITE | LANDLOCK_ACCESS_FS_REMOVE_DIR |                   \
	    LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_DIR |     \
	    LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |       \
	    LANDLOCK_ACCESS_FS_REFER)

/* Every right that this ABI knows: what is not granted is then refused. */
static uint64_t
rights_known(long abi)
{
	uint64_t known = (LANDLOCK_ACCESS_FS_REFER << 1) - 1;

	if (abi >= 3)
		known |= LANDLOCK_TRUNCATE;
	if (abi >= 5)
		known |= LANDLOCK_IOCTL_DEV;
	return known;
}

/* A rule on a file may only name the rights that a file has. */
static uint64_t
rights_of(const struct sandbox_path *p, int is_folder)
{
	if (is_folder)
		return RIGHTS_READ | (p->writable ? RIGHTS_WRITE : 0);
	return RIGHTS_FILE_READ | (p->writable ? RIGHTS_FILE_WRITE : 0);
}

static int
allow_path(
    int ruleset, const struct sandbox_path *p, uint64_t known, struct err *e)
{
	struct landlock_path_beneath_attr rule = { 0 };
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	fd = open(p->path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return err_sys(
		    e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s", p->path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_IO, "%s", p->path);
	rule.parent_fd = fd;
	rule.allowed_access = rights_of(p, S_ISDIR(st.st_mode)) & known;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH,
		&rule, 0) < 0)
		return err_sys(e, ERR_INTERNAL, "%s: Landlock", p->path);
	return 0;
}

int
sandbox_paths(
    const struct sandbox_path *paths, size_t n, int *got, struct err *e)
{
	struct landlock_ruleset_attr attr = { 0 };
	AUTO(fd_closep) int ruleset = -1;
	size_t i;
	long abi;
	int r;

	abi = syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi < LANDLOCK_ABI_MIN) {
		*got = 0;
		return 0;
	}
	attr.handled_access_fs = rights_known(abi);
	ruleset =
	    (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return err_sys(e, ERR_INTERNAL, "Landlock");
	for (i = 0; i < n; i++)
		if ((r = allow_path(ruleset, &paths[i], rights_known(abi), e)) <
		    0)
			return r;
	if ((r = no_new_privs(e)) < 0)
		return r;
	if (syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		return err_sys(e, ERR_INTERNAL, "Landlock");
	*got = 1;
	return 0;
}

/* System calls: seccomp. */

#ifdef SCEAU_SECCOMP_LOG
#define ENFORCED 0
#else
#define ENFORCED 1
#endif

int
sandbox_enforced(void)
{
	return ENFORCED;
}

/* A call that the profile has a word to say on; no conditions: always. */
struct rule {
	uint32_t action;
	const char *call;
	unsigned nargs;
	struct scmp_arg_cmp arg[2];
};

#define KILL SCMP_ACT_KILL_PROCESS
#define ALLOW SCMP_ACT_ALLOW
#define SAY(sys) SCMP_ACT_ERRNO(sys)
/* Argument n, within these bits, has this value. */
#define BITS(n, mask, value)                                                   \
	{                                                                      \
		.arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask),       \
		.datum_b = (value)                                             \
	}
#define ONE(op_, n, value)                                                     \
	{                                                                      \
		.arg = (n), .op = (op_), .datum_a = (value)                    \
	}

/*
 * What a program of ours never does. Killed where only an intruder would
 * try; refused where a library may, and then does without.
 */
static const struct rule rules_daemon[] = {
	{ KILL, "execve" },
	{ KILL, "execveat" },
	{ KILL, "ptrace" },
	{ KILL, "process_vm_readv" },
	{ KILL, "process_vm_writev" },
	{ KILL, "process_madvise" },
	{ KILL, "pidfd_getfd" },
	{ KILL, "kcmp" },
	{ KILL, "mount" },
	{ KILL, "umount2" },
	{ KILL, "move_mount" },
	{ KILL, "open_tree" },
	{ KILL, "fsopen" },
	{ KILL, "fspick" },
	{ KILL, "fsconfig" },
	{ KILL, "fsmount" },
	{ KILL, "mount_setattr" },
	{ KILL, "pivot_root" },
	{ KILL, "chroot" },
	{ KILL, "setns" },
	{ KILL, "unshare" },
	{ KILL, "init_module" },
	{ KILL, "finit_module" },
	{ KILL, "delete_module" },
	{ KILL, "kexec_load" },
	{ KILL, "kexec_file_load" },
	{ KILL, "bpf" },
	{ KILL, "perf_event_open" },
	{ KILL, "userfaultfd" },
	{ KILL, "open_by_handle_at" },
	{ KILL, "swapon" },
	{ KILL, "swapoff" },
	{ KILL, "reboot" },
	{ KILL, "acct" },
	{ KILL, "quotactl" },
	{ KILL, "settimeofday" },
	{ KILL, "clock_settime" },
	{ KILL, "sethostname" },
	{ KILL, "setdomainname" },
	{ KILL, "iopl" },
	{ KILL, "ioperm" },
	{ SAY(EPERM), "add_key" },
	{ SAY(EPERM), "request_key" },
	{ SAY(EPERM), "keyctl" },
	{ SAY(EPERM), "io_uring_setup" },
	{ SAY(EPERM), "io_uring_enter" },
	{ SAY(EPERM), "io_uring_register" },
	{ SAY(EACCES), "socket", 1, { ONE(SCMP_CMP_NE, 0, AF_UNIX) } },
	{ SAY(EACCES), "socketpair", 1, { ONE(SCMP_CMP_NE, 0, AF_UNIX) } },
	/* Threads are fine, namespaces are not; clone3 hides its flags. */
	{ SAY(ENOSYS), "clone3" },
	{ SAY(EPERM), "clone", 1, { BITS(0, CLONE_NEWNS, CLONE_NEWNS) } },
	{ SAY(EPERM), "clone", 1, { BITS(0, CLONE_NEWUTS, CLONE_NEWUTS) } },
	{ SAY(EPERM), "clone", 1, { BITS(0, CLONE_NEWIPC, CLONE_NEWIPC) } },
	{ SAY(EPERM), "clone", 1, { BITS(0, CLONE_NEWUSER, CLONE_NEWUSER) } },
	{ SAY(EPERM), "clone", 1, { BITS(0, CLONE_NEWPID, CLONE_NEWPID) } },
	{ SAY(EPERM), "clone", 1, { BITS(0, CLONE_NEWNET, CLONE_NEWNET) } },
	{ SAY(EPERM), "clone", 1,
	    { BITS(0, CLONE_NEWCGROUP, CLONE_NEWCGROUP) } },
};

static const struct rule rules_agent[] = {
	{ SAY(EACCES), "connect" },
};

/*
 * All that a parser of one file needs: what it reads was mapped before. Each
 * is there for a reason, and a test tries each.
 */
static const struct rule rules_parser[] = {
	{ ALLOW, "write" }, /* the answer */
	{ ALLOW, "brk" },
	{ ALLOW, "mmap", 2,
	    { BITS(2, PROT_EXEC, 0), BITS(3, MAP_ANONYMOUS, MAP_ANONYMOUS) } },
	{ ALLOW, "munmap" },
	{ ALLOW, "mremap" },  /* realloc */
	{ ALLOW, "madvise" }, /* free, of much */
	{ ALLOW, "futex" },   /* pthread_once wakes, even nobody */
	/* OpenSSL's random generator: is this still its process? how old is
	 * its seed? and then a new one */
	{ ALLOW, "getpid" },
	{ ALLOW, "clock_gettime" },
	{ ALLOW, "getrandom" },
	/* qsort of glibc asks how much memory there is. */
	{ ALLOW, "sysinfo" },
	{ ALLOW, "exit_group" },
};

static int
add_rule(scmp_filter_ctx c, const struct rule *rule, struct err *e)
{
	uint32_t action = rule->action;
	int number, r;

	/* Deny rules only tell in a build for the sanitizers. */
	if (!ENFORCED && action != ALLOW)
		action = SCMP_ACT_LOG;
	number = seccomp_syscall_resolve_name(rule->call);
	if (number == __NR_SCMP_ERROR)
		return err_set(
		    e, ERR_INTERNAL, "seccomp: %s is unknown", rule->call);
	r = seccomp_rule_add_array(c, action, number, rule->nargs, rule->arg);
	if (r < 0)
		return err_set(e, ERR_INTERNAL, "seccomp: %s: %s", rule->call,
		    strerror(-r));
	return 0;
}

static int
add_rules(scmp_filter_ctx c, const struct rule *rules, size_t n, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < n; i++)
		if ((r = add_rule(c, &rules[i], e)) < 0)
			return r;
	return 0;
}

static int
add_profile(scmp_filter_ctx c, enum sandbox_profile p, struct err *e)
{
	int r;

	if (p == SANDBOX_PARSER)
		return add_rules(c, rules_parser, NELEMS(rules_parser), e);
	if ((r = add_rules(c, rules_daemon, NELEMS(rules_daemon), e)) < 0)
		return r;
	if (p == SANDBOX_AGENT)
		return add_rules(c, rules_agent, NELEMS(rules_agent), e);
	return 0;
}

static void
filter_freep(scmp_filter_ctx *c)
{
	if (*c != NULL)
		seccomp_release(*c);
	*c = NULL;
}

/* The profile, not yet taken on. *out is the caller's. */
static int
make_filter(enum sandbox_profile p, scmp_filter_ctx *out, struct err *e)
{
	AUTO(filter_freep) scmp_filter_ctx c = NULL;
	uint32_t otherwise = ALLOW;
	int r;

	if (p == SANDBOX_PARSER)
		otherwise = ENFORCED ? KILL : SCMP_ACT_LOG;
	if ((c = seccomp_init(otherwise)) == NULL)
		return err_set(e, ERR_INTERNAL, "seccomp");
	/* All threads at once; another architecture's calls kill. */
	if ((r = seccomp_attr_set(c, SCMP_FLTATR_CTL_TSYNC, 1)) < 0 ||
	    (r = seccomp_attr_set(c, SCMP_FLTATR_ACT_BADARCH, KILL)) < 0)
		return err_set(e, ERR_INTERNAL, "seccomp: %s", strerror(-r));
	if ((r = add_profile(c, p, e)) < 0)
		return r;
	*out = TAKE(c);
	return 0;
}

int
sandbox_syscalls(enum sandbox_profile p, struct err *e)
{
	AUTO(filter_freep) scmp_filter_ctx c = NULL;
	int r;

	if ((r = make_filter(p, &c, e)) < 0)
		return r;
	/* seccomp_load sets no_new_privs first. */
	if ((r = seccomp_load(c)) < 0)
		return err_set(e, ERR_INTERNAL, "seccomp: %s", strerror(-r));
	return 0;
}

struct sandbox_filter {
	struct buf program; /* of struct sock_filter */
};

void
sandbox_filter_freep(struct sandbox_filter **f)
{
	if (*f != NULL)
		buf_done(&(*f)->program);
	free(*f);
	*f = NULL;
}

int
sandbox_filter_new(
    enum sandbox_profile p, struct sandbox_filter **out, struct err *e)
{
	AUTO(sandbox_filter_freep) struct sandbox_filter *f = NULL;
	AUTO(filter_freep) scmp_filter_ctx c = NULL;
	AUTO(fd_closep) int fd = -1;
	struct stat st;
	int r;

	if ((f = calloc(1, sizeof(*f))) == NULL)
		return err_set(e, ERR_NOMEM, "seccomp");
	if ((r = make_filter(p, &c, e)) < 0 ||
	    (r = memfd_new("filter", &fd, e)) < 0)
		return r;
	if ((r = seccomp_export_bpf(c, fd)) < 0)
		return err_set(e, ERR_INTERNAL, "seccomp: %s", strerror(-r));
	if (fstat(fd, &st) < 0 || st.st_size <= 0 ||
	    (size_t)st.st_size % sizeof(struct sock_filter) != 0 ||
	    (size_t)st.st_size / sizeof(struct sock_filter) > BPF_MAXINSNS)
		return err_set(e, ERR_INTERNAL, "seccomp: no program");
	if ((r = buf_reserve(&f->program, (size_t)st.st_size, e)) < 0 ||
	    (r = fd_pread_all(fd, f->program.p, (size_t)st.st_size, 0, e)) < 0)
		return r;
	f->program.len = (size_t)st.st_size;
	*out = TAKE(f);
	return 0;
}

int
sandbox_filter_apply(const struct sandbox_filter *f, struct err *e)
{
	struct sock_fprog program = {
		.len = (unsigned short)(f->program.len /
					sizeof(struct sock_filter)),
		.filter = (struct sock_filter *)(void *)f->program.p,
	};
	int r;

	if ((r = no_new_privs(e)) < 0)
		return r;
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0)
		return err_sys(e, ERR_INTERNAL, "seccomp");
	return 0;
}

/* Limits. */

/* Lower a limit to n, soft and hard; one that is lower already stays. */
static int
lower(int what, rlim_t n, const char *name, struct err *e)
{
	struct rlimit l;

	if (getrlimit((__rlimit_resource_t)what, &l) < 0)
		return err_sys(e, ERR_INTERNAL, "limit of %s", name);
	if (l.rlim_max == RLIM_INFINITY || n < l.rlim_max)
		l.rlim_max = n;
	l.rlim_cur = l.rlim_max;
	if (setrlimit((__rlimit_resource_t)what, &l) < 0)
		return err_sys(e, ERR_INTERNAL, "limit of %s", name);
	return 0;
}

int
sandbox_limits(unsigned cpu_s, size_t memory, unsigned files, struct err *e)
{
	int r;

	if (cpu_s > 0 && (r = lower(RLIMIT_CPU, cpu_s, "time", e)) < 0)
		return r;
	/* The sanitizers reserve terabytes of addresses. */
	if (memory > 0 && ENFORCED &&
	    (r = lower(RLIMIT_AS, memory, "memory", e)) < 0)
		return r;
	if (files > 0 && (r = lower(RLIMIT_NOFILE, files, "files", e)) < 0)
		return r;
	return 0;
}

/* Swap. */

static int is_safe_block(const char *sys, const char *name, int depth);

/* An attribute of a block device. NULL: it has none. */
static const char *
block_attribute(
    const char *sys, const char *name, const char *attribute, struct buf *out)
{
	char path[PATH_MAX];
	int n = snprintf(
	    path, sizeof(path), "%s/class/block/%s/%s", sys, name, attribute);

	buf_reset(out);
	if (n < 0 || (size_t)n >= sizeof(path) ||
	    file_read(AT_FDCWD, path, SYSFS_MAX, out, NULL) < 0)
		return NULL;
	return buf_str(out);
}

/* A volume is as safe as all it lies on; on nothing known, it is not. */
static int
are_slaves_safe(const char *sys, const char *name, int depth)
{
	char path[PATH_MAX];
	struct dirent *d;
	int n, count = 0, safe = 1;
	DIR *dir;

	n = snprintf(path, sizeof(path), "%s/class/block/%s/slaves", sys, name);
	if (n < 0 || (size_t)n >= sizeof(path) || (dir = opendir(path)) == NULL)
		return 0;
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.')
			continue;
		count++;
		safe = safe && is_safe_block(sys, d->d_name, depth + 1);
	}
	closedir(dir);
	return count > 0 && safe;
}

static int
is_safe_block(const char *sys, const char *name, int depth)
{
	AUTO(buf_done) struct buf text = { 0 };
	const char *s;

	if (depth > BLOCK_DEPTH_MAX || strlen(name) > BLOCK_NAME_MAX)
		return 0;
	/* Memory, unless it was given a disk to write to. */
	if (strncmp(name, "zram", 4) == 0) {
		s = block_attribute(sys, name, "backing_dev", &text);
		return s == NULL || strncmp(s, "none", 4) == 0;
	}
	s = block_attribute(sys, name, "dm/uuid", &text);
	if (s == NULL)
		return 0;
	if (strncmp(s, "CRYPT-", 6) == 0)
		return 1;
	return are_slaves_safe(sys, name, depth);
}

/* One line of the table: a path and its kind lead it. */
static int
check_swap_line(char *line, const char *sys, struct err *e)
{
	AUTO(mem_freep) char *real = NULL;
	char *rest, *path = strtok_r(line, " \t", &rest), *kind;

	if (path == NULL)
		return 0;
	kind = strtok_r(NULL, " \t", &rest);
	/* Of a file we cannot tell what it lies on. */
	if (kind != NULL && strcmp(kind, "partition") == 0 &&
	    (real = realpath(path, NULL)) != NULL &&
	    is_safe_block(sys, strrchr(real, '/') + 1, 0))
		return 0;
	return err_set(
	    e, ERR_DENIED, "%s: swap that is not known to be encrypted", path);
}

int
sandbox_check_swap_in(const char *swaps, const char *sys, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	char *line, *next;
	int r;

	if (file_read(AT_FDCWD, swaps, SWAPS_MAX, &text, e) < 0)
		return err_set(e, ERR_DENIED,
		    "%s: cannot tell whether there is swap", swaps);
	line = strchr((char *)(uintptr_t)buf_str(&text), '\n');
	for (; line != NULL; line = next) {
		/* The first line names the columns. */
		*line++ = '\0';
		if ((next = strchr(line, '\n')) != NULL)
			*next = '\0';
		if ((r = check_swap_line(line, sys, e)) < 0)
			return r;
	}
	return 0;
}

int
sandbox_check_swap(struct err *e)
{
	return sandbox_check_swap_in("/proc/swaps", "/sys", e);
}
