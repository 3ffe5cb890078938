/*
 * Lists of households through the real core: what they open, what they do
 * not, and that a dry run and a refusal leave nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "base/civil.h"
#include "daemon/core/closing.h"
#include "daemon/core/due.h"
#include "daemon/core/intake.h"
#include "daemon/core/objection.h"
#include "daemon/core/search.h"
#include "daemon/core/submission.h"
#include "tests/unit/core/core_fixture.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

#define HEAD                                                                   \
	"REFERENCE CCAPEX;NOM DU LOCATAIRE;PRENOM DU LOCATAIRE;"               \
	"DATE DE NAISSANCE;COMMUNE;MONTANT DE LA DETTE\r\n"

static int
run(struct core_fixture *f, enum person who, const char *text, size_t n,
    const char *key, int dry, json_t **answer)
{
	struct caller c = core_fixture_caller(f, who);
	struct intake_request rq = {
		.source = "ccapex", .submission = "", .dry_run = dry
	};
	char upload[ID_TEXT];

	core_fixture_send(f, who, text, n, upload);
	rq.upload = upload;
	c.idempotency = key;
	memset(&f->e, 0, sizeof(f->e));
	*answer = NULL;
	return intake_run(f->core, &c, &rq, &f->object, answer, &f->e);
}

static json_t *
taken(struct core_fixture *f, enum person who, const char *text, int dry)
{
	json_t *answer;

	if (run(f, who, text, strlen(text), NULL, dry, &answer) < 0)
		fail_msg("%s", f->e.text);
	return answer;
}

static long long
number(const json_t *j, const char *name)
{
	return json_integer_value(json_object_get(j, name));
}

static const char *
reason(const json_t *j, size_t i)
{
	const char *s = json_string_value(json_object_get(
	    json_array_get(json_object_get(j, "problems"), i), "reason"));

	return s != NULL ? s : "";
}

static long long
rows(struct core_fixture *f, const char *sql)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_read(f->core->catalog, &tx, &f->e), 0);
	assert_int_equal(sql_open(&tx, sql, &q, &f->e), 0);
	assert_int_equal(sql_step(q, &f->e), 1);
	return sql_get_int(q, 0);
}

#define ALL                                                                    \
	"SELECT (SELECT count(*) FROM dossier) + (SELECT count(*) FROM "       \
	"person)"                                                              \
	" + (SELECT count(*) FROM intake) + (SELECT count(*) FROM "            \
	"intake_line)"                                                         \
	" + (SELECT count(*) FROM idempotency)"

static const char two[] =
    HEAD "CC-1;Dupr\xe9;\xc9lise;12/05/1980;Meaux;=1+1\r\n"
	 "CC-2;Martin;Jean;1975;Melun;10\r\n";

static void
a_list_opens_its_cases_once(void **state)
{
	FIXTURE(f);
	json_t *j;

	j = taken(f, NOA, two, 1);
	assert_int_equal(number(j, "opened"), 2);
	assert_null(json_object_get(j, "intake"));
	json_decref(j);
	assert_int_equal(rows(f, ALL), 0);
	j = taken(f, NOA, two, 0);
	assert_int_equal(number(j, "lines"), 2);
	assert_int_equal(number(j, "opened"), 2);
	assert_string_equal(
	    json_string_value(json_object_get(j, "rejects")), "");
	json_decref(j);
	assert_int_equal(rows(f, "SELECT count(*) FROM dossier"), 2);
	assert_int_equal(rows(f, "SELECT count(*) FROM person"), 2);
	assert_int_equal(rows(f, "SELECT count(*) FROM intake_line"), 2);
	j = taken(f, CAMILLE, two, 0);
	assert_int_equal(number(j, "opened"), 0);
	assert_int_equal(number(j, "duplicates"), 2);
	assert_non_null(json_object_get(j, "same_as"));
	json_decref(j);
	assert_int_equal(rows(f, "SELECT count(*) FROM dossier"), 2);
	assert_int_equal(rows(f, "SELECT count(*) FROM intake"), 1);
}

static void
households_are_known_by_name_year_and_commune(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		/* the family name first, without accents */
		{ "CC-9;\xc3\x89LISE;dupre;1980;MEAUX;\r\n", "duplicates" },
		{ "CC-9;Dupre;Elise;1981;Meaux;\r\n", "opened" },
		{ "CC-9;Dupre;Elise;1980;Melun;\r\n", "opened" },
		{ "CC-9;Dupre;Elise;;Meaux;\r\n", "rejected" },
		{ "CC-1;Autre;Nom;1990;Provins;\r\n", "duplicates" },
	};
	FIXTURE(f);
	size_t i;

	json_decref(taken(f, NOA, two, 0));
	for (i = 0; i < NELEMS(cases); i++) {
		AUTO(buf_done) struct buf text = { 0 };
		json_t *j;

		assert_int_equal(
		    buf_addf(&text, NULL, HEAD "%s", cases[i].line), 0);
		j = taken(f, NOA, buf_str(&text), 1);
		if (number(j, cases[i].want) != 1)
			fail_msg("%s: not %s", cases[i].line, cases[i].want);
		json_decref(j);
	}
}

/* No oracle: what another team has, this one does not know. */
static void
another_team_is_told_nothing(void **state)
{
	FIXTURE(f);
	json_t *j;

	json_decref(taken(f, NOA, two, 0));
	j = taken(f, SACHA, two, 1);
	assert_int_equal(number(j, "duplicates"), 0);
	assert_int_equal(number(j, "opened"), 2);
	assert_null(json_object_get(j, "same_as"));
	json_decref(j);
}

static void
bad_lines_go_back_with_their_reason(void **state)
{
	static const char text[] = HEAD "CC-1;Bon;A;1980;Meaux;\r\n"
					"CC-2;;A;1980;Meaux;\r\n"
					"CC-3;Faux;A;19x0;Meaux;\r\n"
					"CC-4;Faux;A;2999;Meaux;\r\n"
					"CC-5;Court;A;1980\r\n"
					"CC-6;\"a\nb\";A;1980;Meaux;\r\n"
					"CC-1;Autre;A;1970;Meaux;\r\n"
					"CC-8;Bon;A;;Meaux;=cmd()\r\n";
	static const char *const want[] = { "missing", "birth-year",
		"birth-year", "columns", "characters", "maybe-twice" };
	FIXTURE(f);
	const char *rejects;
	size_t i;
	json_t *j = taken(f, NOA, text, 0);

	assert_int_equal(number(j, "opened"), 1);
	assert_int_equal(number(j, "duplicates"), 1);
	assert_int_equal(number(j, "rejected"), NELEMS(want));
	for (i = 0; i < NELEMS(want); i++)
		assert_string_equal(reason(j, i), want[i]);
	rejects = json_string_value(json_object_get(j, "rejects"));
	assert_non_null(strstr(rejects, ";\"motif\"\r\n"));
	assert_non_null(strstr(rejects, "\"'=cmd()\""));
	assert_null(strstr(rejects, "Autre"));
	/* What came back can be sent again: nothing new in it. */
	json_decref(taken(f, NOA, rejects, 1));
	json_decref(j);
	assert_int_equal(rows(f, "SELECT count(*) FROM dossier"), 1);
}

static void
whole_lists_are_refused_and_leave_nothing(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		const char *tag;
	} cases[] = {
		{ "", 0, "intake-empty" },
		{ HEAD, sizeof(HEAD) - 1, "intake-empty" },
		{ "NOM;X\na;b\n", 10, "intake-column" },
		{ "COMMUNE;COMMUNE\na;b\n", 20, "intake-column-twice" },
		{ "COMMUNE\na\n", 10, "intake-column-missing" },
		{ "a\0b", 3, "csv-nul" },
		{ "a;\"b\n", 5, "csv-quote" },
		{ "\x81\n", 2, "csv-encoding" },
		{ "%PDF-1.7\n%%EOF\n", 15, "intake-type" },
	};
	FIXTURE(f);
	json_t *j;
	size_t i;

	for (i = 0; i < NELEMS(cases); i++) {
		if (run(f, NOA, cases[i].text, cases[i].n, NULL, 0, &j) == 0)
			fail_msg("taken: %s", cases[i].tag);
		assert_string_equal(f->e.tag, cases[i].tag);
	}
	assert_int_equal(rows(f, ALL), 0);
}

static void
who_may_not_is_refused(void **state)
{
	static const enum person no[] = { ADMIN, DIRECTOR, DPO };
	struct intake_request rq = {
		.source = "nulle-part", .upload = "a", .submission = ""
	};
	FIXTURE(f);
	struct caller c = core_fixture_caller(f, NOA);
	json_t *j = NULL;
	size_t i;

	for (i = 0; i < NELEMS(no); i++)
		assert_int_equal(
		    run(f, no[i], two, strlen(two), NULL, 0, &j), -ERR_DENIED);
	assert_int_equal(
	    intake_run(f->core, &c, &rq, &f->object, &j, &f->e), -ERR_REFUSED);
	assert_string_equal(f->e.tag, "intake-source");
	rq.source = "ccapex";
	rq.submission = "b";
	assert_int_equal(
	    intake_run(f->core, &c, &rq, &f->object, &j, &f->e), -ERR_INVALID);
	assert_int_equal(rows(f, ALL), 0);
}

static void
make_list(struct buf *out, int n)
{
	int i;

	assert_int_equal(buf_addstr(out, HEAD, NULL), 0);
	for (i = 0; i < n; i++)
		assert_int_equal(
		    buf_addf(out, NULL, "L-%d;Nom%d;P;1980;Meaux;\r\n", i, i),
		    0);
}

static void
over_quota_is_kept_marked_and_due(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	FIXTURE(f);
	struct caller c = core_fixture_caller(f, NOA);
	json_t *j, *line;
	size_t i, n = 0;

	make_list(&text, 43);
	j = taken(f, NOA, buf_str(&text), 0);
	assert_int_equal(number(j, "opened"), 43);
	assert_int_equal(number(j, "over_quota"), 3);
	json_decref(j);
	assert_int_equal(
	    rows(f, "SELECT sum(over) FROM intake_line WHERE n > 40"), 3);
	assert_int_equal(rows(f, "SELECT sum(over) FROM intake_line"), 3);
	assert_int_equal(
	    rows(f, "SELECT n FROM indicator WHERE code = 'over-quota'"), 3);
	assert_int_equal(due(f->core, &c, 0, &j, &f->e), 0);
	json_array_foreach(json_object_get(j, "due"), i, line) n +=
	    strcmp(json_string_value(json_object_get(line, "what")),
		"intake-over-quota") == 0;
	assert_int_equal(n, 1);
	json_decref(j);
}

static void
the_same_key_gives_the_first_answer(void **state)
{
	FIXTURE(f);
	json_t *a, *b;

	assert_int_equal(run(f, NOA, two, strlen(two), "key", 0, &a), 0);
	assert_int_equal(run(f, NOA, two, strlen(two), "key", 0, &b), 0);
	assert_true(json_is_true(json_object_get(b, "again")));
	assert_int_equal(number(b, "opened"), 2);
	assert_int_equal(number(a, "leaf"), number(b, "leaf"));
	json_decref(a);
	json_decref(b);
	assert_int_equal(rows(f, "SELECT count(*) FROM dossier"), 2);
}

static void
what_a_partner_submitted_is_taken_with_it(void **state)
{
	FIXTURE(f);
	struct caller partner = core_fixture_caller(f, CCAPEX);
	struct caller c = core_fixture_caller(f, NOA);
	char upload[ID_TEXT];
	struct intake_request rq = { .source = "ccapex", .upload = "" };
	json_t *sent = NULL, *j = NULL;

	partner.partner_door = 1;
	core_fixture_send(f, CCAPEX, two, strlen(two), upload);
	assert_int_equal(
	    submission_add(f->core, &partner, upload, &sent, &f->e), 0);
	rq.submission = json_string_value(json_object_get(sent, "submission"));
	rq.dry_run = 1;
	if (intake_run(f->core, &c, &rq, &f->object, &j, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_decref(j);
	assert_int_equal(rows(f, "SELECT count(*) FROM submission"
				 " WHERE state = 'waiting'"),
	    1);
	rq.dry_run = 0;
	if (intake_run(f->core, &c, &rq, &f->object, &j, &f->e) < 0)
		fail_msg("%s", f->e.text);
	assert_int_equal(number(j, "opened"), 2);
	json_decref(j);
	assert_int_equal(rows(f, "SELECT count(*) FROM submission"
				 " WHERE state = 'taken' AND content_key = 0"),
	    1);
	assert_int_equal(
	    intake_run(f->core, &c, &rq, &f->object, &j, &f->e), -ERR_CONFLICT);
	json_decref(sent);
}

static void
set_state(struct core_fixture *f, const char *sql)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;

	assert_int_equal(tx_begin(f->core->catalog, &tx, &f->e), 0);
	assert_int_equal(sql_open(&tx, sql, &q, &f->e), 0);
	assert_int_equal(sql_run(q, &f->e), 0);
	assert_int_equal(tx_commit(&tx, &f->e), 0);
}

/* What came in earlier this year counts, what came in the year before not. */
static void
the_year_has_a_volume_of_its_own(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	char sql[512];
	struct civil_date today;
	int64_t january;
	FIXTURE(f);
	json_t *j;

	today = civil_date(civil_day(core_now(f->core)));
	january = civil_start_ms(civil_days(today.year, 1, 1));
	if (today.month == 1)
		skip();
	for (int i = 0; i < 2; i++) {
		snprintf(sql, sizeof(sql),
		    "INSERT INTO intake VALUES (randomblob(16), 'ccapex', 'x',"
		    " %lld, 478, 478, 0, 0, 0, 0, 0, %d, %d, x'00')",
		    (long long)january - i, 900001 + i, i);
		set_state(f, sql);
	}
	make_list(&text, 5);
	j = taken(f, NOA, buf_str(&text), 1);
	assert_int_equal(number(j, "over_quota"), 3);
	json_decref(j);
}

/* --- who comes back --------------------------------------------------------
 */

static void
close_case(struct core_fixture *f, const char *kase)
{
	struct caller c = core_fixture_caller(f, NOA);
	const struct closing_entry x = { .kase = kase,
		.outcome = "injoignable",
		.closed_on = "",
		.note = "",
		.force = "" };
	json_t *answer = NULL;

	if (closing_enter(f->core, &c, &x, &f->object, &answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
}

static void
first_case(struct core_fixture *f, char kase[ID_TEXT])
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;

	assert_int_equal(tx_read(f->core->catalog, &tx, &f->e), 0);
	assert_int_equal(
	    sql_open(&tx, "SELECT id FROM dossier ORDER BY rowid LIMIT 1", &q,
		&f->e),
	    0);
	assert_int_equal(sql_step(q, &f->e), 1);
	assert_int_equal(sql_get_id(q, 0, &id, &f->e), 0);
	id_format(&id, kase);
}

static size_t
due_reopen(struct core_fixture *f, enum person who)
{
	struct caller c = core_fixture_caller(f, who);
	json_t *j = NULL, *line;
	size_t i, n = 0;

	assert_int_equal(due(f->core, &c, 0, &j, &f->e), 0);
	json_array_foreach(json_object_get(j, "due"), i, line) n +=
	    strcmp(json_string_value(json_object_get(line, "what")),
		"intake-reopen") == 0;
	json_decref(j);
	return n;
}

static const char next_year[] =
    HEAD "CC-77;Dupr\xe9;\xc9lise;12/05/1980;Meaux;0\r\n";

static void
a_household_that_comes_back_lives_again(void **state)
{
	char kase[ID_TEXT];
	FIXTURE(f);
	json_t *j;

	json_decref(taken(f, NOA, two, 0));
	first_case(f, kase);
	close_case(f, kase);
	/* The lead may reopen it: a dry run says so, and does not. */
	j = taken(f, NOA, next_year, 1);
	assert_int_equal(number(j, "opened"), 0);
	assert_int_equal(number(j, "reopened"), 1);
	json_decref(j);
	assert_int_equal(
	    rows(f, "SELECT count(*) FROM dossier WHERE state = 'closed'"), 1);
	j = taken(f, NOA, next_year, 0);
	assert_int_equal(number(j, "reopen"), 1);
	assert_int_equal(number(j, "reopened"), 1);
	json_decref(j);
	assert_int_equal(
	    rows(f, "SELECT count(*) FROM dossier WHERE state = 'open'"), 2);
	assert_int_equal(
	    rows(f, "SELECT count(*) FROM closing WHERE what = 'reopened'"), 1);
	assert_int_equal(due_reopen(f, NOA), 0);
	/* Closed again by somebody: that list asks for nothing any more. */
	close_case(f, kase);
	assert_int_equal(due_reopen(f, NOA), 0);
	/* What is in the archive comes back the same way. */
	set_state(f, "UPDATE dossier SET state = 'archived'"
		     " WHERE state = 'closed'");
	j = taken(f, NOA, next_year, 0);
	assert_int_equal(number(j, "reopened"), 1);
	json_decref(j);
	assert_int_equal(rows(f, "SELECT count(*) FROM dossier"), 2);
}

static void
who_may_not_reopen_leaves_it_to_who_may(void **state)
{
	char kase[ID_TEXT];
	struct caller noa;
	FIXTURE(f);
	json_t *j;

	noa = core_fixture_caller(f, NOA);
	json_decref(taken(f, NOA, two, 0));
	first_case(f, kase);
	close_case(f, kase);
	j = taken(f, CAMILLE, next_year, 0);
	assert_int_equal(number(j, "opened"), 0);
	assert_int_equal(number(j, "reopen"), 1);
	assert_int_equal(number(j, "reopened"), 0);
	json_decref(j);
	assert_int_equal(
	    rows(f, "SELECT count(*) FROM dossier WHERE state = 'open'"), 1);
	assert_int_equal(due_reopen(f, NOA), 1);
	assert_int_equal(due_reopen(f, CAMILLE), 0);
	assert_int_equal(due_reopen(f, SACHA), 0);
	j = NULL;
	assert_int_equal(
	    closing_reopen(f->core, &noa, kase, "liste", &f->object, &j, &f->e),
	    0);
	json_decref(j);
	assert_int_equal(due_reopen(f, NOA), 0);
}

/* Whose use of the data is limited or disputed: no list changes that. */
static void
neither_a_restriction_nor_an_objection_is_passed_by(void **state)
{
	char kase[ID_TEXT];
	struct objecting o = { .kase = kase,
		.channel = "courrier",
		.received_on = "",
		.words = "",
		.person = "" };
	struct caller noa;
	FIXTURE(f);
	json_t *j = NULL;

	noa = core_fixture_caller(f, NOA);
	json_decref(taken(f, NOA, two, 0));
	first_case(f, kase);
	set_state(f, "UPDATE dossier SET state = 'restricted'");
	j = taken(f, NOA, next_year, 0);
	assert_int_equal(number(j, "opened"), 0);
	assert_int_equal(number(j, "duplicates"), 1);
	json_decref(j);
	set_state(f, "UPDATE dossier SET state = 'open'");
	j = NULL;
	if (objection_enter(f->core, &noa, &o, &f->object, &j, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_decref(j);
	close_case(f, kase);
	j = taken(f, NOA, next_year, 0);
	assert_int_equal(number(j, "reopen"), 1);
	assert_int_equal(number(j, "reopened"), 0);
	json_decref(j);
	assert_int_equal(due_reopen(f, NOA), 1);
	assert_int_equal(rows(f, "SELECT count(*) FROM dossier"), 2);
}

static void
two_lines_of_one_case_are_one_household(void **state)
{
	static const char text[] =
	    HEAD "CC-1;Tout;Autre;1990;Provins;\r\n"
		 "CC-78;Dupr\xe9;\xc9lise;1980;Meaux;\r\n";
	char kase[ID_TEXT];
	FIXTURE(f);
	json_t *j;

	json_decref(taken(f, NOA, two, 0));
	first_case(f, kase);
	close_case(f, kase);
	j = taken(f, NOA, text, 0);
	assert_int_equal(number(j, "reopened"), 1);
	assert_int_equal(number(j, "duplicates"), 1);
	json_decref(j);
}

/* A couple is known by either of them; whose year nobody says, is looked at. */
static void
the_other_of_a_couple_is_maybe_known(void **state)
{
	static const char couple[] =
	    "REFERENCE CCAPEX;NOM DU LOCATAIRE;PRENOM DU LOCATAIRE;"
	    "DATE DE NAISSANCE;COMMUNE;NOM DU CO-TITULAIRE;PRENOM DU "
	    "CO-TITULAIRE\r\n"
	    "D-1;Roy;Ana;1980;Meaux;Roy;Max\r\n";
	static const char other[] =
	    HEAD "D-2;Roy;Max;1979;Meaux;\r\nD-3;Roy;Max;1979;Melun;\r\n";
	static const char turned[] =
	    "REFERENCE CCAPEX;NOM DU LOCATAIRE;PRENOM DU LOCATAIRE;"
	    "DATE DE NAISSANCE;COMMUNE;NOM DU CO-TITULAIRE;PRENOM DU "
	    "CO-TITULAIRE\r\n"
	    "D-4;Roy;Max;1979;Meaux;Roy;Ana\r\n"
	    "D-5;Bis;Ada;1970;Meaux;Bis;Ada\r\n";
	FIXTURE(f);
	json_t *j;

	json_decref(taken(f, NOA, couple, 0));
	j = taken(f, NOA, other, 1);
	assert_int_equal(number(j, "opened"), 1);
	assert_string_equal(reason(j, 0), "maybe-known");
	json_decref(j);
	j = taken(f, NOA, turned, 1);
	assert_int_equal(number(j, "opened"), 1);
	assert_string_equal(reason(j, 0), "maybe-known");
	json_decref(j);
}

static void
two_thousand_lines(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	struct timespec a, b;
	FIXTURE(f);
	json_t *j;

	make_list(&text, 2000);
	clock_gettime(CLOCK_MONOTONIC, &a);
	j = taken(f, NOA, buf_str(&text), 0);
	clock_gettime(CLOCK_MONOTONIC, &b);
	assert_int_equal(number(j, "opened"), 2000);
	json_decref(j);
	printf(
	    "2000 lines: %.2f s\n", (double)(b.tv_sec - a.tv_sec) +
					(double)(b.tv_nsec - a.tv_nsec) / 1e9);
	assert_int_equal(rows(f, "SELECT count(*) FROM dossier"), 2000);
}

#define TEST(t)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    t, core_fixture_setup, core_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_list_opens_its_cases_once),
		TEST(households_are_known_by_name_year_and_commune),
		TEST(another_team_is_told_nothing),
		TEST(bad_lines_go_back_with_their_reason),
		TEST(whole_lists_are_refused_and_leave_nothing),
		TEST(who_may_not_is_refused),
		TEST(over_quota_is_kept_marked_and_due),
		TEST(the_same_key_gives_the_first_answer),
		TEST(what_a_partner_submitted_is_taken_with_it),
		TEST(the_year_has_a_volume_of_its_own),
		TEST(a_household_that_comes_back_lives_again),
		TEST(who_may_not_reopen_leaves_it_to_who_may),
		TEST(neither_a_restriction_nor_an_objection_is_passed_by),
		TEST(two_lines_of_one_case_are_one_household),
		TEST(the_other_of_a_couple_is_maybe_known),
		TEST(two_thousand_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
