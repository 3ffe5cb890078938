/* The intermediate archive: when a case goes there, and who reads it then. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/text.h"
#include "consent_scene.h"
#include "daemon/core/archive.h"
#include "daemon/core/closing.h"
#include "daemon/core/moment.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static void
contact(struct scene *s, const char *day)
{
	AUTO(buf_done) struct buf text = { 0 };
	json_t *answer = NULL;

	assert_int_equal(buf_addf(&text, NULL,
			     "{\"date\":\"%s\",\"canal\":\"visite\","
			     "\"resultat\":\"rencontre\"}",
			     day),
	    0);
	if (core_fixture_file(s->f, CAMILLE, s->kase, "contact", text.p,
		text.len, "", NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
}

static const char *
state_of(struct scene *s, struct case_facts *f)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;

	assert_int_equal(id_parse(s->kase, &id, NULL), 0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(case_by_id(&tx, &id, f, NULL), 0);
	return f->state;
}

static size_t
pass(struct scene *s)
{
	size_t n;

	if (archive_pass(s->f->core, &n, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	return n;
}

static int
may_read(struct scene *s, enum person who, const char *purpose)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *answer = NULL;
	int r;

	c.purpose = purpose;
	r = case_show(
	    s->f->core, &c, s->kase, &s->f->object, &answer, &s->f->e);
	json_decref(answer);
	return r == 0;
}

static void
two_years_after_the_last_contact_and_not_a_day_before(void **state)
{
	struct case_facts facts;
	struct scene s;
	int32_t day, closing;
	AUTO(tx_end) struct tx tx = { 0 };
	FIXTURE(f);

	scene_init(&s, f, "2027-02-26T10:00:00Z");
	contact(&s, "2027-02-26");
	scene_live_until(&s, "2029-02-26T22:59:59Z");
	assert_int_equal(pass(&s), 0);
	assert_string_equal(state_of(&s, &facts), "open");
	assert_true(may_read(&s, CAMILLE, NULL));
	scene_live_until(&s, "2029-02-26T23:00:00Z");
	assert_int_equal(pass(&s), 1);
	assert_string_equal(state_of(&s, &facts), "archived");
	/* Once a day: the second pass finds nothing. */
	assert_int_equal(pass(&s), 0);
	/* It was never closed: its work ended with its active time. */
	assert_int_equal(date_parse("2029-02-26", &day, NULL), 0);
	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(moment_day(f->core, &tx, &facts.id, MOMENT_CLOSING,
			     day + 1, &closing, NULL),
	    1);
	assert_int_equal(closing, day);
}

static void
then_the_jurist_reads_it_for_a_reason_and_nobody_of_the_team(void **state)
{
	struct case_facts facts;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2027-02-26T10:00:00Z");
	contact(&s, "2027-02-26");
	scene_live_until(&s, "2029-03-01T10:00:00Z");
	assert_int_equal(pass(&s), 1);
	assert_string_equal(state_of(&s, &facts), "archived");
	assert_false(may_read(&s, CAMILLE, NULL));
	assert_false(may_read(&s, CAMILLE, "preuve-contentieux"));
	assert_false(may_read(&s, NOA, "preuve-contentieux"));
	assert_false(may_read(&s, DIRECTOR, "preuve-contentieux"));
	assert_false(may_read(&s, JURIST, NULL));
	assert_true(may_read(&s, JURIST, "preuve-contentieux"));
}

/* Else the team would find it shut again the next morning, and a sweep would
 * take it. */
static void
a_household_that_comes_back_begins_anew(void **state)
{
	struct case_facts facts;
	struct caller noa;
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2027-02-26T10:00:00Z");
	contact(&s, "2027-02-26");
	scene_live_until(&s, "2029-03-01T10:00:00Z");
	assert_int_equal(pass(&s), 1);
	noa = core_fixture_caller(f, NOA);
	if (closing_reopen(f->core, &noa, s.kase, "liste de l'année",
		&f->object, &answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
	scene_live_until(&s, "2029-03-02T10:00:00Z");
	assert_int_equal(pass(&s), 0);
	assert_string_equal(state_of(&s, &facts), "open");
	/* Two years from its new entry, when nobody answers any more. */
	scene_live_until(&s, "2031-03-01T10:00:00Z");
	assert_int_equal(pass(&s), 0);
	scene_live_until(&s, "2031-03-02T10:00:00Z");
	assert_int_equal(pass(&s), 1);
}

static void
a_clock_that_is_not_believed_archives_nothing(void **state)
{
	struct case_facts facts;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2027-02-26T10:00:00Z");
	contact(&s, "2027-02-26");
	scene_restart(&s, "2029-03-01T10:00:00Z");
	assert_int_equal(pass(&s), 0);
	assert_string_equal(state_of(&s, &facts), "open");
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, scene_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(two_years_after_the_last_contact_and_not_a_day_before),
		T(then_the_jurist_reads_it_for_a_reason_and_nobody_of_the_team),
		T(a_household_that_comes_back_begins_anew),
		T(a_clock_that_is_not_believed_archives_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
