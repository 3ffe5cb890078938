#include "policy/build.h"

#include <string.h>

static void
check_retention(struct build *b)
{
	const struct sections *s = &b->of[WORD_KIND];
	const char *name;
	size_t i;

	for (i = 0; i < s->n; i++) {
		name = b->p->kinds[i].retention;
		if (name != NULL && policy_retention(b->p, name) == NULL)
			problem(b->ps, s->v[i]->file,
			    read_line(s->v[i], "retention"),
			    "unknown retention \"%s\" of kind \"%s\"", name,
			    s->v[i]->title);
	}
}

static int
is_twice(const struct policy *p, size_t i)
{
	size_t j;

	for (j = 0; j < i; j++)
		if (p->kinds[j].prepares != NULL &&
		    strcmp(p->kinds[j].prepares, p->kinds[i].prepares) == 0)
			return 1;
	return 0;
}

/* A record that prepares a paper is kept as long as what is signed, and of
 * the same people: it never outlives it, nor stays where that may not be. */
static void
check_preparations(struct build *b)
{
	const struct sections *s = &b->of[WORD_KIND];
	const struct policy_kind *k, *to;
	size_t i;

	for (i = 0; i < s->n; i++) {
		k = &b->p->kinds[i];
		if (k->prepares == NULL)
			continue;
		to = policy_kind(b->p, k->prepares);
		if (to == NULL || !to->is_signed)
			problem(b->ps, s->v[i]->file,
			    read_line(s->v[i], "prepares"),
			    "kind \"%s\" prepares \"%s\", which is no kind "
			    "that people sign",
			    k->name, k->prepares);
		else if (to->is_social != k->is_social ||
			 strcmp(to->retention != NULL ? to->retention : "",
			     k->retention != NULL ? k->retention : "") != 0)
			problem(b->ps, s->v[i]->file,
			    read_line(s->v[i], "prepares"),
			    "kind \"%s\": social and retention are those of "
			    "\"%s\"",
			    k->name, k->prepares);
		if (is_twice(b->p, i))
			problem(b->ps, s->v[i]->file,
			    read_line(s->v[i], "prepares"),
			    "\"%s\" is prepared by two kinds", k->prepares);
	}
}

void
check_policy(struct build *b)
{
	check_retention(b);
	check_preparations(b);
	check_moments(b);
	check_terms(b);
	check_access(b);
	check_disclosure(b);
	check_people(b);
}
