/* Disclosure: the rule for a recipient and a purpose, and what it needs. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/model.h"

/* How far the best rule got. */
enum reach { REACH_NOT, REACH_PURPOSE, REACH_STAGE, REACH_ALL };

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

/*
 * The purpose that counts: the one asked for, or the only one there is.
 * NULL: there are several, and *several is set, or none.
 */
static const char *
purpose_of(
    const struct policy *p, const struct disclosure_facts *f, int *several)
{
	const char *only = NULL;
	size_t i;

	*several = 0;
	if (f->purpose != NULL)
		return f->purpose;
	for (i = 0; i < p->ndisclosures; i++) {
		if (!is_for(&p->disclosures[i], f))
			continue;
		if (only != NULL &&
		    strcmp(only, p->disclosures[i].purpose) != 0) {
			*several = 1;
			return NULL;
		}
		only = p->disclosures[i].purpose;
	}
	return only;
}

static int
fits_stage(const struct disclosure_rule *r, const char *stage)
{
	return r->stages[0] == NULL ||
	       (stage != NULL && model_has(r->stages, stage));
}

static int
has_consent(const struct policy *p, const struct disclosure_rule *r,
    const struct disclosure_facts *f)
{
	const struct policy_consent *c;

	if (r->consent == NULL)
		return 1;
	c = policy_consent(p, r->consent);
	return c != NULL && policy_in_force(&c->when, f->day) &&
	       f->consents != NULL && model_has(f->consents, r->consent);
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
		got = !fits_stage(r, f->stage) ? REACH_PURPOSE
		      : !has_consent(p, r, f)  ? REACH_STAGE
					       : REACH_ALL;
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
decide(const struct disclosure_facts *f, const struct disclosure_rule *r,
    enum reach reach, struct disclosure_decision *d)
{
	if (reach == REACH_PURPOSE)
		deny(d, r, "stage",
		    "Nothing goes to %s: rule %s is not for stage %s.",
		    f->recipient, r->name, names_shown(f->stage));
	else if (f->objection)
		deny(d, r, "objection",
		    "Nothing goes to %s under rule %s: an objection waits "
		    "for the DPO.",
		    f->recipient, r->name);
	else if (reach == REACH_STAGE)
		deny(d, r, "consent-missing",
		    "Nothing goes to %s: rule %s needs the consent %s of "
		    "every adult, and it is not in force.",
		    f->recipient, r->name, r->consent);
	else {
		d->allowed = 1;
		d->rule = r;
		snprintf(d->why, sizeof(d->why),
		    "%zu fields may go to %s for purpose %s under rule %s, "
		    "basis: %s; %s%s.",
		    r->nfields, f->recipient, r->purpose, r->name, r->basis,
		    r->consent != NULL ? "consent in force: "
				       : "no consent is needed",
		    r->consent != NULL ? r->consent : "");
	}
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
