/*
 * What was acknowledged must be there: after SIGKILL, after a power cut that
 * loses every byte not synced, and after writes and syncs that fail.
 *
 * fdatasync and fsync are replaced here: they keep a copy of each file as it
 * was when it was last synced (the disk), or fail when armed.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "base/file.h"
#include "daemon/catalog/catalog.h"
#include "tests/unit/catalog/scratch.h"

static const char table[] =
    "CREATE TABLE t (n INTEGER PRIMARY KEY, v BLOB NOT NULL) STRICT";
static const char *const schema[] = { table };

static int disk = -1; /* the folder of synced copies */
static int sync_fails, write_error;

static void
keep_copy(int fd)
{
	char link[64], path[512], *name;
	AUTO(buf_done) struct buf b = { 0 };
	AUTO(fd_closep) int out = -1;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	assert_true(n > 0);
	path[n] = '\0';
	if (strstr(path, "catalog.db") == NULL)
		return;
	name = strrchr(path, '/') + 1;
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 28, &b, NULL), 0);
	out = openat(disk, name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	assert_true(out >= 0);
	assert_int_equal(fd_write_all(out, b.p, b.len, NULL), 0);
}

static int
synced(int fd, long call)
{
	if (sync_fails) {
		errno = EIO;
		return -1;
	}
	if (disk >= 0)
		keep_copy(fd);
	return (int)syscall(call, fd);
}

int
fdatasync(int fd)
{
	return synced(fd, SYS_fdatasync);
}

int
fsync(int fd)
{
	return synced(fd, SYS_fsync);
}

static ssize_t
failing_write(int fd, const void *p, size_t n, off_t at)
{
	if (write_error != 0) {
		errno = write_error;
		return -1;
	}
	return pwrite(fd, p, n, at);
}

struct fixture {
	struct scratch s, copy;
	struct catalog *c;
	struct err e;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);

	assert_non_null(f);
	scratch_init(&f->s);
	scratch_init(&f->copy);
	assert_int_equal(vfs->xSetSystemCall(vfs, "pwrite64",
			     (sqlite3_syscall_ptr)failing_write),
	    SQLITE_OK);
	assert_int_equal(vfs->xSetSystemCall(
			     vfs, "pwrite", (sqlite3_syscall_ptr)failing_write),
	    SQLITE_OK);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	sync_fails = write_error = 0;
	catalog_freep(&f->c);
	fd_closep(&disk);
	scratch_done(&f->s);
	scratch_done(&f->copy);
	free(f);
	return 0;
}

/* Row n holds its number many times, so that half a row would be seen. */
static int
add(struct tx *tx, int64_t n, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int64_t v[40];
	int i, r;

	for (i = 0; i < 40; i++)
		v[i] = n;
	if ((r = sql_open(tx, "INSERT INTO t (n, v) VALUES (?, ?)", &q, e)) <
		0 ||
	    (r = sql_int(q, 1, n, e)) < 0 ||
	    (r = sql_blob(q, 2, v, sizeof(v), e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
add_one(struct catalog *c, int64_t n, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_begin(c, &tx, e)) < 0 || (r = add(&tx, n, e)) < 0)
		return r;
	return tx_commit(&tx, e);
}

/* How many of the rows 0 … n - 1 are there and whole. */
static int64_t
whole(struct catalog *c, int64_t n)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int64_t found = 0, v[40];
	const void *p;
	struct err e;
	size_t len;
	int i, bad;

	assert_int_equal(tx_read(c, &tx, &e), 0);
	assert_int_equal(
	    sql_open(&tx, "SELECT n, v FROM t WHERE n < ?", &q, &e), 0);
	assert_int_equal(sql_int(q, 1, n, &e), 0);
	while (sql_step(q, &e) > 0) {
		p = sql_get_blob(q, 1, &len);
		assert_int_equal(len, sizeof(v));
		memcpy(v, p, len);
		for (bad = 0, i = 0; i < 40; i++)
			bad |= v[i] != sql_get_int(q, 0);
		found += !bad;
	}
	return found;
}

/* Write rows for ever from first on; tell each that was committed. */
static void
write_until_killed(const char *path, int64_t first, int to)
{
	struct catalog *c = NULL;
	struct err e;

	if (catalog_open(path, schema, 1, &c, &e) < 0)
		_exit(1);
	for (;; first++) {
		if (add_one(c, first, &e) < 0)
			_exit(1);
		if (write(to, &first, sizeof(first)) != sizeof(first))
			_exit(1);
		if (first % 7 == 0 &&
		    catalog_checkpoint(c, first % 2 == 0, &e) < 0)
			_exit(1);
	}
}

static int64_t
run_and_kill(struct fixture *f, int64_t first, int rows)
{
	int fds[2], status;
	int64_t n, last = first - 1;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		close(fds[0]);
		write_until_killed(f->s.path, first, fds[1]);
	}
	close(fds[1]);
	while (rows-- > 0 && read(fds[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	kill(pid, SIGKILL);
	while (read(fds[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	return last + 1;
}

static void
what_was_acknowledged_outlives_sigkill(void **state)
{
	struct fixture *f = *state;
	int64_t acknowledged, next = 0;
	int round;

	for (round = 0; round < 30; round++) {
		acknowledged = run_and_kill(f, next, 1 + round * 3);
		assert_true(acknowledged > next);
		assert_int_equal(
		    catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
		assert_int_equal(whole(f->c, acknowledged), acknowledged);
		/* One more may have been committed and not told. */
		next = whole(f->c, INT64_MAX);
		assert_true(next <= acknowledged + 1);
		catalog_freep(&f->c);
	}
}

static int64_t
rows_on_disk(struct fixture *f)
{
	struct scratch cut;
	struct catalog *c = NULL;
	AUTO(buf_done) struct buf b = { 0 };
	const char *names[] = { "catalog.db", "catalog.db-wal" };
	AUTO(fd_closep) int dir = -1;
	int kept = disk;
	int64_t n;
	size_t i;

	disk = -1; /* not while we look */
	scratch_init(&cut);
	dir = open(cut.dir, O_RDONLY | O_DIRECTORY);
	for (i = 0; i < NELEMS(names); i++) {
		buf_reset(&b);
		if (file_read(kept, names[i], 1u << 28, &b, NULL) < 0)
			continue;
		assert_int_equal(
		    file_write(dir, names[i], b.p, b.len, 0600, NULL), 0);
	}
	assert_int_equal(catalog_open(cut.path, schema, 1, &c, &f->e), 0);
	n = whole(c, INT64_MAX);
	catalog_freep(&c);
	scratch_done(&cut);
	disk = kept;
	return n;
}

static void
what_was_acknowledged_outlives_a_power_cut(void **state)
{
	struct fixture *f = *state;
	int64_t n;

	disk = open(f->copy.dir, O_RDONLY | O_DIRECTORY);
	assert_true(disk >= 0);
	assert_int_equal(catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
	for (n = 0; n < 60; n++) {
		assert_int_equal(add_one(f->c, n, &f->e), 0);
		assert_int_equal(rows_on_disk(f), n + 1);
		if (n % 7 == 6)
			assert_int_equal(
			    catalog_checkpoint(f->c, n % 2, &f->e), 0);
		assert_int_equal(rows_on_disk(f), n + 1);
	}
}

static void
after_a_failed_sync_every_call_says_stop(void **state)
{
	struct fixture *f = *state;
	AUTO(tx_end) struct tx r = { 0 }, other = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
	assert_int_equal(add_one(f->c, 0, &f->e), 0);
	assert_int_equal(tx_read(f->c, &r, &f->e), 0);
	assert_int_equal(sql_open(&r, "SELECT n FROM t", &q, &f->e), 0);
	sync_fails = 1;
	assert_int_equal(add_one(f->c, 1, &f->e), -ERR_IO);
	sync_fails = 0;
	/* The disk is well again; what it lost is still lost. */
	assert_int_equal(add_one(f->c, 2, &f->e), -ERR_IO);
	assert_string_equal(f->e.tag, "catalog-stopped");
	assert_int_equal(tx_read(f->c, &other, &f->e), -ERR_IO);
	assert_int_equal(sql_step(q, &f->e), -ERR_IO);
	assert_int_equal(catalog_checkpoint(f->c, 0, &f->e), -ERR_IO);
	assert_int_equal(catalog_checkpoint(f->c, 1, &f->e), -ERR_IO);
	sql_done(&q);
	tx_end(&r);
	/* A restart goes on from what is there. */
	catalog_freep(&f->c);
	assert_int_equal(catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
	assert_int_equal(whole(f->c, 1), 1);
	assert_int_equal(add_one(f->c, 3, &f->e), 0);
}

static void
a_failed_sync_of_a_checkpoint_says_stop(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
	assert_int_equal(add_one(f->c, 0, &f->e), 0);
	sync_fails = 1;
	assert_int_equal(catalog_checkpoint(f->c, 0, &f->e), -ERR_IO);
	sync_fails = 0;
	assert_int_equal(add_one(f->c, 1, &f->e), -ERR_IO);
}

static void
a_write_that_fails_says_stop(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
	write_error = EIO;
	assert_int_equal(add_one(f->c, 0, &f->e), -ERR_IO);
	write_error = 0;
	assert_int_equal(add_one(f->c, 1, &f->e), -ERR_IO);
	catalog_freep(&f->c);
	assert_int_equal(catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
	assert_int_equal(whole(f->c, INT64_MAX), 0);
}

static void
a_full_disk_undoes_the_transaction_and_no_more(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
	assert_int_equal(add_one(f->c, 0, &f->e), 0);
	write_error = ENOSPC;
	assert_int_equal(add_one(f->c, 1, &f->e), -ERR_FULL);
	assert_int_equal(whole(f->c, INT64_MAX), 1);
	write_error = 0;
	assert_int_equal(add_one(f->c, 2, &f->e), 0);
	assert_int_equal(whole(f->c, INT64_MAX), 2);
	catalog_freep(&f->c);
	assert_int_equal(catalog_open(f->s.path, schema, 1, &f->c, &f->e), 0);
	assert_int_equal(whole(f->c, INT64_MAX), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_was_acknowledged_outlives_sigkill),
		T(what_was_acknowledged_outlives_a_power_cut),
		T(after_a_failed_sync_every_call_says_stop),
		T(a_failed_sync_of_a_checkpoint_says_stop),
		T(a_write_that_fails_says_stop),
		T(a_full_disk_undoes_the_transaction_and_no_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
