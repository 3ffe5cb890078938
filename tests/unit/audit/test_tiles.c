/* The folder audit/: what is shown is the log, whatever happened to it. */
#include <fcntl.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "tests/unit/audit/audit_fixture.h"

static int
setup(void **state)
{
	struct audit_fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	fixture_init(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	fixture_done(*state);
	free(*state);
	return 0;
}

static char other[128]; /* the folder compared with */
static size_t skip_len, files;

static int
same(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	AUTO(buf_done) struct buf a = { 0 }, b = { 0 };
	char there[512];

	(void)st;
	(void)ftw;
	snprintf(there, sizeof(there), "%s%s", other, path + skip_len);
	if (flag != FTW_F) {
		if (access(there, F_OK) == 0)
			return 0;
		print_message("only in one: %s\n", path);
		return 1;
	}
	files++;
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 26, &a, NULL), 0);
	if (file_read(AT_FDCWD, there, 1u << 26, &b, NULL) == 0 &&
	    a.len == b.len && memcmp(a.p, b.p, a.len) == 0)
		return 0;
	print_message("differs: %s\n", path);
	return 1;
}

static int
remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

/* Is the folder exactly what an export writes? */
static int
is_exact(struct audit_fixture *f)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(fd_closep) int fd = -1;
	char path[128];
	int r;

	snprintf(path, sizeof(path), "%s/export", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_export(f->a, &tx, fd, &f->e), 0);
	files = 0;
	snprintf(other, sizeof(other), "%s", f->log);
	skip_len = strlen(path);
	r = nftw(path, same, 16, FTW_PHYS);
	snprintf(other, sizeof(other), "%s", path);
	skip_len = strlen(f->log);
	r |= nftw(f->log, same, 16, FTW_PHYS);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	return r == 0;
}

static void
the_folder_grows_as_an_export_would_be(void **state)
{
	static const uint64_t sizes[] = { 1, 2, 3, 255, 256, 257, 511, 512, 600,
		1024, 1500 };
	struct audit_fixture *f = *state;
	size_t i;

	for (i = 0; i < NELEMS(sizes); i++) {
		fixture_fill(f, sizes[i] - audit_size(f->a));
		assert_int_equal(audit_flush(f->a, &f->e), 0);
		assert_true(is_exact(f));
	}
	/* checkpoint, entries, hashes, upper hashes; twice. */
	assert_int_equal(files, 2 * (1 + 6 + 6 + 1));
}

static void
a_flush_with_nothing_new_writes_nothing(void **state)
{
	struct audit_fixture *f = *state;
	char path[128];

	assert_int_equal(audit_flush(f->a, &f->e), 0);
	fixture_fill(f, 3);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	snprintf(path, sizeof(path), "%s/checkpoint", f->log);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	assert_int_equal(access(path, F_OK), -1);
}

static void
leaves_without_a_head_are_not_shown(void **state)
{
	struct audit_fixture *f = *state;
	struct actor who = { 1000, "claire", "caseworker" };
	struct audit_entry en = { .klass = LEAF_DOC_READ, .actor = &who };

	fixture_fill(f, 10);
	f->agent.away = 1;
	fixture_add(f, &en, NOW);
	assert_int_equal(audit_settle(f->a, &f->e), -ERR_UNAVAILABLE);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	assert_true(is_exact(f));
	f->agent.away = 0;
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	assert_true(is_exact(f));
}

static void
spoil(struct audit_fixture *f, const char *name, const char *with)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/%s", f->log, name);
	if (with == NULL)
		assert_int_equal(unlink(path), 0);
	else
		assert_int_equal(
		    file_write(AT_FDCWD, path, with, strlen(with), 0640, NULL),
		    0);
}

static void
a_start_mends_what_a_power_cut_left(void **state)
{
	struct audit_fixture *f = *state;
	char path[128];

	fixture_fill(f, 700);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	fixture_close(f);
	spoil(f, "tile/0/001", NULL);
	spoil(f, "tile/0/000", "short");
	spoil(f, "tile/0/002.p/188", "");
	spoil(f, "tile/1/000.p/2", NULL);
	spoil(f, "tile/entries/000", NULL);
	spoil(f, "tile/entries/002.p/188", "x");
	spoil(f, "tile/entries/001.new", "left over");
	spoil(f, "checkpoint", "");
	/* Partial tiles of a size that was passed. */
	snprintf(path, sizeof(path), "%s/tile/0/001.p", f->log);
	assert_int_equal(mkdir(path, 0750), 0);
	spoil(f, "tile/0/001.p/7", "old");
	spoil(f, "tile/0/002.p/7", "old");
	assert_int_equal(fixture_open(f), 0);
	assert_true(is_exact(f));
}

static void
a_folder_that_is_gone_is_made_again(void **state)
{
	struct audit_fixture *f = *state;

	fixture_fill(f, 300);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	fixture_close(f);
	nftw(f->log, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(fixture_open(f), 0);
	assert_true(is_exact(f));
}

static void
a_folder_that_cannot_be_written_does_not_stop_the_start(void **state)
{
	struct audit_fixture *f = *state;

	fixture_fill(f, 300);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	fixture_close(f);
	nftw(f->log, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(mkdir(f->log, 0750), 0);
	spoil(f, "tile", "a file in the way");
	assert_int_equal(fixture_open(f), 0);
	assert_int_equal(audit_head_size(f->a), 300);
	assert_true(audit_flush(f->a, &f->e) < 0);
	spoil(f, "tile", NULL);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	assert_true(is_exact(f));
}

static void
a_snapshot_older_than_the_head_can_be_exported(void **state)
{
	struct audit_fixture *f = *state;
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(fd_closep) int fd = -1;
	char path[128];

	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	snprintf(path, sizeof(path), "%s/export", f->dir);
	assert_int_equal(mkdir(path, 0700), 0);
	fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	assert_int_equal(audit_export(f->a, &tx, fd, &f->e), -ERR_NOT_FOUND);
	fixture_fill(f, 5);
	assert_int_equal(audit_export(f->a, &tx, fd, &f->e), 0);
	nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
	assert_true(is_exact(f));
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_folder_grows_as_an_export_would_be),
		T(a_flush_with_nothing_new_writes_nothing),
		T(leaves_without_a_head_are_not_shown),
		T(a_start_mends_what_a_power_cut_left),
		T(a_folder_that_is_gone_is_made_again),
		T(a_folder_that_cannot_be_written_does_not_stop_the_start),
		T(a_snapshot_older_than_the_head_can_be_exported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
