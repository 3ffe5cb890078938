/*
 * The rules in force: who may change them, what is refused, what acts at
 * once, and what a vault whose rules were edited does at its start.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "daemon/core/due.h"
#include "daemon/core/rules.h"
#include "daemon/core/tables.h"
#include "tests/unit/core/core_fixture.h"

#define COMMON "00-common.conf"
#define PEOPLE "people.conf"
#define FIGURE "title = \"Veille sociale après le dernier échange\"\n\tvalue = "
#define FILES_MAX 4
#define DAY_MS INT64_C(86400000)

struct scene {
	struct core_fixture *f;
	char proposal[ID_TEXT];
	char *page;
	json_t *answer; /* of the last thing done */
	struct buf text[FILES_MAX];
	struct policy_file files[FILES_MAX];
	size_t n;
};

/* Days that the vault's clock is ahead. */
static int ahead;

static int64_t
clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_REALTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000 + ahead * DAY_MS;
}

static int
setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));

	ahead = 0;
	assert_non_null(s);
	*state = s;
	s->f = calloc(1, sizeof(*s->f));
	assert_non_null(s->f);
	if (!core_fixture_init(s->f)) {
		free(s->f);
		free(s);
		*state = NULL;
		return 0;
	}
	if (core_open(&s->f->agent.settings, clock_ms, &s->f->core, &s->f->e) <
	    0)
		fail_msg("core: %s", s->f->e.text);
	return 0;
}

static void
forget_files(struct scene *s)
{
	size_t i;

	for (i = 0; i < FILES_MAX; i++)
		buf_done(&s->text[i]);
	s->n = 0;
}

static int
teardown(void **state)
{
	struct scene *s = *state;

	if (s == NULL)
		return 0;
	json_decref(s->answer);
	free(s->page);
	forget_files(s);
	core_fixture_done(s->f);
	free(s->f);
	free(s);
	return 0;
}

#define SCENE(s)                                                               \
	struct scene *s = *state;                                              \
	if (s == NULL)                                                         \
	skip()
#define TAG(s, tag) assert_string_equal(err_name(&(s)->f->e), tag)

static void
close_core(struct scene *s)
{
	core_freep(&s->f->core);
}

static int
open_core(struct scene *s)
{
	return core_open(
	    &s->f->agent.settings, clock_ms, &s->f->core, &s->f->e);
}

/* --- candidates ------------------------------------------------------------
 */

static void
put(struct scene *s, const char *name, const void *p, size_t n)
{
	struct buf *b = &s->text[s->n];

	assert_true(s->n < FILES_MAX);
	assert_int_equal(buf_add(b, p, n, NULL), 0);
	s->files[s->n].name = name;
	s->files[s->n].p = buf_str(b);
	s->files[s->n++].n = n;
}

/* A file of the rules in force, with from become to. */
static void
edit(struct scene *s, const char *name, const char *from, const char *to)
{
	AUTO(buf_done) struct buf new = { 0 };
	const struct policy_file *f = NULL;
	const char *at, *text;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (strcmp(s->files[i].name, name) == 0)
			f = &s->files[i];
	if (f == NULL)
		f = policy_file(s->f->core->policy, name);
	assert_non_null(f);
	text = f->p;
	if ((at = memmem(text, f->n, from, strlen(from))) == NULL)
		fail_msg("%s is not in %s", from, name);
	assert_int_equal(buf_add(&new, text, (size_t)(at - text), NULL), 0);
	assert_int_equal(buf_addstr(&new, to, NULL), 0);
	at += strlen(from);
	assert_int_equal(
	    buf_add(&new, at, f->n - (size_t)(at - text), NULL), 0);
	for (i = 0; i < s->n; i++)
		if (f == &s->files[i]) {
			buf_done(&s->text[i]);
			s->text[i] = new;
			memset(&new, 0, sizeof(new));
			s->files[i].p = buf_str(&s->text[i]);
			s->files[i].n = s->text[i].len;
			return;
		}
	put(s, name, new.p, new.len);
}

static void
next_version(struct scene *s)
{
	char from[40], to[40];

	snprintf(from, sizeof(from), "\nversion = %u\n",
	    policy_version(s->f->core->policy));
	snprintf(to, sizeof(to), "\nversion = %u\n",
	    policy_version(s->f->core->policy) + 1);
	edit(s, COMMON, from, to);
}

static int64_t
veille(const struct policy *p)
{
	int64_t v;

	assert_int_equal(policy_figure(p, "veille-days", &v, NULL), 0);
	return v;
}

/* Other rules, in one figure. */
static void
edit_figure(struct scene *s, int from, int to)
{
	char a[120], b[120];

	snprintf(a, sizeof(a), FIGURE "%d", from);
	snprintf(b, sizeof(b), FIGURE "%d", to);
	forget_files(s);
	next_version(s);
	edit(s, COMMON, a, b);
}

#define TESTS(expected)                                                        \
	"format = 1\non = \"2026-11-23\"\ntest \"l'administrateur\" {\n"       \
	" role = administrator\n operation = doc-read\n kind = piece\n"        \
	" case = open\n expect = " expected "\n}\n"
#define PERSON(name, role, status)                                             \
	"name = \"" name "\"\n role = " role                                   \
	"\n organisation = asso\n status = " status
#define NEW_CASEWORKER                                                         \
	"format = 1\nperson \"lou.neuve\" {\n uid = 62050\n"                   \
	" name = \"Lou\"\n role = caseworker\n organisation = asso\n"          \
	" team = nord\n status = active\n}\n"

/* --- acts --------------------------------------------------------------------
 */

static void
take_answer(struct scene *s, json_t *answer)
{
	json_decref(s->answer);
	s->answer = answer;
}

static int
propose_as(struct scene *s, enum person who, int dry_run)
{
	struct caller c = core_fixture_caller(s->f, who);
	struct rules_candidate candidate = { s->files, s->n };
	json_t *answer = NULL;
	const char *id, *page;
	int r;

	r = rules_propose(s->f->core, &c, &candidate, dry_run, &s->f->object,
	    &answer, &s->f->e);
	if (r < 0)
		return r;
	take_answer(s, answer);
	id = json_string_value(json_object_get(answer, "proposal"));
	if (id != NULL)
		snprintf(s->proposal, sizeof(s->proposal), "%s", id);
	page = json_string_value(json_object_get(answer, "page"));
	free(s->page);
	s->page = page != NULL ? strdup(page) : NULL;
	return 0;
}

static void
propose(struct scene *s)
{
	if (propose_as(s, DIRECTOR, 0) < 0)
		fail_msg("%s: %s", err_name(&s->f->e), s->f->e.text);
}

static int
sign(struct scene *s, enum person who)
{
	struct caller c = core_fixture_caller(s->f, DIRECTOR);
	AUTO(buf_done) struct buf sig = { 0 };
	json_t *answer = NULL;
	uint8_t seed[32];
	int r;

	core_fixture_seed(who, seed);
	assert_int_equal(sshsig_sign(seed, APPROVAL_NAMESPACE, s->page,
			     strlen(s->page), &sig, NULL),
	    0);
	r = rules_approve(s->f->core, &c, s->proposal, buf_str(&sig),
	    &s->f->object, &answer, &s->f->e);
	if (r == 0)
		take_answer(s, answer);
	return r;
}

static int
apply_as(struct scene *s, enum person who)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *answer = NULL;
	int r;

	r = rules_apply(
	    s->f->core, &c, s->proposal, &s->f->object, &answer, &s->f->e);
	if (r == 0)
		take_answer(s, answer);
	return r;
}

static int
apply(struct scene *s)
{
	return apply_as(s, DIRECTOR);
}

static void
sign_and_apply(struct scene *s, enum person a, enum person b)
{
	assert_int_equal(sign(s, a), 0);
	assert_int_equal(sign(s, b), 0);
	if (apply(s) < 0)
		fail_msg("%s: %s", err_name(&s->f->e), s->f->e.text);
}

static const char *
word(struct scene *s, const char *name)
{
	const char *w = json_string_value(json_object_get(s->answer, name));

	return w != NULL ? w : "";
}

static long long
number(struct scene *s, const char *name)
{
	return json_integer_value(json_object_get(s->answer, name));
}

/* --- in order
 * ----------------------------------------------------------------- */

static int
count_leaf(void *arg, const struct leaf *l, struct err *e)
{
	(void)l;
	(void)e;
	(*(size_t *)arg)++;
	return 0;
}

static size_t
leaves_of_rules(struct scene *s)
{
	AUTO(tx_end) struct tx tx = { 0 };
	size_t n = 0;

	assert_int_equal(tx_read(s->f->core->catalog, &tx, NULL), 0);
	assert_int_equal(
	    audit_trace(&tx, LEAF_POLICY, 0, UINT64_MAX, count_leaf, &n, NULL),
	    0);
	return n;
}

static void
the_first_start_makes_the_first_generation(void **state)
{
	SCENE(s);

	assert_int_equal(rules_generation(s->f->core), 1);
	assert_int_equal(leaves_of_rules(s), 1);
	close_core(s);
	assert_int_equal(open_core(s), 0);
	assert_int_equal(rules_generation(s->f->core), 1);
	assert_int_equal(leaves_of_rules(s), 1);
}

static void
two_people_put_other_rules_in_force(void **state)
{
	const struct policy *was, *old;
	SCENE(s);

	was = s->f->core->policy;
	edit_figure(s, 15, 21);
	propose(s);
	assert_string_equal(word(s, "what"), "rules");
	assert_int_equal(number(s, "needed"), 2);
	assert_int_equal(veille(s->f->core->policy), 15);
	sign_and_apply(s, DIRECTOR, JURIST);
	assert_int_equal(number(s, "generation"), 2);
	assert_int_equal(rules_generation(s->f->core), 2);
	assert_int_equal(veille(s->f->core->policy), 21);
	assert_int_equal(leaves_of_rules(s), 2);
	/* The former set is still there for who holds it, and for replays. */
	assert_int_equal(veille(was), 15);
	assert_int_equal(rules_at(s->f->core, 1, &old, NULL), 0);
	assert_ptr_equal(old, was);
	assert_int_equal(rules_at(s->f->core, 3, &old, NULL), -ERR_NOT_FOUND);
}

/* The swap is in memory alone: what was committed is in force after a crash,
 * although the folder still has what was there before. */
static void
what_was_committed_is_in_force_at_the_next_start(void **state)
{
	const struct policy *old;
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	sign_and_apply(s, DIRECTOR, JURIST);
	edit_figure(s, 21, 22);
	propose(s);
	sign_and_apply(s, DIRECTOR, JURIST);
	close_core(s);
	if (open_core(s) < 0)
		fail_msg("%s", s->f->e.text);
	assert_int_equal(rules_generation(s->f->core), 3);
	assert_int_equal(veille(s->f->core->policy), 22);
	assert_int_equal(rules_at(s->f->core, 1, &old, NULL), 0);
	assert_int_equal(veille(old), 15);
	assert_int_equal(rules_at(s->f->core, 2, &old, NULL), 0);
	assert_int_equal(veille(old), 21);
}

/* Committed without a head yet: it decides all the same. */
static void
rules_without_a_head_yet_are_in_force(void **state)
{
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	assert_int_equal(sign(s, DIRECTOR), 0);
	assert_int_equal(sign(s, JURIST), 0);
	agent_fixture_kill(&s->f->agent);
	assert_int_equal(apply(s), -ERR_PENDING);
	assert_int_equal(rules_generation(s->f->core), 2);
	assert_int_equal(veille(s->f->core->policy), 21);
}

static void
the_page_says_all_of_it_and_is_the_same_twice(void **state)
{
	AUTO(mem_freep) char *first = NULL;
	char id[ID_TEXT];
	SCENE(s);

	edit_figure(s, 15, 21);
	put(s, "tests/dpo.tests", TESTS("deny"), strlen(TESTS("deny")));
	assert_int_equal(propose_as(s, JURIST, 1), 0);
	assert_string_equal(word(s, "state"), "dry-run");
	assert_string_equal(word(s, "proposal"), "");
	first = strdup(s->page);
	propose(s);
	assert_string_equal(s->page, first);
	snprintf(id, sizeof(id), "%s", s->proposal);
	/* Somebody else, the same: the same proposal. */
	assert_int_equal(propose_as(s, JURIST, 0), 0);
	assert_string_equal(s->proposal, id);
	assert_string_equal(word(s, "proposed_by"), "denis.exemple");
	assert_non_null(strstr(s->page, "sceau rules change 1\nvault "));
	assert_non_null(strstr(s->page, "\ngeneration 1 -> 2\n"));
	assert_non_null(strstr(s->page, "\nfile changed 00-common.conf "));
	assert_non_null(strstr(s->page, "\nfile same people.conf "));
	assert_non_null(strstr(s->page, "\nfile added tests/dpo.tests "));
	assert_non_null(
	    strstr(s->page, "\"veille-days\" value \"15\" -> \"21\""));
	assert_non_null(strstr(s->page, "\ntakes rules 2 of director"));
}

static void
applied_once_is_applied(void **state)
{
	long long leaf;
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	sign_and_apply(s, DIRECTOR, JURIST);
	leaf = number(s, "leaf");
	assert_int_equal(apply(s), 0);
	assert_int_equal(number(s, "leaf"), leaf);
	assert_int_equal(leaves_of_rules(s), 2);
	assert_int_equal(sign(s, DPO), -ERR_CONFLICT);
	TAG(s, "rules-state");
}

static void
who_reads_sees_generations_proposals_and_files(void **state)
{
	struct caller c;
	json_t *answer = NULL, *one;
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	sign_and_apply(s, DIRECTOR, JURIST);
	c = core_fixture_caller(s->f, CAMILLE);
	assert_int_equal(rules_history(s->f->core, &c, &answer, &s->f->e), 0);
	one = json_array_get(json_object_get(answer, "generations"), 0);
	assert_int_equal(
	    json_integer_value(json_object_get(one, "generation")), 2);
	assert_int_equal(json_array_size(json_object_get(one, "approvals")), 2);
	json_decref(answer);
	answer = NULL;
	assert_int_equal(rules_files(s->f->core, &c, 1, &answer, &s->f->e), 0);
	one = json_array_get(json_object_get(answer, "files"), 0);
	assert_string_equal(
	    json_string_value(json_object_get(one, "name")), COMMON);
	json_decref(answer);
	answer = NULL;
	assert_int_equal(
	    rules_files(s->f->core, &c, 9, &answer, &s->f->e), -ERR_NOT_FOUND);
	assert_int_equal(rules_show_proposal(s->f->core, &c, s->proposal,
			     &s->f->object, &answer, &s->f->e),
	    0);
	assert_string_equal(
	    json_string_value(json_object_get(answer, "state")), "applied");
	json_decref(answer);
	answer = NULL;
	assert_int_equal(rules_show_proposal(s->f->core, &c, "rien",
			     &s->f->object, &answer, &s->f->e),
	    -ERR_NOT_FOUND);
}

/* --- refusals of candidates
 * ------------------------------------------------------ */

static void
the_rules_in_force_are_no_proposal(void **state)
{
	SCENE(s);

	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_REFUSED);
	TAG(s, "rules-same");
	edit(s, COMMON, "format = 1", "format = 1");
	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_REFUSED);
	TAG(s, "rules-same");
}

static void
rules_that_change_have_a_greater_version(void **state)
{
	SCENE(s);

	edit(s, COMMON, FIGURE "15", FIGURE "21");
	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_REFUSED);
	TAG(s, "rules-version");
	forget_files(s);
	edit(s, COMMON, FIGURE "15", FIGURE "21");
	edit(s, COMMON, "\nversion = ", "\nversion = 1 # ");
	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_REFUSED);
	TAG(s, "rules-version");
	/* A file beside them is a change too. */
	forget_files(s);
	put(s, "tests/dpo.tests", "format = 1\n", 11);
	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_REFUSED);
	TAG(s, "rules-version");
}

static void
rules_with_a_mistake_are_refused_and_a_dry_run_tells_all(void **state)
{
	SCENE(s);

	edit_figure(s, 15, 21);
	edit(s, COMMON, "format = 1", "format = 1\nnouveau = 1\n");
	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_REFUSED);
	TAG(s, "policy");
	assert_int_equal(propose_as(s, DIRECTOR, 1), 0);
	assert_string_equal(word(s, "code"), "policy");
	assert_true(
	    json_array_size(json_object_get(s->answer, "problems")) > 0);
	forget_files(s);
	put(s, "mal.nomme", "x", 1);
	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_REFUSED);
	TAG(s, "policy");
	forget_files(s);
	s->files[0] = (struct policy_file){ "rien.conf", NULL, 0 };
	s->n = 1;
	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_REFUSED);
	TAG(s, "policy");
}

static void
rules_whose_own_tests_fail_are_refused(void **state)
{
	SCENE(s);

	edit_figure(s, 15, 21);
	put(s, "tests/dpo.tests", TESTS("allow"), strlen(TESTS("allow")));
	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_REFUSED);
	TAG(s, "policy-tests");
	assert_non_null(strstr(s->f->e.text, "tests/dpo.tests"));
	assert_int_equal(propose_as(s, DIRECTOR, 1), 0);
	assert_string_equal(word(s, "code"), "policy-tests");
	/* One that cannot be read is no test. */
	forget_files(s);
	edit_figure(s, 15, 21);
	put(s, "tests/dpo.tests", "format = 1\n??", 13);
	assert_true(propose_as(s, DIRECTOR, 0) < 0);
}

static void
a_file_named_twice_is_a_mistake_of_form(void **state)
{
	SCENE(s);

	put(s, "tests/a.tests", "format = 1\n", 11);
	put(s, "tests/a.tests", "format = 1\n", 11);
	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_INVALID);
}

static void
rules_that_nobody_could_change_again_are_refused(void **state)
{
	SCENE(s);

	/* The lead's key is no seed of ours, but a key. */
	edit(s, PEOPLE, PERSON("denis.exemple", "director", "active"),
	    PERSON("denis.exemple", "director", "suspended"));
	edit(s, PEOPLE, PERSON("jade.exemple", "jurist", "active"),
	    PERSON("jade.exemple", "jurist", "suspended"));
	assert_int_equal(propose_as(s, DIRECTOR, 0), -ERR_REFUSED);
	TAG(s, "approvers");
}

static void
who_may_propose_approve_and_apply(void **state)
{
	static const enum person not [] = { CAMILLE, SACHA, ADMIN, CAF,
		NOBODY };
	struct caller c;
	json_t *answer = NULL;
	size_t i;
	SCENE(s);

	edit_figure(s, 15, 21);
	for (i = 0; i < NELEMS(not ); i++)
		assert_int_equal(propose_as(s, not [i], 0), -ERR_DENIED);
	propose(s);
	for (i = 0; i < NELEMS(not ); i++) {
		c = core_fixture_caller(s->f, not [i]);
		assert_int_equal(rules_approve(s->f->core, &c, s->proposal, "x",
				     &s->f->object, &answer, &s->f->e),
		    -ERR_DENIED);
		assert_int_equal(apply_as(s, not [i]), -ERR_DENIED);
	}
	/* The DPO proposes and gives an opinion; applying is others'. */
	assert_int_equal(propose_as(s, DPO, 0), 0);
	assert_int_equal(apply_as(s, DPO), -ERR_DENIED);
}

/* --- refusals of signatures
 * ---------------------------------------------------------- */

static void
one_person_is_not_enough_and_counts_once(void **state)
{
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	assert_int_equal(apply(s), -ERR_CONFLICT);
	TAG(s, "approvals-missing");
	assert_int_equal(sign(s, DIRECTOR), 0);
	assert_int_equal(sign(s, DIRECTOR), -ERR_CONFLICT);
	TAG(s, "approval-twice");
	assert_int_equal(apply(s), -ERR_CONFLICT);
	TAG(s, "approvals-missing");
	assert_int_equal(sign(s, SACHA), -ERR_REFUSED);
	TAG(s, "approval-key");
	assert_int_equal(veille(s->f->core->policy), 15);
}

static void
the_dpos_opinion_on_rules_is_never_one_of_the_two(void **state)
{
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	assert_int_equal(sign(s, DPO), 0);
	assert_int_equal(number(s, "have"), 0);
	assert_int_equal(sign(s, DIRECTOR), 0);
	assert_int_equal(apply(s), -ERR_CONFLICT);
	TAG(s, "approvals-missing");
	assert_int_equal(sign(s, JURIST), 0);
	assert_int_equal(apply(s), 0);
	/* With an opinion beside them, the signatures still match the leaf. */
	close_core(s);
	if (open_core(s) < 0)
		fail_msg("%s", s->f->e.text);
}

static void
approvals_of_rules_run_out(void **state)
{
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	assert_int_equal(sign(s, DIRECTOR), 0);
	ahead = 31;
	assert_int_equal(sign(s, JURIST), 0);
	assert_int_equal(apply(s), -ERR_CONFLICT);
	TAG(s, "approvals-expired");
	assert_int_equal(veille(s->f->core->policy), 15);
}

static void
a_proposal_over_rules_that_changed_is_void(void **state)
{
	char first[ID_TEXT];
	char *page;
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	snprintf(first, sizeof(first), "%s", s->proposal);
	assert_int_equal(sign(s, DIRECTOR), 0);
	assert_int_equal(sign(s, JURIST), 0);
	page = s->page;
	s->page = NULL;
	/* A caseworker joins meanwhile: the version stays the same. */
	forget_files(s);
	edit(s, PEOPLE, "format = 1\n", NEW_CASEWORKER);
	propose(s);
	assert_int_equal(sign(s, DIRECTOR), 0);
	assert_int_equal(apply(s), 0);
	snprintf(s->proposal, sizeof(s->proposal), "%s", first);
	free(s->page);
	s->page = page;
	assert_int_equal(apply(s), -ERR_CONFLICT);
	TAG(s, "policy-changed");
	assert_int_equal(sign(s, DPO), -ERR_CONFLICT);
	TAG(s, "policy-changed");
	assert_int_equal(veille(s->f->core->policy), 15);
}

/* --- what is due
 * --------------------------------------------------------------------------
 */

/* The state of the present proposal as this person's line tells it; "": they
 * have none. */
static const char *
due_state(struct scene *s, enum person who, int mine)
{
	struct caller c = core_fixture_caller(s->f, who);
	json_t *answer = NULL, *l;
	const char *state = "";
	size_t i;

	if (due(s->f->core, &c, mine, &answer, &s->f->e) < 0)
		fail_msg("%s", s->f->e.text);
	take_answer(s, answer);
	json_array_foreach(json_object_get(answer, "due"), i, l)
	{
		assert_string_equal(
		    json_string_value(json_object_get(l, "what")),
		    "rules-proposal");
		assert_null(json_object_get(l, "case"));
		if (strcmp(json_string_value(json_object_get(l, "object")),
			s->proposal) == 0)
			state = json_string_value(json_object_get(l, "state"));
	}
	return state;
}

static size_t
due_lines(struct scene *s, enum person who)
{
	(void)due_state(s, who, 0);
	return json_array_size(json_object_get(s->answer, "due"));
}

static void
a_proposal_is_due_until_it_is_in_force(void **state)
{
	SCENE(s);

	assert_int_equal(due_lines(s, DIRECTOR), 0);
	edit_figure(s, 15, 21);
	propose(s);
	assert_string_equal(due_state(s, DIRECTOR, 0), "proposed");
	assert_int_equal(sign(s, DIRECTOR), 0);
	assert_int_equal(sign(s, DPO), 0); /* an opinion */
	assert_string_equal(due_state(s, JURIST, 0), "proposed");
	assert_int_equal(sign(s, JURIST), 0);
	assert_string_equal(due_state(s, JURIST, 0), "approved");
	assert_int_equal(apply(s), 0);
	assert_int_equal(due_lines(s, DIRECTOR), 0);
}

static void
signatures_that_ran_out_are_due_again(void **state)
{
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	assert_int_equal(sign(s, DIRECTOR), 0);
	assert_int_equal(sign(s, JURIST), 0);
	assert_string_equal(due_state(s, JURIST, 0), "approved");
	ahead = 31;
	assert_string_equal(due_state(s, JURIST, 0), "proposed");
}

static void
a_proposal_over_other_rules_is_not_due(void **state)
{
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	forget_files(s);
	edit(s, PEOPLE, "format = 1\n", NEW_CASEWORKER);
	propose(s);
	assert_int_equal(due_lines(s, DIRECTOR), 2);
	assert_int_equal(sign(s, DIRECTOR), 0);
	assert_int_equal(apply(s), 0);
	assert_int_equal(due_lines(s, DIRECTOR), 0);
}

static void
proposals_are_due_for_who_may_sign_them(void **state)
{
	static const enum person signers[] = { DIRECTOR, NOA, JURIST, DPO };
	static const enum person not [] = { CAMILLE, SACHA };
	size_t i;
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	for (i = 0; i < NELEMS(signers); i++)
		assert_string_equal(due_state(s, signers[i], 0), "proposed");
	for (i = 0; i < NELEMS(not ); i++)
		assert_int_equal(due_lines(s, not [i]), 0);
	/* It is of no case that anybody opened. */
	assert_string_equal(due_state(s, DIRECTOR, 1), "");
}

/* --- people
 * ---------------------------------------------------------------------------
 */

static void
the_director_alone_adds_a_caseworker(void **state)
{
	SCENE(s);

	edit(s, PEOPLE, "format = 1\n", NEW_CASEWORKER);
	propose(s);
	assert_string_equal(word(s, "what"), "people-caseworker");
	assert_int_equal(number(s, "needed"), 1);
	assert_int_equal(sign(s, JURIST), -ERR_REFUSED);
	TAG(s, "approval-role");
	assert_int_equal(apply(s), -ERR_CONFLICT);
	assert_int_equal(sign(s, DIRECTOR), 0);
	assert_int_equal(apply(s), 0);
	assert_non_null(
	    policy_principal(s->f->core->policy, 62050, "lou.neuve"));
	close_core(s);
	if (open_core(s) < 0)
		fail_msg("%s", s->f->e.text);
	assert_non_null(
	    policy_principal(s->f->core->policy, 62050, "lou.neuve"));
}

static void
a_suspension_takes_one_and_acts_at_once(void **state)
{
	struct caller before, director;
	struct decision d;
	char kase[ID_TEXT];
	SCENE(s);

	core_fixture_case(s->f, NOA, "Ménage", kase);
	/* On a connection that is open: named before the suspension. */
	before = core_fixture_caller(s->f, NOA);
	director = core_fixture_caller(s->f, DIRECTOR);
	assert_int_equal(core_authorize(s->f->core, &before, OP_CASE_LIST, NULL,
			     NULL, clock_ms(), &d, &s->f->e),
	    0);
	edit(s, PEOPLE, PERSON("noa.exemple", "lead", "active"),
	    PERSON("noa.exemple", "lead", "suspended"));
	assert_int_equal(propose_as(s, JURIST, 0), 0);
	assert_string_equal(word(s, "what"), "people-suspension");
	assert_int_equal(number(s, "needed"), 1);
	assert_int_equal(sign(s, JURIST), 0);
	assert_int_equal(apply_as(s, JURIST), 0);
	assert_int_equal(core_authorize(s->f->core, &before, OP_CASE_LIST, NULL,
			     NULL, clock_ms(), &d, &s->f->e),
	    -ERR_DENIED);
	TAG(s, "nobody");
	assert_int_equal(core_authorize(s->f->core, &director, OP_POLICY_READ,
			     NULL, NULL, clock_ms(), &d, &s->f->e),
	    0);
}

static void
whatever_else_changes_in_people_takes_two(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
		/* An approver's key is replaced. */
		{ "AAAAIAya4tvQQLVr", "AAAAIAya4tvQQLVs" },
		{ "role = caseworker\n organisation = asso\n status = active\n"
		  " team = sud",
		    "role = lead\n organisation = asso\n status = active\n"
		    " team = sud" },
		{ "format = 1\n", "format = 1\n# un mot\n" },
	};
	size_t i;
	SCENE(s);

	for (i = 0; i < NELEMS(rows); i++) {
		forget_files(s);
		edit(s, PEOPLE, rows[i].from, rows[i].to);
		propose(s);
		assert_string_equal(word(s, "what"), "people");
		assert_int_equal(number(s, "needed"), 2);
		assert_int_equal(sign(s, DIRECTOR), 0);
		assert_int_equal(apply(s), -ERR_CONFLICT);
		TAG(s, "approvals-missing");
	}
	assert_int_equal(sign(s, JURIST), 0);
	assert_int_equal(apply(s), 0);
}

static void
people_and_rules_together_take_what_rules_take(void **state)
{
	SCENE(s);

	edit_figure(s, 15, 21);
	edit(s, PEOPLE, "format = 1\n", NEW_CASEWORKER);
	propose(s);
	assert_string_equal(word(s, "what"), "rules");
}

/* --- starting
 * ----------------------------------------------------------------------------
 */

static void
write_folder(struct scene *s, const char *name, const void *p, size_t n)
{
	char path[512];

	snprintf(
	    path, sizeof(path), "%.300s/policy/%.100s", s->f->agent.dir, name);
	assert_int_equal(file_write(AT_FDCWD, path, p, n, 0644, NULL), 0);
}

static void
refuses_to_start(struct scene *s, const char *naming)
{
	assert_int_equal(open_core(s), -ERR_INCONSISTENT);
	TAG(s, "rules-edited");
	if (strstr(s->f->e.text, naming) == NULL)
		fail_msg("%s: %s", naming, s->f->e.text);
}

static void
an_edited_folder_stops_the_start_and_says_which_file(void **state)
{
	AUTO(buf_done) struct buf was = { 0 };
	char path[512];
	SCENE(s);

	forget_files(s);
	edit(s, COMMON, FIGURE "15", FIGURE "21");
	assert_int_equal(
	    buf_add(&was, policy_file(s->f->core->policy, COMMON)->p,
		policy_file(s->f->core->policy, COMMON)->n, NULL),
	    0);
	close_core(s);
	write_folder(s, COMMON, s->files[0].p, s->files[0].n);
	refuses_to_start(s, COMMON);
	/* One byte of a comment is an edit. */
	write_folder(s, COMMON, was.p, was.len - 1);
	refuses_to_start(s, COMMON);
	/* Not even rules any more. */
	write_folder(s, COMMON, "x", 1);
	refuses_to_start(s, COMMON);
	write_folder(s, COMMON, was.p, was.len);
	/* A file more, a file less. */
	write_folder(s, "99-de-plus.conf", "format = 1\n", 11);
	refuses_to_start(s, "99-de-plus.conf");
	snprintf(path, sizeof(path), "%.300s/policy/99-de-plus.conf",
	    s->f->agent.dir);
	assert_int_equal(unlink(path), 0);
	if (open_core(s) < 0)
		fail_msg("%s", s->f->e.text);
}

static void
a_folder_brought_up_to_date_is_fine(void **state)
{
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	sign_and_apply(s, DIRECTOR, JURIST);
	close_core(s);
	write_folder(s, COMMON, s->files[0].p, s->files[0].n);
	if (open_core(s) < 0)
		fail_msg("%s", s->f->e.text);
	assert_int_equal(rules_generation(s->f->core), 2);
}

/* What somebody may try who writes in the catalog. */
static const struct {
	const char *what, *sql;
} sabotage[] = {
	{ "another text under the same digest",
	    "UPDATE rule_text SET bytes = CAST(replace(CAST(bytes AS TEXT),"
	    " 'value = 21', 'value = 99') AS BLOB)" },
	{ "a file points to another text",
	    "UPDATE rule_file SET sha256 = (SELECT f.sha256 FROM rule_file f"
	    " JOIN rule_set s ON s.proposal = f.proposal"
	    " WHERE s.generation = 1 AND f.name = '00-common.conf')"
	    " WHERE name = '00-common.conf'" },
	{ "a file is missing",
	    "DELETE FROM rule_file WHERE name = 'people.conf'" },
	{ "another version", "UPDATE rule_proposal SET version = version + 1" },
	{ "another digest",
	    "UPDATE rule_proposal SET digest = randomblob(32)" },
	{ "another digest of the people",
	    "UPDATE rule_proposal SET people = zeroblob(32) WHERE base = 1" },
	{ "back to the rules before",
	    "DELETE FROM rule_set WHERE generation = 2" },
	{ "no rules at all", "DELETE FROM rule_set" },
	{ "another leaf", "UPDATE rule_set SET leaf = leaf + 1"
			  " WHERE generation = 2" },
	{ "another time",
	    "UPDATE rule_set SET at = at + 1 WHERE generation = 2" },
	{ "a signature less", "DELETE FROM approval WHERE account ="
			      " 'jade.exemple'" },
	{ "all of them less", "DELETE FROM approval" },
	{ "an opinion that counts", "UPDATE approval SET counts = 1" },
	{ "a signature that does not count",
	    "UPDATE approval SET counts = 0 WHERE account = 'jade.exemple'" },
	{ "one signature twice",
	    "UPDATE approval SET signature = (SELECT signature FROM approval"
	    " WHERE account = 'jade.exemple')" },
	{ "an older signature",
	    "UPDATE approval SET at = 0 WHERE account = 'jade.exemple'" },
	{ "a round that nobody signed",
	    "UPDATE approval_subject SET round = round + 1" },
	{ "another page",
	    "UPDATE rule_proposal SET page = page || 'x' WHERE base = 1" },
	{ "it took less", "UPDATE rule_proposal SET what = 'people-suspension'"
			  " WHERE base = 1" },
	{ "another base", "UPDATE rule_proposal SET base = 0 WHERE base = 1" },
	{ "a leaf that tells other signatures",
	    "UPDATE leaf SET entry = CAST(substr(entry, 1, 160)"
	    " || zeroblob(32) || substr(entry, 193) AS BLOB)"
	    " WHERE klass = 7 AND seq > 0" },
};

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
	if (sql_run(q, &s->f->e) < 0)
		fail_msg("%s: %s", text, s->f->e.text);
	assert_true(sql_changes(&tx) > 0);
	sql_done(&q);
	assert_int_equal(tx_commit(&tx, NULL), 0);
	assert_int_equal(catalog_checkpoint(c, 1, NULL), 0);
}

static void
a_catalog_whose_rules_were_edited_stops_the_start(void **state)
{
	AUTO(buf_done) struct buf sound = { 0 };
	char path[512];
	size_t i;
	int wrong = 0;
	SCENE(s);

	edit_figure(s, 15, 21);
	propose(s);
	assert_int_equal(sign(s, DPO), 0);
	sign_and_apply(s, DIRECTOR, JURIST);
	assert_int_equal(
	    catalog_checkpoint(s->f->core->catalog, 1, &s->f->e), 0);
	close_core(s);
	snprintf(path, sizeof(path), "%.300s/data/catalog.db", s->f->agent.dir);
	assert_int_equal(file_read(AT_FDCWD, path, 1u << 26, &sound, NULL), 0);
	for (i = 0; i < NELEMS(sabotage); i++) {
		run_sql(s, sabotage[i].sql);
		if (open_core(s) != -ERR_INCONSISTENT ||
		    strcmp(err_name(&s->f->e), "rules-edited") != 0) {
			print_error("%s: %s\n", sabotage[i].what,
			    s->f->core != NULL ? "it started" : s->f->e.text);
			wrong++;
		}
		close_core(s);
		assert_int_equal(
		    file_write(AT_FDCWD, path, sound.p, sound.len, 0600, NULL),
		    0);
	}
	assert_int_equal(wrong, 0);
	if (open_core(s) < 0)
		fail_msg("%s", s->f->e.text);
	assert_int_equal(rules_generation(s->f->core), 2);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(the_first_start_makes_the_first_generation),
		T(two_people_put_other_rules_in_force),
		T(what_was_committed_is_in_force_at_the_next_start),
		T(rules_without_a_head_yet_are_in_force),
		T(the_page_says_all_of_it_and_is_the_same_twice),
		T(applied_once_is_applied),
		T(who_reads_sees_generations_proposals_and_files),
		T(the_rules_in_force_are_no_proposal),
		T(rules_that_change_have_a_greater_version),
		T(rules_with_a_mistake_are_refused_and_a_dry_run_tells_all),
		T(rules_whose_own_tests_fail_are_refused),
		T(a_file_named_twice_is_a_mistake_of_form),
		T(rules_that_nobody_could_change_again_are_refused),
		T(who_may_propose_approve_and_apply),
		T(one_person_is_not_enough_and_counts_once),
		T(the_dpos_opinion_on_rules_is_never_one_of_the_two),
		T(approvals_of_rules_run_out),
		T(a_proposal_over_rules_that_changed_is_void),
		T(a_proposal_is_due_until_it_is_in_force),
		T(signatures_that_ran_out_are_due_again),
		T(a_proposal_over_other_rules_is_not_due),
		T(proposals_are_due_for_who_may_sign_them),
		T(the_director_alone_adds_a_caseworker),
		T(a_suspension_takes_one_and_acts_at_once),
		T(whatever_else_changes_in_people_takes_two),
		T(people_and_rules_together_take_what_rules_take),
		T(an_edited_folder_stops_the_start_and_says_which_file),
		T(a_folder_brought_up_to_date_is_fine),
		T(a_catalog_whose_rules_were_edited_stops_the_start),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
