/* Every situation of every role and operation. */
#include <string.h>

#include "policy/trial_domain.h"

/* Names that no rule at hand tells apart, the first for all of them. */
struct class
{
	const char **v;
	size_t n;
	int is_dated; /* comes and goes on a day: alone */
};

/* What the rules for one role and operation tell apart. */
struct turn {
	const char *role;
	enum policy_op op;
	const struct access_rule **rules;
	size_t nrules;
	struct class *kinds, *purposes;
	size_t nkinds, npurposes;
	int by_case, by_glass, by_step_up;
	/* The situation. */
	struct trial_access x;
	const struct class *kind, *purpose; /* NULL: none */
	uint64_t weight;
};

struct room { /* for the classes of the largest turn */
	const struct access_rule **rules;
	const char **names[2];
	struct class *classes[2];
};

void
trial_authorize(
    const struct policy *p, const struct trial_access *x, struct decision *d)
{
	/* Nobody's account: nothing is lent to it. */
	struct principal who = { .account = "",
		.name = "",
		.role = x->role,
		.team = "a",
		.organisation = "a",
		.status = POLICY_ACTIVE };
	struct access_facts f = { .who = &who,
		.op = x->op,
		.kind = x->kind,
		.purpose = x->purpose,
		.day = x->day,
		.broken_glass = x->glass,
		.stepped_up = x->step_up };

	if (x->state != TRIAL_NO_CASE) {
		f.team = x->own_team ? "a" : "b";
		f.organisation = x->own_organisation ? "a" : "b";
		f.case_state = names_states[x->state];
		f.own_case = x->own_case;
	}
	policy_authorize(p, &f, d);
}

static int
has_any(const char *const *list, const struct class *c)
{
	size_t i;

	if (list[0] == NULL)
		return 1;
	for (i = 0; c != NULL && i < c->n; i++)
		if (model_has(list, c->v[i]))
			return 1;
	return 0;
}

/* A flag that no rule looks at is whatever the never says. */
static int
is_flag(int wanted, int is, int matters)
{
	return wanted == TRIAL_ANY || !matters || wanted == is;
}

static int
is_about_access(const struct trial_never *n, const struct turn *t)
{
	const struct trial_access *x = &t->x;
	int on_case = x->state != TRIAL_NO_CASE;

	return policy_in_force(&n->when, x->day) &&
	       domain_is_any_of(n->roles, x->role) &&
	       opset_has(&n->ops, x->op) && has_any(n->kinds, t->kind) &&
	       has_any(n->purposes, t->purpose) &&
	       (n->states == 0 || (n->states >> x->state & 1) != 0) &&
	       (on_case ||
		   (n->own_case == TRIAL_ANY && n->own_team == TRIAL_ANY &&
		       n->own_organisation == TRIAL_ANY)) &&
	       is_flag(n->own_case, x->own_case, t->by_case) &&
	       is_flag(n->own_team, x->own_team, 1) &&
	       is_flag(n->own_organisation, x->own_organisation, 1) &&
	       is_flag(n->glass, x->glass, t->by_glass) &&
	       is_flag(n->step_up, x->step_up, t->by_step_up);
}

/* Of names that are alike, one that the never names. */
static const char *
named(const struct class *c, const char *const *list)
{
	size_t i;

	for (i = 0; c != NULL && i < c->n; i++)
		if (domain_is_any_of(list, c->v[i]))
			return c->v[i];
	return NULL;
}

static int
break_access(struct domain *d, const struct turn *t, struct trial_never *n,
    const struct decision *got)
{
	AUTO(buf_done) struct buf facts = { 0 };
	struct trial_access x = t->x;
	int r;

	x.kind = named(t->kind, n->kinds);
	x.purpose = named(t->purpose, n->purposes);
	if ((r = domain_describe_access(&facts, &x, d->e)) < 0)
		return r;
	return domain_break(
	    d, n, &facts, policy_op_name(t->op), got->rule, got->why);
}

static int
try_access(struct domain *d, struct turn *t)
{
	struct trial_never *n;
	struct decision got;
	size_t i;
	int r;

	if ((r = domain_decided(d)) < 0)
		return r;
	trial_authorize(d->t->p, &t->x, &got);
	for (i = 0; i < d->t->nnevers; i++) {
		n = &d->t->nevers[i];
		if (!n->is_access || !is_about_access(n, t))
			continue;
		n->points += t->weight;
		if (got.allowed && !n->is_broken &&
		    (r = break_access(d, t, n, &got)) < 0)
			return r;
	}
	return 0;
}

static int
each_flag(struct domain *d, struct turn *t)
{
	size_t i;
	int glass, step_up, r = 0;

	for (i = 0; i < d->ndays; i++)
		for (glass = 0; glass <= t->by_glass; glass++)
			for (step_up = 0; step_up <= t->by_step_up; step_up++) {
				t->x.day = d->days[i];
				t->x.glass = glass;
				t->x.step_up = step_up;
				if ((r = try_access(d, t)) < 0)
					return r;
			}
	return 0;
}

/* No case; and each state, of one's own or not in three ways. */
static int
each_place(struct domain *d, struct turn *t)
{
	unsigned whose;
	int r;

	t->x.own_team = t->x.own_organisation = t->x.own_case = 0;
	t->x.state = TRIAL_NO_CASE;
	if ((r = each_flag(d, t)) < 0)
		return r;
	for (t->x.state = 0; t->x.state < STATE_COUNT; t->x.state++)
		for (whose = 0; whose < 4u << t->by_case; whose++) {
			t->x.own_team = whose & 1;
			t->x.own_organisation = whose >> 1 & 1;
			t->x.own_case = whose >> 2 & 1;
			if ((r = each_flag(d, t)) < 0)
				return r;
		}
	return 0;
}

static int
each_class(struct domain *d, struct turn *t)
{
	size_t i, j;
	int r;

	for (i = 0; i <= t->nkinds; i++)
		for (j = 0; j <= t->npurposes; j++) {
			t->kind = i > 0 ? &t->kinds[i - 1] : NULL;
			t->purpose = j > 0 ? &t->purposes[j - 1] : NULL;
			t->x.kind = i > 0 ? t->kind->v[0] : NULL;
			t->x.purpose = j > 0 ? t->purpose->v[0] : NULL;
			t->weight = (i > 0 ? t->kind->n : 1) *
				    (j > 0 ? t->purpose->n : 1);
			if ((r = each_place(d, t)) < 0)
				return r;
		}
	return 0;
}

static int
are_alike(const struct turn *t,
    const char *const *(*list)(const struct access_rule *a), const char *x,
    const char *y)
{
	size_t i;

	for (i = 0; i < t->nrules; i++)
		if (model_has(list(t->rules[i]), x) !=
		    model_has(list(t->rules[i]), y))
			return 0;
	return 1;
}

static const char *const *
kinds_of(const struct access_rule *a)
{
	return a->kinds;
}

static const char *const *
purposes_of(const struct access_rule *a)
{
	return a->purposes;
}

/* Names in their classes: v keeps those of one class side by side. */
struct sorting {
	const char **v;
	struct class *classes;
	size_t n;
};

static void
add_class(struct sorting *s, const struct turn *t,
    const char *const *(*list)(const struct access_rule *a), const char *name,
    const struct policy_window *w)
{
	int is_dated = w->from != INT32_MIN || w->until != INT32_MAX;
	struct class *last;
	size_t i, at = 0;

	for (i = 0; i < s->n; i++)
		at += s->classes[i].n;
	for (i = 0; i < s->n && !is_dated; i++) {
		struct class *c = &s->classes[i];

		if (c->is_dated || !are_alike(t, list, c->v[0], name))
			continue;
		/* A gap for it at the end of its class. */
		memmove((void *)(c->v + c->n + 1), (void *)(c->v + c->n),
		    (size_t)(s->v + at - (c->v + c->n)) * sizeof(*s->v));
		c->v[c->n++] = name;
		for (last = c + 1; last < s->classes + s->n; last++)
			last->v++;
		return;
	}
	s->v[at] = name;
	s->classes[s->n++] = (struct class){ s->v + at, 1, is_dated };
}

static int
sort_names(struct domain *d, struct turn *t, const struct room *room)
{
	const struct policy *p = d->t->p;
	struct sorting kinds = { room->names[0], room->classes[0], 0 };
	struct sorting purposes = { room->names[1], room->classes[1], 0 };
	size_t i;
	int r;

	for (i = 0; i < p->nkinds && names_op(t->op)->on_kind; i++) {
		add_class(
		    &kinds, t, kinds_of, p->kinds[i].name, &p->kinds[i].when);
		if ((r = domain_add_window(d, &p->kinds[i].when)) < 0)
			return r;
	}
	for (i = 0; i < p->npurposes; i++) {
		add_class(&purposes, t, purposes_of, p->purposes[i].name,
		    &p->purposes[i].when);
		if ((r = domain_add_window(d, &p->purposes[i].when)) < 0)
			return r;
	}
	t->kinds = kinds.classes;
	t->nkinds = kinds.n;
	t->purposes = purposes.classes;
	t->npurposes = purposes.n;
	return 0;
}

static int
begin_turn(struct domain *d, struct turn *t, const struct room *room)
{
	const struct policy *p = d->t->p;
	const struct access_rule *a;
	size_t i;
	int r;

	t->rules = room->rules;
	d->ndays = 0;
	if ((r = domain_add_never_days(d, 1)) < 0 ||
	    (r = domain_add_window(d, &model_role(p, t->role)->when)) < 0)
		return r;
	for (i = 0; i < p->naccess; i++) {
		a = &p->access[i];
		if (!opset_has(&a->ops, t->op) || !model_has(a->roles, t->role))
			continue;
		t->rules[t->nrules++] = a;
		t->by_case |= a->scope == SCOPE_OWN_CASE;
		t->by_glass |= a->break_glass;
		t->by_step_up |= a->step_up;
		if ((r = domain_add_window(d, &a->when)) < 0)
			return r;
	}
	t->x.role = t->role;
	t->x.op = t->op;
	if ((r = sort_names(d, t, room)) < 0)
		return r;
	return domain_end_days(d);
}

static int
is_op_asked_about(const struct trial *t, const char *role, enum policy_op op)
{
	size_t i;

	for (i = 0; i < t->nnevers; i++)
		if (t->nevers[i].is_access &&
		    opset_has(&t->nevers[i].ops, (enum policy_op)op) &&
		    domain_is_any_of(t->nevers[i].roles, role))
			return 1;
	return 0;
}

int
domain_accesses(struct domain *d)
{
	const struct policy *p = d->t->p;
	struct arena *a = &d->t->arena;
	struct room room = { 0 };
	size_t i;
	int op, r;

	room.rules = arena_array(a, p->naccess, sizeof(*room.rules), d->e);
	room.names[0] = arena_array(a, p->nkinds, sizeof(char *), d->e);
	room.names[1] = arena_array(a, p->npurposes, sizeof(char *), d->e);
	room.classes[0] = arena_array(a, p->nkinds, sizeof(struct class), d->e);
	room.classes[1] =
	    arena_array(a, p->npurposes, sizeof(struct class), d->e);
	if (room.rules == NULL || room.names[0] == NULL ||
	    room.names[1] == NULL || room.classes[0] == NULL ||
	    room.classes[1] == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < p->nroles; i++)
		for (op = 0; op < OP_COUNT; op++) {
			struct turn t = { .role = p->roles[i].name,
				.op = (enum policy_op)op };

			if (!is_op_asked_about(d->t, t.role, t.op))
				continue;
			if ((r = begin_turn(d, &t, &room)) < 0 ||
			    (r = each_class(d, &t)) < 0)
				return r;
		}
	return 0;
}
