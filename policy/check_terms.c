/* Terms that could never run, or never end: moments that nothing makes,
 * deadlines that never stand, retentions that stand in one another's place,
 * kinds in no activity of the register, approvals nobody can give. */
#include "policy/build.h"

#include <string.h>

/* --- moments that can happen ---------------------------------------------- */

/* Somebody may file this kind, on some day of it. */
static int
is_filed(const struct policy *p, const struct policy_kind *k)
{
	size_t i;

	for (i = 0; i < p->naccess; i++)
		if (opset_has(&p->access[i].ops, OP_DOC_FILE) &&
		    model_has(p->access[i].kinds, k->name) &&
		    build_meet(&p->access[i].when, &k->when))
			return 1;
	return 0;
}

/* What is unknown is complained of elsewhere. */
static int
source_can(const struct policy *p, const struct policy_moment *m,
    const struct policy_moment_source *s)
{
	const struct policy_event *ev;
	const struct policy_kind *k;

	if (s->event != NULL) {
		ev = policy_event(p, s->event);
		return ev == NULL || build_meet(&m->when, &ev->when);
	}
	k = policy_kind(p, s->kind);
	return k == NULL || (build_meet(&m->when, &k->when) &&
				(k->by_vault || is_filed(p, k)));
}

/* By itself, or by one that counts in its place. */
static int
can_happen(const struct policy *p, const struct policy_moment *m)
{
	size_t steps, i;

	for (steps = 0; m != NULL && steps <= p->nmoments; steps++) {
		if (m->by_vault)
			return 1;
		for (i = 0; i < m->nfrom; i++)
			if (source_can(p, m, &m->from[i]))
				return 1;
		if (m->otherwise == NULL)
			return 0;
		m = policy_moment(p, m->otherwise);
	}
	return 1;
}

/* A section is in force, and waits for it: on some day both are. */
static void
check_can(struct build *b, const struct node *n, int line,
    const struct policy_window *when, const char *name)
{
	const struct policy_moment *m =
	    name != NULL ? policy_moment(b->p, name) : NULL;

	if (m == NULL)
		return;
	if (!can_happen(b->p, m))
		problem(b->ps, n->file, line,
		    "%s \"%s\" waits for moment \"%s\", which can never "
		    "happen",
		    n->word, n->title, name);
	else if (!build_meet(when, &m->when))
		problem(b->ps, n->file, line,
		    "%s \"%s\" is never in force together with moment \"%s\"",
		    n->word, n->title, name);
}

static void
check_moment_list(struct build *b)
{
	const struct sections *s = &b->of[WORD_MOMENT];
	const struct policy_moment *m = b->p->moments;
	size_t i;

	for (i = 0; i < s->n; i++)
		if (m[i].nfrom > 0 && !can_happen(b->p, &m[i]))
			problem(b->ps, s->v[i]->file, s->v[i]->line,
			    "moment \"%s\" can never happen: nothing that "
			    "makes it is in force, or may be filed",
			    m[i].name);
}

/* --- deadlines -------------------------------------------------------------
 */

/*
 * The stage a case is in from this moment on, when every source of it says
 * the same; NULL: any.
 */
static const char *
stage_after(const struct policy *p, const char *name)
{
	const struct policy_moment *m = policy_moment(p, name);
	const char *stage = NULL;
	const struct policy_event *ev;
	size_t i;

	if (m == NULL || m->by_vault || m->otherwise != NULL || m->nfrom == 0)
		return NULL;
	for (i = 0; i < m->nfrom; i++) {
		ev = m->from[i].event != NULL
			 ? policy_event(p, m->from[i].event)
			 : NULL;
		if (ev == NULL || ev->stage == NULL ||
		    (stage != NULL && strcmp(stage, ev->stage) != 0))
			return NULL;
		stage = ev->stage;
	}
	return stage;
}

static void
check_stands(
    struct build *b, const struct node *n, const struct policy_deadline *v)
{
	const char *stage = stage_after(b->p, v->after);

	if (stage != NULL && v->stages[0] != NULL &&
	    !model_has(v->stages, stage))
		problem(b->ps, n->file, read_line(n, "stages"),
		    "deadline \"%s\" never stands: from moment \"%s\" on a "
		    "case is in stage %s",
		    v->name, v->after, stage);
	if (v->no_later_than != NULL && strcmp(v->no_later_than, v->after) == 0)
		problem(b->ps, n->file, read_line(n, "no-later-than"),
		    "deadline \"%s\" would be due when it begins", v->name);
	if (v->before && v->once != NULL && model_has(v->settled_by, v->once))
		problem(b->ps, n->file, read_line(n, "once"),
		    "deadline \"%s\" never stands: what it waits for settles "
		    "it",
		    v->name);
}

static void
check_deadline(
    struct build *b, const struct node *n, const struct policy_deadline *v)
{
	const struct value *settled = read_value(n, "settled-by");
	size_t i;

	if (v->after == NULL)
		return;
	check_can(b, n, read_line(n, "after"), &v->when, v->after);
	check_can(b, n, read_line(n, "once"), &v->when, v->once);
	check_can(b, n, read_line(n, "figure-on"), &v->when, v->figure_on);
	check_can(
	    b, n, read_line(n, "no-later-than"), &v->when, v->no_later_than);
	for (i = 0; v->settled_by[i] != NULL; i++)
		check_can(b, n, settled->lines[i], &v->when, v->settled_by[i]);
	check_stands(b, n, v);
}

/* --- retention ------------------------------------------------------------ */

/* What stands in its place, in turn, is never itself again; and of two that
 * stand in one place for the same reason the second never does. */
static void
check_instead(struct build *b, size_t i)
{
	const struct node *n = b->of[WORD_RETENTION].v[i];
	const struct policy_retention *v = b->p->retentions, *at = &v[i];
	size_t steps, j;

	for (steps = 0;
	     at != NULL && at->instead_of != NULL && steps <= b->p->nretentions;
	     steps++) {
		at = policy_retention(b->p, at->instead_of);
		if (steps > 0 && at == &v[i]) {
			problem(b->ps, n->file, read_line(n, "instead-of"),
			    "retention \"%s\" would stand in its own place",
			    v[i].name);
			break;
		}
	}
	for (j = 0; j < i && v[i].instead_of != NULL && v[i].once != NULL; j++)
		if (v[j].instead_of != NULL && v[j].once != NULL &&
		    strcmp(v[j].instead_of, v[i].instead_of) == 0 &&
		    strcmp(v[j].once, v[i].once) == 0 &&
		    build_meet(&v[j].when, &v[i].when))
			problem(b->ps, n->file, n->line,
			    "retention \"%s\" never counts: \"%s\" stands in "
			    "that place already",
			    v[i].name, v[j].name);
}

static void
check_retention(struct build *b, size_t i)
{
	const struct node *n = b->of[WORD_RETENTION].v[i];
	const struct policy_retention *v = &b->p->retentions[i];
	const struct {
		const char *word, *moment;
	} all[] = { { "from", v->from }, { "active-until", v->active_until },
		{ "intermediate-from", v->intermediate_from },
		{ "intermediate-until", v->intermediate_until },
		{ "once", v->once } };
	size_t k;

	/* From where the rules do not say, it is the same moment. */
	for (k = 0; k < NELEMS(all); k++)
		if (read_value(n, all[k].word) != NULL)
			check_can(b, n, read_line(n, all[k].word), &v->when,
			    all[k].moment);
	if (v->intermediate_months == 0 &&
	    (v->intermediate_until != NULL ||
		read_value(n, "intermediate-from") != NULL))
		problem(b->ps, n->file, n->line,
		    "retention \"%s\" has no intermediate archive to begin or "
		    "end",
		    v->name);
	check_instead(b, i);
}

/* --- the register ----------------------------------------------------------
 */

/* GDPR art. 30: what is kept belongs to an activity, once there are any. */
static void
check_register(struct build *b)
{
	const struct sections *s = &b->of[WORD_KIND];
	const struct policy_processing *v = b->p->processings;
	size_t i, j;

	for (i = 0; i < s->n && b->p->nprocessings > 0; i++) {
		for (j = 0; j < b->p->nprocessings; j++)
			if (model_has(v[j].kinds, b->p->kinds[i].name) &&
			    build_meet(&v[j].when, &b->p->kinds[i].when))
				break;
		if (j == b->p->nprocessings)
			problem(b->ps, s->v[i]->file, s->v[i]->line,
			    "kind \"%s\" is in no processing of the register",
			    b->p->kinds[i].name);
	}
}

/* --- approvals -------------------------------------------------------------
 */

/* The operation by which each is given, as names_approvals has them. */
static const struct {
	const char *what;
	enum policy_op op;
} given_by[] = { { "erasure", OP_ERASE_APPROVE },
	{ "release", OP_EXTRACT_APPROVE }, { "rules", OP_RULES_APPROVE },
	{ "people", OP_RULES_APPROVE },
	{ "people-caseworker", OP_RULES_APPROVE },
	{ "people-suspension", OP_RULES_APPROVE },
	{ "retention", OP_RETENTION_APPROVE },
	{ "hold-release", OP_HOLD_RELEASE }, { "clock", OP_CLOCK_CONFIRM } };

static int
may_do(const struct policy *p, const char *role, enum policy_op op,
    const struct policy_window *when)
{
	size_t i;

	for (i = 0; i < p->naccess; i++)
		if (opset_has(&p->access[i].ops, op) &&
		    model_has(p->access[i].roles, role) &&
		    build_meet(&p->access[i].when, when))
			return 1;
	return 0;
}

/* A role that counts and may not give it counts for nothing. */
static void
check_approval(struct build *b, size_t i)
{
	const struct node *n = b->of[WORD_APPROVAL].v[i];
	const struct policy_approval *a = &b->p->approvals[i];
	const struct value *roles = read_value(n, "roles");
	size_t k, j;

	for (k = 0; k < NELEMS(given_by); k++)
		if (a->what != NULL && strcmp(given_by[k].what, a->what) == 0)
			break;
	for (j = 0; k < NELEMS(given_by) && a->roles[j] != NULL; j++)
		if (!may_do(b->p, a->roles[j], given_by[k].op, &a->when))
			problem(b->ps, n->file, roles->lines[j],
			    "role \"%s\" of approval \"%s\" can never give it: "
			    "no access allows it %s",
			    a->roles[j], a->what,
			    policy_op_name(given_by[k].op));
}

void
check_terms(struct build *b)
{
	size_t i;

	check_moment_list(b);
	for (i = 0; i < b->of[WORD_DEADLINE].n; i++)
		check_deadline(
		    b, b->of[WORD_DEADLINE].v[i], &b->p->deadlines[i]);
	for (i = 0; i < b->of[WORD_RETENTION].n; i++)
		check_retention(b, i);
	check_register(b);
	for (i = 0; i < b->of[WORD_APPROVAL].n; i++)
		check_approval(b, i);
}
