/*
 * Explanations: what was decided is decided again, bit for bit, by the rules
 * of then; what was changed since is found; what has expired says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/civil.h"
#include "base/sshsig.h"
#include "daemon/core/explain.h"
#include "daemon/core/rules.h"
#include "tests/unit/core/core_fixture.h"

#define NEED(state)                                                            \
	struct core_fixture *f = *(state);                                     \
	if (f == NULL)                                                         \
	skip()

static const char *
text_at(const json_t *j, const char *name)
{
	const char *s = json_string_value(json_object_get(j, name));

	assert_non_null(s);
	return s;
}

static int
explain(struct core_fixture *f, uint64_t leaf, json_t **answer)
{
	struct caller c = core_fixture_caller(f, DPO);

	return explain_leaf(f->core, &c, leaf, answer, &f->e);
}

static json_t *
explained(struct core_fixture *f, uint64_t leaf)
{
	json_t *j = NULL;

	if (explain(f, leaf, &j) < 0)
		fail_msg("leaf %llu: %s", (unsigned long long)leaf, f->e.text);
	return j;
}

static int
is_same(const json_t *j)
{
	return json_is_true(json_object_get(j, "same"));
}

static uint64_t
enter(struct core_fixture *f, json_t *detail)
{
	struct caller c = core_fixture_caller(f, CAMILLE);
	uint64_t leaf;

	assert_int_equal(core_read_leaf(f->core, &c, LEAF_CASE_READ, NULL,
			     detail, &leaf, &f->e),
	    0);
	json_decref(detail);
	return leaf;
}

/* Rules come into force at midnight where the association is. */
static void
a_decision_is_taken_on_the_day_of_paris(void **state)
{
	struct core_fixture *f = *state;
	/* 2026-12-31 at 23:30 UTC: the first of January in Paris. */
	int64_t late = INT64_C(1798759800000);
	struct caller c;
	struct decision d;

	if (f == NULL)
		skip();
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(core_authorize(f->core, &c, OP_CASE_OPEN, NULL, NULL,
			     late, &d, &f->e),
	    0);
	assert_int_equal(d.facts.day, civil_day(late));
	assert_int_equal(d.facts.day, late / 86400000 + 1);
}

/* A decision as it is entered, for sabotage. */
static json_t *
kept_decision(struct core_fixture *f)
{
	struct case_facts kase = {
		.team = "nord", .organisation = "asso", .state = "open"
	};
	struct caller c = core_fixture_caller(f, CAMILLE);
	struct decision d;

	assert_int_equal(core_authorize(f->core, &c, OP_CASE_READ, NULL, &kase,
			     core_now(f->core), &d, &f->e),
	    0);
	return decision_json(f->core, &d);
}

static void
an_allowed_act_is_explained(void **state)
{
	AUTO(json_decrefp) json_t *shown = NULL, *j = NULL;
	char kase[ID_TEXT];
	struct caller c;
	const json_t *rule, *facts;

	NEED(state);
	core_fixture_case(f, CAMILLE, "Ménage fictif", kase);
	c = core_fixture_caller(f, CAMILLE);
	assert_int_equal(
	    case_show(f->core, &c, kase, &f->object, &shown, &f->e), 0);
	j = explained(
	    f, (uint64_t)json_integer_value(json_object_get(shown, "leaf")));
	assert_true(is_same(j));
	assert_string_equal(text_at(j, "class"), "case-read");
	assert_string_equal(text_at(j, "object"), kase);
	assert_string_equal(
	    text_at(json_object_get(j, "actor"), "account"), "camille.exemple");
	rule = json_object_get(j, "rule");
	assert_string_equal(text_at(rule, "name"), "equipe-lecture");
	assert_true(strlen(text_at(rule, "title")) > 0);
	assert_true(strlen(text_at(rule, "source")) > 0);
	facts = json_object_get(j, "facts");
	assert_string_equal(text_at(facts, "op"), "case-read");
	assert_true(json_is_true(json_object_get(facts, "own")));
	assert_int_equal(
	    json_integer_value(json_object_get(j, "generation")), 1);
	assert_true(json_equal(
	    json_object_get(j, "decision"), json_object_get(j, "replayed")));
}

/* Every kind of denial, through the leaf that a refusal has. */
static void
every_denial_is_explained(void **state)
{
	static const struct {
		enum person who;
		enum policy_op op;
		const char *kind, *purpose, *team, *state, *tag;
	} rows[] = {
		{ NOBODY, OP_CASE_READ, NULL, NULL, "nord", "open", "nobody" },
		{ SACHA, OP_CASE_READ, NULL, NULL, "nord", "open",
		    "other-team" },
		{ NOA, OP_DOC_READ, "acte", NULL, "nord", "closed",
		    "purpose-missing" },
		{ CAMILLE, OP_DOC_READ, "acte", "rien", "nord", "open",
		    "purpose-unknown" },
		{ CAMILLE, OP_DOC_READ, "acte", "\xff\xfe", "nord", "open",
		    "purpose-unknown" },
		{ CAMILLE, OP_DOC_READ, "rien", NULL, "nord", "open",
		    "kind-unknown" },
		{ CAMILLE, OP_DOC_READ, "acte", NULL, "nord", "restricted",
		    "case-restricted" },
		{ CAMILLE, OP_AUDIT_READ, NULL, NULL, NULL, NULL, "no-rule" },
		{ ADMIN, OP_DOC_READ, "acte", NULL, "nord", "open", "no-rule" },
		{ DPO, OP_BREAK_GLASS, NULL, NULL, "nord", "open", "step-up" },
	};
	size_t i;

	NEED(state);
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(json_decrefp) json_t *j = NULL;
		struct caller c = core_fixture_caller(f, rows[i].who);
		struct case_facts kase = { .opened_by = 1 };
		struct decision d = { 0 }, told = { 0 };
		const json_t *kept;
		uint64_t leaf;

		assert_int_equal(id_random(&kase.id, NULL), 0);
		c.purpose = rows[i].purpose;
		c.decided = &told;
		if (rows[i].team != NULL) {
			snprintf(
			    kase.team, sizeof(kase.team), "%s", rows[i].team);
			snprintf(kase.organisation, sizeof(kase.organisation),
			    "asso");
			snprintf(kase.state, sizeof(kase.state), "%s",
			    rows[i].state);
		}
		assert_true(
		    core_authorize(f->core, &c, rows[i].op, rows[i].kind,
			rows[i].team != NULL ? &kase : NULL, core_now(f->core),
			&d, &f->e) < 0);
		core_refusal_leaf(
		    f->core, &c, LEAF_REQUEST, NULL, &f->e, NULL, &leaf);
		j = explained(f, leaf);
		if (!is_same(j))
			fail_msg("row %zu is not the same", i);
		kept = json_object_get(j, "decision");
		assert_string_equal(text_at(kept, "denied"), rows[i].tag);
		assert_string_equal(
		    text_at(json_object_get(j, "replayed"), "denied"),
		    rows[i].tag);
	}
}

static json_t *
kept_disclosure(struct core_fixture *f, const struct disclosure_facts *facts)
{
	struct disclosure_decision d;

	policy_disclose(f->core->policy, facts, &d);
	return disclosure_decision_json(f->core, facts, &d);
}

static void
a_disclosure_is_explained(void **state)
{
	static const char *const agreed[] = { "partage:caf", NULL };
	static const char *const none[] = { NULL };
	const struct disclosure_adult adult = { .role = "titulaire",
		.consents = agreed };
	struct disclosure_facts facts = { .recipient = "caf",
		.purpose = "maintien-aide-logement",
		.stage = "amont",
		.case_state = "open",
		.consents = agreed,
		.diagnosis = DIAGNOSIS_ACCEPTED,
		.adults = &adult,
		.nadults = 1 };
	const char *tags[3] = { NULL, "consent-missing", "recipient-unknown" };
	size_t i;

	NEED(state);
	facts.day = civil_day(core_now(f->core));
	for (i = 0; i < 3; i++) {
		AUTO(json_decrefp) json_t *j = NULL;
		const json_t *told, *kept;

		if (i == 1) {
			facts.consents = none;
			facts.nadults = 0;
		}
		if (i == 2)
			facts.recipient = "\xff";
		j = explained(f, enter(f, json_pack("{s:o, s:o}", "disclosure",
					      kept_disclosure(f, &facts),
					      "decision", kept_decision(f))));
		assert_true(is_same(j));
		told = json_object_get(j, "disclosure");
		kept = json_object_get(told, "kept");
		assert_true(
		    json_equal(kept, json_object_get(told, "replayed")));
		assert_int_equal(json_is_true(json_object_get(kept, "allowed")),
		    tags[i] == NULL);
		if (tags[i] != NULL) {
			assert_string_equal(text_at(kept, "tag"), tags[i]);
			continue;
		}
		assert_string_equal(
		    text_at(json_object_get(told, "rule"), "name"),
		    "caf-aide-logement");
		assert_true(strlen(text_at(
				json_object_get(told, "rule"), "source")) > 0);
	}
}

/* Whatever word of it is another than the rules give. */
static void
an_altered_decision_is_not_the_same(void **state)
{
	static const struct {
		const char *member, *value;
	} rows[] = {
		{ "why", "because" },
		{ "rule", "archives" },
		{ "purpose", "preuve-contentieux" },
		{ "denied", "other-team" },
		{ "role", "lead" },
		{ "loan", "conges" },
	};
	static const char *const facts[] = { "role", "team", "account" };
	json_t *kept;
	size_t i;

	NEED(state);
	{
		AUTO(json_decrefp)
		json_t *j = explained(f,
		    enter(f, json_pack("{s:o}", "decision", kept_decision(f))));
		assert_true(is_same(j));
	}
	for (i = 0; i < NELEMS(rows) + NELEMS(facts); i++) {
		AUTO(json_decrefp) json_t *j = NULL;

		kept = kept_decision(f);
		if (i < NELEMS(rows))
			json_object_set_new(
			    kept, rows[i].member, json_string(rows[i].value));
		else
			json_object_set_new(json_object_get(kept, "facts"),
			    facts[i - NELEMS(rows)], json_string("autre"));
		j = explained(
		    f, enter(f, json_pack("{s:o}", "decision", kept)));
		if (is_same(j))
			fail_msg("row %zu passes", i);
	}
	/* The version of the rules, the set, and a flag. */
	for (i = 0; i < 3; i++) {
		AUTO(json_decrefp) json_t *j = NULL;

		kept = kept_decision(f);
		if (i == 0)
			json_object_set_new(kept, "policy", json_integer(7));
		else if (i == 1)
			json_object_set_new(kept, "broken_glass", json_true());
		else
			json_object_set_new(kept, "default", json_false());
		j = explained(
		    f, enter(f, json_pack("{s:o}", "decision", kept)));
		assert_false(is_same(j));
	}
}

static void
facts_that_cannot_be_read_are_damage(void **state)
{
	json_t *kept, *none = NULL;

	NEED(state);
	kept = kept_decision(f);
	json_object_set_new(
	    json_object_get(kept, "facts"), "more", json_true());
	assert_int_equal(
	    explain(f, enter(f, json_pack("{s:o}", "decision", kept)), &none),
	    -ERR_INTEGRITY);
	assert_string_equal(err_name(&f->e), "detail-damaged");
	kept = kept_decision(f);
	json_object_set_new(kept, "generation", json_integer(99));
	assert_int_equal(
	    explain(f, enter(f, json_pack("{s:o}", "decision", kept)), &none),
	    -ERR_INTEGRITY);
	assert_null(none);
}

static void
what_has_no_decision_says_so(void **state)
{
	json_t *none = NULL;
	uint64_t leaf;

	NEED(state);
	leaf = enter(f, json_pack("{s:s}", "reason", "essai"));
	assert_int_equal(explain(f, leaf, &none), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "no-decision");
	assert_int_equal(explain(f, enter(f, NULL), &none), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "no-decision");
	assert_null(none);
}

static void
what_is_not_there_is_not_explained(void **state)
{
	json_t *none = NULL;
	uint64_t leaf;

	NEED(state);
	leaf = enter(f, NULL);
	/* Not the leaf of this very reading, which is the next. */
	assert_int_equal(explain(f, leaf + 1, &none), -ERR_NOT_FOUND);
	assert_int_equal(explain(f, leaf + 50, &none), -ERR_NOT_FOUND);
	assert_int_equal(explain(f, INT64_MAX - 1, &none), -ERR_NOT_FOUND);
	assert_null(none);
}

static void
only_the_delegate_may(void **state)
{
	static const enum person who[] = { CAMILLE, NOA, ADMIN, DIRECTOR, CAF,
		NOBODY };
	json_t *none = NULL;
	struct caller c;
	size_t i;

	NEED(state);
	for (i = 0; i < NELEMS(who); i++) {
		c = core_fixture_caller(f, who[i]);
		assert_int_equal(
		    explain_leaf(f->core, &c, 0, &none, &f->e), -ERR_DENIED);
	}
	assert_null(none);
}

static void
the_reading_has_its_leaf(void **state)
{
	AUTO(json_decrefp) json_t *j = NULL, *list = NULL;
	struct audit_query q = { .klass = LEAF_EXPLAIN, .limit = 1 };
	AUTO(tx_end) struct tx tx = { 0 };
	const json_t *one;
	uint64_t leaf, next;

	NEED(state);
	leaf = enter(f, json_pack("{s:o}", "decision", kept_decision(f)));
	j = explained(f, leaf);
	assert_int_equal(tx_read(f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    audit_read(f->core->audit, &tx, &q, &list, &next, &f->e), 0);
	one = json_array_get(list, 0);
	assert_int_equal(json_integer_value(json_object_get(one, "leaf")),
	    json_integer_value(json_object_get(j, "explained_by")));
	assert_int_equal(json_integer_value(json_object_get(
			     json_object_get(one, "detail"), "explained")),
	    leaf);
}

/* --- other rules ------------------------------------------------------ */

#define COMMON "00-common.conf"

static void
replace(struct buf *text, const char *from, const char *to)
{
	AUTO(buf_done) struct buf out = { 0 };
	const char *s = buf_str(text), *at = strstr(s, from);

	assert_non_null(at);
	assert_int_equal(buf_addf(&out, NULL, "%.*s%s%s", (int)(at - s), s, to,
			     at + strlen(from)),
	    0);
	buf_reset(text);
	assert_int_equal(buf_add(text, out.p, out.len, NULL), 0);
}

/* The same rules, and Camille reads for another purpose by default. */
static void
other_rules(struct core_fixture *f, struct buf *text)
{
	const struct policy_file *now = policy_file(f->core->policy, COMMON);
	char from[40], to[40];

	assert_non_null(now);
	assert_int_equal(buf_add(text, now->p, now->n, NULL), 0);
	snprintf(from, sizeof(from), "\nversion = %u\n",
	    policy_version(f->core->policy));
	snprintf(to, sizeof(to), "\nversion = %u\n",
	    policy_version(f->core->policy) + 1);
	replace(text, from, to);
	replace(text, "default-purpose = accompagnement",
	    "default-purpose = preuve-contentieux");
}

static void
approve(struct core_fixture *f, enum person who, const char *proposal,
    const char *page)
{
	AUTO(buf_done) struct buf sig = { 0 };
	struct caller c = core_fixture_caller(f, who);
	json_t *answer = NULL;
	uint8_t seed[32];

	core_fixture_seed(who, seed);
	assert_int_equal(sshsig_sign(seed, APPROVAL_NAMESPACE, page,
			     strlen(page), &sig, NULL),
	    0);
	if (rules_approve(f->core, &c, proposal, buf_str(&sig), &f->object,
		&answer, &f->e) < 0)
		fail_msg("%s", f->e.text);
	json_decref(answer);
}

static void
put_in_force(struct core_fixture *f, struct buf *text)
{
	AUTO(json_decrefp) json_t *proposed = NULL, *applied = NULL;
	struct policy_file file = { COMMON, buf_str(text), text->len };
	struct rules_candidate candidate = { &file, 1 };
	struct caller c = core_fixture_caller(f, DIRECTOR);
	const char *id;

	if (rules_propose(
		f->core, &c, &candidate, 0, &f->object, &proposed, &f->e) < 0)
		fail_msg("%s", f->e.text);
	id = text_at(proposed, "proposal");
	approve(f, DIRECTOR, id, text_at(proposed, "page"));
	approve(f, JURIST, id, text_at(proposed, "page"));
	if (rules_apply(f->core, &c, id, &f->object, &applied, &f->e) < 0)
		fail_msg("%s", f->e.text);
}

static void
assert_explained(struct core_fixture *f, uint64_t leaf, const char *purpose,
    long long generation)
{
	AUTO(json_decrefp) json_t *j = explained(f, leaf);

	assert_true(is_same(j));
	assert_string_equal(
	    text_at(json_object_get(j, "replayed"), "purpose"), purpose);
	assert_int_equal(
	    json_integer_value(json_object_get(j, "generation")), generation);
}

/* By the rules of then: also after a restart, from the catalog alone. */
static void
an_old_decision_is_explained_by_the_old_rules(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	uint64_t before, after;

	NEED(state);
	before = enter(f, json_pack("{s:o}", "decision", kept_decision(f)));
	other_rules(f, &text);
	put_in_force(f, &text);
	after = enter(f, json_pack("{s:o}", "decision", kept_decision(f)));
	assert_explained(f, before, "accompagnement", 1);
	assert_explained(f, after, "preuve-contentieux", 2);
	core_fixture_close(f);
	core_fixture_open(f);
	assert_explained(f, before, "accompagnement", 1);
	assert_explained(f, after, "preuve-contentieux", 2);
}

/* A bit of what was sealed. */
static void
a_damaged_detail_says_so(void **state)
{
	json_t *none = NULL;
	uint64_t leaf;

	NEED(state);
	leaf = enter(f, json_pack("{s:o}", "decision", kept_decision(f)));
	{
		AUTO(tx_end) struct tx tx = { 0 };
		AUTO(sql_done) struct sql *q = NULL;

		assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(
		    sql_open(&tx,
			"UPDATE detail SET sealed = substr(sealed, 2)"
			" WHERE seq = ?",
			&q, NULL),
		    0);
		assert_int_equal(sql_int(q, 1, (int64_t)leaf, NULL), 0);
		assert_int_equal(sql_run(q, NULL), 0);
		sql_done(&q);
		q = NULL;
		assert_int_equal(tx_commit(&tx, NULL), 0);
	}
	assert_int_equal(explain(f, leaf, &none), -ERR_INTEGRITY);
	assert_string_equal(err_name(&f->e), "detail-damaged");
	assert_null(none);
}

static void
an_expired_month_says_so(void **state)
{
	json_t *none = NULL;
	uint32_t months[4];
	uint64_t leaf;
	size_t n;

	NEED(state);
	leaf = enter(f, json_pack("{s:o}", "decision", kept_decision(f)));
	{
		AUTO(tx_end) struct tx tx = { 0 };

		assert_int_equal(tx_begin(f->core->catalog, &tx, NULL), 0);
		assert_int_equal(audit_months(&tx, months, &n, 4, NULL), 0);
		assert_int_equal(audit_expire(&tx, months[n - 1], NULL), 0);
		assert_int_equal(tx_commit(&tx, NULL), 0);
	}
	assert_int_equal(explain(f, leaf, &none), -ERR_CONFLICT);
	assert_string_equal(err_name(&f->e), "detail-expired");
	assert_null(none);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_allowed_act_is_explained),
		cmocka_unit_test(a_decision_is_taken_on_the_day_of_paris),
		cmocka_unit_test(every_denial_is_explained),
		cmocka_unit_test(a_disclosure_is_explained),
		cmocka_unit_test(an_altered_decision_is_not_the_same),
		cmocka_unit_test(facts_that_cannot_be_read_are_damage),
		cmocka_unit_test(what_has_no_decision_says_so),
		cmocka_unit_test(what_is_not_there_is_not_explained),
		cmocka_unit_test(only_the_delegate_may),
		cmocka_unit_test(the_reading_has_its_leaf),
		cmocka_unit_test(an_old_decision_is_explained_by_the_old_rules),
		cmocka_unit_test(a_damaged_detail_says_so),
		cmocka_unit_test(an_expired_month_says_so),
	};

	return cmocka_run_group_tests(
	    tests, core_fixture_setup, core_fixture_teardown);
}
