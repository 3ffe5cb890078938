/* Access rules: who may do what, where, what for. */
#include "policy/build.h"

#include <string.h>

static struct opset
read_ops(struct build *b, const struct node *n)
{
	const struct value *v = read_value(n, "operations");
	enum policy_op op;
	struct opset set = { 0 };
	size_t i;

	for (i = 0; v != NULL && i < v->n; i++) {
		if (!policy_op_from_name(v->v[i], &op))
			problem(b->ps, n->file, v->lines[i],
			    "unknown operation \"%s\" in access \"%s\"",
			    v->v[i], n->title);
		else if (opset_has(&set, op))
			problem(b->ps, n->file, v->lines[i],
			    "operation \"%s\" twice in access \"%s\"", v->v[i],
			    n->title);
		else
			opset_add(&set, op);
	}
	if (opset_is_empty(&set))
		problem(b->ps, n->file, n->line,
		    "access \"%s\" allows no operation", n->title);
	return set;
}

/* Does an operation of the rule read content, or weigh? */
static void
look_at_ops(const struct opset *ops, int *reads, int *weighty)
{
	int op;

	*reads = *weighty = 0;
	for (op = 0; op < OP_COUNT; op++)
		if (opset_has(ops, (enum policy_op)op)) {
			*reads |= names_op((enum policy_op)op)->reads;
			*weighty |= names_op((enum policy_op)op)->weighty;
		}
}

/*
 * A rule that lost one of these lines would allow more: so they must be
 * said wherever they may be true, and may not be true elsewhere.
 */
static void
read_conditions(struct build *b, const struct node *n, struct access_rule *a)
{
	int reads, weighty;

	look_at_ops(&a->ops, &reads, &weighty);
	a->break_glass = reads ? read_flag_must(b, n, "break-glass")
			       : read_flag(b, n, "break-glass");
	a->step_up = weighty ? read_flag_must(b, n, "step-up")
			     : read_flag(b, n, "step-up");
	if (a->break_glass && !reads)
		problem(b->ps, n->file, read_line(n, "break-glass"),
		    "access \"%s\": behind glass is what reads a case, and "
		    "no operation of it does",
		    n->title);
	if (a->step_up && !weighty)
		problem(b->ps, n->file, read_line(n, "step-up"),
		    "access \"%s\": no operation of it takes a signed "
		    "statement",
		    n->title);
	if (!a->step_up && opset_has(&a->ops, OP_BREAK_GLASS))
		problem(b->ps, n->file, read_line(n, "step-up"),
		    "access \"%s\": breaking the glass always takes a signed "
		    "statement",
		    n->title);
}

static void
read_access(struct build *b, const struct node *n, struct access_rule *a)
{
	a->name = read_title(b, n);
	a->title = read_text(b, n, "title", 0);
	a->source = read_text(b, n, "source", 1);
	read_window(b, n, &a->when);
	a->roles = read_names(b, n, "roles");
	a->ops = read_ops(b, n);
	a->kinds = read_names(b, n, "kinds");
	a->scope = (enum scope)read_word(b, n, "scope", names_scopes, -1);
	a->states = read_bits(b, n, "states", names_states);
	a->purposes = read_names_or_none(b, n, "purposes");
	a->default_purpose = read_name(b, n, "default-purpose", 0);
	read_conditions(b, n, a);
	if (a->roles[0] == NULL)
		problem(b->ps, n->file, n->line, "access \"%s\" is for no role",
		    n->title);
}

int
build_access(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_ACCESS];
	struct access_rule *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++)
		read_access(b, s->v[i], &v[i]);
	b->p->access = v;
	b->p->naccess = s->n;
	return 0;
}

/* --- contradictions --------------------------------------------------- */

/* Both are in force on some day, or the rule is not for what it names. */
static void
check_together(struct build *b, const struct node *n, int line,
    const struct access_rule *a, const char *what, const char *name,
    const struct policy_window *other)
{
	if (!build_meet(&a->when, other))
		problem(b->ps, n->file, line,
		    "access \"%s\" is never in force together with %s \"%s\"",
		    n->title, what, name);
}

static void
check_kind(struct build *b, const struct node *n, const struct access_rule *a,
    const char *name, int line)
{
	const struct policy_kind *k = policy_kind(b->p, name);

	if (k == NULL) {
		problem(b->ps, n->file, line,
		    "unknown kind \"%s\" in access \"%s\"", name, n->title);
		return;
	}
	check_together(b, n, line, a, "kind", name, &k->when);
	if (k->by_vault && opset_has(&a->ops, OP_DOC_FILE))
		problem(b->ps, n->file, line,
		    "access \"%s\" would let file \"%s\", which the vault "
		    "writes itself",
		    n->title, name);
}

static void
check_kinds(struct build *b, const struct node *n, const struct access_rule *a)
{
	const struct value *v = read_value(n, "kinds");
	int on_kind = 0, with_kind = 0, op;
	size_t i;

	for (op = 0; op < OP_COUNT; op++)
		if (opset_has(&a->ops, (enum policy_op)op)) {
			on_kind |= names_op((enum policy_op)op)->on_kind;
			with_kind |= names_op((enum policy_op)op)->with_kind;
		}
	for (i = 0; v != NULL && i < v->n; i++)
		check_kind(b, n, a, v->v[i], v->lines[i]);
	if (with_kind && a->kinds[0] == NULL)
		problem(b->ps, n->file, n->line,
		    "access \"%s\" is about documents and names no kind",
		    n->title);
	if (!on_kind && a->kinds[0] != NULL)
		problem(b->ps, n->file, read_line(n, "kinds"),
		    "access \"%s\" names kinds, and no operation of it has "
		    "one",
		    n->title);
}

static void
check_scope(struct build *b, const struct node *n, const struct access_rule *a)
{
	int op;

	if ((a->scope == SCOPE_NONE) != (a->states == 0))
		problem(b->ps, n->file, read_line(n, "states"),
		    "access \"%s\": states go with a scope other than none",
		    n->title);
	for (op = 0; a->scope == SCOPE_NONE && op < OP_COUNT; op++)
		if (opset_has(&a->ops, (enum policy_op)op) &&
		    names_op((enum policy_op)op)->on_case)
			problem(b->ps, n->file, read_line(n, "scope"),
			    "access \"%s\": %s is always on a case", n->title,
			    policy_op_name((enum policy_op)op));
}

static void
check_purposes(
    struct build *b, const struct node *n, const struct access_rule *a)
{
	const struct value *v = read_value(n, "purposes");
	const struct named *purpose;
	size_t i;

	for (i = 0; a->purposes[0] != NULL && i < v->n; i++) {
		purpose = model_purpose(b->p, v->v[i]);
		if (purpose == NULL)
			problem(b->ps, n->file, v->lines[i],
			    "unknown purpose \"%s\" in access \"%s\"", v->v[i],
			    n->title);
		else
			check_together(b, n, v->lines[i], a, "purpose", v->v[i],
			    &purpose->when);
	}
	if (a->default_purpose != NULL &&
	    !model_has(a->purposes, a->default_purpose))
		problem(b->ps, n->file, read_line(n, "default-purpose"),
		    "default purpose \"%s\" of access \"%s\" is not one of "
		    "its purposes",
		    a->default_purpose, n->title);
	if (a->default_purpose != NULL &&
	    (a->states & ~(1u << STATE_OPEN)) != 0)
		problem(b->ps, n->file, read_line(n, "default-purpose"),
		    "access \"%s\": a default purpose is for open cases "
		    "alone",
		    n->title);
}

static void
check_roles(struct build *b, const struct node *n, const char *word)
{
	const struct value *v = read_value(n, word);
	size_t i;

	for (i = 0; v != NULL && i < v->n; i++)
		if (model_role(b->p, v->v[i]) == NULL)
			problem(b->ps, n->file, v->lines[i],
			    "unknown role \"%s\" in %s \"%s\"", v->v[i],
			    n->word, n->title);
}

static void
check_roles_together(
    struct build *b, const struct node *n, const struct access_rule *a)
{
	const struct named *role;
	size_t i;

	for (i = 0; a->roles[i] != NULL; i++)
		if ((role = model_role(b->p, a->roles[i])) != NULL)
			check_together(b, n, read_line(n, "roles"), a, "role",
			    role->name, &role->when);
}

static int
is_within(const char *const *inner, const char *const *outer)
{
	for (; *inner != NULL; inner++)
		if (!model_has(outer, *inner))
			return 0;
	return 1;
}

/*
 * Does a decide everything that b would? An empty list is no list: it
 * covers an empty one only. A default purpose decides what one without
 * would not.
 */
static int
covers(const struct access_rule *a, const struct access_rule *b)
{
	int scope = a->scope == b->scope ||
		    (a->scope == SCOPE_ANY && b->scope != SCOPE_NONE);

	return scope && opset_within(&b->ops, &a->ops) &&
	       (b->states & ~a->states) == 0 && is_within(b->roles, a->roles) &&
	       is_within(b->kinds, a->kinds) &&
	       is_within(b->purposes, a->purposes) &&
	       a->break_glass <= b->break_glass && a->step_up <= b->step_up &&
	       (a->purposes[0] == NULL) == (b->purposes[0] == NULL) &&
	       (a->default_purpose != NULL || b->default_purpose == NULL) &&
	       a->when.from <= b->when.from && a->when.until >= b->when.until;
}

static void
check_reachable(struct build *b, size_t i)
{
	const struct node *n = b->of[WORD_ACCESS].v[i];
	size_t j;

	for (j = 0; j < i; j++)
		if (covers(&b->p->access[j], &b->p->access[i])) {
			problem(b->ps, n->file, n->line,
			    "access \"%s\" never decides: \"%s\" before it "
			    "covers it",
			    n->title, b->p->access[j].name);
			return;
		}
}

/* An opinion that counted would be a vote (GDPR art. 38(6)). */
static void
check_opinions(struct build *b, size_t i)
{
	const struct policy_approval *a = &b->p->approvals[i];
	const struct node *n = b->of[WORD_APPROVAL].v[i];
	const char *const *o;

	for (o = a->opinions; *o != NULL; o++)
		if (model_has(a->roles, *o))
			problem(b->ps, n->file, read_line(n, "opinions"),
			    "role \"%s\" of approval \"%s\" either counts or "
			    "gives an opinion",
			    *o, a->what);
}

void
check_access(struct build *b)
{
	const struct sections *s = &b->of[WORD_ACCESS];
	size_t i;

	for (i = 0; i < s->n; i++) {
		check_roles(b, s->v[i], "roles");
		check_roles_together(b, s->v[i], &b->p->access[i]);
		check_kinds(b, s->v[i], &b->p->access[i]);
		check_scope(b, s->v[i], &b->p->access[i]);
		check_purposes(b, s->v[i], &b->p->access[i]);
		check_reachable(b, i);
	}
	for (i = 0; i < b->of[WORD_APPROVAL].n; i++) {
		check_roles(b, b->of[WORD_APPROVAL].v[i], "roles");
		check_roles(b, b->of[WORD_APPROVAL].v[i], "opinions");
		check_opinions(b, i);
		if (b->p->approvals[i].roles[0] == NULL)
			problem(b->ps, b->of[WORD_APPROVAL].v[i]->file,
			    b->of[WORD_APPROVAL].v[i]->line,
			    "approval \"%s\" counts no role",
			    b->p->approvals[i].what);
	}
}
