/*
 * Sandboxes: what a program gives up after it opened what it needs.
 * no_new_privs and seccomp are required; Landlock is used where the kernel
 * has it. A build option (-Dseccomp=log) logs instead of killing, because
 * the sanitizers need calls of their own; sandbox_enforced tells.
 */
#ifndef BASE_SANDBOX_H
#define BASE_SANDBOX_H

#include <sys/types.h>

#include "base/err.h"

/*
 * Become uid:gid for good, no supplementary groups, then no_new_privs.
 * Already that uid: only no_new_privs. ERR_DENIED if we may not.
 */
int sandbox_become(uid_t uid, gid_t gid, struct err *e) NODISCARD;

struct sandbox_path {
	const char *path;
	int writable; /* 0 read, 1 read and write (files and folders) */
};
/*
 * Landlock: no file access but under these paths. Without Landlock in the
 * kernel: 0, and *got = 0.
 */
int sandbox_paths(const struct sandbox_path *paths, size_t n, int *got,
    struct err *e) NODISCARD;

/*
 * seccomp: the named profile of this table.
 *  SANDBOX_DAEMON   all but exec, ptrace, namespaces, mounts, modules,
 *                   sockets other than AF_UNIX
 *  SANDBOX_AGENT    the same, and no connect
 *  SANDBOX_PARSER   write, anonymous memory (mmap without PROT_EXEC), what
 *                   libc and libcrypto ask while they compute, exit: twelve
 *                   calls; all else kills, abort's own signal too
 */
enum sandbox_profile { SANDBOX_DAEMON, SANDBOX_AGENT, SANDBOX_PARSER };
int sandbox_syscalls(enum sandbox_profile p, struct err *e) NODISCARD;

/*
 * The same in two steps, for children that are forked often: the profile is
 * compiled once and taken on by each child, which must have no other thread.
 */
struct sandbox_filter;
int sandbox_filter_new(enum sandbox_profile p, struct sandbox_filter **out,
    struct err *e) NODISCARD;
int sandbox_filter_apply(const struct sandbox_filter *f, struct err *e)
    NODISCARD;
void sandbox_filter_freep(struct sandbox_filter **f);

/*
 * cpu seconds, bytes of address space, open files; 0 leaves one as it is. A
 * limit that is lower already stays. Where the filter is not enforced the
 * address space is left alone: the sanitizers reserve terabytes.
 */
int sandbox_limits(unsigned cpu_s, size_t memory, unsigned files, struct err *e)
    NODISCARD;

/* Is the filter a real one in this build? */
int sandbox_enforced(void);

/*
 * Refuse to run on swap that is not encrypted (dm-crypt, also below other
 * volumes; zram). ERR_DENIED, naming the device. The second form reads the
 * table and the devices elsewhere than /proc/swaps and /sys.
 */
int sandbox_check_swap(struct err *e) NODISCARD;
int sandbox_check_swap_in(const char *swaps, const char *sys, struct err *e)
    NODISCARD;

#endif
