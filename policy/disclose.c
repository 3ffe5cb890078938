/* Disclosure: the rule for a recipient and a purpose, and what it needs. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/model.h"

/* How far the best rule got: what it fits, one more each time. */
enum reach {
	REACH_NOT,
	REACH_PURPOSE,
	REACH_STAGE,
	REACH_DIAGNOSIS,
	REACH_EVENTS,
	REACH_SOME, /* some of the adults agree, and it may go in part */
	REACH_ALL
};

static void deny(struct disclosure_decision *d,
    const struct disclosure_rule *rule, const char *tag, const char *fmt, ...)
    PRINTF(4, 5);

static void
deny(struct disclosure_decision *d, const struct disclosure_rule *rule,
    const char *tag, const char *fmt, ...)
{
	va_list ap;

	d->allowed = 0;
	d->rule = rule;
	d->tag = tag;
	va_start(ap, fmt);
	vsnprintf(d->why, sizeof(d->why), fmt, ap);
	va_end(ap);
}

static int
is_for(const struct disclosure_rule *r, const struct disclosure_facts *f)
{
	return policy_in_force(&r->when, f->day) &&
	       strcmp(r->recipient, f->recipient) == 0;
}

static int
fits_stage(const struct disclosure_rule *r, const char *stage)
{
	return r->stages[0] == NULL ||
	       (stage != NULL && model_has(r->stages, stage));
}

static int
fits_diagnosis(const struct disclosure_rule *r, enum policy_diagnosis d)
{
	return (unsigned)d <= DIAGNOSIS_REFUSED && (r->diagnosis >> d & 1) != 0;
}

/* The first event that has not happened; NULL: they all have. */
static const char *
missing_event(const struct disclosure_rule *r, const struct disclosure_facts *f)
{
	const char *const *e;

	for (e = r->events; *e != NULL; e++)
		if (f->events == NULL || !model_has(f->events, *e))
			return *e;
	return NULL;
}

/* Is the consent of the rule one that can be given today at all? */
static int
consent_is_in_force(const struct policy *p, const struct disclosure_rule *r,
    const struct disclosure_facts *f)
{
	const struct policy_consent *c = policy_consent(p, r->consent);

	return c != NULL && policy_in_force(&c->when, f->day);
}

static int
all_agree(const struct disclosure_rule *r, const struct disclosure_facts *f)
{
	return f->consents != NULL && model_has(f->consents, r->consent);
}

/* Every adult in this role, and there is one. */
static int
role_agrees(const struct disclosure_rule *r, const struct disclosure_facts *f,
    const char *role)
{
	const struct disclosure_adult *a = f->adults;
	size_t i, agree = 0;

	for (i = 0; i < f->nadults; i++) {
		if (a[i].role == NULL || strcmp(a[i].role, role) != 0)
			continue;
		if (a[i].consents == NULL ||
		    !model_has(a[i].consents, r->consent))
			return 0;
		agree++;
	}
	return agree > 0;
}

/* How many agree to the rule: REACH_EVENTS is nobody who counts. */
static enum reach
reach_consent(const struct policy *p, const struct disclosure_rule *r,
    const struct disclosure_facts *f)
{
	size_t i;

	if (r->consent == NULL)
		return REACH_ALL;
	if (!consent_is_in_force(p, r, f))
		return REACH_EVENTS;
	if (all_agree(r, f))
		return REACH_ALL;
	for (i = 0; r->partial && i < r->nfields; i++)
		if (r->fields[i].about != NULL &&
		    role_agrees(r, f, r->fields[i].about))
			return REACH_SOME;
	return REACH_EVENTS;
}

static enum reach
reach_of(const struct policy *p, const struct disclosure_rule *r,
    const struct disclosure_facts *f)
{
	if (!fits_stage(r, f->stage))
		return REACH_PURPOSE;
	if (!fits_diagnosis(r, f->diagnosis))
		return REACH_STAGE;
	if (missing_event(r, f) != NULL)
		return REACH_DIAGNOSIS;
	return reach_consent(p, r, f);
}

/*
 * The purpose that counts: the one asked for, or the only one of the rules
 * that fit what is known of the case. NULL: there are several, and *several
 * is set, or none. Where nothing fits, the first rule explains why.
 */
static const char *
purpose_of(
    const struct policy *p, const struct disclosure_facts *f, int *several)
{
	const struct disclosure_rule *r;
	const char *only = NULL, *first = NULL;
	size_t i;

	*several = 0;
	if (f->purpose != NULL)
		return f->purpose;
	for (i = 0; i < p->ndisclosures; i++) {
		r = &p->disclosures[i];
		if (!is_for(r, f))
			continue;
		if (first == NULL)
			first = r->purpose;
		if (reach_of(p, r, f) < REACH_EVENTS)
			continue;
		if (only != NULL && strcmp(only, r->purpose) != 0) {
			*several = 1;
			return NULL;
		}
		only = r->purpose;
	}
	return only != NULL ? only : first;
}

static const struct disclosure_rule *
nearest(const struct policy *p, const struct disclosure_facts *f,
    const char *purpose, enum reach *reach)
{
	const struct disclosure_rule *r, *best = NULL;
	size_t i;

	*reach = REACH_NOT;
	for (i = 0; i < p->ndisclosures && *reach < REACH_ALL; i++) {
		enum reach got;

		r = &p->disclosures[i];
		if (!is_for(r, f) || strcmp(r->purpose, purpose) != 0)
			continue;
		got = reach_of(p, r, f);
		if (got > *reach) {
			*reach = got;
			best = r;
		}
	}
	return best;
}

/* What is known of the recipient and the case before any rule. */
static int
is_decidable(const struct policy *p, const struct disclosure_facts *f,
    struct disclosure_decision *d)
{
	const struct policy_recipient *r = NULL;
	const char *state = f->case_state != NULL ? f->case_state : "";

	if (f->recipient != NULL)
		r = policy_recipient(p, f->recipient);
	if (r == NULL || !policy_in_force(&r->when, f->day)) {
		deny(d, NULL, "recipient-unknown",
		    "Nothing goes to %s: the rules in force have no such "
		    "recipient.",
		    names_shown(f->recipient));
		return 0;
	}
	switch (names_find(names_states, state)) {
	case STATE_OPEN:
	case STATE_CLOSED:
		return 1;
	case STATE_RESTRICTED:
		deny(d, NULL, "case-restricted",
		    "Nothing goes to %s: the case is restricted.", r->name);
		return 0;
	case STATE_ERASED:
		deny(d, NULL, "no-rule",
		    "Nothing goes to %s: the case is erased.", r->name);
		return 0;
	case STATE_ARCHIVED:
		deny(d, NULL, "no-rule",
		    "Nothing goes to %s: the case is in the intermediate "
		    "archive.",
		    r->name);
		return 0;
	default:
		deny(d, NULL, "no-rule",
		    "Nothing goes to %s: the state of the case is not known.",
		    r->name);
		return 0;
	}
}

static void
deny_purpose(const struct policy *p, const struct disclosure_facts *f,
    int several, struct disclosure_decision *d)
{
	char day[11];

	date_format(f->day, day);
	if (several)
		deny(d, NULL, "purpose-missing",
		    "Nothing goes to %s: it may be for several purposes, and "
		    "none is named.",
		    f->recipient);
	else if (f->purpose != NULL && model_purpose(p, f->purpose) == NULL)
		deny(d, NULL, "purpose-unknown",
		    "Nothing goes to %s: the rules have no purpose %s.",
		    f->recipient, names_shown(f->purpose));
	else
		deny(d, NULL, "no-rule",
		    "Nothing goes to %s: no rule in force on %s gives it "
		    "anything for purpose %s.",
		    f->recipient, day,
		    f->purpose != NULL ? names_shown(f->purpose) : "(any)");
}

static void
allow(const struct disclosure_facts *f, const struct disclosure_rule *r,
    enum reach reach, struct disclosure_decision *d)
{
	d->allowed = 1;
	d->rule = r;
	snprintf(d->why, sizeof(d->why),
	    "%s%zu fields may go to %s for purpose %s under rule %s, basis: "
	    "%s; %s%s%s.",
	    reach == REACH_SOME ? "Some of " : "", r->nfields, f->recipient,
	    r->purpose, r->name, r->basis,
	    r->consent == NULL	  ? "no consent is needed"
	    : reach == REACH_SOME ? "consent in force of some adults: "
				  : "consent in force: ",
	    r->consent != NULL ? r->consent : "",
	    f->objection ? "; the rule holds despite an objection" : "");
}

static void
decide(const struct disclosure_facts *f, const struct disclosure_rule *r,
    enum reach reach, struct disclosure_decision *d)
{
	if (reach == REACH_PURPOSE)
		deny(d, r, "stage",
		    "Nothing goes to %s: rule %s is not for stage %s.",
		    f->recipient, r->name, names_shown(f->stage));
	else if (reach == REACH_STAGE)
		deny(d, r, "diagnosis",
		    "Nothing goes to %s: rule %s is not for a household "
		    "whose diagnosis is %s.",
		    f->recipient, r->name,
		    (unsigned)f->diagnosis <= DIAGNOSIS_REFUSED
			? names_diagnosis[f->diagnosis]
			: "not known");
	else if (f->objection && !r->despite_objection)
		deny(d, r, "objection",
		    "Nothing goes to %s under rule %s: an objection waits "
		    "for the DPO, or was upheld.",
		    f->recipient, r->name);
	else if (reach == REACH_DIAGNOSIS)
		deny(d, r, "event-missing",
		    "Nothing goes to %s: rule %s is for after event %s, and "
		    "it has not happened.",
		    f->recipient, r->name, missing_event(r, f));
	else if (reach == REACH_EVENTS)
		deny(d, r, "consent-missing",
		    "Nothing goes to %s: rule %s needs the consent %s of "
		    "every adult, and it is not in force.",
		    f->recipient, r->name, r->consent);
	else
		allow(f, r, reach, d);
}

void
policy_disclose(const struct policy *p, const struct disclosure_facts *f,
    struct disclosure_decision *d)
{
	const struct disclosure_rule *r;
	const char *purpose;
	enum reach reach;
	int several;

	memset(d, 0, sizeof(*d));
	d->policy = p;
	if (!is_decidable(p, f, d))
		return;
	purpose = purpose_of(p, f, &several);
	r = purpose != NULL ? nearest(p, f, purpose, &reach) : NULL;
	if (r == NULL)
		deny_purpose(p, f, several, d);
	else
		decide(f, r, reach, d);
}

/* --- blocks ----------------------------------------------------------- */

int
policy_block_is_on(const struct policy *p, const struct policy_block *b,
    const struct disclosure_facts *f)
{
	const struct policy_recipient *r = NULL;

	if (!policy_in_force(&b->when, f->day))
		return 0;
	if (f->recipient != NULL)
		r = policy_recipient(p, f->recipient);
	/* Somebody not known may be anybody. */
	if (r != NULL && !(b->landlord_facing && r->landlord_facing) &&
	    !model_has(b->recipients, r->name))
		return 0;
	return f->events == NULL || !model_has(f->events, b->until_event);
}

/* A group goes with what is blocked in it, or not at all. */
static int
touches(const struct policy_blocked *v, const struct disclosed_field *x)
{
	return v->value == NULL && strcmp(v->kind, x->kind) == 0 &&
	       (model_is_at_or_under(v->path, x->path) ||
		   model_is_at_or_under(x->path, v->path));
}

static const struct policy_block *
block_on(const struct policy *p, const struct disclosure_facts *f,
    const struct disclosed_field *x)
{
	const struct policy_block *b;
	size_t i, j;

	for (i = 0; i < p->nblocks; i++) {
		b = &p->blocks[i];
		if (!policy_block_is_on(p, b, f))
			continue;
		for (j = 0; j < b->nblocked; j++)
			if (touches(&b->blocked[j], x))
				return b;
	}
	return NULL;
}

enum field_verdict
policy_field_verdict(const struct policy *p, const struct disclosure_facts *f,
    const struct disclosure_rule *r, const struct disclosed_field *x,
    const struct policy_block **block)
{
	const struct policy_block *b = block_on(p, f, x);

	if (block != NULL)
		*block = b;
	if (b != NULL)
		return FIELD_BLOCKED;
	if (r->consent == NULL)
		return FIELD_GIVEN;
	if (consent_is_in_force(p, r, f)) {
		if (all_agree(r, f))
			return FIELD_GIVEN;
		if (x->about != NULL && r->partial &&
		    role_agrees(r, f, x->about))
			return FIELD_GIVEN;
	}
	return x->about != NULL ? FIELD_THEY_DISAGREE : FIELD_NOT_ALL_AGREE;
}
