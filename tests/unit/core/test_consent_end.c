/*
 * The ends of consents: withdrawn by anybody of the staff, several at once,
 * by telephone, after an erasure; the letter that is due; the history.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/consent_row.h"
#include "daemon/core/due.h"
#include "tests/unit/core/consent_scene.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

struct given {
	char id[6][ID_TEXT];
	size_t n;
};

static void
give_all(struct scene *s, struct core_fixture *f, struct given *out)
{
	struct consent_giving g;
	json_t *answer = NULL, *one;

	scene_init(s, f, "2026-11-23T10:00:00Z");
	g = scene_sheet(s);
	if (scene_give(s, &g, &answer) < 0)
		fail_msg("%s", f->e.text);
	json_array_foreach(json_object_get(answer, "consents"), out->n, one)
	{
		snprintf(out->id[out->n], ID_TEXT, "%s",
		    json_string_value(json_object_get(one, "consent")));
	}
	assert_int_equal(out->n, 6);
	json_decref(answer);
}

static int
end(struct scene *s, const struct consent_ending *w, json_t **answer)
{
	*answer = NULL;
	return consent_end(
	    s->f->core, &s->camille, w, &s->f->object, answer, &s->f->e);
}

static void
refused(struct scene *s, const struct consent_ending *w, enum err_code code,
    const char *tag)
{
	json_t *answer = NULL;
	int r = end(s, w, &answer);

	json_decref(answer);
	if (r != -(int)code || strcmp(err_name(&s->f->e), tag) != 0)
		fail_msg("%d %s, not %s: %s", r, err_name(&s->f->e), tag,
		    s->f->e.text);
}

static struct consent_ending
visit(struct given *g, size_t n)
{
	struct consent_ending w = {
		.n = n, .as = "withdrawn", .channel = "visite"
	};
	size_t i;

	for (i = 0; i < n; i++)
		w.consents[i] = g->id[i];
	return w;
}

static void
a_withdrawal_has_its_form(void **state)
{
	struct given given = { 0 };
	struct consent_ending w;
	struct scene s;
	FIXTURE(f);

	give_all(&s, f, &given);
	w = visit(&given, 1);
	w.channel = "fumée";
	refused(&s, &w, ERR_REFUSED, "channel");
	w.channel = NULL;
	refused(&s, &w, ERR_REFUSED, "channel");
	w.channel = "telephone";
	refused(&s, &w, ERR_REFUSED, "caller-check");
	w.caller_check = "";
	refused(&s, &w, ERR_REFUSED, "caller-check");
	w = visit(&given, 1);
	w.document = s.kase;
	refused(&s, &w, ERR_REFUSED, "consent-evidence");
	w = visit(&given, 1);
	w.as = "expired";
	refused(&s, &w, ERR_INVALID, "consent-outcome");
	w.as = "terminated";
	refused(&s, &w, ERR_INVALID, "member-missing"); /* why? */
	w = visit(&given, 1);
	w.consents[0] = s.evidence;
	refused(&s, &w, ERR_NOT_FOUND, "not-found");
	w.consents[0] = "x";
	refused(&s, &w, ERR_NOT_FOUND, "not-found");
	scene_stands(&s, "partage:caf", "", 1, "in-force");
}

static void
several_go_at_once_or_none(void **state)
{
	struct given given = { 0 };
	struct consent_ending w;
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	give_all(&s, f, &given);
	w = visit(&given, 6);
	w.consents[5] = given.id[0]; /* the same one twice */
	refused(&s, &w, ERR_CONFLICT, "consent-state");
	scene_stands(&s, "diagnostic", "", 1, "in-force");
	w = visit(&given, 6);
	if (end(&s, &w, &answer) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "consents")), 6);
	assert_true(json_is_null(json_object_get(answer, "letter_due_at")));
	json_decref(answer);
	scene_stands(&s, "diagnostic", "", 0, "withdrawn");
	scene_stands(&s, "partage:caf", "", 0, "withdrawn");
	refused(&s, &w, ERR_CONFLICT, "consent-state");
}

static void
of_one_case_at_a_time(void **state)
{
	struct given given = { 0 };
	struct consent_giving g;
	struct consent_ending w;
	char other[ID_TEXT], foreign[ID_TEXT];
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	give_all(&s, f, &given);
	memcpy(other, s.kase, ID_TEXT);
	core_fixture_case(f, CAMILLE, "Autre", s.kase);
	scene_file(&s, s.kase, "consentement", s.evidence);
	g = scene_sheet(&s);
	g.npurposes = 1;
	assert_int_equal(scene_give(&s, &g, &answer), 0);
	snprintf(foreign, ID_TEXT, "%s",
	    json_string_value(json_object_get(
		json_array_get(json_object_get(answer, "consents"), 0),
		"consent")));
	json_decref(answer);
	w = visit(&given, 2);
	w.consents[1] = foreign;
	refused(&s, &w, ERR_REFUSED, "consent-cases");
	memcpy(s.kase, other, ID_TEXT);
	scene_stands(&s, "diagnostic", "", 1, "in-force");
}

static void
whoever_of_the_staff_picks_up_the_telephone(void **state)
{
	struct given given = { 0 };
	struct consent_ending w;
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	give_all(&s, f, &given);
	w = visit(&given, 1);
	w.channel = "telephone";
	w.caller_check = "rappelée au numéro du dossier";
	/* A colleague of another team of the same house, and the DPO. */
	s.camille = core_fixture_caller(f, SACHA);
	if (end(&s, &w, &answer) < 0)
		fail_msg("%s", f->e.text);
	assert_true(json_is_string(json_object_get(answer, "letter_due_at")));
	json_decref(answer);
	s.camille = core_fixture_caller(f, DPO);
	w.consents[0] = given.id[1];
	if (end(&s, &w, &answer) < 0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
	/* Not the administrator, whose role opens nothing. */
	s.camille = core_fixture_caller(f, ADMIN);
	w.consents[0] = given.id[2];
	assert_true(end(&s, &w, &answer) < 0);
	s.camille = core_fixture_caller(f, NOBODY);
	assert_true(end(&s, &w, &answer) < 0);
}

static size_t
letters_due(struct scene *s)
{
	json_t *answer = NULL, *line;
	size_t i, n = 0;

	if (due(s->f->core, &s->camille, 0, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_array_foreach(json_object_get(answer, "due"), i, line)
	{
		n += strcmp(json_string_value(json_object_get(line, "what")),
			 "withdrawal-letter") == 0;
	}
	json_decref(answer);
	return n;
}

static void
the_letter_is_due_until_it_has_gone(void **state)
{
	struct given given = { 0 };
	struct consent_ending w;
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	give_all(&s, f, &given);
	assert_int_equal(letters_due(&s), 0);
	assert_int_equal(consent_letter(f->core, &s.camille, given.id[0], "",
			     &f->object, &answer, &f->e),
	    -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "letter-state");
	w = visit(&given, 2);
	w.channel = "telephone";
	w.caller_check = "rappelée";
	assert_int_equal(end(&s, &w, &answer), 0);
	json_decref(answer);
	assert_int_equal(letters_due(&s), 2);
	assert_int_equal(consent_letter(f->core, &s.camille, given.id[0],
			     s.kase, &f->object, &answer, &f->e),
	    -ERR_REFUSED);
	assert_int_equal(consent_letter(f->core, &s.camille, given.id[0],
			     s.evidence, &f->object, &answer, &f->e),
	    0);
	json_decref(answer);
	answer = NULL;
	assert_int_equal(letters_due(&s), 1);
	assert_int_equal(consent_letter(f->core, &s.camille, given.id[0], "",
			     &f->object, &answer, &f->e),
	    -ERR_CONFLICT);
	assert_int_equal(consent_letter(f->core, &s.camille, given.id[5], "",
			     &f->object, &answer, &f->e),
	    -ERR_CONFLICT);
	scene_stands(&s, "diagnostic", "", 0, "not-all-adults");
}

static void
others_than_the_person_say_why_it_ends(void **state)
{
	struct given given = { 0 };
	struct consent_ending w;
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	give_all(&s, f, &given);
	w = visit(&given, 1);
	w.as = "invalidated";
	w.channel = NULL;
	w.reason = "signature d'une autre personne";
	assert_int_equal(end(&s, &w, &answer), 0);
	json_decref(answer);
	scene_stands(&s, "diagnostic", "", 0, "not-all-adults");
	w.as = "terminated";
	refused(&s, &w, ERR_CONFLICT, "consent-state");
	w.consents[0] = given.id[1];
	assert_int_equal(end(&s, &w, &answer), 0);
	json_decref(answer);
}

/* --- after an erasure ----------------------------------------------------- */

static void
after_an_erasure_no_grant_and_every_withdrawal(void **state)
{
	struct given given = { 0 };
	struct consent_giving g;
	struct consent_ending w;
	struct consent_row row;
	json_t *answer = NULL;
	struct scene s;
	struct id id;
	FIXTURE(f);

	give_all(&s, f, &given);
	scene_erase(&s);
	g = scene_sheet(&s);
	scene_refused(&s, &g, ERR_CONFLICT, "case-erased");
	/* To another team it is what never was. */
	s.camille = core_fixture_caller(f, SACHA);
	scene_refused(&s, &g, ERR_NOT_FOUND, "not-found");
	s.camille = core_fixture_caller(f, CAMILLE);
	w = visit(&given, 6);
	w.channel = "telephone";
	w.caller_check = "CANARI rappelée";
	w.reason = "CANARI raison";
	if (end(&s, &w, &answer) < 0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
	refused(&s, &w, ERR_CONFLICT, "consent-state");
	/* The state moved; no words were kept, and the chain is whole. */
	{
		AUTO(tx_end) struct tx tx = { 0 };
		AUTO(sql_done) struct sql *q = NULL;

		assert_int_equal(id_parse(given.id[0], &id, NULL), 0);
		assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(consent_row_by_id(&tx, &id, &row, NULL), 0);
		assert_int_equal(row.state, CONSENT_WITHDRAWN);
		assert_int_equal(row.key, 0);
		assert_int_equal(consent_event_check(&tx, &id, NULL), 0);
		assert_int_equal(sql_open(&tx,
				     "SELECT count(*) FROM consent_event"
				     " WHERE sealed IS NOT NULL",
				     &q, NULL),
		    0);
		assert_int_equal(sql_step(q, NULL), 1);
		assert_int_equal(sql_get_int(q, 0), 0);
	}
	/* And the letter can still be settled. */
	assert_int_equal(consent_letter(f->core, &s.camille, given.id[0], "",
			     &f->object, &answer, &f->e),
	    0);
	json_decref(answer);
}

/* --- the history ---------------------------------------------------------- */

static int
spoil(struct scene *s, const char *text, const struct id *consent)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	assert_int_equal(tx_begin(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(consent_event_check(&tx, consent, NULL), 0);
	assert_int_equal(sql_open(&tx, text, &q, NULL), 0);
	assert_int_equal(sql_id(q, 1, consent, NULL), 0);
	assert_int_equal(sql_run(q, NULL), 0);
	assert_int_equal(sql_changes(&tx), 1);
	sql_done(&q);
	r = consent_event_check(&tx, consent, &s->f->e);
	return r; /* and all of it is rolled back */
}

static void
a_history_that_was_edited_is_noticed(void **state)
{
	static const char *const edits[] = {
		"UPDATE consent_event SET event = 'renewed'"
		" WHERE consent = ? AND n = 0",
		"UPDATE consent_event SET effective = effective - 1"
		" WHERE consent = ? AND n = 0",
		"UPDATE consent_event SET until = 0 WHERE consent = ?"
		" AND n = 0",
		"UPDATE consent_event SET leaf = leaf + 1 WHERE consent = ?"
		" AND n = 0",
		"UPDATE consent_event SET words = zeroblob(32)"
		" WHERE consent = ? AND n = 0",
		"UPDATE consent_event SET words = zeroblob(32), sealed = NULL"
		" WHERE consent = ? AND n = 0",
		"UPDATE consent_event SET sealed = x'00' WHERE consent = ?"
		" AND n = 0",
		"UPDATE consent_event SET previous = zeroblob(32)"
		" WHERE consent = ? AND n = 1",
		"DELETE FROM consent_event WHERE consent = ? AND n = 0",
	};
	struct given given = { 0 };
	struct consent_ending w;
	json_t *answer = NULL;
	struct scene s;
	struct id id;
	size_t i;
	FIXTURE(f);

	give_all(&s, f, &given);
	w = visit(&given, 1);
	assert_int_equal(end(&s, &w, &answer), 0);
	json_decref(answer);
	assert_int_equal(id_parse(given.id[0], &id, NULL), 0);
	for (i = 0; i < NELEMS(edits); i++)
		if (spoil(&s, edits[i], &id) != -ERR_INTEGRITY)
			fail_msg("not noticed: %s", edits[i]);
}

/* --- receipts ------------------------------------------------------------- */

static void
the_receipt_tells_the_sheet_and_is_in_the_history(void **state)
{
	struct given given = { 0 };
	json_t *answer = NULL, *list = NULL, *records, *history;
	const char *page;
	struct scene s;
	FIXTURE(f);

	give_all(&s, f, &given);
	if (consent_receipt(f->core, &s.camille, given.id[2], &f->object,
		&answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "consents")), 6);
	records = json_object_get(
	    json_object_get(answer, "receipt"), "dpv:hasRecordOfActivity");
	assert_int_equal(json_array_size(records), 6);
	page = json_string_value(json_object_get(answer, "page"));
	assert_non_null(strstr(page, "Durand : d'accord, du 23/11/2026"));
	assert_non_null(strstr(page, "Exemple : d'accord"));
	assert_non_null(strstr(page, "retirer votre accord"));
	json_decref(answer);
	assert_int_equal(
	    consent_list(f->core, &s.camille, s.kase, &f->object, &list, &f->e),
	    0);
	history = json_object_get(
	    json_array_get(json_object_get(list, "consents"), 0), "history");
	assert_int_equal(json_array_size(history), 2);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(history, 1), "event")),
	    "receipt");
	json_decref(list);
	answer = NULL;
	assert_int_equal(consent_receipt(f->core, &s.camille, s.kase,
			     &f->object, &answer, &f->e),
	    -ERR_NOT_FOUND);
	scene_erase(&s);
	assert_true(consent_receipt(f->core, &s.camille, given.id[2],
			&f->object, &answer, &f->e) < 0);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, scene_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(a_withdrawal_has_its_form),
		T(several_go_at_once_or_none),
		T(of_one_case_at_a_time),
		T(whoever_of_the_staff_picks_up_the_telephone),
		T(the_letter_is_due_until_it_has_gone),
		T(others_than_the_person_say_why_it_ends),
		T(after_an_erasure_no_grant_and_every_withdrawal),
		T(a_history_that_was_edited_is_noticed),
		T(the_receipt_tells_the_sheet_and_is_in_the_history),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
