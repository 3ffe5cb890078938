/*
 * The data protection officer's page: who it is for, and that each of its
 * parts tells what happened and no more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/leaf.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/dpo_report.h"
#include "daemon/core/due.h"
#include "daemon/core/erasure.h"
#include "daemon/core/odd_reads.h"
#include "tests/unit/core/extract_scene.h"

#define DAY_MS INT64_C(86400000)
#define NAME "Canaribreton"

#define NEED(state)                                                            \
	struct scene *s = *(state);                                            \
	if (s == NULL)                                                         \
	skip()

static int
setup(void **state)
{
	struct scene *s;

	assert_int_equal(extract_setup(state), 0);
	if (*state == NULL)
		return 0;
	s = calloc(1, sizeof(*s));
	assert_non_null(s);
	scene_init(s, *state);
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;
	void *fixture;
	int r;

	if (s == NULL)
		return 0;
	fixture = s->f;
	r = core_fixture_teardown(&fixture);
	free(s);
	return r;
}

static int
ask(struct scene *s, enum person who, int64_t since_ms, json_t **answer)
{
	struct caller c = core_fixture_caller(s->f, who);
	char since[TIME_TEXT];

	time_format(since_ms, since);
	return dpo_report(s->f->core, &c, since, answer, &s->f->e);
}

static json_t *
page(struct scene *s)
{
	json_t *answer = NULL;

	if (ask(s, DPO, core_now(s->f->core) - DAY_MS, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	return answer;
}

static const char *
text_of(const json_t *j, const char *member)
{
	const char *t = json_string_value(json_object_get(j, member));

	return t != NULL ? t : "";
}

/* The line of a list in which member is this value; NULL. */
static json_t *
line(const json_t *j, const char *list, const char *member, const char *value)
{
	json_t *one;
	size_t i;

	json_array_foreach(json_object_get(j, list), i, one)
	{
		if (strcmp(text_of(one, member), value) == 0)
			return one;
	}
	return NULL;
}

static json_int_t
number(const json_t *line, const char *member)
{
	assert_non_null(line);
	return json_integer_value(json_object_get(line, member));
}

static void
only_the_dpo_and_the_director_get_it(void **state)
{
	static const enum person no[] = { CAMILLE, NOA, SACHA, ADMIN, JURIST,
		CAF, NOBODY };
	AUTO(json_decrefp) json_t *answer = NULL;
	json_t *none = NULL;
	int64_t now;
	size_t i;
	NEED(state);

	now = core_now(s->f->core);
	for (i = 0; i < NELEMS(no); i++) {
		assert_int_equal(
		    ask(s, no[i], now - DAY_MS, &none), -ERR_DENIED);
		assert_null(none);
	}
	assert_int_equal(ask(s, DIRECTOR, now - DAY_MS, &answer), 0);
	assert_int_equal(ask(s, DPO, now + DAY_MS, &none), -ERR_INVALID);
	assert_string_equal(s->f->e.tag, "period");
}

static void
refusals_are_told_by_account(void **state)
{
	AUTO(json_decrefp) json_t *before = NULL, *after = NULL;
	struct caller sacha;
	struct err why = { .code = ERR_DENIED, .tag = "no-rule" };
	uint64_t leaf;
	json_t *one;
	NEED(state);

	sacha = core_fixture_caller(s->f, SACHA);
	before = page(s);
	assert_null(line(before, "refusals", "account", "sacha.exemple"));
	core_refusal_leaf(
	    s->f->core, &sacha, LEAF_CASE_READ, NULL, &why, NULL, &leaf);
	core_refusal_leaf(
	    s->f->core, &sacha, LEAF_DOC_READ, NULL, &why, NULL, &leaf);
	why.code = ERR_INVALID;
	core_refusal_leaf(
	    s->f->core, &sacha, LEAF_CASE_READ, NULL, &why, NULL, &leaf);
	after = page(s);
	one = line(after, "refusals", "account", "sacha.exemple");
	assert_int_equal(number(one, "denied"), 2);
	assert_int_equal(number(one, "other"), 1);
	assert_null(line(after, "refusals", "account", "noa.exemple"));
}

static void
what_waits_for_an_opinion_waits_until_it_is_given(void **state)
{
	struct erasure_asking a = {
		.reason = "demande",
		.basis = "RGPD art. 17",
	};
	AUTO(json_decrefp)
	json_t *plan = NULL, *before = NULL, *with = NULL, *after = NULL,
	       *given = NULL;
	AUTO(buf_done) struct buf signature = { 0 };
	char id[ID_TEXT];
	struct caller dpo;
	uint8_t seed[32];
	const char *text;
	NEED(state);

	before = page(s);
	assert_int_equal(
	    json_array_size(json_object_get(before, "opinions")), 0);
	a.kase = s->kase;
	assert_int_equal(erasure_plan(s->f->core, &s->noa, &a, &s->f->object,
			     &plan, &s->f->e),
	    0);
	snprintf(id, sizeof(id), "%s", text_of(plan, "erasure"));
	with = page(s);
	assert_non_null(line(with, "opinions", "subject", id));
	assert_non_null(line(with, "destructions", "erasure", id));
	text = text_of(plan, "plan");
	core_fixture_seed(DPO, seed);
	assert_int_equal(sshsig_sign(seed, ERASURE_NAMESPACE, text,
			     strlen(text), &signature, NULL),
	    0);
	dpo = core_fixture_caller(s->f, DPO);
	if (erasure_approve(s->f->core, &dpo, id, buf_str(&signature),
		&s->f->object, &given, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	after = page(s);
	assert_null(line(after, "opinions", "subject", id));
}

static void
withdrawals_are_counted_by_purpose(void **state)
{
	AUTO(json_decrefp) json_t *before = NULL, *after = NULL, *answer = NULL;
	char consent[ID_TEXT];
	NEED(state);

	assert_int_equal(scene_give(s, "partage:caf", NULL, consent), 0);
	before = page(s);
	assert_null(line(before, "withdrawals", "purpose", "partage:caf"));
	assert_int_equal(scene_withdraw(s, consent, &answer), 0);
	after = page(s);
	assert_int_equal(
	    number(line(after, "withdrawals", "purpose", "partage:caf"), "n"),
	    1);
}

/* What one sees of what is due hangs on their role; this does not. */
static void
what_is_due_is_everybodys(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL, *own = NULL;
	struct caller dpo;
	json_t *one;
	NEED(state);

	dpo = core_fixture_caller(s->f, DPO);
	assert_int_equal(due(s->f->core, &dpo, 0, &own, &s->f->e), 0);
	assert_null(line(own, "due", "what", "information-art14"));
	j = page(s);
	one = line(j, "due", "what", "information-art14");
	assert_int_equal(number(one, "waiting"), 1);
	assert_int_equal(number(one, "overdue"), 0);
	assert_true(text_of(one, "title")[0] != '\0');
}

static void
nothing_of_a_case_is_in_it(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(mem_freep) char *text = NULL;
	char person[ID_TEXT], other[ID_TEXT];
	NEED(state);

	scene_person(s, "occupant", NAME, 1, person);
	core_fixture_case(s->f, CAMILLE, NAME, other);
	j = page(s);
	text = json_dumps(j, 0);
	assert_null(strstr(text, NAME));
	assert_null(strstr(text, person));
	assert_null(strstr(text, other));
}

/* --- odd readings --------------------------------------------------------- */

static void
look(struct odd_reads *o, const char *klass, const char *account,
    const char *role, const char *kase, const char *own, const char *its,
    const char *at, const char *outcome)
{
	AUTO(json_decrefp)
	json_t *entry = json_pack(
	    "{s:s, s:s, s:s, s:s, s:s, s:{s:s, s:{s:{s:s, s:{s:s}}}}}", "class",
	    klass, "account", account, "role", role, "at", at, "outcome",
	    outcome, "detail", "case", kase, "decision", "facts", "team", own,
	    "case", "team", its);

	assert_non_null(entry);
	assert_int_equal(odd_reads_look(o, entry, NULL), 0);
}

static json_t *
odd(json_t *list, const char *sort)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(text_of(one, "sort"), sort) == 0)
			return one;
	}
	return NULL;
}

#define NOON "2026-11-20T11:00:00Z"
#define KASE "aaaaaaaaaaaaaaaaaaaaaaaaaa"

static void
hours_of_the_night_have_their_bounds(void **state)
{
	static const struct {
		const char *at;
		int night;
	} rows[] = {
		/* Winter: Paris is one hour ahead; from 21 to 6. */
		{ "2026-11-20T19:59:59Z", 0 },
		{ "2026-11-20T20:00:00Z", 1 },
		{ "2026-11-21T04:59:59Z", 1 },
		{ "2026-11-21T05:00:00Z", 0 },
		/* Summer: two. */
		{ "2026-07-20T18:59:59Z", 0 },
		{ "2026-07-20T19:00:00Z", 1 },
		{ "2026-07-21T03:59:59Z", 1 },
		{ "2026-07-21T04:00:00Z", 0 },
	};
	size_t i;
	NEED(state);

	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(odd_reads_done) struct odd_reads o;
		AUTO(json_decrefp) json_t *list = NULL;

		assert_int_equal(odd_reads_init(&o, s->f->core, NULL), 0);
		look(&o, "case-read", "a", "caseworker", KASE, "nord", "nord",
		    rows[i].at, "ok");
		list = odd_reads_json(&o);
		if ((odd(list, "night") != NULL) != rows[i].night)
			fail_msg("%s", rows[i].at);
	}
}

static void
many_cases_in_a_day_are_more_than_the_figure(void **state)
{
	AUTO(odd_reads_done) struct odd_reads o;
	char kase[ID_TEXT];
	int64_t i;
	NEED(state);

	assert_int_equal(odd_reads_init(&o, s->f->core, NULL), 0);
	assert_true(o.many > 1);
	for (i = 0; i <= o.many; i++) {
		AUTO(json_decrefp) json_t *list = odd_reads_json(&o);

		assert_null(odd(list, "many-cases-in-a-day"));
		snprintf(kase, sizeof(kase), "%026lld", (long long)i);
		look(&o, "doc-read", "a", "caseworker", kase, "n", "n", NOON,
		    "ok");
		/* Twice the same is one case; another's day is another's. */
		look(&o, "doc-read", "a", "caseworker", kase, "n", "n", NOON,
		    "ok");
		look(&o, "doc-read", "b", "caseworker", KASE, "n", "n", NOON,
		    "ok");
	}
	{
		AUTO(json_decrefp) json_t *list = odd_reads_json(&o);
		json_t *one = odd(list, "many-cases-in-a-day");

		assert_int_equal(number(one, "n"), o.many + 1);
		assert_string_equal(text_of(one, "account"), "a");
		assert_string_equal(text_of(one, "day"), "2026-11-20");
	}
}

static void
what_is_no_reading_of_a_case_is_not_odd(void **state)
{
	AUTO(odd_reads_done) struct odd_reads o;
	AUTO(json_decrefp) json_t *list = NULL;
	const char *night = "2026-11-20T23:00:00Z";
	NEED(state);

	assert_int_equal(odd_reads_init(&o, s->f->core, NULL), 0);
	look(&o, "case-read", "a", "caseworker", KASE, "nord", "sud", NOON,
	    "denied");
	look(
	    &o, "extract-pull", "caf", "partner", KASE, "", "sud", night, "ok");
	look(&o, "doc-read", "caf", "partner", KASE, "", "sud", night, "ok");
	look(&o, "doc-file", "a", "caseworker", KASE, "nord", "nord", night,
	    "ok");
	/* Who has no team has no other one. */
	look(&o, "case-read", "d", "director", KASE, "", "sud", NOON, "ok");
	list = odd_reads_json(&o);
	assert_int_equal(json_array_size(list), 0);
	look(&o, "case-read", "a", "caseworker", KASE, "nord", "sud", NOON,
	    "ok");
	json_decref(list);
	list = odd_reads_json(&o);
	assert_int_equal(number(odd(list, "other-team"), "n"), 1);
}

static void
a_case_with_a_secret_address_is_told(void **state)
{
	AUTO(json_decrefp) json_t *before = NULL, *after = NULL;
	char person[ID_TEXT];
	NEED(state);

	scene_person(s, "occupant", NAME, 0, person);
	before = page(s);
	assert_null(line(before, "odd", "sort", "confidential-address"));
	scene_person(s, "occupant", NAME, 1, person);
	{
		AUTO(json_decrefp) json_t *shown = NULL;

		assert_int_equal(case_show(s->f->core, &s->noa, s->kase,
				     &s->f->object, &shown, &s->f->e),
		    0);
	}
	after = page(s);
	assert_non_null(line(after, "odd", "sort", "confidential-address"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(only_the_dpo_and_the_director_get_it),
		TEST(refusals_are_told_by_account),
		TEST(what_waits_for_an_opinion_waits_until_it_is_given),
		TEST(withdrawals_are_counted_by_purpose),
		TEST(what_is_due_is_everybodys),
		TEST(nothing_of_a_case_is_in_it),
		TEST(hours_of_the_night_have_their_bounds),
		TEST(many_cases_in_a_day_are_more_than_the_figure),
		TEST(what_is_no_reading_of_a_case_is_not_odd),
		TEST(a_case_with_a_secret_address_is_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
