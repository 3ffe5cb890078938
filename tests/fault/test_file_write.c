#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "tests/fault/fault.h"

#define OLD "the old content"
#define NEW "the new content, which is longer than the old one was"
#define SWEEP_MAX 1000 /* faults in one call: more is a loop without end */

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
	snprintf(f->dir, sizeof(f->dir), "/tmp/sceau-fault-XXXXXX");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	f->fd = open(f->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	*state = f;
	return f->fd < 0
		   ? -1
		   : file_write(f->fd, "file", OLD, strlen(OLD), 0600, &f->e);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	unlinkat(f->fd, "file", 0);
	close(f->fd);
	/* Fails, and shows, when something else is left in the folder. */
	if (rmdir(f->dir) < 0)
		return -1;
	free(f);
	return 0;
}

static int
count_names(int dirfd)
{
	DIR *dir = fdopendir(dup(dirfd));
	struct dirent *d;
	int n = 0;

	rewinddir(dir);
	while ((d = readdir(dir)) != NULL)
		n +=
		    strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
	closedir(dir);
	return n;
}

static void
assert_content(struct fixture *f, const char *want)
{
	AUTO(buf_done) struct buf b = { 0 };

	assert_int_equal(file_read(f->fd, "file", 1000, &b, &f->e), 0);
	assert_string_equal(buf_str(&b), want);
	assert_int_equal(count_names(f->fd), 1);
}

static int
write_new(struct fixture *f)
{
	return file_write(f->fd, "file", NEW, strlen(NEW), 0600, &f->e);
}

/*
 * Fail the first, the second, … call of a kind. The old file must be there
 * whole after each; the n-th of the kind that comes after the rename leaves
 * the new one whole. Returns how many faults there were.
 */
static unsigned
sweep(struct fixture *f, enum fault_kind kind, int code, unsigned after_rename)
{
	unsigned n;
	int r;

	for (n = 1; n < SWEEP_MAX; n++) {
		fault_arm(kind, n);
		r = write_new(f);
		if (fault_disarm() == 0)
			break;
		assert_int_equal(r, -code);
		assert_content(f, n == after_rename ? NEW : OLD);
		if (n == after_rename)
			assert_int_equal(file_write(f->fd, "file", OLD,
					     strlen(OLD), 0600, NULL),
			    0);
	}
	assert_true(n < SWEEP_MAX);
	assert_int_equal(r, 0);
	assert_content(f, NEW);
	return n - 1;
}

static void
a_full_disk_leaves_the_old_file(void **state)
{
	assert_true(sweep(*state, FAULT_WRITE, ERR_FULL, 0) >= 1);
}

static void
a_write_that_breaks_half_way_leaves_the_old_file(void **state)
{
	assert_true(sweep(*state, FAULT_BROKEN, ERR_IO, 0) >= 1);
}

static void
a_failed_sync_is_told_and_the_file_is_whole(void **state)
{
	/* The file's, then the folder's, which comes after the rename. */
	assert_int_equal(sweep(*state, FAULT_SYNC, ERR_IO, 2), 2);
}

static void
a_failed_rename_leaves_the_old_file(void **state)
{
	assert_int_equal(sweep(*state, FAULT_RENAME, ERR_IO, 0), 1);
}

static void
a_disk_that_stays_full_leaves_the_old_file(void **state)
{
	struct fixture *f = *state;

	fault_arm_from(FAULT_WRITE, 1);
	assert_int_equal(write_new(f), -ERR_FULL);
	assert_int_equal(write_new(f), -ERR_FULL);
	assert_int_equal(fault_disarm(), 2);
	assert_content(f, OLD);
}

static void
short_writes_are_continued(void **state)
{
	struct fixture *f = *state;
	unsigned n;

	fault_arm_from(FAULT_SHORT, 1);
	assert_int_equal(write_new(f), 0);
	n = fault_disarm();
	assert_true(n > 3);
	assert_content(f, NEW);
}

static void
a_read_without_memory_is_an_error_and_adds_nothing(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct fixture *f = *state;
	unsigned n;
	int r;

	for (n = 1; n < SWEEP_MAX; n++) {
		fault_arm(FAULT_ALLOC, n);
		r = file_read(f->fd, "file", 1000, &b, &f->e);
		if (fault_disarm() == 0)
			break;
		assert_int_equal(r, -ERR_NOMEM);
		assert_int_equal(b.len, 0);
	}
	assert_true(n > 1);
	assert_int_equal(r, 0);
	assert_string_equal(buf_str(&b), OLD);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_full_disk_leaves_the_old_file),
		T(a_write_that_breaks_half_way_leaves_the_old_file),
		T(a_failed_sync_is_told_and_the_file_is_whole),
		T(a_failed_rename_leaves_the_old_file),
		T(a_disk_that_stays_full_leaves_the_old_file),
		T(short_writes_are_continued),
		T(a_read_without_memory_is_an_error_and_adds_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
