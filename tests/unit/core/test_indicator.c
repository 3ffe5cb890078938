/*
 * Indicators: anonymous counts by month, once for a case where it is said,
 * that stay when the case goes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/indicator.h"
#include "daemon/core/plan.h"
#include "tests/unit/core/core_fixture.h"

#define NEED(state)                                                            \
	struct core_fixture *f = *(state);                                     \
	if (f == NULL)                                                         \
	skip()

static int64_t
at(const char *time)
{
	int64_t ms;

	assert_int_equal(time_parse(time, &ms, NULL), 0);
	return ms;
}

/* A row's number; 0: there is none. */
static int64_t
count(struct tx *tx, int32_t month, const char *code, const char *a,
    const char *b)
{
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(sql_open(tx,
			     "SELECT n FROM indicator WHERE month = ? AND"
			     " code = ? AND a = ? AND b = ?",
			     &q, NULL),
	    0);
	assert_int_equal(sql_int(q, 1, month, NULL), 0);
	assert_int_equal(sql_text(q, 2, code, NULL), 0);
	assert_int_equal(sql_text(q, 3, a, NULL), 0);
	assert_int_equal(sql_text(q, 4, b, NULL), 0);
	return sql_step(q, NULL) > 0 ? sql_get_int(q, 0) : 0;
}

static struct id
a_case(struct core_fixture *f, const char *name)
{
	char text[ID_TEXT];
	struct id id;

	core_fixture_case(f, CAMILLE, name, text);
	assert_int_equal(id_parse(text, &id, NULL), 0);
	return id;
}

static void
each_is_counted_in_its_month_of_paris(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	static const struct {
		const char *at;
		int32_t month;
	} rows[] = {
		{ "2026-11-30T22:59:59Z", 2026 * 12 + 10 },
		{ "2026-11-30T23:00:00Z", 2026 * 12 + 11 },
		{ "2026-12-31T22:59:59Z", 2026 * 12 + 11 },
		{ "2026-12-31T23:00:00Z", 2027 * 12 },
		{ "2027-07-31T21:59:59Z", 2027 * 12 + 6 },
		{ "2027-07-31T22:00:00Z", 2027 * 12 + 7 },
		{ "2028-02-29T22:59:59Z", 2028 * 12 + 1 },
		{ "2028-02-29T23:00:00Z", 2028 * 12 + 2 },
	};
	size_t i;
	NEED(state);

	assert_int_equal(tx_begin(f->core->catalog, &tx, &f->e), 0);
	for (i = 0; i < NELEMS(rows); i++) {
		assert_int_equal(
		    indicator_month(at(rows[i].at)), rows[i].month);
		assert_int_equal(indicator_add(&tx, at(rows[i].at), "met",
				     "ccapex", "", &f->e),
		    0);
	}
	assert_int_equal(count(&tx, 2026 * 12 + 10, "met", "ccapex", ""), 1);
	assert_int_equal(count(&tx, 2026 * 12 + 11, "met", "ccapex", ""), 2);
	assert_int_equal(count(&tx, 2027 * 12, "met", "ccapex", ""), 1);
	assert_int_equal(count(&tx, 2027 * 12, "met", "", ""), 0);
}

static void
dimensions_are_counted_apart(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = at("2026-11-23T10:00:00Z");
	int32_t month = indicator_month(now);
	NEED(state);

	assert_int_equal(tx_begin(f->core->catalog, &tx, &f->e), 0);
	assert_int_equal(
	    indicator_add(&tx, now, "demarche-outcome", "fsl", "accordee", 0),
	    0);
	assert_int_equal(
	    indicator_add(&tx, now, "demarche-outcome", "fsl", "refusee", 0),
	    0);
	assert_int_equal(
	    indicator_add(&tx, now, "demarche-outcome", "fsl", "accordee", 0),
	    0);
	assert_int_equal(
	    count(&tx, month, "demarche-outcome", "fsl", "accordee"), 2);
	assert_int_equal(
	    count(&tx, month, "demarche-outcome", "fsl", "refusee"), 1);
	assert_int_equal(count(&tx, month, "demarche-outcome", "fsl", ""), 0);
}

static void
a_case_is_counted_once_until_it_starts_anew(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t now = at("2026-11-23T10:00:00Z");
	int64_t later = at("2026-12-02T10:00:00Z");
	struct id one, other;
	NEED(state);

	one = a_case(f, "Ménage fictif");
	other = a_case(f, "Autre ménage fictif");
	assert_int_equal(tx_begin(f->core->catalog, &tx, &f->e), 0);
	assert_int_equal(
	    indicator_once(&tx, &one, now, "contract", "amont", "", 0), 1);
	assert_int_equal(
	    indicator_once(&tx, &one, now, "contract", "amont", "", 0), 0);
	/* Neither another month nor another dimension makes it twice. */
	assert_int_equal(
	    indicator_once(&tx, &one, later, "contract", "aval", "", 0), 0);
	assert_int_equal(
	    indicator_once(&tx, &one, now, "diagnosis", "", "", 0), 1);
	assert_int_equal(
	    indicator_once(&tx, &other, now, "contract", "amont", "", 0), 1);
	assert_int_equal(
	    count(&tx, indicator_month(now), "contract", "amont", ""), 2);
	assert_int_equal(
	    count(&tx, indicator_month(later), "contract", "aval", ""), 0);
	assert_int_equal(indicator_forget(&tx, &one, &f->e), 0);
	assert_int_equal(
	    indicator_once(&tx, &one, later, "contract", "aval", "", 0), 1);
	assert_int_equal(
	    indicator_once(&tx, &other, later, "contract", "aval", "", 0), 0);
}

static void
what_nobody_counts_is_refused(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	static const struct {
		const char *code, *a, *b;
	} rows[] = {
		{ "", "", "" },
		{ "mett", "", "" },
		{ "MET", "", "" },
		{ "met", "Ménage fictif", "" },
		{ "met", "ccapex", "une phrase" },
		{ "met", "\"", "" },
		{ "met", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    "" },
	};
	struct id one;
	size_t i;
	NEED(state);

	one = a_case(f, "Ménage fictif");
	assert_int_equal(tx_begin(f->core->catalog, &tx, &f->e), 0);
	for (i = 0; i < NELEMS(rows); i++) {
		assert_int_equal(indicator_add(&tx, 0, rows[i].code, rows[i].a,
				     rows[i].b, &f->e),
		    -ERR_INTERNAL);
		assert_int_equal(indicator_once(&tx, &one, 0, rows[i].code,
				     rows[i].a, rows[i].b, &f->e),
		    -ERR_INTERNAL);
	}
	/* And marks nothing. */
	assert_int_equal(indicator_once(&tx, &one, 0, "met", "", "", 0), 1);
}

static void
marks_go_with_the_case_and_counts_stay(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct plan plan;
	int64_t now = at("2026-11-23T10:00:00Z");
	struct id one;
	NEED(state);

	one = a_case(f, "Ménage fictif");
	assert_int_equal(tx_begin(f->core->catalog, &tx, &f->e), 0);
	assert_int_equal(
	    indicator_once(&tx, &one, now, "closed", "maintenu", "", 0), 1);
	assert_int_equal(plan_make(&tx, &one, NULL, 0, &plan, &f->e), 0);
	assert_int_equal(plan_forget(&tx, &plan, now, &f->e), 0);
	plan_done(&plan);
	assert_int_equal(
	    sql_open(&tx,
		"SELECT count(*) FROM dossier_counted WHERE dossier = ?", &q,
		NULL),
	    0);
	assert_int_equal(sql_id(q, 1, &one, NULL), 0);
	assert_int_equal(sql_step(q, NULL), 1);
	assert_int_equal(sql_get_int(q, 0), 0);
	assert_int_equal(
	    count(&tx, indicator_month(now), "closed", "maintenu", ""), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_is_counted_in_its_month_of_paris),
		cmocka_unit_test(dimensions_are_counted_apart),
		cmocka_unit_test(a_case_is_counted_once_until_it_starts_anew),
		cmocka_unit_test(what_nobody_counts_is_refused),
		cmocka_unit_test(marks_go_with_the_case_and_counts_stay),
	};

	return cmocka_run_group_tests(
	    tests, core_fixture_setup, core_fixture_teardown);
}
