#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"

/* A folder of its own for each test, removed with its files afterwards. */
struct fixture {
	char dir[64];
	int fd;
	struct err e;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return -1;
	snprintf(f->dir, sizeof(f->dir), "/tmp/sceau-file-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	f->fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return f->fd < 0 ? -1 : 0;
}

static int
each_name(int dirfd, int removing)
{
	int copy = dup(dirfd), count = 0;
	struct dirent *d;
	DIR *dir = fdopendir(copy);

	rewinddir(dir);
	while ((d = readdir(dir)) != NULL) {
		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0)
			continue;
		count++;
		if (removing && unlinkat(dirfd, d->d_name, 0) < 0)
			(void)!unlinkat(dirfd, d->d_name, AT_REMOVEDIR);
	}
	closedir(dir);
	return count;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	each_name(f->fd, 1);
	close(f->fd);
	rmdir(f->dir);
	free(f);
	return 0;
}

static void
a_file_is_read_as_it_was_written(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;

	assert_int_equal(file_write(f->fd, "a", "one", 3, 0640, &f->e), 0);
	assert_int_equal(file_read(f->fd, "a", 3, &b, &f->e), 0);
	assert_string_equal(buf_str(&b), "one");
	assert_int_equal(each_name(f->fd, 0), 1);
}

static void
an_empty_file_is_no_error(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;

	assert_int_equal(file_write(f->fd, "a", NULL, 0, 0600, &f->e), 0);
	assert_int_equal(file_read(f->fd, "a", 0, &b, &f->e), 0);
	assert_int_equal(b.len, 0);
}

static void
a_write_replaces_the_whole_file(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;

	assert_int_equal(
	    file_write(f->fd, "a", "long content", 12, 0600, &f->e), 0);
	assert_int_equal(file_write(f->fd, "a", "short", 5, 0600, &f->e), 0);
	assert_int_equal(file_read(f->fd, "a", 100, &b, &f->e), 0);
	assert_string_equal(buf_str(&b), "short");
}

static void
the_mode_is_the_one_asked_for_whatever_the_umask(void **state)
{
	struct fixture *f = *state;
	mode_t old = umask(077);
	struct stat st;

	assert_int_equal(file_write(f->fd, "a", "x", 1, 0644, &f->e), 0);
	assert_int_equal(dir_make(f->fd, "d", 0755, &f->e), 0);
	umask(old);
	assert_int_equal(fstatat(f->fd, "a", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0644);
	assert_int_equal(fstatat(f->fd, "d", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0755);
}

static void
a_path_in_another_folder_works_as_well(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;
	char path[128];

	assert_int_equal(dir_make(f->fd, "d", 0700, &f->e), 0);
	assert_int_equal(file_write(f->fd, "d/a", "x", 1, 0600, &f->e), 0);
	snprintf(path, sizeof(path), "%s/d/a", f->dir);
	assert_int_equal(file_read(AT_FDCWD, path, 10, &b, &f->e), 0);
	assert_int_equal(file_write(AT_FDCWD, path, "y", 1, 0600, &f->e), 0);
	assert_int_equal(unlinkat(f->fd, "d/a", 0), 0);
}

static void
a_missing_file_or_folder_is_not_found(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;

	assert_int_equal(file_read(f->fd, "a", 10, &b, &f->e), -ERR_NOT_FOUND);
	assert_int_equal(
	    file_write(f->fd, "no/a", "x", 1, 0600, &f->e), -ERR_NOT_FOUND);
	assert_int_equal(dir_make(f->fd, "no/d", 0700, &f->e), -ERR_NOT_FOUND);
	assert_int_equal(dir_sync(f->fd, "no", &f->e), -ERR_NOT_FOUND);
}

static void
a_file_over_the_limit_is_refused_and_nothing_is_kept(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;

	assert_int_equal(file_write(f->fd, "a", "12345", 5, 0600, &f->e), 0);
	assert_int_equal(buf_addstr(&b, "before", NULL), 0);
	assert_int_equal(file_read(f->fd, "a", 4, &b, &f->e), -ERR_TOO_LARGE);
	assert_string_equal(buf_str(&b), "before");
	assert_int_equal(file_read(f->fd, "a", 5, &b, &f->e), 0);
	assert_string_equal(buf_str(&b), "before12345");
}

static void
a_symbolic_link_is_not_followed(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(file_write(f->fd, "a", "a", 1, 0600, &f->e), 0);
	assert_int_equal(symlinkat("a", f->fd, "link"), 0);
	assert_int_equal(file_read(f->fd, "link", 10, &b, &f->e), -ERR_IO);
	assert_int_equal(f->e.sys, ELOOP);
	/* A write replaces the link, not what it points to. */
	assert_int_equal(file_write(f->fd, "link", "b", 1, 0600, &f->e), 0);
	assert_int_equal(fstatat(f->fd, "link", &st, AT_SYMLINK_NOFOLLOW), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(file_read(f->fd, "a", 10, &b, &f->e), 0);
	assert_string_equal(buf_str(&b), "a");
}

static void
what_is_no_regular_file_is_not_read(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;

	assert_int_equal(mkfifoat(f->fd, "fifo", 0600), 0);
	assert_int_equal(file_read(f->fd, "fifo", 10, &b, &f->e), -ERR_IO);
	assert_int_equal(file_read(f->fd, ".", 10, &b, &f->e), -ERR_IO);
	assert_int_equal(
	    file_read(AT_FDCWD, "/dev/zero", 10, &b, &f->e), -ERR_IO);
}

static void
a_write_that_cannot_replace_leaves_no_temporary_file(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(dir_make(f->fd, "d", 0700, &f->e), 0);
	assert_int_equal(file_write(f->fd, "d", "x", 1, 0600, &f->e), -ERR_IO);
	assert_int_equal(each_name(f->fd, 0), 1);
}

static void
a_path_that_is_too_long_is_refused(void **state)
{
	struct fixture *f = *state;
	char path[PATH_MAX + 10];

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	assert_int_equal(
	    file_write(f->fd, path, "x", 1, 0600, &f->e), -ERR_TOO_LARGE);
	path[PATH_MAX + 2] = '/';
	assert_int_equal(
	    file_write(f->fd, path, "x", 1, 0600, &f->e), -ERR_TOO_LARGE);
}

static void
an_existing_folder_is_fine_and_a_file_is_a_conflict(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(dir_make(f->fd, "d", 0700, &f->e), 0);
	assert_int_equal(dir_make(f->fd, "d", 0700, &f->e), 0);
	assert_int_equal(file_write(f->fd, "a", "x", 1, 0600, &f->e), 0);
	assert_int_equal(dir_make(f->fd, "a", 0700, &f->e), -ERR_CONFLICT);
	assert_int_equal(symlinkat("d", f->fd, "l"), 0);
	assert_int_equal(dir_make(f->fd, "l", 0700, &f->e), -ERR_CONFLICT);
}

static void
reading_past_the_end_is_incomplete(void **state)
{
	AUTO(fd_closep) int fd = -1;
	struct fixture *f = *state;
	char b[4];

	assert_int_equal(memfd_of("t", "abcd", 4, &fd, &f->e), 0);
	assert_int_equal(fd_pread_all(fd, b, 4, 0, &f->e), 0);
	assert_memory_equal(b, "abcd", 4);
	assert_int_equal(fd_pread_all(fd, b, 2, 2, &f->e), 0);
	assert_memory_equal(b, "cd", 2);
	assert_int_equal(fd_pread_all(fd, b, 3, 2, &f->e), -ERR_INCOMPLETE);
	assert_int_equal(
	    fd_pread_all(fd, b, 1, UINT64_MAX, &f->e), -ERR_INVALID);
}

static void
a_stream_is_read_to_its_end_and_not_beyond_the_limit(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;
	int p[2];

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(fd_write_all(p[1], "hello", 5, &f->e), 0);
	close(p[1]);
	assert_int_equal(fd_read_to_end(p[0], 5, &b, &f->e), 0);
	assert_string_equal(buf_str(&b), "hello");
	close(p[0]);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	assert_int_equal(fd_write_all(p[1], "hello", 5, &f->e), 0);
	close(p[1]);
	assert_int_equal(fd_read_to_end(p[0], 4, &b, &f->e), -ERR_TOO_LARGE);
	assert_string_equal(buf_str(&b), "hello");
	close(p[0]);
}

static void
a_large_stream_passes_in_many_steps(void **state)
{
	AUTO(buf_done) struct buf b = { 0 }, out = { 0 };
	AUTO(fd_closep) int fd = -1;
	struct fixture *f = *state;
	size_t n = 300001;

	assert_int_equal(buf_reserve(&b, n, &f->e), 0);
	memset(b.p, 'x', n);
	assert_int_equal(memfd_of("t", b.p, n, &fd, &f->e), 0);
	assert_int_equal(fd_read_to_end(fd, n, &out, &f->e), 0);
	assert_int_equal(out.len, n);
	assert_memory_equal(out.p, b.p, n);
}

static void
a_sealed_file_in_memory_cannot_be_changed(void **state)
{
	AUTO(fd_closep) int fd = -1;
	struct fixture *f = *state;

	assert_int_equal(memfd_of("t", "abcd", 4, &fd, &f->e), 0);
	assert_int_equal(pwrite(fd, "x", 1, 0), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(ftruncate(fd, 0), -1);
	assert_int_equal(ftruncate(fd, 100), -1);
	assert_ptr_equal(
	    mmap(NULL, 4, PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	assert_int_equal(fcntl(fd, F_GETFD) & FD_CLOEXEC, FD_CLOEXEC);
}

static void
a_bad_descriptor_is_an_error(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;
	char c;

	assert_int_equal(fd_write_all(-1, "x", 1, &f->e), -ERR_IO);
	assert_int_equal(fd_pread_all(-1, &c, 1, 0, &f->e), -ERR_IO);
	assert_int_equal(fd_read_to_end(-1, 10, &b, &f->e), -ERR_IO);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_is_read_as_it_was_written),
		T(an_empty_file_is_no_error),
		T(a_write_replaces_the_whole_file),
		T(the_mode_is_the_one_asked_for_whatever_the_umask),
		T(a_path_in_another_folder_works_as_well),
		T(a_missing_file_or_folder_is_not_found),
		T(a_file_over_the_limit_is_refused_and_nothing_is_kept),
		T(a_symbolic_link_is_not_followed),
		T(what_is_no_regular_file_is_not_read),
		T(a_write_that_cannot_replace_leaves_no_temporary_file),
		T(a_path_that_is_too_long_is_refused),
		T(an_existing_folder_is_fine_and_a_file_is_a_conflict),
		T(reading_past_the_end_is_incomplete),
		T(a_stream_is_read_to_its_end_and_not_beyond_the_limit),
		T(a_large_stream_passes_in_many_steps),
		T(a_sealed_file_in_memory_cannot_be_changed),
		T(a_bad_descriptor_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
