/*
 * Deadlines by the shipped rules, over cases that are but a list of dated
 * moments: the day before, the day, the day after; what begins, settles and
 * brings forward.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/deadline.h"

static int32_t
day(const char *s)
{
	int32_t d;

	assert_int_equal(date_parse(s, &d, NULL), 0);
	return d;
}

/* "entry 2026-11-23, veille 2026-12-01": the day each was. */
static int
moment_in(const void *arg, const char *moment, int32_t *out)
{
	const char *p = arg;
	size_t n = strlen(moment);
	char text[11];

	for (; (p = strstr(p, moment)) != NULL; p++)
		if ((p == arg || p[-1] == ' ') && p[n] == ' ') {
			snprintf(text, sizeof(text), "%.10s", p + n + 1);
			*out = day(text);
			return 1;
		}
	return 0;
}

struct row {
	const char *deadline, *moments, *as_of;
	const char *last; /* NULL: nothing waits */
	const char *state, *stage;
};

static void
expect_rows(const struct policy *p, const struct row *rows, size_t n)
{
	struct deadline_line l;
	char text[11];
	size_t i;
	int waits;

	for (i = 0; i < n; i++) {
		const struct row *r = &rows[i];
		struct deadline_case c = {
			.state = r->state != NULL ? r->state : "open",
			.stage = r->stage != NULL ? r->stage : "amont",
			.as_of = day(r->as_of),
			.day = moment_in,
			.arg = r->moments,
		};

		assert_non_null(policy_deadline(p, r->deadline));
		waits =
		    deadline_runs(p, policy_deadline(p, r->deadline), &c, &l);
		if (waits != (r->last != NULL))
			fail_msg("%zu: %s with %s: %d", i, r->deadline,
			    r->moments, waits);
		if (!waits)
			continue;
		date_format(l.last, text);
		if (strcmp(text, r->last) != 0)
			fail_msg("%zu: %s with %s: until %s, not %s", i,
			    r->deadline, r->moments, text, r->last);
	}
}
#define EXPECT(p, rows) expect_rows(p, rows, NELEMS(rows))

static void
the_household_is_informed_in_a_month_or_at_first_contact(void **state)
{
	static const char *const D = "information-art14";
	const struct row rows[] = {
		{ D, "", "2026-11-23", NULL, NULL, NULL },
		{ D, "entry 2026-11-23", "2026-11-23", "2026-12-23", NULL,
		    NULL },
		{ D, "entry 2027-01-31", "2027-02-01", "2027-02-28", NULL,
		    NULL },
		{ D, "entry 2028-01-31", "2028-02-01", "2028-02-29", NULL,
		    "aval" },
		{ D, "entry 2026-11-23 first-contact 2026-11-25", "2026-11-26",
		    "2026-11-25", NULL, NULL },
		{ D, "entry 2026-11-23 first-contact 2026-11-23", "2026-11-26",
		    "2026-11-23", NULL, NULL },
		/* What was before says nothing of it; later is no earlier. */
		{ D, "entry 2026-11-23 first-contact 2026-11-22", "2026-11-26",
		    "2026-12-23", NULL, NULL },
		{ D, "entry 2026-11-23 first-contact 2027-01-05", "2027-01-06",
		    "2026-12-23", NULL, NULL },
		/* Settled, the same day and later; not by one before it. */
		{ D, "entry 2026-11-23 information 2026-11-23", "2026-11-26",
		    NULL, NULL, NULL },
		{ D, "entry 2026-11-23 information 2027-05-01", "2027-05-02",
		    NULL, NULL, NULL },
		{ D, "entry 2026-11-23 information 2026-11-22", "2026-11-26",
		    "2026-12-23", NULL, NULL },
		/* As of the day before, there was no case. */
		{ D, "entry 2026-11-23", "2026-11-22", NULL, NULL, NULL },
		/* Of open cases alone. */
		{ D, "entry 2026-11-23", "2026-11-23", NULL, "closed", NULL },
		{ D, "entry 2026-11-23", "2026-11-23", NULL, "restricted",
		    NULL },
		{ D, "entry 2026-11-23", "2026-11-23", NULL, "archived", NULL },
	};

	EXPECT(*state, rows);
}

static void
somebody_calls_again_in_fifteen_days(void **state)
{
	static const char *const D = "veille";
	const struct row rows[] = {
		/* Nobody was ever met: nothing to look after yet. */
		{ D, "entry 2026-11-23 contact-attempt 2026-11-24",
		    "2026-12-30", NULL, NULL, NULL },
		{ D, "exchange 2026-11-23", "2026-11-23", "2026-12-08", NULL,
		    NULL },
		{ D, "exchange 2026-11-23", "2027-03-01", "2026-12-08", NULL,
		    NULL },
		{ D, "exchange 2028-02-20", "2028-02-20", "2028-03-06", NULL,
		    NULL },
		{ D, "exchange 2026-11-23 veille 2026-12-20", "2026-12-20",
		    NULL, NULL, NULL },
		/* An exchange since then begins it anew. */
		{ D, "exchange 2026-12-21 veille 2026-12-20", "2026-12-22",
		    "2027-01-05", NULL, NULL },
		/* Across the change of clocks a day is a day. */
		{ D, "exchange 2026-10-20", "2026-10-20", "2026-11-04", NULL,
		    NULL },
	};

	EXPECT(*state, rows);
}

static void
an_act_is_checked_in_five_working_days(void **state)
{
	static const char *const D = "regularite";
	const struct row rows[] = {
		{ D, "acte 2026-11-23", "2026-11-23", "2026-11-30", NULL,
		    NULL },
		{ D, "acte 2026-04-30", "2026-04-30", "2026-05-11", NULL,
		    NULL },
		{ D, "acte 2026-04-02", "2026-04-02", "2026-04-10", NULL,
		    NULL },
		{ D, "acte 2026-11-23 regularity 2026-11-22", "2026-11-24",
		    "2026-11-30", NULL, NULL },
		{ D, "acte 2026-11-23 regularity 2026-11-23", "2026-11-24",
		    NULL, NULL, NULL },
	};

	EXPECT(*state, rows);
}

static void
the_court_has_it_five_working_days_before(void **state)
{
	static const char *const D = "dsf-transmission";
	const struct row rows[] = {
		/* It lies ahead, and waits from when it was asked for. */
		{ D, "saisine-dsf 2026-11-02 audience 2026-11-30", "2026-11-10",
		    "2026-11-23", NULL, "aval" },
		{ D, "saisine-dsf 2026-04-01 audience 2026-05-12", "2026-04-02",
		    "2026-05-04", NULL, "aval" },
		{ D, "saisine-dsf 2026-11-02 audience 2026-11-30", "2026-12-15",
		    "2026-11-23", NULL, "aval" },
		/* Nobody asked; no hearing is known; it is another hearing. */
		{ D, "audience 2026-11-30", "2026-11-10", NULL, NULL, "aval" },
		{ D, "saisine-dsf 2026-11-02", "2026-11-10", NULL, NULL,
		    "aval" },
		{ D, "saisine-dsf 2026-11-02 audience 2026-11-01", "2026-11-10",
		    NULL, NULL, "aval" },
		/* Sent, before or after it should; not for an earlier one. */
		{ D,
		    "saisine-dsf 2026-11-02 audience 2026-11-30 "
		    "dsf-transmission 2026-11-20",
		    "2026-11-21", NULL, NULL, "aval" },
		{ D,
		    "saisine-dsf 2026-11-02 audience 2026-11-30 "
		    "dsf-transmission 2026-11-29",
		    "2026-11-29", NULL, NULL, "aval" },
		{ D,
		    "saisine-dsf 2026-11-02 audience 2026-11-30 "
		    "dsf-transmission 2026-10-01",
		    "2026-11-10", "2026-11-23", NULL, "aval" },
		{ D, "saisine-dsf 2026-11-02 audience 2026-11-30", "2026-11-10",
		    NULL, NULL, "amont" },
	};

	EXPECT(*state, rows);
}

static void
the_others_run_from_their_moments(void **state)
{
	const struct row rows[] = {
		{ "dsf-entretien", "saisine-dsf 2026-11-23", "2026-11-23",
		    "2026-12-14", NULL, "aval" },
		{ "dsf-entretien", "saisine-dsf 2026-04-24", "2026-04-24",
		    "2026-05-20", NULL, "aval" },
		{ "dsf-entretien", "saisine-dsf 2026-11-23 dsf 2026-12-01",
		    "2026-12-01", NULL, NULL, "aval" },
		{ "dsf-entretien",
		    "saisine-dsf 2026-11-23 dsf-interview 2026-11-23",
		    "2026-12-01", NULL, NULL, "aval" },
		{ "dsf-entretien", "saisine-dsf 2026-11-23", "2026-11-23", NULL,
		    NULL, "amont" },
		{ "plan-caf", "plan 2026-08-31", "2026-09-01", "2027-02-28",
		    NULL, NULL },
		{ "plan-caf", "plan 2027-08-31", "2027-09-01", "2028-02-29",
		    NULL, NULL },
		{ "plan-caf", "plan 2026-08-31 plan-caf 2026-08-31",
		    "2026-09-01", NULL, NULL, NULL },
		/* A module's own lines are never computed. */
		{ "notice", "entry 2026-11-23", "2026-11-23", NULL, NULL,
		    NULL },
	};

	EXPECT(*state, rows);
}

static void
a_line_is_for_the_roles_the_rules_name(void **state)
{
	static const struct {
		const char *deadline, *role;
		int is;
	} rows[] = {
		{ "veille", "caseworker", 1 },
		{ "veille", "dpo", 0 },
		{ "veille", "director", 0 },
		{ "regularite", "caseworker", 0 },
		{ "regularite", "jurist", 1 },
		{ "objection", "dpo", 1 },
		{ "breach", "dpo", 1 },
		{ "breach", "caseworker", 0 },
		{ "visa", "director", 1 },
		{ "visa", "jurist", 0 },
		{ "rights-request", "caseworker", 0 },
		{ "nothing-like-it", "caseworker", 1 },
	};
	const struct policy *p = *state;
	const char *title;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		struct principal who = {
			.uid = 7, .account = "a.exemple", .role = rows[i].role
		};

		if (deadline_is_for(p, rows[i].deadline, &who,
			day("2026-11-23"), &title) != rows[i].is)
			fail_msg("%s for %s", rows[i].deadline, rows[i].role);
		assert_int_equal(title != NULL,
		    strcmp(rows[i].deadline, "nothing-like-it") != 0);
	}
	assert_false(
	    deadline_is_for(p, "veille", NULL, day("2026-11-23"), NULL));
}

static int
setup(void **state)
{
	AUTO(buf_done) struct buf problems = { 0 };
	struct policy *p = NULL;
	struct err e;

	if (policy_load(SCEAU_SOURCE "/policy/rules", &p, &problems, &e) < 0) {
		print_error("%s\n", buf_str(&problems));
		return -1;
	}
	*state = p;
	return 0;
}

static int
teardown(void **state)
{
	struct policy *p = *state;

	policy_freep(&p);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_household_is_informed_in_a_month_or_at_first_contact),
		cmocka_unit_test(somebody_calls_again_in_fifteen_days),
		cmocka_unit_test(an_act_is_checked_in_five_working_days),
		cmocka_unit_test(the_court_has_it_five_working_days_before),
		cmocka_unit_test(the_others_run_from_their_moments),
		cmocka_unit_test(a_line_is_for_the_roles_the_rules_name),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
