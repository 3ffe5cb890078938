/*
 * The report for a breach: what an account, a key or a machine could reach,
 * by the rules; what it did, by the log; what the log no longer tells; the
 * hours, which run until somebody says what came of it. And nothing of a
 * case in it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/sshsig.h"
#include "base/text.h"
#include "daemon/core/breach_report.h"
#include "daemon/core/due.h"
#include "daemon/core/indicator.h"
#include "tests/unit/core/extract_scene.h"

#define DAY_MS INT64_C(86400000)
#define NAME "Canaribreton"

#define NEED(state)                                                            \
	struct world *w = *(state);                                            \
	if (w == NULL)                                                         \
	skip()

struct world {
	struct scene s;	     /* of team nord, with a diagnosis and a consent */
	char quiet[ID_TEXT]; /* of team nord: an address that is secret */
	char sud[ID_TEXT];   /* of team sud, with one paper */
	char paper[ID_TEXT], since[TIME_TEXT];
};

static void
file_paper(struct world *w, enum person who, const char *kase, char out[27])
{
	AUTO(buf_done) struct buf pdf = { 0 };
	AUTO(json_decrefp) json_t *answer = NULL;

	core_fixture_pdf(&pdf, kase, 2000);
	if (core_fixture_file(w->s.f, who, kase, "piece", pdf.p, pdf.len, "",
		NULL, &answer) < 0)
		fail_msg("%s", w->s.f->e.text);
	snprintf(out, ID_TEXT, "%s",
	    json_string_value(json_object_get(answer, "document")));
}

static void
add_secret_person(struct world *w)
{
	struct case_person p = {
		.role = "titulaire",
		.name = NAME,
		.confidential_address = 1,
	};
	AUTO(json_decrefp) json_t *answer = NULL;

	assert_int_equal(person_add(w->s.f->core, &w->s.camille, w->quiet, &p,
			     &w->s.f->object, &answer, &w->s.f->e),
	    0);
}

static int
setup(void **state)
{
	struct world *w;
	char sud_paper[ID_TEXT];

	assert_int_equal(extract_setup(state), 0);
	if (*state == NULL)
		return 0;
	w = calloc(1, sizeof(*w));
	assert_non_null(w);
	scene_init(&w->s, *state);
	time_format(core_now(w->s.f->core) - DAY_MS, w->since);
	core_fixture_case(w->s.f, CAMILLE, NAME, w->quiet);
	add_secret_person(w);
	core_fixture_case(w->s.f, SACHA, NAME, w->sud);
	file_paper(w, SACHA, w->sud, sud_paper);
	file_paper(w, CAMILLE, w->quiet, w->paper);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;
	void *fixture;
	int r;

	if (w == NULL)
		return 0;
	fixture = w->s.f;
	r = core_fixture_teardown(&fixture);
	free(w);
	return r;
}

static const char *
account(struct world *w, enum person who)
{
	static char names[NOBODY + 1][64];

	snprintf(names[who], sizeof(names[who]), "%s",
	    core_fixture_caller(w->s.f, who).actor.account);
	return names[who];
}

static struct breach_asking
asking(struct world *w, const char *name)
{
	return (struct breach_asking){
		.accounts = { name },
		.key = "",
		.host = "",
		.since = w->since,
		.until = "",
		.known = "",
		.no_clock = 1,
	};
}

static int
ask(struct world *w, enum person who, const struct breach_asking *a,
    json_t **answer)
{
	struct caller c = core_fixture_caller(w->s.f, who);

	return breach_report(w->s.f->core, &c, a, answer, &w->s.f->e);
}

static json_t *
report(struct world *w, const struct breach_asking *a)
{
	json_t *answer = NULL;

	if (ask(w, DPO, a, &answer) < 0)
		fail_msg("%s", w->s.f->e.text);
	return answer;
}

static void
refused(struct world *w, const struct breach_asking *a, enum err_code code,
    const char *tag)
{
	json_t *answer = NULL;

	assert_int_equal(ask(w, DPO, a, &answer), -(int)code);
	assert_string_equal(w->s.f->e.tag, tag);
	assert_null(answer);
}

static long long
number(const json_t *j, const char *part, const char *member)
{
	const json_t *v = json_object_get(json_object_get(j, part), member);

	if (!json_is_integer(v))
		fail_msg("%s.%s", part, member);
	return json_integer_value(v);
}

static void
expect(const json_t *j, const char *part, const char *member, long long n)
{
	if (number(j, part, member) != n)
		fail_msg("%s.%s is %lld, not %lld", part, member,
		    number(j, part, member), n);
}

/* --- numbers -------------------------------------------------------------- */

static void
what_could_be_seen_is_of_their_team(void **state)
{
	struct breach_asking a;
	AUTO(json_decrefp) json_t *camille = NULL, *sacha = NULL, *ada = NULL;
	NEED(state);

	a = asking(w, account(w, CAMILLE));
	camille = report(w, &a);
	expect(camille, "could", "cases", 2);
	expect(camille, "could", "confidential", 1);
	expect(camille, "could", "confidential_cases", 1);
	assert_true(number(camille, "could", "sensitive") >= 1);
	a = asking(w, account(w, SACHA));
	sacha = report(w, &a);
	expect(sacha, "could", "cases", 1);
	expect(sacha, "could", "documents", 1);
	expect(sacha, "could", "confidential", 0);
	a = asking(w, account(w, ADMIN));
	ada = report(w, &a);
	expect(ada, "could", "cases", 0);
	expect(ada, "could", "documents", 0);
}

static void
what_was_seen_is_by_the_log(void **state)
{
	AUTO(buf_done) struct buf got = { 0 };
	AUTO(json_decrefp) json_t *before = NULL, *after = NULL;
	struct breach_asking a;
	NEED(state);

	a = asking(w, account(w, NOA));
	before = report(w, &a);
	expect(before, "seen", "cases", 0);
	expect(before, "seen", "contents", 0);
	assert_int_equal(
	    core_fixture_get(w->s.f, NOA, w->paper, 0, 0, &got), 0);
	buf_reset(&got);
	assert_int_equal(
	    core_fixture_get(w->s.f, NOA, w->paper, 0, 0, &got), 0);
	assert_int_not_equal(
	    core_fixture_get(w->s.f, SACHA, w->paper, 0, 0, &got), 0);
	after = report(w, &a);
	expect(after, "seen", "cases", 1);
	expect(after, "seen", "documents", 1);
	expect(after, "seen", "contents", 2);
	expect(after, "seen", "confidential", 1);
	expect(after, "seen", "changes", 0);
	/* Of two accounts, what both did; the attempts of one were refused. */
	a.accounts[1] = account(w, CAMILLE);
	json_decref(before);
	before = report(w, &a);
	expect(before, "seen", "cases", 2);
	assert_true(number(before, "seen", "changes") > 0);
}

static void
the_period_is_what_counts(void **state)
{
	AUTO(json_decrefp) json_t *before = NULL;
	char long_ago[TIME_TEXT];
	struct breach_asking a;
	NEED(state);

	time_format(core_now(w->s.f->core) - 3 * DAY_MS, long_ago);
	a = asking(w, account(w, NOA));
	a.since = long_ago;
	a.until = w->since;
	before = report(w, &a);
	expect(before, "could", "cases", 0);
	expect(before, "could", "documents", 0);
	expect(before, "log", "leaves", 0);
	a.until = long_ago;
	refused(w, &a, ERR_INVALID, "period");
	a.until = "hier";
	refused(w, &a, ERR_INVALID, "instant");
}

static void
nothing_of_a_case_is_in_it(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(mem_freep) char *text = NULL;
	AUTO(buf_done) struct buf got = { 0 };
	struct breach_asking a;
	NEED(state);

	assert_int_equal(
	    core_fixture_get(w->s.f, NOA, w->paper, 0, 0, &got), 0);
	a = asking(w, account(w, NOA));
	j = report(w, &a);
	text = json_dumps(j, 0);
	assert_non_null(text);
	assert_null(strstr(text, NAME));
	assert_null(strstr(text, w->quiet));
	assert_null(strstr(text, w->s.kase));
	assert_null(strstr(text, w->paper));
	assert_true(json_is_null(
	    json_object_get(json_object_get(j, "article_33"), "consequences")));
	assert_true(json_is_null(
	    json_object_get(json_object_get(j, "article_34"), "high_risk")));
}

/* The month's key is gone, and with it who did what. */
static void
what_the_log_no_longer_tells_is_said(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL;
	AUTO(buf_done) struct buf got = { 0 };
	int64_t now;
	struct breach_asking a;
	NEED(state);

	assert_int_equal(
	    core_fixture_get(w->s.f, NOA, w->paper, 0, 0, &got), 0);
	now = core_now(w->s.f->core);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(
		    tx_begin(w->s.f->core->catalog, &tx, &w->s.f->e), 0);
		assert_int_equal(
		    audit_expire(
			&tx, (uint32_t)indicator_month(now), &w->s.f->e),
		    0);
		assert_int_equal(tx_commit(&tx, &w->s.f->e), 0);
	}
	a = asking(w, account(w, NOA));
	j = report(w, &a);
	assert_true(number(j, "log", "expired") > 0);
	expect(j, "seen", "contents", 0);
	expect(j, "seen", "cases", 0);
	/* What was within reach is known still. */
	expect(j, "could", "cases", 3);
}

/* --- whose ---------------------------------------------------------------- */

static void
a_subject_is_one_that_the_rules_know(void **state)
{
	struct breach_asking a;
	NEED(state);

	a = asking(w, NULL);
	refused(w, &a, ERR_INVALID, "breach-subject");
	a = asking(w, "nul.exemple");
	refused(w, &a, ERR_REFUSED, "breach-subject");
	a = asking(w, account(w, NOA));
	a.key = "SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
	refused(w, &a, ERR_INVALID, "breach-subject");
	a.accounts[0] = NULL;
	refused(w, &a, ERR_REFUSED, "breach-subject");
	a.key = "";
	a.host = "poste-3";
	refused(w, &a, ERR_REFUSED, "breach-host");
	a.host = BREACH_VAULT_HOST;
	a.accounts[0] = account(w, NOA);
	refused(w, &a, ERR_INVALID, "breach-subject");
}

static void
a_machine_reaches_what_its_accounts_reach(void **state)
{
	AUTO(json_decrefp) json_t *desk = NULL, *vault = NULL;
	struct breach_asking a;
	NEED(state);

	a = asking(w, account(w, SACHA));
	a.host = "poste-3";
	desk = report(w, &a);
	expect(desk, "could", "cases", 1);
	a.accounts[0] = NULL;
	a.host = BREACH_VAULT_HOST;
	vault = report(w, &a);
	expect(vault, "could", "cases", 3);
	assert_true(json_is_true(
	    json_object_get(json_object_get(vault, "could"), "everything")));
	/* Everybody's acts: it is where they are done. */
	assert_true(number(vault, "seen", "cases") == 3);
}

static void
a_key_is_its_owners(void **state)
{
	uint8_t seed[32], pub[32];
	AUTO(buf_done) struct buf line = { 0 }, blob = { 0 };
	AUTO(json_decrefp) json_t *j = NULL;
	struct breach_asking a;
	char print[64];
	NEED(state);

	core_fixture_seed(JURIST, seed);
	assert_int_equal(ed25519_public(seed, pub, NULL), 0);
	assert_int_equal(ssh_public_line(pub, "x", &line, NULL), 0);
	line.len = strcspn(buf_str(&line), "\n");
	assert_int_equal(ssh_public_parse(buf_str(&line), &blob, NULL), 0);
	assert_int_equal(ssh_fingerprint(blob.p, blob.len, print, NULL), 0);
	a = asking(w, NULL);
	a.key = print;
	j = report(w, &a);
	assert_string_equal(json_string_value(json_object_get(
				json_object_get(j, "subject"), "owner")),
	    account(w, JURIST));
	expect(j, "could", "cases", 3);
}

static void
a_partner_reaches_its_extracts_and_no_more(void **state)
{
	AUTO(json_decrefp) json_t *before = NULL, *after = NULL;
	AUTO(buf_done) struct buf got = { 0 };
	char consent[ID_TEXT], extract[ID_TEXT];
	struct breach_asking a;
	json_t *list;
	NEED(state);

	a = asking(w, account(w, CAF));
	before = report(w, &a);
	expect(before, "could", "cases", 0);
	assert_int_equal(scene_give(&w->s, "partage:caf", NULL, consent), 0);
	assert_int_equal(
	    scene_extract(&w->s, "caf", "maintien-aide-logement", extract), 0);
	assert_int_equal(scene_pull(&w->s, &w->s.caf, extract, &got), 0);
	after = report(w, &a);
	expect(after, "could", "cases", 1);
	expect(after, "could", "extracts", 1);
	expect(after, "could", "documents", 1);
	expect(after, "could", "confidential", 0);
	expect(after, "seen", "contents", 1);
	list = json_object_get(after, "recipients");
	assert_int_equal(json_array_size(list), 1);
	assert_string_equal(json_string_value(json_object_get(
				json_array_get(list, 0), "recipient")),
	    "caf");
	/* The caseworker's cases: who received something of them. */
	json_decref(before);
	a = asking(w, account(w, CAMILLE));
	before = report(w, &a);
	assert_int_equal(
	    json_array_size(json_object_get(before, "recipients")), 1);
	/* Not of another team's. */
	json_decref(before);
	a = asking(w, account(w, SACHA));
	before = report(w, &a);
	assert_int_equal(
	    json_array_size(json_object_get(before, "recipients")), 0);
}

/* Who may make a person's copy reads by it what no other rule opens. */
static void
a_copy_for_the_person_is_within_reach(void **state)
{
	AUTO(json_decrefp) json_t *director = NULL, *all = NULL;
	struct breach_asking a;
	NEED(state);

	a = asking(w, account(w, DIRECTOR));
	director = report(w, &a);
	a = asking(w, NULL);
	a.host = BREACH_VAULT_HOST;
	all = report(w, &a);
	assert_int_equal(
	    json_integer_value(json_object_get(
		json_object_get(director, "article_33"), "records")),
	    json_integer_value(json_object_get(
		json_object_get(all, "article_33"), "records")));
}

static void
only_the_dpo_and_the_director_get_it(void **state)
{
	static const enum person no[] = { CAMILLE, NOA, SACHA, ADMIN, JURIST,
		CAF, NOBODY };
	AUTO(json_decrefp) json_t *answer = NULL;
	struct breach_asking a;
	json_t *none = NULL;
	size_t i;
	NEED(state);

	a = asking(w, account(w, NOA));
	for (i = 0; i < NELEMS(no); i++) {
		assert_int_equal(ask(w, no[i], &a, &none), -ERR_DENIED);
		assert_null(none);
	}
	assert_int_equal(ask(w, DIRECTOR, &a, &answer), 0);
}

/* --- the hours ------------------------------------------------------------ */

static int
due_lines(struct world *w, enum person who, const char *id)
{
	struct caller c = core_fixture_caller(w->s.f, who);
	AUTO(json_decrefp) json_t *answer = NULL;
	const char *object;
	json_t *line;
	size_t i;
	int n = 0;

	if (due(w->s.f->core, &c, 0, &answer, &w->s.f->e) < 0)
		return 0;
	json_array_foreach(json_object_get(answer, "due"), i, line)
	{
		object = json_string_value(json_object_get(line, "object"));
		n += strcmp(json_string_value(json_object_get(line, "what")),
			 "breach") == 0 &&
		     object != NULL && strcmp(object, id) == 0;
	}
	return n;
}

static void
open_clock(struct world *w, const char *known, char id[ID_TEXT],
    char known_at[TIME_TEXT])
{
	struct breach_asking a = asking(w, account(w, SACHA));
	AUTO(json_decrefp) json_t *j = NULL;
	json_t *clock;

	a.no_clock = 0;
	a.known = known;
	j = report(w, &a);
	clock = json_object_get(j, "clock");
	snprintf(id, ID_TEXT, "%s",
	    json_string_value(json_object_get(clock, "breach")));
	snprintf(known_at, TIME_TEXT, "%s",
	    json_string_value(json_object_get(clock, "known_at")));
}

static int
settle(struct world *w, enum person who, const char *id, const char *outcome,
    const char *note)
{
	struct caller c = core_fixture_caller(w->s.f, who);
	AUTO(json_decrefp) json_t *answer = NULL;

	return breach_settle(w->s.f->core, &c, id, outcome, note,
	    &w->s.f->object, &answer, &w->s.f->e);
}

static void
the_hours_run_until_somebody_says_what_came_of_it(void **state)
{
	char id[ID_TEXT], again[ID_TEXT], at[TIME_TEXT], before[TIME_TEXT],
	    earlier[TIME_TEXT], later[TIME_TEXT];
	int64_t known, due_at;
	struct breach_asking a;
	AUTO(json_decrefp) json_t *j = NULL;
	NEED(state);

	time_format(core_now(w->s.f->core) - 2 * DAY_MS, earlier);
	time_format(core_now(w->s.f->core) + DAY_MS, later);
	open_clock(w, "", id, before);
	assert_int_equal(due_lines(w, DPO, id), 1);
	assert_int_equal(due_lines(w, DIRECTOR, id), 1);
	assert_int_equal(due_lines(w, NOA, id), 0);
	assert_int_equal(due_lines(w, CAMILLE, id), 0);
	/* The same again goes on; what was known sooner counts, not later. */
	open_clock(w, "", again, at);
	assert_string_equal(again, id);
	assert_string_equal(at, before);
	open_clock(w, earlier, again, at);
	assert_string_equal(again, id);
	assert_string_equal(at, earlier);
	open_clock(w, "", again, at);
	assert_string_equal(at, earlier);
	assert_int_equal(due_lines(w, DPO, id), 1);
	/* 72 hours. */
	a = asking(w, account(w, SACHA));
	a.no_clock = 0;
	j = report(w, &a);
	assert_int_equal(time_parse(earlier, &known, NULL), 0);
	assert_int_equal(time_parse(json_string_value(json_object_get(
					json_object_get(j, "clock"), "due_at")),
			     &due_at, NULL),
	    0);
	assert_true(due_at - known == 3 * DAY_MS);
	a.known = later;
	refused(w, &a, ERR_REFUSED, "breach-known");
	/* Said, with a reason, by who may. */
	assert_int_equal(settle(w, DPO, id, "", "rien à dire"), -ERR_INVALID);
	assert_string_equal(w->s.f->e.tag, "breach-outcome");
	assert_int_equal(
	    settle(w, DPO, id, "oubliée", "rien à dire"), -ERR_INVALID);
	assert_int_equal(settle(w, DPO, id, "no-risk", ""), -ERR_INVALID);
	assert_int_equal(settle(w, CAMILLE, id, "no-risk", "moi"), -ERR_DENIED);
	assert_int_equal(due_lines(w, DPO, id), 1);
	assert_int_equal(settle(w, DPO, id, "notified", "CNIL, dossier 1"), 0);
	assert_int_equal(due_lines(w, DPO, id), 0);
	assert_int_equal(
	    settle(w, DPO, id, "no-risk", "encore"), -ERR_CONFLICT);
	/* Another time, other hours. */
	open_clock(w, "", again, at);
	assert_string_not_equal(again, id);
}

static void
a_look_opens_no_hours(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL, *list = NULL;
	struct caller dpo;
	struct breach_asking a;
	NEED(state);

	a = asking(w, account(w, SACHA));
	j = report(w, &a);
	assert_true(json_is_null(json_object_get(j, "clock")));
	dpo = core_fixture_caller(w->s.f, DPO);
	assert_int_equal(breach_list(w->s.f->core, &dpo, &list, &w->s.f->e), 0);
	assert_int_equal(json_array_size(json_object_get(list, "breaches")), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_could_be_seen_is_of_their_team),
		TEST(what_was_seen_is_by_the_log),
		TEST(the_period_is_what_counts),
		TEST(nothing_of_a_case_is_in_it),
		TEST(what_the_log_no_longer_tells_is_said),
		TEST(a_subject_is_one_that_the_rules_know),
		TEST(a_machine_reaches_what_its_accounts_reach),
		TEST(a_key_is_its_owners),
		TEST(a_partner_reaches_its_extracts_and_no_more),
		TEST(only_the_dpo_and_the_director_get_it),
		TEST(a_copy_for_the_person_is_within_reach),
		TEST(the_hours_run_until_somebody_says_what_came_of_it),
		TEST(a_look_opens_no_hours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
