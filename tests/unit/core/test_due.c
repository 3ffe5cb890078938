/*
 * The list of what is due, through the real core: what the vault computes of
 * a case just opened, for whom, as of which day; and the soonest lines of
 * many.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/term.h"
#include "base/text.h"
#include "core_fixture.h"
#include "daemon/core/case.h"
#include "daemon/core/document.h"
#include "daemon/core/due.h"
#include "daemon/core/event.h"
#include "daemon/core/filing.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static void
open_case(struct core_fixture *f)
{
	char id[ID_TEXT];

	core_fixture_case(f, CAMILLE, "Foyer exemple", id);
}

/* How many lines of this sort; *line: the first, borrowed from *answer. */
static size_t
lines(struct core_fixture *f, enum person who, int32_t as_of, const char *what,
    json_t **answer, json_t **line)
{
	struct caller c = core_fixture_caller(f, who);
	struct due_asking a = { 0 };
	char day[11];
	size_t i, n = 0;
	json_t *l;

	if (as_of != 0) {
		date_format(as_of, day);
		a.as_of = day;
	}
	json_decref(*answer);
	*answer = *line = NULL;
	if (due_ask(f->core, &c, &a, answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_array_foreach(json_object_get(*answer, "due"), i, l)
	{
		if (strcmp(json_string_value(json_object_get(l, "what")),
			what) != 0)
			continue;
		if (n++ == 0)
			*line = l;
	}
	return n;
}

static int
is_overdue(const json_t *line)
{
	return json_is_true(json_object_get(line, "overdue"));
}

static void
a_case_just_opened_waits_for_its_notice(void **state)
{
	json_t *answer = NULL, *l = NULL;
	int32_t today, last;
	FIXTURE(f);

	today = civil_day(core_now(f->core));
	last = civil_add_months(today, 1);
	open_case(f);
	assert_int_equal(
	    lines(f, CAMILLE, 0, "information-art14", &answer, &l), 1);
	assert_string_equal(json_string_value(json_object_get(l, "title")),
	    "Informer le ménage");
	assert_non_null(json_object_get(l, "case"));
	assert_null(json_object_get(l, "object"));
	assert_false(is_overdue(l));
	/* Nobody was met: no veille. */
	assert_int_equal(lines(f, CAMILLE, 0, "veille", &answer, &l), 0);
	/* The day before there was nothing; its last day is in time still. */
	assert_int_equal(
	    lines(f, CAMILLE, today - 1, "information-art14", &answer, &l), 0);
	assert_int_equal(
	    lines(f, CAMILLE, last, "information-art14", &answer, &l), 1);
	assert_false(is_overdue(l));
	assert_int_equal(
	    lines(f, CAMILLE, last + 1, "information-art14", &answer, &l), 1);
	assert_true(is_overdue(l));
	json_decref(answer);
}

static void
a_line_is_shown_to_whose_it_is(void **state)
{
	static const struct {
		enum person who;
		size_t n;
	} rows[] = { { CAMILLE, 1 }, { NOA, 1 }, { JURIST, 1 }, { SACHA, 0 },
		{ DIRECTOR, 0 }, { DPO, 0 } };
	json_t *answer = NULL, *l = NULL;
	size_t i;
	FIXTURE(f);

	open_case(f);
	for (i = 0; i < NELEMS(rows); i++)
		if (lines(f, rows[i].who, 0, "information-art14", &answer,
			&l) != rows[i].n)
			fail_msg("row %zu", i);
	json_decref(answer);
}

/* Of another team's case nobody but the director and the delegate has a line:
 * what is named can be opened. */
static void
a_line_names_no_case_of_another_team(void **state)
{
	static const struct {
		enum person who;
		size_t n;
	} rows[] = { { SACHA, 1 }, { CAMILLE, 0 }, { NOA, 0 }, { JURIST, 0 } };
	json_t *answer = NULL, *l = NULL, *seen = NULL;
	struct due_asking one = { 0 };
	char id[ID_TEXT];
	size_t i;
	int r;
	FIXTURE(f);

	core_fixture_case(f, SACHA, "Foyer du sud", id);
	one.kase = id;
	for (i = 0; i < NELEMS(rows); i++) {
		struct caller c = core_fixture_caller(f, rows[i].who);

		if (lines(f, rows[i].who, 0, "information-art14", &answer,
			&l) != rows[i].n)
			fail_msg("row %zu", i);
		/* And asking for it alone says no more than opening it. */
		r = due_ask(f->core, &c, &one, &seen, &f->e);
		assert_int_equal(r, rows[i].n > 0 ? 0 : -ERR_NOT_FOUND);
		json_decref(seen);
		seen = NULL;
	}
	json_decref(answer);
}

/* But the lead who may sign for another team's extract sees that it waits. */
static void
who_may_sign_for_another_team_sees_that_it_waits(void **state)
{
	static const char *const what[] = { "extract-approval",
		"information-art14", "extract-unclaimed" };
	AUTO(tx_end) struct tx tx = { 0 };
	struct due_list d = { 0 };
	char text[ID_TEXT];
	json_t *all = NULL;
	struct caller c;
	struct id kase;
	size_t i;
	FIXTURE(f);

	core_fixture_case(f, SACHA, "Foyer du sud", text);
	assert_int_equal(id_parse(text, &kase, &f->e), 0);
	c = core_fixture_caller(f, NOA);
	d.core = f->core;
	d.caller = &c;
	d.now_ms = core_now(f->core);
	d.today = d.as_of = civil_day(d.now_ms);
	assert_int_equal(tx_read(f->core->catalog, &tx, &f->e), 0);
	d.tx = &tx;
	assert_int_equal(due_begin(&d, &f->e), 0);
	for (i = 0; i < NELEMS(what); i++)
		assert_int_equal(due_add(&d, what[i], &kase, &kase, d.now_ms, 0,
				     NULL, &f->e),
		    0);
	assert_int_equal(due_end(&d, &all, &f->e), 0);
	assert_int_equal(json_array_size(all), 1);
	assert_string_equal(
	    json_string_value(json_object_get(json_array_get(all, 0), "what")),
	    "extract-approval");
	json_decref(all);
}

static void
happens(struct core_fixture *f, const char *kase, const char *event)
{
	struct caller c = core_fixture_caller(f, CAMILLE);
	struct event_entry en = { .kase = kase,
		.name = event,
		.occurred_on = "",
		.document = "",
		.note = "" };
	json_t *answer = NULL;

	if (event_add(f->core, &c, &en, &f->object, &answer, &f->e) < 0)
		fail_msg("%s: %s", event, f->e.text);
	json_decref(answer);
}

/* The jurist's check of an act, with the day of the lease. */
static void
checks(struct core_fixture *f, const char *kase, const char *lease)
{
	struct caller c = core_fixture_caller(f, JURIST);
	char upload[ID_TEXT], date[11], text[200];
	struct filing x = { .kase = kase,
		.kind = "controle-regularite",
		.level = "",
		.title = "",
		.replaces = "",
		.npages = 1 };
	json_t *answer = NULL;
	int again = 0;

	date_format(civil_day(core_now(f->core)), date);
	snprintf(text, sizeof(text),
	    "{\"date\":\"%s\",\"acte\":\"commandement-de-payer\","
	    "\"date-bail\":\"%s\"}",
	    date, lease);
	core_fixture_send(f, JURIST, text, strlen(text), upload);
	x.pages[0].upload = upload;
	x.pages[0].name = "controle.json";
	if (document_file(f->core, &c, &x, &f->object, &answer, &again, &f->e) <
	    0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
}

static void
expect_last(struct core_fixture *f, const char *what, int32_t last)
{
	json_t *answer = NULL, *l = NULL;
	char want[TIME_TEXT];

	time_format(civil_start_ms(last + 1), want);
	assert_int_equal(lines(f, CAMILLE, 0, what, &answer, &l), 1);
	assert_string_equal(
	    json_string_value(json_object_get(l, "due_at")), want);
	/* Its last day is in time, the day after is not. */
	assert_int_equal(lines(f, CAMILLE, last, what, &answer, &l), 1);
	assert_false(is_overdue(l));
	assert_int_equal(lines(f, CAMILLE, last + 1, what, &answer, &l), 1);
	assert_true(is_overdue(l));
	json_decref(answer);
}

/* Cass. avis 13/06/2024: by the day on which the lease was signed; while
 * nobody said it, the shorter delay. */
static void
the_order_to_pay_leaves_what_the_lease_gives(void **state)
{
	json_t *answer = NULL, *l = NULL;
	char kase[ID_TEXT];
	int32_t today;
	FIXTURE(f);

	today = civil_day(core_now(f->core));
	core_fixture_case(f, CAMILLE, "Foyer exemple", kase);
	assert_int_equal(lines(f, CAMILLE, 0, "commandement", &answer, &l), 0);
	happens(f, kase, "commandement");
	expect_last(f, "commandement", today + 42);
	/* A lease of long ago is declared, and no day of this month. */
	checks(f, kase, "2023-07-28");
	expect_last(f, "commandement", civil_add_months(today, 2));
	/* Another team's it is not; the summons settles it. */
	assert_int_equal(lines(f, SACHA, 0, "commandement", &answer, &l), 0);
	happens(f, kase, "assignation");
	assert_int_equal(lines(f, CAMILLE, 0, "commandement", &answer, &l), 0);
	json_decref(answer);
}

static void
a_later_lease_has_six_weeks(void **state)
{
	char kase[ID_TEXT];
	int32_t today;
	FIXTURE(f);

	today = civil_day(core_now(f->core));
	core_fixture_case(f, CAMILLE, "Foyer exemple", kase);
	happens(f, kase, "commandement");
	checks(f, kase, "2023-07-29");
	expect_last(f, "commandement", today + 42);
}

/* Nobody is put out from 1 November to 31 March, and silence is a refusal. */
static void
an_order_to_leave_ends_no_sooner_than_the_truce(void **state)
{
	json_t *answer = NULL, *l = NULL;
	char kase[ID_TEXT];
	int32_t today;
	FIXTURE(f);

	today = civil_day(core_now(f->core));
	core_fixture_case(f, CAMILLE, "Foyer exemple", kase);
	happens(f, kase, "commandement-quitter");
	expect_last(f, "depart", term_truce_end(civil_add_months(today, 2)));
	happens(f, kase, "requisition-force-publique");
	assert_int_equal(lines(f, CAMILLE, 0, "depart", &answer, &l), 0);
	expect_last(f, "force-publique", civil_add_months(today, 2));
	happens(f, kase, "refus-force-publique");
	assert_int_equal(
	    lines(f, CAMILLE, 0, "force-publique", &answer, &l), 0);
	assert_int_equal(
	    lines(f, CAMILLE, 0, "expulsion-possible", &answer, &l), 0);
	happens(f, kase, "concours-force-publique");
	expect_last(f, "expulsion-possible", term_truce_end(today));
	json_decref(answer);
}

static void
a_day_that_is_none_is_refused(void **state)
{
	static const char *const bad[] = { "", "demain", "2026-02-30",
		"2026-1-01", "2026-11-23T00:00:00Z" };
	json_t *answer = NULL;
	struct caller c;
	size_t i;
	FIXTURE(f);

	c = core_fixture_caller(f, CAMILLE);
	for (i = 0; i < NELEMS(bad); i++) {
		assert_int_equal(due_ask(f->core, &c,
				     &(struct due_asking){ .as_of = bad[i] },
				     &answer, &f->e),
		    -ERR_INVALID);
		assert_null(answer);
	}
}

/* Of one case only its lines; another team's is no different from none. */
static void
one_case_is_asked_about_alone(void **state)
{
	static const char none[] = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
	char first[ID_TEXT], second[ID_TEXT];
	json_t *answer = NULL, *l;
	struct due_asking a = { 0 };
	struct caller c;
	size_t i;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Foyer exemple", first);
	core_fixture_case(f, CAMILLE, "Foyer modèle", second);
	c = core_fixture_caller(f, CAMILLE);
	a.kase = second;
	assert_int_equal(due_ask(f->core, &c, &a, &answer, &f->e), 0);
	assert_true(json_array_size(json_object_get(answer, "due")) > 0);
	json_array_foreach(json_object_get(answer, "due"), i, l)
	    assert_string_equal(
		json_string_value(json_object_get(l, "case")), second);
	json_decref(answer);
	answer = NULL;
	a.kase = none;
	assert_int_equal(
	    due_ask(f->core, &c, &a, &answer, &f->e), -ERR_NOT_FOUND);
	c = core_fixture_caller(f, SACHA);
	a.kase = second;
	assert_int_equal(
	    due_ask(f->core, &c, &a, &answer, &f->e), -ERR_NOT_FOUND);
	a.kase = "x";
	assert_true(due_ask(f->core, &c, &a, &answer, &f->e) < 0);
	assert_null(answer);
}

#define MANY (DUE_MAX + 500)

/* Lines come in any order: the soonest are kept, and the others counted. */
static void
of_too_many_lines_the_soonest_are_kept(void **state)
{
	static const struct id nobodys;
	struct due_list d = { 0 };
	json_t *all = NULL;
	struct caller c;
	size_t i;
	int64_t ms, before = 0;
	FIXTURE(f);

	c = core_fixture_caller(f, NOA);
	d.core = f->core;
	d.caller = &c;
	d.now_ms = core_now(f->core);
	d.today = d.as_of = civil_day(d.now_ms);
	assert_int_equal(due_begin(&d, &f->e), 0);
	for (i = 0; i < MANY; i++) {
		/* 7919 is prime to MANY: each number once. */
		ms = d.now_ms + (int64_t)(i * 7919 % MANY) * 1000;
		assert_int_equal(due_add(&d, "rules-proposal", &nobodys,
				     &nobodys, d.now_ms, ms, NULL, &f->e),
		    0);
	}
	assert_int_equal(d.left_off, MANY - DUE_MAX);
	assert_int_equal(due_end(&d, &all, &f->e), 0);
	assert_int_equal(json_array_size(all), DUE_MAX);
	for (i = 0; i < DUE_MAX; i++) {
		assert_int_equal(
		    time_parse(json_string_value(json_object_get(
				   json_array_get(all, i), "due_at")),
			&ms, NULL),
		    0);
		assert_true(ms >= before);
		before = ms;
	}
	assert_true(before <= d.now_ms + DUE_MAX * INT64_C(1000));
	json_decref(all);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, core_fixture_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(a_case_just_opened_waits_for_its_notice),
		T(a_line_is_shown_to_whose_it_is),
		T(a_line_names_no_case_of_another_team),
		T(who_may_sign_for_another_team_sees_that_it_waits),
		T(the_order_to_pay_leaves_what_the_lease_gives),
		T(a_later_lease_has_six_weeks),
		T(an_order_to_leave_ends_no_sooner_than_the_truce),
		T(a_day_that_is_none_is_refused),
		T(one_case_is_asked_about_alone),
		T(one_case_is_asked_about_alone),
		T(of_too_many_lines_the_soonest_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
