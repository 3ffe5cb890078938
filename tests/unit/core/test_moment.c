/*
 * Moments of a case: entered by what happened, replaced by a correction,
 * taken back with what brought them, asked for as of any day.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/happened.h"
#include "daemon/core/moment.h"
#include "daemon/core/plan.h"
#include "tests/unit/core/core_fixture.h"

#define NEED(state)                                                            \
	struct core_fixture *f = *(state);                                     \
	if (f == NULL)                                                         \
	skip()

#define DAY 20000

static struct id
a_case(struct core_fixture *f, const char *name)
{
	char text[ID_TEXT];
	struct id id;

	core_fixture_case(f, CAMILLE, name, text);
	assert_int_equal(id_parse(text, &id, NULL), 0);
	return id;
}

static void
put(struct tx *tx, const struct id *kase, const char *name, int32_t day,
    uint8_t object)
{
	struct id o = { { object } };

	assert_int_equal(moment_put(tx, kase, name, day, &o, 1, 1, NULL), 0);
}

/* -1: there is none. */
static int32_t
day_as_of(struct core_fixture *f, struct tx *tx, const struct id *kase,
    const char *name, int32_t as_of)
{
	int32_t day;
	int r = moment_day(f->core, tx, kase, name, as_of, &day, &f->e);

	assert_true(r >= 0);
	return r > 0 ? day : -1;
}

static void
a_case_enters_the_day_it_is_opened(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int32_t today;

	NEED(state);
	struct id kase = a_case(f, "MARTIN Alice");

	today = civil_day(core_now(f->core));
	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(day_as_of(f, &tx, &kase, "entry", today), today);
	assert_int_equal(day_as_of(f, &tx, &kase, "entry", today - 1), -1);
	assert_int_equal(day_as_of(f, &tx, &kase, "closing", today), -1);
}

static void
the_last_counts_and_none_that_is_to_come(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };

	NEED(state);
	struct id kase = a_case(f, "BERNARD Luc");
	struct id other = a_case(f, "PETIT Rose");

	assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
	put(&tx, &kase, "no-rule-has-it", DAY, 1);
	put(&tx, &kase, "no-rule-has-it", DAY + 9, 2);
	put(&tx, &other, "no-rule-has-it", DAY + 5, 3);
	assert_int_equal(
	    day_as_of(f, &tx, &kase, "no-rule-has-it", DAY - 1), -1);
	assert_int_equal(day_as_of(f, &tx, &kase, "no-rule-has-it", DAY), DAY);
	assert_int_equal(
	    day_as_of(f, &tx, &kase, "no-rule-has-it", DAY + 8), DAY);
	assert_int_equal(
	    day_as_of(f, &tx, &kase, "no-rule-has-it", DAY + 9), DAY + 9);
}

static void
a_correction_replaces_and_a_void_takes_back(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct id two = { { 2 } };

	NEED(state);
	struct id kase = a_case(f, "ROBERT Paul");
	struct happening h = { &kase, 1, 1 };

	assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
	put(&tx, &kase, "m", DAY, 1);
	put(&tx, &kase, "m", DAY + 9, 2);
	put(&tx, &kase, "m", DAY + 3, 2);
	assert_int_equal(day_as_of(f, &tx, &kase, "m", DAY + 99), DAY + 3);
	assert_int_equal(happened_void(f->core, &tx, &h, &two, &f->e), 0);
	assert_int_equal(day_as_of(f, &tx, &kase, "m", DAY + 99), DAY);
}

static void
what_settles_is_looked_for_between_two_days(void **state)
{
	static const char *const names[] = { "m", "n", NULL };
	static const char *const none[] = { NULL };
	AUTO(tx_end) struct tx tx = { 0 };
	int32_t day = -1;

	NEED(state);
	struct id kase = a_case(f, "RICHARD Zoé");

	assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
	put(&tx, &kase, "m", DAY, 1);
	put(&tx, &kase, "n", DAY + 4, 2);
	put(&tx, &kase, "o", DAY + 5, 3);
	assert_int_equal(
	    moment_since(&tx, &kase, names, DAY, DAY + 9, &day, NULL), 1);
	assert_int_equal(day, DAY + 4);
	assert_int_equal(
	    moment_since(&tx, &kase, names, DAY, DAY + 3, &day, NULL), 1);
	assert_int_equal(day, DAY);
	assert_int_equal(
	    moment_since(&tx, &kase, names, DAY + 5, DAY + 9, &day, NULL), 0);
	assert_int_equal(
	    moment_since(&tx, &kase, none, DAY, DAY + 9, &day, NULL), 0);
}

/* Reopened: it enters anew, and what ran from its closing runs no more. */
static void
a_case_that_lives_again_was_not_closed(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int64_t ms = civil_start_ms(DAY);

	NEED(state);
	struct id kase = a_case(f, "DURAND Inès");
	struct happening h = { &kase, ms, 1 };
	int32_t today = civil_day(core_now(f->core));

	assert_true(DAY < today);
	assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    happened_case(f->core, &tx, &h, "closed", NULL, "maintenu", &f->e),
	    0);
	assert_int_equal(day_as_of(f, &tx, &kase, "closing", DAY), DAY);
	assert_int_equal(
	    happened_case(f->core, &tx, &h, "reopened", NULL, NULL, &f->e), 0);
	assert_int_equal(day_as_of(f, &tx, &kase, "closing", today), -1);
	/* Both entries are known, each as of its day. */
	assert_int_equal(day_as_of(f, &tx, &kase, "entry", DAY), DAY);
	assert_int_equal(day_as_of(f, &tx, &kase, "entry", today), today);
}

static void
an_erased_case_leaves_none(void **state)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct plan p = { 0 };

	NEED(state);
	struct id kase = a_case(f, "MOREAU Jean");
	int32_t today = civil_day(core_now(f->core));

	assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
	put(&tx, &kase, "m", DAY, 1);
	assert_int_equal(plan_make(&tx, &kase, NULL, 0, &p, &f->e), 0);
	assert_int_equal(plan_forget(&tx, &p, 1, &f->e), 0);
	plan_done(&p);
	assert_int_equal(day_as_of(f, &tx, &kase, "m", today), -1);
	assert_int_equal(day_as_of(f, &tx, &kase, "entry", today), -1);
}

/* --- what a record says ----------------------------------------------------
 */

static int
file_contact(struct core_fixture *f, const struct id *kase, int32_t day,
    const char *result, const char *replaces, char out[ID_TEXT])
{
	struct caller c = core_fixture_caller(f, CAMILLE);
	char upload[ID_TEXT], id[ID_TEXT], date[11], text[200];
	struct filing x = { .kase = id,
		.kind = "contact",
		.level = "",
		.title = "",
		.replaces = replaces,
		.npages = 1 };
	json_t *answer = NULL;
	int again = 0, r;

	id_format(kase, id);
	date_format(day, date);
	snprintf(text, sizeof(text),
	    "{\"date\":\"%s\",\"canal\":\"visite\",\"resultat\":\"%s\"}", date,
	    result);
	core_fixture_send(f, CAMILLE, text, strlen(text), upload);
	x.pages[0].upload = upload;
	x.pages[0].name = "contact.json";
	r = document_file(f->core, &c, &x, &f->object, &answer, &again, &f->e);
	if (r == 0)
		snprintf(out, ID_TEXT, "%s",
		    json_string_value(json_object_get(answer, "document")));
	json_decref(answer);
	return r;
}

static int32_t
last_contact(struct core_fixture *f, const struct id *kase, int32_t as_of)
{
	AUTO(tx_end) struct tx tx = { 0 };

	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	return day_as_of(f, &tx, kase, "last-contact", as_of);
}

/* T0 moves only when the household answered; before that it is the entry. */
static void
the_last_contact_is_when_they_answered(void **state)
{
	char doc[ID_TEXT];

	NEED(state);
	struct id kase = a_case(f, "LEROY Marc");
	int32_t today = civil_day(core_now(f->core));

	assert_int_equal(last_contact(f, &kase, today), today);
	assert_int_equal(
	    file_contact(f, &kase, today - 3, "rencontre", "", doc), 0);
	assert_int_equal(last_contact(f, &kase, today), today - 3);
	assert_int_equal(
	    file_contact(f, &kase, today - 1, "absent", "", doc), 0);
	assert_int_equal(
	    file_contact(f, &kase, today, "sans-reponse", "", doc), 0);
	assert_int_equal(last_contact(f, &kase, today), today - 3);
	/* As it stood: nobody had been met the day before. */
	assert_int_equal(last_contact(f, &kase, today - 4), -1);
}

static void
a_contact_to_come_or_too_old_is_refused(void **state)
{
	static const struct {
		int days, result;
	} rows[] = { { 1, -ERR_REFUSED }, { 0, 0 }, { -1, 0 }, { -30, 0 },
		{ -31, -ERR_REFUSED }, { 400, -ERR_REFUSED } };
	char doc[ID_TEXT];
	size_t i;

	NEED(state);
	struct id kase = a_case(f, "FOURNIER Ana");
	int32_t today = civil_day(core_now(f->core));

	for (i = 0; i < NELEMS(rows); i++) {
		assert_int_equal(file_contact(f, &kase, today + rows[i].days,
				     "absent", "", doc),
		    rows[i].result);
		if (rows[i].result < 0)
			assert_string_equal(f->e.tag, "record-date");
	}
	assert_int_equal(last_contact(f, &kase, today), today);
}

static void
a_rectified_contact_replaces_its_day(void **state)
{
	char doc[ID_TEXT];

	NEED(state);
	struct id kase = a_case(f, "GIRARD Noé");
	int32_t today = civil_day(core_now(f->core));

	assert_int_equal(
	    file_contact(f, &kase, today - 2, "rencontre", "", doc), 0);
	assert_int_equal(
	    file_contact(f, &kase, today - 9, "rencontre", doc, doc), 0);
	assert_int_equal(last_contact(f, &kase, today), today - 9);
	/* Nobody was there after all: the entry stands in its place. */
	assert_int_equal(
	    file_contact(f, &kase, today - 9, "absent", doc, doc), 0);
	assert_int_equal(last_contact(f, &kase, today), today);
	assert_int_equal(file_contact(f, &kase, today + 1, "absent", doc, doc),
	    -ERR_REFUSED);
	assert_string_equal(f->e.tag, "record-date");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_case_enters_the_day_it_is_opened),
		cmocka_unit_test(the_last_counts_and_none_that_is_to_come),
		cmocka_unit_test(a_correction_replaces_and_a_void_takes_back),
		cmocka_unit_test(what_settles_is_looked_for_between_two_days),
		cmocka_unit_test(a_case_that_lives_again_was_not_closed),
		cmocka_unit_test(an_erased_case_leaves_none),
		cmocka_unit_test(the_last_contact_is_when_they_answered),
		cmocka_unit_test(a_contact_to_come_or_too_old_is_refused),
		cmocka_unit_test(a_rectified_contact_replaces_its_day),
	};

	return cmocka_run_group_tests(
	    tests, core_fixture_setup, core_fixture_teardown);
}
