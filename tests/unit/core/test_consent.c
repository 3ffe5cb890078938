/*
 * Giving consents, and which are in force when: refusals of form, the days
 * that count, all or nothing, once for the same key.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/core/consent_scene.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

/* --- form ----------------------------------------------------------------- */

static void
a_sheet_needs_its_form(void **state)
{
	char other[ID_TEXT], foreign[ID_TEXT];
	struct consent_giving g;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	g = scene_sheet(&s);
	g.method = "telepathy";
	scene_refused(&s, &g, ERR_REFUSED, "consent-method");
	g.method = "";
	scene_refused(&s, &g, ERR_REFUSED, "consent-method");
	g.method = "oral";
	scene_refused(&s, &g, ERR_REFUSED, "consent-witness");
	g = scene_sheet(&s);
	g.evidence = "";
	scene_refused(&s, &g, ERR_REFUSED, "consent-evidence");
	g.method = "tablet";
	scene_refused(&s, &g, ERR_REFUSED, "consent-evidence");
	/* Another case's document and none at all: one answer. */
	core_fixture_case(f, CAMILLE, "Autre", other);
	scene_file(&s, other, "consentement", foreign);
	g = scene_sheet(&s);
	g.evidence = foreign;
	scene_refused(&s, &g, ERR_REFUSED, "consent-evidence");
	g.evidence = s.kase;
	scene_refused(&s, &g, ERR_REFUSED, "consent-evidence");
	g = scene_sheet(&s);
	g.npurposes = 0;
	scene_refused(&s, &g, ERR_REFUSED, "consent-purpose");
	g = scene_sheet(&s);
	g.purposes[1] = "partage:inconnu";
	scene_refused(&s, &g, ERR_REFUSED, "consent-purpose");
	g.purposes[1] = "diagnostic";
	scene_refused(&s, &g, ERR_REFUSED, "consent-purpose");
	g = scene_sheet(&s);
	g.place = "a\nb";
	scene_refused(&s, &g, ERR_INVALID, "member-text");
	g = scene_sheet(&s);
	g.outcome = "renewed";
	scene_refused(&s, &g, ERR_INVALID, "consent-outcome");
	assert_int_equal(scene_records(&s), 0);
}

static void
only_adults_of_the_case_consent(void **state)
{
	struct consent_giving g;
	char child[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	scene_person_at(&s, 2, child);
	g = scene_sheet(&s);
	g.persons[g.npersons++] = child;
	scene_refused(&s, &g, ERR_REFUSED, "consent-person");
	g.persons[0] = s.evidence;
	scene_refused(&s, &g, ERR_REFUSED, "consent-person");
	g.persons[0] = "nobody";
	scene_refused(&s, &g, ERR_REFUSED, "consent-person");
	g.persons[0] = s.first;
	g.persons[g.npersons++] = s.first;
	scene_refused(&s, &g, ERR_REFUSED, "consent-person");
	g.npersons = 1;
	scene_must_give(&s, &g, 3);
}

static void
who_acts_for_another_shows_a_document(void **state)
{
	struct consent_giving g;
	char mandate[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	scene_file(&s, s.kase, "mandat", mandate);
	g = scene_sheet(&s);
	g.capacity = "neighbour";
	scene_refused(&s, &g, ERR_REFUSED, "consent-capacity");
	g.capacity = "self";
	g.acting = "Quelqu'un";
	scene_refused(&s, &g, ERR_REFUSED, "consent-capacity");
	g.capacity = "mandate";
	g.capacity_document = mandate;
	scene_refused(&s, &g, ERR_REFUSED, "consent-capacity"); /* for whom? */
	g.persons[g.npersons++] = s.first;
	g.acting = "";
	scene_refused(&s, &g, ERR_REFUSED, "consent-capacity"); /* who? */
	g.acting = "Mandataire Fictif";
	g.capacity_document = s.evidence;
	scene_refused(&s, &g, ERR_REFUSED, "consent-capacity"); /* no mandate */
	g.capacity_document = "";
	scene_refused(&s, &g, ERR_REFUSED, "consent-capacity");
	g.capacity_document = mandate;
	scene_must_give(&s, &g, 3);
	g.persons[0] = s.second;
	g.capacity = "guardianship";
	g.capacity_document = s.evidence;
	scene_must_give(&s, &g, 3);
}

/* --- dates ---------------------------------------------------------------- */

static void
a_declared_day_is_recent_and_not_to_come(void **state)
{
	/* 23:30 in Paris is 22:30 UTC: tomorrow there is after 23:00. */
	static const struct {
		const char *at, *on;
		int taken;
	} rows[] = {
		{ "2026-11-23T22:30:00Z", "2026-11-24", 0 },
		{ "2026-11-23T22:30:00Z", "2026-11-23", 1 },
		{ "2026-11-23T23:30:00Z", "2026-11-24", 1 },
		{ "2026-11-24T10:00:00Z", "2026-10-25", 1 }, /* 30 back */
		{ "2026-11-24T10:00:00Z", "2026-10-24", 0 }, /* 31 back */
	};
	struct consent_giving g;
	struct scene s;
	size_t i;
	FIXTURE(f);

	scene_init(&s, f, rows[0].at);
	for (i = 0; i < NELEMS(rows); i++) {
		scene_set_clock(rows[i].at);
		g = scene_sheet(&s);
		g.given_on = rows[i].on;
		g.purposes[0] = i == 1	 ? "partage:caf"
				: i == 2 ? "diagnostic"
					 : "partage:banque-de-france";
		g.npurposes = 1;
		if (rows[i].taken)
			scene_must_give(&s, &g, 2);
		else
			scene_refused(&s, &g, ERR_REFUSED, "consent-date");
	}
	g.given_on = "2026-02-30";
	scene_refused(&s, &g, ERR_INVALID, "invalid");
}

static void
a_term_ends_with_its_last_day_in_paris(void **state)
{
	struct consent_giving g;
	struct scene s;
	FIXTURE(f);

	/* 12 months from a leap day; the term ends in winter time. */
	scene_init(&s, f, "2028-02-29T12:00:00Z");
	g = scene_sheet(&s);
	g.purposes[0] = "partage:caf";
	g.npurposes = 1;
	scene_must_give(&s, &g, 2);
	scene_stands(&s, "partage:caf", "2028-02-28", 0, "never-asked");
	scene_stands(&s, "partage:caf", "2028-02-29", 1, "in-force");
	scene_stands(&s, "partage:caf", "2029-02-28", 1, "in-force");
	scene_stands(&s, "partage:caf", "2029-03-01", 0, "expired");
	scene_live_until(&s, "2029-02-28T22:59:59Z");
	scene_stands(&s, "partage:caf", "", 1, "in-force");
	scene_live_until(&s, "2029-02-28T23:00:00Z");
	scene_stands(&s, "partage:caf", "", 0, "expired");
}

static void
summer_time_moves_no_day(void **state)
{
	struct consent_giving g;
	struct scene s;
	FIXTURE(f);

	/* Declared on the day clocks go back; until the day they go on. */
	scene_init(&s, f, "2026-10-25T12:00:00Z");
	g = scene_sheet(&s);
	g.purposes[0] = "partage:caf";
	g.npurposes = 1;
	g.given_on = "2026-10-24";
	g.valid_through = "2027-03-28";
	scene_must_give(&s, &g, 2);
	scene_stands(&s, "partage:caf", "2026-10-23", 0, "never-asked");
	scene_stands(&s, "partage:caf", "2026-10-24", 1, "in-force");
	scene_live_until(&s, "2027-03-28T21:59:59Z");
	scene_stands(&s, "partage:caf", "", 1, "in-force");
	scene_live_until(&s, "2027-03-28T22:00:00Z");
	scene_stands(&s, "partage:caf", "", 0, "expired");
}

static void
a_sooner_end_is_theirs_to_say_a_later_one_is_not(void **state)
{
	struct consent_giving g;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	g = scene_sheet(&s);
	g.purposes[0] = "partage:caf";
	g.npurposes = 1;
	g.valid_through = "2027-11-24"; /* 12 months and a day */
	scene_refused(&s, &g, ERR_REFUSED, "consent-date");
	g.valid_through = "2026-11-22";
	scene_refused(&s, &g, ERR_REFUSED, "consent-date");
	g.valid_through = "2027-11-23";
	scene_must_give(&s, &g, 2);
}

/* --- all or nothing, once ------------------------------------------------- */

static void
a_couple_and_three_purposes_are_one_sheet(void **state)
{
	struct consent_giving g;
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	g = scene_sheet(&s);
	assert_int_equal(scene_give(&s, &g, &answer), 0);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "consents")), 6);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "diagnosis")),
	    "accepted");
	json_decref(answer);
	scene_stands(&s, "diagnostic", "", 1, "in-force");
	scene_stands(&s, "partage:caf", "", 1, "in-force");
	scene_stands(&s, "partage:banque-de-france", "", 1, "in-force");
}

static void
when_one_of_six_cannot_be_none_is(void **state)
{
	struct consent_giving g;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	/* One adult has given one of them; asking again for that one is no
	 * move, and the five others fall with it. */
	g = scene_sheet(&s);
	g.purposes[0] = "partage:banque-de-france";
	g.npurposes = 1;
	g.persons[g.npersons++] = s.second;
	scene_must_give(&s, &g, 1);
	g = scene_sheet(&s);
	g.outcome = "requested";
	scene_refused(&s, &g, ERR_CONFLICT, "consent-state");
	assert_int_equal(scene_records(&s), 1);
}

static void
the_same_key_gives_the_same_records_once(void **state)
{
	json_t *first = NULL, *again = NULL;
	struct consent_giving g;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	s.camille.idempotency = "une-clef";
	g = scene_sheet(&s);
	assert_int_equal(scene_give(&s, &g, &first), 0);
	assert_int_equal(scene_give(&s, &g, &again), 0);
	assert_true(json_equal(
	    json_object_get(first, "sheet"), json_object_get(again, "sheet")));
	assert_true(json_equal(
	    json_object_get(first, "leaf"), json_object_get(again, "leaf")));
	assert_int_equal(
	    json_array_size(json_object_get(again, "consents")), 6);
	assert_int_equal(scene_records(&s), 6);
	json_decref(first);
	json_decref(again);
	/* In another case the key is one that was used for something else. */
	core_fixture_case(f, CAMILLE, "Autre", s.kase);
	scene_refused(&s, &g, ERR_CONFLICT, "idempotency-key");
	s.camille.idempotency = NULL;
}

/* --- renewing, and what was said last ------------------------------------- */

static void
given_again_is_renewed_and_keeps_its_history(void **state)
{
	json_t *answer = NULL, *one, *history;
	struct consent_giving g;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	g = scene_sheet(&s);
	g.purposes[0] = "partage:caf";
	g.npurposes = 1;
	scene_must_give(&s, &g, 2);
	scene_live_until(&s, "2027-12-01T10:00:00Z");
	scene_stands(&s, "partage:caf", "", 0, "expired");
	scene_must_give(&s, &g, 2);
	scene_stands(&s, "partage:caf", "", 1, "in-force");
	scene_stands(&s, "partage:caf", "2027-11-30", 0, "expired");
	scene_stands(&s, "partage:caf", "2027-11-22", 1, "in-force");
	assert_int_equal(scene_records(&s), 2);
	assert_int_equal(consent_list(f->core, &s.camille, s.kase, &f->object,
			     &answer, &f->e),
	    0);
	one = json_array_get(json_object_get(answer, "consents"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(one, "state")), "renewed");
	history = json_object_get(one, "history");
	assert_int_equal(json_array_size(history), 2);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(history, 0), "previous")),
	    "00000000000000000000000000000000"
	    "00000000000000000000000000000000");
	assert_string_not_equal(json_string_value(json_object_get(
				    json_array_get(history, 1), "previous")),
	    json_string_value(
		json_object_get(json_array_get(history, 0), "previous")));
	json_decref(answer);
}

static void
nothing_is_declared_from_before_a_withdrawal(void **state)
{
	struct consent_giving g;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-20T10:00:00Z");
	g = scene_sheet(&s);
	g.purposes[0] = "partage:caf";
	g.npurposes = 1;
	g.persons[g.npersons++] = s.first;
	scene_must_give(&s, &g, 1);
	scene_set_clock("2026-11-23T10:00:00Z");
	scene_withdraw_of(&s, s.first, "partage:caf");
	g.given_on = "2026-11-22";
	scene_refused(&s, &g, ERR_REFUSED, "consent-date");
	g.given_on = "";
	scene_set_clock("2026-11-23T11:00:00Z");
	scene_must_give(&s, &g, 1);
	/* The withdrawn one stays what it is: another record was made. */
	assert_int_equal(scene_records(&s), 2);
}

static void
a_clock_set_back_hides_no_withdrawal(void **state)
{
	struct consents_in_force *in = calloc(1, sizeof(*in));
	struct consent_giving g;
	struct scene s;
	struct id kase;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-20T10:00:00Z");
	g = scene_sheet(&s);
	g.purposes[0] = "partage:caf";
	g.npurposes = 1;
	scene_must_give(&s, &g, 2);
	scene_set_clock("2026-11-23T10:00:00Z");
	scene_withdraw_of(&s, s.second, "partage:caf");
	scene_set_clock("2026-11-22T10:00:00Z");
	scene_stands(&s, "partage:caf", "", 0, "not-all-adults");
	scene_withdraw_of(&s, s.first, "partage:caf");
	scene_stands(&s, "partage:caf", "", 0, "withdrawn");
	/* And for what is decided now, too. */
	assert_int_equal(id_parse(s.kase, &kase, NULL), 0);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(consents_of_case(f->core, &tx, &kase,
				     scene_clock_ms, in, &f->e),
		    0);
	}
	assert_null(in->purposes[0]);
	free(in);
}

static void
one_adult_is_not_all(void **state)
{
	struct consent_giving g;
	json_t *p, *adult;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-20T10:00:00Z");
	g = scene_sheet(&s);
	g.purposes[0] = "partage:caf";
	g.npurposes = 1;
	scene_must_give(&s, &g, 2);
	scene_set_clock("2026-11-23T10:00:00Z");
	scene_withdraw_of(&s, s.second, "partage:caf");
	scene_stands(&s, "partage:caf", "", 0, "not-all-adults");
	/* Two days before it was in force, and has been withdrawn since. */
	scene_stands(&s, "partage:caf", "2026-11-21", 1, "in-force");
	p = scene_in_force(&s, "partage:caf", "2026-11-21");
	adult = json_array_get(json_object_get(p, "adults"), 1);
	assert_string_equal(
	    json_string_value(json_object_get(adult, "since")), "withdrawn");
	json_decref(p);
	scene_withdraw_of(&s, s.first, "partage:caf");
	scene_stands(&s, "partage:caf", "", 0, "withdrawn");
}

static void
for_decisions_each_adult_has_their_own_list(void **state)
{
	struct consents_in_force *in = calloc(1, sizeof(*in));
	struct consent_giving g;
	struct scene s;
	struct id kase;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-20T10:00:00Z");
	g = scene_sheet(&s);
	scene_must_give(&s, &g, 6);
	scene_withdraw_of(&s, s.second, "partage:caf");
	assert_int_equal(id_parse(s.kase, &kase, NULL), 0);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(consents_of_case(f->core, &tx, &kase,
				     scene_clock_ms, in, &f->e),
		    0);
	}
	assert_int_equal(in->nadults, 2);
	assert_string_equal(in->adults[0].role, "titulaire");
	assert_string_equal(in->adults[1].role, "co-titulaire");
	assert_non_null(in->adults[0].purposes[2]);
	assert_null(in->adults[0].purposes[3]);
	assert_non_null(in->adults[1].purposes[1]);
	assert_null(in->adults[1].purposes[2]);
	assert_non_null(in->purposes[1]);
	assert_null(in->purposes[2]);
	assert_int_equal(in->objection, 0);
	free(in);
}

static void
asked_for_and_put_off_are_states_too(void **state)
{
	struct consent_giving g;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-20T10:00:00Z");
	g = scene_sheet(&s);
	g.purposes[0] = "partage:caf";
	g.npurposes = 1;
	g.method = g.evidence = "";
	g.outcome = "requested";
	scene_must_give(&s, &g, 2);
	scene_stands(&s, "partage:caf", "", 0, "requested");
	scene_refused(&s, &g, ERR_CONFLICT, "consent-state");
	g.outcome = "deferred";
	scene_must_give(&s, &g, 2);
	scene_stands(&s, "partage:caf", "", 0, "deferred");
	g.outcome = "refused";
	g.reason = "ne souhaite pas";
	scene_must_give(&s, &g, 2);
	scene_stands(&s, "partage:caf", "", 0, "refused");
	assert_int_equal(scene_records(&s), 2);
	/* Who changes their mind makes a new record. */
	g = scene_sheet(&s);
	g.purposes[0] = "partage:caf";
	g.npurposes = 1;
	scene_must_give(&s, &g, 2);
	scene_stands(&s, "partage:caf", "", 1, "in-force");
	assert_int_equal(scene_records(&s), 4);
	/* What is given is withdrawn, not refused. */
	g.outcome = "refused";
	scene_refused(&s, &g, ERR_CONFLICT, "consent-state");
}

static void
another_teams_case_is_like_none(void **state)
{
	struct consent_giving g;
	struct err none;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-20T10:00:00Z");
	g = scene_sheet(&s);
	s.camille = core_fixture_caller(f, SACHA);
	scene_refused(&s, &g, ERR_NOT_FOUND, "not-found");
	none = f->e;
	g.kase = s.evidence;
	scene_refused(&s, &g, ERR_NOT_FOUND, "not-found");
	assert_string_equal(none.text, f->e.text);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, scene_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(a_sheet_needs_its_form),
		T(only_adults_of_the_case_consent),
		T(who_acts_for_another_shows_a_document),
		T(a_declared_day_is_recent_and_not_to_come),
		T(a_term_ends_with_its_last_day_in_paris),
		T(summer_time_moves_no_day),
		T(a_sooner_end_is_theirs_to_say_a_later_one_is_not),
		T(a_couple_and_three_purposes_are_one_sheet),
		T(when_one_of_six_cannot_be_none_is),
		T(the_same_key_gives_the_same_records_once),
		T(given_again_is_renewed_and_keeps_its_history),
		T(nothing_is_declared_from_before_a_withdrawal),
		T(a_clock_set_back_hides_no_withdrawal),
		T(one_adult_is_not_all),
		T(for_decisions_each_adult_has_their_own_list),
		T(asked_for_and_put_off_are_states_too),
		T(another_teams_case_is_like_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
