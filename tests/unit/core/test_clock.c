/*
 * A suspect clock in the vault: what waits, what outlives a restart, and who
 * may say that it is right.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/approval.h"
#include "daemon/core/clock.h"
#include "daemon/core/destroy.h"
#include "tests/unit/core/core_fixture.h"

#define DAY INT64_C(86400000)

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

static void
open_core(struct core_fixture *f)
{
	const struct clocks clocks = { raw_ms, boot_ms };

	if (core_open_by(&f->agent.settings, &clocks, &f->core, &f->e) < 0)
		fail_msg("core: %s", f->e.text);
	assert_int_equal(clock_watch(f->core, &f->e), 0);
}

static void
stop(struct core_fixture *f, int planned)
{
	if (planned)
		assert_int_equal(clock_stop(f->core, &f->e), 0);
	core_fixture_close(f);
}

static int
setup(void **state)
{
	struct core_fixture *f = calloc(1, sizeof(*f));

	*state = NULL;
	assert_non_null(f);
	if (!core_fixture_init(f)) {
		free(f);
		return 0;
	}
	raw = core_fixture_now();
	boot = DAY;
	open_core(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct core_fixture *f = *state;

	if (f == NULL)
		return 0;
	core_fixture_done(f);
	free(f);
	return 0;
}

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()
#define TAG(f, tag) assert_string_equal(err_name(&(f)->e), tag)

static int
confirm(struct core_fixture *f, enum person who, json_t **answer)
{
	struct caller c = core_fixture_caller(f, who);

	return clock_confirm(f->core, &c, &f->object, answer, &f->e);
}

static char *
ask(struct core_fixture *f)
{
	json_t *a = NULL;
	char *page;

	assert_int_equal(confirm(f, DIRECTOR, &a), 0);
	assert_string_equal(
	    json_string_value(json_object_get(a, "state")), "waiting");
	page = strdup(json_string_value(json_object_get(a, "page")));
	assert_non_null(page);
	json_decref(a);
	return page;
}

/* Signed by one person, handed in by the director. */
static int
sign(struct core_fixture *f, enum person who, const char *page)
{
	struct caller c = core_fixture_caller(f, DIRECTOR);
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *a = NULL;
	uint8_t seed[32];
	int r;

	core_fixture_seed(who, seed);
	assert_int_equal(sshsig_sign(seed, APPROVAL_NAMESPACE, page,
			     strlen(page), &sig, NULL),
	    0);
	r = clock_approve(f->core, &c, buf_str(&sig), &f->object, &a, &f->e);
	json_decref(a);
	return r;
}

static void
assert_blocked(struct core_fixture *f, int blocked)
{
	AUTO(buf_done) struct buf none = { 0 };

	assert_int_equal(core_clock_suspect(f->core), blocked);
	if (!blocked)
		return;
	assert_int_equal(
	    destroy_keys(f->core, &none, NULL, 1, &f->e), -ERR_CONFLICT);
	TAG(f, "clock-suspect");
}

static void
after_a_planned_stop_one_person_confirms(void **state)
{
	static const int64_t jumps[] = { 400 * DAY, -400 * DAY };
	json_t *a = NULL;
	int64_t before;
	size_t i;
	FIXTURE(f);

	for (i = 0; i < 2; i++) {
		before = core_now(f->core);
		stop(f, 1);
		raw += jumps[i];
		open_core(f);
		assert_blocked(f, 1);
		assert_int_equal(core_now(f->core), before);
		/* A caseworker is not of those who may. */
		assert_int_equal(confirm(f, CAMILLE, &a), -ERR_DENIED);
		assert_blocked(f, 1);
		assert_int_equal(confirm(f, DIRECTOR, &a), 0);
		assert_string_equal(
		    json_string_value(json_object_get(a, "state")),
		    "confirmed");
		json_decref(a);
		assert_blocked(f, 0);
		assert_int_equal(
		    core_now(f->core), jumps[i] > 0 ? raw : before);
		assert_int_equal(clock_watch(f->core, &f->e), 0);
		/* And for good. */
		stop(f, 0);
		open_core(f);
		assert_blocked(f, 0);
		assert_int_equal(confirm(f, DIRECTOR, &a), -ERR_CONFLICT);
		TAG(f, "clock-trusted");
	}
}

static void
a_confirmation_outlives_a_kill_at_once(void **state)
{
	json_t *a = NULL;
	FIXTURE(f);

	stop(f, 1);
	raw += 400 * DAY;
	open_core(f);
	assert_int_equal(confirm(f, DIRECTOR, &a), 0);
	json_decref(a);
	stop(f, 0);
	open_core(f);
	assert_blocked(f, 0);
	assert_int_equal(core_now(f->core), raw);
}

static void
after_another_end_it_takes_two_people(void **state)
{
	char *page, *other;
	FIXTURE(f);

	stop(f, 0);
	raw += 400 * DAY;
	open_core(f);
	assert_int_equal(sign(f, DIRECTOR, "a page\n"), -ERR_CONFLICT);
	TAG(f, "clock-unasked");
	page = ask(f);
	assert_int_equal(sign(f, DIRECTOR, page), 0);
	assert_blocked(f, 1);
	/* The same person again, another page, somebody who does not count. */
	assert_int_equal(sign(f, DIRECTOR, page), -ERR_CONFLICT);
	TAG(f, "approval-twice");
	assert_int_equal(sign(f, JURIST, "sceau clock\n"), -ERR_REFUSED);
	TAG(f, "approval-signature");
	assert_int_equal(sign(f, DPO, page), -ERR_REFUSED);
	TAG(f, "approval-role");
	assert_blocked(f, 1);
	/* Asked again, it is the same page while the clock says the same. */
	other = ask(f);
	assert_string_equal(other, page);
	assert_int_equal(sign(f, JURIST, page), 0);
	assert_blocked(f, 0);
	assert_int_equal(core_now(f->core), raw);
	free(page);
	free(other);
}

static void
a_second_jump_voids_what_was_signed(void **state)
{
	char *page, *other;
	FIXTURE(f);

	raw += DAY; /* within the run */
	assert_int_equal(clock_watch(f->core, &f->e), 0);
	assert_blocked(f, 1);
	page = ask(f);
	assert_int_equal(sign(f, DIRECTOR, page), 0);
	raw += DAY;
	assert_int_equal(sign(f, JURIST, page), -ERR_CONFLICT);
	TAG(f, "clock-changed");
	other = ask(f);
	assert_string_not_equal(other, page);
	assert_int_equal(sign(f, JURIST, other), 0);
	assert_blocked(f, 1); /* the director's was of the other page */
	assert_int_equal(sign(f, DIRECTOR, other), 0);
	assert_blocked(f, 0);
	raw += DAY;
	assert_blocked(f, 1);
	free(page);
	free(other);
}

static void
a_jump_of_a_run_is_not_laundered_by_restarts(void **state)
{
	json_t *a = NULL;
	char *page;
	FIXTURE(f);

	/* 30 days would be believed at a start. */
	raw += 30 * DAY;
	assert_int_equal(clock_watch(f->core, &f->e), 0);
	stop(f, 1);
	open_core(f);
	assert_blocked(f, 1);
	/* Nor is a planned stop after the jump a planned stop before it. */
	assert_int_equal(confirm(f, DIRECTOR, &a), 0);
	assert_string_equal(
	    json_string_value(json_object_get(a, "state")), "waiting");
	json_decref(a);
	page = ask(f);
	assert_int_equal(sign(f, DIRECTOR, page), 0);
	assert_blocked(f, 1);
	free(page);
}

static void
a_kill_while_suspect_takes_the_planned_stop_away(void **state)
{
	json_t *a = NULL;
	FIXTURE(f);

	stop(f, 1);
	raw += 400 * DAY;
	open_core(f);
	stop(f, 0);
	open_core(f);
	stop(f, 1);
	open_core(f);
	assert_blocked(f, 1);
	assert_int_equal(confirm(f, DIRECTOR, &a), 0);
	assert_string_equal(
	    json_string_value(json_object_get(a, "state")), "waiting");
	json_decref(a);
}

static void
a_clock_that_is_put_right_is_believed_again(void **state)
{
	FIXTURE(f);

	raw += 400 * DAY;
	assert_int_equal(clock_watch(f->core, &f->e), 0);
	assert_blocked(f, 1);
	raw -= 400 * DAY;
	assert_int_equal(clock_watch(f->core, &f->e), 0);
	assert_blocked(f, 0);
	stop(f, 0);
	open_core(f);
	assert_blocked(f, 0);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(after_a_planned_stop_one_person_confirms),
		T(a_confirmation_outlives_a_kill_at_once),
		T(after_another_end_it_takes_two_people),
		T(a_second_jump_voids_what_was_signed),
		T(a_jump_of_a_run_is_not_laundered_by_restarts),
		T(a_kill_while_suspect_takes_the_planned_stop_away),
		T(a_clock_that_is_put_right_is_believed_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
