/*
 * The key of somebody who approves is lost: another approver and as many
 * custodians as the rules ask for replace it, and nothing else so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/attest.h"
#include "daemon/core/rules.h"
#include "daemon/core/tables.h"
#include "tests/unit/core/core_fixture.h"

#define PEOPLE "people.conf"
#define HOUR_MS INT64_C(3600000)

struct scene {
	struct core_fixture *f;
	char proposal[ID_TEXT];
	char *page;
	struct buf people;
};

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	void *f = NULL;

	assert_non_null(s);
	*state = NULL;
	if (core_fixture_setup(&f) < 0 || f == NULL) {
		free(s);
		return 0;
	}
	s->f = f;
	*state = s;
	return 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;
	void *f;

	if (s == NULL)
		return 0;
	f = s->f;
	free(s->page);
	buf_done(&s->people);
	free(s);
	return core_fixture_teardown(&f);
}

#define SCENE(s)                                                               \
	struct scene *s = *state;                                              \
	if (s == NULL)                                                         \
	skip()

/* The public key line of a seed, as people.conf holds it. */
static void
key_line(const uint8_t seed[32], struct buf *out)
{
	uint8_t pub[32];

	assert_int_equal(ed25519_public(seed, pub, NULL), 0);
	assert_int_equal(ssh_public_line(pub, "x", out, NULL), 0);
	out->len = strcspn(buf_str(out), "\n");
}

static void
replace(struct scene *s, const char *from, const char *to)
{
	AUTO(buf_done) struct buf new = { 0 };
	const char *text = buf_str(&s->people), *at = strstr(text, from);

	assert_non_null(at);
	assert_int_equal(buf_add(&new, text, (size_t)(at - text), NULL), 0);
	assert_int_equal(
	    buf_addf(&new, NULL, "%s%s", to, at + strlen(from)), 0);
	buf_done(&s->people);
	s->people = new;
	memset(&new, 0, sizeof(new));
}

static void
take_people(struct scene *s)
{
	const struct policy_file *f = policy_file(s->f->core->policy, PEOPLE);

	assert_non_null(f);
	buf_done(&s->people);
	assert_int_equal(buf_add(&s->people, f->p, f->n, NULL), 0);
}

static void
other_key(struct scene *s, enum person who)
{
	AUTO(buf_done) struct buf was = { 0 }, is = { 0 };
	uint8_t seed[32], other[32];

	core_fixture_seed(who, seed);
	memset(other, 0x77, sizeof(other));
	key_line(seed, &was);
	key_line(other, &is);
	replace(s, buf_str(&was), buf_str(&is));
}

static void
propose(struct scene *s)
{
	struct caller c = core_fixture_caller(s->f, DIRECTOR);
	struct policy_file file = { PEOPLE, buf_str(&s->people),
		s->people.len };
	struct rules_candidate candidate = { &file, 1 };
	json_t *a = NULL;

	if (rules_propose(
		s->f->core, &c, &candidate, 0, &s->f->object, &a, &s->f->e) < 0)
		fail_msg("%s: %s", err_name(&s->f->e), s->f->e.text);
	snprintf(s->proposal, sizeof(s->proposal), "%s",
	    json_string_value(json_object_get(a, "proposal")));
	free(s->page);
	s->page = strdup(json_string_value(json_object_get(a, "page")));
	json_decref(a);
}

static void
sign(struct scene *s, enum person who)
{
	struct caller c = core_fixture_caller(s->f, DIRECTOR);
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *a = NULL;
	uint8_t seed[32];

	core_fixture_seed(who, seed);
	assert_int_equal(sshsig_sign(seed, APPROVAL_NAMESPACE, s->page,
			     strlen(s->page), &sig, NULL),
	    0);
	if (rules_approve(s->f->core, &c, s->proposal, buf_str(&sig),
		&s->f->object, &a, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	json_decref(a);
}

static int
apply(struct scene *s)
{
	struct caller c = core_fixture_caller(s->f, DIRECTOR);
	json_t *a = NULL;
	int r;

	r = rules_apply(
	    s->f->core, &c, s->proposal, &s->f->object, &a, &s->f->e);
	json_decref(a);
	return r;
}

struct ceremony {
	struct core *core;
	uint8_t page[32];
	struct actor custodian;
	int64_t earlier_ms;
};

static int
apply_ceremony(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct ceremony *c = arg;
	struct audit_entry en = { .klass = LEAF_KEY_CEREMONY,
		.actor = &c->custodian };
	uint64_t leaf;
	int r;

	if ((r = audit_append(tx, c->core->audit, &en, now_ms, &leaf, e)) < 0)
		return r;
	return attest_enter(tx, c->page, &c->custodian,
	    audit_time(c->core->audit, now_ms) - c->earlier_ms, leaf, e);
}

/* As the daemon enters what the key agent told it. */
static void
attest_text(struct scene *s, const char *page, uint32_t uid,
    const char *account, int64_t earlier_ms)
{
	struct ceremony c = {
		.core = s->f->core,
		.custodian = { .uid = uid },
		.earlier_ms = earlier_ms,
	};
	struct change ch = {
		.apply = apply_ceremony,
		.arg = &c,
		.need_head = 1,
	};

	snprintf(
	    c.custodian.account, sizeof(c.custodian.account), "%s", account);
	assert_int_equal(
	    digest_of(DIGEST_SHA256, page, strlen(page), c.page, NULL), 0);
	assert_int_equal(commit_run(s->f->core->committer, &ch, &s->f->e), 0);
}

static void
attest(struct scene *s, uint32_t uid, const char *account)
{
	attest_text(s, s->page, uid, account, 0);
}

static void
assert_missing(struct scene *s)
{
	assert_int_equal(apply(s), -ERR_CONFLICT);
	assert_string_equal(err_name(&s->f->e), "approvals-missing");
	assert_int_equal(rules_generation(s->f->core), 1);
}

static void
lose_the_jurists_key(struct scene *s)
{
	take_people(s);
	other_key(s, JURIST);
	propose(s);
}

static void
one_approver_and_two_custodians_replace_a_key(void **state)
{
	SCENE(s);

	lose_the_jurists_key(s);
	sign(s, DIRECTOR);
	assert_missing(s);
	attest(s, 501, "une");
	assert_missing(s);
	attest(s, 502, "deux");
	if (apply(s) < 0)
		fail_msg("%s: %s", err_name(&s->f->e), s->f->e.text);
	assert_int_equal(rules_generation(s->f->core), 2);
}

static void
the_chain_of_such_a_change_holds_at_the_next_start(void **state)
{
	SCENE(s);

	lose_the_jurists_key(s);
	sign(s, DIRECTOR);
	attest(s, 501, "une");
	attest(s, 502, "deux");
	assert_int_equal(apply(s), 0);
	/* Said again later: no part of what was applied. */
	attest(s, 503, "trois");
	core_fixture_close(s->f);
	core_fixture_open(s->f);
	assert_int_equal(rules_generation(s->f->core), 2);
}

static int64_t
a_clock_set_back(void)
{
	return 0;
}

static void
what_is_attested_in_the_moment_of_the_change_is_no_part_of_it(void **state)
{
	SCENE(s);

	/* Until the clock catches up, all leaves tell one moment. */
	core_fixture_close(s->f);
	assert_int_equal(core_open(&s->f->agent.settings, a_clock_set_back,
			     &s->f->core, &s->f->e),
	    0);
	lose_the_jurists_key(s);
	sign(s, DIRECTOR);
	attest(s, 501, "une");
	attest(s, 502, "deux");
	assert_int_equal(apply(s), 0);
	attest(s, 503, "trois");
	core_fixture_close(s->f);
	core_fixture_open(s->f);
	assert_int_equal(rules_generation(s->f->core), 2);
}

static void
custodians_alone_replace_nothing(void **state)
{
	SCENE(s);

	lose_the_jurists_key(s);
	attest(s, 501, "une");
	attest(s, 502, "deux");
	attest(s, 503, "trois");
	assert_missing(s);
}

static void
one_custodian_twice_is_one(void **state)
{
	SCENE(s);

	lose_the_jurists_key(s);
	sign(s, DIRECTOR);
	attest(s, 501, "une");
	attest(s, 501, "une");
	/* A uid given to another account, an account moved to another uid. */
	attest(s, 501, "autre");
	assert_missing(s);
}

static void
another_page_and_one_of_long_ago_do_not_count(void **state)
{
	SCENE(s);

	lose_the_jurists_key(s);
	sign(s, DIRECTOR);
	attest(s, 501, "une");
	attest_text(s, "another page\n", 502, "deux", 0);
	attest_text(s, s->page, 503, "trois", 31 * 24 * HOUR_MS);
	assert_missing(s);
}

static void
custodians_stand_in_for_a_key_and_for_nothing_else(void **state)
{
	SCENE(s);

	take_people(s);
	replace(s, "team = sud", "team = nord");
	propose(s);
	sign(s, DIRECTOR);
	attest(s, 501, "une");
	attest(s, 502, "deux");
	assert_missing(s);
	/* A key, and something besides. */
	other_key(s, JURIST);
	propose(s);
	sign(s, DIRECTOR);
	attest(s, 501, "une");
	attest(s, 502, "deux");
	assert_missing(s);
}

static void
two_approvers_need_no_custodian(void **state)
{
	SCENE(s);

	take_people(s);
	other_key(s, DPO);
	propose(s);
	sign(s, DIRECTOR);
	sign(s, JURIST);
	assert_int_equal(apply(s), 0);
}

static void
run_sql(struct scene *s, const char *text)
{
	AUTO(catalog_freep) struct catalog *c = NULL;
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	const char *const *schemas;
	size_t n = tables_schemas(&schemas);
	char path[512];

	snprintf(path, sizeof(path), "%.300s/data/catalog.db", s->f->agent.dir);
	assert_int_equal(catalog_open(path, schemas, n, &c, NULL), 0);
	assert_int_equal(tx_begin(c, &tx, NULL), 0);
	assert_int_equal(sql_open(&tx, text, &q, &s->f->e), 0);
	assert_int_equal(sql_run(q, &s->f->e), 0);
	assert_int_equal(sql_changes(&tx), 1);
	sql_done(&q);
	assert_int_equal(tx_commit(&tx, NULL), 0);
}

static void
edit_and_start(struct scene *s, const char *sql)
{
	lose_the_jurists_key(s);
	sign(s, DIRECTOR);
	attest(s, 501, "une");
	attest(s, 502, "deux");
	assert_int_equal(apply(s), 0);
	core_fixture_close(s->f);
	run_sql(s, sql);
	assert_int_equal(core_open(&s->f->agent.settings, core_fixture_now,
			     &s->f->core, &s->f->e),
	    -ERR_INCONSISTENT);
	assert_string_equal(err_name(&s->f->e), "rules-edited");
}

static void
a_custodian_taken_out_of_the_catalog_stops_the_start(void **state)
{
	SCENE(s);

	edit_and_start(s, "DELETE FROM attestation WHERE uid = 502");
}

static void
a_custodian_made_another_stops_the_start(void **state)
{
	SCENE(s);

	edit_and_start(
	    s, "UPDATE attestation SET account = 'x' WHERE uid = 502");
}

#define WITH(t) cmocka_unit_test_setup_teardown(t, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(one_approver_and_two_custodians_replace_a_key),
		WITH(the_chain_of_such_a_change_holds_at_the_next_start),
		WITH(
		    what_is_attested_in_the_moment_of_the_change_is_no_part_of_it),
		WITH(custodians_alone_replace_nothing),
		WITH(one_custodian_twice_is_one),
		WITH(another_page_and_one_of_long_ago_do_not_count),
		WITH(custodians_stand_in_for_a_key_and_for_nothing_else),
		WITH(two_approvers_need_no_custodian),
		WITH(a_custodian_taken_out_of_the_catalog_stops_the_start),
		WITH(a_custodian_made_another_stops_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
