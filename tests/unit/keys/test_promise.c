#include "fixture.h"

#include <stdio.h>
#include <string.h>

#include "keys/events.h"
#include "keys/promise.h"

static void
a_leaf_that_a_head_covers_is_no_promise(void **state)
{
	struct promise p = { 0 };

	(void)state;
	promise_make(&p, 9, 10, 0);
	assert_int_equal(p.waiting, 0);
	promise_make(&p, 10, 10, 0);
	assert_int_equal(p.waiting, 1);
	assert_int_equal(promise_head(&p, 11, 1), 0);
	assert_int_equal(p.waiting, 0);
	assert_int_equal(promise_due(&p), -1);
}

static void
time_without_a_covering_head_breaks_it(void **state)
{
	struct promise p = { 0 };

	(void)state;
	promise_make(&p, 10, 10, 1000);
	assert_int_equal(promise_tick(&p, 1000 + PROMISE_MAX_MS), 0);
	assert_int_equal(promise_tick(&p, 1001 + PROMISE_MAX_MS), -1);
	assert_int_equal(promise_due(&p), 1001 + PROMISE_MAX_MS);
}

static void
new_promises_do_not_put_off_an_old_one(void **state)
{
	struct promise p = { 0 };
	int64_t t;

	(void)state;
	for (t = 0; t <= PROMISE_MAX_MS; t += 1000)
		promise_make(&p, 10 + (uint64_t)t, 10, t);
	assert_int_equal(promise_tick(&p, PROMISE_MAX_MS + 1), -1);
}

static void
a_leaf_that_never_comes_breaks_it_though_heads_do(void **state)
{
	struct promise p = { 0 };
	uint64_t size = 10;
	int64_t t;

	(void)state;
	promise_make(&p, 10, 10, 0);
	promise_make(&p, UINT64_MAX, 10, 0);
	assert_int_equal(promise_head(&p, ++size, 10), 0);
	for (t = 20; t < PROMISE_HEAD_MS && promise_head(&p, ++size, t) == 0;
	     t += 100)
		;
	assert_true(t < PROMISE_HEAD_MS); /* by the number of heads */
}

static void
a_stopped_daemon_gets_its_time_but_not_for_ever(void **state)
{
	struct promise p = { 0 };
	int64_t t = 0;
	int i;

	(void)state;
	promise_make(&p, 10, 10, t);
	for (i = 0; i < 20 && promise_tick(&p, t + 50000) == 0; i++) {
		t += 50000;
		promise_pause(&p, t);
		t += 1000000;
		promise_resume(&p, t);
		assert_int_equal(promise_tick(&p, t), 0);
	}
	assert_true(i >= PROMISE_RESUMES && i < 8);
}

static void
the_bucket_gives_no_more_than_it_holds(void **state)
{
	struct quota q;

	(void)state;
	quota_init(&q, 0);
	assert_int_equal(quota_take(&q, QUOTA_KEYS_PER_MINUTE + 1, 0), -1);
	assert_int_equal(quota_take(&q, QUOTA_KEYS_PER_MINUTE, 0), 0);
	assert_int_equal(quota_take(&q, 1, 0), -1);
	assert_int_equal(quota_take(&q, 1, 3), 0);
	assert_int_equal(quota_take(&q, 1, 3), -1);
	/* A clock that goes back gives nothing. */
	assert_int_equal(quota_take(&q, 1, -100000), -1);
	assert_int_equal(quota_take(&q, QUOTA_KEYS_PER_MINUTE, 1 << 30), 0);
	assert_int_equal(quota_take(&q, 1, 1 << 30), -1);
}

static void
the_delay_doubles_to_its_limit_and_ends_with_a_right_one(void **state)
{
	static const int64_t waits[] = { 1000, 2000, 4000, 8000, 16000, 32000,
		60000, 60000 };
	struct delay d = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(waits); i++) {
		delay_failed(&d, 5);
		assert_int_equal(delay_left(&d, 5), waits[i]);
		assert_int_equal(delay_left(&d, 5 + waits[i]), 0);
	}
	delay_passed(&d);
	assert_int_equal(delay_left(&d, 5), 0);
	delay_failed(&d, 5);
	assert_int_equal(delay_left(&d, 5), 1000);
}

static void
events_wait_for_their_confirmation_over_a_restart(void **state)
{
	struct fixture *f = *state;
	AUTO(events_close) struct events v = { .n = 0 };
	int dir = f->safe.dir.fd;
	uint64_t second;

	assert_ok(events_open(dir, &v, &f->e));
	assert_null(events_first(&v));
	assert_ok(events_add(&v, AGENT_UNSEALED, 1, "one", &f->e));
	assert_ok(events_add(&v, AGENT_SEALED, 2, "two", &f->e));
	second = v.queue[1].number;
	events_close(&v);
	assert_ok(events_open(dir, &v, &f->e));
	assert_int_equal(v.n, 2);
	assert_string_equal(events_first(&v)->account, "one");
	assert_ok(events_drop(&v, events_first(&v)->number, &f->e));
	assert_err(events_drop(&v, 12345, &f->e), ERR_NOT_FOUND);
	events_close(&v);
	assert_ok(events_open(dir, &v, &f->e));
	assert_int_equal(v.n, 1);
	assert_int_equal(events_first(&v)->number, second);
	assert_ok(events_drop(&v, second, &f->e));
	/* Numbers are not used again, even when nothing waits. */
	events_close(&v);
	assert_ok(events_open(dir, &v, &f->e));
	assert_ok(events_add(&v, AGENT_SEALED, 2, "two", &f->e));
	assert_true(events_first(&v)->number > second);
}

static void
a_flood_of_refusals_neither_fills_nor_hides(void **state)
{
	AUTO(events_close) struct events v = { .n = 0 };
	struct err e;
	uid_t uid;
	int i;

	(void)state;
	assert_ok(events_open(-1, &v, &e));
	for (i = 0; i < 5000; i++)
		assert_ok(events_add(&v, AGENT_REFUSED_PEER, 77, "", &e));
	assert_int_equal(v.n, 1);
	for (uid = 100; v.n < EVENTS_MAX; uid++)
		assert_ok(events_add(&v, AGENT_REFUSED_PEER, uid, "", &e));
	assert_err(events_add(&v, AGENT_REFUSED_PEER, uid, "", &e), ERR_BUSY);
	/* A ceremony takes the place of a refusal. */
	for (i = 0; i < EVENTS_MAX; i++)
		assert_ok(events_add(&v, AGENT_UNSEAL_FAILED, 1, "", &e));
	assert_int_equal(v.n, EVENTS_MAX);
	assert_err(events_add(&v, AGENT_UNSEALED, 1, "", &e), ERR_BUSY);
}

static void
events_that_are_not_well_formed_are_refused(void **state)
{
	AUTO(events_close) struct events v = { .n = 0 };
	AUTO(events_close) struct events back = { .n = 0 };
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;
	size_t n;

	(void)state;
	assert_ok(events_open(-1, &v, &e));
	assert_ok(events_open(-1, &back, &e));
	assert_ok(events_add(&v, AGENT_UNSEALED, 1, "one", &e));
	assert_ok(events_add(&v, AGENT_SEALED, 1, "one", &e));
	assert_ok(events_encode(&v, &b, &e));
	for (n = 0; n < b.len; n++)
		assert_err(events_decode(b.p, n, &back, &e), ERR_INTEGRITY);
	assert_ok(events_decode(b.p, b.len, &back, &e));
	v.queue[1].number = v.queue[0].number; /* the same one twice */
	buf_reset(&b);
	assert_ok(events_encode(&v, &b, &e));
	assert_err(events_decode(b.p, b.len, &back, &e), ERR_INTEGRITY);
}

static void
custodians_are_a_uid_and_its_name(void **state)
{
	static const char *const bad[] = { "", "0 root", "root\n", "0\n",
		"0 \n", "00 root\n", "0  root\n", "0 root \n", "-1 x\n",
		"0 root\n0 root\n", "4294967295 x\n", "1 a\n\n", "0 a b\n" };
	struct custodians c = { .n = 0 };
	char names[32];
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++)
		assert_err(custodians_parse(bad[i], strlen(bad[i]), &c, &e),
		    ERR_INTEGRITY);
	assert_ok(custodians_parse("0 root\n7 seven\n", 15, &c, &e));
	assert_true(custodians_has(&c, 0, "root"));
	assert_true(custodians_has(&c, 7, "seven"));
	assert_false(custodians_has(&c, 7, "other")); /* a reused uid */
	assert_false(custodians_has(&c, 7, ""));
	assert_false(custodians_has(&c, 8, "seven"));
	custodians_names(&c, names, sizeof(names));
	assert_string_equal(names, "root seven");
	custodians_names(&c, names, 9);
	assert_string_equal(names, "root");
	assert_err(custodians_add(&c, "no-such-account-here", &e), ERR_INVALID);
	assert_err(custodians_add(&c, "root", &e), ERR_INVALID);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_leaf_that_a_head_covers_is_no_promise),
		cmocka_unit_test(time_without_a_covering_head_breaks_it),
		cmocka_unit_test(new_promises_do_not_put_off_an_old_one),
		cmocka_unit_test(
		    a_leaf_that_never_comes_breaks_it_though_heads_do),
		cmocka_unit_test(
		    a_stopped_daemon_gets_its_time_but_not_for_ever),
		cmocka_unit_test(the_bucket_gives_no_more_than_it_holds),
		cmocka_unit_test(
		    the_delay_doubles_to_its_limit_and_ends_with_a_right_one),
		cmocka_unit_test_setup_teardown(
		    events_wait_for_their_confirmation_over_a_restart,
		    fixture_setup, fixture_teardown),
		cmocka_unit_test(a_flood_of_refusals_neither_fills_nor_hides),
		cmocka_unit_test(events_that_are_not_well_formed_are_refused),
		cmocka_unit_test(custodians_are_a_uid_and_its_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
