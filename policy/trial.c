/* Tests of rules: tried one by one, then what must never be. */
#include <string.h>

#include "policy/trial_model.h"

#define PREFIX "tests/"
#define SUFFIX ".tests"

struct telling {
	struct trial *t;
	int (*each)(void *arg, const struct trial_failure *f, struct err *e);
	void *arg;
	struct err *e;
	int rc;
	int failed; /* of the test at hand */
};

/* --- one test --------------------------------------------------------- */

static void
tell(struct telling *k, const struct node *n, struct trial_failure *f)
{
	f->file = n->file;
	f->line = n->line;
	f->title = n->title;
	if (f->facts == NULL)
		f->facts = "";
	k->failed = 1;
	if (k->rc == 0)
		k->rc = k->each(k->arg, f, k->e);
}

static void
differ(struct telling *k, const struct trial_test *x, enum trial_what what,
    const char *expected, const char *got, const char *rule, const char *why)
{
	struct trial_failure f = { .what = what,
		.expected = expected,
		.got = got,
		.rule = rule,
		.why = why };

	tell(k, x->n, &f);
}

static int
is_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* What both kinds of decision have. */
static void
check_verdict(struct telling *k, const struct trial_test *x, int allowed,
    const char *rule, const char *tag, const char *why)
{
	if (allowed != x->allow)
		differ(k, x, TRIAL_EXPECT, x->allow ? "allow" : "deny",
		    allowed ? "allow" : "deny", rule, why);
	if (x->rule != NULL && !is_same(x->rule, rule))
		differ(k, x, TRIAL_RULE, x->rule, rule, rule, why);
	if (x->tag != NULL && !is_same(x->tag, tag))
		differ(k, x, TRIAL_TAG, x->tag, tag, rule, why);
}

/* An exact list: what is missing of it, and what is too much. */
static void
check_exact(struct telling *k, const struct trial_test *x, enum trial_what what,
    const char *const *wanted, const char *const *got,
    const struct disclosure_decision *d)
{
	size_t i;

	for (i = 0; wanted[i] != NULL; i++)
		if (!model_has(got, wanted[i]))
			differ(
			    k, x, what, wanted[i], NULL, d->rule->name, d->why);
	for (i = 0; got[i] != NULL; i++)
		if (!model_has(wanted, got[i]))
			differ(k, x, what, NULL, got[i], d->rule->name, d->why);
}

static void
check_fields(struct telling *k, const struct trial_test *x,
    const struct disclosure_decision *d)
{
	const struct disclosure_rule *rule = d->rule;
	struct arena *a = &k->t->arena;
	const char **given, **kept;
	const struct policy_block *block;
	size_t i, ngiven = 0, nkept = 0;

	given = arena_array(a, rule->nfields + 1, sizeof(*given), k->e);
	kept = arena_array(a, rule->nfields + 1, sizeof(*kept), k->e);
	if (given == NULL || kept == NULL) {
		k->rc = -ERR_NOMEM;
		return;
	}
	for (i = 0; i < rule->nfields; i++) {
		if (policy_field_verdict(k->t->p, &x->disclosure, rule,
			&rule->fields[i], &block) == FIELD_GIVEN)
			given[ngiven++] = rule->fields[i].label;
		else
			kept[nkept++] = rule->fields[i].label;
	}
	if (x->fields != NULL)
		check_exact(k, x, TRIAL_FIELDS, x->fields, given, d);
	for (i = 0; x->withheld != NULL && x->withheld[i] != NULL; i++)
		if (!model_has(kept, x->withheld[i]))
			differ(k, x, TRIAL_WITHHELD, x->withheld[i], NULL,
			    rule->name, d->why);
	if (x->withheld != NULL && x->withheld[0] == NULL && nkept > 0)
		differ(k, x, TRIAL_WITHHELD, NULL, kept[0], rule->name, d->why);
	if (x->attach != NULL)
		check_exact(k, x, TRIAL_ATTACH, x->attach, rule->attach, d);
}

static int
try_test(struct telling *k, const struct trial_test *x)
{
	struct disclosure_decision dd;
	struct decision d;

	k->failed = 0;
	k->t->counts->tests++;
	if (x->is_access) {
		trial_authorize(k->t->p, &x->access, &d);
		check_verdict(k, x, d.allowed, d.rule, d.tag, d.why);
	} else {
		policy_disclose(k->t->p, &x->disclosure, &dd);
		check_verdict(k, x, dd.allowed,
		    dd.rule != NULL ? dd.rule->name : NULL, dd.tag, dd.why);
		if (dd.allowed && x->allow)
			check_fields(k, x, &dd);
	}
	k->t->counts->failed += (uint64_t)k->failed;
	return k->rc;
}

/* --- all of them ------------------------------------------------------ */

/* One that covers no situation would hold under any rules. */
static int
tell_never(struct telling *k, struct trial_never *x)
{
	k->t->counts->nevers++;
	k->t->counts->points += x->points;
	if (!x->is_broken && x->points > 0)
		return 0;
	k->t->counts->failed++;
	x->failure.what = TRIAL_NEVER;
	if (!x->is_broken)
		x->failure.why = "No situation is like this: it says nothing.";
	tell(k, x->n, &x->failure);
	return k->rc;
}

static int
try_all(struct telling *k)
{
	struct trial *t = k->t;
	size_t i;
	int r;

	for (i = 0; i < t->ntests; i++)
		if ((r = try_test(k, &t->tests[i])) < 0)
			return r;
	if ((r = trial_domain(t, k->e)) < 0)
		return r;
	for (i = 0; i < t->nnevers; i++)
		if ((r = tell_never(k, &t->nevers[i])) < 0)
			return r;
	return 0;
}

static void
trial_done(struct trial *t)
{
	arena_done(&t->arena);
}

int
policy_trial_each(const struct policy *p, const struct policy_file *files,
    size_t n,
    int (*each)(void *arg, const struct trial_failure *f, struct err *e),
    void *arg, struct buf *problems, struct trial_counts *counts, struct err *e)
{
	AUTO(trial_done) struct trial t = { .p = p, .counts = counts };
	struct telling k = { .t = &t, .each = each, .arg = arg, .e = e };
	struct problems ps = { .out = problems };
	int r;

	memset(counts, 0, sizeof(*counts));
	if ((r = trial_read(&t, files, n, &ps, e)) < 0)
		return r;
	if (ps.count > 0)
		return err_tag(e, ERR_INVALID, "policy", "%s", ps.first.text);
	return try_all(&k);
}

int
policy_trial_is_file(const char *name)
{
	size_t n = strlen(name), before = sizeof(PREFIX) - 1,
	       after = sizeof(SUFFIX) - 1;

	return n > before + after && strncmp(name, PREFIX, before) == 0 &&
	       strcmp(name + n - after, SUFFIX) == 0;
}

/* --- as text ---------------------------------------------------------- */

static int
add_failure(void *arg, const struct trial_failure *f, struct err *e)
{
	static const char *const whats[] = { "decision", "rule", "tag", "field",
		"withheld field", "attached kind" };
	struct buf *out = arg;
	int r;

	if ((r = buf_addf(
		 out, e, "%s:%d: \"%s\": ", f->file, f->line, f->title)) < 0)
		return r;
	if (f->what != TRIAL_NEVER)
		r = buf_addf(out, e, "%s: expected %s, got %s. %s\n",
		    whats[f->what],
		    f->expected != NULL ? f->expected : "nothing",
		    f->got != NULL ? f->got : "nothing", f->why);
	else if (f->got == NULL)
		r = buf_addf(out, e, "%s\n", f->why);
	else
		r = buf_addf(out, e, "%s goes by rule %s when %s\n", f->got,
		    f->rule, f->facts);
	return r;
}

int
policy_trial(const struct policy *p, const struct policy_file *files, size_t n,
    struct buf *report, struct trial_counts *counts, struct err *e)
{
	return policy_trial_each(
	    p, files, n, add_failure, report, report, counts, e);
}

int
policy_trial_own(const struct policy *p, struct buf *report,
    struct trial_counts *counts, struct err *e)
{
	const struct policy_file *all;
	AUTO(mem_freep) struct policy_file *tests = NULL;
	size_t i, n = policy_files(p, &all), ntests = 0;

	if ((tests = calloc(n + 1, sizeof(*tests))) == NULL)
		return err_set(e, ERR_NOMEM, "trial");
	for (i = 0; i < n; i++)
		if (policy_trial_is_file(all[i].name))
			tests[ntests++] = all[i];
	return policy_trial(p, tests, ntests, report, counts, e);
}
