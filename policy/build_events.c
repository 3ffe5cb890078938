/* Events of a case, and what stays behind until one has happened. */
#include "policy/build.h"

#include <string.h>

int
build_events(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_EVENT];
	struct policy_event *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].name = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].source = read_text(b, s->v[i], "source", 1);
		v[i].with_document = read_flag_must(b, s->v[i], "document");
		v[i].in_future = read_flag(b, s->v[i], "in-future");
		if (read_value(s->v[i], "stage") != NULL)
			v[i].stage = names_stages[read_word(
			    b, s->v[i], "stage", names_stages, -1)];
		read_window(b, s->v[i], &v[i].when);
	}
	b->p->events = v;
	b->p->nevents = s->n;
	return 0;
}

static int
is_code_of(const struct policy_field *f, const char *value)
{
	return f->type == FIELD_CODE && model_has(f->values, value);
}

/* The word any is every value: the field itself stays behind. */
static void
read_blocked(struct build *b, const struct node *n, struct policy_blocked *v)
{
	const struct policy_kind *k = NULL;
	const struct policy_field *f;
	const char *value = read_name(b, n, "value", 1);

	v->kind = v->path = "";
	f = build_source(b, n, "field", n->title, n->line, &k);
	if (f == NULL || value == NULL)
		return;
	v->kind = k->name;
	v->path = f->path;
	if (strcmp(value, "any") == 0)
		return;
	v->value = value;
	if (!is_code_of(f, value))
		problem(b->ps, n->file, read_line(n, "value"),
		    "\"%s\" is not a value that %s can have", value, n->title);
}

static void
check_block_references(
    struct build *b, const struct node *n, const struct policy_block *v)
{
	const struct value *r = read_value(n, "recipients");
	size_t i;

	for (i = 0; v->recipients[i] != NULL; i++)
		if (policy_recipient(b->p, v->recipients[i]) == NULL)
			problem(b->ps, n->file, r->lines[i],
			    "unknown recipient \"%s\" in block \"%s\"",
			    v->recipients[i], v->name);
	if (!v->landlord_facing && v->recipients[0] == NULL)
		problem(b->ps, n->file, n->line,
		    "block \"%s\" is for no recipient", v->name);
	if (v->until_event != NULL &&
	    policy_event(b->p, v->until_event) == NULL)
		problem(b->ps, n->file, read_line(n, "until-event"),
		    "unknown event \"%s\" in block \"%s\"", v->until_event,
		    v->name);
}

/* The number of its fields is said: one line less would block less. */
static int
read_block(struct build *b, const struct node *n, struct policy_block *v,
    struct err *e)
{
	struct policy_blocked *fields;
	size_t i;

	v->name = read_title(b, n);
	v->title = read_text(b, n, "title", 1);
	v->citation = read_text(b, n, "source", 1);
	v->landlord_facing = read_flag_must(b, n, "landlord-facing");
	v->recipients = read_names_or_none(b, n, "recipients");
	v->until_event = read_name(b, n, "until-event", 1);
	read_window(b, n, &v->when);
	fields = arena_array(&b->p->arena, n->nsub, sizeof(*fields), e);
	if (fields == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < n->nsub; i++)
		read_blocked(b, &n->sub[i], &fields[i]);
	v->blocked = fields;
	v->nblocked = n->nsub;
	if (read_number_must(b, n, "fields-count", 1, 1000) != n->nsub)
		problem(b->ps, n->file, read_line(n, "fields-count"),
		    "block \"%s\" has %zu fields, and says another number",
		    v->name, n->nsub);
	check_block_references(b, n, v);
	return 0;
}

int
build_blocks(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_BLOCK];
	struct policy_block *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++)
		if ((r = read_block(b, s->v[i], &v[i], e)) < 0)
			return r;
	b->p->blocks = v;
	b->p->nblocks = s->n;
	return 0;
}
