#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/secret.h"

#define READ_STEP 65536 /* bytes asked of a stream at a time */
#define TEMP_TRIES 16	/* names tried before giving up */

int
fd_write_all(int fd, const void *p, size_t n, struct err *e)
{
	const uint8_t *at = p;
	ssize_t put;

	while (n > 0) {
		put = write(fd, at, n);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_sys(e, ERR_IO, "write");
		if (put == 0)
			return err_set(e, ERR_IO, "write: nothing taken");
		at += put;
		n -= (size_t)put;
	}
	return 0;
}

int
fd_pread_all(int fd, void *p, size_t n, uint64_t off, struct err *e)
{
	uint8_t *at = p;
	ssize_t got;

	if (off > INT64_MAX || n > INT64_MAX - off)
		return err_set(e, ERR_INVALID, "read past any file");
	while (n > 0) {
		got = pread(fd, at, n, (off_t)off);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_sys(e, ERR_IO, "read");
		if (got == 0)
			return err_set(e, ERR_INCOMPLETE,
			    "the file ends %zu bytes too early", n);
		at += got;
		off += (uint64_t)got;
		n -= (size_t)got;
	}
	return 0;
}

/* Nothing of that name, or a file where a folder should be. */
static int
is_absent(int sys)
{
	return sys == ENOENT || sys == ENOTDIR;
}

/* Take what was appended since len off again, leaving no trace of it. */
static void
cut_back(struct buf *out, size_t len)
{
	if (out->p != NULL)
		secret_wipe(out->p + len, out->len - len);
	out->len = len;
}

/* One read, of one byte more than max allows, so that excess shows. */
static int
read_step(int fd, size_t left, struct buf *out, size_t *got, struct err *e)
{
	size_t want = left < READ_STEP ? left + 1 : READ_STEP;
	ssize_t n;
	int r;

	if ((r = buf_reserve(out, want, e)) < 0)
		return r;
	do
		n = read(fd, out->p + out->len, want);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(e, ERR_IO, "read");
	out->len += (size_t)n;
	*got = (size_t)n;
	return 0;
}

int
fd_read_to_end(int fd, size_t max, struct buf *out, struct err *e)
{
	size_t start = out->len, got = 1;
	int r = 0;

	while (got > 0) {
		r = read_step(fd, max - (out->len - start), out, &got, e);
		if (r == 0 && out->len - start > max)
			r = err_set(
			    e, ERR_TOO_LARGE, "more than %zu bytes", max);
		if (r < 0) {
			cut_back(out, start);
			return r;
		}
	}
	return 0;
}

int
file_read(
    int dirfd, const char *path, size_t max, struct buf *out, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	struct stat st;

	/* O_NONBLOCK: a FIFO put in the place of a file must not hold us. */
	fd = openat(dirfd, path,
	    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY);
	if (fd < 0)
		return err_sys(
		    e, is_absent(errno) ? ERR_NOT_FOUND : ERR_IO, "%s", path);
	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_IO, "%s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, ERR_IO, "%s: not a regular file", path);
	if (st.st_size > 0 && (uint64_t)st.st_size > max)
		return err_set(
		    e, ERR_TOO_LARGE, "%s: more than %zu bytes", path, max);
	if (fd_read_to_end(fd, max, out, e) < 0)
		return err_wrap(e, "%s", path);
	return 0;
}

/* The folder part of path: "." when there is none. */
static int
parent_of(const char *path, char out[PATH_MAX], struct err *e)
{
	const char *slash = strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);

	if (strlen(path) >= PATH_MAX)
		return err_set(
		    e, ERR_TOO_LARGE, "path over %d bytes", PATH_MAX);
	if (slash == NULL)
		memcpy(out, ".", 2);
	else if (len == 0)
		memcpy(out, "/", 2);
	else {
		memcpy(out, path, len);
		out[len] = '\0';
	}
	return 0;
}

/*
 * Create a new file next to path, under a name that nobody expects and that
 * starts with a dot, so that a leftover is recognised. Only the owner may
 * open it until it is complete.
 */
static int
open_beside(
    int dirfd, const char *path, char temp[PATH_MAX], int *fd, struct err *e)
{
	const char *slash = strrchr(path, '/');
	int base = slash == NULL ? 0 : (int)(slash + 1 - path);
	uint64_t draw;
	int i, n;

	for (i = 0; i < TEMP_TRIES; i++) {
		if (getrandom(&draw, sizeof(draw), 0) != sizeof(draw))
			return err_sys(e, ERR_INTERNAL, "random name");
		n = snprintf(
		    temp, PATH_MAX, "%.*s.tmp-%016" PRIx64, base, path, draw);
		if (n < 0 || n >= PATH_MAX)
			return err_set(
			    e, ERR_TOO_LARGE, "path over %d bytes", PATH_MAX);
		*fd = openat(dirfd, temp,
		    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
		if (*fd >= 0)
			return 0;
		if (errno != EEXIST)
			break;
	}
	return err_sys(
	    e, is_absent(errno) ? ERR_NOT_FOUND : ERR_IO, "%s", path);
}

/* The content on disk, with its final mode whatever the umask is. */
static int
fill_file(int fd, const void *p, size_t n, mode_t mode, struct err *e)
{
	int r;

	if ((r = fd_write_all(fd, p, n, e)) < 0)
		return r;
	if (fchmod(fd, mode) < 0)
		return err_sys(e, ERR_IO, "chmod");
	if (fsync(fd) < 0)
		return err_sys(e, ERR_IO, "fsync");
	return 0;
}

int
file_write(int dirfd, const char *path, const void *p, size_t n, mode_t mode,
    struct err *e)
{
	char temp[PATH_MAX], parent[PATH_MAX];
	AUTO(fd_closep) int fd = -1;
	int r;

	if ((r = parent_of(path, parent, e)) < 0 ||
	    (r = open_beside(dirfd, path, temp, &fd, e)) < 0)
		return r;
	if ((r = fill_file(fd, p, n, mode, e)) < 0)
		r = err_wrap(e, "%s", path);
	else if (renameat(dirfd, temp, dirfd, path) < 0)
		r = err_sys(e, ERR_IO, "%s", path);
	if (r < 0) {
		(void)!unlinkat(dirfd, temp, 0);
		return r;
	}
	return dir_sync(dirfd, parent, e);
}

int
dir_sync(int dirfd, const char *path, struct err *e)
{
	AUTO(fd_closep) int fd = -1;

	fd = openat(dirfd, path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return err_sys(
		    e, is_absent(errno) ? ERR_NOT_FOUND : ERR_IO, "%s", path);
	if (fsync(fd) < 0)
		return err_sys(e, ERR_IO, "%s: fsync", path);
	return 0;
}

int
dir_make(int dirfd, const char *path, mode_t mode, struct err *e)
{
	struct stat st;

	if (mkdirat(dirfd, path, mode) == 0) {
		/* The mode asked for, whatever the umask is. */
		if (fchmodat(dirfd, path, mode, 0) < 0)
			return err_sys(e, ERR_IO, "%s: chmod", path);
		return 0;
	}
	if (errno != EEXIST)
		return err_sys(
		    e, is_absent(errno) ? ERR_NOT_FOUND : ERR_IO, "%s", path);
	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(e, ERR_IO, "%s", path);
	if (!S_ISDIR(st.st_mode))
		return err_set(e, ERR_CONFLICT, "%s: not a folder", path);
	return 0;
}

int
memfd_new(const char *name, int *fd, struct err *e)
{
	int got = memfd_create(name, MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (got < 0)
		return err_sys(e, ERR_NOMEM, "file in memory");
	*fd = got;
	return 0;
}

int
memfd_of(const char *name, const void *p, size_t n, int *fd, struct err *e)
{
	AUTO(fd_closep) int made = -1;
	int r;

	if ((r = memfd_new(name, &made, e)) < 0 ||
	    (r = fd_write_all(made, p, n, e)) < 0)
		return r;
	if (lseek(made, 0, SEEK_SET) < 0)
		return err_sys(e, ERR_IO, "file in memory: rewind");
	if (fcntl(made, F_ADD_SEALS,
		F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE) < 0)
		return err_sys(e, ERR_IO, "file in memory: seal");
	*fd = made;
	made = -1;
	return 0;
}
