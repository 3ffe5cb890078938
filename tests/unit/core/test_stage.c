/* The stage of a case: moved by what happened, and on its day by what was
 * announced; never back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "consent_scene.h"
#include "daemon/core/case.h"
#include "daemon/core/event.h"
#include "daemon/core/stage.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static void
happen(struct scene *s, const char *name, const char *day)
{
	const struct event_entry en = { .kase = s->kase,
		.name = name,
		.occurred_on = day,
		.note = "",
		.document = "" };
	json_t *answer = NULL;

	if (event_add(s->f->core, &s->camille, &en, &s->f->object, &answer,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
}

static const char *
stage_of(struct scene *s)
{
	static struct case_facts f;
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;

	assert_int_equal(id_parse(s->kase, &id, NULL), 0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(case_by_id(&tx, &id, &f, NULL), 0);
	return f.stage;
}

static size_t
pass(struct scene *s)
{
	size_t n;

	if (stage_pass(s->f->core, &n, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	return n;
}

static void
an_announced_hearing_moves_it_on_its_day(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2027-03-25T10:00:00Z");
	happen(&s, "audience", "2027-03-28");
	assert_string_equal(stage_of(&s), "amont");
	assert_int_equal(pass(&s), 0);
	/* The last instant of the day before, in France. */
	scene_live_until(&s, "2027-03-27T22:59:59Z");
	assert_int_equal(pass(&s), 0);
	assert_string_equal(stage_of(&s), "amont");
	scene_live_until(&s, "2027-03-27T23:00:00Z");
	assert_int_equal(pass(&s), 1);
	assert_string_equal(stage_of(&s), "aval");
	scene_live_until(&s, "2027-03-29T23:00:00Z");
	assert_int_equal(pass(&s), 0);
}

static void
what_happened_moves_it_at_once_and_nothing_moves_it_back(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2027-03-25T10:00:00Z");
	happen(&s, "commandement", "2027-03-20");
	happen(&s, "fin-contrat", "2027-03-27");
	assert_string_equal(stage_of(&s), "amont");
	happen(&s, "assignation", "2027-03-24");
	assert_string_equal(stage_of(&s), "aval");
	happen(&s, "reprise-loyer", "2027-03-25");
	scene_live_until(&s, "2027-03-30T10:00:00Z");
	assert_int_equal(pass(&s), 0);
	assert_string_equal(stage_of(&s), "aval");
}

/* What is no event of the later stage moves nothing when its day comes. */
static void
another_announced_day_moves_nothing(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2027-03-25T10:00:00Z");
	happen(&s, "fin-contrat", "2027-03-27");
	scene_live_until(&s, "2027-03-30T10:00:00Z");
	assert_int_equal(pass(&s), 0);
	assert_string_equal(stage_of(&s), "amont");
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, scene_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(an_announced_hearing_moves_it_on_its_day),
		T(what_happened_moves_it_at_once_and_nothing_moves_it_back),
		T(another_announced_day_moves_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
