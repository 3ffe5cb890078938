/* Lists of households that others hand in: how their columns are read. */
#include "policy/build.h"

#include <string.h>

static const char separators[] = { ';', ',', '\t' };

/* A figure of this name that is a count, on some day. */
static void
check_quota(
    struct build *b, const struct node *n, const char *word, const char *figure)
{
	const struct policy *p = b->p;
	size_t i, len = figure != NULL ? strlen(figure) : 0;
	int count = names_find(names_units, "count");

	if (figure == NULL)
		return;
	for (i = 0; i < p->nfigures; i++)
		if (strncmp(p->figures[i].name, figure, len) == 0 &&
		    (p->figures[i].name[len] == '\0' ||
			p->figures[i].name[len] == ':') &&
		    p->figures[i].unit == count)
			return;
	problem(b->ps, n->file, read_line(n, word),
	    "%s of intake \"%s\": no figure \"%s\" is a count", word, n->title,
	    figure);
}

static void
read_column(
    struct build *b, const struct node *n, struct policy_intake_column *c)
{
	c->header = n->title;
	if (n->title[0] == '\0' || strlen(n->title) > POLICY_INTAKE_HEADER_MAX)
		problem(b->ps, n->file, n->line,
		    "a column has a name of at most %d bytes",
		    POLICY_INTAKE_HEADER_MAX);
	c->to = (enum policy_intake_target)read_word(
	    b, n, "to", names_intake_targets, -1);
	c->required = read_flag(b, n, "required");
	if (c->to == INTAKE_IGNORED && c->required)
		problem(b->ps, n->file, read_line(n, "required"),
		    "column \"%s\" is ignored: nothing of it is required",
		    c->header);
}

static int
has(const struct policy_intake *v, size_t n, enum policy_intake_target to)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v->columns[i].to == to)
			return 1;
	return 0;
}

/* Each thing comes from one column, and nobody is without a name. */
static void
check_columns(
    struct build *b, const struct node *n, const struct policy_intake *v)
{
	size_t i, named = 0;

	for (i = 0; i < v->ncolumns; i++) {
		const struct policy_intake_column *c = &v->columns[i];

		if (c->to != INTAKE_IGNORED && has(v, i, c->to))
			problem(b->ps, n->sub[i].file, n->sub[i].line,
			    "column \"%s\": another gives %s already",
			    c->header, names_intake_targets[c->to]);
		named += c->to == INTAKE_HOLDER_NAME && c->required;
	}
	if (named == 0)
		problem(b->ps, n->file, n->line,
		    "intake \"%s\": no required column gives %s", v->name,
		    names_intake_targets[INTAKE_HOLDER_NAME]);
	if (!has(v, v->ncolumns, INTAKE_SECOND_NAME) &&
	    (has(v, v->ncolumns, INTAKE_SECOND_FIRST_NAME) ||
		has(v, v->ncolumns, INTAKE_SECOND_BIRTH_YEAR)))
		problem(b->ps, n->file, n->line,
		    "intake \"%s\": a second holder has no name", v->name);
}

static int
read_columns(struct build *b, const struct node *n, struct policy_intake *out,
    struct err *e)
{
	struct policy_intake_column *v;
	size_t i;

	v = arena_array(&b->p->arena, n->nsub, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < n->nsub; i++)
		read_column(b, &n->sub[i], &v[i]);
	out->columns = v;
	out->ncolumns = n->nsub;
	check_columns(b, n, out);
	return 0;
}

static int
read_intake(struct build *b, const struct node *n, struct policy_intake *v,
    struct err *e)
{
	v->name = read_title(b, n);
	v->title = read_text(b, n, "title", 1);
	v->source = read_text(b, n, "source", 1);
	v->separator =
	    separators[read_word(b, n, "separator", names_separators, -1)];
	v->case_source = read_name(b, n, "case-source", 1);
	v->stage = names_stages[read_word(b, n, "stage", names_stages, -1)];
	v->quota_month = read_name(b, n, "quota-month", 1);
	v->quota_year = read_name(b, n, "quota-year", 1);
	check_quota(b, n, "quota-month", v->quota_month);
	check_quota(b, n, "quota-year", v->quota_year);
	read_window(b, n, &v->when);
	return read_columns(b, n, v, e);
}

int
build_intakes(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_INTAKE];
	struct policy_intake *v;
	size_t i;
	int r;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++)
		if ((r = read_intake(b, s->v[i], &v[i], e)) < 0)
			return r;
	b->p->intakes = v;
	b->p->nintakes = s->n;
	return 0;
}
