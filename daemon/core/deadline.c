#include "daemon/core/deadline.h"

#include <string.h>

static int
has(const char *const *list, const char *s)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, s) == 0)
			return 1;
	return 0;
}

static int
is_settled(const struct policy_deadline *d, const struct deadline_case *c,
    int32_t since)
{
	const char *const *by;
	int32_t day;

	for (by = d->settled_by; *by != NULL; by++)
		if (c->day(c->arg, *by, &day) && day >= since)
			return 1;
	return 0;
}

/* The last day of the term that begins, or for one counted back ends, on
 * this day: at once where the rules in force have no such period. */
static int32_t
last_day(const struct policy *p, const struct policy_deadline *d,
    const struct deadline_case *c, int32_t day)
{
	enum term_unit unit;
	int32_t on = day, last = day;
	uint32_t n;

	if (d->figure_on != NULL && !c->day(c->arg, d->figure_on, &on))
		on = day;
	if (d->figure != NULL &&
	    policy_period_on(p, d->figure, on, &n, &unit, NULL) == 0)
		last = d->before ? term_day_before(day, n, unit)
				 : term_last_day(day, n, unit);
	return d->truce ? term_truce_end(last) : last;
}

/* Sooner, when that comes first: the first communication with the household
 * (GDPR art. 14(3)(b)). What was before it began says nothing. */
static void
bring_forward(const struct policy_deadline *d, const struct deadline_case *c,
    int32_t began, int32_t *last)
{
	int32_t day;

	if (d->no_later_than != NULL &&
	    c->day(c->arg, d->no_later_than, &day) && day >= began &&
	    day < *last)
		*last = day;
}

int
deadline_runs(const struct policy *p, const struct policy_deadline *d,
    const struct deadline_case *c, struct deadline_line *out)
{
	int32_t at, since, once = INT32_MIN;

	if (d->after == NULL || !policy_in_force(&d->when, c->as_of) ||
	    !has(d->states, c->state) ||
	    (d->stages[0] != NULL && !has(d->stages, c->stage)))
		return 0;
	if (!c->day(c->arg, d->after, &at) ||
	    (d->once != NULL && !c->day(c->arg, d->once, &once)))
		return 0;
	/* A hearing before what asks for it is another one; what begins
	 * later does not wait yet. */
	if (d->before ? at < once : at > c->as_of)
		return 0;
	since = d->before ? once : at;
	if (is_settled(d, c, since))
		return 0;
	out->last = last_day(p, d, c, at);
	bring_forward(d, c, at, &out->last);
	out->since = since != INT32_MIN ? since : c->as_of;
	return 1;
}

int
deadline_is_for(const struct policy *p, const char *name,
    const struct principal *who, int32_t day, const char **title)
{
	const struct policy_deadline *d = policy_deadline(p, name);
	const char *roles[POLICY_ROLES_MAX + 1];
	size_t i, n;

	if (title != NULL)
		*title = d != NULL ? d->title : NULL;
	if (d == NULL)
		return 1;
	n = policy_roles_of(p, who, day, roles);
	for (i = 0; i < n; i++)
		if (has(d->roles, roles[i]))
			return 1;
	return 0;
}
