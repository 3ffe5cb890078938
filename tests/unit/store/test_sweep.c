/* Sweeping: what is dead is physically gone, what lives is untouched. */
#include "tests/unit/store/vault.h"

#include <pthread.h>

#define MANY 40

static void
file_many(struct vault *v, unsigned first, unsigned n, size_t size)
{
	unsigned i;

	for (i = first; i < first + n; i++) {
		struct id id = vault_owner(i);

		vault_file(v, &id, 1, STORE_CONTENT, i, size + i);
		vault_file(v, &id, 1, STORE_MANIFEST, 10000 + i, 300);
	}
}

static void
check_many(struct vault *v, unsigned first, unsigned n, size_t size)
{
	unsigned i;

	for (i = first; i < first + n; i++) {
		struct id id = vault_owner(i);

		assert_int_equal(
		    vault_read(v, &id, 1, STORE_CONTENT, i, size + i), 0);
		assert_int_equal(
		    vault_read(v, &id, 1, STORE_MANIFEST, 10000 + i, 300), 0);
	}
}

static void
the_erased_is_gone_and_the_rest_is_there(void **state)
{
	struct vault *v = *state;
	struct id gone = vault_owner(7);
	uint64_t blobs;

	file_many(v, 0, MANY, 20000);
	vault_publish(v);
	assert_true(vault_holds(v, 7));
	vault_forget(v, &gone, 0);
	vault_publish(v);
	assert_true(vault_holds(v, 7));
	vault_sweep(v, 0);
	assert_false(vault_holds(v, 7));
	assert_false(vault_holds(v, 10007));
	assert_true(v->rep.dead_bytes > 20000);
	/* Two blobs, a tree, a commit. */
	assert_int_equal(v->rep.dropped_objects, 4);
	check_many(v, 0, 7, 20000);
	check_many(v, 8, MANY - 8, 20000);
	vault_fsck(v);
	vault_check_signatures(v);
	vault_check_mirror(v, MANY);
	vault_check_python(v);
	assert_int_equal(store_verify(v->s, &blobs, &v->e), 0);
	assert_int_equal(blobs, 2 * (MANY - 1));
	vault_again(v);
	check_many(v, 8, MANY - 8, 20000);
	vault_fsck(v);
}

static void
a_sweep_publishes_before_it_drops(void **state)
{
	struct vault *v = *state;
	struct id gone = vault_owner(3);

	file_many(v, 0, 5, 1000);
	vault_publish(v);
	vault_forget(v, &gone, 0);
	file_many(v, 5, 5, 1000);
	vault_sweep(v, 0);
	assert_false(vault_holds(v, 3));
	vault_fsck(v);
	check_many(v, 4, 6, 1000);
}

static void
with_nothing_dead_nothing_moves(void **state)
{
	struct vault *v = *state;

	file_many(v, 0, 5, 1000);
	vault_sweep(v, 0);
	assert_int_equal(v->rep.segments, 0);
	vault_sweep(v, 0);
	assert_int_equal(v->rep.segments, 0);
	assert_int_equal(v->rep.dead_bytes, 0);
}

static void
a_share_leaves_what_is_mostly_living(void **state)
{
	struct vault *v = *state;
	struct id gone = vault_owner(1);

	file_many(v, 0, 20, 10000);
	vault_publish(v);
	vault_forget(v, &gone, 0);
	vault_sweep(v, 0.2);
	assert_int_equal(v->rep.segments, 0);
	assert_true(vault_holds(v, 1));
	vault_sweep(v, 0.01);
	assert_true(v->rep.segments > 0);
	assert_false(vault_holds(v, 1));
}

static void
when_all_is_forgotten_nothing_is_left(void **state)
{
	struct vault *v = *state;
	unsigned i;

	file_many(v, 0, 5, 9u << 20);
	vault_publish(v);
	for (i = 0; i < 5; i++) {
		struct id id = vault_owner(i);

		vault_forget(v, &id, 0);
	}
	vault_sweep(v, 0);
	for (i = 0; i < 5; i++)
		assert_false(vault_holds(v, i));
	/* The vault's own tree and commit. */
	assert_int_equal(vault_files(v, "objects/pack", ".pack"), 1);
	vault_fsck(v);
	vault_check_mirror(v, 1);
	assert_int_equal(vault_count(v, "SELECT count(*) FROM chunk"), 0);
	assert_int_equal(vault_count(v, "SELECT count(*) FROM published"), 0);
	assert_int_equal(vault_count(v, "SELECT count(*) FROM branch"), 1);
	assert_int_equal(vault_count(v, "SELECT count(*) FROM history"), 2);
}

static void
many_small_packs_become_one(void **state)
{
	struct vault *v = *state;
	unsigned i;

	for (i = 0; i < 6; i++) {
		file_many(v, i, 1, 1000);
		vault_publish(v);
	}
	assert_true(vault_files(v, "objects/pack", ".pack") > 8);
	vault_sweep(v, 0.2);
	assert_int_equal(vault_files(v, "objects/pack", ".pack"), 1);
	assert_int_equal(vault_files(v, "objects/pack", ".idx"), 1);
	check_many(v, 0, 6, 1000);
	vault_fsck(v);
}

static void
a_reader_that_is_open_reads_on(void **state)
{
	AUTO(store_reader_freep) struct store_reader *rd = NULL;
	AUTO(mem_freep) uint8_t *want = malloc(3u << 20);
	AUTO(buf_done) struct buf b = { 0 };
	struct vault *v = *state;
	struct id a = vault_owner(1);
	size_t at;

	assert_non_null(want);
	vault_bytes(1, want, 3u << 20);
	vault_file(v, &a, 1, STORE_CONTENT, 1, 3u << 20);
	vault_publish(v);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_read(v->c, &tx, &v->e), 0);
		assert_int_equal(store_reader_open(v->s, &tx, &a, 1,
				     STORE_CONTENT, &rd, &v->e),
		    0);
	}
	vault_forget(v, &a, 0);
	vault_sweep(v, 0);
	assert_false(vault_holds(v, 1));
	for (at = 0; at < 3u << 20; at += b.len) {
		assert_int_equal(store_reader_next(rd, &b, &v->e), 0);
		assert_true(b.len > 0);
		assert_memory_equal(b.p, want + at, b.len);
	}
}

static void
a_snapshot_older_than_the_sweep_still_reads(void **state)
{
	AUTO(store_reader_freep) struct store_reader *rd = NULL;
	AUTO(store_reader_freep) struct store_reader *none = NULL;
	struct vault *v = *state;
	struct id a = vault_owner(1), b = vault_owner(2);
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf got = { 0 };

	vault_file(v, &a, 1, STORE_CONTENT, 1, 5000);
	vault_file(v, &b, 1, STORE_CONTENT, 2, 5000);
	vault_file(v, &a, 2, STORE_CONTENT, 3, 5000);
	vault_file(v, &b, 2, STORE_CONTENT, 4, 5000);
	vault_publish(v);
	assert_int_equal(tx_read(v->c, &tx, &v->e), 0);
	{
		AUTO(sql_done) struct sql *q = NULL;

		/* A snapshot begins with its first statement. */
		assert_int_equal(
		    sql_open(&tx, "SELECT count(*) FROM chunk", &q, &v->e), 0);
		assert_int_equal(sql_step(q, &v->e), 1);
	}
	vault_forget(v, &b, 0);
	vault_sweep(v, 0);
	assert_int_equal(
	    store_reader_open(v->s, &tx, &a, 1, STORE_CONTENT, &rd, &v->e), 0);
	assert_int_equal(store_reader_next(rd, &got, &v->e), 0);
	assert_int_equal(got.len, 5000);
	assert_int_equal(
	    store_reader_open(v->s, &tx, &b, 1, STORE_CONTENT, &none, &v->e),
	    -ERR_NOT_FOUND);
}

static void
a_flaw_stops_the_sweep_and_keeps_the_file(void **state)
{
	struct vault *v = *state;
	struct id gone = vault_owner(1);
	char command[256], out[256];
	const char *argv[] = { "sh", "-c", command, NULL };

	file_many(v, 0, 5, 5000);
	vault_publish(v);
	snprintf(command, sizeof(command),
	    "for p in objects/pack/*.pack; do printf '\\377\\377\\377' | dd "
	    "of=$p bs=1 seek=3000 conv=notrunc 2>/dev/null; done");
	assert_int_equal(vault_run(v, out, sizeof(out), argv), 0);
	vault_forget(v, &gone, 0);
	assert_int_equal(
	    store_sweep(v->s, &v->hooks, 0, &v->rep, &v->e), -ERR_INTEGRITY);
	check_many(v, 4, 1, 5000);
	assert_int_equal(vault_files(v, "segments", ".seg"), 0);
}

static struct id changed;

static void
forget_now(struct vault *v)
{
	vault_forget(v, &changed, 0);
}

static void
step_to_the_sweep(struct vault *v)
{
	/* Let the publication's own commits pass. */
	if (vault_count(v, "SELECT count(*) FROM branch WHERE dirty = 1") ==
		0 &&
	    vault_count(v, "SELECT count(*) FROM due") == 0 &&
	    vault_files(v, "segments", ".seg") > 0)
		forget_now(v);
	else
		v->before_commit = step_to_the_sweep;
}

static void
what_is_forgotten_during_a_sweep_does_not_come_back(void **state)
{
	struct vault *v = *state;
	struct id gone = vault_owner(1);

	file_many(v, 0, 5, 5000);
	vault_publish(v);
	vault_forget(v, &gone, 0);
	vault_publish(v);
	changed = vault_owner(2);
	v->before_commit = step_to_the_sweep;
	vault_sweep(v, 0);
	assert_null(v->before_commit);
	/* Refs and packs agree, though the one forgotten late lies about. */
	assert_int_equal(
	    vault_read(v, &changed, 1, STORE_CONTENT, 2, 5002), -ERR_NOT_FOUND);
	vault_check_mirror(v, 4);
	vault_sweep(v, 0);
	assert_false(vault_holds(v, 2));
	vault_fsck(v);
}

static void
a_filing_that_is_being_entered_is_waited_for(void **state)
{
	struct vault *v = *state;
	struct id a = vault_owner(1);
	struct stage *g = vault_stage(v, 1, 5000);

	assert_int_equal(store_append(v->s, &g, 1, &v->e), 0);
	assert_int_equal(
	    store_sweep(v->s, &v->hooks, 0, &v->rep, &v->e), -ERR_BUSY);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_begin(v->c, &tx, &v->e), 0);
		assert_int_equal(store_place(&tx, g, STORE_DOCUMENTS, &a, 1,
				     STORE_CONTENT, 1, &v->e),
		    0);
		assert_int_equal(tx_commit(&tx, &v->e), 0);
	}
	stage_freep(&g);
	vault_sweep(v, 0);
	assert_int_equal(vault_read(v, &a, 1, STORE_CONTENT, 1, 5000), 0);
	vault_fsck(v);
}

struct racer {
	struct vault *v;
	unsigned first;
	int stop;
	struct err e;
};

/* Read the same documents over and over, while they move. */
static void *
read_on(void *arg)
{
	struct racer *r = arg;
	unsigned i;

	while (!__atomic_load_n(&r->stop, __ATOMIC_SEQ_CST)) {
		for (i = 0; i < 8; i++) {
			struct vault own = { .c = r->v->c, .s = r->v->s };
			struct id id = vault_owner(i);

			if (vault_read(
				&own, &id, 1, STORE_CONTENT, i, 5000 + i) < 0)
				return (void *)(uintptr_t) "read failed";
		}
	}
	return NULL;
}

static void
readers_do_not_notice(void **state)
{
	struct vault *v = *state;
	struct racer r = { .v = v };
	pthread_t t[2];
	void *why;
	unsigned i, k;

	file_many(v, 0, 8, 5000);
	for (i = 0; i < 2; i++)
		assert_int_equal(pthread_create(&t[i], NULL, read_on, &r), 0);
	for (k = 0; k < 12; k++) {
		struct id id = vault_owner(100 + k);

		file_many(v, 100 + k, 1, 3000);
		vault_publish(v);
		vault_forget(v, &id, 0);
		vault_sweep(v, 0);
		assert_false(vault_holds(v, 100 + k));
	}
	__atomic_store_n(&r.stop, 1, __ATOMIC_SEQ_CST);
	for (i = 0; i < 2; i++) {
		assert_int_equal(pthread_join(t[i], &why), 0);
		assert_null(why);
	}
	vault_fsck(v);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, vault_setup, vault_teardown)
	const struct CMUnitTest tests[] = {
		T(the_erased_is_gone_and_the_rest_is_there),
		T(a_sweep_publishes_before_it_drops),
		T(with_nothing_dead_nothing_moves),
		T(a_share_leaves_what_is_mostly_living),
		T(when_all_is_forgotten_nothing_is_left),
		T(many_small_packs_become_one),
		T(a_reader_that_is_open_reads_on),
		T(a_snapshot_older_than_the_sweep_still_reads),
		T(a_flaw_stops_the_sweep_and_keeps_the_file),
		T(what_is_forgotten_during_a_sweep_does_not_come_back),
		T(a_filing_that_is_being_entered_is_waited_for),
		T(readers_do_not_notice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
