/* A case is closed with how it ended, and lives again; steps stand in the
 * way, and are due. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/closing.h"
#include "daemon/core/demarche.h"
#include "daemon/core/due.h"
#include "daemon/core/moment.h"
#include "daemon/core/plan.h"
#include "tests/unit/core/consent_scene.h"

#define NEED(state)                                                            \
	struct core_fixture *f = *(state);                                     \
	if (f == NULL)                                                         \
	skip()

static int
close_as(struct core_fixture *f, enum person who, const char *kase,
    const char *outcome, const char *on, const char *force)
{
	struct caller c = core_fixture_caller(f, who);
	struct closing_entry x = { kase, outcome, on, "", force };
	json_t *answer = NULL;
	int r = closing_enter(f->core, &c, &x, &f->object, &answer, &f->e);

	json_decref(answer);
	return r;
}

static int
reopen_as(
    struct core_fixture *f, enum person who, const char *kase, const char *why)
{
	struct caller c = core_fixture_caller(f, who);
	json_t *answer = NULL;
	int r =
	    closing_reopen(f->core, &c, kase, why, &f->object, &answer, &f->e);

	json_decref(answer);
	return r;
}

/* The day of a moment today; -1: there is none. */
static int32_t
moment_of(struct core_fixture *f, const char *kase, const char *name)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int32_t day, today = civil_day(core_now(f->core));
	struct id id;
	int r;

	assert_int_equal(id_parse(kase, &id, NULL), 0);
	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	r = moment_has(&tx, &id, name, &id, NULL);
	if (r == 0)
		return -1;
	assert_int_equal(r, 1);
	assert_int_equal(
	    moment_day(f->core, &tx, &id, name, today, &day, &f->e), 1);
	return day;
}

/* One step; replaces "": a new one. doc is its id. */
static int
file_step(struct core_fixture *f, const char *kase, const char *rest,
    const char *replaces, char doc[ID_TEXT])
{
	struct caller c = core_fixture_caller(f, CAMILLE);
	char upload[ID_TEXT], date[11], text[400];
	struct filing x = { .kase = kase,
		.kind = DEMARCHE_KIND,
		.level = "",
		.title = "",
		.replaces = replaces,
		.npages = 1 };
	json_t *answer = NULL;
	int again = 0, r;

	date_format(civil_day(core_now(f->core)), date);
	snprintf(text, sizeof(text),
	    "{\"date\":\"%s\",\"dispositif\":\"fsl\",%s}", date, rest);
	core_fixture_send(f, CAMILLE, text, strlen(text), upload);
	x.pages[0].upload = upload;
	x.pages[0].name = "demarche.json";
	r = document_file(f->core, &c, &x, &f->object, &answer, &again, &f->e);
	if (r == 0)
		snprintf(doc, ID_TEXT, "%s",
		    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
	return r;
}

/* --- refusals ------------------------------------------------------------- */

static void
closing_asks_for_an_outcome_of_the_rules_and_a_possible_day(void **state)
{
	char kase[ID_TEXT], day[11];
	NEED(state);

	core_fixture_case(f, CAMILLE, "MARTIN Alice", kase);
	assert_int_equal(
	    close_as(f, CAMILLE, kase, "perdu", "", ""), -ERR_REFUSED);
	assert_string_equal(f->e.tag, "closing-outcome");
	date_format(civil_day(core_now(f->core)) + 1, day);
	assert_int_equal(
	    close_as(f, CAMILLE, kase, "maintenu", day, ""), -ERR_REFUSED);
	assert_string_equal(f->e.tag, "closing-date");
	date_format(civil_day(core_now(f->core)) - 31, day);
	assert_int_equal(
	    close_as(f, CAMILLE, kase, "maintenu", day, ""), -ERR_REFUSED);
	assert_string_equal(f->e.tag, "closing-date");
	assert_int_equal(moment_of(f, kase, MOMENT_CLOSING), -1);
}

static void
another_team_closes_and_reopens_nothing(void **state)
{
	char kase[ID_TEXT], none[ID_TEXT];
	struct id id;
	NEED(state);

	assert_int_equal(id_random(&id, NULL), 0);
	id_format(&id, none);
	core_fixture_case(f, CAMILLE, "PETIT Léa", kase);
	assert_int_equal(
	    close_as(f, SACHA, kase, "maintenu", "", ""), -ERR_NOT_FOUND);
	assert_true(close_as(f, DPO, kase, "maintenu", "", "") < 0);
	assert_int_equal(close_as(f, CAMILLE, kase, "maintenu", "", ""), 0);
	/* One answer for what is not hers and what is not there. */
	assert_int_equal(reopen_as(f, SACHA, kase, "retour"),
	    reopen_as(f, SACHA, none, "retour"));
	assert_true(reopen_as(f, SACHA, kase, "retour") < 0);
	assert_true(reopen_as(f, CAMILLE, kase, "retour") < 0);
	assert_int_equal(reopen_as(f, NOA, kase, ""), -ERR_INVALID);
	assert_int_equal(reopen_as(f, NOA, kase, "retour"), 0);
	assert_true(reopen_as(f, NOA, kase, "encore") < 0);
}

static void
what_is_closed_is_not_closed_again_nor_written_in(void **state)
{
	char kase[ID_TEXT], doc[ID_TEXT];
	NEED(state);

	core_fixture_case(f, CAMILLE, "BERNARD Luc", kase);
	assert_int_equal(close_as(f, CAMILLE, kase, "reloge", "", ""), 0);
	assert_true(close_as(f, CAMILLE, kase, "reloge", "", "") < 0);
	assert_true(file_step(f, kase, "\"etat\":\"a-faire\"", "", doc) < 0);
	assert_int_equal(reopen_as(f, NOA, kase, "nouvelle liste"), 0);
	assert_int_equal(
	    file_step(f, kase, "\"etat\":\"a-faire\"", "", doc), 0);
}

static void
an_open_step_stands_in_the_way_unless_somebody_says_why(void **state)
{
	char kase[ID_TEXT], doc[ID_TEXT];
	NEED(state);

	core_fixture_case(f, CAMILLE, "ROBERT Paul", kase);
	assert_int_equal(
	    file_step(f, kase, "\"etat\":\"en-cours\"", "", doc), 0);
	assert_int_equal(
	    close_as(f, CAMILLE, kase, "maintenu", "", ""), -ERR_CONFLICT);
	assert_string_equal(f->e.tag, "demarche-open");
	assert_int_equal(
	    close_as(f, CAMILLE, kase, "maintenu", "", "le ménage part"), 0);
}

static void
a_step_given_up_has_its_reason_and_a_proof_is_of_the_case(void **state)
{
	char kase[ID_TEXT], other[ID_TEXT], doc[ID_TEXT], far[ID_TEXT];
	char text[200];
	NEED(state);

	core_fixture_case(f, CAMILLE, "RICHARD Zoé", kase);
	core_fixture_case(f, CAMILLE, "DURAND Inès", other);
	assert_int_equal(file_step(f, kase, "\"etat\":\"abandonnee\"", "", doc),
	    -ERR_REFUSED);
	assert_string_equal(f->e.tag, "demarche-reason");
	assert_int_equal(
	    file_step(f, other, "\"etat\":\"a-faire\"", "", far), 0);
	snprintf(
	    text, sizeof(text), "\"etat\":\"faite\",\"preuve\":\"%s\"", far);
	assert_int_equal(file_step(f, kase, text, "", doc), -ERR_REFUSED);
	assert_string_equal(f->e.tag, "demarche-proof");
	assert_int_equal(file_step(f, kase,
			     "\"etat\":\"faite\",\"preuve\":\"rien\"", "", doc),
	    -ERR_REFUSED);
	assert_string_equal(f->e.tag, "demarche-proof");
	assert_int_equal(moment_of(f, kase, MOMENT_STEP_DONE), -1);
	assert_int_equal(
	    file_step(f, kase, "\"etat\":\"abandonnee\",\"raison\":\"parti\"",
		"", doc),
	    0);
}

/* --- what follows --------------------------------------------------------- */

static void
the_last_step_makes_the_moment_and_a_new_one_takes_it_back(void **state)
{
	char kase[ID_TEXT], a[ID_TEXT], b[ID_TEXT];
	int32_t today;
	NEED(state);

	today = civil_day(core_now(f->core));
	core_fixture_case(f, CAMILLE, "MOREAU Jean", kase);
	assert_int_equal(file_step(f, kase, "\"etat\":\"a-faire\"", "", a), 0);
	assert_int_equal(file_step(f, kase, "\"etat\":\"a-faire\"", "", b), 0);
	assert_int_equal(file_step(f, kase, "\"etat\":\"faite\"", a, a), 0);
	assert_int_equal(moment_of(f, kase, MOMENT_STEP_DONE), -1);
	assert_int_equal(file_step(f, kase, "\"etat\":\"faite\"", b, b), 0);
	assert_int_equal(moment_of(f, kase, MOMENT_STEP_DONE), today);
	assert_int_equal(file_step(f, kase, "\"etat\":\"en-cours\"", b, b), 0);
	assert_int_equal(moment_of(f, kase, MOMENT_STEP_DONE), -1);
}

/* Lines of a list "due" that are of this document: *overdue. */
static int
is_due(struct core_fixture *f, const char *doc, int *overdue)
{
	struct caller c = core_fixture_caller(f, CAMILLE);
	json_t *answer = NULL, *line;
	int found = 0;
	size_t i;

	assert_int_equal(due(f->core, &c, 0, &answer, &f->e), 0);
	json_array_foreach(json_object_get(answer, "due"), i, line)
	{
		const char *id =
		    json_string_value(json_object_get(line, "object"));

		if (id == NULL || strcmp(id, doc) != 0)
			continue;
		assert_string_equal(
		    json_string_value(json_object_get(line, "what")),
		    "demarche");
		*overdue = json_is_true(json_object_get(line, "overdue"));
		found = 1;
	}
	json_decref(answer);
	return found;
}

static void
a_step_is_due_on_its_day_and_overdue_the_day_after(void **state)
{
	char kase[ID_TEXT], doc[ID_TEXT], day[11], text[200];
	int overdue, i;
	NEED(state);

	core_fixture_case(f, CAMILLE, "SIMON Eva", kase);
	for (i = -1; i <= 1; i++) {
		date_format(civil_day(core_now(f->core)) + i, day);
		snprintf(text, sizeof(text),
		    "\"etat\":\"a-faire\",\"echeance\":\"%s\"", day);
		assert_int_equal(file_step(f, kase, text, "", doc), 0);
		assert_true(is_due(f, doc, &overdue));
		assert_int_equal(overdue, i < 0);
	}
	assert_int_equal(file_step(f, kase, "\"etat\":\"faite\"", doc, doc), 0);
	assert_false(is_due(f, doc, &overdue));
}

static void
the_closing_counts_from_the_day_that_is_said(void **state)
{
	char kase[ID_TEXT], day[11];
	int32_t today;
	NEED(state);

	today = civil_day(core_now(f->core));
	core_fixture_case(f, CAMILLE, "LAURENT Max", kase);
	date_format(today - 4, day);
	assert_int_equal(close_as(f, CAMILLE, kase, "maintenu", day, ""), 0);
	assert_int_equal(moment_of(f, kase, MOMENT_CLOSING), today - 4);
	assert_int_equal(reopen_as(f, NOA, kase, "nouvelle liste"), 0);
	assert_int_equal(moment_of(f, kase, MOMENT_CLOSING), -1);
}

/* Consents end with the processing. */
static void
closing_ends_the_consents(void **state)
{
	struct scene s = { 0 };
	struct consent_giving g;
	NEED(state);

	scene_init(&s, f, "2026-11-23T10:00:00Z");
	g = scene_sheet(&s);
	scene_must_give(&s, &g, 6);
	scene_stands(&s, "partage:caf", "", 1, "in-force");
	assert_int_equal(close_as(f, CAMILLE, s.kase, "maintenu", "", ""), 0);
	assert_int_equal(reopen_as(f, NOA, s.kase, "nouvelle liste"), 0);
	scene_stands(&s, "partage:caf", "", 0, "terminated");
}

static void
an_erased_case_leaves_no_step_and_no_closing(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf numbers = { 0 };
	char kase[ID_TEXT], doc[ID_TEXT];
	struct plan p = { 0 };
	struct id id;
	NEED(state);

	core_fixture_case(f, CAMILLE, "MICHEL Ana", kase);
	assert_int_equal(
	    file_step(f, kase, "\"etat\":\"a-faire\"", "", doc), 0);
	assert_int_equal(close_as(f, CAMILLE, kase, "autre", "", "fin"), 0);
	assert_int_equal(id_parse(kase, &id, NULL), 0);
	assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(closing_key_numbers(&tx, &id, &numbers, NULL), 0);
	assert_int_equal(numbers.len, sizeof(uint64_t));
	assert_int_equal(plan_make(&tx, &id, NULL, 0, &p, &f->e), 0);
	assert_int_equal(plan_forget(&tx, &p, 1, &f->e), 0);
	plan_done(&p);
	assert_int_equal(demarche_count_open(&tx, &id, NULL), 0);
	buf_reset(&numbers);
	assert_int_equal(closing_key_numbers(&tx, &id, &numbers, NULL), 0);
	assert_int_equal(numbers.len, 0);
}

/* Its device, its decision and its day are in clear: they go with it. */
static void
a_step_goes_with_its_record_where_the_case_stays(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	char kase[ID_TEXT], doc[ID_TEXT], other[ID_TEXT];
	struct plan p = { 0 };
	struct id id, step;
	int before, r, after;
	NEED(state);

	core_fixture_case(f, CAMILLE, "ROUX Paul", kase);
	assert_int_equal(
	    file_step(f, kase, "\"etat\":\"a-faire\"", "", doc), 0);
	assert_int_equal(
	    file_step(f, kase, "\"etat\":\"en-cours\"", "", other), 0);
	assert_int_equal(id_parse(kase, &id, NULL), 0);
	assert_int_equal(id_parse(doc, &step, NULL), 0);
	assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
	before = demarche_count_open(&tx, &id, NULL);
	r = plan_make(&tx, &id, &step, 1, &p, &f->e);
	if (r == 0)
		r = plan_forget(&tx, &p, 1, &f->e);
	after = demarche_count_open(&tx, &id, NULL);
	plan_done(&p);
	tx_end(&tx);
	assert_int_equal(r, 0);
	assert_int_equal(before, 2);
	assert_int_equal(after, 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    closing_asks_for_an_outcome_of_the_rules_and_a_possible_day),
		cmocka_unit_test(another_team_closes_and_reopens_nothing),
		cmocka_unit_test(
		    what_is_closed_is_not_closed_again_nor_written_in),
		cmocka_unit_test(
		    an_open_step_stands_in_the_way_unless_somebody_says_why),
		cmocka_unit_test(
		    a_step_given_up_has_its_reason_and_a_proof_is_of_the_case),
		cmocka_unit_test(
		    the_last_step_makes_the_moment_and_a_new_one_takes_it_back),
		cmocka_unit_test(
		    a_step_is_due_on_its_day_and_overdue_the_day_after),
		cmocka_unit_test(the_closing_counts_from_the_day_that_is_said),
		cmocka_unit_test(an_erased_case_leaves_no_step_and_no_closing),
		cmocka_unit_test(
		    a_step_goes_with_its_record_where_the_case_stays),
	};
	const struct CMUnitTest consents[] = {
		cmocka_unit_test(closing_ends_the_consents),
	};

	return cmocka_run_group_tests(
		   tests, core_fixture_setup, core_fixture_teardown) +
	       cmocka_run_group_tests(
		   consents, scene_setup, core_fixture_teardown);
}
