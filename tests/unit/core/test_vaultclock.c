/* Vault time, over jumps of every size: within a run and between runs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/vaultclock.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define JUMP (45 * DAY)
#define DRIFT (2 * MINUTE)
#define START INT64_C(1790000000000)

static int64_t raw, boot;

static int64_t
raw_ms(void)
{
	return raw;
}

static int64_t
boot_ms(void)
{
	return boot;
}

static const struct clocks clocks = { raw_ms, boot_ms };

static void
pass(int64_t ms)
{
	raw += ms;
	boot += ms;
}

static struct vault_clock *
start(int64_t last_ms)
{
	struct vault_clock *c = NULL;
	struct err e = { 0 };

	assert_int_equal(vault_clock_new(&clocks, last_ms, &c, &e), 0);
	vault_clock_rules(c, JUMP, DRIFT);
	return c;
}

static struct clock_reading
now_of(struct vault_clock *c)
{
	struct clock_reading r;

	vault_clock_read(c, &r);
	return r;
}

static void
a_start_believes_what_the_rules_allow(void **state)
{
	static const struct {
		int64_t off; /* of the clock from the last leaf */
		enum clock_trust want;
	} rows[] = {
		{ 0, CLOCK_TRUSTED },
		{ SECOND, CLOCK_TRUSTED },
		{ JUMP, CLOCK_TRUSTED },
		{ JUMP + 1, CLOCK_AHEAD },
		{ 400 * DAY, CLOCK_AHEAD },
		{ -DRIFT, CLOCK_TRUSTED },
		{ -DRIFT - 1, CLOCK_BACK },
		{ -HOUR, CLOCK_BACK },
		{ -400 * DAY, CLOCK_BACK },
	};
	struct vault_clock *c;
	struct clock_reading r;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		boot = 7 * HOUR;
		raw = START + rows[i].off;
		c = start(START);
		r = now_of(c);
		assert_int_equal(r.trust, rows[i].want);
		assert_true(r.vault_ms >= START);
		if (rows[i].want == CLOCK_TRUSTED) {
			assert_int_equal(r.vault_ms,
			    rows[i].off > 0 ? START + rows[i].off : START);
		} else {
			assert_int_equal(r.vault_ms, START);
			pass(3 * DAY);
			assert_int_equal(now_of(c).vault_ms, START + 3 * DAY);
			assert_int_equal(now_of(c).trust, rows[i].want);
		}
		vault_clock_freep(&c);
	}
}

static void
a_run_believes_corrections_and_no_jump(void **state)
{
	static const struct {
		int64_t jump;
		int suspect;
	} rows[] = {
		{ 1, 0 },
		{ DRIFT, 0 },
		{ DRIFT + 1, 1 },
		{ HOUR, 1 },
		{ 400 * DAY, 1 },
		{ -1, 0 },
		{ -DRIFT, 0 },
		{ -DRIFT - 1, 1 },
		{ -HOUR, 1 },
		{ -400 * DAY, 1 },
	};
	struct vault_clock *c;
	struct clock_reading r;
	int64_t before;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		raw = START;
		boot = HOUR;
		c = start(INT64_MIN);
		pass(HOUR);
		before = now_of(c).vault_ms;
		assert_int_equal(before, START + HOUR);
		raw += rows[i].jump;
		r = now_of(c);
		assert_int_equal(
		    r.trust, rows[i].suspect ? CLOCK_STEP : CLOCK_TRUSTED);
		assert_true(r.vault_ms >= before);
		pass(10 * DAY);
		r = now_of(c);
		if (rows[i].suspect) {
			assert_int_equal(r.vault_ms, before + 10 * DAY);
			assert_int_equal(r.since_ms, before);
			/* Put right, it is believed again. */
			raw -= rows[i].jump;
			r = now_of(c);
			assert_int_equal(r.trust, CLOCK_TRUSTED);
			assert_int_equal(r.vault_ms, raw);
		} else {
			assert_int_equal(r.vault_ms, raw);
		}
		vault_clock_freep(&c);
	}
}

/* The clock of the machine is UTC: the days of a year in which people change
 * their clocks are days like others. */
static void
a_year_of_small_corrections_is_followed(void **state)
{
	struct vault_clock *c;
	struct clock_reading r;
	int64_t last = 0;
	int day;

	(void)state;
	assert_int_equal(time_parse("2026-10-24T00:30:00Z", &raw, NULL), 0);
	boot = 0;
	c = start(INT64_MIN);
	for (day = 0; day < 400; day++) {
		pass(DAY);
		raw += day % 2 == 0 ? MINUTE : -MINUTE;
		r = now_of(c);
		assert_int_equal(r.trust, CLOCK_TRUSTED);
		assert_true(r.vault_ms > last);
		last = r.vault_ms;
	}
	vault_clock_freep(&c);
}

/* Many small steps in one day are one jump. */
static void
a_jump_in_small_steps_is_a_jump(void **state)
{
	struct vault_clock *c;
	int i;

	(void)state;
	raw = START;
	boot = 0;
	c = start(INT64_MIN);
	for (i = 0; i < 30; i++) {
		pass(MINUTE);
		raw += MINUTE;
		(void)now_of(c);
	}
	assert_int_equal(now_of(c).trust, CLOCK_STEP);
	assert_true(now_of(c).vault_ms <= START + 30 * MINUTE + DRIFT);
	vault_clock_freep(&c);
}

static void
a_restart_while_suspect_stays_suspect(void **state)
{
	struct vault_clock *c = NULL;
	struct err e = { 0 };

	(void)state;
	/* 30 days would be believed at a start: not when it was suspect. */
	raw = START + 30 * DAY;
	boot = HOUR;
	assert_int_equal(vault_clock_new(&clocks, START, &c, &e), 0);
	vault_clock_suspect(c, CLOCK_STEP, START - DAY);
	assert_int_equal(now_of(c).trust, CLOCK_STEP);
	vault_clock_rules(c, JUMP, DRIFT);
	assert_int_equal(now_of(c).trust, CLOCK_STEP);
	assert_int_equal(now_of(c).since_ms, START - DAY);
	pass(DAY);
	assert_int_equal(now_of(c).vault_ms, START + DAY);
	vault_clock_freep(&c);
}

static void
a_confirmation_is_of_one_reading(void **state)
{
	struct vault_clock *c;
	int64_t vault;

	(void)state;
	raw = START + 400 * DAY;
	boot = HOUR;
	c = start(START);
	pass(HOUR);
	assert_true(vault_clock_is_at(c, 400 * DAY));
	assert_false(vault_clock_confirm(c, 399 * DAY));
	assert_int_equal(now_of(c).trust, CLOCK_AHEAD);
	assert_true(vault_clock_confirm(c, 400 * DAY));
	assert_int_equal(now_of(c).trust, CLOCK_TRUSTED);
	assert_int_equal(now_of(c).vault_ms, raw);
	/* It jumps again: suspect again. */
	vault = now_of(c).vault_ms;
	raw += HOUR;
	assert_int_equal(now_of(c).trust, CLOCK_STEP);
	assert_int_equal(now_of(c).vault_ms, vault);
	vault_clock_freep(&c);
}

static void
behind_a_confirmed_clock_time_goes_at_half_speed(void **state)
{
	struct vault_clock *c;
	struct clock_reading r;
	int i;

	(void)state;
	raw = START - 10 * DAY;
	boot = HOUR;
	c = start(START);
	assert_int_equal(now_of(c).trust, CLOCK_BACK);
	assert_true(vault_clock_confirm(c, -10 * DAY));
	for (i = 1; i < 20; i++) {
		pass(DAY);
		r = now_of(c);
		assert_int_equal(r.trust, CLOCK_TRUSTED);
		assert_true(r.behind);
		assert_int_equal(r.vault_ms, START + i * DAY / 2);
	}
	pass(2 * DAY);
	r = now_of(c);
	assert_false(r.behind);
	assert_int_equal(r.vault_ms, raw);
	vault_clock_freep(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_start_believes_what_the_rules_allow),
		cmocka_unit_test(a_run_believes_corrections_and_no_jump),
		cmocka_unit_test(a_year_of_small_corrections_is_followed),
		cmocka_unit_test(a_jump_in_small_steps_is_a_jump),
		cmocka_unit_test(a_restart_while_suspect_stays_suspect),
		cmocka_unit_test(a_confirmation_is_of_one_reading),
		cmocka_unit_test(
		    behind_a_confirmed_clock_time_goes_at_half_speed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
