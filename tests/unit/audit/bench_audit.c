/*
 * Leaves a second: append + commit + settle in groups of 64, with an agent
 * that syncs each head as the real one does, and a flush twice a second's
 * worth; then the time to open a log of that many leaves.
 *
 *   bench-audit [LEAVES]
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/audit/audit_fixture.h"

#define GROUP 64

static double
seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
group(struct audit_fixture *f, int64_t now)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct actor who = { 1000, "claire", "caseworker" };
	struct audit_entry en = { .klass = LEAF_DOC_FILE, .actor = &who };
	uint64_t seq;
	int i;

	en.detail = json_pack("{s:s, s:s, s:s, s:i}", "purpose", "follow-up",
	    "case", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "rule",
	    "caseworker-files-own-cases", "line", 12);
	assert_int_equal(tx_begin(f->c, &tx, &f->e), 0);
	for (i = 0; i < GROUP; i++) {
		en.object.b[0] = (uint8_t)i;
		assert_int_equal(tx_mark(&tx, &f->e), 0);
		assert_int_equal(
		    audit_append(&tx, f->a, &en, now, &seq, &f->e), 0);
		assert_int_equal(tx_release(&tx, &f->e), 0);
	}
	assert_int_equal(tx_commit(&tx, &f->e), 0);
	assert_int_equal(audit_settle(f->a, &f->e), 0);
	json_decref(en.detail);
}

int
main(int argc, char **argv)
{
	uint64_t leaves = argc > 1 ? strtoull(argv[1], NULL, 10) : 100000;
	struct audit_fixture f;
	double start, shown, folded;
	uint64_t n;

	fixture_init(&f);
	f.agent.sync_fd = open(f.dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	start = shown = folded = seconds();
	for (n = 0; n < leaves; n += GROUP) {
		group(&f, NOW + (int64_t)n);
		if (seconds() - shown > 0.5) {
			assert_int_equal(audit_flush(f.a, &f.e), 0);
			shown = seconds();
		}
		if (seconds() - folded > 2) {
			assert_int_equal(catalog_checkpoint(f.c, 0, &f.e), 0);
			folded = seconds();
		}
	}
	printf("%llu leaves, groups of %d: %.0f leaves/s\n",
	    (unsigned long long)n, GROUP, (double)n / (seconds() - start));
	assert_int_equal(audit_flush(f.a, &f.e), 0);
	start = seconds();
	fixture_close(&f);
	printf("closed in %.2f s\n", seconds() - start);
	start = seconds();
	assert_int_equal(fixture_open(&f), 0);
	printf("opened in %.2f s\n", seconds() - start);
	fixture_done(&f);
	return 0;
}
