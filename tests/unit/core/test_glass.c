/*
 * Break-glass: one case, one person, some minutes, seen by everybody and
 * reviewed by somebody else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/due.h"
#include "daemon/core/glass.h"
#include "tests/unit/core/core_fixture.h"

#define NEED(state)                                                            \
	struct core_fixture *f = *(state);                                     \
	if (f == NULL)                                                         \
	skip()

#define MINUTES 30 /* break-glass-minutes of the shipped rules */

struct desk {
	char kase[ID_TEXT], document[ID_TEXT], glass[ID_TEXT];
	struct id id;
	struct buf header;
	json_t *answer;
	int64_t until_ms;
};

static void
desk_done(struct desk *d)
{
	buf_done(&d->header);
	json_decref(d->answer);
	d->answer = NULL;
}

static const char *
text_at(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	assert_non_null(s);
	return s;
}

/* A case of team nord with one document. */
static void
desk_set(struct core_fixture *f, struct desk *d)
{
	AUTO(json_decrefp) json_t *filed = NULL;
	AUTO(buf_done) struct buf pdf = { 0 };

	desk_done(d);
	memset(d, 0, sizeof(*d));
	core_fixture_case(f, CAMILLE, "Ménage fictif", d->kase);
	assert_int_equal(id_parse(d->kase, &d->id, NULL), 0);
	core_fixture_pdf(&pdf, "acte", 2000);
	if (core_fixture_file(f, CAMILLE, d->kase, "acte", pdf.p, pdf.len, "",
		NULL, &filed) < 0)
		fail_msg("%s", f->e.text);
	snprintf(
	    d->document, sizeof(d->document), "%s", text_at(filed, "document"));
}

static int
shatter(struct core_fixture *f, struct desk *d, enum person who)
{
	struct caller c = core_fixture_stepped_up(
	    f, who, OP_BREAK_GLASS, d->kase, &d->header);
	int r;

	json_decref(d->answer);
	d->answer = NULL;
	r = glass_break(f->core, &c, d->kase,
	    "Appel des secours : adresse à donner", &f->object, &d->answer,
	    &f->e);
	if (r < 0)
		return r;
	snprintf(d->glass, sizeof(d->glass), "%s",
	    text_at(d->answer, "break_glass"));
	assert_int_equal(
	    time_parse(text_at(d->answer, "until"), &d->until_ms, NULL), 0);
	return 0;
}

/* Read the document for a purpose that only the glass gives. */
static int
get(struct core_fixture *f, struct desk *d, enum person who)
{
	struct caller c = core_fixture_caller(f, who);
	struct content content = { 0 };
	int r;

	c.purpose = "controle-interne";
	r = content_open(
	    f->core, &c, d->document, 1, 0, &f->object, &content, &f->e);
	content_freep(&content.stream);
	return r;
}

static int
review(struct core_fixture *f, struct desk *d, enum person who,
    const char *finding, const char *words)
{
	struct caller c = core_fixture_caller(f, who);

	json_decref(d->answer);
	d->answer = NULL;
	return glass_review(f->core, &c, d->glass, finding, words, &f->object,
	    &d->answer, &f->e);
}

/* The newest leaf. */
static json_t *
last_leaf(struct core_fixture *f)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(json_decrefp) json_t *list = NULL;
	struct audit_query q = { .limit = 1 };
	uint64_t next;

	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    audit_read(f->core->audit, &tx, &q, &list, &next, &f->e), 0);
	return json_incref(json_array_get(list, 0));
}

static void
content_opens_for_who_broke_it(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	AUTO(json_decrefp) json_t *leaf = NULL;
	const json_t *decision;

	NEED(state);
	desk_set(f, &d);
	assert_int_equal(get(f, &d, DPO), -ERR_DENIED);
	assert_int_equal(shatter(f, &d, DPO), 0);
	assert_string_equal(text_at(d.answer, "state"), "unreviewed");
	assert_string_equal(text_at(d.answer, "by"), "dana.exemple");
	if (get(f, &d, DPO) < 0)
		fail_msg("%s", f->e.text);
	leaf = last_leaf(f);
	decision = json_object_get(json_object_get(leaf, "detail"), "decision");
	assert_true(json_is_true(json_object_get(decision, "broken_glass")));
	assert_true(json_is_true(
	    json_object_get(json_object_get(decision, "facts"), "glass")));
}

/* The reason, the statement and the end stand in its leaf. */
static void
its_leaf_tells_why(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	AUTO(json_decrefp) json_t *leaf = NULL;
	const json_t *detail;

	NEED(state);
	desk_set(f, &d);
	assert_int_equal(shatter(f, &d, DPO), 0);
	leaf = last_leaf(f);
	assert_string_equal(text_at(leaf, "class"), "break-glass");
	assert_string_equal(text_at(leaf, "object"), d.kase);
	detail = json_object_get(leaf, "detail");
	assert_string_equal(text_at(detail, "case"), d.kase);
	assert_string_equal(
	    text_at(detail, "reason"), "Appel des secours : adresse à donner");
	assert_string_equal(text_at(detail, "step_up"), buf_str(&d.header));
	assert_true(json_is_true(json_object_get(
	    json_object_get(json_object_get(detail, "decision"), "facts"),
	    "stepped_up")));
}

static void
it_holds_for_the_minutes_of_the_rules(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	struct caller c;
	int64_t at;

	NEED(state);
	desk_set(f, &d);
	assert_int_equal(shatter(f, &d, DPO), 0);
	assert_int_equal(time_parse(text_at(d.answer, "at"), &at, NULL), 0);
	assert_int_equal(d.until_ms - at, MINUTES * 60000);
	c = core_fixture_caller(f, DPO);
	assert_true(glass_is_broken(f->core, &c, &d.id, at));
	assert_true(glass_is_broken(f->core, &c, &d.id, d.until_ms - 1));
	/* Times are shown in whole seconds. */
	assert_false(glass_is_broken(f->core, &c, &d.id, d.until_ms + 1000));
	/* A clock that goes back opens nothing again. */
	assert_false(glass_is_broken(f->core, &c, &d.id, at));
	core_fixture_close(f);
	core_fixture_open(f);
}

static void
it_is_one_case_and_one_person(void **state)
{
	AUTO(desk_done) struct desk d = { 0 }, other = { 0 };
	struct caller c;

	NEED(state);
	desk_set(f, &d);
	desk_set(f, &other);
	assert_int_equal(shatter(f, &d, DPO), 0);
	assert_int_equal(get(f, &d, DPO), 0);
	assert_int_equal(get(f, &other, DPO), -ERR_DENIED);
	c = core_fixture_caller(f, DIRECTOR);
	assert_false(glass_is_broken(f->core, &c, &d.id, core_now(f->core)));
	/* The same number with another name, the same name with another. */
	c = core_fixture_caller(f, DPO);
	snprintf(c.actor.account, sizeof(c.actor.account), "autre");
	assert_false(glass_is_broken(f->core, &c, &d.id, core_now(f->core)));
	c = core_fixture_caller(f, DPO);
	c.actor.uid++;
	assert_false(glass_is_broken(f->core, &c, &d.id, core_now(f->core)));
	/* Who is nobody by now. */
	c = core_fixture_caller(f, DPO);
	c.who = NULL;
	assert_false(glass_is_broken(f->core, &c, &d.id, core_now(f->core)));
}

static void
it_stays_broken_over_a_restart(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };

	NEED(state);
	desk_set(f, &d);
	assert_int_equal(shatter(f, &d, DPO), 0);
	core_fixture_close(f);
	core_fixture_open(f);
	assert_int_equal(get(f, &d, DPO), 0);
}

static void
without_a_statement_it_does_not_break(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	AUTO(json_decrefp) json_t *answer = NULL;
	struct caller c;

	NEED(state);
	desk_set(f, &d);
	c = core_fixture_caller(f, DPO);
	assert_int_equal(glass_break(f->core, &c, d.kase, "urgence", &f->object,
			     &answer, &f->e),
	    -ERR_DENIED);
	assert_string_equal(err_name(&f->e), "step-up");
	/* For another operation; and one that was used. */
	c = core_fixture_stepped_up(
	    f, DPO, OP_BREAK_GLASS_REVIEW, d.kase, &d.header);
	assert_int_equal(glass_break(f->core, &c, d.kase, "urgence", &f->object,
			     &answer, &f->e),
	    -ERR_DENIED);
	assert_int_equal(shatter(f, &d, DPO), 0);
	c = core_fixture_caller(f, DPO);
	c.step_up = buf_str(&d.header);
	assert_int_equal(glass_break(f->core, &c, d.kase, "urgence", &f->object,
			     &answer, &f->e),
	    -ERR_DENIED);
	assert_non_null(strstr(f->e.text, "has been used"));
	assert_null(answer);
}

/* Nor for who has no such right: no word of whether the case is there. */
static void
others_cannot_break_it(void **state)
{
	static const enum person who[] = { ADMIN, SACHA, CAMILLE, NOBODY };
	AUTO(desk_done) struct desk d = { 0 };
	AUTO(json_decrefp) json_t *answer = NULL;
	char none[ID_TEXT];
	struct caller c;
	struct id id;
	struct err e = { 0 };
	size_t i;

	NEED(state);
	desk_set(f, &d);
	assert_int_equal(id_random(&id, NULL), 0);
	id_format(&id, none);
	for (i = 0; i < NELEMS(who); i++) {
		c = core_fixture_stepped_up(
		    f, who[i], OP_BREAK_GLASS, d.kase, &d.header);
		assert_true(glass_break(f->core, &c, d.kase, "urgence",
				&f->object, &answer, &f->e) < 0);
		assert_true(glass_break(f->core, &c, none, "urgence",
				&f->object, &answer, &e) < 0);
		assert_int_equal(e.code, f->e.code);
		assert_string_equal(err_name(&e), err_name(&f->e));
		assert_string_equal(e.text, f->e.text);
	}
}

static void
what_is_not_there_cannot_be_broken(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };

	NEED(state);
	desk_set(f, &d);
	assert_int_equal(id_random(&d.id, NULL), 0);
	id_format(&d.id, d.kase);
	assert_int_equal(shatter(f, &d, DPO), -ERR_NOT_FOUND);
}

static void
a_reason_is_words(void **state)
{
	static const char *const wrong[] = { "", "a\nb", "\xff\xfe" };
	AUTO(desk_done) struct desk d = { 0 };
	AUTO(json_decrefp) json_t *answer = NULL;
	char big[GLASS_REASON_MAX + 2];
	struct caller c;
	size_t i;

	NEED(state);
	desk_set(f, &d);
	c = core_fixture_stepped_up(f, DPO, OP_BREAK_GLASS, d.kase, &d.header);
	for (i = 0; i < NELEMS(wrong); i++)
		assert_int_equal(glass_break(f->core, &c, d.kase, wrong[i],
				     &f->object, &answer, &f->e),
		    -ERR_INVALID);
	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(
	    glass_break(f->core, &c, d.kase, big, &f->object, &answer, &f->e),
	    -ERR_TOO_LARGE);
	/* What was refused spent nothing. */
	big[GLASS_REASON_MAX] = '\0';
	assert_int_equal(
	    glass_break(f->core, &c, d.kase, big, &f->object, &answer, &f->e),
	    0);
}

/* Everybody on the case sees it, and it waits for a review. */
static void
it_is_seen(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	AUTO(json_decrefp) json_t *shown = NULL, *waiting = NULL, *sud = NULL;
	const json_t *list, *one;
	struct caller c;
	size_t i;
	int found = 0;

	NEED(state);
	desk_set(f, &d);
	assert_int_equal(shatter(f, &d, DPO), 0);
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    case_show(f->core, &c, d.kase, &f->object, &shown, &f->e), 0);
	list = json_object_get(shown, "break_glass");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(
	    text_at(json_array_get(list, 0), "by"), "dana.exemple");
	assert_null(json_object_get(json_array_get(list, 0), "reason"));
	c = core_fixture_caller(f, NOA);
	assert_int_equal(glass_waiting(f->core, &c, &waiting, &f->e), 0);
	json_array_foreach(json_object_get(waiting, "break_glass"), i, one)
	    found += strcmp(text_at(one, "break_glass"), d.glass) == 0;
	assert_int_equal(found, 1);
	c = core_fixture_caller(f, SACHA);
	assert_int_equal(glass_waiting(f->core, &c, &sud, &f->e), 0);
	assert_int_equal(
	    json_array_size(json_object_get(sud, "break_glass")), 0);
	c = core_fixture_caller(f, ADMIN);
	assert_int_equal(glass_waiting(f->core, &c, &sud, &f->e), -ERR_DENIED);
}

/* Its line among what is due; 0: none. */
static int
due_line(struct core_fixture *f, struct desk *d, enum person who)
{
	AUTO(json_decrefp) json_t *answer = NULL;
	struct caller c = core_fixture_caller(f, who);
	const json_t *line;
	int64_t since, due_at;
	size_t i;
	int found = 0;

	assert_int_equal(due(f->core, &c, 0, &answer, &f->e), 0);
	json_array_foreach(json_object_get(answer, "due"), i, line)
	{
		if (strcmp(text_at(line, "what"), "break-glass-review") != 0 ||
		    strcmp(text_at(line, "object"), d->glass) != 0)
			continue;
		found++;
		assert_string_equal(text_at(line, "case"), d->kase);
		assert_int_equal(
		    time_parse(text_at(line, "since"), &since, NULL), 0);
		assert_int_equal(
		    time_parse(text_at(line, "due_at"), &due_at, NULL), 0);
		/* Seven whole days after its own, in Paris. */
		assert_true(due_at > since + 7 * INT64_C(86400000));
		assert_true(due_at <= since + 8 * INT64_C(86400000) + 3600000);
	}
	return found;
}

static void
its_review_is_due(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };

	NEED(state);
	desk_set(f, &d);
	assert_int_equal(shatter(f, &d, DPO), 0);
	assert_int_equal(due_line(f, &d, NOA), 1);
	assert_int_equal(due_line(f, &d, DPO), 1);
	assert_int_equal(due_line(f, &d, SACHA), 0);
	assert_int_equal(review(f, &d, NOA, "justified", "vu"), 0);
	assert_int_equal(due_line(f, &d, NOA), 0);
}

static void
somebody_else_reviews_it_once(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	AUTO(json_decrefp) json_t *leaf = NULL;
	const json_t *detail;

	NEED(state);
	desk_set(f, &d);
	assert_int_equal(shatter(f, &d, DIRECTOR), 0);
	assert_int_equal(
	    review(f, &d, DIRECTOR, "justified", "c'était moi"), -ERR_DENIED);
	assert_string_equal(err_name(&f->e), "own-review");
	assert_int_equal(
	    review(f, &d, CAMILLE, "justified", "vu"), -ERR_DENIED);
	assert_int_equal(review(f, &d, ADMIN, "justified", "vu"), -ERR_DENIED);
	assert_int_equal(review(f, &d, NOA, "peut-être", "vu"), -ERR_INVALID);
	assert_string_equal(err_name(&f->e), "finding");
	assert_int_equal(review(f, &d, NOA, "justified", ""), -ERR_INVALID);
	assert_int_equal(
	    review(f, &d, NOA, "unjustified", "aucun appel des secours"), 0);
	assert_string_equal(text_at(d.answer, "state"), "unjustified");
	assert_string_equal(text_at(d.answer, "reviewed_by"), "noa.exemple");
	leaf = last_leaf(f);
	assert_string_equal(text_at(leaf, "class"), "break-glass-review");
	detail = json_object_get(leaf, "detail");
	assert_string_equal(
	    text_at(detail, "words"), "aucun appel des secours");
	assert_int_equal(
	    review(f, &d, NOA, "justified", "encore"), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "glass-reviewed");
	/* It has ended, here and after a restart. */
	assert_true(get(f, &d, DIRECTOR) < 0);
	core_fixture_close(f);
	core_fixture_open(f);
	assert_true(get(f, &d, DIRECTOR) < 0);
}

static void
an_unknown_one_has_no_review(void **state)
{
	AUTO(desk_done) struct desk d = { 0 };
	struct id id;

	NEED(state);
	desk_set(f, &d);
	assert_int_equal(id_random(&id, NULL), 0);
	id_format(&id, d.glass);
	assert_int_equal(review(f, &d, NOA, "justified", "vu"), -ERR_NOT_FOUND);
	snprintf(d.glass, sizeof(d.glass), "abc");
	assert_int_equal(review(f, &d, NOA, "justified", "vu"), -ERR_NOT_FOUND);
	assert_int_equal(review(f, &d, ADMIN, "justified", "vu"), -ERR_DENIED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(content_opens_for_who_broke_it),
		cmocka_unit_test(its_leaf_tells_why),
		cmocka_unit_test(it_is_one_case_and_one_person),
		cmocka_unit_test(it_stays_broken_over_a_restart),
		cmocka_unit_test(without_a_statement_it_does_not_break),
		cmocka_unit_test(others_cannot_break_it),
		cmocka_unit_test(what_is_not_there_cannot_be_broken),
		cmocka_unit_test(a_reason_is_words),
		cmocka_unit_test(it_is_seen),
		cmocka_unit_test(its_review_is_due),
		cmocka_unit_test(somebody_else_reviews_it_once),
		cmocka_unit_test(an_unknown_one_has_no_review),
		cmocka_unit_test(it_holds_for_the_minutes_of_the_rules),
	};

	return cmocka_run_group_tests(
	    tests, core_fixture_setup, core_fixture_teardown);
}
