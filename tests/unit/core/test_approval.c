/*
 * Approvals: whose signature counts, for which page, under which rules, for
 * how long, and what no longer counts.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/rw.h"
#include "base/text.h"
#include "daemon/core/approval.h"
#include "tests/unit/core/core_fixture.h"

#define FIXTURE(f)                                                             \
	struct core_fixture *f = *state;                                       \
	if (f == NULL)                                                         \
	skip()

#define PAGE "une page à signer\n"
#define DAY_MS INT64_C(86400000)

/* One act that is run as a change, on a subject of what. */
struct scene {
	struct core_fixture *f;
	struct approval_subject s;
	struct approval a;
	const char *page;
	int64_t now;
	int (*act)(struct scene *s, struct tx *tx, struct err *e);
	uint32_t have, need;
	uint8_t hash[32];
	json_t *list;
	struct policy *was; /* the rules before use_rules */
};

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct scene *s = arg;

	(void)now_ms;
	return s->act(s, tx, e);
}

static int
run(struct scene *s, int (*act)(struct scene *s, struct tx *tx, struct err *e))
{
	struct change ch = { .apply = apply, .arg = s, .need_head = 0 };

	s->act = act;
	return commit_run(s->f->core->committer, &ch, &s->f->e);
}

static int
ask(struct scene *s, struct tx *tx, struct err *e)
{
	return approval_ask(tx, &s->s, e);
}

static int
enter(struct scene *s, struct tx *tx, struct err *e)
{
	struct caller caller = core_fixture_caller(s->f, NOA);

	return approval_enter(
	    s->f->core, tx, &caller, &s->a, 0, NULL, s->now, e);
}

static int
count(struct scene *s, struct tx *tx, struct err *e)
{
	return approval_count(
	    s->f->core, tx, &s->s.id, s->now, &s->have, &s->need, e);
}

static int
check(struct scene *s, struct tx *tx, struct err *e)
{
	return approval_check(s->f->core, tx, &s->s.id, s->now, s->hash, e);
}

static int
list(struct scene *s, struct tx *tx, struct err *e)
{
	return approval_list(tx, s->f->core, &s->s.id, &s->list, e);
}

static int
make_void(struct scene *s, struct tx *tx, struct err *e)
{
	return approval_void(tx, &s->s.id, e);
}

static void
ask_page(struct scene *s, const char *page)
{
	s->page = page;
	assert_int_equal(
	    digest_of(DIGEST_SHA256, page, strlen(page), s->s.page, NULL), 0);
	assert_int_equal(run(s, ask), 0);
}

static void
scene_init(struct scene *s, struct core_fixture *f, const char *what,
    enum person asker)
{
	struct caller c = core_fixture_caller(f, asker);

	memset(s, 0, sizeof(*s));
	s->f = f;
	s->now = core_now(f->core);
	assert_int_equal(id_random(&s->s.id, NULL), 0);
	snprintf(s->s.what, sizeof(s->s.what), "%s", what);
	s->s.asked_uid = c.actor.uid;
	snprintf(s->s.asked_by, sizeof(s->s.asked_by), "%s", c.actor.account);
	s->s.asked_ms = s->now;
	s->s.policy = policy_version(f->core->policy);
	ask_page(s, PAGE);
}

/* Other rules, as long as the scene lasts: text from becomes to. */
static void
use_rules(struct scene *s, const char *file, const char *from, const char *to)
{
	AUTO(buf_done) struct buf text = { 0 }, new = { 0 };
	char path[600], dir[512];
	const char *at;
	struct policy *p = NULL;

	snprintf(dir, sizeof(dir), "%s/policy", s->f->agent.dir);
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 20, &text, NULL), 0);
	assert_non_null(at = strstr(buf_str(&text), from));
	assert_int_equal(
	    buf_add(&new, text.p, (size_t)(at - (char *)text.p), NULL), 0);
	assert_int_equal(
	    buf_addf(&new, NULL, "%s%s", to, at + strlen(from)), 0);
	assert_int_equal(
	    file_write(AT_FDCWD, path, new.p, new.len, 0644, NULL), 0);
	if (policy_load(dir, &p, NULL, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	assert_null(s->was);
	s->was = s->f->core->policy;
	s->f->core->policy = p;
}

static void
scene_done(struct scene *s)
{
	struct policy *p = s->f->core->policy;

	if (s->was == NULL)
		return;
	s->f->core->policy = s->was;
	policy_freep(&p);
}

static int
verify_with(struct scene *s, enum person who, const char *ns, const char *page)
{
	AUTO(buf_done) struct buf sig = { 0 };
	uint8_t seed[32];
	int r;

	core_fixture_seed(who, seed);
	assert_int_equal(
	    sshsig_sign(seed, ns, page, strlen(page), &sig, NULL), 0);
	r = approval_verify(s->f->core, &s->s, s->page, strlen(s->page),
	    buf_str(&sig), s->now, &s->a, &s->f->e);
	s->a.armored = NULL;
	return r;
}

static int
verify(struct scene *s, enum person who)
{
	return verify_with(s, who, APPROVAL_NAMESPACE, s->page);
}

/* Verify and enter. */
static int
sign(struct scene *s, enum person who)
{
	AUTO(buf_done) struct buf sig = { 0 };
	uint8_t seed[32];
	int r;

	core_fixture_seed(who, seed);
	assert_int_equal(sshsig_sign(seed, APPROVAL_NAMESPACE, s->page,
			     strlen(s->page), &sig, NULL),
	    0);
	r = approval_verify(s->f->core, &s->s, s->page, strlen(s->page),
	    buf_str(&sig), s->now, &s->a, &s->f->e);
	return r < 0 ? r : run(s, enter);
}

#define TAG(s, tag) assert_string_equal(err_name(&(s)->f->e), tag)

/* --- whose --------------------------------------------------------------- */

static void
two_people_of_the_right_roles_are_enough(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(run(&s, check), -ERR_CONFLICT);
	TAG(&s, "approvals-missing");
	assert_int_equal(sign(&s, DIRECTOR), 0);
	assert_int_equal(run(&s, check), -ERR_CONFLICT);
	TAG(&s, "approvals-missing");
	assert_int_equal(sign(&s, JURIST), 0);
	assert_int_equal(run(&s, check), 0);
	assert_int_equal(run(&s, count), 0);
	assert_int_equal(s.have, 2);
	assert_int_equal(s.need, 2);
}

static void
a_signature_is_for_this_page_in_this_namespace(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(verify_with(&s, DIRECTOR, "git", PAGE), -ERR_REFUSED);
	TAG(&s, "approval-signature");
	assert_int_equal(verify_with(&s, DIRECTOR, "file", PAGE), -ERR_REFUSED);
	assert_int_equal(
	    verify_with(&s, DIRECTOR, APPROVAL_NAMESPACE, "une autre\n"),
	    -ERR_REFUSED);
	TAG(&s, "approval-signature");
	assert_int_equal(approval_verify(f->core, &s.s, PAGE, strlen(PAGE),
			     "rien", s.now, &s.a, &f->e),
	    -ERR_REFUSED);
	TAG(&s, "approval-signature");
}

static void
another_page_is_not_the_one_that_was_asked_for(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	s.page = "une autre\n";
	assert_int_equal(verify(&s, DIRECTOR), -ERR_CONFLICT);
	TAG(&s, "plan-changed");
}

static void
a_key_of_nobody_and_a_role_that_is_not_heard(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(verify(&s, SACHA), -ERR_REFUSED);
	TAG(&s, "approval-key");
	/* A caseworker is added by the director, by nobody else. */
	scene_init(&s, f, "people-caseworker", NOA);
	assert_int_equal(verify(&s, JURIST), -ERR_REFUSED);
	TAG(&s, "approval-role");
	assert_int_equal(verify(&s, DPO), -ERR_REFUSED);
	TAG(&s, "approval-role");
	assert_int_equal(verify(&s, DIRECTOR), 0);
	/* What the rules do not know, nobody approves. */
	scene_init(&s, f, "voyage", NOA);
	assert_int_equal(verify(&s, DIRECTOR), -ERR_REFUSED);
	TAG(&s, "approval-role");
}

static void
who_asks_is_among_them_only_if_the_rules_say_so(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", DIRECTOR);
	assert_int_equal(verify(&s, DIRECTOR), -ERR_REFUSED);
	TAG(&s, "approval-own");
	assert_int_equal(verify(&s, JURIST), 0);
	scene_init(&s, f, "rules", DIRECTOR);
	assert_int_equal(verify(&s, DIRECTOR), 0);
}

static void
no_person_and_no_key_counts_twice(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(sign(&s, DIRECTOR), 0);
	assert_int_equal(sign(&s, DIRECTOR), -ERR_CONFLICT);
	TAG(&s, "approval-twice");
	/* The same person with another key of theirs. */
	assert_int_equal(verify(&s, JURIST), 0);
	s.a.signer = core_fixture_caller(f, DIRECTOR).who;
	s.a.armored = "x";
	assert_true(run(&s, enter) < 0);
	assert_int_equal(run(&s, count), 0);
	assert_int_equal(s.have, 1);
}

static void
the_dpos_opinion_is_kept_and_never_counted(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(sign(&s, DPO), 0);
	assert_int_equal(s.a.counts, 0);
	assert_int_equal(sign(&s, DIRECTOR), 0);
	assert_int_equal(run(&s, count), 0);
	assert_int_equal(s.have, 1);
	assert_int_equal(run(&s, check), -ERR_CONFLICT);
	TAG(&s, "approvals-missing");
	assert_int_equal(sign(&s, DPO), -ERR_CONFLICT);
	TAG(&s, "approval-twice");
	assert_int_equal(run(&s, list), 0);
	assert_int_equal(json_array_size(s.list), 2);
	json_decref(s.list);
}

static void
a_dpo_who_is_lent_a_role_still_gives_an_opinion(void **state)
{
	struct scene s;
	int counts = 1;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	use_rules(&s, "people.conf", "format = 1\n",
	    "format = 1\nloan \"absence\" {\n role = director\n"
	    " from = denis.exemple\n to = dana.exemple\n source = \"x\"\n"
	    " effective-from = \"2026-01-01\"\n"
	    " effective-until = \"2099-01-01\"\n}\n");
	assert_non_null(approval_role(f->core->policy, "erasure",
	    core_fixture_caller(f, DPO).who, (int32_t)(s.now / DAY_MS),
	    &counts));
	assert_int_equal(counts, 0);
	assert_int_equal(verify(&s, DPO), 0);
	assert_int_equal(s.a.counts, 0);
	scene_done(&s);
}

/* --- when ---------------------------------------------------------------- */

static void
an_approval_is_valid_for_the_days_of_the_rules(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(sign(&s, DIRECTOR), 0);
	assert_int_equal(sign(&s, JURIST), 0);
	s.now += 30 * DAY_MS - 60000;
	assert_int_equal(run(&s, check), 0);
	s.now += 120000;
	assert_int_equal(run(&s, check), -ERR_CONFLICT);
	TAG(&s, "approvals-expired");
	assert_int_equal(run(&s, count), 0);
	assert_int_equal(s.have, 0);
}

static void
under_other_rules_nothing_that_was_signed_counts(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(sign(&s, DIRECTOR), 0);
	assert_int_equal(sign(&s, JURIST), 0);
	use_rules(
	    &s, "00-common.conf", "version = 20261123", "version = 20271123");
	assert_int_equal(run(&s, check), -ERR_CONFLICT);
	TAG(&s, "policy-changed");
	assert_int_equal(verify(&s, JURIST), -ERR_CONFLICT);
	TAG(&s, "policy-changed");
	scene_done(&s);
}

static void
who_was_suspended_since_is_no_longer_counted(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(sign(&s, DIRECTOR), 0);
	assert_int_equal(sign(&s, JURIST), 0);
	use_rules(&s, "people.conf",
	    "name = \"jade.exemple\"\n role = jurist\n organisation = asso\n"
	    " status = active",
	    "name = \"jade.exemple\"\n role = jurist\n organisation = asso\n"
	    " status = suspended");
	assert_int_equal(run(&s, check), -ERR_CONFLICT);
	TAG(&s, "approvals-missing");
	assert_int_equal(verify(&s, JURIST), -ERR_REFUSED);
	TAG(&s, "approval-key");
	scene_done(&s);
}

static void
who_changed_roles_since_is_no_longer_counted(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(sign(&s, DIRECTOR), 0);
	assert_int_equal(sign(&s, JURIST), 0);
	use_rules(&s, "people.conf", "name = \"jade.exemple\"\n role = jurist",
	    "name = \"jade.exemple\"\n role = caseworker");
	assert_int_equal(run(&s, check), -ERR_CONFLICT);
	TAG(&s, "approvals-missing");
	scene_done(&s);
}

/* --- pages that change ---------------------------------------------------- */

static void
a_new_page_makes_what_was_signed_void(void **state)
{
	uint8_t first[32];
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(sign(&s, DIRECTOR), 0);
	assert_int_equal(sign(&s, JURIST), 0);
	assert_int_equal(run(&s, check), 0);
	memcpy(first, s.hash, sizeof(first));
	ask_page(&s, "une page revue\n");
	assert_int_equal(run(&s, check), -ERR_CONFLICT);
	TAG(&s, "approvals-missing");
	assert_int_equal(sign(&s, DIRECTOR), 0);
	assert_int_equal(sign(&s, JURIST), 0);
	assert_int_equal(run(&s, check), 0);
	assert_memory_not_equal(first, s.hash, sizeof(first));
}

static void
the_same_page_asked_again_is_signed_again(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(sign(&s, DIRECTOR), 0);
	ask_page(&s, PAGE);
	assert_int_equal(run(&s, count), 0);
	assert_int_equal(s.have, 0);
}

static void
what_is_void_cannot_be_signed(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "erasure", NOA);
	assert_int_equal(sign(&s, DIRECTOR), 0);
	assert_int_equal(run(&s, make_void), 0);
	assert_int_equal(run(&s, count), 0);
	assert_int_equal(s.have, 0);
	memset(s.s.page, 0, sizeof(s.s.page));
	assert_int_equal(verify(&s, JURIST), -ERR_CONFLICT);
	TAG(&s, "plan-changed");
}

/* --- tokens --------------------------------------------------------------- */

/* The jurist's key becomes one of a token. */
static void
use_token(struct scene *s, const uint8_t seed[32])
{
	AUTO(buf_done) struct buf key = { 0 }, b64 = { 0 }, line = { 0 };
	char from[200], to[300];
	uint8_t own[32], pub[32];

	core_fixture_seed(JURIST, own);
	assert_int_equal(ed25519_public(own, pub, NULL), 0);
	assert_int_equal(ssh_public_line(pub, "x", &line, NULL), 0);
	line.len = strcspn(buf_str(&line), "\n");
	snprintf(from, sizeof(from), "%s", buf_str(&line));
	core_fixture_token(seed, &key);
	assert_int_equal(base64_format(key.p, key.len, &b64, NULL), 0);
	snprintf(
	    to, sizeof(to), "sk-ssh-ed25519@openssh.com %s x", buf_str(&b64));
	use_rules(s, "people.conf", from, to);
}

static int
verify_token(struct scene *s, const uint8_t seed[32], uint8_t flags)
{
	AUTO(buf_done) struct buf sig = { 0 };
	int r;

	core_fixture_token_sign(seed, flags, APPROVAL_NAMESPACE, s->page, &sig);
	r = approval_verify(s->f->core, &s->s, s->page, strlen(s->page),
	    buf_str(&sig), s->now, &s->a, &s->f->e);
	s->a.armored = NULL;
	return r;
}

static void
a_token_signs_when_it_is_touched_and_its_flags_are_kept(void **state)
{
	uint8_t seed[32];
	struct scene s;
	FIXTURE(f);

	memset(seed, 0x77, sizeof(seed));
	scene_init(&s, f, "erasure", NOA);
	use_token(&s, seed);
	assert_int_equal(verify_token(&s, seed, 5), 0);
	assert_int_equal(s.a.flags, 5); /* touched, and the person verified */
	assert_string_equal(s.a.signer->account, "jade.exemple");
	assert_int_equal(verify_token(&s, seed, 1), 0);
	assert_int_equal(s.a.flags, 1);
	assert_int_equal(verify_token(&s, seed, 0), -ERR_REFUSED);
	TAG(&s, "approval-signature");
	assert_int_equal(verify_token(&s, seed, 4), -ERR_REFUSED);
	scene_done(&s);
}

static void
what_was_verified_for_one_page_is_not_entered_for_the_next(void **state)
{
	struct scene s;
	FIXTURE(f);

	scene_init(&s, f, "hold-release", NOA);
	assert_int_equal(verify(&s, DIRECTOR), 0);
	/* Somebody asks with other words before it is entered. */
	ask_page(&s, "une autre page\n");
	s.a.armored = "x";
	assert_int_equal(run(&s, enter), -ERR_CONFLICT);
	TAG(&s, "plan-changed");
	assert_int_equal(run(&s, count), 0);
	assert_int_equal(s.have, 0);
}

static void
what_destroys_takes_two_whatever_the_rules_say(void **state)
{
	static const char *const whats[] = { "erasure", "retention",
		"hold-release", "clock" };
	struct policy_approval *rule;
	struct scene s;
	uint32_t was;
	size_t i;
	FIXTURE(f);

	for (i = 0; i < NELEMS(whats); i++) {
		rule = (struct policy_approval *)(uintptr_t)policy_approval(
		    f->core->policy, whats[i]);
		assert_non_null(rule);
		was = rule->count;
		rule->count = 1;
		scene_init(&s, f, whats[i], NOA);
		assert_int_equal(sign(&s, DIRECTOR), 0);
		assert_int_equal(run(&s, count), 0);
		assert_int_equal(s.need, 2);
		assert_int_equal(run(&s, check), -ERR_CONFLICT);
		TAG(&s, "approvals-missing");
		rule->count = was;
	}
}

int
main(void)
{
#define T(name)                                                                \
	cmocka_unit_test_setup_teardown(                                       \
	    name, core_fixture_setup, core_fixture_teardown)
	const struct CMUnitTest tests[] = {
		T(two_people_of_the_right_roles_are_enough),
		T(a_signature_is_for_this_page_in_this_namespace),
		T(another_page_is_not_the_one_that_was_asked_for),
		T(a_key_of_nobody_and_a_role_that_is_not_heard),
		T(who_asks_is_among_them_only_if_the_rules_say_so),
		T(no_person_and_no_key_counts_twice),
		T(the_dpos_opinion_is_kept_and_never_counted),
		T(a_dpo_who_is_lent_a_role_still_gives_an_opinion),
		T(an_approval_is_valid_for_the_days_of_the_rules),
		T(under_other_rules_nothing_that_was_signed_counts),
		T(who_was_suspended_since_is_no_longer_counted),
		T(who_changed_roles_since_is_no_longer_counted),
		T(a_new_page_makes_what_was_signed_void),
		T(the_same_page_asked_again_is_signed_again),
		T(what_is_void_cannot_be_signed),
		T(a_token_signs_when_it_is_touched_and_its_flags_are_kept),
		T(what_was_verified_for_one_page_is_not_entered_for_the_next),
		T(what_destroys_takes_two_whatever_the_rules_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
