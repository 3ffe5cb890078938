/*
 * Sweeps through the real core and the real agent: what is due goes, after
 * two approvals and the archives' visa; what is held, alive or not theirs to
 * destroy stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/consent.h"
#include "daemon/core/hold.h"
#include "daemon/core/restriction.h"
#include "daemon/core/retention.h"
#include "tests/unit/core/retention_scene.h"

static int64_t
number(const json_t *j, const char *name)
{
	return json_integer_value(json_object_get(j, name));
}

/* The first day on which it is due, or the last of those before. */
static void
six_months_on(struct retention_scene *s, int more, char out[11])
{
	int32_t day = civil_day(core_now(s->f->core));

	date_format(term_last_day(day, 6, TERM_MONTHS) + more, out);
}

static void
it_is_due_the_day_after_its_last_and_not_before(void **state)
{
	json_t *answer = NULL;
	char day[11];
	RETENTION_SCENE(s);

	six_months_on(s, 0, day);
	assert_int_equal(
	    retention_analysis(s, &s->noa, day, 1, -1, &answer), 0);
	assert_int_equal(number(answer, "destroy"), 0);
	json_decref(answer);
	six_months_on(s, 1, day);
	answer = NULL;
	assert_int_equal(
	    retention_analysis(s, &s->noa, day, 1, -1, &answer), 0);
	assert_int_equal(number(answer, "destroy"), 2);
	assert_int_equal(number(answer, "living"), 2);
	json_decref(answer);
	/* Nothing came of either. */
	assert_int_equal(retention_get(s, s->doc), 0);
}

static void
another_day_than_today_is_only_a_dry_run(void **state)
{
	json_t *answer = NULL;
	char day[11];
	RETENTION_SCENE(s);

	six_months_on(s, 1, day);
	assert_int_equal(
	    retention_analysis(s, &s->noa, day, 0, 100, &answer), -ERR_REFUSED);
	assert_string_equal(err_name(&s->f->e), "as-of-dry-run");
	assert_int_equal(
	    retention_analysis(s, &s->noa, "", 0, 100, &answer), -ERR_CONFLICT);
	assert_string_equal(err_name(&s->f->e), "nothing-to-erase");
	assert_int_equal(retention_analysis(s, &s->camille, "", 1, -1, &answer),
	    -ERR_DENIED);
}

static void
what_is_held_is_a_conflict(void **state)
{
	json_t *answer = NULL;
	char day[11], review[11];
	struct hold_asking h = { .reason = "contentieux", .review = review };
	RETENTION_SCENE(s);

	six_months_on(s, 1, day);
	date_format(civil_day(core_now(s->f->core)) + 30, review);
	h.document = s->doc;
	if (hold_set(s->f->core, &s->jurist, &h, &s->f->object, &answer,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	answer = NULL;
	assert_int_equal(
	    retention_analysis(s, &s->noa, day, 1, -1, &answer), 0);
	assert_int_equal(number(answer, "destroy"), 0);
	assert_int_equal(number(answer, "conflicts"), 2);
	json_decref(answer);
}

static void
restrict_case(struct retention_scene *s)
{
	struct restricting q = { s->kase, "exactitude-contestee", "", "" };
	json_t *answer = NULL;

	if (restriction_set(s->f->core, &s->camille, &q, &s->f->object, &answer,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
}

/* GDPR art. 18(2): it is kept, past its term too. */
static void
what_is_restricted_is_a_conflict(void **state)
{
	json_t *answer = NULL;
	char day[11];
	RETENTION_SCENE(s);

	six_months_on(s, 1, day);
	restrict_case(s);
	assert_int_equal(
	    retention_analysis(s, &s->noa, day, 1, -1, &answer), 0);
	assert_int_equal(number(answer, "destroy"), 0);
	assert_int_equal(number(answer, "conflicts"), 2);
	json_decref(answer);
}

static void
a_share_above_the_figure_is_confirmed_in_the_page(void **state)
{
	json_t *answer = NULL;
	RETENTION_SCENE(s);

	retention_due_time(s);
	assert_int_equal(
	    retention_analysis(s, &s->noa, "", 0, -1, &answer), -ERR_CONFLICT);
	assert_string_equal(err_name(&s->f->e), "sweep-share");
	assert_int_equal(
	    retention_analysis(s, &s->noa, "", 0, 99, &answer), -ERR_CONFLICT);
	assert_string_equal(err_name(&s->f->e), "sweep-share");
	retention_plan(s, 100);
	assert_non_null(strstr(s->page, "share 100 per cent confirmed"));
}

static void
two_people_and_the_archives_and_it_is_gone(void **state)
{
	json_t *answer = NULL;
	const char *certificate;
	char living[ID_TEXT];
	RETENTION_SCENE(s);

	retention_due_time(s);
	core_fixture_case(s->f, CAMILLE, "Ménage nouveau", s->kase);
	retention_file(s, "vivant", living);
	retention_plan(s, 50);
	assert_int_equal(retention_approve(s, DIRECTOR), 0);
	assert_int_equal(retention_run(s, &answer), -ERR_CONFLICT);
	assert_string_equal(err_name(&s->f->e), "approvals-missing");
	assert_int_equal(retention_approve(s, DIRECTOR), -ERR_CONFLICT);
	assert_int_equal(retention_approve(s, JURIST), 0);
	assert_int_equal(retention_run(s, &answer), -ERR_CONFLICT);
	assert_string_equal(err_name(&s->f->e), "awaiting-visa");
	assert_int_equal(retention_get(s, s->doc), 0);
	assert_int_equal(retention_visa_by(s, &s->camille), -ERR_DENIED);
	if (retention_visa_by(s, &s->director) < 0)
		fail_msg("%s", s->f->e.text);
	assert_int_equal(retention_visa_by(s, &s->director), -ERR_CONFLICT);
	assert_string_equal(err_name(&s->f->e), "visa-state");
	if (retention_bordereau(
		s->f->core, &s->director, s->sweep, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	assert_int_equal(json_array_size(json_object_get(answer, "lines")), 2);
	json_decref(answer);
	answer = NULL;
	if (retention_run(s, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	certificate = json_string_value(json_object_get(answer, "certificate"));
	assert_non_null(strstr(certificate, "found 0"));
	json_decref(answer);
	assert_int_equal(retention_get(s, s->doc), -ERR_NOT_FOUND);
	assert_int_equal(retention_get(s, living), 0);
}

static void
a_hold_after_the_approvals_wins(void **state)
{
	json_t *answer = NULL;
	char review[11];
	struct hold_asking h = { .reason = "contentieux", .review = review };
	RETENTION_SCENE(s);

	retention_ready(s);
	date_format(civil_day(core_now(s->f->core)) + 30, review);
	h.document = s->doc;
	assert_int_equal(hold_set(s->f->core, &s->jurist, &h, &s->f->object,
			     &answer, &s->f->e),
	    0);
	json_decref(answer);
	answer = NULL;
	assert_int_equal(retention_run(s, &answer), -ERR_CONFLICT);
	assert_string_equal(err_name(&s->f->e), "held");
	assert_int_equal(retention_get(s, s->doc), 0);
}

static void
a_restriction_after_the_approvals_wins(void **state)
{
	json_t *answer = NULL;
	RETENTION_SCENE(s);

	retention_ready(s);
	restrict_case(s);
	assert_int_equal(retention_run(s, &answer), -ERR_CONFLICT);
	assert_null(answer);
}

static void
a_document_filed_since_voids_the_sweep(void **state)
{
	json_t *answer = NULL;
	char more[ID_TEXT];
	RETENTION_SCENE(s);

	retention_ready(s);
	retention_file(s, "arrivé entre-temps", more);
	assert_int_equal(retention_run(s, &answer), -ERR_CONFLICT);
	assert_string_equal(err_name(&s->f->e), "plan-changed");
	assert_int_equal(retention_get(s, s->doc), 0);
	assert_int_equal(retention_get(s, more), 0);
}

static void
file_record(struct retention_scene *s, const char *kind, const char *rest)
{
	json_t *answer = NULL;
	char day[11], text[300];

	date_format(civil_day(core_now(s->f->core)), day);
	snprintf(text, sizeof(text), "{\"date\":\"%s\"%s}", day, rest);
	if (core_fixture_file(s->f, CAMILLE, s->kase, kind, text, strlen(text),
		"", NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
}

/* How many of the case are due so many days past six months. */
static int64_t
due_in_six_months(struct retention_scene *s)
{
	json_t *answer = NULL;
	char day[11];
	int64_t n;

	six_months_on(s, 1, day);
	if (retention_analysis(s, &s->noa, day, 1, -1, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	n = number(answer, "destroy");
	json_decref(answer);
	return n;
}

static void
who_only_refused_to_talk_was_not_met(void **state)
{
	RETENTION_SCENE(s);

	file_record(
	    s, "contact", ",\"canal\":\"visite\",\"resultat\":\"refus\"");
	assert_int_equal(due_in_six_months(s), 3);
	file_record(
	    s, "contact", ",\"canal\":\"visite\",\"resultat\":\"rencontre\"");
	assert_int_equal(due_in_six_months(s), 0);
}

/* The contact is not in the case; a diagnosis is. */
static void
whose_diagnosis_is_here_was_met(void **state)
{
	RETENTION_SCENE(s);

	assert_int_equal(due_in_six_months(s), 2);
	file_record(s, "diagnostic", "");
	assert_int_equal(due_in_six_months(s), 0);
}

/* Who signs a sheet was met, also where nobody wrote the contact down. */
static void
who_agreed_was_met(void **state)
{
	char evidence[ID_TEXT];
	json_t *answer = NULL;
	struct consent_giving g = {
		.purposes = { "partage:caf" },
		.npurposes = 1,
		.method = "handwritten",
		.evidence = evidence,
		.given_on = "",
		.language = "fr",
		.interpreter = "",
		.witness = "",
		.place = "domicile",
	};
	RETENTION_SCENE(s);

	assert_int_equal(due_in_six_months(s), 2);
	if (core_fixture_file(s->f, CAMILLE, s->kase, "consentement",
		core_fixture_png, core_fixture_png_len, "handwritten-scan",
		NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	snprintf(evidence, sizeof(evidence), "%s",
	    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
	answer = NULL;
	assert_int_equal(due_in_six_months(s), 3);
	g.kase = s->kase;
	if (consent_give(s->f->core, &s->camille, &g, &s->f->object, &answer,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	assert_int_equal(due_in_six_months(s), 0);
}

static void
a_paper_is_not_of_a_step_that_ended_before_it_came(void **state)
{
	AUTO(buf_done) struct buf pdf = { 0 };
	json_t *answer = NULL;
	char day[11];
	RETENTION_SCENE(s);

	file_record(
	    s, "contact", ",\"canal\":\"visite\",\"resultat\":\"rencontre\"");
	file_record(
	    s, "demarche", ",\"dispositif\":\"fsl\",\"etat\":\"faite\"");
	core_fixture_live(
	    s->f, &retention_now, retention_now + INT64_C(86400000));
	core_fixture_pdf(&pdf, "bulletin", 900);
	if (core_fixture_file(s->f, CAMILLE, s->kase, "piece", pdf.p, pdf.len,
		"", NULL, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	answer = NULL;
	date_format(civil_day(core_now(s->f->core)) + 1, day);
	assert_int_equal(
	    retention_analysis(s, &s->noa, day, 1, -1, &answer), 0);
	assert_int_equal(number(answer, "destroy"), 0);
	json_decref(answer);
	/* One that ends after it came is. */
	file_record(
	    s, "demarche", ",\"dispositif\":\"dalo\",\"etat\":\"faite\"");
	answer = NULL;
	assert_int_equal(
	    retention_analysis(s, &s->noa, day, 1, -1, &answer), 0);
	assert_int_equal(number(answer, "destroy"), 1);
	json_decref(answer);
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, retention_setup, retention_teardown)
	const struct CMUnitTest tests[] = {
		T(it_is_due_the_day_after_its_last_and_not_before),
		T(another_day_than_today_is_only_a_dry_run),
		T(what_is_held_is_a_conflict),
		T(a_share_above_the_figure_is_confirmed_in_the_page),
		T(two_people_and_the_archives_and_it_is_gone),
		T(what_is_restricted_is_a_conflict),
		T(a_hold_after_the_approvals_wins),
		T(a_restriction_after_the_approvals_wins),
		T(a_document_filed_since_voids_the_sweep),
		T(who_only_refused_to_talk_was_not_met),
		T(whose_diagnosis_is_here_was_met),
		T(who_agreed_was_met),
		T(a_paper_is_not_of_a_step_that_ended_before_it_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
