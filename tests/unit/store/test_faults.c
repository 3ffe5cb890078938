/*
 * The n-th write, sync, rename or allocation fails, for each n until the
 * call gets through: what was acknowledged stays, and the store opens and
 * works again.
 */
#include "tests/unit/store/vault.h"

#include <errno.h>
#include <sys/types.h>
#include <sys/uio.h>

#include "tests/fault/fault.h"

#define N 4000
#define TOO_MANY 400

/* The appends' own call, which fault.c does not have. */
ssize_t __real_pwritev64(int fd, const struct iovec *v, int n, off_t at);
ssize_t __wrap_pwritev64(int fd, const struct iovec *v, int n, off_t at);

static int appends_fail; /* errno, or 0; -1: half is written, then ENOSPC */

ssize_t
__wrap_pwritev64(int fd, const struct iovec *v, int n, off_t at)
{
	if (appends_fail == -1) {
		struct iovec half = { v->iov_base, v->iov_len / 2 };

		appends_fail = ENOSPC;
		return __real_pwritev64(fd, &half, 1, at);
	}
	if (appends_fail != 0) {
		errno = appends_fail;
		return -1;
	}
	return __real_pwritev64(fd, v, n, at);
}

static int
try_append(struct vault *v, struct stage **g, uint64_t seed, size_t n)
{
	AUTO(mem_freep) uint8_t *p = calloc(1, n);
	int r;

	if (p == NULL)
		return err_set(&v->e, ERR_NOMEM, "test");
	vault_bytes(seed, p, n);
	if ((r = stage_new(v->s, g, &v->e)) < 0 ||
	    (r = stage_write(*g, p, n, &v->e)) < 0 ||
	    (r = stage_finish(*g, &v->e)) < 0)
		return r;
	return store_append(v->s, g, 1, &v->e);
}

/* File, with every result looked at: 1 when it is committed. */
static int
try_file(struct vault *v, unsigned k, size_t n)
{
	AUTO(stage_freep) struct stage *g = NULL;
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id = vault_owner(k);
	int r;

	if ((r = try_append(v, &g, k, n)) < 0 ||
	    (r = tx_begin(v->c, &tx, &v->e)) < 0 ||
	    (r = store_place(
		 &tx, g, STORE_DOCUMENTS, &id, 1, STORE_CONTENT, 1, &v->e)) < 0)
		return r;
	return tx_commit(&tx, &v->e);
}

static void
check(struct vault *v, unsigned k, size_t n)
{
	struct id id = vault_owner(k);

	assert_int_equal(vault_read(v, &id, 1, STORE_CONTENT, k, n), 0);
}

static void
restart_and_check(struct vault *v)
{
	uint64_t blobs;

	vault_again(v);
	check(v, 0, N);
	check(v, 1, N);
	assert_int_equal(store_verify(v->s, &blobs, &v->e), 0);
}

static void
sweep_faults(struct vault *v, enum fault_kind kind, size_t n)
{
	static unsigned k = 100; /* no document is filed twice */
	unsigned i, fired = 1;
	int r;

	for (i = 1; fired > 0; i++, k++) {
		assert_true(i < TOO_MANY);
		fault_arm(kind, i);
		r = try_file(v, k, n);
		fired = fault_disarm();
		if (r == 0) {
			check(v, k, n);
			continue;
		}
		assert_true(fired > 0);
		if (kind == FAULT_SYNC)
			assert_int_equal(r, -ERR_IO);
		restart_and_check(v);
	}
	vault_publish(v);
	vault_sweep(v, 0);
	vault_fsck(v);
}

static void
every_failed_call_of_a_filing_leaves_a_sound_store(void **state)
{
	static const enum fault_kind kinds[] = { FAULT_ALLOC, FAULT_WRITE,
		FAULT_SHORT, FAULT_BROKEN, FAULT_SYNC, FAULT_RENAME };
	struct vault *v = *state;
	size_t i;

	for (i = 0; i < NELEMS(kinds); i++) {
		sweep_faults(v, kinds[i], 3000);
		sweep_faults(v, kinds[i], 10u << 20);
	}
}

/* Publication and sweep, with one document to forget and nothing to sign:
 * the vault's hooks do not expect to fail. */
static void
every_failed_call_of_a_sweep_leaves_a_sound_store(void **state)
{
	static const enum fault_kind kinds[] = { FAULT_ALLOC, FAULT_WRITE,
		FAULT_SHORT, FAULT_BROKEN, FAULT_SYNC, FAULT_RENAME };
	struct vault *v = *state;
	unsigned i, fired, k = 10000;
	size_t j;
	int r;

	for (j = 0; j < NELEMS(kinds); j++) {
		for (i = 1, fired = 1; fired > 0; i++, k++) {
			struct id gone = vault_owner(k);

			assert_true(i < TOO_MANY);
			vault_file(v, &gone, 1, STORE_CONTENT, k, N);
			vault_publish(v);
			vault_forget(v, &gone, 0);
			fault_arm(kinds[j], i);
			r = store_sweep(v->s, &v->hooks, 0, &v->rep, &v->e);
			fired = fault_disarm();
			if (r < 0) {
				assert_true(fired > 0);
				restart_and_check(v);
				vault_sweep(v, 0);
			}
			assert_false(vault_holds(v, k));
			check(v, 0, N);
		}
		vault_fsck(v);
	}
}

static void
after_a_failed_sync_nothing_is_appended(void **state)
{
	struct vault *v = *state;

	fault_arm(FAULT_SYNC, 1);
	assert_int_equal(try_file(v, 5, 3000), -ERR_IO);
	assert_int_equal(fault_disarm(), 1);
	assert_int_equal(try_file(v, 6, 3000), -ERR_IO);
	assert_int_equal(
	    store_publish(v->s, &v->hooks, &v->rep, &v->e), -ERR_IO);
	check(v, 0, N);
	vault_again(v);
	assert_int_equal(try_file(v, 6, 3000), 0);
	check(v, 6, 3000);
}

static void
a_full_disk_leaves_nothing_of_the_group(void **state)
{
	static const int ways[] = { ENOSPC, EDQUOT, -1 };
	struct vault *v = *state;
	unsigned i;

	for (i = 0; i < NELEMS(ways); i++) {
		appends_fail = ways[i];
		assert_int_equal(try_file(v, 50 + i, 3000), -ERR_FULL);
		assert_string_equal(err_name(&v->e), "disk-reserve");
		appends_fail = 0;
		assert_false(vault_holds(v, 50 + i));
		assert_int_equal(try_file(v, 60 + i, 3000), 0);
	}
	vault_check_python(v);
	for (i = 0; i < NELEMS(ways); i++)
		check(v, 60 + i, 3000);
	vault_publish(v);
	vault_fsck(v);
}

static int
setup(void **state)
{
	struct id id;
	unsigned i;

	vault_setup(state);
	for (i = 0; i < 2; i++) {
		id = vault_owner(i);
		vault_file(*state, &id, 1, STORE_CONTENT, i, N);
	}
	return 0;
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, vault_teardown)
	const struct CMUnitTest tests[] = {
		T(every_failed_call_of_a_filing_leaves_a_sound_store),
		T(every_failed_call_of_a_sweep_leaves_a_sound_store),
		T(after_a_failed_sync_nothing_is_appended),
		T(a_full_disk_leaves_nothing_of_the_group),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
