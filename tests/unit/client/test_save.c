#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "client/save.h"

struct folder {
	char dir[64], path[96];
};

static int
setup(void **state)
{
	struct folder *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	snprintf(f->dir, sizeof(f->dir), "/tmp/sceau-save-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/file", f->dir);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct folder *f = *state;

	unlink(f->path);
	rmdir(f->dir);
	free(f);
	return 0;
}

static int
entries(const char *dir)
{
	DIR *d = opendir(dir);
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
holds(const char *path, const char *wanted)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e = { 0 };

	assert_int_equal(file_read(AT_FDCWD, path, 100, &b, &e), 0);
	assert_string_equal(buf_str(&b), wanted);
}

static void
a_file_is_whole_and_its_owners(void **state)
{
	struct folder *f = *state;
	struct err e = { 0 };
	struct stat st;

	assert_int_equal(save_bytes(f->path, 0, "one", 3, &e), 0);
	holds(f->path, "one");
	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(entries(f->dir), 1);
}

static void
another_file_is_never_in_the_way_unasked(void **state)
{
	struct folder *f = *state;
	struct err e = { 0 };

	assert_int_equal(save_bytes(f->path, 0, "one", 3, &e), 0);
	assert_int_equal(save_bytes(f->path, 0, "two", 3, &e), -ERR_CONFLICT);
	assert_string_equal(e.tag, "file-exists");
	holds(f->path, "one");
	assert_int_equal(save_bytes(f->path, 1, "two", 3, &e), 0);
	holds(f->path, "two");
	assert_int_equal(entries(f->dir), 1);
}

static void
a_file_that_came_meanwhile_stays(void **state)
{
	struct folder *f = *state;
	AUTO(save_done) struct save s = { .fd = -1 };
	struct err e = { 0 };

	assert_int_equal(save_begin(&s, f->path, 0, &e), 0);
	assert_int_equal(save_bytes(f->path, 0, "first", 5, &e), 0);
	assert_int_equal(save_commit(&s, &e), -ERR_CONFLICT);
	holds(f->path, "first");
}

static void
what_is_not_committed_leaves_nothing(void **state)
{
	struct folder *f = *state;
	struct err e = { 0 };
	struct save s;

	assert_int_equal(save_begin(&s, f->path, 0, &e), 0);
	assert_int_equal(fd_write_all(s.fd, "secret", 6, &e), 0);
	/* Not even a name: a killed process leaves nothing. */
	assert_int_equal(entries(f->dir), 0);
	save_done(&s);
	assert_int_equal(entries(f->dir), 0);
}

static void
a_link_or_a_folder_is_never_replaced(void **state)
{
	struct folder *f = *state;
	struct err e = { 0 };

	assert_int_equal(symlink("/dev/null", f->path), 0);
	assert_int_equal(save_bytes(f->path, 1, "x", 1, &e), -ERR_CONFLICT);
	assert_int_equal(save_check(f->path, 1, &e), -ERR_CONFLICT);
	assert_int_equal(save_check(f->dir, 1, &e), -ERR_CONFLICT);
	assert_int_equal(save_check(NULL, 0, &e), 0);
}

static void
a_folder_that_is_not_there_is_an_error(void **state)
{
	struct err e = { 0 };

	(void)state;
	assert_int_equal(save_bytes("/nonexistent/x", 0, "x", 1, &e), -ERR_IO);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_file_is_whole_and_its_owners),
		T(another_file_is_never_in_the_way_unasked),
		T(a_file_that_came_meanwhile_stays),
		T(what_is_not_committed_leaves_nothing),
		T(a_link_or_a_folder_is_never_replaced),
		T(a_folder_that_is_not_there_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
