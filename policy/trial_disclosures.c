/* Every situation of every recipient. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/trial_domain.h"

#define CONSENTS_MAX 4 /* that rules of one recipient ask for */
#define EVENTS_MAX 6   /* that they and the blocks name */
#define ROLES_MAX 6    /* of adults that they tell apart */

/* Each name once; -1 when there is no room. */
static int
add_name(const char **v, size_t *n, size_t max, const char *s)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (strcmp(v[i], s) == 0)
			return 0;
	if (*n == max)
		return -1;
	v[(*n)++] = s;
	return 0;
}

/* The names whose bits are set, NULL at the end. */
static void
subset(const char *const *v, size_t n, unsigned bits, const char **out)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((bits >> i & 1) != 0)
			*out++ = v[i];
	*out = NULL;
}

/* What one recipient's rules tell apart. */
struct round {
	const struct policy_recipient *to;
	const char **purposes; /* that their rules name; the first is NULL */
	size_t npurposes;
	const char **others; /* the rest */
	size_t nothers;
	const char *consents[CONSENTS_MAX];
	size_t nconsents;
	const char *events[EVENTS_MAX];
	size_t nevents;
	const char *roles[ROLES_MAX]; /* of adults */
	size_t nroles;
	/* What the facts point to. */
	struct disclosure_facts f;
	const char *all[CONSENTS_MAX + 1], *of[2][CONSENTS_MAX + 1];
	const char *happened[EVENTS_MAX + 1];
	struct disclosure_adult adults[2];
	size_t weight; /* situations this one stands for */
};

static int
is_under(const char *path, const char *above)
{
	size_t n = strlen(above);

	return strncmp(path, above, n) == 0 &&
	       (path[n] == '\0' || path[n] == '.');
}

static int
is_one_of(const struct disclosed_field *x, const struct trial_source *v,
    size_t n, int also_above)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (strcmp(x->kind, v[i].kind) == 0 &&
		    (is_under(x->path, v[i].path) ||
			(also_above && is_under(v[i].path, x->path))))
			return 1;
	return 0;
}

/* The labels of what goes with a field: its own and those under it. */
static unsigned
labels_of(const struct policy *p, const struct disclosed_field *x)
{
	const struct policy_kind *k = policy_kind(p, x->kind);
	unsigned bits = 0;
	size_t i;

	for (i = 0; k != NULL && i < k->nfields; i++)
		if (is_under(k->fields[i].path, x->path))
			bits |= 1u << k->fields[i].label;
	return bits;
}

/* Is there a block on that keeps the record back when it holds value there? */
static int
is_value_blocked(const struct policy *p, const struct disclosure_facts *f,
    const struct trial_source *s, const char *value)
{
	const struct policy_block *b;
	size_t i, j, n = policy_blocks(p, &b);

	for (i = 0; i < n; i++) {
		if (!policy_block_is_on(p, &b[i], f))
			continue;
		for (j = 0; j < b[i].nblocked; j++)
			if (b[i].blocked[j].value != NULL &&
			    strcmp(b[i].blocked[j].value, value) == 0 &&
			    strcmp(b[i].blocked[j].kind, s->kind) == 0 &&
			    strcmp(b[i].blocked[j].path, s->path) == 0)
				return 1;
	}
	return 0;
}

/* Every source that goes with the field is kept back by its value. */
static int
are_values_blocked(const struct policy *p, const struct trial_never *x,
    const struct disclosure_facts *f, const struct disclosed_field *field)
{
	size_t i;

	for (i = 0; i < x->nsources; i++)
		if (is_one_of(field, &x->sources[i], 1, 1) &&
		    !is_value_blocked(p, f, &x->sources[i], x->unless_blocked))
			return 0;
	return 1;
}

static int
must_not_go(const struct policy *p, const struct trial_never *x,
    const struct disclosure_facts *f, const struct disclosed_field *field)
{
	if (is_one_of(field, x->except, x->nexcept, 0) ||
	    (x->unless_blocked != NULL && are_values_blocked(p, x, f, field)))
		return 0;
	return x->anything || is_one_of(field, x->sources, x->nsources, 1) ||
	       model_has(x->kinds, field->kind) ||
	       (x->labels != 0 && (x->labels & labels_of(p, field)) != 0);
}

/* Nobody agreed: not one of the adults. */
static int
nobody_gave(const struct disclosure_facts *f, const char *consent)
{
	size_t i;

	for (i = 0; i < f->nadults; i++)
		if (model_has(f->adults[i].consents, consent))
			return 0;
	return !model_has(f->consents, consent);
}

static int
is_without(const struct trial_never *x, const struct disclosure_facts *f)
{
	size_t i;

	for (i = 0; x->without_consent[i] != NULL; i++)
		if (!nobody_gave(f, x->without_consent[i]))
			return 0;
	for (i = 0; x->without_all[i] != NULL; i++)
		if (model_has(f->consents, x->without_all[i]))
			return 0;
	for (i = 0; x->without_event[i] != NULL; i++)
		if (model_has(f->events, x->without_event[i]))
			return 0;
	return 1;
}

static int
is_purpose_of(const struct trial_never *x, const struct round *r)
{
	size_t i;

	if (x->purposes[0] == NULL)
		return 1;
	if (r->weight == 1)
		return domain_is_any_of(x->purposes, r->f.purpose);
	for (i = 0; i < r->nothers; i++)
		if (model_has(x->purposes, r->others[i]))
			return 1;
	return 0;
}

/* Is the situation one that the never is about? */
static int
is_about(const struct trial_never *x, const struct round *r)
{
	const struct disclosure_facts *f = &r->f;
	int state = names_find(names_states, f->case_state);

	return policy_in_force(&x->when, f->day) &&
	       domain_is_any_of(x->recipients, f->recipient) &&
	       (x->landlord_facing == TRIAL_ANY ||
		   x->landlord_facing == (r->to->landlord_facing != 0)) &&
	       is_purpose_of(x, r) && domain_is_any_of(x->stages, f->stage) &&
	       (x->states == 0 || (x->states >> state & 1) != 0) &&
	       (x->diagnosis == 0 || (x->diagnosis >> f->diagnosis & 1) != 0) &&
	       (x->objection == TRIAL_ANY || x->objection == f->objection) &&
	       is_without(x, f);
}

/* What of this decision must not go; NULL: nothing. */
static const char *
find_breach(const struct policy *p, const struct trial_never *x,
    const struct disclosure_facts *f, const struct disclosure_rule *rule,
    char *out, size_t n)
{
	const struct policy_block *block;
	const struct disclosed_field *field;
	size_t i;

	for (i = 0; i < rule->nfields; i++) {
		field = &rule->fields[i];
		if (must_not_go(p, x, f, field) &&
		    policy_field_verdict(p, f, rule, field, &block) ==
			FIELD_GIVEN) {
			snprintf(out, n, "%s:%s", field->kind, field->path);
			return out;
		}
	}
	for (i = 0; rule->attach[i] != NULL; i++)
		if (x->anything || model_has(x->kinds, rule->attach[i]))
			return rule->attach[i];
	return NULL;
}

static int
try_never(struct domain *d, const struct round *r, struct trial_never *x,
    const struct disclosure_decision *got)
{
	AUTO(buf_done) struct buf facts = { 0 };
	char what[2 * POLICY_NAME_MAX + 256];
	const char *breach;
	int rc;

	breach = find_breach(d->t->p, x, &r->f, got->rule, what, sizeof(what));
	if (breach == NULL)
		return 0;
	if ((rc = domain_describe_disclosure(&facts, &r->f, d->e)) < 0)
		return rc;
	return domain_break(d, x, &facts, breach, got->rule->name, got->why);
}

static int
try_disclosure(struct domain *d, struct round *r)
{
	const struct policy *p = d->t->p;
	struct disclosure_decision got;
	struct trial_never *x;
	size_t i;
	int rc;

	if ((rc = domain_decided(d)) < 0)
		return rc;
	policy_disclose(p, &r->f, &got);
	for (i = 0; i < d->t->nnevers; i++) {
		x = &d->t->nevers[i];
		if (x->is_access || !is_about(x, r))
			continue;
		x->points += r->weight;
		if (got.allowed && !x->is_broken &&
		    (rc = try_never(d, r, x, &got)) < 0)
			return rc;
	}
	return 0;
}

static int
each_day(struct domain *d, struct round *r)
{
	size_t i;
	int rc = 0;

	for (i = 0; i < d->ndays && rc == 0; i++) {
		r->f.day = d->days[i];
		rc = try_disclosure(d, r);
	}
	return rc;
}

static int
each_event(struct domain *d, struct round *r)
{
	unsigned bits;
	int rc = 0;

	for (bits = 0; bits < 1u << r->nevents && rc == 0; bits++) {
		subset(r->events, r->nevents, bits, r->happened);
		rc = each_day(d, r);
	}
	return rc;
}

/* Two adults, each with any of the consents. */
static int
each_agreement(
    struct domain *d, struct round *r, const char *one, const char *other)
{
	unsigned a, b, end = 1u << r->nconsents;
	int rc = 0;

	r->adults[0].role = one;
	r->adults[1].role = other;
	r->f.nadults = 2;
	for (a = 0; a < end && rc == 0; a++)
		for (b = 0; b < end && rc == 0; b++) {
			subset(r->consents, r->nconsents, a, r->of[0]);
			subset(r->consents, r->nconsents, b, r->of[1]);
			subset(r->consents, r->nconsents, a & b, r->all);
			rc = each_event(d, r);
		}
	return rc;
}

/* A role that no field is about. */
static const char *
role_apart(const struct round *r)
{
	const char *const *s;
	size_t i;

	for (s = trial_adults; *s != NULL; s++) {
		for (i = 0; i < r->nroles; i++)
			if (strcmp(r->roles[i], *s) == 0)
				break;
		if (i == r->nroles)
			return *s;
	}
	return "autre";
}

static int
each_adult(struct domain *d, struct round *r)
{
	const char *other = role_apart(r);
	unsigned bits;
	size_t i;
	int rc = 0;

	r->f.nadults = 0;
	for (bits = 0; bits < 1u << r->nconsents && rc == 0; bits++) {
		subset(r->consents, r->nconsents, bits, r->all);
		rc = each_event(d, r);
	}
	if (rc == 0)
		rc = each_agreement(d, r, other, other);
	for (i = 0; i < r->nroles && rc == 0; i++)
		rc = each_agreement(d, r, r->roles[i], other);
	return rc;
}

static int
each_case(struct domain *d, struct round *r)
{
	int state, diagnosis, rc = 0;

	for (state = 0; state < STATE_COUNT && rc == 0; state++)
		for (diagnosis = 0; diagnosis < 6 && rc == 0; diagnosis++) {
			r->f.case_state = names_states[state];
			r->f.diagnosis = (enum policy_diagnosis)(diagnosis / 2);
			r->f.objection = diagnosis % 2;
			rc = each_adult(d, r);
		}
	return rc;
}

static int
each_stage(struct domain *d, struct round *r)
{
	const char *const *s;
	int rc;

	r->f.stage = NULL;
	rc = each_case(d, r);
	for (s = names_stages; *s != NULL && rc == 0; s++) {
		r->f.stage = *s;
		rc = each_case(d, r);
	}
	return rc;
}

static int
each_purpose(struct domain *d, struct round *r)
{
	size_t i;
	int rc = 0;

	r->weight = 1;
	for (i = 0; i < r->npurposes && rc == 0; i++) {
		r->f.purpose = r->purposes[i];
		rc = each_stage(d, r);
	}
	if (rc < 0 || r->nothers == 0)
		return rc;
	r->f.purpose = r->others[0];
	r->weight = r->nothers;
	return each_stage(d, r);
}

/* --- what a recipient's rules tell apart ------------------------------ */

static int
add_rule_names(
    struct domain *d, struct round *r, const struct disclosure_rule *x)
{
	size_t i;

	if (x->consent != NULL &&
	    add_name(r->consents, &r->nconsents, CONSENTS_MAX, x->consent) < 0)
		return domain_too_many(d, "consents", r->to->name);
	for (i = 0; x->events != NULL && x->events[i] != NULL; i++)
		if (add_name(r->events, &r->nevents, EVENTS_MAX, x->events[i]) <
		    0)
			return domain_too_many(d, "events", r->to->name);
	for (i = 0; i < x->nfields; i++)
		if (x->fields[i].about != NULL &&
		    add_name(r->roles, &r->nroles, ROLES_MAX,
			x->fields[i].about) < 0)
			return domain_too_many(d, "roles", r->to->name);
	return 0;
}

static int
add_rule_days(struct domain *d, const struct disclosure_rule *x)
{
	const struct policy *p = d->t->p;
	const struct named *purpose = model_purpose(p, x->purpose);
	const struct policy_consent *c = NULL;
	const struct policy_kind *k;
	size_t i;
	int r;

	if (x->consent != NULL)
		c = policy_consent(p, x->consent);
	if ((r = domain_add_window(d, &x->when)) < 0 ||
	    (purpose != NULL &&
		(r = domain_add_window(d, &purpose->when)) < 0) ||
	    (c != NULL && (r = domain_add_window(d, &c->when)) < 0))
		return r;
	for (i = 0; i < x->nfields; i++)
		if ((k = policy_kind(p, x->fields[i].kind)) != NULL &&
		    (r = domain_add_window(d, &k->when)) < 0)
			return r;
	return 0;
}

static int
add_blocks(struct domain *d, struct round *r)
{
	const struct policy_block *b;
	const struct policy_event *ev;
	size_t i, n = policy_blocks(d->t->p, &b);
	int rc;

	for (i = 0; i < n; i++) {
		if (!(b[i].landlord_facing && r->to->landlord_facing) &&
		    !model_has(b[i].recipients, r->to->name))
			continue;
		if (add_name(r->events, &r->nevents, EVENTS_MAX,
			b[i].until_event) < 0)
			return domain_too_many(d, "events", r->to->name);
		if ((rc = domain_add_window(d, &b[i].when)) < 0)
			return rc;
	}
	for (i = 0; i < r->nevents; i++)
		if ((ev = policy_event(d->t->p, r->events[i])) != NULL &&
		    (rc = domain_add_window(d, &ev->when)) < 0)
			return rc;
	return 0;
}

static int
sort_purposes(struct domain *d, struct round *r)
{
	const struct policy *p = d->t->p;
	size_t i, named;

	r->purposes[r->npurposes++] = NULL;
	for (i = 0; i < p->ndisclosures; i++) {
		if (strcmp(p->disclosures[i].recipient, r->to->name) != 0)
			continue;
		named = r->npurposes - 1;
		(void)add_name(r->purposes + 1, &named, p->npurposes,
		    p->disclosures[i].purpose);
		r->npurposes = named + 1;
	}
	for (i = 0; i < p->npurposes; i++) {
		named = 1;
		while (named < r->npurposes &&
		       strcmp(r->purposes[named], p->purposes[i].name) != 0)
			named++;
		if (named == r->npurposes)
			r->others[r->nothers++] = p->purposes[i].name;
	}
	return 0;
}

static int
begin_round(struct domain *d, struct round *r)
{
	const struct policy *p = d->t->p;
	size_t i;
	int rc;

	d->ndays = 0;
	if ((rc = domain_add_never_days(d, 0)) < 0 ||
	    (rc = domain_add_window(d, &r->to->when)) < 0 ||
	    (rc = sort_purposes(d, r)) < 0)
		return rc;
	for (i = 0; i < p->ndisclosures; i++)
		if (strcmp(p->disclosures[i].recipient, r->to->name) == 0 &&
		    ((rc = add_rule_names(d, r, &p->disclosures[i])) < 0 ||
			(rc = add_rule_days(d, &p->disclosures[i])) < 0))
			return rc;
	r->adults[0].consents = r->of[0];
	r->adults[1].consents = r->of[1];
	r->f = (struct disclosure_facts){ .recipient = r->to->name,
		.consents = r->all,
		.events = r->happened,
		.adults = r->adults };
	if ((rc = add_blocks(d, r)) < 0)
		return rc;
	return domain_end_days(d);
}

static int
is_asked_about(const struct trial *t, const struct policy_recipient *to)
{
	size_t i;

	for (i = 0; i < t->nnevers; i++)
		if (!t->nevers[i].is_access &&
		    domain_is_any_of(t->nevers[i].recipients, to->name))
			return 1;
	return 0;
}

int
domain_disclosures(struct domain *d)
{
	const struct policy *p = d->t->p;
	AUTO(mem_freep)
	const char **names = calloc(2 * p->npurposes + 2, sizeof(*names));
	size_t i;
	int rc = 0;

	if (names == NULL)
		return err_set(d->e, ERR_NOMEM, "trial");
	for (i = 0; i < p->nrecipients && rc == 0; i++) {
		struct round r = { .to = &p->recipients[i],
			.purposes = names,
			.others = names + p->npurposes + 1 };

		if (!is_asked_about(d->t, r.to))
			continue;
		if ((rc = begin_round(d, &r)) == 0)
			rc = each_purpose(d, &r);
	}
	return rc;
}
