#include "daemon/core/retention_judge.h"

#include <string.h>

#include "base/term.h"

static int
day_of(const struct retention_facts *f, const char *moment, int32_t *day)
{
	if (f->own_moment != NULL && strcmp(f->own_moment, moment) == 0) {
		*day = f->own_day;
		return 1;
	}
	return f->moment(f->arg, moment, day);
}

static int
has_moment(void *arg, const char *moment)
{
	int32_t day;

	return day_of(arg, moment, &day);
}

/* One term: its last day, or that it waits for its moment. */
static int
count(const struct retention_facts *f, const char *moment, uint32_t months,
    struct retention_finding *out, int32_t *last)
{
	out->moment = moment;
	if (!day_of(f, moment, &out->from)) {
		out->from = out->last = 0;
		out->state = RETENTION_WAITING;
		return 0;
	}
	*last = term_last_day(out->from, months, TERM_MONTHS);
	return 1;
}

/* Active at least until a moment that comes later: the last instalment. */
static void
lengthen(const struct retention_facts *f, const struct policy_retention *r,
    struct retention_finding *out, int32_t *last)
{
	int32_t day;

	if (r->active_until == NULL || !day_of(f, r->active_until, &day) ||
	    day <= *last)
		return;
	out->moment = r->active_until;
	out->from = *last = day;
}

/* The months are the most: a moment that came sooner ends it, unless it is
 * older than what it would end (the decision of an earlier lawsuit). */
static void
shorten(const struct retention_facts *f, const struct policy_retention *r,
    struct retention_finding *later, int32_t *last)
{
	int32_t day;

	if (r->intermediate_until == NULL ||
	    !day_of(f, r->intermediate_until, &day) || day >= *last ||
	    day < later->from)
		return;
	later->moment = r->intermediate_until;
	later->from = *last = day;
}

/* The state on that day; out->moment and from are of the term that decides. */
static void
place(const struct retention_facts *f, const struct policy_retention *r,
    struct retention_finding *out)
{
	struct retention_finding later = *out;
	int32_t active, archived;

	if (!count(f, r->from, r->active_months, out, &active))
		return;
	lengthen(f, r, out, &active);
	out->last = active;
	out->state = f->day <= active ? RETENTION_ACTIVE : RETENTION_DUE;
	if (r->intermediate_months == 0)
		return;
	if (!count(f, r->intermediate_from, r->intermediate_months, &later,
		&archived)) {
		/* It is archived, and not due: what ends it never was. */
		if (out->state == RETENTION_DUE)
			*out = later;
		return;
	}
	shorten(f, r, &later, &archived);
	if (archived <= active)
		return;
	later.last = archived;
	later.state = f->day <= active	   ? RETENTION_ACTIVE
		      : f->day <= archived ? RETENTION_INTERMEDIATE
					   : RETENTION_DUE;
	*out = later;
}

void
retention_judge(const struct policy *p, const char *name,
    const struct retention_facts *f, struct retention_finding *out)
{
	*out = (struct retention_finding){
		.state = RETENTION_WAITING,
		.verdict = RETENTION_KEEP,
		.rule = policy_retention_for(
		    p, name, f->day, has_moment, (void *)(uintptr_t)f),
	};
	if (out->rule == NULL)
		return;
	place(f, out->rule, out);
	if (out->state == RETENTION_DUE)
		out->verdict = f->held || f->restricted ? RETENTION_CONFLICT
							: RETENTION_DESTROY;
}

const char *
retention_state_name(enum retention_state s)
{
	static const char *const names[] = {
		[RETENTION_ACTIVE] = "active",
		[RETENTION_INTERMEDIATE] = "intermediate",
		[RETENTION_DUE] = "due",
		[RETENTION_WAITING] = "waiting",
	};

	return names[s];
}

const char *
retention_verdict_name(enum retention_verdict v)
{
	static const char *const names[] = {
		[RETENTION_KEEP] = "KEEP",
		[RETENTION_DESTROY] = "DESTROY",
		[RETENTION_CONFLICT] = "CONFLICT",
	};

	return names[v];
}
