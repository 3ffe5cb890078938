#include "keys/keydir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "keys/agent.h"

#define NUMBER_FILE_MAX 64   /* bytes of a file that holds one number */
#define OVERWRITE_STEP 16384 /* random bytes written at a time */

static int
check_owner(int fd, const char *path, struct err *e)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_IO, "%s", path);
	if (st.st_uid != geteuid())
		return err_set(e, ERR_DENIED,
		    "%s: belongs to uid %u, not to the key agent's %u", path,
		    (unsigned)st.st_uid, (unsigned)geteuid());
	if ((st.st_mode & 077) != 0)
		return err_set(e, ERR_DENIED, "%s: open to others", path);
	return 0;
}

static int
take_lock(int dir, int *lock, struct err *e)
{
	AUTO(fd_closep) int fd = -1;

	fd = openat(
	    dir, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_sys(e, ERR_IO, "keys/lock");
	if (flock(fd, LOCK_EX | LOCK_NB) < 0)
		return errno == EWOULDBLOCK
			   ? err_set(e, ERR_CONFLICT,
				 "another key agent works on this vault")
			   : err_sys(e, ERR_IO, "keys/lock");
	*lock = fd;
	fd = -1;
	return 0;
}

int
keydir_open(
    struct keydir *d, const char *path, const struct id *vault, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	int lock = -1, r;

	fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_sys(
		    e, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s", path);
	if ((r = check_owner(fd, path, e)) < 0 ||
	    (r = take_lock(fd, &lock, e)) < 0)
		return r;
	memset(d, 0, sizeof(*d));
	d->fd = fd;
	d->lock = lock;
	d->vault = *vault;
	fd = -1;
	return 0;
}

void
keydir_close(struct keydir *d)
{
	/* Zeroed storage: descriptor 0 is never the folder's. */
	if (d->fd > 0)
		close(d->fd);
	if (d->lock > 0)
		close(d->lock);
	d->fd = d->lock = -1;
}

void
keydir_step(const struct keydir *d, const char *what)
{
	if (d->step != NULL)
		d->step(d->step_arg, what);
}

/* One decimal number and a line end: the only text such a file may hold. */
static int
number_load(const struct keydir *d, const char *name, uint64_t max,
    uint64_t *out, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	char again[NUMBER_FILE_MAX];
	uint64_t v;
	int r;

	if ((r = file_read(d->fd, name, NUMBER_FILE_MAX, &b, e)) < 0)
		return r;
	if (b.len == 0 || b.p[0] < '0' || b.p[0] > '9')
		return err_set(e, ERR_INTEGRITY, "keys/%s: no number", name);
	v = strtoull(buf_str(&b), NULL, 10);
	snprintf(again, sizeof(again), "%" PRIu64 "\n", v);
	if (strcmp(again, buf_str(&b)) != 0 || v == 0 || v > max)
		return err_set(e, ERR_INTEGRITY, "keys/%s: no number", name);
	*out = v;
	return 0;
}

static int
number_save(const struct keydir *d, const char *name, uint64_t v, struct err *e)
{
	char text[NUMBER_FILE_MAX];
	int n = snprintf(text, sizeof(text), "%" PRIu64 "\n", v);

	return file_write(d->fd, name, text, (size_t)n, 0600, e);
}

int
keydir_current(const struct keydir *d, uint32_t *generation, struct err *e)
{
	uint64_t v = 0;
	int r;

	if ((r = number_load(d, "current", UINT32_MAX, &v, e)) < 0)
		return r;
	*generation = (uint32_t)v;
	return 0;
}

int
keydir_set_current(const struct keydir *d, uint32_t generation, struct err *e)
{
	return number_save(d, "current", generation, e);
}

int
keydir_mark_load(const struct keydir *d, uint64_t *mark, struct err *e)
{
	int r = number_load(d, "mark", AGENT_NUMBER_MAX, mark, e);

	/* Without its mark the agent would give numbers again. */
	if (r == -(int)ERR_NOT_FOUND)
		return err_set(e, ERR_INCOMPLETE, "keys/mark is missing");
	return r;
}

int
keydir_mark_save(const struct keydir *d, uint64_t mark, struct err *e)
{
	return number_save(d, "mark", mark, e);
}

static void
generation_name(uint32_t generation, char out[KEYDIR_NAME_MAX])
{
	snprintf(out, KEYDIR_NAME_MAX, "gen-%" PRIu32, generation);
}

int
keydir_generation(const struct keydir *d, uint32_t generation, int make,
    int *fd, struct err *e)
{
	char name[KEYDIR_NAME_MAX];
	int got, r;

	generation_name(generation, name);
	if (make && (r = dir_make(d->fd, name, 0700, e)) < 0)
		return r;
	got = openat(
	    d->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (got < 0)
		return err_sys(e, errno == ENOENT ? ERR_INCOMPLETE : ERR_IO,
		    "keys/%s", name);
	*fd = got;
	return 0;
}

/* Random bytes over the whole file, on disk before the name goes. */
static int
overwrite(int fd, struct err *e)
{
	uint8_t noise[OVERWRITE_STEP];
	struct stat st;
	off_t done = 0, n;
	int r;

	if (fstat(fd, &st) < 0)
		return err_sys(e, ERR_IO, "overwrite");
	while (done < st.st_size) {
		n = st.st_size - done;
		if (n > (off_t)sizeof(noise))
			n = (off_t)sizeof(noise);
		if ((r = crypto_random(noise, (size_t)n, e)) < 0 ||
		    (r = fd_write_all(fd, noise, (size_t)n, e)) < 0)
			return r;
		done += n;
	}
	if (fsync(fd) < 0)
		return err_sys(e, ERR_IO, "overwrite: fsync");
	return 0;
}

static int
erase_file(const struct keydir *d, int dir, const char *name, struct err *e)
{
	AUTO(fd_closep) int fd = -1;
	int r;

	keydir_step(d, "overwrite");
	fd = openat(dir, name, O_WRONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_sys(e, ERR_IO, "%s: overwrite", name);
	if ((r = overwrite(fd, e)) < 0)
		return r;
	keydir_step(d, "unlink");
	if (unlinkat(dir, name, 0) < 0)
		return err_sys(e, ERR_IO, "%s: remove", name);
	return 0;
}

static void
dir_closep(DIR **dp)
{
	if (*dp != NULL)
		closedir(*dp);
	*dp = NULL;
}

static int
dir_list(int fd, DIR **out, struct err *e)
{
	int copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (copy < 0)
		return err_sys(e, ERR_IO, "list keys/");
	if ((*out = fdopendir(copy)) == NULL) {
		err_sys(e, ERR_IO, "list keys/");
		close(copy);
		return -(int)ERR_IO;
	}
	return 0;
}

static int
is_dots(const char *name)
{
	return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

static int
is_temporary(const char *name)
{
	return strncmp(name, ".tmp-", 5) == 0;
}

/* Erase the files of folder dir: all, or only the temporary ones. */
static int
erase_files(const struct keydir *d, int dir, int all, struct err *e)
{
	AUTO(dir_closep) DIR *list = NULL;
	struct dirent *at;
	int r;

	if ((r = dir_list(dir, &list, e)) < 0)
		return r;
	while ((at = readdir(list)) != NULL) {
		if (is_dots(at->d_name))
			continue;
		if (!all && !is_temporary(at->d_name))
			continue;
		if ((r = erase_file(d, dir, at->d_name, e)) < 0)
			return r;
	}
	return 0;
}

static int
erase_generation(const struct keydir *d, const char *name, struct err *e)
{
	AUTO(fd_closep) int dir = -1;
	int r;

	dir = openat(
	    d->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (dir < 0)
		return err_sys(e, ERR_IO, "keys/%s", name);
	if ((r = erase_files(d, dir, 1, e)) < 0 ||
	    (r = dir_sync(dir, ".", e)) < 0)
		return r;
	keydir_step(d, "rmdir");
	if (unlinkat(d->fd, name, AT_REMOVEDIR) < 0)
		return err_sys(e, ERR_IO, "keys/%s: remove", name);
	return 0;
}

static int
sweep_kept(const struct keydir *d, uint32_t keep, struct err *e)
{
	AUTO(fd_closep) int dir = -1;
	int r;

	if (keep == 0)
		return 0;
	if ((r = keydir_generation(d, keep, 0, &dir, e)) < 0)
		return r;
	return erase_files(d, dir, 0, e);
}

int
keydir_sweep(const struct keydir *d, uint32_t keep, struct err *e)
{
	AUTO(dir_closep) DIR *list = NULL;
	char kept[KEYDIR_NAME_MAX];
	struct dirent *at;
	int r;

	generation_name(keep, kept);
	/* What must stay is looked at first: without it nothing may go. */
	if ((r = sweep_kept(d, keep, e)) < 0 ||
	    (r = dir_list(d->fd, &list, e)) < 0)
		return r;
	while ((at = readdir(list)) != NULL) {
		if (is_temporary(at->d_name))
			r = erase_file(d, d->fd, at->d_name, e);
		else if (strncmp(at->d_name, "gen-", 4) == 0 &&
			 (keep == 0 || strcmp(at->d_name, kept) != 0))
			r = erase_generation(d, at->d_name, e);
		if (r < 0)
			return r;
	}
	return dir_sync(d->fd, ".", e);
}
