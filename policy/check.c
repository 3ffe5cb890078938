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

void
check_policy(struct build *b)
{
	check_retention(b);
	check_moments(b);
	check_terms(b);
	check_access(b);
	check_disclosure(b);
	check_people(b);
}
