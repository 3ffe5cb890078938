/*
 * Trial: test files beside the rules. A test gives facts and says what the
 * rules must decide on them; a never says what they must not, and is tried
 * on every situation there can be. A data protection officer can write one:
 * the syntax is that of the rules, and each word is one of theirs.
 *
 *   file   = format = 1, on = "YYYY-MM-DD" (the day of the tests that do
 *            not say theirs), { test "…" { … } | never "…" { … } }
 *
 *   test of a disclosure: recipient; purpose, stage, case (open), diagnosis
 *     (unknown), consents (of every adult) or adult "ROLE" { consents }
 *     (also adult "…" { role }), objection (false), events, on;
 *     expect = allow | deny; rule, tag, fields (the exact list of labels
 *     that go), withheld (of those that stay behind), attach (exact).
 *   test of an access: role, operation; kind, purpose, case (none: no case
 *     at all), own-case, own-team, own-organisation (false), glass,
 *     step-up (false), on; expect, rule, tag.
 *   never of a disclosure: which situations: recipient, landlord-facing,
 *     purposes, stages, cases, diagnosis, objection, without-consent
 *     (nobody gave it), without-consent-of-all (somebody did not),
 *     without-event, from, until; and what must not go then: sources
 *     ("kind:path", with what lies under it and what it lies in), labels,
 *     kinds (their fields, or themselves attached), anything = true;
 *     except = sources that may go; unless-blocked = VALUE: sources may go
 *     where a block keeps back what holds that value.
 *   never of an access: role; operations, or operations-except; kinds,
 *     purposes, cases, own-case, own-team, own-organisation, glass,
 *     step-up, from, until.
 *
 * Where a never does not say a word, it holds whatever that is.
 */
#ifndef POLICY_TRIAL_H
#define POLICY_TRIAL_H

#include "policy/policy.h"

struct trial_counts {
	uint64_t tests, nevers; /* that were tried */
	uint64_t failed;	/* of both */
	/* Situations that the nevers cover, and the decisions it took to try
	 * them: what no rule tells apart is tried once. */
	uint64_t points, decisions;
};

enum trial_what {
	TRIAL_EXPECT,	/* allow, deny */
	TRIAL_RULE,	/* the name of another */
	TRIAL_TAG,	/* of the denial */
	TRIAL_FIELDS,	/* one label too many (expected NULL), or missing
			   (got NULL) */
	TRIAL_WITHHELD, /* the same */
	TRIAL_ATTACH,	/* the same */
	TRIAL_NEVER	/* got: what goes, or the operation */
};
/* What went otherwise than a file says. Strings are borrowed. */
struct trial_failure {
	const char *file, *title;
	int line;
	enum trial_what what;
	const char *expected, *got; /* NULL: nothing */
	const char *rule;	    /* that decided; or NULL */
	/* TRIAL_NEVER: the situation, as the words of a test. Else "". */
	const char *facts;
	const char *why; /* the decision's own sentence */
};

/*
 * Try files, whose names are for what is told of them, on p: all failures of
 * all tests, and for each never the first situation in which it does not hold.
 * counts is filled; 0 also when some failed.
 *
 * ERR_INVALID, tag "policy": a file is not well formed or names what the
 * rules do not have; then nothing was tried, and *problems (may be NULL) has
 * "file:line: what", one a line. ERR_TOO_LARGE, tag "policy": the rules tell
 * too many situations apart to try them all. What each returns below 0.
 */
int policy_trial_each(const struct policy *p, const struct policy_file *files,
    size_t n,
    int (*each)(void *arg, const struct trial_failure *f, struct err *e),
    void *arg, struct buf *problems, struct trial_counts *counts, struct err *e)
    NODISCARD;
/* The same, with what failed as text, English, in report (with the problems
 * when it is ERR_INVALID). */
int policy_trial(const struct policy *p, const struct policy_file *files,
    size_t n, struct buf *report, struct trial_counts *counts, struct err *e)
    NODISCARD;
/* Is name that of a policy's own test file ("tests/NAME.tests")? */
int policy_trial_is_file(const char *name);
/* Try the test files the policy itself was loaded with. */
int policy_trial_own(const struct policy *p, struct buf *report,
    struct trial_counts *counts, struct err *e) NODISCARD;

#endif
