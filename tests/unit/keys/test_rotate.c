#include "fixture.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"

#define GIVEN 256
#define STEPS_MAX 200

/* The set that every test here destroys, of the 256 numbers given. */
static const uint64_t doomed[] = { 1, 2, 17, 100, 256 };

static int
is_doomed(uint64_t number)
{
	size_t i;

	for (i = 0; i < NELEMS(doomed); i++)
		if (doomed[i] == number)
			return 1;
	return 0;
}

struct before {
	uint8_t keys[GIVEN + 1][32];
	uint8_t detail[32], search[32];
	struct hash root;
};

#define MONTH (2026 * 12 + 10)

static void
prepare(struct fixture *f, struct before *b)
{
	AUTO(secret_done) struct secret keys = { 0 };
	AUTO(secret_done) struct secret detail = { 0 };
	AUTO(secret_done) struct secret search = { 0 };
	uint64_t first;
	uint32_t count, generation;

	fixture_open(f);
	assert_ok(safe_draw(&f->safe, &first, &count, &keys, &f->e));
	assert_int_equal(first, 1);
	assert_int_equal(count, GIVEN);
	memcpy(b->keys[1], keys.p, keys.len);
	assert_ok(safe_detail(&f->safe, MONTH, &detail, &f->e));
	memcpy(b->detail, detail.p, 32);
	assert_ok(safe_search(&f->safe, &search, &generation, &f->e));
	memcpy(b->search, search.p, 32);
	fixture_sign_log(f, 5, &b->root);
}

static int
rotate(struct fixture *f, const struct before *b, uint64_t *destroyed)
{
	struct safe_rotate q = { .set = { .numbers = doomed,
				     .n = NELEMS(doomed) },
		.leaf = 4,
		.size = 5,
		.root = b->root };

	return safe_rotate(&f->safe, &q, destroyed, &f->e);
}

/* 1 when every key is there, 0 when all but the doomed ones are. */
static int
check_keys(struct fixture *f, const struct before *b)
{
	uint8_t key[32];
	int all = fixture_key(f, doomed[0], key) == 0;
	uint64_t i;

	for (i = 1; i <= GIVEN; i++) {
		if (!all && is_doomed(i)) {
			assert_err(fixture_key(f, i, key), ERR_NOT_FOUND);
			continue;
		}
		assert_ok(fixture_key(f, i, key));
		assert_memory_equal(key, b->keys[i], 32);
	}
	return all;
}

static int
count_generations(const struct fixture *f)
{
	DIR *d = opendir(f->path);
	struct dirent *at;
	int n = 0;

	assert_non_null(d);
	while ((at = readdir(d)) != NULL) {
		n += strncmp(at->d_name, "gen-", 4) == 0;
		assert_true(strncmp(at->d_name, ".tmp-", 5) != 0);
	}
	closedir(d);
	return n;
}

static void
the_named_keys_are_gone_and_the_others_stay(void **state)
{
	struct fixture *f = *state;
	struct before b;
	uint64_t destroyed = 0;
	AUTO(secret_done) struct secret search = { 0 };
	uint32_t generation;

	prepare(f, &b);
	assert_ok(rotate(f, &b, &destroyed));
	assert_int_equal(destroyed, NELEMS(doomed));
	assert_int_equal(check_keys(f, &b), 0);
	assert_int_equal(count_generations(f), 1);
	assert_ok(safe_search(&f->safe, &search, &generation, &f->e));
	assert_int_equal(generation, 2);
	assert_memory_not_equal(search.p, b.search, 32);
	fixture_restart(f);
	fixture_open(f);
	assert_int_equal(check_keys(f, &b), 0);
}

static void
the_same_call_again_destroys_nothing_more(void **state)
{
	struct fixture *f = *state;
	struct before b;
	uint64_t destroyed = 0;

	prepare(f, &b);
	assert_ok(rotate(f, &b, &destroyed));
	assert_ok(rotate(f, &b, &destroyed));
	assert_int_equal(destroyed, 0);
	assert_int_equal(check_keys(f, &b), 0);
}

struct killer {
	int left;	/* steps until the end */
	const char *at; /* the step it came at */
};

static void
count_step(void *arg, const char *what)
{
	struct killer *k = arg;

	k->at = what;
	k->left++;
}

static void
die_at_step(void *arg, const char *what)
{
	struct killer *k = arg;

	(void)what;
	if (k->left-- == 0)
		raise(SIGKILL);
}

/*
 * A child rotates and is killed before step n. 1 when it was, 0 when it got
 * through.
 */
static int
rotate_and_die(struct fixture *f, const struct before *b, int n)
{
	struct killer k = { .left = n };
	uint64_t destroyed;
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct safe child;

		/* The parent let go of the folder; the child takes it. */
		memset(&child, 0, sizeof(child));
		f->safe = child;
		if (safe_load(&f->spec, &f->safe, &f->e) < 0 ||
		    fixture_unseal(f, FIXTURE_PASS) < 0)
			_exit(3);
		f->safe.dir.step = die_at_step;
		f->safe.dir.step_arg = &k;
		_exit(rotate(f, b, &destroyed) == 0 ? 0 : 4);
	}
	assert_true(waitpid(pid, &status, 0) == pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return 1;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	return 0;
}

static void
killed_at_any_step_it_holds_all_or_exactly_the_rest(void **state)
{
	struct fixture *f = *state;
	struct before b;
	char saved[80];
	uint64_t destroyed;
	int n, killed, all, kept = 0, gone = 0;

	prepare(f, &b);
	safe_done(&f->safe);
	snprintf(saved, sizeof(saved), "%s-saved", f->path);
	tree_copy(f->path, saved);
	for (n = 0; n < STEPS_MAX; n++) {
		tree_remove(f->path);
		tree_copy(saved, f->path);
		killed = rotate_and_die(f, &b, n);
		assert_ok(safe_load(&f->spec, &f->safe, &f->e));
		/* Also while sealed: only the current one is left. */
		assert_int_equal(count_generations(f), 1);
		fixture_open(f);
		all = check_keys(f, &b);
		kept += all;
		gone += !all;
		assert_true(all == 0 || killed);
		/* The commit is one moment: never back to all after it. */
		assert_true(all == 0 || gone == 0);
		assert_ok(rotate(f, &b, &destroyed));
		assert_int_equal(destroyed, all ? NELEMS(doomed) : 0);
		assert_int_equal(check_keys(f, &b), 0);
		safe_done(&f->safe);
		if (!killed)
			break;
	}
	tree_remove(saved);
	assert_true(n < STEPS_MAX);
	/* Steps on both sides of the commit were tried. */
	assert_true(kept >= 5 && gone >= 5);
	assert_ok(safe_load(&f->spec, &f->safe, &f->e));
}

/* What root would be gone: every old file's bytes, held open before. */
static void
old_files_are_overwritten_before_they_go(void **state)
{
	struct fixture *f = *state;
	static const char *const names[] = { "keystore", "keyring",
		"slot-passphrase" };
	struct buf was[3] = { { 0 } };
	AUTO(buf_done) struct buf is = { 0 };
	struct before b;
	uint64_t destroyed;
	char path[128];
	int fd[3];
	size_t i;

	prepare(f, &b);
	for (i = 0; i < 3; i++) {
		snprintf(path, sizeof(path), "%s/gen-1/%s", f->path, names[i]);
		fd[i] = open(path, O_RDONLY);
		assert_true(fd[i] >= 0);
		assert_ok(fd_read_to_end(fd[i], 1 << 20, &was[i], &f->e));
	}
	assert_ok(rotate(f, &b, &destroyed));
	for (i = 0; i < 3; i++) {
		assert_true(lseek(fd[i], 0, SEEK_SET) == 0);
		buf_reset(&is);
		assert_ok(fd_read_to_end(fd[i], 1 << 20, &is, &f->e));
		assert_int_equal(is.len, was[i].len);
		assert_memory_not_equal(is.p, was[i].p, 56);
		assert_memory_not_equal(
		    is.p + is.len - 56, was[i].p + is.len - 56, 56);
		close(fd[i]);
		buf_done(&was[i]);
	}
}

/* Today's keys open nothing of an older copy of the keys folder. */
static void
an_old_keystore_does_not_open_under_todays_keyring(void **state)
{
	struct fixture *f = *state;
	AUTO(keystore_done) struct keystore old = { .n = 0 };
	AUTO(keyring_done) struct keyring ring = { 0 };
	AUTO(fd_closep) int dir = -1;
	struct before b;
	char saved[80], gen[96];
	uint64_t destroyed;

	prepare(f, &b);
	snprintf(saved, sizeof(saved), "%s-old", f->path);
	tree_copy(f->path, saved);
	assert_ok(rotate(f, &b, &destroyed));
	snprintf(gen, sizeof(gen), "%s/gen-1", saved);
	dir = open(gen, O_RDONLY | O_DIRECTORY);
	assert_true(dir >= 0);
	assert_err(keystore_load(dir, &f->spec.vault, f->safe.keys.ring.k->kek,
		       &old, &f->e),
	    ERR_INTEGRITY);
	assert_err(keyring_load(dir, &f->spec.vault, 1, &f->safe.keys.root,
		       &ring, &f->e),
	    ERR_INTEGRITY);
	tree_remove(saved);
}

static void
a_catalog_that_is_not_the_signed_log_destroys_nothing(void **state)
{
	struct fixture *f = *state;
	struct safe_rotate q = { .set = { .numbers = doomed,
				     .n = NELEMS(doomed) },
		.leaf = 4,
		.size = 5 };
	struct before b;
	uint64_t destroyed = 99;

	prepare(f, &b);
	q.root = b.root;
	q.size = 4; /* rolled back */
	assert_err(
	    safe_rotate(&f->safe, &q, &destroyed, &f->e), ERR_INCONSISTENT);
	q.size = 6; /* ahead of what was signed */
	assert_err(
	    safe_rotate(&f->safe, &q, &destroyed, &f->e), ERR_INCONSISTENT);
	q.size = 5;
	q.root.b[0] ^= 1; /* a fork */
	assert_err(
	    safe_rotate(&f->safe, &q, &destroyed, &f->e), ERR_INCONSISTENT);
	q.root = b.root;
	q.leaf = 5; /* a leaf that the log does not hold */
	assert_err(
	    safe_rotate(&f->safe, &q, &destroyed, &f->e), ERR_INCONSISTENT);
	assert_int_equal(destroyed, 99);
	assert_int_equal(check_keys(f, &b), 1);
	assert_int_equal(f->safe.generation, 1);
}

static void
without_any_signed_head_nothing_is_destroyed(void **state)
{
	struct fixture *f = *state;
	struct safe_rotate q = { .size = 0 };
	uint64_t destroyed;

	fixture_open(f);
	assert_err(
	    safe_rotate(&f->safe, &q, &destroyed, &f->e), ERR_INCONSISTENT);
}

static void
a_set_out_of_order_or_never_given_is_refused(void **state)
{
	struct fixture *f = *state;
	static const uint64_t back[] = { 3, 2 }, twice[] = { 2, 2 },
			      ahead[] = { 2, GIVEN + 1 };
	static const uint32_t months[] = { MONTH, MONTH };
	struct safe_rotate q = { .leaf = 4, .size = 5 };
	struct before b;
	uint64_t destroyed;

	prepare(f, &b);
	q.root = b.root;
	q.set.n = 2;
	q.set.numbers = back;
	assert_err(safe_rotate(&f->safe, &q, &destroyed, &f->e), ERR_INVALID);
	q.set.numbers = twice;
	assert_err(safe_rotate(&f->safe, &q, &destroyed, &f->e), ERR_INVALID);
	q.set.numbers = ahead;
	assert_err(safe_rotate(&f->safe, &q, &destroyed, &f->e), ERR_INVALID);
	q.set.n = 0;
	q.set.months = months;
	q.set.nmonths = 2;
	assert_err(safe_rotate(&f->safe, &q, &destroyed, &f->e), ERR_INVALID);
	assert_int_equal(check_keys(f, &b), 1);
}

static void
an_expired_month_stays_expired_after_a_restart(void **state)
{
	struct fixture *f = *state;
	static const uint32_t months[] = { MONTH };
	AUTO(secret_done) struct secret key = { 0 };
	struct safe_rotate q = {
		.set = { .months = months, .nmonths = 1 }, .leaf = 4, .size = 5
	};
	struct before b;
	uint64_t destroyed;

	prepare(f, &b);
	q.root = b.root;
	assert_ok(safe_rotate(&f->safe, &q, &destroyed, &f->e));
	assert_err(safe_detail(&f->safe, MONTH, &key, &f->e), ERR_NOT_FOUND);
	fixture_restart(f);
	fixture_open(f);
	assert_err(safe_detail(&f->safe, MONTH, &key, &f->e), ERR_NOT_FOUND);
	assert_ok(safe_detail(&f->safe, MONTH + 1, &key, &f->e));
}

static void
a_rotate_that_cannot_be_written_leaves_all_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct before b;
	uint64_t destroyed;
	char path[96];
	int fd;

	if (geteuid() == 0) {
		/* Rights stop nobody here: a file in the folder's place. */
		prepare(f, &b);
		snprintf(path, sizeof(path), "%s/gen-2", f->path);
		fd = open(path, O_WRONLY | O_CREAT, 0600);
		assert_true(fd >= 0);
		close(fd);
		assert_true(rotate(f, &b, &destroyed) < 0);
		assert_int_equal(f->safe.generation, 1);
		assert_int_equal(f->safe.open, 1);
		assert_int_equal(check_keys(f, &b), 1);
		unlink(path);
		return;
	}
	prepare(f, &b);
	assert_true(fchmod(f->safe.dir.fd, 0500) == 0);
	assert_true(rotate(f, &b, &destroyed) < 0);
	assert_true(fchmod(f->safe.dir.fd, 0700) == 0);
	assert_int_equal(check_keys(f, &b), 1);
}

static void
the_steps_come_in_their_order(void **state)
{
	struct fixture *f = *state;
	struct killer k = { .left = 0 };
	struct before b;
	uint64_t destroyed;

	prepare(f, &b);
	f->safe.dir.step = count_step;
	f->safe.dir.step_arg = &k;
	assert_ok(rotate(f, &b, &destroyed));
	/* The old folder is the last thing to go. */
	assert_string_equal(k.at, "rmdir");
	assert_true(k.left >= 12);
}

#define WITH(t)                                                                \
	cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(the_named_keys_are_gone_and_the_others_stay),
		WITH(the_same_call_again_destroys_nothing_more),
		WITH(killed_at_any_step_it_holds_all_or_exactly_the_rest),
		WITH(old_files_are_overwritten_before_they_go),
		WITH(an_old_keystore_does_not_open_under_todays_keyring),
		WITH(a_catalog_that_is_not_the_signed_log_destroys_nothing),
		WITH(without_any_signed_head_nothing_is_destroyed),
		WITH(a_set_out_of_order_or_never_given_is_refused),
		WITH(an_expired_month_stays_expired_after_a_restart),
		WITH(a_rotate_that_cannot_be_written_leaves_all_as_it_was),
		WITH(the_steps_come_in_their_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
