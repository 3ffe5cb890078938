/*
 * Replays: a candidate over what was really decided, counted exactly, without
 * a byte of content; and the log itself is not changed by it.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/file.h"
#include "daemon/core/explain.h"
#include "tests/unit/core/core_fixture.h"

#define NEED(state)                                                            \
	struct core_fixture *f = *(state);                                     \
	if (f == NULL)                                                         \
	skip()

#define COMMON "00-common.conf"

/* One place of a text changed: the first from behind after. */
static void
edit(struct buf *text, const char *after, const char *from, const char *to)
{
	AUTO(buf_done) struct buf out = { 0 };
	const char *s = buf_str(text), *at = strstr(s, after);

	assert_non_null(at);
	at = strstr(at, from);
	assert_non_null(at);
	assert_int_equal(buf_addf(&out, NULL, "%.*s%s%s", (int)(at - s), s, to,
			     at + strlen(from)),
	    0);
	buf_reset(text);
	assert_int_equal(buf_add(text, out.p, out.len, NULL), 0);
}

static void
rules_text(struct core_fixture *f, struct buf *out)
{
	const struct policy_file *file = policy_file(f->core->policy, COMMON);

	assert_non_null(file);
	assert_int_equal(buf_add(out, file->p, file->n, NULL), 0);
}

static json_t *
files_of(struct buf *text)
{
	return json_pack("[{s:s, s:s}]", "name", COMMON, "text", buf_str(text));
}

/* The rules in force with one place changed, as the API's files. */
static json_t *
candidate(
    struct core_fixture *f, const char *after, const char *from, const char *to)
{
	AUTO(buf_done) struct buf text = { 0 };

	rules_text(f, &text);
	edit(&text, after, from, to);
	return files_of(&text);
}

static int
replay(struct core_fixture *f, enum person who, json_t *files, uint32_t days,
    json_t **answer)
{
	struct caller c = core_fixture_caller(f, who);
	int r = explain_replay(f->core, &c, files, days, answer, &f->e);

	json_decref(files);
	return r;
}

static json_t *
replayed(struct core_fixture *f, json_t *files)
{
	json_t *j = NULL;

	if (replay(f, DPO, files, 1, &j) < 0)
		fail_msg("%s", f->e.text);
	return j;
}

static long long
number(const json_t *j, const char *name)
{
	const json_t *v = json_object_get(j, name);

	assert_true(json_is_integer(v));
	return (long long)json_integer_value(v);
}

static void
assert_counts(
    const json_t *j, long long allowed, long long denied, long long changed)
{
	assert_int_equal(number(j, "newly_allowed_count"), allowed);
	assert_int_equal(number(j, "newly_denied_count"), denied);
	assert_int_equal(number(j, "changed_count"), changed);
	assert_int_equal(number(j, "same") + allowed + denied + changed,
	    number(j, "decisions"));
}

/* A fresh log: only what the test does stands in it. */
static int
fresh(void **state)
{
	return core_fixture_setup(state);
}

static void
show(struct core_fixture *f, enum person who, const char *kase)
{
	struct caller c = core_fixture_caller(f, who);
	struct decision told = { 0 };
	json_t *j = NULL;
	uint64_t leaf;

	c.decided = &told;
	if (case_show(f->core, &c, kase, &f->object, &j, &f->e) < 0)
		core_refusal_leaf(
		    f->core, &c, LEAF_CASE_READ, NULL, &f->e, NULL, &leaf);
	json_decref(j);
}

/* Three reads of one's own, two attempts on another team's. */
static void
some_days_work(struct core_fixture *f)
{
	char kase[ID_TEXT];
	int i;

	core_fixture_case(f, CAMILLE, "Ménage fictif", kase);
	for (i = 0; i < 3; i++)
		show(f, CAMILLE, kase);
	for (i = 0; i < 2; i++)
		show(f, SACHA, kase);
}

static void
the_same_rules_change_nothing(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL;

	NEED(state);
	some_days_work(f);
	j = replayed(f, json_array());
	/* The opening, three reads, two refusals. */
	assert_int_equal(number(j, "decisions"), 6);
	assert_counts(j, 0, 0, 0);
	assert_int_equal(number(j, "unreadable"), 0);
	assert_true(json_is_true(json_object_get(j, "complete")));
}

static void
a_looser_candidate_allows_exactly_more(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const json_t *one;
	size_t i;

	NEED(state);
	some_days_work(f);
	j = replayed(f, candidate(f, "access \"equipe-lecture\"",
			    "scope = own-team", "scope = any"));
	assert_counts(j, 2, 0, 0);
	assert_int_equal(
	    json_array_size(json_object_get(j, "newly_allowed")), 2);
	json_array_foreach(json_object_get(j, "newly_allowed"), i, one)
	{
		assert_string_equal(
		    json_string_value(json_object_get(one, "what")),
		    "case-read");
		assert_string_equal(
		    json_string_value(json_object_get(one, "who")),
		    "sacha.exemple");
		assert_string_equal(
		    json_string_value(json_object_get(one, "rule")),
		    "equipe-lecture");
	}
}

static void
a_tighter_candidate_denies_exactly_more(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL;
	const json_t *one;

	NEED(state);
	some_days_work(f);
	j = replayed(f, candidate(f, "access \"equipe-lecture\"",
			    "roles = { caseworker, lead, jurist }",
			    "roles = { lead, jurist }"));
	assert_counts(j, 0, 4, 0);
	one = json_array_get(json_object_get(j, "newly_denied"), 0);
	assert_string_equal(json_string_value(json_object_get(one, "rule_was")),
	    "equipe-lecture");
	/* Newest first. */
	assert_true(
	    number(one, "leaf") >
	    number(
		json_array_get(json_object_get(j, "newly_denied"), 3), "leaf"));
}

static void
another_rule_or_purpose_is_a_change(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL, *again = NULL;

	NEED(state);
	some_days_work(f);
	j = replayed(
	    f, candidate(f, "access \"equipe-lecture\"",
		   "access \"equipe-lecture\"", "access \"equipe-acces\""));
	assert_counts(j, 0, 0, 4);
	again = replayed(f, candidate(f, "access \"equipe-lecture\"",
				"default-purpose = accompagnement",
				"default-purpose = exercice-des-droits"));
	/* What the DPO replayed is a decision too, and the same. */
	assert_counts(again, 0, 0, 4);
	assert_int_equal(number(again, "decisions"), 7);
}

/* --- disclosures ------------------------------------------------------ */

static void
disclose(struct core_fixture *f, const char *recipient,
    const char *const *agreed, int32_t day, int allowed)
{
	const struct disclosure_adult adult = { .role = "titulaire",
		.consents = agreed };
	struct disclosure_facts facts = { .recipient = recipient,
		.stage = "amont",
		.case_state = "open",
		.consents = agreed,
		.diagnosis = DIAGNOSIS_ACCEPTED,
		.adults = &adult,
		.nadults = 1,
		.day = day };
	struct caller c = core_fixture_caller(f, CAMILLE);
	struct disclosure_decision d;
	json_t *detail;
	uint64_t leaf;

	policy_disclose(f->core->policy, &facts, &d);
	assert_int_equal(d.allowed, allowed);
	detail = json_pack("{s:o}", "disclosure",
	    disclosure_decision_json(f->core, &facts, &d));
	assert_int_equal(core_read_leaf(f->core, &c, LEAF_EXTRACT_PREVIEW, NULL,
			     detail, &leaf, &f->e),
	    0);
	json_decref(detail);
}

static void
disclosures_are_replayed_with_their_fields(void **state)
{
	static const char *const agreed[] = { "partage:caf", NULL };
	static const char *const none[] = { NULL };
	AUTO(json_decrefp) json_t *less = NULL, *wider = NULL, *gone = NULL;
	const json_t *one, *lost;
	int32_t today;

	NEED(state);
	today = civil_day(core_now(f->core));
	disclose(f, "caf", agreed, today, 1);
	disclose(f, "caf", agreed, today, 1);
	disclose(f, "caf", none, today, 0);
	/* Before its law was made. */
	disclose(f, "ccapex", none, 19358, 0);
	less = replayed(
	    f, candidate(f, "disclosure \"caf-aide-logement\"",
		   "	field \"decisions\" { from = \"diagnostic:decisions\" "
		   "}\n",
		   ""));
	assert_counts(less, 0, 0, 2);
	one = json_array_get(json_object_get(less, "changed"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(one, "recipient")), "caf");
	lost = json_object_get(one, "lost");
	assert_int_equal(json_array_size(lost), 1);
	assert_string_equal(
	    json_string_value(json_array_get(lost, 0)), "diagnostic decisions");
	assert_int_equal(json_array_size(json_object_get(one, "gained")), 0);
	wider = replayed(f, candidate(f, "disclosure \"ccapex-amont\"",
				"effective-from = \"2023-07-29\"",
				"effective-from = \"2022-07-29\""));
	assert_counts(wider, 1, 0, 0);
	gone = replayed(f, candidate(f, "disclosure \"caf-aide-logement\"",
			       "events = none", "events = { recevabilite }"));
	assert_counts(gone, 0, 2, 0);
}

/* --- its bounds ------------------------------------------------------- */

static void
a_list_is_bounded_and_a_count_is_not(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL;
	char kase[ID_TEXT];
	int i;

	NEED(state);
	core_fixture_case(f, CAMILLE, "Ménage fictif", kase);
	for (i = 0; i < REPLAY_LIST_MAX + 5; i++)
		show(f, SACHA, kase);
	j = replayed(f, candidate(f, "access \"equipe-lecture\"",
			    "scope = own-team", "scope = any"));
	assert_counts(j, REPLAY_LIST_MAX + 5, 0, 0);
	assert_int_equal(json_array_size(json_object_get(j, "newly_allowed")),
	    REPLAY_LIST_MAX);
}

static void
what_has_expired_is_counted(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL;
	uint32_t months[4];
	size_t n;

	NEED(state);
	some_days_work(f);
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(audit_months(&tx, months, &n, 4, NULL), 0);
		assert_int_equal(audit_expire(&tx, months[n - 1], NULL), 0);
		assert_int_equal(tx_commit(&tx, NULL), 0);
	}
	j = replayed(f, json_array());
	assert_int_equal(number(j, "decisions"), 0);
	assert_true(number(j, "unreadable") >= 6);
}

static void
wrong_files_are_refused(void **state)
{
	static const struct {
		const char *text;
		int code;
		const char *name;
	} rows[] = {
		{ "{}", ERR_INVALID, "files" },
		{ "[1]", ERR_INVALID, "files" },
		{ "[{}]", ERR_INVALID, "files" },
		{ "[{\"name\":\"00-common.conf\"}]", ERR_INVALID, "files" },
		{ "[{\"name\":\"00-common.conf\",\"text\":1}]", ERR_INVALID,
		    "files" },
		{ "[{\"name\":1,\"text\":\"\"}]", ERR_INVALID, "files" },
		{ "[{\"name\":\"a\",\"text\":\"\",\"more\":1}]", ERR_INVALID,
		    "files" },
		{ "[{\"name\":\"10-a.conf\",\"text\":\"\"},"
		  "{\"name\":\"10-a.conf\",\"text\":\"\"}]",
		    ERR_INVALID, "files" },
		{ "[{\"name\":\"../x\",\"text\":\"\"}]", ERR_REFUSED,
		    "policy" },
		{ "[{\"name\":\"00-common.conf\",\"text\":\"nonsense\"}]",
		    ERR_REFUSED, "policy" },
		{ "[{\"name\":\"00-common.conf\",\"text\":null}]", ERR_REFUSED,
		    "policy" },
	};
	json_t *none = NULL;
	size_t i;

	NEED(state);
	for (i = 0; i < NELEMS(rows); i++) {
		int r = replay(f, DPO,
		    json_loads(rows[i].text, JSON_REJECT_DUPLICATES, NULL), 1,
		    &none);

		if (r != -rows[i].code ||
		    strcmp(err_name(&f->e), rows[i].name) != 0)
			fail_msg("row %zu: %d %s: %s", i, r, err_name(&f->e),
			    f->e.text);
	}
	assert_int_equal(replay(f, DPO, json_array(), 0, &none), -ERR_INVALID);
	assert_int_equal(
	    replay(f, DPO, json_array(), REPLAY_DAYS_MAX + 1, &none),
	    -ERR_INVALID);
	assert_null(none);
}

/* Before the candidate is even read. */
static void
only_the_delegate_replays(void **state)
{
	static const enum person who[] = { CAMILLE, NOA, ADMIN, DIRECTOR,
		NOBODY };
	json_t *none = NULL;
	size_t i;

	NEED(state);
	for (i = 0; i < NELEMS(who); i++)
		assert_int_equal(
		    replay(f, who[i], json_null(), 1, &none), -ERR_DENIED);
	assert_null(none);
}

#define TEST(t) cmocka_unit_test_setup_teardown(t, fresh, core_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_same_rules_change_nothing),
		TEST(a_looser_candidate_allows_exactly_more),
		TEST(a_tighter_candidate_denies_exactly_more),
		TEST(another_rule_or_purpose_is_a_change),
		TEST(disclosures_are_replayed_with_their_fields),
		TEST(a_list_is_bounded_and_a_count_is_not),
		TEST(what_has_expired_is_counted),
		TEST(wrong_files_are_refused),
		TEST(only_the_delegate_replays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
