#include "tests/fault/fault.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <sys/uio.h>

/* What the linker calls the functions behind the wrappers. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __real_writev(int fd, const struct iovec *v, int n);
ssize_t __real_pwrite(int fd, const void *p, size_t n, off_t off);
ssize_t __real_pwrite64(int fd, const void *p, size_t n, off_t off);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_rename(const char *from, const char *to);
int __real_renameat(int fd, const char *from, int tofd, const char *to);
int __real_renameat2(
    int fd, const char *from, int tofd, const char *to, unsigned flags);

void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_writev(int fd, const struct iovec *v, int n);
ssize_t __wrap_pwrite(int fd, const void *p, size_t n, off_t off);
ssize_t __wrap_pwrite64(int fd, const void *p, size_t n, off_t off);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat(int fd, const char *from, int tofd, const char *to);
int __wrap_renameat2(
    int fd, const char *from, int tofd, const char *to, unsigned flags);

static atomic_int armed;	/* an enum fault_kind */
static atomic_uint first, last; /* calls that fail, counted from 1 */
static atomic_uint calls, fired;

void
fault_arm(enum fault_kind kind, unsigned nth)
{
	fault_disarm();
	first = nth;
	last = nth;
	armed = (int)kind;
}

void
fault_arm_from(enum fault_kind kind, unsigned nth)
{
	fault_disarm();
	first = nth;
	last = ~0u;
	armed = (int)kind;
}

unsigned
fault_disarm(void)
{
	armed = FAULT_NONE;
	calls = 0;
	return atomic_exchange(&fired, 0);
}

/* Count a call of this kind. Is it one that fails? */
static int
strikes(enum fault_kind kind)
{
	unsigned n;

	if (armed != (int)kind)
		return 0;
	n = atomic_fetch_add(&calls, 1) + 1;
	if (n < first || n > last)
		return 0;
	atomic_fetch_add(&fired, 1);
	return 1;
}

static int
fails(enum fault_kind kind, int sys)
{
	if (!strikes(kind))
		return 0;
	errno = sys;
	return 1;
}

void *
__wrap_malloc(size_t n)
{
	return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_calloc(n, size);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails(FAULT_ALLOC, ENOMEM) ? NULL : __real_realloc(p, n);
}

/*
 * What becomes of a write of *n bytes: -1 it fails at once; 0 it is made,
 * of *n bytes; 1 it is made and then reported as failed.
 */
static int
judge_write(size_t *n)
{
	if (fails(FAULT_WRITE, ENOSPC))
		return -1;
	if (strikes(FAULT_SHORT)) {
		*n = (*n + 1) / 2;
		return 0;
	}
	if (strikes(FAULT_BROKEN)) {
		*n /= 2;
		return 1;
	}
	return 0;
}

static ssize_t
told(int verdict, ssize_t r)
{
	if (verdict == 0)
		return r;
	errno = EIO;
	return -1;
}

ssize_t
__wrap_write(int fd, const void *p, size_t n)
{
	int verdict = judge_write(&n);

	return verdict < 0 ? -1 : told(verdict, __real_write(fd, p, n));
}

/* Cut after whole parts; a single part is left out, or whole. */
ssize_t
__wrap_writev(int fd, const struct iovec *v, int count)
{
	size_t n = (size_t)count;
	int verdict = judge_write(&n);

	return verdict < 0 ? -1 : told(verdict, __real_writev(fd, v, (int)n));
}

ssize_t
__wrap_pwrite(int fd, const void *p, size_t n, off_t off)
{
	int verdict = judge_write(&n);

	return verdict < 0 ? -1 : told(verdict, __real_pwrite(fd, p, n, off));
}

ssize_t
__wrap_pwrite64(int fd, const void *p, size_t n, off_t off)
{
	int verdict = judge_write(&n);

	return verdict < 0 ? -1 : told(verdict, __real_pwrite64(fd, p, n, off));
}

int
__wrap_fsync(int fd)
{
	return fails(FAULT_SYNC, EIO) ? -1 : __real_fsync(fd);
}

int
__wrap_fdatasync(int fd)
{
	return fails(FAULT_SYNC, EIO) ? -1 : __real_fdatasync(fd);
}

int
__wrap_rename(const char *from, const char *to)
{
	return fails(FAULT_RENAME, EIO) ? -1 : __real_rename(from, to);
}

int
__wrap_renameat(int fd, const char *from, int tofd, const char *to)
{
	return fails(FAULT_RENAME, EIO) ? -1
					: __real_renameat(fd, from, tofd, to);
}

int
__wrap_renameat2(
    int fd, const char *from, int tofd, const char *to, unsigned flags)
{
	return fails(FAULT_RENAME, EIO)
		   ? -1
		   : __real_renameat2(fd, from, tofd, to, flags);
}
