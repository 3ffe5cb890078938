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

/* Two people are asked for: it must be said who they are. */
static void
check_four_eyes(struct build *b)
{
	const struct sections *s = &b->of[WORD_DISCLOSURE];
	size_t i;

	for (i = 0; i < s->n; i++)
		if (b->p->disclosures[i].four_eyes &&
		    policy_approval(b->p, "release") == NULL)
			problem(b->ps, s->v[i]->file,
			    read_line(s->v[i], "four-eyes"),
			    "disclosure \"%s\" asks for four eyes, and no "
			    "approval \"release\" says whose",
			    s->v[i]->title);
}

void
check_policy(struct build *b)
{
	check_retention(b);
	check_four_eyes(b);
	check_access(b);
	check_people(b);
}
