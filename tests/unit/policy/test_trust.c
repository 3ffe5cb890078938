/*
 * Whose word counts for which signature: what the rules may say of it, and
 * what they answer. Nothing that is left out makes more people believed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "tests/unit/policy/rules.h"

static const char trusts[] =
    "format = 1\n"
    "trust \"team\" {\n"
    "	title = \"Equipe\"\n"
    "	source = \"s\"\n"
    "	anchors = \"trust/team.pem\"\n"
    "	level = advanced\n"
    "	signers = { titulaire }\n"
    "	kinds = { scan }\n"
    "	time-stamps = false\n"
    "	proof = false\n"
    "	effective-until = \"2026-12-31\"\n"
    "}\n"
    "trust \"clock\" {\n"
    "	title = \"Horloge\" source = \"s\"\n"
    "	anchors = \"anchors.pem\"\n"
    "	level = none signers = { none } kinds = { none }\n"
    "	time-stamps = true proof = false\n"
    "}\n"
    "trust \"all\" {\n"
    "	title = \"Tous\" source = \"s\"\n"
    "	anchors = \"anchors.pem\"\n"
    "	level = qualified signers = { titulaire, structure }\n"
    "	kinds = { any }\n"
    "	time-stamps = false proof = true\n"
    "}\n"
    "signing \"hand\" {\n"
    "	title = \"De sa main\"\n"
    "	source = \"s\"\n"
    "	kinds = { scan }\n"
    "	signers = { titulaire }\n"
    "	levels = { stylus }\n"
    "	effective-from = \"2026-06-01\"\n"
    "}\n";

#define IN_2026 20454 /* 2026-01-01 */
#define IN_JUNE 20605 /* 2026-06-01 */
#define IN_2027 20819 /* 2027-01-01 */

static const struct row {
	const char *from, *to, *problem;
} rows[] = {
	/* What is left out is a problem, each. */
	{ "	level = advanced\n", "",
	    "trust \"team\" does not say its level" },
	{ "	signers = { titulaire }\n	kinds = { scan }\n	time",
	    "	kinds = { scan }\n	time",
	    "trust \"team\" does not say its signers" },
	{ "	kinds = { scan }\n	time", "	time",
	    "trust \"team\" does not say its kinds" },
	{ "	time-stamps = false\n", "",
	    "trust \"team\" does not say its time-stamps" },
	{ "	proof = false\n", "", "trust \"team\" does not say its proof" },
	{ "	anchors = \"trust/team.pem\"\n", "",
	    "trust \"team\" does not say its anchors" },
	{ "	source = \"s\"\n	anchors = \"trust/t",
	    "	anchors = \"trust/t",
	    "trust \"team\" does not say its source" },
	{ "	kinds = { scan }\n	signers", "	signers",
	    "signing \"hand\" does not say its kinds" },
	{ "	signers = { titulaire }\n	levels", "	levels",
	    "signing \"hand\" does not say its signers" },
	{ "	levels = { stylus }\n", "",
	    "signing \"hand\" does not say its levels" },
	/* What makes no sense. */
	{ "level = advanced", "level = stylus",
	    "no certificate stands behind level \"stylus\"" },
	{ "level = advanced", "level = none", "all or none" },
	{ "level = advanced", "level = qualified",
	    "trust \"team\": kind \"scan\" takes no such signer" },
	{ "signers = { titulaire }\n	kinds = { scan }\n	time",
	    "signers = { garant }\n	kinds = { scan }\n	time",
	    "takes no such signer at such a level" },
	{ "signers = { titulaire }\n	kinds = { scan }\n	time",
	    "signers = { nobody }\n	kinds = { scan }\n	time",
	    "unknown word \"nobody\" in signers of trust \"team\"" },
	{ "kinds = { scan }\n	time", "kinds = { wrong }\n	time",
	    "unknown kind \"wrong\" in trust \"team\"" },
	{ "trust/team.pem", "/etc/ssl/ca.pem", "trust/NAME.pem" },
	{ "trust/team.pem", "trust/../a.pem", "trust/NAME.pem" },
	{ "trust/team.pem", "trust/.pem", "trust/NAME.pem" },
	{ "trust/team.pem", "people.conf", "trust/NAME.pem" },
	{ "time-stamps = true", "time-stamps = false",
	    "trust \"clock\" vouches for nothing" },
	{ "time-stamps = true proof = false", "time-stamps = true proof = true",
	    "it asks for no proof" },
	{ "levels = { stylus }", "levels = { oral-witnessed }",
	    "signing \"hand\": kind \"scan\" takes no such signer" },
	{ "levels = { stylus }", "levels = { thumb }",
	    "unknown word \"thumb\" in levels of signing \"hand\"" },
};

static void
put(struct rules *r, const char *text)
{
	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, "people.conf", rules_people);
	rules_put(r, "50-trust.conf", text);
}

static void
good(struct rules *r)
{
	put(r, trusts);
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
}

static void
what_is_wrong_is_told(void **state)
{
	struct rules *r = *state;
	size_t i;
	int line;

	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf text = { 0 };

		rules_edit(trusts, rows[i].from, rows[i].to, &text, &line);
		put(r, buf_str(&text));
		assert_int_equal(rules_load(r), -ERR_INVALID);
		if (strstr(buf_str(&r->problems), rows[i].problem) == NULL)
			fail_msg("\"%s\" is not in\n%s", rows[i].problem,
			    buf_str(&r->problems));
	}
}

static void
certificates_that_no_rule_names_are_a_slip(void **state)
{
	struct rules *r = *state;

	good(r);
	rules_put(r, "trust/team.pem", "x");
	assert_int_equal(rules_load(r), 0);
	rules_put(r, "trust/other.pem", "x");
	assert_int_equal(rules_load(r), -ERR_INVALID);
	assert_non_null(
	    strstr(buf_str(&r->problems), "no trust names these certificates"));
	rules_remove(r, "trust/other.pem");
	assert_int_equal(rules_load(r), 0);
}

static const struct policy_trust *
named(const struct policy *p, const char *name)
{
	const struct policy_trust *t;
	size_t i, n = policy_trusts(p, &t);

	for (i = 0; i < n; i++)
		if (strcmp(t[i].name, name) == 0)
			return &t[i];
	fail_msg("no trust %s", name);
	return NULL;
}

static void
it_counts_for_its_signer_and_its_kind_in_its_time(void **state)
{
	static const struct {
		const char *trust, *kind, *signer;
		int32_t day;
		int counts;
	} asked[] = {
		{ "team", "scan", "titulaire", IN_2026, 1 },
		{ "team", "scan", "", IN_2026, 1 },
		{ "team", "scan", "structure", IN_2026, 0 },
		{ "team", "note", "titulaire", IN_2026, 0 },
		{ "team", "", "", IN_2026, 0 },
		{ "team", "scan", "titulaire", IN_2027, 0 },
		{ "all", "scan", "structure", IN_2027, 1 },
		{ "all", "scan", "garant", IN_2027, 0 },
		/* Of a kind that says nothing of who signs. */
		{ "all", "note", "", IN_2026, 1 },
		/* Time stamps are no signatures. */
		{ "clock", "scan", "titulaire", IN_2026, 0 },
		{ "clock", "scan", "", IN_2026, 0 },
	};
	struct rules *r = *state;
	size_t i;

	good(r);
	for (i = 0; i < NELEMS(asked); i++)
		if (policy_trust_counts(r->p, named(r->p, asked[i].trust),
			asked[i].kind, asked[i].signer,
			asked[i].day) != asked[i].counts)
			fail_msg("row %zu", i);
	assert_true(named(r->p, "clock")->time_stamps);
	assert_true(named(r->p, "all")->proof);
}

static void
a_level_is_accepted_of_each_signer_apart(void **state)
{
	struct rules *r = *state;
	const struct policy_kind *k;

	good(r);
	k = policy_kind(r->p, "scan");
	assert_true(policy_level_is_accepted(
	    r->p, k, "titulaire", "advanced", IN_JUNE - 1));
	assert_false(policy_level_is_accepted(
	    r->p, k, "titulaire", "advanced", IN_JUNE));
	assert_true(
	    policy_level_is_accepted(r->p, k, "titulaire", "stylus", IN_JUNE));
	assert_true(policy_level_is_accepted(
	    r->p, k, "structure", "advanced", IN_JUNE));
	assert_false(policy_level_is_accepted(
	    r->p, k, "structure", "qualified", IN_JUNE));
}

static void
without_any_there_is_none(void **state)
{
	const struct policy_trust *t;
	struct rules *r = *state;

	rules_put(r, "00-common.conf", rules_small);
	assert_int_equal(rules_load(r), 0);
	assert_int_equal(policy_trusts(r->p, &t), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rules_setup, rules_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_is_wrong_is_told),
		TEST(certificates_that_no_rule_names_are_a_slip),
		TEST(it_counts_for_its_signer_and_its_kind_in_its_time),
		TEST(a_level_is_accepted_of_each_signer_apart),
		TEST(without_any_there_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
