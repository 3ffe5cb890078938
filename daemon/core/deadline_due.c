/* Deadlines in the list of what is due: one pass over the cases. */
#include <string.h>

#include "base/civil.h"
#include "daemon/core/case.h"
#include "daemon/core/deadline.h"
#include "daemon/core/moment.h"

#define DEADLINES_MAX 64 /* computed ones of the rules */

struct walk {
	struct due_list *d;
	const struct policy_deadline *of[DEADLINES_MAX]; /* the caller's */
	size_t n;
};

static int
moment_of(const void *arg, const char *moment, int32_t *day)
{
	return moments_day(arg, moment, day);
}

static int
add_line(struct walk *w, const struct case_facts *kase,
    const struct policy_deadline *d, const struct deadline_line *l,
    struct err *e)
{
	static const struct id no_object;

	return due_add(w->d, d->name, &kase->id, &no_object,
	    civil_start_ms(l->since), civil_start_ms(l->last + 1), NULL, e);
}

static int
of_case(void *arg, const struct case_facts *kase, struct err *e)
{
	AUTO(moments_freep) struct moments *m = NULL;
	struct walk *w = arg;
	struct deadline_case c = { .state = kase->state,
		.stage = kase->stage,
		.as_of = w->d->as_of,
		.day = moment_of };
	struct deadline_line line;
	size_t i;
	int r;

	if (!due_may_see(w->d, kase))
		return 0;
	if ((r = moments_load(
		 w->d->core, w->d->tx, &kase->id, c.as_of, &m, e)) < 0)
		return r;
	c.arg = m;
	for (i = 0; i < w->n; i++)
		if (deadline_runs(w->d->core->policy, w->of[i], &c, &line) &&
		    (r = add_line(w, kase, w->of[i], &line, e)) < 0)
			return r;
	return 0;
}

static int
is_of_state(const struct walk *w, const char *state)
{
	const char *const *s;
	size_t i;

	for (i = 0; i < w->n; i++)
		for (s = w->of[i]->states; *s != NULL; s++)
			if (strcmp(*s, state) == 0)
				return 1;
	return 0;
}

/* Only cases in a state that some deadline of the caller's is about. */
int
deadline_due(struct due_list *d, struct err *e)
{
	static const char *const states[] = { "open", "closed", "restricted",
		"archived" };
	const struct policy_deadline *all;
	struct walk w = { .d = d };
	size_t i, n = policy_deadlines(d->core->policy, &all);
	int r;

	for (i = 0; i < n; i++) {
		if (all[i].after == NULL ||
		    (d->tally == NULL &&
			!deadline_is_for(d->core->policy, all[i].name,
			    d->caller->who, d->today, NULL)))
			continue;
		if (w.n == DEADLINES_MAX)
			return err_set(e, ERR_INTERNAL,
			    "more than %d deadlines in the rules",
			    DEADLINES_MAX);
		w.of[w.n++] = &all[i];
	}
	for (i = 0; i < NELEMS(states); i++)
		if (is_of_state(&w, states[i]) &&
		    (r = case_each(d->tx, states[i], of_case, &w, e)) < 0)
			return r;
	return 0;
}
