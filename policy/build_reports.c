/* What reports say: the operator, what it processes and why (GDPR art. 30),
 * what is counted. */
#include "policy/build.h"

#include <string.h>

static int
build_operator(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_OPERATOR];
	struct policy_operator *v;

	if (s->n == 0)
		return 0;
	if (s->n > 1)
		problem(b->ps, s->v[1]->file, s->v[1]->line,
		    "there is one operator, and \"%s\" is it", s->v[0]->title);
	if ((v = arena_get(&b->p->arena, sizeof(*v), e)) == NULL)
		return -ERR_NOMEM;
	v->name = read_title(b, s->v[0]);
	v->title = read_text(b, s->v[0], "title", 1);
	v->address = read_text(b, s->v[0], "address", 1);
	v->contact = read_text(b, s->v[0], "contact", 1);
	v->representative = read_text(b, s->v[0], "representative", 0);
	v->dpo = read_text(b, s->v[0], "dpo", 1);
	v->archives = (enum policy_archives)read_word(
	    b, s->v[0], "public-archives", names_archives, -1);
	v->source = read_text(b, s->v[0], "source", 1);
	b->p->operator_ = v;
	return 0;
}

static void
check_known(struct build *b, const struct node *n, const char *word,
    const char *const *names,
    int (*is_known)(const struct policy *p, const char *name))
{
	size_t i;

	for (i = 0; names[i] != NULL; i++)
		if (!is_known(b->p, names[i]))
			problem(b->ps, n->file, read_line(n, word),
			    "unknown %s \"%s\" in %s \"%s\"", word, names[i],
			    n->word, n->title);
}

static int
is_kind(const struct policy *p, const char *name)
{
	return policy_kind(p, name) != NULL;
}

static int
is_recipient(const struct policy *p, const char *name)
{
	return policy_recipient(p, name) != NULL;
}

static int
build_processings(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_PROCESSING];
	struct policy_processing *v;
	size_t i;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		const struct node *n = s->v[i];

		v[i].name = read_title(b, n);
		v[i].title = read_text(b, n, "title", 1);
		v[i].basis = read_text(b, n, "basis", 1);
		v[i].purposes = read_names(b, n, "purposes");
		v[i].persons = read_list_must(b, n, "persons");
		v[i].kinds = read_names(b, n, "kinds");
		v[i].data = read_list(b, n, "data");
		v[i].recipients = read_names_or_none(b, n, "recipients");
		v[i].transfers = read_text(b, n, "transfers", 1);
		v[i].duration = read_text(b, n, "duration", 0);
		v[i].security = read_list_must(b, n, "security");
		v[i].source = read_text(b, n, "source", 1);
		read_window(b, n, &v[i].when);
		check_known(
		    b, n, "purposes", v[i].purposes, policy_purpose_is_known);
		check_known(b, n, "kinds", v[i].kinds, is_kind);
		check_known(b, n, "recipients", v[i].recipients, is_recipient);
		/* What is no document says itself what it is, how long. */
		if (v[i].kinds[0] == NULL &&
		    (v[i].data[0] == NULL || *v[i].duration == '\0'))
			problem(b->ps, n->file, n->line,
			    "processing \"%s\" has no kinds: it must say its"
			    " data and its duration",
			    v[i].name);
	}
	b->p->processings = v;
	b->p->nprocessings = s->n;
	return 0;
}

static int
build_indicators(struct build *b, struct err *e)
{
	const struct sections *s = &b->of[WORD_INDICATOR];
	struct policy_indicator *v;
	size_t i, n;

	v = arena_array(&b->p->arena, s->n, sizeof(*v), e);
	if (v == NULL)
		return -ERR_NOMEM;
	for (i = 0; i < s->n; i++) {
		v[i].code = read_title(b, s->v[i]);
		v[i].title = read_text(b, s->v[i], "title", 1);
		v[i].dimensions = read_list(b, s->v[i], "dimensions");
		v[i].is_exact = read_flag_must(b, s->v[i], "exact");
		v[i].source = read_text(b, s->v[i], "source", 1);
		read_window(b, s->v[i], &v[i].when);
		if (!policy_is_indicator(v[i].code))
			problem(b->ps, s->v[i]->file, s->v[i]->line,
			    "nothing is counted as \"%s\"", v[i].code);
		for (n = 0; v[i].dimensions[n] != NULL;)
			n++;
		if (n > POLICY_DIMENSIONS_MAX)
			problem(b->ps, s->v[i]->file,
			    read_line(s->v[i], "dimensions"),
			    "indicator \"%s\" has more than %d dimensions",
			    v[i].code, POLICY_DIMENSIONS_MAX);
	}
	b->p->indicators = v;
	b->p->nindicators = s->n;
	return 0;
}

int
build_reports(struct build *b, struct err *e)
{
	int r;

	if ((r = build_operator(b, e)) < 0 || (r = build_processings(b, e)) < 0)
		return r;
	return build_indicators(b, e);
}

/* --- what others ask ---------------------------------------------------- */

const struct policy_operator *
policy_operator(const struct policy *p)
{
	return p->operator_;
}

enum policy_archives
policy_public_archives(const struct policy *p)
{
	return p->operator_ != NULL ? p->operator_->archives : ARCHIVES_UNKNOWN;
}

size_t
policy_processings(const struct policy *p, const struct policy_processing **all)
{
	*all = p->processings;
	return p->nprocessings;
}

size_t
policy_indicators(const struct policy *p, const struct policy_indicator **all)
{
	*all = p->indicators;
	return p->nindicators;
}

const struct policy_indicator *
policy_indicator(const struct policy *p, const char *code)
{
	size_t i;

	for (i = 0; i < p->nindicators; i++)
		if (strcmp(p->indicators[i].code, code) == 0)
			return &p->indicators[i];
	return NULL;
}
