/*
 * Notices and what is due, through the real core: who may deliver,
 * acknowledge and settle, in which order, and who sees that it waits.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "daemon/core/notice.h"
#include "tests/unit/core/core_fixture.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

#define DAY_MS INT64_C(86400000)

/* --- putting one there -----------------------------------------------------
 */

struct adding {
	struct core_fixture *f;
	struct extract_row row;
	const char *reason;
	int64_t at_ms;
};

static int
apply_add(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct adding *a = arg;
	struct caller c = core_fixture_caller(a->f, CAMILLE);
	uint64_t leaf;
	int r;

	if ((r = notice_add(tx, &a->row, a->reason, a->at_ms, e)) < 0)
		return r;
	return core_leaf(a->f->core, tx, &c, LEAF_NOTICE, LEAF_OK, NULL, NULL,
	    now_ms, &leaf, e);
}

/* A notice about an extract of this case that the recipient once got. */
static void
add(struct core_fixture *f, const char *kase, const char *recipient,
    int64_t age_ms)
{
	struct adding a = {
		.f = f,
		.reason = "rectified",
		.at_ms = core_now(f->core) - age_ms,
	};
	struct change ch = { .apply = apply_add, .arg = &a };

	assert_int_equal(id_random(&a.row.id, NULL), 0);
	assert_int_equal(id_parse(kase, &a.row.kase, NULL), 0);
	snprintf(a.row.recipient, sizeof(a.row.recipient), "%s", recipient);
	if (commit_run(f->core->committer, &ch, &f->e) < 0)
		fail_msg("%s", f->e.text);
}

static struct caller
partner(struct core_fixture *f, enum person who)
{
	struct caller c = core_fixture_caller(f, who);

	c.partner_door = 1;
	return c;
}

/* What the recipient is shown; the caller's. */
static json_t *
deliver(struct core_fixture *f, enum person who)
{
	struct caller c = partner(f, who);
	json_t *answer = NULL;

	if (notice_deliver(f->core, &c, &answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	return answer;
}

/* The staff's first line of a case: its notice, and its member name. */
static void
first(struct core_fixture *f, const char *kase, const char *name,
    char out[ID_TEXT])
{
	struct caller c = core_fixture_caller(f, CAMILLE);
	json_t *answer = NULL, *line;

	if (notice_list(f->core, &c, kase, &f->object, &answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	line = json_array_get(json_object_get(answer, "notices"), 0);
	assert_non_null(line);
	snprintf(out, ID_TEXT, "%.26s",
	    json_string_value(json_object_get(line, name)));
	json_decref(answer);
}

static void
expect_state(struct core_fixture *f, const char *kase, const char *want)
{
	char state[ID_TEXT];

	first(f, kase, "state", state);
	assert_string_equal(state, want);
}

static int
ack(struct core_fixture *f, enum person who, const char *notice)
{
	struct caller c = partner(f, who);
	json_t *answer = NULL;
	struct id id;
	int r;

	assert_int_equal(id_parse(notice, &id, NULL), 0);
	memset(&f->e, 0, sizeof(f->e));
	r = notice_ack(f->core, &c, &id, &f->object, &answer, &f->e);
	json_decref(answer);
	return r;
}

static int
settle(struct core_fixture *f, enum person who, const char *notice,
    const char *how, const char *words)
{
	struct caller c = core_fixture_caller(f, who);
	json_t *answer = NULL;
	int r;

	memset(&f->e, 0, sizeof(f->e));
	r = notice_settle(
	    f->core, &c, notice, how, words, &f->object, &answer, &f->e);
	json_decref(answer);
	return r;
}

static void
expect(struct core_fixture *f, int got, enum err_code code, const char *tag)
{
	if (got != -(int)code)
		fail_msg("%d: %s", got, f->e.text);
	if (tag != NULL)
		assert_string_equal(f->e.tag, tag);
}

/* --- the door ------------------------------------------------------------- */

static void
a_listing_delivers_and_the_recipient_acknowledges(void **state)
{
	char kase[ID_TEXT], id[ID_TEXT];
	json_t *answer, *line;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Durand", kase);
	add(f, kase, "caf", 0);
	first(f, kase, "notice", id);
	expect_state(f, kase, "queued");
	expect(f, ack(f, CAF, id), ERR_CONFLICT, "notice-queued");
	answer = deliver(f, CAF);
	line = json_array_get(json_object_get(answer, "notices"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(line, "notice")), id);
	assert_string_equal(
	    json_string_value(json_object_get(line, "state")), "delivered");
	/* Of the case, the recipient learns nothing here. */
	assert_null(json_object_get(line, "case"));
	json_decref(answer);
	expect_state(f, kase, "delivered");
	expect(f, ack(f, CAF, id), ERR_OK, NULL);
	expect_state(f, kase, "acknowledged");
	expect(f, ack(f, CAF, id), ERR_CONFLICT, "notice-acknowledged");
}

static void
anothers_notice_is_as_if_it_did_not_exist(void **state)
{
	char kase[ID_TEXT], id[ID_TEXT], why[240];
	json_t *answer;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Durand", kase);
	add(f, kase, "caf", 0);
	first(f, kase, "notice", id);
	answer = deliver(f, CCAPEX);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "notices")), 0);
	json_decref(answer);
	expect_state(f, kase, "queued"); /* not delivered by another's list */
	expect(f, ack(f, CCAPEX, id), ERR_NOT_FOUND, NULL);
	snprintf(why, sizeof(why), "%s", f->e.text);
	expect(f, ack(f, CCAPEX, "aaaaaaaaaaaaaaaaaaaaaaaaaa"), ERR_NOT_FOUND,
	    NULL);
	assert_string_equal(f->e.text, why);
}

static void
staff_have_no_part_in_the_door(void **state)
{
	struct caller c;
	json_t *answer = NULL;
	FIXTURE(f);

	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    notice_deliver(f->core, &c, &answer, &f->e), -ERR_DENIED);
	c = partner(f, CAF);
	assert_int_equal(
	    notice_list(f->core, &c, "", &f->object, &answer, &f->e),
	    -ERR_DENIED);
	assert_null(answer);
}

/* --- staff ---------------------------------------------------------------- */

static void
who_has_a_door_answers_there(void **state)
{
	char kase[ID_TEXT], id[ID_TEXT];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Durand", kase);
	add(f, kase, "caf", 0);
	first(f, kase, "notice", id);
	expect(f, settle(f, CAMILLE, id, "acknowledged", ""), ERR_CONFLICT,
	    "notice-door");
	expect(f, settle(f, CAMILLE, id, "delivered", ""), ERR_CONFLICT,
	    "notice-door");
	/* GDPR art. 19: impossible, with its reason. */
	expect(f, settle(f, CAMILLE, id, "impossible", ""), ERR_INVALID,
	    "notice-words");
	expect(
	    f, settle(f, CAMILLE, id, "lost", "x"), ERR_INVALID, "notice-how");
	expect(f, settle(f, CAMILLE, id, "impossible", "a\nb"), ERR_INVALID,
	    "member-text");
	expect_state(f, kase, "queued");
	expect(f, settle(f, CAMILLE, id, "impossible", "organisme dissous"),
	    ERR_OK, NULL);
	expect_state(f, kase, "impossible");
	first(f, kase, "words", id);
	assert_string_equal(id, "organisme dissous");
}

static void
staff_answer_for_who_has_none_and_once(void **state)
{
	char kase[ID_TEXT], id[ID_TEXT];
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Durand", kase);
	add(f, kase, "banque-de-france", 0);
	first(f, kase, "notice", id);
	expect(f, settle(f, CAMILLE, id, "delivered", "par courrier"), ERR_OK,
	    NULL);
	expect_state(f, kase, "delivered");
	expect(f, settle(f, CAMILLE, id, "delivered", ""), ERR_CONFLICT,
	    "notice-delivered");
	expect(f, settle(f, NOA, id, "acknowledged", ""), ERR_OK, NULL);
	expect(f, settle(f, CAMILLE, id, "impossible", "non"), ERR_CONFLICT,
	    "notice-acknowledged");
	expect_state(f, kase, "acknowledged");
}

static void
another_team_finds_nothing_to_settle(void **state)
{
	char kase[ID_TEXT], id[ID_TEXT], why[240];
	struct caller c;
	json_t *answer = NULL;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Durand", kase);
	add(f, kase, "banque-de-france", 0);
	first(f, kase, "notice", id);
	expect(f, settle(f, SACHA, id, "delivered", ""), ERR_NOT_FOUND, NULL);
	snprintf(why, sizeof(why), "%s", f->e.text);
	expect(f,
	    settle(f, SACHA, "aaaaaaaaaaaaaaaaaaaaaaaaaa", "delivered", ""),
	    ERR_NOT_FOUND, NULL);
	assert_string_equal(f->e.text, why);
	expect(f, settle(f, SACHA, "?", "delivered", ""), ERR_NOT_FOUND, NULL);
	expect(f, settle(f, ADMIN, id, "delivered", ""), ERR_DENIED, NULL);
	c = core_fixture_caller(f, SACHA);
	assert_int_equal(
	    notice_list(f->core, &c, "", &f->object, &answer, &f->e), 0);
	assert_int_equal(
	    json_array_size(json_object_get(answer, "notices")), 0);
	json_decref(answer);
	assert_int_equal(
	    notice_list(f->core, &c, kase, &f->object, &answer, &f->e),
	    -ERR_NOT_FOUND);
}

/* --- erasure ---------------------------------------------------------------
 */

static int
apply_forget(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct adding *a = arg;
	struct caller c = core_fixture_caller(a->f, CAMILLE);
	uint64_t leaf;
	int r;

	if ((r = notice_forget(tx, &a->row.kase, e)) < 0 ||
	    (r = case_forget(tx, &a->row.kase, e)) < 0)
		return r;
	return core_leaf(a->f->core, tx, &c, LEAF_NOTICE, LEAF_OK, NULL, NULL,
	    now_ms, &leaf, e);
}

static size_t
keys_of(struct core_fixture *f, const char *kase)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(buf_done) struct buf numbers = { 0 };
	struct id id;

	assert_int_equal(id_parse(kase, &id, NULL), 0);
	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(notice_key_numbers(&tx, &id, &numbers, NULL), 0);
	return numbers.len / sizeof(uint64_t);
}

static void
an_erased_case_keeps_the_lines_and_its_notices_go_on(void **state)
{
	char kase[ID_TEXT], id[ID_TEXT];
	struct adding a = { 0 };
	struct change ch = { .apply = apply_forget, .arg = &a };
	struct caller c;
	json_t *answer = NULL, *lines;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Durand", kase);
	add(f, kase, "banque-de-france", 0);
	first(f, kase, "notice", id);
	expect(f, settle(f, CAMILLE, id, "delivered", "nom du contact"), ERR_OK,
	    NULL);
	assert_int_equal(keys_of(f, kase), 1);
	a.f = f;
	assert_int_equal(id_parse(kase, &a.row.kase, NULL), 0);
	assert_int_equal(commit_run(f->core->committer, &ch, &f->e), 0);
	assert_int_equal(keys_of(f, kase), 0);
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    notice_list(f->core, &c, "", &f->object, &answer, &f->e), 0);
	lines = json_object_get(answer, "notices");
	assert_int_equal(json_array_size(lines), 1);
	assert_null(json_object_get(json_array_get(lines, 0), "words"));
	json_decref(answer);
	expect(f, settle(f, CAMILLE, id, "acknowledged", ""), ERR_OK, NULL);
}

static void
what_was_written_first_stays_under_the_one_key(void **state)
{
	char kase[ID_TEXT], id[ID_TEXT];
	json_t *answer = NULL, *line;
	struct caller c;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Durand", kase);
	add(f, kase, "banque-de-france", 0);
	first(f, kase, "notice", id);
	expect(f, settle(f, CAMILLE, id, "delivered", "par courrier"), ERR_OK,
	    NULL);
	expect(
	    f, settle(f, NOA, id, "acknowledged", "par retour"), ERR_OK, NULL);
	/* One number, which the erasure of the case takes. */
	assert_int_equal(keys_of(f, kase), 1);
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    notice_list(f->core, &c, "", &f->object, &answer, &f->e), 0);
	line = json_array_get(json_object_get(answer, "notices"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(line, "words")), "par retour");
	line = json_object_get(line, "before");
	assert_string_equal(
	    json_string_value(json_object_get(line, "words")), "par courrier");
	assert_string_equal(
	    json_string_value(json_object_get(line, "how")), "delivered");
	json_decref(answer);
}

/* --- what is due ------------------------------------------------------------
 */

/* How many lines about notices this person sees; the first one's overdue. */
static size_t
due_lines(struct core_fixture *f, enum person who, int mine, int *overdue)
{
	struct caller c = core_fixture_caller(f, who);
	json_t *answer = NULL, *line;
	size_t i, n = 0;

	if (due(f->core, &c, mine, &answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_array_foreach(json_object_get(answer, "due"), i, line)
	{
		if (strcmp(json_string_value(json_object_get(line, "what")),
			"notice") != 0)
			continue;
		if (n++ == 0)
			*overdue =
			    json_is_true(json_object_get(line, "overdue"));
	}
	json_decref(answer);
	return n;
}

static void
what_is_due_is_shown_to_those_it_concerns(void **state)
{
	char kase[ID_TEXT], id[ID_TEXT];
	struct caller c;
	json_t *answer = NULL;
	int overdue = -1;
	FIXTURE(f);

	core_fixture_case(f, CAMILLE, "Durand", kase);
	add(f, kase, "banque-de-france", 0);
	assert_int_equal(due_lines(f, CAMILLE, 0, &overdue), 1);
	assert_int_equal(overdue, 0);
	assert_int_equal(due_lines(f, CAMILLE, 1, &overdue), 1);
	assert_int_equal(due_lines(f, NOA, 0, &overdue), 1);
	assert_int_equal(due_lines(f, NOA, 1, &overdue), 0);
	assert_int_equal(due_lines(f, SACHA, 0, &overdue), 0);
	assert_int_equal(due_lines(f, DPO, 0, &overdue), 1);
	add(f, kase, "banque-de-france", 40 * DAY_MS);
	/* The older one comes first, and is late. */
	assert_int_equal(due_lines(f, CAMILLE, 0, &overdue), 2);
	assert_int_equal(overdue, 1);
	first(f, kase, "notice", id);
	expect(f, settle(f, CAMILLE, id, "acknowledged", ""), ERR_OK, NULL);
	assert_int_equal(due_lines(f, CAMILLE, 0, &overdue), 1);
	c = core_fixture_caller(f, ADMIN);
	assert_int_equal(due(f->core, &c, 0, &answer, &f->e), -ERR_DENIED);
	c = partner(f, CAF);
	assert_int_equal(due(f->core, &c, 0, &answer, &f->e), -ERR_DENIED);
	c = core_fixture_caller(f, NOBODY);
	assert_int_equal(due(f->core, &c, 0, &answer, &f->e), -ERR_DENIED);
}

static void
a_term_ends_with_its_last_day(void **state)
{
	/* 2026-11-23 07:00 and 23:30 in Paris: the same term. */
	int64_t morning = INT64_C(1795413600000), night;
	FIXTURE(f);

	night = morning + 16 * INT64_C(3600000) + 30 * INT64_C(60000);
	assert_int_equal(due_after(f->core, "notice-days", morning),
	    due_after(f->core, "notice-days", night));
	assert_true(
	    due_after(f->core, "notice-days", morning) > morning + 30 * DAY_MS);
	assert_int_equal(due_after(f->core, "no-such-figure", morning), 0);
	/* Five working days from a Monday: to the end of the next one. */
	assert_int_equal(due_after(f->core, "submission-days", morning),
	    due_after(f->core, "submission-days", night));
	assert_true(due_after(f->core, "submission-days", morning) >
		    morning + 7 * DAY_MS);
}

#define TEST(t)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    t, core_fixture_setup, core_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_listing_delivers_and_the_recipient_acknowledges),
		TEST(anothers_notice_is_as_if_it_did_not_exist),
		TEST(staff_have_no_part_in_the_door),
		TEST(who_has_a_door_answers_there),
		TEST(staff_answer_for_who_has_none_and_once),
		TEST(what_was_written_first_stays_under_the_one_key),
		TEST(another_team_finds_nothing_to_settle),
		TEST(an_erased_case_keeps_the_lines_and_its_notices_go_on),
		TEST(what_is_due_is_shown_to_those_it_concerns),
		TEST(a_term_ends_with_its_last_day),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
