/*
 * Every rule of retention at its boundaries: the day before, the day and the
 * day after; the end of a month; 29 February; before a court; never met.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/retention_judge.h"

static struct policy *rules;

struct dated {
	const char *name, *day;
};
struct row {
	const char *rule;
	struct dated moments[5];
	const char *day;
	enum retention_state state;
	const char *last; /* NULL: it waits */
};

static int32_t
day(const char *text)
{
	int32_t d;

	assert_int_equal(date_parse(text, &d, NULL), 0);
	return d;
}

static int
moment(void *arg, const char *name, int32_t *out)
{
	const struct row *r = arg;
	size_t i;

	for (i = 0; i < NELEMS(r->moments) && r->moments[i].name != NULL; i++)
		if (strcmp(r->moments[i].name, name) == 0) {
			*out = day(r->moments[i].day);
			return 1;
		}
	return 0;
}

static struct retention_finding
judge(const struct row *r, int held, int restricted)
{
	struct retention_facts f = {
		.day = day(r->day),
		.moment = moment,
		.arg = (void *)(uintptr_t)r,
		.held = held,
		.restricted = restricted,
	};
	struct retention_finding out;

	retention_judge(rules, r->rule, &f, &out);
	return out;
}

#define A RETENTION_ACTIVE
#define I RETENTION_INTERMEDIATE
#define D RETENTION_DUE
#define W RETENTION_WAITING
#define T0(d)                                                                  \
	{                                                                      \
		"last-contact", d                                              \
	}

static const struct row rows[] = {
	/* Two years after the last contact, then nothing is left. */
	{ "suivi", { T0("2024-11-23") }, "2026-11-22", A, "2026-11-23" },
	{ "suivi", { T0("2024-11-23") }, "2026-11-23", A, "2026-11-23" },
	{ "suivi", { T0("2024-11-23") }, "2026-11-24", D, "2026-11-23" },
	/* From 29 February to the last day of another February. */
	{ "suivi", { T0("2024-02-29") }, "2026-02-27", A, "2026-02-28" },
	{ "suivi", { T0("2024-02-29") }, "2026-02-28", A, "2026-02-28" },
	{ "suivi", { T0("2024-02-29") }, "2026-03-01", D, "2026-02-28" },
	{ "suivi", { T0("2022-02-28") }, "2024-02-28", A, "2024-02-28" },
	{ "suivi", { T0("2022-02-28") }, "2024-02-29", D, "2024-02-28" },
	/* No contact, nor anything in its place: it waits. */
	{ "suivi", { { 0 } }, "2040-01-01", W, NULL },
	/* Before a court: until the final decision, five years at most. */
	{ "suivi", { T0("2024-01-31"), { "litigation", "2024-03-01" } },
	    "2026-01-31", A, "2029-03-01" },
	{ "suivi", { T0("2024-01-31"), { "litigation", "2024-03-01" } },
	    "2026-02-01", I, "2029-03-01" },
	{ "suivi", { T0("2024-01-31"), { "litigation", "2024-03-01" } },
	    "2029-03-01", I, "2029-03-01" },
	{ "suivi", { T0("2024-01-31"), { "litigation", "2024-03-01" } },
	    "2029-03-02", D, "2029-03-01" },
	/* Decided: that day ends it, but for the two years. */
	{ "suivi",
	    { T0("2024-01-31"), { "litigation", "2024-03-01" },
		{ "final-decision", "2027-06-30" } },
	    "2027-06-30", I, "2027-06-30" },
	{ "suivi",
	    { T0("2024-01-31"), { "litigation", "2024-03-01" },
		{ "final-decision", "2027-06-30" } },
	    "2027-07-01", D, "2027-06-30" },
	{ "suivi",
	    { T0("2024-01-31"), { "litigation", "2024-03-01" },
		{ "final-decision", "2025-06-30" } },
	    "2026-01-31", A, "2026-01-31" },
	{ "suivi",
	    { T0("2024-01-31"), { "litigation", "2024-03-01" },
		{ "final-decision", "2025-06-30" } },
	    "2026-02-01", D, "2026-01-31" },
	/* Decided after the five years: too late to lengthen them. */
	{ "suivi",
	    { T0("2024-01-31"), { "litigation", "2024-03-01" },
		{ "final-decision", "2030-06-30" } },
	    "2029-03-02", D, "2029-03-01" },
	/* The decision of an earlier lawsuit does not end the next. */
	{ "suivi",
	    { T0("2024-01-31"), { "litigation", "2026-03-01" },
		{ "final-decision", "2025-06-30" } },
	    "2031-03-01", I, "2031-03-01" },
	{ "suivi",
	    { T0("2024-01-31"), { "litigation", "2026-03-01" },
		{ "final-decision", "2026-03-01" } },
	    "2026-03-02", D, "2026-03-01" },
	/* A contract: five years after its end, whatever the contacts. */
	{ "contrat", { T0("2024-01-31"), { "end-of-contract", "2024-08-31" } },
	    "2026-01-31", A, "2029-08-31" },
	{ "contrat", { T0("2024-01-31"), { "end-of-contract", "2024-08-31" } },
	    "2026-02-01", I, "2029-08-31" },
	{ "contrat", { T0("2024-01-31"), { "end-of-contract", "2024-08-31" } },
	    "2029-08-31", I, "2029-08-31" },
	{ "contrat", { T0("2024-01-31"), { "end-of-contract", "2024-08-31" } },
	    "2029-09-01", D, "2029-08-31" },
	{ "contrat", { T0("2024-01-31") }, "2040-01-01", W, NULL },
	/* A contact long after the contract's end keeps it active. */
	{ "contrat", { T0("2030-01-15"), { "end-of-contract", "2024-08-31" } },
	    "2032-01-15", A, "2032-01-15" },
	{ "contrat", { T0("2030-01-15"), { "end-of-contract", "2024-08-31" } },
	    "2032-01-16", D, "2032-01-15" },
	{ "plan", { T0("2024-01-31"), { "last-instalment", "2025-02-28" } },
	    "2030-02-28", I, "2030-02-28" },
	{ "plan", { T0("2024-01-31"), { "last-instalment", "2025-02-28" } },
	    "2030-03-01", D, "2030-02-28" },
	{ "consentement", { { "end-of-processing", "2024-03-31" } },
	    "2024-03-31", A, "2029-03-31" },
	{ "consentement", { { "end-of-processing", "2024-03-31" } },
	    "2024-04-01", I, "2029-03-31" },
	{ "consentement", { { "end-of-processing", "2024-03-31" } },
	    "2029-03-31", I, "2029-03-31" },
	{ "consentement", { { "end-of-processing", "2024-03-31" } },
	    "2029-04-01", D, "2029-03-31" },
	{ "consentement", { { 0 } }, "2040-01-01", W, NULL },
	/* A supporting paper: until the step is done. */
	{ "piece", { { "step-done", "2026-05-04" } }, "2026-05-03", A,
	    "2026-05-04" },
	{ "piece", { { "step-done", "2026-05-04" } }, "2026-05-04", A,
	    "2026-05-04" },
	{ "piece", { { "step-done", "2026-05-04" } }, "2026-05-05", D,
	    "2026-05-04" },
	{ "acte", { T0("2024-11-30") }, "2026-11-30", A, "2026-11-30" },
	{ "acte", { T0("2024-11-30") }, "2026-12-01", D, "2026-11-30" },
	{ "demarche", { T0("2024-01-31"), { "step-done", "2025-12-31" } },
	    "2030-12-31", I, "2030-12-31" },
	{ "demarche", { T0("2024-01-31"), { "step-done", "2025-12-31" } },
	    "2031-01-01", D, "2030-12-31" },
	/* The record of a disclosure goes last. */
	{ "divulgation", { T0("2024-01-31"), { "disclosure", "2024-06-15" } },
	    "2029-06-15", I, "2029-06-15" },
	{ "divulgation", { T0("2024-01-31"), { "disclosure", "2024-06-15" } },
	    "2029-06-16", D, "2029-06-15" },
	/* Never met: six months after it came; ends of months. */
	{ "jamais-rencontre", { { "entry", "2025-08-31" } }, "2026-02-28", A,
	    "2026-02-28" },
	{ "jamais-rencontre", { { "entry", "2025-08-31" } }, "2026-03-01", D,
	    "2026-02-28" },
	{ "jamais-rencontre", { { "entry", "2023-08-31" } }, "2024-02-29", A,
	    "2024-02-29" },
	{ "jamais-rencontre", { { "entry", "2023-08-31" } }, "2024-03-01", D,
	    "2024-02-29" },
	{ "dossier", { T0("2020-01-15"), { "closing", "2021-04-30" } },
	    "2022-01-15", A, "2022-01-15" },
	{ "dossier", { T0("2020-01-15"), { "closing", "2021-04-30" } },
	    "2022-01-16", D, "2022-01-15" },
};

static void
each_rule_at_its_boundaries(void **state)
{
	struct retention_finding f;
	char last[11];
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		f = judge(&rows[i], 0, 0);
		assert_non_null(f.rule);
		date_format(f.last, last);
		if (f.state != rows[i].state)
			fail_msg("row %zu: %s on %s is %s", i, rows[i].rule,
			    rows[i].day, retention_state_name(f.state));
		if (rows[i].last == NULL)
			assert_int_equal(f.last, 0);
		else
			assert_string_equal(last, rows[i].last);
		assert_int_equal(f.verdict, rows[i].state == RETENTION_DUE
						? RETENTION_DESTROY
						: RETENTION_KEEP);
	}
}

static void
due_and_held_is_a_conflict_and_never_destroyed(void **state)
{
	size_t i;
	int k;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		for (k = 1; k < 4; k++)
			assert_int_equal(judge(&rows[i], k & 1, k & 2).verdict,
			    rows[i].state == RETENTION_DUE ? RETENTION_CONFLICT
							   : RETENTION_KEEP);
}

static void
a_rule_that_is_not_there_keeps(void **state)
{
	const struct row r = { "nulle-part", { T0("1990-01-01") }, "2040-01-01",
		W, NULL };
	struct retention_finding f = judge(&r, 0, 0);

	(void)state;
	assert_null(f.rule);
	assert_int_equal(f.verdict, RETENTION_KEEP);
}

static void
the_moment_of_the_object_itself_counts_before_the_cases(void **state)
{
	const struct row r = { "divulgation",
		{ T0("2020-01-01"), { "disclosure", "2020-01-01" } },
		"2026-01-02", D, NULL };
	struct retention_facts f = {
		.day = day(r.day),
		.moment = moment,
		.arg = (void *)(uintptr_t)&r,
		.own_moment = "disclosure",
		.own_day = day("2022-01-01"),
	};
	struct retention_finding out;

	(void)state;
	retention_judge(rules, r.rule, &f, &out);
	assert_int_equal(out.state, RETENTION_INTERMEDIATE);
	f.own_day = day("2021-01-01");
	retention_judge(rules, r.rule, &f, &out);
	assert_int_equal(out.state, RETENTION_DUE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_at_its_boundaries),
		cmocka_unit_test(
		    due_and_held_is_a_conflict_and_never_destroyed),
		cmocka_unit_test(a_rule_that_is_not_there_keeps),
		cmocka_unit_test(
		    the_moment_of_the_object_itself_counts_before_the_cases),
	};
	struct err e = { 0 };
	int r;

	if (policy_load(SCEAU_SOURCE "/policy/rules", &rules, NULL, &e) < 0) {
		fprintf(stderr, "%s\n", e.text);
		return 1;
	}
	r = cmocka_run_group_tests(tests, NULL, NULL);
	policy_freep(&rules);
	return r;
}
