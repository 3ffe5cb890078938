/*
 * What a person asks, and its clock: the last day at the ends of months, the
 * extension within the first month only, the refusal that says its three
 * mentions, and what stands for a request.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/due.h"
#include "daemon/core/erasure.h"
#include "daemon/core/objection.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"
#include "tests/unit/core/consent_scene.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

static struct requesting
asking(struct scene *s, const char *right)
{
	return (struct requesting){ .kase = s->kase,
		.right = right,
		.channel = "courrier",
		.identity = "carte d'identité vue",
		.person = "",
		.received_on = "",
		.words = "",
		.objection = "" };
}

static int
enter(struct scene *s, enum person who, const struct requesting *q,
    json_t **answer)
{
	struct caller c = core_fixture_caller(s->f, who);

	memset(&s->f->e, 0, sizeof(s->f->e));
	*answer = NULL;
	return request_enter(
	    s->f->core, &c, q, &s->f->object, answer, &s->f->e);
}

static void
must_enter(struct scene *s, const struct requesting *q, char id[ID_TEXT],
    const char *due)
{
	json_t *answer;

	if (enter(s, CAMILLE, q, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(id, ID_TEXT, "%.26s",
	    json_string_value(json_object_get(answer, "request")));
	if (due != NULL)
		assert_string_equal(
		    json_string_value(json_object_get(answer, "due_on")), due);
	json_decref(answer);
}

static void
not_entered(struct scene *s, enum person who, const struct requesting *q,
    enum err_code code, const char *tag)
{
	json_t *answer;
	int r = enter(s, who, q, &answer);

	json_decref(answer);
	if (r != -(int)code)
		fail_msg("%d: %s", r, s->f->e.text);
	if (tag != NULL)
		assert_string_equal(s->f->e.tag, tag);
}

static void
expect(struct scene *s, int got, enum err_code code, const char *tag)
{
	if (got != -(int)code)
		fail_msg("%d: %s", got, s->f->e.text);
	if (tag != NULL)
		assert_string_equal(s->f->e.tag, tag);
}

/* The letter, or "": the caller's copy. */
static int
extend(struct scene *s, enum person who, const char *request,
    const char *reason, struct buf *letter)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *answer = NULL;
	int r;

	memset(&s->f->e, 0, sizeof(s->f->e));
	r = request_extend(
	    s->f->core, &c, request, reason, &s->f->object, &answer, &s->f->e);
	if (r == 0 && letter != NULL)
		assert_int_equal(
		    buf_addstr(letter,
			json_string_value(json_object_get(answer, "letter")),
			NULL),
		    0);
	json_decref(answer);
	return r;
}

static int
refuse(struct scene *s, enum person who, const char *request,
    const char *ground, const char *reason, struct buf *letter)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *answer = NULL;
	int r;

	memset(&s->f->e, 0, sizeof(s->f->e));
	r = request_refuse(s->f->core, &c, request, ground, reason,
	    &s->f->object, &answer, &s->f->e);
	if (r == 0 && letter != NULL)
		assert_int_equal(
		    buf_addstr(letter,
			json_string_value(json_object_get(answer, "letter")),
			NULL),
		    0);
	json_decref(answer);
	return r;
}

static int
answer(struct scene *s, enum person who, const char *request,
    const char *document, const char *words)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *j = NULL;
	int r;

	memset(&s->f->e, 0, sizeof(s->f->e));
	r = request_answer(s->f->core, &c, request, document, words,
	    &s->f->object, &j, &s->f->e);
	json_decref(j);
	return r;
}

/* The line of a request, or NULL; the caller's. */
static json_t *
line_of(struct scene *s, const char *request)
{
	struct caller c = core_fixture_caller(s->f, CAMILLE);
	json_t *j = NULL, *o, *found = NULL;
	size_t i;

	if (request_list(s->f->core, &c, s->kase, &s->f->object, &j, &s->f->e) <
	    0)
		fail_msg("%s", s->f->e.text);
	json_array_foreach(json_object_get(j, "requests"), i, o)
	{
		if (strcmp(json_string_value(json_object_get(o, "request")),
			request) == 0)
			found = json_incref(o);
	}
	json_decref(j);
	return found;
}

static void
stands(struct scene *s, const char *request, const char *state)
{
	json_t *o = line_of(s, request);

	assert_non_null(o);
	assert_string_equal(
	    json_string_value(json_object_get(o, "state")), state);
	json_decref(o);
}

/* How many lines of this kind wait for who. */
static size_t
waiting(struct scene *s, enum person who, const char *what)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *j = NULL, *line;
	size_t i, n = 0;

	if (due(s->f->core, &c, 0, &j, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_array_foreach(json_object_get(j, "due"), i, line) n +=
	    strcmp(json_string_value(json_object_get(line, "what")), what) == 0;
	json_decref(j);
	return n;
}

/* --- whose words ---------------------------------------------------------- */

static int
lists(struct scene *s, enum person who,
    int (*list)(struct core *core, const struct caller *caller,
	const char *kase, struct id *object, json_t **answer, struct err *e))
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *j = NULL;
	int r;

	memset(&s->f->e, 0, sizeof(s->f->e));
	r = list(s->f->core, &c, s->kase, &s->f->object, &j, &s->f->e);
	json_decref(j);
	return r;
}

static void
another_team_may_receive_it_and_not_read_what_was_asked(void **state)
{
	static const enum person readers[] = { CAMILLE, NOA, JURIST, DIRECTOR,
		DPO };
	struct requesting q;
	struct scene s;
	json_t *answer;
	size_t i;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	q = asking(&s, "access");
	q.words = "tout ce que vous avez sur moi";
	if (enter(&s, SACHA, &q, &answer) < 0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
	expect(&s, lists(&s, SACHA, request_list), ERR_NOT_FOUND, "not-found");
	expect(
	    &s, lists(&s, SACHA, restriction_list), ERR_NOT_FOUND, "not-found");
	for (i = 0; i < NELEMS(readers); i++) {
		expect(&s, lists(&s, readers[i], request_list), ERR_OK, NULL);
		expect(
		    &s, lists(&s, readers[i], restriction_list), ERR_OK, NULL);
	}
}

/* --- the clock ------------------------------------------------------------ */

static void
the_answer_is_due_one_civil_month_from_receipt(void **state)
{
	static const struct {
		const char *received, *due;
	} rows[] = {
		{ "2026-11-02", "2026-12-02" },
		{ "2026-10-31", "2026-11-30" }, /* no 31 November */
		{ "2026-01-31", "2026-02-28" }, { "2026-01-29", "2026-02-28" },
		{ "2024-01-31", "2024-02-29" }, { "2024-01-29", "2024-02-29" },
		{ "2026-09-25", "2026-10-25" }, /* the hour changes */
	};
	char id[ID_TEXT];
	struct scene s;
	size_t i;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	for (i = 0; i < NELEMS(rows); i++) {
		struct requesting q = asking(&s, "access");

		q.received_on = rows[i].received;
		must_enter(&s, &q, id, rows[i].due);
	}
	assert_int_equal(waiting(&s, NOA, "rights-request"), NELEMS(rows));
}

static void
what_cannot_be_a_request_is_refused(void **state)
{
	struct requesting q;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	q = asking(&s, "everything");
	not_entered(&s, CAMILLE, &q, ERR_REFUSED, "request-right");
	q = asking(&s, "access");
	q.received_on = "2026-11-03";
	not_entered(&s, CAMILLE, &q, ERR_REFUSED, "request-date");
	q.received_on = "2026-02-30";
	not_entered(&s, CAMILLE, &q, ERR_INVALID, NULL);
	q = asking(&s, "access");
	q.identity = "";
	not_entered(&s, CAMILLE, &q, ERR_REFUSED, "request-identity");
	q = asking(&s, "access");
	q.channel = "pigeon";
	not_entered(&s, CAMILLE, &q, ERR_REFUSED, "channel");
	q = asking(&s, "access");
	q.person = s.kase; /* an id, of no person */
	not_entered(&s, CAMILLE, &q, ERR_REFUSED, "request-person");
	q = asking(&s, "objection");
	not_entered(&s, CAMILLE, &q, ERR_REFUSED, "request-objection");
	q = asking(&s, "access");
	not_entered(&s, ADMIN, &q, ERR_DENIED, NULL);
	not_entered(&s, NOBODY, &q, ERR_DENIED, "nobody");
	q.kase = "aaaaaaaaaaaaaaaaaaaaaaaaaa";
	not_entered(&s, CAMILLE, &q, ERR_NOT_FOUND, "not-found");
	assert_int_equal(waiting(&s, NOA, "rights-request"), 0);
}

static void
it_is_extended_once_within_the_first_month(void **state)
{
	AUTO(buf_done) struct buf letter = { 0 };
	char early[ID_TEXT], late[ID_TEXT];
	struct requesting q;
	struct scene s;
	json_t *o;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	q = asking(&s, "access");
	must_enter(&s, &q, early, "2026-12-02");
	q.received_on = "2026-10-01"; /* its month is over today */
	must_enter(&s, &q, late, "2026-11-01");
	expect(&s, extend(&s, NOA, late, "Beaucoup de pièces.", NULL),
	    ERR_CONFLICT, "request-late");
	expect(
	    &s, extend(&s, CAMILLE, early, "Pièces.", NULL), ERR_DENIED, NULL);
	expect(&s, extend(&s, NOA, early, "", NULL), ERR_INVALID,
	    "member-missing");
	expect(&s, extend(&s, NOA, early, "Beaucoup de pièces.", &letter),
	    ERR_OK, NULL);
	assert_non_null(strstr(buf_str(&letter), "Beaucoup de pièces."));
	assert_non_null(strstr(buf_str(&letter), "02/02/2027"));
	expect(&s, extend(&s, NOA, early, "Encore.", NULL), ERR_CONFLICT,
	    "request-extended");
	o = line_of(&s, early);
	assert_string_equal(
	    json_string_value(json_object_get(o, "due_on")), "2027-02-02");
	assert_string_equal(
	    json_string_value(json_object_get(o, "extended_on")), "2026-11-02");
	json_decref(o);
	o = line_of(&s, late);
	assert_true(json_is_true(json_object_get(o, "overdue")));
	json_decref(o);
}

static void
the_last_day_of_the_month_is_still_in_time(void **state)
{
	char id[ID_TEXT];
	struct requesting q;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	q = asking(&s, "access");
	q.received_on = "2026-10-02";
	must_enter(&s, &q, id, "2026-11-02");
	expect(&s, extend(&s, NOA, id, "Dernier jour.", NULL), ERR_OK, NULL);
	q.received_on = "2026-10-01";
	must_enter(&s, &q, id, "2026-11-01");
	expect(&s, extend(&s, NOA, id, "Un jour de trop.", NULL), ERR_CONFLICT,
	    "request-late");
}

/* --- answering and refusing ----------------------------------------------- */

static void
an_answer_is_a_document_or_words(void **state)
{
	struct requesting q;
	char id[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	q = asking(&s, "access");
	must_enter(&s, &q, id, NULL);
	expect(&s, answer(&s, NOA, id, "", ""), ERR_INVALID, "request-answer");
	expect(&s, answer(&s, NOA, id, s.kase, ""), ERR_REFUSED,
	    "request-document");
	expect(&s, answer(&s, CAMILLE, id, s.evidence, ""), ERR_DENIED, NULL);
	expect(&s, answer(&s, NOA, "aaaaaaaaaaaaaaaaaaaaaaaaaa", "", "Fait."),
	    ERR_NOT_FOUND, NULL);
	stands(&s, id, "open");
	expect(&s, answer(&s, NOA, id, s.evidence, ""), ERR_OK, NULL);
	stands(&s, id, "answered");
	expect(&s, answer(&s, NOA, id, "", "Encore."), ERR_CONFLICT,
	    "request-state");
	expect(&s, refuse(&s, NOA, id, "demande-infondee", "Non.", NULL),
	    ERR_CONFLICT, "request-state");
	assert_int_equal(waiting(&s, NOA, "rights-request"), 0);
}

static void
a_refusal_is_a_letter_with_its_three_mentions(void **state)
{
	AUTO(buf_done) struct buf letter = { 0 };
	struct requesting q;
	char id[ID_TEXT];
	struct scene s;
	json_t *o;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	q = asking(&s, "access");
	must_enter(&s, &q, id, NULL);
	expect(&s, refuse(&s, NOA, id, "demande-excessive", "", NULL),
	    ERR_INVALID, "member-missing");
	/* The grounds of an erasure are not those of an access. */
	expect(&s, refuse(&s, NOA, id, "obligation-legale", "Non.", NULL),
	    ERR_REFUSED, "request-ground");
	expect(&s, refuse(&s, NOA, id, "parce-que", "Non.", NULL), ERR_REFUSED,
	    "request-ground");
	stands(&s, id, "open");
	expect(&s,
	    refuse(&s, DPO, id, "demande-excessive",
		"La dixième demande du mois, sans rien de nouveau depuis la "
		"précédente, à laquelle il a été répondu en entier.",
		&letter),
	    ERR_OK, NULL);
	assert_non_null(strstr(buf_str(&letter), "La dixième demande"));
	assert_non_null(strstr(buf_str(&letter), "RGPD art. 12(5)(b)"));
	assert_non_null(strstr(buf_str(&letter), "(CNIL)"));
	assert_non_null(strstr(buf_str(&letter), "recours juridictionnel"));
	assert_null(strchr(buf_str(&letter), '{'));
	o = line_of(&s, id);
	assert_string_equal(json_string_value(json_object_get(o, "ground")),
	    "demande-excessive");
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(o, "answer"), "letter")),
	    buf_str(&letter));
	json_decref(o);
}

static void
an_erasure_is_refused_on_the_grounds_of_the_law_alone(void **state)
{
	AUTO(buf_done) struct buf letter = { 0 };
	struct requesting q;
	char id[ID_TEXT];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	q = asking(&s, "erasure");
	must_enter(&s, &q, id, NULL);
	expect(&s, refuse(&s, NOA, id, "demande-excessive", "Non.", NULL),
	    ERR_REFUSED, "request-ground");
	expect(&s,
	    refuse(
		&s, NOA, id, "droits-en-justice", "Audience à venir.", &letter),
	    ERR_OK, NULL);
	assert_non_null(strstr(buf_str(&letter), "RGPD art. 17(3)(e)"));
}

/* Who may answer is told; who only entered it is not. */
static void
it_waits_for_who_may_answer(void **state)
{
	static const struct {
		enum person who;
		size_t lines;
	} rows[] = { { CAMILLE, 0 }, { NOA, 1 }, { JURIST, 1 }, { DIRECTOR, 1 },
		{ DPO, 1 }, { SACHA, 0 } };
	struct requesting q;
	char id[ID_TEXT];
	struct scene s;
	size_t i;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	q = asking(&s, "rectification");
	must_enter(&s, &q, id, "2026-12-02");
	for (i = 0; i < NELEMS(rows); i++)
		if (waiting(&s, rows[i].who, "rights-request") != rows[i].lines)
			fail_msg("row %zu", i);
	expect(&s, answer(&s, NOA, id, s.evidence, ""), ERR_OK, NULL);
	for (i = 0; i < NELEMS(rows); i++)
		assert_int_equal(waiting(&s, rows[i].who, "rights-request"), 0);
}

/* --- from a request to an erasure ----------------------------------------- */

static int
erase(struct scene *s, enum person who, const char *request, json_t **plan)
{
	struct caller c = core_fixture_caller(s->f, who);

	*plan = NULL;
	memset(&s->f->e, 0, sizeof(s->f->e));
	return request_erase(s->f->core, &c, request, "RGPD art. 17(1)(b)",
	    &s->f->object, plan, &s->f->e);
}

static void
finish(struct scene *s, const json_t *plan)
{
	static const enum person approvers[] = { DIRECTOR, JURIST };
	struct caller director = core_fixture_caller(s->f, DIRECTOR);
	const char *erasure =
	    json_string_value(json_object_get(plan, "erasure"));
	const char *text = json_string_value(json_object_get(plan, "plan"));
	json_t *j = NULL;
	size_t i;

	for (i = 0; i < NELEMS(approvers); i++) {
		AUTO(buf_done) struct buf sig = { 0 };
		uint8_t seed[32];

		core_fixture_seed(approvers[i], seed);
		assert_int_equal(sshsig_sign(seed, "sceau-approval", text,
				     strlen(text), &sig, NULL),
		    0);
		if (erasure_approve(s->f->core, &director, erasure,
			buf_str(&sig), &s->f->object, &j, &s->f->e) < 0)
			fail_msg("%s", s->f->e.text);
		json_decref(j);
		j = NULL;
	}
	if (erasure_run(s->f->core, &director, erasure, &s->f->object, &j,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(j);
}

static void
a_request_that_is_granted_ends_in_an_erasure(void **state)
{
	char refused[ID_TEXT], access[ID_TEXT], granted[ID_TEXT];
	struct requesting q;
	struct scene s;
	json_t *plan;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	q = asking(&s, "access");
	must_enter(&s, &q, access, NULL);
	q = asking(&s, "erasure");
	must_enter(&s, &q, refused, NULL);
	expect(&s,
	    refuse(&s, NOA, refused, "droits-en-justice", "Audience.", NULL),
	    ERR_OK, NULL);
	expect(
	    &s, erase(&s, NOA, refused, &plan), ERR_CONFLICT, "request-state");
	expect(
	    &s, erase(&s, NOA, access, &plan), ERR_CONFLICT, "request-right");
	must_enter(&s, &q, granted, NULL);
	expect(&s, erase(&s, CAMILLE, granted, &plan), ERR_DENIED, NULL);
	expect(&s, erase(&s, SACHA, granted, &plan), ERR_DENIED, NULL);
	expect(&s, erase(&s, NOA, "aaaaaaaaaaaaaaaaaaaaaaaaaa", &plan),
	    ERR_NOT_FOUND, "not-found");
	expect(&s, erase(&s, NOA, granted, &plan), ERR_OK, NULL);
	stands(&s, granted, "open");
	finish(&s, plan);
	json_decref(plan);
	stands(&s, granted, "answered");
	stands(&s, refused, "refused");
	stands(&s, access, "open"); /* its answer is still due */
	assert_int_equal(waiting(&s, NOA, "rights-request"), 1);
	expect(&s, erase(&s, NOA, granted, &plan), ERR_NOT_FOUND, NULL);
}

/* --- what stands for a request -------------------------------------------- */

static void
object(struct scene *s, char id[ID_TEXT])
{
	struct objecting o = { .kase = s->kase,
		.person = "",
		.channel = "courrier",
		.words = "",
		.received_on = "" };
	json_t *j = NULL;

	if (objection_enter(
		s->f->core, &s->camille, &o, &s->f->object, &j, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(id, ID_TEXT, "%.26s",
	    json_string_value(json_object_get(j, "objection")));
	json_decref(j);
}

static int
lift(struct scene *s, enum person who, const char *objection,
    const char *channel)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *j = NULL;
	int r;

	memset(&s->f->e, 0, sizeof(s->f->e));
	r = objection_lift(
	    s->f->core, &c, objection, channel, &s->f->object, &j, &s->f->e);
	json_decref(j);
	return r;
}

static void
an_objection_has_one_clock_and_can_be_taken_back(void **state)
{
	char objection[ID_TEXT], id[ID_TEXT];
	struct requesting q;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	object(&s, objection);
	q = asking(&s, "objection");
	q.objection = objection;
	must_enter(&s, &q, id, NULL);
	not_entered(&s, CAMILLE, &q, ERR_CONFLICT, "request-linked");
	q = asking(&s, "access");
	q.objection = objection;
	not_entered(&s, CAMILLE, &q, ERR_REFUSED, "request-objection");
	assert_int_equal(waiting(&s, DPO, "objection"), 1);
	assert_int_equal(waiting(&s, DPO, "rights-request"), 0);
	expect(
	    &s, lift(&s, CAMILLE, objection, "pigeon"), ERR_REFUSED, "channel");
	expect(&s, lift(&s, ADMIN, objection, "courrier"), ERR_DENIED, NULL);
	/* Another team of the same employer, as if there were none. */
	expect(&s, lift(&s, SACHA, objection, "courrier"), ERR_NOT_FOUND,
	    "not-found");
	stands(&s, id, "open");
	expect(&s, lift(&s, CAMILLE, objection, "courrier"), ERR_OK, NULL);
	stands(&s, id, "answered");
	expect(&s, lift(&s, CAMILLE, objection, "courrier"), ERR_CONFLICT,
	    "objection-state");
	assert_int_equal(waiting(&s, DPO, "objection"), 0);
}

static void
after_an_erasure_it_is_entered_without_words(void **state)
{
	struct requesting q;
	char before[ID_TEXT], after[ID_TEXT];
	struct scene s;
	json_t *o;
	FIXTURE(f);

	scene_init(&s, f, "2026-11-02T09:00:00Z");
	q = asking(&s, "access");
	q.words = "Tout ce que vous avez.";
	must_enter(&s, &q, before, NULL);
	o = line_of(&s, before);
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(o, "asked"), "words")),
	    "Tout ce que vous avez.");
	json_decref(o);
	scene_erase(&s);
	must_enter(&s, &q, after, NULL);
	o = line_of(&s, before); /* its clock stays, its words do not */
	assert_null(json_object_get(o, "asked"));
	json_decref(o);
	o = line_of(&s, after);
	assert_null(json_object_get(o, "asked"));
	json_decref(o);
	expect(&s, answer(&s, NOA, after, "", "Rien ne reste."), ERR_OK, NULL);
}

#define T(test)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    test, scene_setup, core_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(another_team_may_receive_it_and_not_read_what_was_asked),
		T(the_answer_is_due_one_civil_month_from_receipt),
		T(what_cannot_be_a_request_is_refused),
		T(it_is_extended_once_within_the_first_month),
		T(the_last_day_of_the_month_is_still_in_time),
		T(an_answer_is_a_document_or_words),
		T(a_refusal_is_a_letter_with_its_three_mentions),
		T(an_erasure_is_refused_on_the_grounds_of_the_law_alone),
		T(it_waits_for_who_may_answer),
		T(a_request_that_is_granted_ends_in_an_erasure),
		T(an_objection_has_one_clock_and_can_be_taken_back),
		T(after_an_erasure_it_is_entered_without_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
