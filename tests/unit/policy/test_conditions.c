/*
 * What a decision hangs on besides its rule: lent roles and their first and
 * last day, broken glass, signed statements, events, the answer to the
 * diagnosis, who agrees, what is blocked, and the days of the rules.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules.h"

#define DAY 20780  /* 2026-11-23 */
#define LAST 20818 /* 2026-12-31 */

static void
load(struct rules *r)
{
	AUTO(buf_done) struct buf people = { 0 };

	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "50-more.conf", rules_more);
	assert_int_equal(
	    buf_addf(&people, NULL, "%s%s", rules_people, rules_loans), 0);
	rules_put(r, "people.conf", buf_str(&people));
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
}

static void
load_with(struct rules *r, const char *from, const char *to)
{
	AUTO(buf_done) struct buf text = { 0 };
	int line;

	load(r);
	rules_edit(rules_more, from, to, &text, &line);
	rules_put(r, "50-more.conf", buf_str(&text));
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
}

/* --- access ----------------------------------------------------------- */

static struct access_facts
reading(struct rules *r, int32_t day)
{
	const struct principal *ines =
	    policy_principal(r->p, 62001, "ines.exemple");

	assert_non_null(ines);
	return (struct access_facts){ .who = ines,
		.op = OP_CASE_READ,
		.purpose = "check",
		.team = "sud",
		.organisation = "asso",
		.case_state = "open",
		.day = day };
}

static void
a_lent_role_counts_from_its_first_to_its_last_day(void **state)
{
	/* Lent from 2026-12-30 to 2027-01-02. */
	static const struct {
		int32_t day;
		int is_lent;
	} rows[] = { { DAY, 0 }, { LAST - 2, 0 }, { LAST - 1, 1 }, { LAST, 1 },
		{ LAST + 1, 1 }, { LAST + 2, 1 }, { LAST + 3, 0 },
		{ INT32_MIN, 0 }, { INT32_MAX, 0 } };
	struct rules *r = *state;
	const char *roles[POLICY_ROLES_MAX + 1];
	struct access_facts f;
	struct decision d;
	size_t i;

	load(r);
	for (i = 0; i < NELEMS(rows); i++) {
		f = reading(r, rows[i].day);
		policy_authorize(r->p, &f, &d);
		assert_int_equal(d.allowed, rows[i].is_lent);
		assert_int_equal(policy_roles_of(r->p, f.who, f.day, roles),
		    1 + rows[i].is_lent);
		assert_string_equal(roles[0], "worker");
		if (!rows[i].is_lent) {
			assert_null(d.role);
			assert_null(d.loan);
			assert_null(roles[1]);
			continue;
		}
		assert_string_equal(roles[1], "boss");
		assert_string_equal(d.role, "boss");
		assert_string_equal(d.loan, "summer");
		assert_string_equal(d.why,
		    "worker ines.exemple of team nord: case-read is allowed "
		    "by rule boss as boss, lent by summer (open case, purpose "
		    "check).");
	}
}

static void
ones_own_role_counts_before_one_that_is_lent(void **state)
{
	struct rules *r = *state;
	struct access_facts f;
	struct decision d;

	load(r);
	f = reading(r, LAST);
	f.op = OP_BREAK_GLASS; /* both may */
	f.purpose = NULL;
	f.stepped_up = 1;
	policy_authorize(r->p, &f, &d);
	assert_true(d.allowed);
	assert_string_equal(d.role, "worker");
	assert_null(d.loan);
}

static void
who_is_suspended_neither_lends_nor_borrows(void **state)
{
	static const char *const whose[] = { "	organisation = asso\n"
					     "	status = active\n}\nloan",
		"	organisation = asso\n	status = active\n	keys" };
	static const char *const then[] = { "	organisation = asso\n"
					    "	status = suspended\n}\nloan",
		"	organisation = asso\n	status = suspended\n	keys" };
	struct rules *r = *state;
	const char *roles[POLICY_ROLES_MAX + 1];
	/* Also for somebody remembered from before. */
	struct principal ines = {
		.uid = 62001, .account = "ines.exemple", .role = "worker"
	};
	size_t i;

	load(r);
	assert_int_equal(policy_roles_of(r->p, &ines, LAST, roles), 2);
	for (i = 0; i < NELEMS(whose); i++) {
		AUTO(buf_done) struct buf people = { 0 }, text = { 0 };
		int line;

		assert_int_equal(
		    buf_addf(&people, NULL, "%s%s", rules_people, rules_loans),
		    0);
		rules_edit(buf_str(&people), whose[i], then[i], &text, &line);
		rules_put(r, "people.conf", buf_str(&text));
		assert_int_equal(rules_load(r), 0);
		assert_int_equal(policy_roles_of(r->p, &ines, LAST, roles), 1);
		ines.status = POLICY_SUSPENDED;
		assert_int_equal(policy_roles_of(r->p, &ines, LAST, roles), 0);
		assert_null(roles[0]);
		ines.status = POLICY_ACTIVE;
	}
	load(r);
	assert_int_equal(policy_roles_of(r->p, NULL, LAST, roles), 0);
}

static void
what_takes_a_statement_is_denied_without_one(void **state)
{
	struct rules *r = *state;
	struct access_facts f;
	struct decision d;

	load(r);
	f = reading(r, DAY);
	f.op = OP_BREAK_GLASS;
	f.purpose = NULL;
	policy_authorize(r->p, &f, &d);
	assert_false(d.allowed);
	assert_string_equal(d.tag, "step-up");
	assert_string_equal(d.rule, "emergency");
	f.broken_glass = 1; /* is no statement */
	policy_authorize(r->p, &f, &d);
	assert_string_equal(d.tag, "step-up");
	f.stepped_up = 1;
	policy_authorize(r->p, &f, &d);
	assert_true(d.allowed);
	assert_false(d.broken_glass);
	/* What does not fit otherwise is not made to fit by a statement. */
	f.case_state = "closed";
	policy_authorize(r->p, &f, &d);
	assert_false(d.allowed);
	assert_string_equal(d.tag, "no-rule");
}

static void
another_rule_may_do_without_the_statement(void **state)
{
	struct rules *r = *state;
	struct access_facts f;
	struct decision d;

	/* Whatever their order. */
	load_with(r, "approval \"release\"",
	    "access \"publish-signed\" { source = \"s\" roles = { worker }\n"
	    "operations = { publish, status } scope = none purposes = none\n"
	    "step-up = true }\n"
	    "access \"publish-plain\" { source = \"s\" roles = { worker }\n"
	    "operations = { publish } scope = none purposes = none\n"
	    "step-up = false }\n"
	    "approval \"release\"");
	f = (struct access_facts){
		.who = reading(r, DAY).who, .op = OP_PUBLISH, .day = DAY
	};
	policy_authorize(r->p, &f, &d);
	assert_true(d.allowed);
	assert_string_equal(d.rule, "publish-plain");
	f.stepped_up = 1;
	policy_authorize(r->p, &f, &d);
	assert_string_equal(d.rule, "publish-signed");
	f.op = OP_STATUS;
	f.stepped_up = 0;
	policy_authorize(r->p, &f, &d);
	assert_string_equal(d.tag, "step-up");
}

static void
what_is_behind_glass_counts_only_when_nothing_else_does(void **state)
{
	struct rules *r = *state;
	struct access_facts f;
	struct decision d;

	load(r);
	f = reading(r, DAY);
	policy_authorize(r->p, &f, &d);
	assert_false(d.allowed);
	assert_string_equal(d.tag, "no-rule");
	assert_null(d.rule); /* not even as the nearest */
	f.broken_glass = 1;
	policy_authorize(r->p, &f, &d);
	assert_true(d.allowed);
	assert_true(d.broken_glass);
	assert_string_equal(d.rule, "behind-glass");
	assert_non_null(strstr(d.why, "the glass being broken"));
	f.purpose = NULL;
	policy_authorize(r->p, &f, &d);
	assert_string_equal(d.tag, "purpose-missing");
	/* A lent role that may anyway: the glass was not needed. */
	f = reading(r, LAST);
	f.broken_glass = 1;
	policy_authorize(r->p, &f, &d);
	assert_true(d.allowed);
	assert_false(d.broken_glass);
	assert_string_equal(d.rule, "boss");
}

/* --- who agrees ------------------------------------------------------- */

static const char *const nothing[] = { NULL };
static const char *const share[] = { "share:office", NULL };

static struct disclosure_facts
in_part(const struct disclosure_adult *adults, size_t n)
{
	return (struct disclosure_facts){ .recipient = "office",
		.purpose = "check",
		.stage = "amont",
		.case_state = "open",
		.consents = nothing,
		.adults = adults,
		.nadults = n,
		.day = DAY };
}

/* Verdicts of the fields "name" (about the titulaire) and "debt": g given,
 * t they disagree, n not all agree; or the tag. */
static void
expect_part(struct rules *r, const struct disclosure_facts *f, const char *want)
{
	static const char letters[] = "gbnt";
	struct disclosure_decision d;
	char got[3] = "";
	size_t i;

	policy_disclose(r->p, f, &d);
	if (!d.allowed) {
		assert_string_equal(d.tag, want);
		return;
	}
	assert_int_equal(d.rule->nfields, 2);
	for (i = 0; i < 2; i++)
		got[i] = letters[policy_field_verdict(
		    r->p, f, d.rule, &d.rule->fields[i], NULL)];
	assert_string_equal(got, want);
}

static void
a_part_goes_with_those_who_agree(void **state)
{
	static const struct {
		struct disclosure_adult adults[3];
		size_t n;
		const char *want;
	} rows[] = {
		{ { { "titulaire", share }, { "occupant", nothing } }, 2,
		    "gn" },
		{ { { "titulaire", nothing }, { "occupant", share } }, 2,
		    "consent-missing" },
		{ { { "titulaire", nothing }, { "occupant", nothing } }, 2,
		    "consent-missing" },
		{ { { "titulaire", NULL }, { NULL, share } }, 2,
		    "consent-missing" },
		/* Of two in one role, both. */
		{ { { "titulaire", share }, { "titulaire", nothing } }, 2,
		    "consent-missing" },
		{ { { "titulaire", share }, { "titulaire", share },
		      { "occupant", nothing } },
		    3, "gn" },
		{ { { "co-titulaire", share } }, 1, "consent-missing" },
		{ { { NULL, NULL } }, 0, "consent-missing" },
	};
	struct rules *r = *state;
	struct disclosure_facts f;
	size_t i;

	load(r);
	for (i = 0; i < NELEMS(rows); i++) {
		f = in_part(rows[i].adults, rows[i].n);
		expect_part(r, &f, rows[i].want);
		f.consents = NULL;
		expect_part(r, &f, rows[i].want);
		/* Everybody agrees: all of it. */
		f.consents = share;
		expect_part(r, &f, "gg");
		f.objection = 1;
		expect_part(r, &f, "objection");
	}
}

static void
where_all_must_agree_nobody_gives_a_part(void **state)
{
	static const struct disclosure_adult adults[] = {
		{ "titulaire", share }, { "occupant", nothing }
	};
	struct rules *r = *state;
	struct disclosure_facts f = in_part(adults, 2);
	const struct disclosure_rule *all;

	load_with(r, "	partial = true\n", "");
	expect_part(r, &f, "consent-missing");
	/* Nor when asked about a field of a rule that was denied. */
	assert_int_equal(policy_disclosures(r->p, &all), 4);
	assert_string_equal(all[3].name, "in-part");
	assert_int_equal(
	    policy_field_verdict(r->p, &f, &all[3], &all[3].fields[0], NULL),
	    FIELD_THEY_DISAGREE);
	assert_int_equal(
	    policy_field_verdict(r->p, &f, &all[3], &all[3].fields[1], NULL),
	    FIELD_NOT_ALL_AGREE);
}

/* --- events, answers, blocks ------------------------------------------ */

static void
a_rule_waits_for_its_events_and_its_answer(void **state)
{
	static const char *const hearing[] = { "ruling", "hearing", NULL };
	static const char *const other[] = { "ruling", "hearings", NULL };
	static const struct {
		enum policy_diagnosis answer;
		const char *const *events;
		const char *tag; /* NULL: allowed */
	} rows[] = {
		{ DIAGNOSIS_REFUSED, hearing, NULL },
		{ DIAGNOSIS_REFUSED, other, "event-missing" },
		{ DIAGNOSIS_REFUSED, nothing, "event-missing" },
		{ DIAGNOSIS_REFUSED, NULL, "event-missing" },
		{ DIAGNOSIS_UNKNOWN, hearing, "diagnosis" },
		{ DIAGNOSIS_ACCEPTED, hearing, "diagnosis" },
		{ (enum policy_diagnosis)3, hearing, "diagnosis" },
		{ (enum policy_diagnosis)40, hearing, "diagnosis" },
	};
	struct rules *r = *state;
	struct disclosure_facts f = { .recipient = "office",
		.purpose = "work",
		.stage = "aval",
		.case_state = "open",
		.day = DAY };
	struct disclosure_decision d;
	size_t i;

	load(r);
	for (i = 0; i < NELEMS(rows); i++) {
		f.diagnosis = rows[i].answer;
		f.events = rows[i].events;
		policy_disclose(r->p, &f, &d);
		assert_int_equal(d.allowed, rows[i].tag == NULL);
		assert_string_equal(d.rule->name, "later");
		if (rows[i].tag != NULL)
			assert_string_equal(d.tag, rows[i].tag);
	}
	/* This one holds against an objection, and says so. */
	f.diagnosis = DIAGNOSIS_REFUSED;
	f.events = hearing;
	f.objection = 1;
	policy_disclose(r->p, &f, &d);
	assert_true(d.allowed);
	assert_non_null(strstr(d.why, "despite an objection"));
}

static void
what_is_blocked_stays_until_its_event(void **state)
{
	static const char *const ruling[] = { "ruling", NULL };
	static const char *const other[] = { "hearing", "rulings", NULL };
	static const struct {
		const char *const *events;
		int32_t day;
		const char *want; /* of name, debt, causes */
	} rows[] = { { NULL, DAY, "gbb" }, { nothing, DAY, "gbb" },
		{ other, DAY, "gbb" }, { ruling, DAY, "ggg" } };
	struct rules *r = *state;
	struct disclosure_facts f = {
		.recipient = "landlord", .stage = "amont", .case_state = "open"
	};
	struct disclosure_decision d;
	const struct policy_block *b;
	char got[4] = "";
	size_t i, j;

	load(r);
	for (i = 0; i < NELEMS(rows); i++) {
		f.events = rows[i].events;
		f.day = rows[i].day;
		policy_disclose(r->p, &f, &d);
		assert_true(d.allowed);
		for (j = 0; j < 3; j++) {
			b = (const struct policy_block *)(const void *)r;
			got[j] = policy_field_verdict(r->p, &f, d.rule,
				     &d.rule->fields[j], &b) == FIELD_BLOCKED
				     ? 'b'
				     : 'g';
			if (got[j] == 'b')
				assert_string_equal(b->name, "hold");
			else
				assert_null(b);
		}
		assert_string_equal(got, rows[i].want);
	}
}

static void
a_block_is_for_its_recipients_and_its_days(void **state)
{
	static const struct {
		const char *recipient;
		int32_t day;
		int is_on;
	} rows[] = { { "landlord", DAY, 1 }, { "office", DAY, 0 },
		{ "nobody", DAY, 1 }, { NULL, DAY, 1 },
		{ "landlord", 19722, 0 } /* 2023-12-31, before it */,
		{ "landlord", 19723, 1 } };
	struct rules *r = *state;
	const struct policy_block *b;
	struct disclosure_facts f = { 0 };
	size_t i;

	load(r);
	assert_int_equal(policy_blocks(r->p, &b), 1);
	for (i = 0; i < NELEMS(rows); i++) {
		f.recipient = rows[i].recipient;
		f.day = rows[i].day;
		assert_int_equal(
		    policy_block_is_on(r->p, b, &f), rows[i].is_on);
	}
	load_with(r, "recipients = none", "recipients = { office }");
	assert_int_equal(policy_blocks(r->p, &b), 1);
	f.recipient = "office";
	f.day = DAY;
	assert_true(policy_block_is_on(r->p, b, &f));
}

/* What the shipped block says, a second time (C. conso. L721-3). */
static void
no_filing_reaches_a_creditor_before_it_is_admissible(void **state)
{
	static const char *const admissible[] = { "recevabilite", NULL };
	static const char *const filed[] = { "depot-surendettement", NULL };
	static const char *const creditors[] = { "bailleur", "action-logement",
		"fsl" };
	static const char *const others[] = { "caf", "ccapex", "tribunal",
		"banque-de-france", "locataire", "siao" };
	static const char *const whole[] = { "dsf:traitement-dette.code",
		"dsf:preconisations.code", "dsf:relogement.demarches.code",
		"dsf:accompagnement.mesures.code", "demarche:dispositif" };
	struct rules *r = *state;
	struct disclosure_facts f = { .day = DAY, .events = filed };
	const struct policy_block *b;
	char name[128];
	size_t i, j;

	assert_int_equal(policy_blocks(r->p, &b), 1);
	for (i = 0; i < NELEMS(creditors); i++) {
		f.recipient = creditors[i];
		f.events = filed;
		assert_true(policy_block_is_on(r->p, b, &f));
		f.events = admissible;
		assert_false(policy_block_is_on(r->p, b, &f));
	}
	f.events = NULL;
	for (i = 0; i < NELEMS(others); i++) {
		f.recipient = others[i];
		assert_false(policy_block_is_on(r->p, b, &f));
	}
	for (i = 0; i < NELEMS(whole); i++) {
		for (j = 0; j < b->nblocked; j++) {
			snprintf(name, sizeof(name), "%s:%s",
			    b->blocked[j].kind, b->blocked[j].path);
			if (strcmp(name, whole[i]) == 0)
				break;
		}
		assert_int_not_equal(j, b->nblocked);
		assert_string_equal(b->blocked[j].value, "surendettement");
	}
}

/* --- days ------------------------------------------------------------- */

static void
the_law_of_2027_begins_on_its_first_day(void **state)
{
	static const struct {
		int32_t day;
		const char *rule;
	} rows[] = { { LAST - 1, "ccapex-amont" }, { LAST, "ccapex-amont" },
		{ LAST + 1, "ccapex-amont-2027" },
		{ LAST + 400, "ccapex-amont-2027" } };
	struct rules *r = *state;
	struct disclosure_facts f = {
		.recipient = "ccapex", .stage = "amont", .case_state = "open"
	};
	struct disclosure_decision d;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		f.day = rows[i].day;
		policy_disclose(r->p, &f, &d);
		assert_true(d.allowed);
		assert_string_equal(d.rule->name, rows[i].rule);
	}
	f.day = 19566; /* 2023-07-28, the day before the law */
	policy_disclose(r->p, &f, &d);
	assert_false(d.allowed);
}

/* The date of the lease decides (Cass. avis 13/06/2024). */
static void
a_figure_may_succeed_another(void **state)
{
	struct rules *r = *state;
	int64_t value;
	struct err e;

	assert_int_equal(
	    policy_figure_on(r->p, "commandement-delay", 19566, &value, &e), 0);
	assert_int_equal(value, 2);
	assert_int_equal(
	    policy_figure_on(r->p, "commandement-delay", 19567, &value, &e), 0);
	assert_int_equal(value, 6);
	value = -1;
	assert_int_equal(
	    policy_figure_on(r->p, "commandement", DAY, &value, &e),
	    -ERR_NOT_FOUND);
	assert_int_equal(
	    policy_figure_on(r->p, "", DAY, &value, &e), -ERR_NOT_FOUND);
	assert_int_equal(value, -1);
	rules_put(r, "60-x.conf",
	    "format = 1\nfigure \"commandement-delay:2030\" { value = 1 "
	    "unit = weeks source = \"s\" effective-from = \"2025-01-01\" }\n");
	assert_int_equal(rules_load(r), -ERR_INVALID);
	assert_non_null(strstr(
	    r->e.text, "in force on days of \"commandement-delay:2023\""));
}

static void
events_are_found_by_name(void **state)
{
	struct rules *r = *state;
	const struct policy_event *ev, *all;

	assert_true(policy_events(r->p, &all) > 15);
	ev = policy_event(r->p, "recevabilite");
	assert_non_null(ev);
	assert_true(ev->with_document);
	assert_false(ev->in_future);
	assert_null(ev->stage);
	ev = policy_event(r->p, "audience");
	assert_true(ev->in_future);
	assert_string_equal(policy_event(r->p, "assignation")->stage, "aval");
	assert_null(policy_event(r->p, "pluie"));
}

#define S(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, rules_setup_shipped, rules_teardown)
#define T(f) cmocka_unit_test_setup_teardown(f, rules_setup, rules_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_lent_role_counts_from_its_first_to_its_last_day),
		T(ones_own_role_counts_before_one_that_is_lent),
		T(who_is_suspended_neither_lends_nor_borrows),
		T(what_takes_a_statement_is_denied_without_one),
		T(another_rule_may_do_without_the_statement),
		T(what_is_behind_glass_counts_only_when_nothing_else_does),
		T(a_part_goes_with_those_who_agree),
		T(where_all_must_agree_nobody_gives_a_part),
		T(a_rule_waits_for_its_events_and_its_answer),
		T(what_is_blocked_stays_until_its_event),
		T(a_block_is_for_its_recipients_and_its_days),
		S(no_filing_reaches_a_creditor_before_it_is_admissible),
		S(the_law_of_2027_begins_on_its_first_day),
		S(a_figure_may_succeed_another),
		S(events_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
