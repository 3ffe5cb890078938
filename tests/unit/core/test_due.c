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
#include "base/text.h"
#include "core_fixture.h"
#include "daemon/core/case.h"
#include "daemon/core/due.h"

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
		T(a_day_that_is_none_is_refused),
		T(of_too_many_lines_the_soonest_are_kept),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
