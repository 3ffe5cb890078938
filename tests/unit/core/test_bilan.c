/*
 * The bilan: months are frozen once they are over, in order, once; what is
 * published of a block is decided then; the totals the convention names are
 * exact, and no small cell is told.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/activities.h"
#include "daemon/core/bilan.h"
#include "daemon/core/due.h"
#include "daemon/core/indicator.h"
#include "tests/unit/core/core_fixture.h"

#define NEED(state)                                                            \
	struct core_fixture *f = *(state);                                     \
	if (f == NULL)                                                         \
	skip()

/* Counted in a month so far back from the one of the vault's time. */
static void
count(struct core_fixture *f, int32_t month, const char *code, const char *a,
    const char *b, int n)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_begin(f->core->catalog, &tx, &f->e), 0);
	assert_int_equal(sql_open(&tx,
			     "INSERT INTO indicator (month, code, a, b, n)"
			     " VALUES (?, ?, ?, ?, ?)",
			     &q, &f->e),
	    0);
	assert_int_equal(sql_int(q, 1, month, &f->e), 0);
	assert_int_equal(sql_text(q, 2, code, &f->e), 0);
	assert_int_equal(sql_text(q, 3, a, &f->e), 0);
	assert_int_equal(sql_text(q, 4, b, &f->e), 0);
	assert_int_equal(sql_int(q, 5, n, &f->e), 0);
	assert_int_equal(sql_run(q, &f->e), 0);
	sql_done(&q);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
}

static int
freeze(struct core_fixture *f, enum person who, int32_t month, json_t **answer)
{
	struct caller c = core_fixture_caller(f, who);
	char text[BILAN_MONTH_TEXT];

	bilan_month_format(month, text);
	return bilan_freeze(f->core, &c, text, answer, &f->e);
}

static void
expect_refused(struct core_fixture *f, enum person who, int32_t month,
    enum err_code code, const char *tag)
{
	json_t *answer = NULL;

	assert_int_equal(freeze(f, who, month, &answer), -(int)code);
	assert_string_equal(f->e.tag, tag);
	assert_null(answer);
}

static json_t *
report(struct core_fixture *f, int32_t from, int32_t until)
{
	struct caller c = core_fixture_caller(f, DIRECTOR);
	char a[BILAN_MONTH_TEXT], b[BILAN_MONTH_TEXT];
	json_t *answer = NULL;

	bilan_month_format(from, a);
	bilan_month_format(until, b);
	if (bilan_report(f->core, &c, a, b, &answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	return answer;
}

static json_int_t
total(const json_t *report, const char *code)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(report, "totals"), i, v)
	{
		if (strcmp(json_string_value(json_object_get(v, "code")),
			code) == 0)
			return json_integer_value(json_object_get(v, "n"));
	}
	return -1;
}

static json_t *
table(const json_t *report, const char *code)
{
	json_t *v;
	size_t i;

	json_array_foreach(json_object_get(report, "tables"), i, v)
	{
		if (strcmp(json_string_value(json_object_get(v, "code")),
			code) == 0)
			return v;
	}
	return NULL;
}

static json_t *
cell(const json_t *t, size_t row, size_t col)
{
	return json_array_get(
	    json_array_get(json_object_get(t, "cells"), row), col);
}

static int
due_months(struct core_fixture *f, enum person who)
{
	struct caller c = core_fixture_caller(f, who);
	AUTO(json_decrefp) json_t *answer = NULL;
	json_t *line;
	size_t i;
	int n = 0;

	if (due(f->core, &c, 0, &answer, &f->e) < 0)
		return -1;
	json_array_foreach(json_object_get(answer, "due"), i, line)
	{
		n += strcmp(json_string_value(json_object_get(line, "what")),
			 "bilan-freeze") == 0;
	}
	return n;
}

/* The first month of the half-year before the one that runs. */
static int32_t
half_year(struct core_fixture *f)
{
	int32_t now = indicator_month(core_now(f->core));

	return now - now % 6 - 6;
}

/* Both halves of a story, in the order in which a vault lives it. */
static void
months_are_frozen_when_over_in_order_and_once(void **state)
{
	AUTO(json_decrefp) json_t *answer = NULL, *j = NULL;
	int32_t first, now, m;
	const char *note;
	NEED(state);

	now = indicator_month(core_now(f->core));
	first = half_year(f);
	expect_refused(f, NOA, first, ERR_CONFLICT, "bilan-empty");
	count(f, first, "received", "ccapex", "", 20);
	count(f, first, "received", "services-sociaux", "", 3);
	count(f, first + 1, "demarche-outcome", "fsl", "accord", 3);
	count(f, first + 1, "demarche-outcome", "fsl", "refus", 10);
	count(f, first + 2, "demarche-outcome", "dalo", "accord", 11);
	count(f, first + 5, "demarche-outcome", "dalo", "refus", 12);
	count(f, now, "received", "ccapex", "", 2);
	expect_refused(f, CAMILLE, first, ERR_DENIED, "no-rule");
	expect_refused(f, DPO, first, ERR_DENIED, "no-rule");
	expect_refused(f, NOA, now, ERR_CONFLICT, "bilan-month");
	expect_refused(f, NOA, now + 1, ERR_CONFLICT, "bilan-month");
	expect_refused(f, NOA, first + 1, ERR_CONFLICT, "bilan-order");
	expect_refused(f, NOA, first - 1, ERR_CONFLICT, "bilan-empty");
	assert_int_equal(due_months(f, NOA), now - first);
	assert_int_equal(due_months(f, CAMILLE), 0);
	for (m = first; m < first + 5; m++) {
		assert_int_equal(freeze(f, NOA, m, &answer), 0);
		json_decref(answer);
		answer = NULL;
	}
	expect_refused(f, NOA, first, ERR_CONFLICT, "bilan-frozen");
	/* No table of a block that is not whole. */
	j = report(f, first, now);
	assert_null(table(j, "demarche-outcome"));
	assert_int_equal(freeze(f, NOA, m, &answer), 0);
	note = json_string_value(json_object_get(answer, "note"));
	assert_memory_equal(note, "sceau bilan 1\nmonth ", 20);
	assert_non_null(strstr(note, "\ntotal demarche-outcome 12\n"));
	assert_non_null(strstr(note, "\ntotal met 0\n"));
	assert_non_null(strstr(note, "\ncounts "));
	/* Nothing of how it divides is in what is signed. */
	assert_null(strstr(note, "dalo"));
	assert_int_equal(due_months(f, NOA), now - first - 6);
}

static void
totals_are_exact_and_small_cells_hidden_with_others(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL;
	int32_t first, now;
	json_t *t;
	NEED(state);

	now = indicator_month(core_now(f->core));
	first = half_year(f);
	j = report(f, first, now);
	assert_int_equal(total(j, "received"), 25);
	assert_int_equal(total(j, "demarche-outcome"), 36);
	assert_int_equal(total(j, "reopened"), -1); /* not named */
	t = table(j, "demarche-outcome");
	assert_non_null(t);
	assert_int_equal(json_integer_value(json_object_get(t, "total")), 36);
	/* dalo and fsl by accord and refus: one square, all of it hidden. */
	assert_true(json_is_null(cell(t, 0, 0)));
	assert_true(json_is_null(cell(t, 0, 1)));
	assert_true(json_is_null(cell(t, 1, 0)));
	assert_true(json_is_null(cell(t, 1, 1)));
	assert_int_equal(json_integer_value(json_array_get(
			     json_object_get(t, "row_totals"), 0)),
	    13);
	t = table(j, "received");
	assert_true(json_is_null(cell(t, 0, 0)));
	assert_true(json_is_null(cell(t, 1, 0)));
	assert_int_equal(json_integer_value(json_object_get(t, "total")), 23);
}

/* Two bilans, one from the other, leave only totals. */
static void
part_of_a_block_has_no_table(void **state)
{
	AUTO(json_decrefp) json_t *a = NULL, *b = NULL;
	int32_t first;
	NEED(state);

	first = half_year(f);
	a = report(f, first, first + 4);
	b = report(f, first + 1, first + 5);
	assert_int_equal(json_array_size(json_object_get(a, "tables")), 0);
	assert_int_equal(json_array_size(json_object_get(b, "tables")), 0);
	assert_int_equal(total(a, "demarche-outcome"), 24);
	assert_int_equal(total(b, "demarche-outcome"), 36);
}

static void
what_was_frozen_stays_whatever_is_counted_later(void **state)
{
	AUTO(json_decrefp) json_t *before = NULL, *after = NULL;
	int32_t first;
	NEED(state);

	first = half_year(f);
	before = report(f, first, first + 5);
	count(f, first, "met", "ccapex", "", 7);
	after = report(f, first, first + 5);
	assert_int_equal(total(after, "met"), 0);
	assert_true(json_equal(json_object_get(before, "tables"),
	    json_object_get(after, "tables")));
	assert_true(json_equal(json_object_get(before, "months"),
	    json_object_get(after, "months")));
}

static void
who_may_not_gets_no_report(void **state)
{
	static const enum person without[] = { CAMILLE, ADMIN, NOBODY, CAF };
	json_t *answer = NULL;
	struct caller c;
	size_t i;
	NEED(state);

	for (i = 0; i < NELEMS(without); i++) {
		c = core_fixture_caller(f, without[i]);
		assert_int_equal(bilan_report(f->core, &c, "2026-01", "2026-02",
				     &answer, &f->e),
		    -ERR_DENIED);
		assert_int_equal(bilan_vouchers(f->core, &c, "2026-01",
				     "2026-02", &answer, &f->e),
		    -ERR_DENIED);
		assert_int_equal(activities_report(f->core, &c, &answer, &f->e),
		    -ERR_DENIED);
	}
	assert_null(answer);
}

static void
a_period_is_two_months_in_order(void **state)
{
	static const struct {
		const char *from, *until, *tag;
	} rows[] = {
		{ "2026-02", "2026-01", "period" },
		{ "2000-01", "2026-01", "period" },
		{ "2026-13", "2026-12", "month" },
		{ "2026-1", "2026-12", "month" },
		{ "", "2026-12", "month" },
		{ "2026-01", "2026-01-01", "month" },
	};
	json_t *answer = NULL;
	struct caller c;
	size_t i;
	NEED(state);

	for (i = 0; i < NELEMS(rows); i++) {
		c = core_fixture_caller(f, DPO);
		assert_int_equal(bilan_report(f->core, &c, rows[i].from,
				     rows[i].until, &answer, &f->e),
		    -ERR_INVALID);
		assert_string_equal(f->e.tag, rows[i].tag);
	}
}

static void
vouchers_are_the_signed_texts(void **state)
{
	AUTO(json_decrefp) json_t *answer = NULL, *all = NULL;
	struct caller c;
	char a[BILAN_MONTH_TEXT], b[BILAN_MONTH_TEXT];
	NEED(state);

	c = core_fixture_caller(f, DIRECTOR);
	bilan_month_format(half_year(f), a);
	bilan_month_format(indicator_month(core_now(f->core)), b);
	assert_int_equal(bilan_vouchers(f->core, &c, a, b, &answer, &f->e), 0);
	assert_int_equal(json_array_size(json_object_get(answer, "months")), 6);
	/* Without a period, all there are; half of one is none. */
	assert_int_equal(
	    bilan_vouchers(f->core, &c, NULL, NULL, &all, &f->e), 0);
	assert_true(json_equal(
	    json_object_get(all, "months"), json_object_get(answer, "months")));
	json_decref(all);
	all = NULL;
	assert_int_equal(
	    bilan_vouchers(f->core, &c, a, NULL, &all, &f->e), -ERR_INVALID);
}

static void
exec(struct core_fixture *f, const char *sql, int32_t month)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	assert_int_equal(tx_begin(f->core->catalog, &tx, &f->e), 0);
	if ((r = sql_open(&tx, sql, &q, &f->e)) == 0 &&
	    (r = sql_int(q, 1, month, &f->e)) == 0)
		r = sql_run(q, &f->e);
	sql_done(&q);
	if (r == 0)
		r = tx_commit(&tx, &f->e);
	else
		tx_end(&tx);
	assert_int_equal(r, 0);
}

/* The list of what is due counts from what was frozen last. */
static void
after_many_years_a_month_is_due_still(void **state)
{
	int32_t now;
	NEED(state);

	now = indicator_month(core_now(f->core));
	count(f, now - 2 * BILAN_MONTHS_MAX, "received", "ccapex", "", 1);
	exec(f, "DELETE FROM bilan WHERE month >= ?", now - 3);
	exec(f,
	    "INSERT INTO bilan (month, counts, salt, totals, at, leaf, note)"
	    " VALUES (?, '[]', zeroblob(32), '{}', 0, 0, 'x')",
	    now - 3);
	assert_int_equal(due_months(f, NOA), 2);
}

/* Art. 30: each kind of the rules in some activity. */
static void
the_register_names_every_kind(void **state)
{
	AUTO(json_decrefp) json_t *answer = NULL;
	struct caller c;
	json_t *a;
	size_t i;
	NEED(state);

	c = core_fixture_caller(f, DPO);
	assert_int_equal(activities_report(f->core, &c, &answer, &f->e), 0);
	assert_true(json_is_object(json_object_get(answer, "operator")));
	assert_int_equal(
	    json_array_size(json_object_get(answer, "unnamed")), 0);
	assert_true(
	    json_array_size(json_object_get(answer, "activities")) >= 5);
	json_array_foreach(json_object_get(answer, "activities"), i, a)
	{
		assert_true(
		    json_array_size(json_object_get(a, "durations")) > 0);
		assert_true(
		    json_array_size(json_object_get(a, "security")) > 0);
		assert_true(json_array_size(json_object_get(a, "data")) > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(months_are_frozen_when_over_in_order_and_once),
		cmocka_unit_test(
		    totals_are_exact_and_small_cells_hidden_with_others),
		cmocka_unit_test(part_of_a_block_has_no_table),
		cmocka_unit_test(
		    what_was_frozen_stays_whatever_is_counted_later),
		cmocka_unit_test(who_may_not_gets_no_report),
		cmocka_unit_test(a_period_is_two_months_in_order),
		cmocka_unit_test(vouchers_are_the_signed_texts),
		cmocka_unit_test(the_register_names_every_kind),
		cmocka_unit_test(after_many_years_a_month_is_due_still),
	};

	return cmocka_run_group_tests(
	    tests, core_fixture_setup, core_fixture_teardown);
}
