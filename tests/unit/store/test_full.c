/*
 * A disk that really fills: a small tmpfs in a mount namespace of its own.
 * Skipped where that is not allowed.
 */
#include "tests/unit/store/vault.h"

#include <sched.h>
#include <sys/mount.h>
#include <unistd.h>

#define DISK "size=24m"
#define RESERVE (6u << 20)

/* 1 when it is filed, 0 when it was refused for want of room. */
static int
try_file(struct vault *v, unsigned k, size_t n)
{
	AUTO(stage_freep) struct stage *g = NULL;
	AUTO(mem_freep) uint8_t *p = malloc(n);
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id = vault_owner(k);
	int r;

	assert_non_null(p);
	vault_bytes(k, p, n);
	assert_int_equal(stage_new(v->s, &g, &v->e), 0);
	if ((r = stage_write(g, p, n, &v->e)) == 0 &&
	    (r = stage_finish(g, &v->e)) == 0)
		r = store_append(v->s, &g, 1, &v->e);
	if (r < 0) {
		assert_int_equal(r, -ERR_FULL);
		assert_string_equal(err_name(&v->e), "disk-reserve");
		return 0;
	}
	assert_int_equal(tx_begin(v->c, &tx, &v->e), 0);
	assert_int_equal(store_place(&tx, g, STORE_DOCUMENTS, &id, 1,
			     STORE_CONTENT, 1, &v->e),
	    0);
	assert_int_equal(tx_commit(&tx, &v->e), 0);
	return 1;
}

static void
check_filed(struct vault *v, unsigned n)
{
	uint64_t blobs;
	unsigned i;

	for (i = 0; i < n; i++) {
		struct id id = vault_owner(i);

		assert_int_equal(
		    vault_read(v, &id, 1, STORE_CONTENT, i, 300000), 0);
	}
	assert_int_equal(store_verify(v->s, &blobs, &v->e), 0);
	assert_int_equal(blobs, n);
	vault_check_python(v);
}

static void
filled_refused_and_freed_again(struct vault *v, unsigned want)
{
	struct id id;
	unsigned n = 0;

	while (try_file(v, n, 300000))
		n++;
	assert_true(n >= want);
	assert_int_equal(try_file(v, 1000, 12u << 20), 0);
	assert_int_equal(vault_files(v, "incoming", ".seg"), 0);
	check_filed(v, n);
	vault_again(v);
	check_filed(v, n);
	/* Erasing makes room, also on a disk that is full. */
	for (; n > 2; n--) {
		id = vault_owner(n - 1);
		vault_forget(v, &id, 0);
	}
	vault_sweep(v, 0);
	check_filed(v, n);
	assert_int_equal(try_file(v, n, 300000), 1);
	vault_publish(v);
	vault_fsck(v);
}

static int
setup(void **state)
{
	if (unshare(CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", "/mnt", "tmpfs", 0, DISK) < 0) {
		print_message("no small disk can be made here: skipped\n");
		return -1;
	}
	setenv("TMPDIR", "/mnt", 1);
	return vault_setup(state);
}

static void
at_the_reserve_filings_stop_and_all_else_goes_on(void **state)
{
	struct vault *v;

	if (setup(state) < 0)
		skip();
	v = *state;
	v->reserve = RESERVE;
	vault_again(v);
	filled_refused_and_freed_again(v, 30);
	vault_teardown(state);
	assert_int_equal(umount("/mnt"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    at_the_reserve_filings_stop_and_all_else_goes_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
