/*
 * The n-th allocation, write, sync or rename of a group of leaves fails,
 * until the group gets through. Whatever failed, the tree is the catalog's:
 * the log goes on, opens again, and every leaf is right.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/fault/fault.h"
#include "tests/unit/audit/audit_fixture.h"

#define ROUNDS_MAX 3000

static struct actor claire = { 1000, "claire", "caseworker" };

static int
setup(void **state)
{
	struct audit_fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	fixture_init(f);
	/* So that the group under test fills a tile. */
	fixture_fill(f, 254);
	assert_int_equal(audit_flush(f->a, &f->e), 0);
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

static int
append_three(struct audit_fixture *f, struct tx *tx)
{
	struct audit_entry en = { .klass = LEAF_DOC_FILE, .actor = &claire };
	uint64_t seq;
	int i, r = 0;

	for (i = 0; i < 3 && r == 0; i++)
		r = audit_append(tx, f->a, &en, NOW, &seq, &f->e);
	return r;
}

/* As the committer does it. *done: the leaves are durable. */
static int
group(struct audit_fixture *f, int *done)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t mark = audit_mark(f->a);
	int r;

	*done = 0;
	if ((r = tx_begin(f->c, &tx, &f->e)) < 0)
		return r;
	if ((r = append_three(f, &tx)) < 0 || (r = tx_commit(&tx, &f->e)) < 0) {
		audit_rewind(f->a, mark);
		return r;
	}
	*done = 1;
	if ((r = audit_settle(f->a, &f->e)) < 0)
		return r;
	return audit_flush(f->a, &f->e);
}

static void
look(struct audit_fixture *f, uint64_t size)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(tlog_proof_done) struct tlog_proof p = { 0 };
	uint64_t n;

	assert_int_equal(audit_mark(f->a), size);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	assert_int_equal(audit_size(f->a), size);
	assert_int_equal(audit_proof(f->a, size - 1, &p, &f->e), 0);
	assert_int_equal(tx_read(f->c, &tx, &f->e), 0);
	assert_int_equal(audit_check(f->a, &tx, &n, &f->e), 0);
	assert_int_equal(n, size);
}

static void
sweep(struct audit_fixture *f, enum fault_kind kind)
{
	uint64_t size = audit_size(f->a);
	unsigned n, faults = 1;
	int done, r;

	for (n = 1; faults > 0; n++) {
		assert_true(n < ROUNDS_MAX);
		fault_arm(kind, n);
		r = group(f, &done);
		faults = fault_disarm();
		if (faults == 0)
			assert_int_equal(r, 0);
		size += done ? 3 : 0;
		look(f, size);
		if (n % 8 != 1 && faults > 0)
			continue;
		/* What is on disk is what is in memory. */
		fixture_close(f);
		assert_int_equal(fixture_open(f), 0);
		look(f, size);
	}
	assert_int_equal(audit_flush(f->a, &f->e), 0);
}

static void
no_allocation_that_fails_parts_tree_and_catalog(void **state)
{
	sweep(*state, FAULT_ALLOC);
}

static void
no_write_that_fails_does(void **state)
{
	sweep(*state, FAULT_WRITE);
	sweep(*state, FAULT_BROKEN);
}

static void
no_sync_that_fails_does(void **state)
{
	sweep(*state, FAULT_SYNC);
}

static void
no_rename_that_fails_does(void **state)
{
	sweep(*state, FAULT_RENAME);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(no_allocation_that_fails_parts_tree_and_catalog),
		T(no_write_that_fails_does),
		T(no_sync_that_fails_does),
		T(no_rename_that_fails_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
