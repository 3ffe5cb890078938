/*
 * Lists of households through the real core: what they open, what they do
 * not, and that a dry run and a refusal leave nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/core/due.h"
#include "daemon/core/intake.h"
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
	assert_int_equal(intake_run(f->core, &c, &rq, &f->object, &j, &f->e),
	    -ERR_NOT_FOUND);
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
		TEST(two_thousand_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
