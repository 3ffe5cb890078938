/*
 * What a household says besides consenting: it refuses the diagnosis, it
 * objects; and the events of its case.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/due.h"
#include "daemon/core/event.h"
#include "daemon/core/objection.h"
#include "tests/unit/core/consent_scene.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static const char social[] = "{\"date\":\"2026-11-02\"}";

static int
file_social(struct scene *s)
{
	json_t *answer = NULL;
	int r = core_fixture_file(s->f, CAMILLE, s->kase, "diagnostic", social,
	    sizeof(social) - 1, "", NULL, &answer);

	json_decref(answer);
	return r;
}

static struct case_facts
facts(struct scene *s)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct case_facts out;
	struct id kase;

	assert_int_equal(id_parse(s->kase, &kase, NULL), 0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(case_by_id(&tx, &kase, &out, NULL), 0);
	return out;
}

/* --- refusals ------------------------------------------------------------- */

static struct refusing
at_the_door(struct scene *s)
{
	return (struct refusing){ .kase = s->kase,
		.reason = "ne-souhaite-pas",
		.channel = "visite",
		.refused_on = "",
		.document = "" };
}

static int
refuse(struct scene *s, const struct refusing *r)
{
	json_t *answer = NULL;
	int n = refusal_enter(
	    s->f->core, &s->camille, r, &s->f->object, &answer, &s->f->e);

	json_decref(answer);
	return n;
}

static void
must_not(int r, struct scene *s, enum err_code code, const char *tag)
{
	if (r != -(int)code || strcmp(err_name(&s->f->e), tag) != 0)
		fail_msg("%d %s, not %s: %s", r, err_name(&s->f->e), tag,
		    s->f->e.text);
}

/* The record {resultat, motif, date}, or NULL; the caller's. */
static json_t *
issue(struct scene *s)
{
	AUTO(tx_end) struct tx tx = { 0 };
	json_t *out = NULL;
	uint64_t leaf;
	struct id kase;

	assert_int_equal(id_parse(s->kase, &kase, NULL), 0);
	assert_int_equal(core_read_leaf(s->f->core, &s->camille, LEAF_CASE_READ,
			     &kase, NULL, &leaf, NULL),
	    0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	if (refusal_record(s->f->core, &tx, &kase, leaf, &out, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	return out;
}

static void
a_refusal_keeps_the_outcome_and_no_social_record(void **state)
{
	struct refusing r;
	struct scene s;
	json_t *j;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	r = at_the_door(&s);
	r.reason = "parce que";
	must_not(refuse(&s, &r), &s, ERR_REFUSED, "refusal-reason");
	r = at_the_door(&s);
	r.channel = "cri";
	must_not(refuse(&s, &r), &s, ERR_REFUSED, "channel");
	r = at_the_door(&s);
	r.refused_on = "2026-11-24";
	must_not(refuse(&s, &r), &s, ERR_REFUSED, "refusal-date");
	r.refused_on = "2026-10-23";
	must_not(refuse(&s, &r), &s, ERR_REFUSED, "refusal-date");
	r = at_the_door(&s);
	r.document = s.kase;
	must_not(refuse(&s, &r), &s, ERR_REFUSED, "consent-evidence");
	assert_int_equal(facts(&s).diagnosis, DIAGNOSIS_UNKNOWN);
	assert_null(issue(&s));
	r = at_the_door(&s);
	r.refused_on = "2026-11-20";
	if (refuse(&s, &r) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(facts(&s).diagnosis, DIAGNOSIS_REFUSED);
	scene_stands(&s, "diagnostic", "", 0, "refused");
	must_not(file_social(&s), &s, ERR_CONFLICT, "diagnosis-refused");
	must_not(refuse(&s, &r), &s, ERR_CONFLICT, "diagnosis-refused");
	j = issue(&s);
	assert_string_equal(
	    json_string_value(json_object_get(j, "resultat")), "refus");
	assert_string_equal(
	    json_string_value(json_object_get(j, "motif")), "ne-souhaite-pas");
	assert_string_equal(
	    json_string_value(json_object_get(j, "date")), "2026-11-20");
	assert_int_equal(json_object_size(j), 3);
	json_decref(j);
	/* Papers that are not social are filed as before. */
	scene_file(&s, s.kase, "consentement", s.evidence);
}

static void
a_refusal_comes_too_late_for_a_diagnosis(void **state)
{
	struct refusing r;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	if (file_social(&s) < 0)
		fail_msg("%s", f->e.text);
	r = at_the_door(&s);
	must_not(refuse(&s, &r), &s, ERR_CONFLICT, "diagnosis-made");
	assert_int_equal(facts(&s).diagnosis, DIAGNOSIS_UNKNOWN);
	scene_stands(&s, "diagnostic", "", 0, "never-asked");
}

static void
what_was_given_is_withdrawn_by_a_refusal(void **state)
{
	struct consent_giving g;
	struct refusing r;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	g = scene_sheet(&s);
	g.persons[g.npersons++] = s.first;
	scene_must_give(&s, &g, 3);
	assert_int_equal(facts(&s).diagnosis, DIAGNOSIS_UNKNOWN);
	r = at_the_door(&s);
	if (refuse(&s, &r) < 0)
		fail_msg("%s", f->e.text);
	scene_stands(&s, "diagnostic", "", 0, "withdrawn");
	/* It is about the diagnosis alone. */
	scene_stands(&s, "partage:caf", "", 0, "not-all-adults");
	assert_int_equal(scene_records(&s), 4);
}

static void
every_adult_may_accept_after_all(void **state)
{
	struct consent_giving g;
	struct refusing r;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	r = at_the_door(&s);
	assert_int_equal(refuse(&s, &r), 0);
	scene_set_clock("2026-11-23T11:00:00Z");
	g = scene_sheet(&s);
	g.npurposes = 1;
	g.persons[g.npersons++] = s.first;
	scene_must_give(&s, &g, 1);
	assert_int_equal(facts(&s).diagnosis, DIAGNOSIS_REFUSED);
	must_not(file_social(&s), &s, ERR_CONFLICT, "diagnosis-refused");
	g.persons[0] = s.second;
	scene_must_give(&s, &g, 1);
	assert_int_equal(facts(&s).diagnosis, DIAGNOSIS_ACCEPTED);
	assert_null(issue(&s));
	if (file_social(&s) < 0)
		fail_msg("%s", f->e.text);
}

static void
a_household_nobody_knows_can_refuse_too(void **state)
{
	struct case_opening o = { .stage = "amont",
		.source = "CCAPEX",
		.title = "",
		.commune = "",
		.reference = "" };
	struct refusing r;
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	assert_int_equal(case_open(f->core, &s.camille, &o, &answer, &f->e), 0);
	snprintf(s.kase, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "case")));
	json_decref(answer);
	r = at_the_door(&s);
	if (refuse(&s, &r) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(facts(&s).diagnosis, DIAGNOSIS_REFUSED);
	s.camille = core_fixture_caller(f, SACHA);
	must_not(refuse(&s, &r), &s, ERR_NOT_FOUND, "not-found");
}

/* --- objections ----------------------------------------------------------- */

static struct objecting
by_letter(struct scene *s)
{
	return (struct objecting){ .kase = s->kase,
		.person = "",
		.channel = "courrier",
		.words = "CANARI-OPPOSITION",
		.received_on = "" };
}

static int
object(struct scene *s, const struct objecting *o, char out[ID_TEXT])
{
	json_t *answer = NULL;
	int r = objection_enter(
	    s->f->core, &s->camille, o, &s->f->object, &answer, &s->f->e);

	if (r == 0)
		snprintf(out, ID_TEXT, "%s",
		    json_string_value(json_object_get(answer, "objection")));
	json_decref(answer);
	return r;
}

static int
decide(struct scene *s, enum person who, const char *id, const char *decision,
    const char *grounds)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *answer = NULL;
	int r = objection_decide(s->f->core, &c, id, decision, grounds,
	    &s->f->object, &answer, &s->f->e);

	json_decref(answer);
	return r;
}

static int
is_on(struct scene *s)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id kase;

	assert_int_equal(id_parse(s->kase, &kase, NULL), 0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	return objection_is_on(&tx, &kase, NULL);
}

static size_t
objections_due(struct scene *s, enum person who)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *answer = NULL, *line;
	size_t i, n = 0;

	if (due(s->f->core, &c, 0, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_array_foreach(json_object_get(answer, "due"), i, line)
	{
		n += strcmp(json_string_value(json_object_get(line, "what")),
			 "objection") == 0;
	}
	json_decref(answer);
	return n;
}

static void
an_objection_stands_until_the_dpo_settles_it(void **state)
{
	struct objecting o;
	char id[ID_TEXT], second[ID_TEXT];
	json_t *list = NULL, *one;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	o = by_letter(&s);
	o.channel = "";
	must_not(object(&s, &o, id), &s, ERR_REFUSED, "channel");
	o = by_letter(&s);
	o.received_on = "2026-11-24";
	must_not(object(&s, &o, id), &s, ERR_REFUSED, "objection-date");
	o = by_letter(&s);
	o.person = s.kase;
	must_not(object(&s, &o, id), &s, ERR_REFUSED, "objection-person");
	assert_int_equal(is_on(&s), 0);
	o.person = s.second;
	if (object(&s, &o, id) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(is_on(&s), 1);
	assert_int_equal(objections_due(&s, DPO), 1);
	/* Nobody but the DPO decides, and says why. */
	assert_true(decide(&s, CAMILLE, id, "rejected", "non") < 0);
	assert_true(decide(&s, NOA, id, "rejected", "non") < 0);
	assert_true(decide(&s, DIRECTOR, id, "rejected", "non") < 0);
	assert_int_equal(is_on(&s), 1);
	must_not(decide(&s, DPO, id, "rejected", ""), &s, ERR_INVALID,
	    "member-missing");
	must_not(decide(&s, DPO, id, "waiting", "x"), &s, ERR_INVALID,
	    "objection-decision");
	must_not(decide(&s, DPO, s.kase, "rejected", "x"), &s, ERR_NOT_FOUND,
	    "not-found");
	if (decide(&s, DPO, id, "rejected", "motif légitime impérieux") < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(is_on(&s), 0);
	assert_int_equal(objections_due(&s, DPO), 0);
	must_not(decide(&s, DPO, id, "upheld", "x"), &s, ERR_CONFLICT,
	    "objection-state");
	/* One that is upheld stands for good. */
	o.person = "";
	assert_int_equal(object(&s, &o, second), 0);
	assert_int_equal(decide(&s, DPO, second, "upheld", "fondée"), 0);
	assert_int_equal(is_on(&s), 1);
	must_not(decide(&s, DPO, second, "rejected", "x"), &s, ERR_CONFLICT,
	    "objection-state");
	if (objection_list(
		f->core, &s.camille, s.kase, &f->object, &list, &f->e) < 0)
		fail_msg("%s", f->e.text);
	one = json_array_get(json_object_get(list, "objections"), 0);
	assert_string_equal(json_string_value(json_object_get(one, "words")),
	    "CANARI-OPPOSITION");
	assert_string_equal(json_string_value(json_object_get(one, "grounds")),
	    "motif légitime impérieux");
	assert_string_equal(json_string_value(json_object_get(one, "due_at")),
	    "2026-12-23T23:00:00Z");
	json_decref(list);
}

static void
after_an_erasure_an_objection_is_heard_without_words(void **state)
{
	struct objecting o;
	char before[ID_TEXT], id[ID_TEXT];
	json_t *list = NULL, *one;
	struct scene s;
	size_t i;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	o = by_letter(&s);
	assert_int_equal(object(&s, &o, before), 0);
	scene_erase(&s);
	assert_int_equal(is_on(&s), 1);
	o.person = s.second;
	must_not(object(&s, &o, id), &s, ERR_REFUSED, "objection-person");
	o.person = "";
	if (object(&s, &o, id) < 0)
		fail_msg("%s", f->e.text);
	if (decide(&s, DPO, id, "upheld", "CANARI-MOTIFS") < 0)
		fail_msg("%s", f->e.text);
	if (decide(&s, DPO, before, "rejected", "CANARI-MOTIFS") < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(is_on(&s), 1);
	{
		AUTO(tx_end) struct tx tx = { 0 };
		AUTO(sql_done) struct sql *q = NULL;

		assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(
		    sql_open(&tx,
			"SELECT count(*) FROM objection WHERE key <> 0"
			" OR words IS NOT NULL OR grounds IS NOT NULL",
			&q, NULL),
		    0);
		assert_int_equal(sql_step(q, NULL), 1);
		assert_int_equal(sql_get_int(q, 0), 0);
	}
	s.camille = core_fixture_caller(f, DPO);
	if (objection_list(
		f->core, &s.camille, s.kase, &f->object, &list, &f->e) == 0)
		json_array_foreach(json_object_get(list, "objections"), i, one)
		{
			assert_null(json_object_get(one, "words"));
		}
	json_decref(list);
}

/* --- events --------------------------------------------------------------- */

static int
enter(struct scene *s, const char *name, const char *on, const char *document)
{
	struct event_entry en = { .kase = s->kase,
		.name = name,
		.occurred_on = on,
		.document = document,
		.note = "CANARI-NOTE" };
	json_t *answer = NULL;
	int r = event_add(
	    s->f->core, &s->camille, &en, &s->f->object, &answer, &s->f->e);

	json_decref(answer);
	return r;
}

/* The events of the case up to a day, as "a b c". */
static void
happened(struct scene *s, const char *on, const char *expected)
{
	AUTO(tx_end) struct tx tx = { 0 };
	const char *names[EVENTS_MAX + 1];
	char all[512] = "";
	struct id kase;
	int32_t day;
	size_t i, n = 0;

	assert_int_equal(date_parse(on, &day, NULL), 0);
	assert_int_equal(id_parse(s->kase, &kase, NULL), 0);
	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    events_of_case(s->f->core, &tx, &kase, day, names, &s->f->e), 0);
	for (i = 0; names[i] != NULL; i++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%s",
		    i > 0 ? " " : "", names[i]);
	assert_string_equal(all, expected);
}

static void
events_are_those_of_the_rules_on_days_that_can_be(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	must_not(enter(&s, "anniversaire", "", ""), &s, ERR_REFUSED,
	    "event-unknown");
	must_not(enter(&s, "assignation", "2026-11-24", ""), &s, ERR_REFUSED,
	    "event-date");
	must_not(enter(&s, "assignation", "2026-10-23", ""), &s, ERR_REFUSED,
	    "event-date");
	must_not(enter(&s, "assignation", "", s.kase), &s, ERR_REFUSED,
	    "event-document");
	must_not(
	    enter(&s, "assignation", "hier", ""), &s, ERR_INVALID, "invalid");
	happened(&s, "2027-01-01", "");
	s.camille = core_fixture_caller(f, SACHA);
	must_not(
	    enter(&s, "assignation", "", ""), &s, ERR_NOT_FOUND, "not-found");
}

static void
an_event_that_has_its_decision_is_not_taken_without(void **state)
{
	const struct policy_event *all;
	struct scene s;
	size_t i, n, seen = 0;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	n = policy_events(f->core->policy, &all);
	for (i = 0; i < n; i++) {
		if (!all[i].with_document ||
		    !policy_in_force(&all[i].when, 20780))
			continue;
		seen++;
		must_not(enter(&s, all[i].name, "", ""), &s, ERR_REFUSED,
		    "event-document");
		if (enter(&s, all[i].name, "", s.evidence) < 0)
			fail_msg("%s: %s", all[i].name, f->e.text);
	}
	assert_true(seen > 0);
}

static void
a_summons_moves_the_case_and_a_hearing_may_be_to_come(void **state)
{
	json_t *answer = NULL, *events;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	assert_string_equal(facts(&s).stage, "amont");
	assert_int_equal(enter(&s, "commandement", "2026-11-02", ""), 0);
	assert_string_equal(facts(&s).stage, "amont");
	/* Announced: it has not happened, and moves nothing yet. */
	assert_int_equal(enter(&s, "audience", "2027-02-01", ""), 0);
	assert_string_equal(facts(&s).stage, "amont");
	happened(&s, "2026-11-23", "commandement");
	happened(&s, "2027-02-01", "audience commandement");
	assert_int_equal(enter(&s, "assignation", "2026-11-20", ""), 0);
	assert_string_equal(facts(&s).stage, "aval");
	happened(&s, "2026-11-19", "commandement");
	happened(&s, "2026-11-20", "assignation commandement");
	/* Twice the same is one for decisions, two in the file. */
	assert_int_equal(enter(&s, "commandement", "", ""), 0);
	happened(&s, "2026-11-23", "assignation commandement");
	if (case_show(f->core, &s.camille, s.kase, &f->object, &answer, &f->e) <
	    0)
		fail_msg("%s", f->e.text);
	events = json_object_get(answer, "events");
	assert_int_equal(json_array_size(events), 4);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(events, 0), "note")),
	    "CANARI-NOTE");
	assert_string_equal(
	    json_string_value(json_object_get(answer, "stage")), "aval");
	json_decref(answer);
}

static void
an_erasure_forgets_events_and_refusals(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct refusing r;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	assert_int_equal(enter(&s, "assignation", "", ""), 0);
	r = at_the_door(&s);
	assert_int_equal(refuse(&s, &r), 0);
	scene_erase(&s);
	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(sql_open(&tx,
			     "SELECT (SELECT count(*) FROM case_event)"
			     " + (SELECT count(*) FROM refusal)"
			     " + (SELECT count(*) FROM person)"
			     " + (SELECT count(*) FROM person_role)",
			     &q, NULL),
	    0);
	assert_int_equal(sql_step(q, NULL), 1);
	assert_int_equal(sql_get_int(q, 0), 0);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, scene_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(a_refusal_keeps_the_outcome_and_no_social_record),
		T(a_refusal_comes_too_late_for_a_diagnosis),
		T(what_was_given_is_withdrawn_by_a_refusal),
		T(every_adult_may_accept_after_all),
		T(a_household_nobody_knows_can_refuse_too),
		T(an_objection_stands_until_the_dpo_settles_it),
		T(after_an_erasure_an_objection_is_heard_without_words),
		T(events_are_those_of_the_rules_on_days_that_can_be),
		T(an_event_that_has_its_decision_is_not_taken_without),
		T(a_summons_moves_the_case_and_a_hearing_may_be_to_come),
		T(an_erasure_forgets_events_and_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
