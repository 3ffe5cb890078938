/*
 * Sweeps that must not happen, sweeps that were sabotaged, and what comes
 * after one: the dates of its certificate, the details of the log.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/certified.h"
#include "daemon/core/closing.h"
#include "daemon/core/erasure.h"
#include "daemon/core/explain.h"
#include "daemon/core/hold.h"
#include "daemon/core/moment.h"
#include "daemon/core/restriction.h"
#include "daemon/core/retention.h"
#include "tests/unit/core/retention_scene.h"

#define REFUSED(s, r, code, tag)                                               \
	do {                                                                   \
		assert_int_equal(r, -(int)(code));                             \
		assert_string_equal(retention_tag(s), tag);                    \
	} while (0)

static void
must_run(struct retention_scene *s)
{
	json_t *answer = NULL;

	if (retention_run(s, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "state")), "done");
	json_decref(answer);
}

static void
refuse_run(struct retention_scene *s, const char *tag)
{
	json_t *answer = NULL;

	REFUSED(s, retention_run(s, &answer), ERR_CONFLICT, tag);
	assert_null(answer);
}

/* --- the share ------------------------------------------------------------ */

/* Two objects are due. The figure is ten per cent. */
static void
a_tenth_of_the_vault_goes_and_a_little_more_does_not(void **state)
{
	json_t *answer = NULL;
	char doc[ID_TEXT];
	int i;
	RETENTION_SCENE(s);

	retention_due_time(s);
	for (i = 0; i < 9; i++) {
		core_fixture_case(s->f, CAMILLE, "Ménage nouveau", s->kase);
		if (i < 8)
			retention_file(s, "vivant", doc);
	}
	/* 2 of 19: 10.5 per cent. */
	REFUSED(s, retention_analysis(s, &s->noa, "", 0, -1, &answer),
	    ERR_CONFLICT, "sweep-share");
	retention_file(s, "vivant", doc);
	/* 2 of 20. */
	retention_plan(s, -1);
	assert_non_null(strstr(s->page, "share 10 per cent\n"));
}

/* --- who ------------------------------------------------------------------ */

static void
the_delegate_gives_an_opinion_that_never_counts(void **state)
{
	json_t *answer = NULL;
	RETENTION_SCENE(s);

	retention_due_time(s);
	retention_plan(s, 100);
	assert_int_equal(retention_visa_by(s, &s->director), 0);
	assert_int_equal(retention_approve(s, DPO), 0);
	assert_int_equal(retention_approve(s, DIRECTOR), 0);
	refuse_run(s, "approvals-missing");
	assert_int_equal(retention_approve(s, JURIST), 0);
	if (retention_run(s, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	assert_non_null(
	    strstr(json_string_value(json_object_get(answer, "certificate")),
		"\nopinion "));
	json_decref(answer);
}

static void
a_caseworker_has_no_part_in_it(void **state)
{
	struct certified_date d = { .what = "mirrors", .date = "" };
	json_t *answer = NULL;
	RETENTION_SCENE(s);

	assert_int_equal(retention_analysis(s, &s->camille, "", 1, -1, &answer),
	    -ERR_DENIED);
	retention_ready(s);
	assert_int_equal(retention_visa_by(s, &s->camille), -ERR_DENIED);
	assert_int_equal(erasure_run(s->f->core, &s->camille, s->sweep,
			     &s->f->object, &answer, &s->f->e),
	    -ERR_DENIED);
	assert_int_equal(erasure_show(s->f->core, &s->camille, s->sweep,
			     &s->f->object, &answer, &s->f->e),
	    -ERR_DENIED);
	d.erasure = s->sweep;
	assert_int_equal(
	    certified_settle(s->f->core, &s->camille, &d, &answer, &s->f->e),
	    -ERR_DENIED);
	assert_int_equal(retention_get(s, s->doc), 0);
}

/* --- when ----------------------------------------------------------------- */

static void
a_clock_that_is_not_believed_stops_it_at_each_step(void **state)
{
	json_t *answer = NULL;
	int64_t was;
	RETENTION_SCENE(s);

	retention_ready(s);
	was = retention_now;
	retention_now += 400 * INT64_C(86400000);
	retention_reopen(s);
	refuse_run(s, "clock-suspect");
	REFUSED(s, retention_analysis(s, &s->noa, "", 0, 100, &answer),
	    ERR_CONFLICT, "clock-suspect");
	assert_int_equal(retention_get(s, s->doc), 0);
	retention_now = was;
	retention_reopen(s);
	must_run(s);
	/* And what is entered afterwards has no date either. */
	retention_now += 400 * INT64_C(86400000);
	retention_reopen(s);
	struct certified_date d = { s->sweep, "mirrors", "" };
	REFUSED(s,
	    certified_settle(s->f->core, &s->director, &d, &answer, &s->f->e),
	    ERR_CONFLICT, "clock-suspect");
}

static void
approvals_grow_old(void **state)
{
	RETENTION_SCENE(s);

	retention_ready(s);
	retention_days(s, 31);
	refuse_run(s, "approvals-expired");
	assert_int_equal(retention_get(s, s->doc), 0);
}

static void
a_restriction_between_the_two_approvals_stops_it(void **state)
{
	struct restricting q = { .ground = "exactitude-contestee",
		.words = "Le montant est contesté.",
		.request = "" };
	json_t *answer = NULL;
	RETENTION_SCENE(s);

	retention_due_time(s);
	retention_plan(s, 100);
	assert_int_equal(retention_visa_by(s, &s->director), 0);
	assert_int_equal(retention_approve(s, DIRECTOR), 0);
	q.kase = s->kase;
	if (restriction_set(s->f->core, &s->jurist, &q, &s->f->object, &answer,
		&s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	assert_int_equal(retention_approve(s, JURIST), 0);
	refuse_run(s, "plan-changed");
	answer = NULL;
	REFUSED(s, retention_analysis(s, &s->noa, "", 0, 100, &answer),
	    ERR_CONFLICT, "nothing-to-erase");
	assert_int_equal(retention_analysis(s, &s->noa, "", 1, -1, &answer), 0);
	assert_int_equal(
	    json_integer_value(json_object_get(answer, "conflicts")), 2);
	json_decref(answer);
}

/* It was closed; taken up again after the approvals, it begins anew. */
static void
what_lives_again_is_not_swept(void **state)
{
	struct closing_entry x = {
		.outcome = "maintenu",
		.closed_on = "",
		.note = "",
		.force = "",
	};
	json_t *answer = NULL;
	RETENTION_SCENE(s);

	x.kase = s->kase;
	if (closing_enter(
		s->f->core, &s->noa, &x, &s->f->object, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	answer = NULL;
	retention_ready(s);
	if (closing_reopen(s->f->core, &s->noa, s->kase, "signalé de nouveau",
		&s->f->object, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(answer);
	refuse_run(s, "plan-changed");
	assert_int_equal(retention_get(s, s->doc), 0);
}

/* A moment alone moves no key: only judging again can tell. */
static void
each_object_is_judged_again_when_it_runs(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id kase;
	RETENTION_SCENE(s);

	retention_ready(s);
	assert_int_equal(id_parse(s->kase, &kase, NULL), 0);
	assert_int_equal(tx_begin(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    moment_put(&tx, &kase, MOMENT_CONTACT,
		civil_day(core_now(s->f->core)), &kase, 1, 1, &s->f->e),
	    0);
	assert_int_equal(tx_commit(&tx, NULL), 0);
	refuse_run(s, "plan-changed");
	assert_int_equal(retention_get(s, s->doc), 0);
}

/* --- holds ---------------------------------------------------------------- */

static int64_t
number_in_dry_run(struct retention_scene *s, const char *member)
{
	json_t *answer = NULL;
	int64_t n;

	if (retention_analysis(s, &s->noa, "", 1, -1, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	n = json_integer_value(json_object_get(answer, member));
	json_decref(answer);
	return n;
}

static void
a_release_is_seen_by_the_next_analysis(void **state)
{
	AUTO(buf_done) struct buf first = { 0 }, second = { 0 };
	char review[11], hold[ID_TEXT];
	struct hold_asking h = { .reason = "contentieux", .review = review };
	json_t *answer = NULL;
	char *page;
	uint8_t seed[32];
	RETENTION_SCENE(s);

	retention_due_time(s);
	date_format(civil_day(core_now(s->f->core)) + 30, review);
	h.kase = s->kase;
	assert_int_equal(hold_set(s->f->core, &s->jurist, &h, &s->f->object,
			     &answer, &s->f->e),
	    0);
	snprintf(hold, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "hold")));
	json_decref(answer);
	answer = NULL;
	assert_int_equal(number_in_dry_run(s, "conflicts"), 2);
	assert_int_equal(hold_release_ask(s->f->core, &s->noa, hold,
			     "affaire jugée", &s->f->object, &answer, &s->f->e),
	    0);
	page = strdup(json_string_value(json_object_get(answer, "page")));
	json_decref(answer);
	core_fixture_seed(DIRECTOR, seed);
	assert_int_equal(sshsig_sign(seed, ERASURE_NAMESPACE, page,
			     strlen(page), &first, NULL),
	    0);
	core_fixture_seed(JURIST, seed);
	assert_int_equal(sshsig_sign(seed, ERASURE_NAMESPACE, page,
			     strlen(page), &second, NULL),
	    0);
	free(page);
	answer = NULL;
	assert_int_equal(hold_release_approve(s->f->core, &s->director, hold,
			     buf_str(&first), &s->f->object, &answer, &s->f->e),
	    0);
	json_decref(answer);
	answer = NULL;
	/* One is not enough. */
	assert_int_equal(number_in_dry_run(s, "destroy"), 0);
	assert_int_equal(
	    hold_release_approve(s->f->core, &s->jurist, hold, buf_str(&second),
		&s->f->object, &answer, &s->f->e),
	    0);
	json_decref(answer);
	assert_int_equal(number_in_dry_run(s, "destroy"), 2);
	assert_int_equal(number_in_dry_run(s, "conflicts"), 0);
}

/* --- sabotage ------------------------------------------------------------- */

/* data/NAME gets what data/catalog.db has now. */
static void
keep_a_copy(struct retention_scene *s, const char *name)
{
	char from[SETTINGS_PATH_MAX], to[SETTINGS_PATH_MAX];
	FILE *in, *out;
	char piece[4096];
	size_t n;

	assert_int_equal(
	    settings_path(&s->f->agent.settings, "data/catalog.db", from, NULL),
	    0);
	assert_int_equal(
	    settings_path(&s->f->agent.settings, name, to, NULL), 0);
	/* What is in the log of the database alone is a row as well. */
	assert_int_equal(
	    catalog_checkpoint(s->f->core->catalog, 1, &s->f->e), 0);
	in = fopen(from, "rb");
	out = fopen(to, "wb");
	assert_non_null(in);
	assert_non_null(out);
	while ((n = fread(piece, 1, sizeof(piece), in)) > 0)
		assert_int_equal(fwrite(piece, 1, n, out), n);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

static json_t *
due_of(struct retention_scene *s, const char *what)
{
	struct caller c = core_fixture_caller(s->f, DIRECTOR);
	json_t *answer = NULL, *line, *found = NULL;
	size_t i;

	if (due(s->f->core, &c, 0, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_array_foreach(json_object_get(answer, "due"), i, line)
	{
		if (strcmp(json_string_value(json_object_get(line, "what")),
			what) == 0)
			found = json_deep_copy(line);
	}
	json_decref(answer);
	return found;
}

static int
is_due(struct retention_scene *s, const char *what)
{
	json_t *line = due_of(s, what);

	json_decref(line);
	return line != NULL;
}

static void
a_copy_that_is_left_is_found_and_nothing_is_certified(void **state)
{
	char path[SETTINGS_PATH_MAX];
	json_t *answer = NULL;
	RETENTION_SCENE(s);

	retention_ready(s);
	assert_true(is_due(s, "destruction-run"));
	keep_a_copy(s, "data/oublie.tmp");
	refuse_run(s, "canary-found");
	assert_non_null(strstr(s->f->e.text, "data/oublie.tmp"));
	assert_int_equal(retention_get(s, s->doc), -ERR_NOT_FOUND);
	if (erasure_show(s->f->core, &s->director, s->sweep, &s->f->object,
		&answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "state")), "running");
	assert_null(json_object_get(answer, "certificate"));
	assert_null(json_object_get(answer, "certificate_json"));
	json_decref(answer);
	assert_true(is_due(s, "destruction-cut"));
	/* Again finds it again; gone, the same call ends it. */
	refuse_run(s, "canary-found");
	assert_int_equal(
	    settings_path(&s->f->agent.settings, "data/oublie.tmp", path, NULL),
	    0);
	assert_int_equal(unlink(path), 0);
	must_run(s);
	assert_false(is_due(s, "destruction-cut"));
}

/* --- told by due ------------------------------------------------------------
 */

static void
look(struct retention_scene *s)
{
	if (retention_look(s->f->core, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
}

static void
due_says_that_a_sweep_is_to_be_planned_until_it_is(void **state)
{
	json_t *line;
	int64_t was;
	RETENTION_SCENE(s);

	look(s);
	assert_false(is_due(s, "retention-due"));
	retention_due_time(s);
	was = retention_now;
	retention_now += 400 * INT64_C(86400000);
	retention_reopen(s);
	look(s);
	assert_false(is_due(s, "retention-due"));
	retention_now = was;
	retention_reopen(s);
	look(s);
	line = due_of(s, "retention-due");
	assert_int_equal(json_integer_value(json_object_get(line, "count")), 2);
	json_decref(line);
	retention_plan(s, 100);
	assert_false(is_due(s, "retention-due"));
	assert_true(is_due(s, "destruction-approve"));
	/* It was never signed: what it was about is still due. */
	retention_days(s, 31);
	assert_true(is_due(s, "retention-due"));
	assert_false(is_due(s, "destruction-approve"));
}

static void
what_a_sweep_destroyed_is_not_due_any_more(void **state)
{
	RETENTION_SCENE(s);

	retention_due_time(s);
	look(s);
	assert_true(is_due(s, "retention-due"));
	retention_ready(s);
	must_run(s);
	assert_false(is_due(s, "retention-due"));
	look(s);
	assert_false(is_due(s, "retention-due"));
}

/* --- the certificate ------------------------------------------------------ */

static int
settle(struct retention_scene *s, const char *what, const char *date,
    json_t **answer)
{
	struct certified_date d = { s->sweep, what, date };

	return certified_settle(s->f->core, &s->director, &d, answer, &s->f->e);
}

/* The note is the vault's; its last line is the digest of that JSON. */
static void
check_certificate(struct retention_scene *s, const json_t *answer)
{
	const char *note =
	    json_string_value(json_object_get(answer, "certificate"));
	const char *json =
	    json_string_value(json_object_get(answer, "certificate_json"));
	uint8_t digest[32];
	char hex[65], line[96];
	size_t text;
	int n;

	assert_non_null(note);
	assert_non_null(json);
	assert_int_equal(
	    note_verify(note, strlen(note), &s->f->core->public->log, 1, &text,
		NULL, &s->f->e),
	    0);
	assert_int_equal(
	    digest_of(DIGEST_SHA256, json, strlen(json), digest, NULL), 0);
	hex_format(digest, 32, hex);
	n = snprintf(line, sizeof(line), "\njson sha256 %s\n", hex);
	assert_memory_equal(note + text - n, line, (size_t)n);
}

static void
settled(struct retention_scene *s, const char *what, int complete)
{
	json_t *answer = NULL;

	if (settle(s, what, "", &answer) < 0)
		fail_msg("%s: %s", what, s->f->e.text);
	check_certificate(s, answer);
	assert_int_equal(
	    json_is_true(json_object_get(answer, "complete")), complete);
	json_decref(answer);
}

static void
its_dates_are_entered_when_they_are_true(void **state)
{
	json_t *answer = NULL;
	const char *note;
	char day[11];
	RETENTION_SCENE(s);

	retention_ready(s);
	REFUSED(s, settle(s, "mirrors", "", &answer), ERR_CONFLICT,
	    "erasure-state");
	must_run(s);
	REFUSED(s, settle(s, "tout", "", &answer), ERR_INVALID, "settle-what");
	date_format(civil_day(core_now(s->f->core)) + 1, day);
	REFUSED(
	    s, settle(s, "mirrors", day, &answer), ERR_REFUSED, "settle-date");
	date_format(civil_day(core_now(s->f->core)) - 1, day);
	REFUSED(
	    s, settle(s, "mirrors", day, &answer), ERR_REFUSED, "settle-date");
	assert_true(is_due(s, "certificate-mirrors"));
	assert_true(is_due(s, "certificate-recovery"));
	assert_true(is_due(s, "certificate-backups"));
	retention_days(s, 5);
	settled(s, "mirrors", 0);
	REFUSED(s, settle(s, "mirrors", "", &answer), ERR_CONFLICT, "settled");
	assert_false(is_due(s, "certificate-mirrors"));
	retention_days(s, 3);
	json_t *line = due_of(s, "certificate-recovery");
	assert_true(json_is_true(json_object_get(line, "overdue")));
	json_decref(line);
	settled(s, "recovery", 0);
	assert_false(is_due(s, "certificate-recovery"));
	line = due_of(s, "certificate-backups");
	assert_true(json_is_false(json_object_get(line, "overdue")));
	json_decref(line);
	retention_days(s, 90);
	settled(s, "backups", 1);
	assert_false(is_due(s, "certificate-backups"));
	if (erasure_show(s->f->core, &s->director, s->sweep, &s->f->object,
		&answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	check_certificate(s, answer);
	note = json_string_value(json_object_get(answer, "certificate"));
	assert_non_null(strstr(note, "\ncomplete yes\n"));
	assert_non_null(strstr(note, "\narchives visa 2027-AD77-014 of "));
	assert_null(strstr(note, "not yet"));
	json_decref(answer);
}

static void
what_is_not_there_has_no_dates(void **state)
{
	struct certified_date d = { "aaaaaaaaaaaaaaaaaaaaaaaaaa", "mirrors",
		"" };
	json_t *answer = NULL;
	RETENTION_SCENE(s);

	assert_int_equal(
	    certified_settle(s->f->core, &s->director, &d, &answer, &s->f->e),
	    -ERR_NOT_FOUND);
	d.erasure = "rien";
	assert_int_equal(
	    certified_settle(s->f->core, &s->director, &d, &answer, &s->f->e),
	    -ERR_NOT_FOUND);
}

/* --- the details of the log ----------------------------------------------- */

static int
plan_expiry(struct retention_scene *s)
{
	struct retention_asking a = { .as_of = "", .share = -1, .journal = 1 };
	json_t *answer = NULL;
	int r;

	r = retention_analyse(s->f->core, &s->noa, &a, &answer, &s->f->e);
	if (r == 0) {
		snprintf(s->sweep, ID_TEXT, "%s",
		    json_string_value(json_object_get(answer, "erasure")));
		free(s->page);
		s->page =
		    strdup(json_string_value(json_object_get(answer, "plan")));
	}
	json_decref(answer);
	return r;
}

static int
explained(struct retention_scene *s, uint64_t leaf)
{
	struct caller c = core_fixture_caller(s->f, DPO);
	json_t *answer = NULL;
	int r;

	r = explain_leaf(s->f->core, &c, leaf, &answer, &s->f->e);
	json_decref(answer);
	return r;
}

static uint64_t
check_log(struct retention_scene *s)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t leaves = 0;

	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	if (audit_check(s->f->core->audit, &tx, &leaves, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	return leaves;
}

/* The leaf of a reading that is made now. */
static uint64_t
leaf_of_a_reading(struct retention_scene *s)
{
	struct caller c = core_fixture_caller(s->f, CAMILLE);
	json_t *answer = NULL;
	uint64_t leaf;

	if (case_show(
		s->f->core, &c, s->kase, &s->f->object, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	leaf = (uint64_t)json_integer_value(json_object_get(answer, "leaf"));
	json_decref(answer);
	return leaf;
}

static void
details_of_the_log_expire_with_two_approvals_and_it_verifies(void **state)
{
	json_t *answer = NULL;
	uint64_t old, recent, size;
	int64_t was;
	RETENTION_SCENE(s);

	old = leaf_of_a_reading(s);
	assert_int_equal(explained(s, old), 0);
	REFUSED(s, plan_expiry(s), ERR_CONFLICT, "nothing-to-erase");
	/* The month's last day and a year: not before, whatever the month. */
	retention_days(s, 364);
	REFUSED(s, plan_expiry(s), ERR_CONFLICT, "nothing-to-erase");
	retention_days(s, 32);
	core_fixture_case(s->f, CAMILLE, "Ménage nouveau", s->kase);
	recent = leaf_of_a_reading(s);
	assert_int_equal(explained(s, old), 0);
	assert_int_equal(plan_expiry(s), 0);
	assert_non_null(strstr(s->page, "\nobject journal "));
	assert_int_equal(retention_visa_by(s, &s->director), 0);
	assert_int_equal(retention_approve(s, DIRECTOR), 0);
	refuse_run(s, "approvals-missing");
	assert_int_equal(retention_approve(s, JURIST), 0);
	was = retention_now;
	retention_now += 400 * INT64_C(86400000);
	retention_reopen(s);
	refuse_run(s, "clock-suspect");
	assert_int_equal(explained(s, old), 0);
	retention_now = was;
	retention_reopen(s);
	if (retention_run(s, &answer) < 0)
		fail_msg("%s", s->f->e.text);
	assert_non_null(
	    strstr(json_string_value(json_object_get(answer, "certificate")),
		"\ndetails of the log expired "));
	check_certificate(s, answer);
	json_decref(answer);
	/* The leaf says so and proves still; what is recent tells all. */
	REFUSED(s, explained(s, old), ERR_CONFLICT, "detail-expired");
	assert_int_equal(explained(s, recent), 0);
	size = audit_size(s->f->core->audit);
	assert_true(check_log(s) >= size);
	/* No key is there for it, also when its row comes back. */
	retention_reopen(s);
	REFUSED(s, explained(s, old), ERR_CONFLICT, "detail-expired");
	assert_true(check_log(s) >= size);
	REFUSED(s, plan_expiry(s), ERR_CONFLICT, "nothing-to-erase");
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, retention_setup, retention_teardown)
	const struct CMUnitTest tests[] = {
		T(a_tenth_of_the_vault_goes_and_a_little_more_does_not),
		T(the_delegate_gives_an_opinion_that_never_counts),
		T(a_caseworker_has_no_part_in_it),
		T(a_clock_that_is_not_believed_stops_it_at_each_step),
		T(approvals_grow_old),
		T(a_restriction_between_the_two_approvals_stops_it),
		T(what_lives_again_is_not_swept),
		T(each_object_is_judged_again_when_it_runs),
		T(a_release_is_seen_by_the_next_analysis),
		T(a_copy_that_is_left_is_found_and_nothing_is_certified),
		T(its_dates_are_entered_when_they_are_true),
		T(due_says_that_a_sweep_is_to_be_planned_until_it_is),
		T(what_a_sweep_destroyed_is_not_due_any_more),
		T(what_is_not_there_has_no_dates),
		T(details_of_the_log_expire_with_two_approvals_and_it_verifies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
