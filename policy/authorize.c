/* Access: the first rule that fits decides; where none does, the rule that
 * came nearest explains why. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/model.h"

/* How far a rule got before it did not fit. */
enum fit { FIT_NOT, FIT_OP, FIT_KIND, FIT_SCOPE, FIT_STATE, FIT_ALL };

static void
deny(struct decision *d, const char *rule, const char *tag)
{
	d->allowed = 0;
	d->purpose_is_default = 0;
	d->purpose = NULL;
	d->rule = rule;
	d->tag = tag;
}

static int
is_same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

static int
fits_scope(const struct access_rule *a, const struct access_facts *f)
{
	int has_case = f->team != NULL || f->case_state != NULL;

	switch (a->scope) {
	case SCOPE_NONE:
		return !has_case;
	case SCOPE_OWN_CASE:
		return has_case && f->own_case;
	case SCOPE_OWN_TEAM:
		/* Lists without a case stay within the team: core's. */
		return !has_case
			   ? f->who->team != NULL
			   : is_same(f->team, f->who->team) &&
				 is_same(f->organisation, f->who->organisation);
	case SCOPE_ORGANISATION:
		return !has_case ||
		       is_same(f->organisation, f->who->organisation);
	case SCOPE_ANY:
		return 1;
	}
	return 0;
}

static int
fits_state(const struct access_rule *a, const struct access_facts *f)
{
	int state;

	if (f->team == NULL && f->case_state == NULL)
		return 1;
	if (f->case_state == NULL ||
	    (state = names_find(names_states, f->case_state)) < 0)
		return 0;
	return (a->states >> state & 1) != 0;
}

static int
fits_purpose(const struct access_rule *a, const struct access_facts *f)
{
	if (a->purposes[0] == NULL)
		return 1;
	if (f->purpose == NULL)
		return a->default_purpose != NULL;
	return model_has(a->purposes, f->purpose);
}

static enum fit
fit(const struct access_rule *a, const struct access_facts *f)
{
	if (!policy_in_force(&a->when, f->day) || (a->ops >> f->op & 1) == 0 ||
	    !model_has(a->roles, f->who->role))
		return FIT_NOT;
	if (names_op(f->op)->on_kind && f->kind != NULL &&
	    !model_has(a->kinds, f->kind))
		return FIT_OP;
	if (!fits_scope(a, f))
		return FIT_KIND;
	if (!fits_state(a, f))
		return FIT_SCOPE;
	return fits_purpose(a, f) ? FIT_ALL : FIT_STATE;
}

static const char *
about_case(const struct access_facts *f)
{
	static const char *const cases[STATE_COUNT] = { "open case",
		"closed case", "restricted case" };
	int state;

	if (f->case_state == NULL)
		return "no case";
	state = names_find(names_states, f->case_state);
	return state >= 0 ? cases[state] : "a case in an unknown state";
}

/* "caseworker camille of team nord: doc-read of kind diagnostic". */
static void
who_does_what(const struct access_facts *f, char *out, size_t n)
{
	snprintf(out, n, "%s %s%s%s: %s%s%s", f->who->role, f->who->account,
	    f->who->team != NULL ? " of team " : "",
	    f->who->team != NULL ? f->who->team : "", policy_op_name(f->op),
	    f->kind != NULL ? " of kind " : "",
	    f->kind != NULL ? names_shown(f->kind) : "");
}

static void
allow(const struct access_facts *f, const struct access_rule *a,
    struct decision *d)
{
	char what[400];

	d->allowed = 1;
	d->rule = a->name;
	d->tag = NULL;
	d->purpose = NULL;
	d->purpose_is_default = 0;
	if (a->purposes[0] != NULL) {
		d->purpose_is_default = f->purpose == NULL;
		d->purpose = a->default_purpose;
		/* The policy's own string, not the caller's. */
		for (size_t i = 0; f->purpose != NULL && a->purposes[i] != NULL;
		     i++)
			if (strcmp(a->purposes[i], f->purpose) == 0)
				d->purpose = a->purposes[i];
	}
	who_does_what(f, what, sizeof(what));
	snprintf(d->why, sizeof(d->why), "%s is allowed by rule %s (%s%s%s%s).",
	    what, a->name, about_case(f),
	    d->purpose != NULL ? ", purpose " : "",
	    d->purpose != NULL ? d->purpose : "",
	    d->purpose_is_default ? " by default" : "");
}

static void
explain_near(const struct access_facts *f, const struct access_rule *a,
    enum fit how, struct decision *d)
{
	int is_restricted =
	    is_same(f->case_state, names_states[STATE_RESTRICTED]);
	char what[400];

	who_does_what(f, what, sizeof(what));
	switch (how) {
	case FIT_OP:
		deny(d, a->name, "no-rule");
		snprintf(d->why, sizeof(d->why),
		    "%s is denied: rule %s is not for this kind.", what,
		    a->name);
		break;
	case FIT_KIND:
		deny(d, a->name, "other-team");
		snprintf(d->why, sizeof(d->why),
		    "%s is denied: rule %s stops at scope %s, and the case "
		    "is of team %s, organisation %s.",
		    what, a->name, names_scopes[a->scope], names_shown(f->team),
		    names_shown(f->organisation));
		break;
	case FIT_SCOPE:
		deny(d, a->name, is_restricted ? "case-restricted" : "no-rule");
		snprintf(d->why, sizeof(d->why),
		    "%s is denied: rule %s is not for this case (%s).", what,
		    a->name, about_case(f));
		break;
	default:
		deny(d, a->name,
		    f->purpose == NULL ? "purpose-missing" : "no-rule");
		snprintf(d->why, sizeof(d->why),
		    f->purpose == NULL
			? "%s is denied: rule %s asks for a purpose and has "
			  "no default%s%s."
			: "%s is denied: rule %s is not for%s%s.",
		    what, a->name, f->purpose == NULL ? "" : " purpose ",
		    f->purpose == NULL ? "" : names_shown(f->purpose));
	}
}

/* What is known without looking at any rule. */
static int
is_decidable(
    const struct policy *p, const struct access_facts *f, struct decision *d)
{
	const struct op_traits *op = names_op(f->op);
	const struct policy_kind *kind;
	const struct named *purpose, *role;

	if (f->who == NULL || f->who->status != POLICY_ACTIVE ||
	    f->who->role == NULL) {
		deny(d, NULL, "nobody");
		snprintf(d->why, sizeof(d->why),
		    "%s is denied: the caller is nobody in the people file, "
		    "or suspended.",
		    policy_op_name(f->op));
		return 0;
	}
	if (op == NULL || (op->on_case && f->team == NULL)) {
		deny(d, NULL, "no-rule");
		snprintf(d->why, sizeof(d->why), "%s %s: %s is denied: %s.",
		    f->who->role, f->who->account, policy_op_name(f->op),
		    op == NULL ? "there is no such operation"
			       : "it is always on a case, and none is named");
		return 0;
	}
	role = model_role(p, f->who->role);
	if (role == NULL || !policy_in_force(&role->when, f->day)) {
		deny(d, NULL, "no-rule");
		snprintf(d->why, sizeof(d->why),
		    "%s is denied: the rules in force have no role %s.",
		    op->name, names_shown(f->who->role));
		return 0;
	}
	kind = f->kind != NULL ? policy_kind(p, f->kind) : NULL;
	if (f->kind != NULL
		? kind == NULL || !policy_in_force(&kind->when, f->day)
		: op->with_kind) {
		deny(d, NULL, "kind-unknown");
		snprintf(d->why, sizeof(d->why),
		    "%s %s: %s is denied: the rules in force have no kind "
		    "%s.",
		    f->who->role, f->who->account, op->name,
		    names_shown(f->kind));
		return 0;
	}
	purpose = f->purpose != NULL ? model_purpose(p, f->purpose) : NULL;
	if (f->purpose != NULL &&
	    (purpose == NULL || !policy_in_force(&purpose->when, f->day))) {
		deny(d, NULL, "purpose-unknown");
		snprintf(d->why, sizeof(d->why),
		    "%s %s: %s is denied: the rules in force have no purpose "
		    "%s.",
		    f->who->role, f->who->account, op->name,
		    names_shown(f->purpose));
		return 0;
	}
	return 1;
}

static void
deny_without_rule(const struct access_facts *f, struct decision *d)
{
	char what[400];
	char day[11];

	who_does_what(f, what, sizeof(what));
	date_format(f->day, day);
	deny(d, NULL, "no-rule");
	snprintf(d->why, sizeof(d->why),
	    "%s is denied: no rule in force on %s lets a %s do it.", what, day,
	    f->who->role);
}

void
policy_authorize(
    const struct policy *p, const struct access_facts *f, struct decision *d)
{
	const struct access_rule *near = NULL;
	enum fit best = FIT_NOT, got;
	size_t i;

	memset(d, 0, sizeof(*d));
	if (!is_decidable(p, f, d))
		return;
	for (i = 0; i < p->naccess; i++) {
		got = fit(&p->access[i], f);
		if (got == FIT_ALL) {
			allow(f, &p->access[i], d);
			return;
		}
		if (got > best) {
			best = got;
			near = &p->access[i];
		}
	}
	if (near == NULL)
		deny_without_rule(f, d);
	else
		explain_near(f, near, best, d);
}
