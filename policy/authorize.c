/* Access: the first rule that fits decides; where none does, the rule that
 * came nearest explains why. */
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/model.h"

/* How far a rule got before it did not fit. */
enum fit {
	FIT_NOT,
	FIT_OP,
	FIT_KIND,
	FIT_SCOPE,
	FIT_STATE,
	FIT_PURPOSE, /* and only the signed statement is missing */
	FIT_ALL
};

/* The question, and what came nearest so far. */
struct question {
	const struct policy *p;
	const struct access_facts *f;
	const struct access_rule *near;
	enum fit best;
};

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
fit(const struct access_rule *a, const struct access_facts *f, const char *role)
{
	if (!policy_in_force(&a->when, f->day) || !opset_has(&a->ops, f->op) ||
	    !model_has(a->roles, role))
		return FIT_NOT;
	if (names_op(f->op)->on_kind && f->kind != NULL &&
	    !model_has(a->kinds, f->kind))
		return FIT_OP;
	if (!fits_scope(a, f))
		return FIT_KIND;
	if (!fits_state(a, f))
		return FIT_SCOPE;
	if (!fits_purpose(a, f))
		return FIT_STATE;
	return a->step_up && !f->stepped_up ? FIT_PURPOSE : FIT_ALL;
}

static const char *
about_case(const struct access_facts *f)
{
	static const char *const cases[STATE_COUNT] = { "open case",
		"closed case", "restricted case", "erased case",
		"archived case" };
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
take_purpose(const struct access_facts *f, const struct access_rule *a,
    struct decision *d)
{
	size_t i;

	d->purpose = NULL;
	d->purpose_is_default = 0;
	if (a->purposes[0] == NULL)
		return;
	d->purpose_is_default = f->purpose == NULL;
	d->purpose = a->default_purpose;
	/* The policy's own string, not the caller's. */
	for (i = 0; f->purpose != NULL && a->purposes[i] != NULL; i++)
		if (strcmp(a->purposes[i], f->purpose) == 0)
			d->purpose = a->purposes[i];
}

static void
allow(const struct question *q, const struct access_rule *a, const char *role,
    struct decision *d)
{
	const struct access_facts *f = q->f;
	const struct policy_loan *loan = NULL;
	char what[400];

	d->allowed = 1;
	d->rule = a->name;
	d->tag = NULL;
	d->role = role;
	d->broken_glass = a->break_glass;
	take_purpose(f, a, d);
	if (strcmp(role, f->who->role) != 0)
		loan = model_loan(q->p, f->who->account, role, f->day);
	d->loan = loan != NULL ? loan->name : NULL;
	who_does_what(f, what, sizeof(what));
	snprintf(d->why, sizeof(d->why),
	    "%s is allowed by rule %s%s%s%s%s%s (%s%s%s%s).", what, a->name,
	    loan != NULL ? " as " : "", loan != NULL ? role : "",
	    loan != NULL ? ", lent by " : "", loan != NULL ? loan->name : "",
	    a->break_glass ? ", the glass being broken" : "", about_case(f),
	    d->purpose != NULL ? ", purpose " : "",
	    d->purpose != NULL ? d->purpose : "",
	    d->purpose_is_default ? " by default" : "");
}

static void
explain_purpose(const struct access_facts *f, const struct access_rule *a,
    const char *what, struct decision *d)
{
	if (f->purpose == NULL) {
		deny(d, a->name, "purpose-missing");
		snprintf(d->why, sizeof(d->why),
		    "%s is denied: rule %s asks for a purpose and has no "
		    "default.",
		    what, a->name);
		return;
	}
	deny(d, a->name, "no-rule");
	snprintf(d->why, sizeof(d->why),
	    "%s is denied: rule %s is not for purpose %s.", what, a->name,
	    names_shown(f->purpose));
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
	case FIT_PURPOSE:
		deny(d, a->name, "step-up");
		snprintf(d->why, sizeof(d->why),
		    "%s is denied: rule %s takes a signed statement made for "
		    "this act.",
		    what, a->name);
		break;
	default:
		explain_purpose(f, a, what, d);
	}
}

/* Is the operation one that exists, and has it the case it is always on? */
static int
has_its_case(const struct access_facts *f, struct decision *d)
{
	const struct op_traits *op = names_op(f->op);

	if (op != NULL && (!op->on_case || f->team != NULL))
		return 1;
	deny(d, NULL, "no-rule");
	snprintf(d->why, sizeof(d->why), "%s %s: %s is denied: %s.",
	    f->who->role, f->who->account, policy_op_name(f->op),
	    op == NULL ? "there is no such operation"
		       : "it is always on a case, and none is named");
	return 0;
}

static int
has_role_in_force(
    const struct policy *p, const struct access_facts *f, struct decision *d)
{
	const struct named *role = model_role(p, f->who->role);

	if (role != NULL && policy_in_force(&role->when, f->day))
		return 1;
	deny(d, NULL, "no-rule");
	snprintf(d->why, sizeof(d->why),
	    "%s is denied: the rules in force have no role %s.",
	    policy_op_name(f->op), names_shown(f->who->role));
	return 0;
}

static int
has_kind_in_force(
    const struct policy *p, const struct access_facts *f, struct decision *d)
{
	const struct policy_kind *kind = NULL;

	if (f->kind == NULL && !names_op(f->op)->with_kind)
		return 1;
	if (f->kind != NULL)
		kind = policy_kind(p, f->kind);
	if (kind != NULL && policy_in_force(&kind->when, f->day))
		return 1;
	deny(d, NULL, "kind-unknown");
	snprintf(d->why, sizeof(d->why),
	    "%s %s: %s is denied: the rules in force have no kind %s.",
	    f->who->role, f->who->account, policy_op_name(f->op),
	    names_shown(f->kind));
	return 0;
}

static int
has_purpose_in_force(
    const struct policy *p, const struct access_facts *f, struct decision *d)
{
	const struct named *purpose;

	if (f->purpose == NULL)
		return 1;
	purpose = model_purpose(p, f->purpose);
	if (purpose != NULL && policy_in_force(&purpose->when, f->day))
		return 1;
	deny(d, NULL, "purpose-unknown");
	snprintf(d->why, sizeof(d->why),
	    "%s %s: %s is denied: the rules in force have no purpose %s.",
	    f->who->role, f->who->account, policy_op_name(f->op),
	    names_shown(f->purpose));
	return 0;
}

/* What is known without looking at any rule. */
static int
is_decidable(
    const struct policy *p, const struct access_facts *f, struct decision *d)
{
	if (f->who == NULL || f->who->status != POLICY_ACTIVE ||
	    f->who->role == NULL) {
		deny(d, NULL, "nobody");
		snprintf(d->why, sizeof(d->why),
		    "%s is denied: the caller is nobody in the people file, "
		    "or suspended.",
		    policy_op_name(f->op));
		return 0;
	}
	return has_its_case(f, d) && has_role_in_force(p, f, d) &&
	       has_kind_in_force(p, f, d) && has_purpose_in_force(p, f, d);
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

/* The first rule for this role that allows, of those behind glass or not. */
static const struct access_rule *
find_rule(struct question *q, const char *role, int break_glass)
{
	const struct access_rule *a;
	enum fit got;
	size_t i;

	for (i = 0; i < q->p->naccess; i++) {
		a = &q->p->access[i];
		if (a->break_glass != break_glass)
			continue;
		got = fit(a, q->f, role);
		if (got == FIT_ALL)
			return a;
		if (got > q->best) {
			q->best = got;
			q->near = a;
		}
	}
	return NULL;
}

/*
 * The caller's own role before those lent; and what holds behind broken
 * glass only where nothing else allows it, so that a decision that names the
 * glass really rests on it.
 */
static int
decide(struct question *q, struct decision *d)
{
	const char *roles[POLICY_ROLES_MAX + 1];
	const struct access_rule *a;
	const struct named *role;
	int glass;
	size_t i;

	(void)policy_roles_of(q->p, q->f->who, q->f->day, roles);
	for (glass = 0; glass <= (q->f->broken_glass != 0); glass++)
		for (i = 0; roles[i] != NULL; i++) {
			role = model_role(q->p, roles[i]);
			if (role == NULL ||
			    !policy_in_force(&role->when, q->f->day) ||
			    (a = find_rule(q, role->name, glass)) == NULL)
				continue;
			allow(q, a, role->name, d);
			return 1;
		}
	return 0;
}

/* --- facts as values -------------------------------------------------- */

/* What is no name is kept as something else that is none: no rule fits
 * either, and both are told in the same words. */
static void
keep_name(char out[64], const char *s)
{
	size_t n = s != NULL ? strnlen(s, 64) : 0;

	if (n > 0 && (n == 64 || (!names_is_name(s) && !names_is_account(s))))
		s = names_shown("");
	snprintf(out, 64, "%s", s != NULL ? s : "");
}

static void
keep(const struct access_facts *f, struct access_kept *k)
{
	memset(k, 0, sizeof(*k));
	k->is_nobody = f->who == NULL || f->who->role == NULL;
	if (f->who != NULL) {
		k->uid = f->who->uid;
		keep_name(k->account, f->who->account);
		keep_name(k->role, f->who->role);
		keep_name(k->team, f->who->team);
		keep_name(k->organisation, f->who->organisation);
		k->is_suspended = f->who->status != POLICY_ACTIVE;
		k->is_partner = f->who->recipient != NULL;
	}
	k->op = (unsigned)f->op < OP_COUNT ? f->op : OP_COUNT;
	k->has_kind = f->kind != NULL;
	keep_name(k->kind, f->kind);
	k->has_purpose = f->purpose != NULL;
	keep_name(k->purpose, f->purpose);
	k->has_case = f->team != NULL || f->case_state != NULL;
	keep_name(k->case_team, f->team);
	keep_name(k->case_organisation, f->organisation);
	if (f->case_state != NULL)
		snprintf(k->case_state, sizeof(k->case_state), "%s",
		    names_find(names_states, f->case_state) >= 0 ? f->case_state
								 : "unknown");
	k->own_case = f->own_case != 0;
	k->broken_glass = f->broken_glass != 0;
	k->stepped_up = f->stepped_up != 0;
	k->day = f->day;
}

static const char *
or_null(const char *s)
{
	return *s != '\0' ? s : NULL;
}

static void
unkeep(
    const struct access_kept *k, struct principal *who, struct access_facts *f)
{
	*who = (struct principal){ .uid = k->uid,
		.account = k->account,
		.name = "",
		.role = or_null(k->role),
		.team = or_null(k->team),
		.organisation = or_null(k->organisation),
		.status = k->is_suspended ? POLICY_SUSPENDED : POLICY_ACTIVE };
	*f = (struct access_facts){ .who = k->is_nobody ? NULL : who,
		.op = k->op,
		.kind = k->has_kind ? k->kind : NULL,
		.purpose = k->has_purpose ? k->purpose : NULL,
		.team = k->has_case ? or_null(k->case_team) : NULL,
		.organisation = or_null(k->case_organisation),
		.case_state = k->has_case ? or_null(k->case_state) : NULL,
		.own_case = k->own_case,
		.day = k->day,
		.broken_glass = k->broken_glass,
		.stepped_up = k->stepped_up };
}

void
policy_authorize_kept(
    const struct policy *p, const struct access_kept *k, struct decision *d)
{
	struct access_kept copy;
	struct access_facts f;
	struct principal who;
	struct question q = { .p = p, .f = &f };

	/* k may lie in *d. */
	memcpy(&copy, k, sizeof(copy));
	memset(d, 0, sizeof(*d));
	d->policy = p;
	memcpy(&d->facts, &copy, sizeof(copy));
	unkeep(&copy, &who, &f);
	if (!is_decidable(p, &f, d) || decide(&q, d))
		return;
	if (q.near == NULL)
		deny_without_rule(&f, d);
	else
		explain_near(&f, q.near, q.best, d);
}

/* Through the facts as they are kept, so that a decision taken again on them
 * is the same one. */
void
policy_authorize(
    const struct policy *p, const struct access_facts *f, struct decision *d)
{
	struct access_kept k;

	keep(f, &k);
	policy_authorize_kept(p, &k, d);
}
