/*
 * Holds through the real core and the real agent: who sets and releases
 * them, and that what is held is not erased, whenever the hold came.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/approval.h"
#include "daemon/core/due.h"
#include "daemon/core/erasure.h"
#include "daemon/core/hold.h"
#include "tests/unit/core/core_fixture.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

struct scene {
	struct core_fixture *f;
	char kase[ID_TEXT], one[ID_TEXT], two[ID_TEXT];
	char hold[ID_TEXT], erasure[ID_TEXT];
	struct caller noa, camille, sacha, director, jurist;
	char *page;
};

static void
file_pdf(struct scene *s, const char *text, char out[ID_TEXT])
{
	AUTO(buf_done) struct buf pdf = { 0 };
	json_t *answer = NULL;

	core_fixture_pdf(&pdf, text, 3000);
	if (core_fixture_file(s->f, CAMILLE, s->kase, "piece", pdf.p, pdf.len,
		"", NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(out, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
}

static void
scene_init(struct scene *s, struct core_fixture *f)
{
	memset(s, 0, sizeof(*s));
	s->f = f;
	core_fixture_case(f, CAMILLE, "Ménage", s->kase);
	file_pdf(s, "un", s->one);
	file_pdf(s, "deux", s->two);
	s->noa = core_fixture_caller(f, NOA);
	s->noa.purpose = "exercice-des-droits";
	s->camille = core_fixture_caller(f, CAMILLE);
	s->sacha = core_fixture_caller(f, SACHA);
	s->director = core_fixture_caller(f, DIRECTOR);
	s->jurist = core_fixture_caller(f, JURIST);
}

static void
scene_done(struct scene *s)
{
	free(s->page);
	s->page = NULL;
}

static void
in_days(struct scene *s, int n, char out[11])
{
	date_format(civil_day(core_now(s->f->core)) + n, out);
}

static int
hold(struct scene *s, const struct caller *who, const char *document, int days)
{
	char review[11];
	struct hold_asking a = {
		.kase = document == NULL ? s->kase : NULL,
		.document = document,
		.reason = "assignation reçue, preuve à garder",
		.review = review,
	};
	json_t *answer = NULL;
	int r;

	in_days(s, days, review);
	r = hold_set(s->f->core, who, &a, &s->f->object, &answer, &s->f->e);
	if (r == 0)
		snprintf(s->hold, ID_TEXT, "%s",
		    json_string_value(json_object_get(answer, "hold")));
	json_decref(answer);
	return r;
}

static int
plan(struct scene *s, const char *document)
{
	struct erasure_asking a = {
		.kase = document == NULL ? s->kase : NULL,
		.documents = { document },
		.ndocuments = document != NULL,
		.reason = "demande de la personne",
		.basis = "RGPD art. 17(1)(b)",
	};
	json_t *answer = NULL;
	int r;

	r = erasure_plan(
	    s->f->core, &s->noa, &a, &s->f->object, &answer, &s->f->e);
	if (r == 0) {
		snprintf(s->erasure, ID_TEXT, "%s",
		    json_string_value(json_object_get(answer, "erasure")));
		free(s->page);
		s->page =
		    strdup(json_string_value(json_object_get(answer, "plan")));
	}
	json_decref(answer);
	return r;
}

static void
sign(struct scene *s, enum person who, struct buf *out)
{
	uint8_t seed[32];

	core_fixture_seed(who, seed);
	assert_int_equal(sshsig_sign(seed, APPROVAL_NAMESPACE, s->page,
			     strlen(s->page), out, NULL),
	    0);
}

static void
approve_erasure(struct scene *s, enum person who)
{
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *answer = NULL;

	sign(s, who, &sig);
	if (erasure_approve(s->f->core, &s->director, s->erasure, buf_str(&sig),
		&s->f->object, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
}

static int
run(struct scene *s)
{
	json_t *answer = NULL;
	int r;

	r = erasure_run(s->f->core, &s->director, s->erasure, &s->f->object,
	    &answer, &s->f->e);
	json_decref(answer);
	return r;
}

static int
ask_release(struct scene *s, const struct caller *who)
{
	json_t *answer = NULL;
	int r;

	r = hold_release_ask(s->f->core, who, s->hold, "affaire jugée",
	    &s->f->object, &answer, &s->f->e);
	if (r == 0) {
		free(s->page);
		s->page =
		    strdup(json_string_value(json_object_get(answer, "page")));
	}
	json_decref(answer);
	return r;
}

static int
approve_release(struct scene *s, enum person who, char state[16])
{
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *answer = NULL;
	int r;

	sign(s, who, &sig);
	r = hold_release_approve(s->f->core, &s->director, s->hold,
	    buf_str(&sig), &s->f->object, &answer, &s->f->e);
	if (r == 0)
		snprintf(state, 16, "%s",
		    json_string_value(json_object_get(answer, "state")));
	json_decref(answer);
	return r;
}

static int
get(struct scene *s, const char *doc)
{
	AUTO(buf_done) struct buf out = { 0 };

	return core_fixture_get(s->f, CAMILLE, doc, 0, 0, &out);
}

/* --- the tests ------------------------------------------------------------ */

static void
what_is_held_is_not_planned(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(hold(&s, &s.jurist, s.one, 30), 0);
	assert_int_equal(plan(&s, s.one), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "held");
	assert_non_null(strstr(f->e.text, s.hold));
	/* The whole case has it in it; another document has not. */
	assert_int_equal(plan(&s, NULL), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "held");
	assert_int_equal(plan(&s, s.two), 0);
	/* A hold on the case is on each of its documents. */
	assert_int_equal(hold(&s, &s.jurist, NULL, 30), 0);
	assert_int_equal(plan(&s, s.two), -ERR_CONFLICT);
	scene_done(&s);
}

static void
a_hold_set_after_the_approvals_wins(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(plan(&s, s.one), 0);
	approve_erasure(&s, DIRECTOR);
	approve_erasure(&s, JURIST);
	assert_int_equal(hold(&s, &s.noa, s.one, 30), 0);
	assert_int_equal(run(&s), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "held");
	assert_int_equal(get(&s, s.one), 0);
	scene_done(&s);
}

static void
two_people_release_and_then_it_may_go(void **state)
{
	char now[16];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(hold(&s, &s.jurist, s.one, 30), 0);
	assert_int_equal(ask_release(&s, &s.jurist), 0);
	assert_int_equal(approve_release(&s, DIRECTOR, now), 0);
	assert_string_equal(now, "set");
	assert_int_equal(approve_release(&s, DIRECTOR, now), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "approval-twice");
	assert_int_equal(plan(&s, s.one), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "held");
	if (approve_release(&s, JURIST, now) < 0)
		fail_msg("%s", f->e.text);
	assert_string_equal(now, "released");
	assert_int_equal(plan(&s, s.one), 0);
	/* Released is released. */
	assert_int_equal(ask_release(&s, &s.jurist), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "hold-state");
	approve_erasure(&s, DIRECTOR);
	approve_erasure(&s, JURIST);
	if (run(&s) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(get(&s, s.one), -ERR_NOT_FOUND);
	scene_done(&s);
}

static void
a_signature_is_for_the_page_asked_last(void **state)
{
	json_t *answer = NULL;
	char now[16];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(hold(&s, &s.jurist, NULL, 30), 0);
	assert_int_equal(hold_release_approve(f->core, &s.director, s.hold, "x",
			     &f->object, &answer, &f->e),
	    -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "hold-not-asked");
	assert_int_equal(ask_release(&s, &s.jurist), 0);
	assert_int_equal(approve_release(&s, DIRECTOR, now), 0);
	/* Asked again: one signature is not half of two pages. */
	free(s.page);
	s.page = NULL;
	assert_int_equal(hold_release_ask(f->core, &s.noa, s.hold,
			     "autre raison", &f->object, &answer, &f->e),
	    0);
	s.page = strdup(json_string_value(json_object_get(answer, "page")));
	json_decref(answer);
	assert_int_equal(approve_release(&s, JURIST, now), 0);
	assert_string_equal(now, "set");
	scene_done(&s);
}

static void
who_may_not_does_not(void **state)
{
	json_t *answer = NULL;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(hold(&s, &s.camille, s.one, 30), -ERR_DENIED);
	assert_int_equal(hold(&s, &s.sacha, s.one, 30), -ERR_DENIED);
	assert_int_equal(hold(&s, &s.jurist, s.one, 30), 0);
	assert_int_equal(ask_release(&s, &s.camille), -ERR_DENIED);
	assert_int_equal(hold_review(f->core, &s.camille, s.hold, "encore",
			     "2030-01-01", &f->object, &answer, &f->e),
	    -ERR_DENIED);
	/* No such hold, and another team's: one answer. */
	assert_int_equal(ask_release(&s, &s.sacha), -ERR_DENIED);
	snprintf(s.hold, sizeof(s.hold), "%s", s.one);
	assert_int_equal(ask_release(&s, &s.sacha), -ERR_DENIED);
	assert_int_equal(ask_release(&s, &s.jurist), -ERR_NOT_FOUND);
	assert_int_equal(
	    hold_list(f->core, &s.sacha, s.kase, &f->object, &answer, &f->e),
	    -ERR_NOT_FOUND);
	scene_done(&s);
}

static void
a_review_has_a_day_that_comes(void **state)
{
	char far[11], soon[11];
	json_t *answer = NULL, *first;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(hold(&s, &s.jurist, s.one, 0), -ERR_REFUSED);
	assert_string_equal(err_name(&f->e), "hold-review-date");
	assert_int_equal(hold(&s, &s.jurist, s.one, 3000), -ERR_REFUSED);
	assert_string_equal(err_name(&f->e), "hold-review-date");
	assert_int_equal(hold(&s, &s.jurist, s.one, 1), 0);
	in_days(&s, 3000, far);
	assert_int_equal(hold_review(f->core, &s.jurist, s.hold, "encore", far,
			     &f->object, &answer, &f->e),
	    -ERR_REFUSED);
	in_days(&s, 60, soon);
	if (hold_review(f->core, &s.jurist, s.hold, "toujours en appel", soon,
		&f->object, &answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
	answer = NULL;
	assert_int_equal(
	    hold_list(f->core, &s.jurist, NULL, &f->object, &answer, &f->e), 0);
	assert_int_equal(json_array_size(json_object_get(answer, "holds")), 1);
	first = json_array_get(json_object_get(answer, "holds"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(first, "review")), soon);
	assert_string_equal(json_string_value(json_object_get(first, "reason")),
	    "assignation reçue, preuve à garder");
	assert_int_equal(json_array_size(json_object_get(first, "reviews")), 1);
	json_decref(answer);
	answer = NULL;
	assert_int_equal(
	    hold_list(f->core, &s.camille, s.kase, &f->object, &answer, &f->e),
	    0);
	assert_int_equal(json_array_size(json_object_get(answer, "holds")), 1);
	json_decref(answer);
	scene_done(&s);
}

static void
its_review_is_on_the_list_of_what_is_due(void **state)
{
	json_t *answer = NULL, *l;
	size_t i, n = 0;
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f);
	assert_int_equal(hold(&s, &s.jurist, NULL, 30), 0);
	assert_int_equal(due(f->core, &s.jurist, 0, &answer, &f->e), 0);
	json_array_foreach(json_object_get(answer, "due"), i, l)
	{
		n += strcmp(json_string_value(json_object_get(l, "what")),
			 "hold-review") == 0;
	}
	assert_int_equal(n, 1);
	json_decref(answer);
	/* It is not a caseworker's to do. */
	answer = NULL;
	assert_int_equal(due(f->core, &s.camille, 0, &answer, &f->e), 0);
	json_array_foreach(json_object_get(answer, "due"), i, l)
	{
		n += strcmp(json_string_value(json_object_get(l, "what")),
			 "hold-review") == 0;
	}
	assert_int_equal(n, 1);
	json_decref(answer);
	scene_done(&s);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, core_fixture_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(what_is_held_is_not_planned),
		T(a_hold_set_after_the_approvals_wins),
		T(two_people_release_and_then_it_may_go),
		T(a_signature_is_for_the_page_asked_last),
		T(who_may_not_does_not),
		T(a_review_has_a_day_that_comes),
		T(its_review_is_on_the_list_of_what_is_due),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
