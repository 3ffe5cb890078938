/* The pipeline: what one change does wrong is its own matter. */
#include "tests/unit/core/core_fixture.h"

#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define THREADS 24
#define ROUNDS 20

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

/* A change that enters a leaf and one row, or fails after both. */
struct step {
	struct core_fixture *f;
	int64_t number;
	int fails, r;
	int need_head;
	uint64_t leaf;
	struct err e;
};

static int
insert(struct tx *tx, int64_t n, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint8_t key[32] = { 0 };
	struct id object = { { 1 } };
	int r;

	memcpy(key, &n, sizeof(n));
	if ((r = sql_open(tx,
		 "INSERT INTO idempotency (uid, what, key, object, version,"
		 " leaf, made_ms) VALUES (1, 'test', ?, ?, 1, 1, 1)",
		 &q, e)) < 0 ||
	    (r = sql_blob(q, 1, key, sizeof(key), e)) < 0 ||
	    (r = sql_id(q, 2, &object, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
step_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct step *s = arg;
	struct caller c = { .actor = { .uid = 1, .account = "x" } };
	int r;

	if ((r = core_leaf(s->f->core, tx, &c, LEAF_CASE_EVENT, LEAF_OK, NULL,
		 NULL, now_ms, &s->leaf, e)) < 0 ||
	    (r = insert(tx, s->number, e)) < 0)
		return r;
	if (s->fails)
		return err_tag(e, ERR_CONFLICT, "on-purpose", "on purpose");
	return 0;
}

static void *
step_run(void *arg)
{
	struct step *s = arg;
	struct change ch = {
		.apply = step_apply, .arg = s, .need_head = s->need_head
	};

	s->r = commit_run(s->f->core->committer, &ch, &s->e);
	return NULL;
}

static int
nothing(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	(void)tx;
	(void)now_ms;
	(void)arg;
	(void)e;
	return 0;
}

/* Heads of reads are lazy: until one covers all. */
static void
settle(struct core_fixture *f)
{
	struct change ch = { .apply = nothing, .need_head = 1 };

	assert_int_equal(commit_run(f->core->committer, &ch, &f->e), 0);
}

static int64_t
count(struct core_fixture *f)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct err e;

	assert_int_equal(tx_read(f->core->catalog, &tx, &e), 0);
	assert_int_equal(sql_open(&tx,
			     "SELECT count(*) FROM idempotency"
			     " WHERE what = 'test'",
			     &q, &e),
	    0);
	assert_int_equal(sql_step(q, &e), 1);
	return sql_get_int(q, 0);
}

static void
run_round(struct core_fixture *f, int64_t base)
{
	static struct step steps[THREADS];
	pthread_t threads[THREADS];
	int i;

	for (i = 0; i < THREADS; i++) {
		steps[i] = (struct step){ .f = f,
			.number = base + i,
			.fails = i % 3 == 0,
			.need_head = i % 2 };
		assert_int_equal(
		    pthread_create(&threads[i], NULL, step_run, &steps[i]), 0);
	}
	for (i = 0; i < THREADS; i++) {
		pthread_join(threads[i], NULL);
		if (steps[i].fails) {
			assert_int_equal(steps[i].r, -ERR_CONFLICT);
			assert_string_equal(
			    err_name(&steps[i].e), "on-purpose");
		} else if (steps[i].r != 0) {
			fail_msg("%s", steps[i].e.text);
		}
		/* The answer came with what it promised. */
		if (!steps[i].fails && steps[i].need_head)
			assert_true(
			    steps[i].leaf < audit_head_size(f->core->audit));
	}
}

static void
a_failing_change_is_undone_alone(void **state)
{
	int64_t before;
	uint64_t leaves;
	int i, fails = 0;
	FIXTURE(f);

	settle(f);
	before = count(f);
	leaves = audit_size(f->core->audit);
	for (i = 0; i < THREADS; i++)
		fails += i % 3 == 0;
	for (i = 0; i < ROUNDS; i++)
		run_round(f, (int64_t)i * 1000);
	assert_int_equal(
	    count(f) - before, (int64_t)ROUNDS * (THREADS - fails));
	settle(f);
	/* No leaf of what failed is in the log, and none is missing. */
	assert_int_equal(audit_size(f->core->audit) - leaves,
	    (uint64_t)ROUNDS * (uint64_t)(THREADS - fails));
}

/* A constraint is the change's own failure, the transaction goes on. */
static void
a_broken_constraint_is_a_conflict_of_one(void **state)
{
	struct step a = { .number = 77777 }, b = { .number = 77777 };
	FIXTURE(f);

	a.f = b.f = f;
	step_run(&a);
	step_run(&b);
	assert_int_equal(a.r, 0);
	assert_int_equal(b.r, -ERR_CONFLICT);
	assert_false(committer_is_broken(f->core->committer));
}

struct ordered {
	struct core_fixture *f;
	int64_t *last;
	int went_back;
};

static int
ordered_apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct ordered *o = arg;
	struct step s = { .f = o->f, .number = 1000000 + random() };

	if (now_ms < *o->last)
		o->went_back = 1;
	*o->last = now_ms;
	return step_apply(tx, now_ms, &s, e);
}

static void
vault_time_never_goes_back(void **state)
{
	int64_t last = 0;
	int i;
	FIXTURE(f);

	for (i = 0; i < 20; i++) {
		struct ordered o = { f, &last, 0 };
		struct change ch = { .apply = ordered_apply, .arg = &o };

		assert_int_equal(commit_run(f->core->committer, &ch, &f->e), 0);
		assert_false(o.went_back);
	}
}

/* The agent is away: committed, and the waiter is told that its head is not
 * signed; reads go on; the head comes when the agent is back. */
static void
without_the_agent_a_write_is_pending_and_stands(void **state)
{
	struct step w = { .number = 88888, .need_head = 1 };
	struct step rd = { .number = 88889 };
	int64_t before;
	FIXTURE(f);

	w.f = rd.f = f;
	before = count(f);
	assert_int_equal(agent_fixture_seal(&f->agent), 0);
	step_run(&w);
	assert_int_equal(w.r, -ERR_PENDING);
	step_run(&rd);
	assert_int_equal(rd.r, 0);
	assert_int_equal(count(f) - before, 2);
	assert_true(audit_head_size(f->core->audit) <= w.leaf);
	agent_fixture_unseal(&f->agent);
	assert_int_equal(core_unsealed(f->core, &f->e), 0);
	w = (struct step){ .f = f, .number = 88890, .need_head = 1 };
	step_run(&w);
	if (w.r < 0)
		fail_msg("%s", w.e.text);
	assert_true(audit_head_size(f->core->audit) > w.leaf);
}

/* What waits when the committer closes is done, not dropped. */
static void
closing_waits_for_what_was_given(void **state)
{
	struct step s[THREADS];
	pthread_t threads[THREADS];
	int64_t before;
	int i, done = 0;
	FIXTURE(f);

	before = count(f);
	for (i = 0; i < THREADS; i++) {
		s[i] = (struct step){
			.f = f, .number = 500000 + i, .need_head = 1
		};
		assert_int_equal(
		    pthread_create(&threads[i], NULL, step_run, &s[i]), 0);
	}
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	core_fixture_close(f);
	core_fixture_open(f);
	for (i = 0; i < THREADS; i++)
		done += s[i].r == 0;
	assert_int_equal(done, THREADS);
	assert_int_equal(count(f) - before, THREADS);
	assert_true(
	    audit_head_size(f->core->audit) >= audit_size(f->core->audit) - 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failing_change_is_undone_alone),
		cmocka_unit_test(a_broken_constraint_is_a_conflict_of_one),
		cmocka_unit_test(vault_time_never_goes_back),
		cmocka_unit_test(
		    without_the_agent_a_write_is_pending_and_stands),
		cmocka_unit_test(closing_waits_for_what_was_given),
	};

	return cmocka_run_group_tests(
	    tests, core_fixture_setup, core_fixture_teardown);
}
