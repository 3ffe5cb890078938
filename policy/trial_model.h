/*
 * Trial model: what a test file says, once read and found to name nothing
 * the rules do not have. Private to policy/.
 */
#ifndef POLICY_TRIAL_MODEL_H
#define POLICY_TRIAL_MODEL_H

#include "policy/model.h"
#include "policy/problems.h"
#include "policy/syntax.h"
#include "policy/trial.h"

#define TRIAL_ANY (-1) /* of a flag: whatever it is */
#define TRIAL_ADULTS_MAX 8
/* After the states of a case, in a set of them: no case at all. */
#define TRIAL_NO_CASE STATE_COUNT

/* Where somebody stands to a case, in access facts. */
struct trial_access {
	const char *role;
	enum policy_op op;
	const char *kind, *purpose;
	int state; /* enum case_state, or TRIAL_NO_CASE */
	int own_case, own_team, own_organisation, glass, step_up;
	int32_t day;
};

struct trial_test {
	const struct node *n;
	int is_access;
	struct trial_access access;
	struct disclosure_facts disclosure; /* its adults are below */
	struct disclosure_adult adults[TRIAL_ADULTS_MAX];
	int allow;
	const char *rule, *tag; /* NULL: not said */
	/* NULL: not said; empty: none. */
	const char *const *fields, *const *withheld, *const *attach;
};

/* "kind:path" in two. */
struct trial_source {
	const char *kind, *path;
};

struct trial_never {
	const struct node *n;
	int is_access;
	struct policy_window when;
	/* Each empty: any. */
	const char *const *recipients, *const *purposes, *const *stages;
	const char *const *without_consent, *const *without_all;
	const char *const *without_event;
	unsigned states;    /* bits, TRIAL_NO_CASE too; 0: any */
	unsigned diagnosis; /* bits; 0: any */
	int landlord_facing, objection;
	/* What must not go. */
	const struct trial_source *sources, *except;
	size_t nsources, nexcept;
	unsigned labels; /* bits */
	const char *const *kinds;
	int anything;
	/* A field that goes is no breach where a block keeps each source back
	 * in it whose value is this one; NULL: a breach whatever it holds. */
	const char *unless_blocked;
	/* Who must not do what. */
	const char *const *roles;
	struct opset ops;
	int own_case, own_team, own_organisation, glass, step_up;

	uint64_t points;
	int is_broken;
	struct trial_failure failure; /* when it is */
};

struct trial {
	const struct policy *p;
	struct arena arena;
	struct trial_test *tests;
	struct trial_never *nevers;
	size_t ntests, nnevers;
	int32_t day; /* of the last file that says one: where no rule has one */
	struct trial_counts *counts;
};

/* The files into t; what is wrong goes to ps, and 0 is returned as well. */
int trial_read(struct trial *t, const struct policy_file *files, size_t n,
    struct problems *ps, struct err *e) NODISCARD;
/* Every situation there is: is_broken and points of each never.
 * ERR_TOO_LARGE. */
int trial_domain(struct trial *t, struct err *e) NODISCARD;

/* The decision on these facts. */
void trial_authorize(
    const struct policy *p, const struct trial_access *x, struct decision *d);
/* The words of the tables of names, and those of a test alone. */
extern const char *const trial_diagnosis[];
extern const char *const trial_adults[]; /* roles of those who consent */
extern const char *const trial_states[]; /* of names_states, then "none" */

#endif
