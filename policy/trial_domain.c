/*
 * Every situation there is, for what must never be. What no rule tells apart
 * is tried once:
 *
 * - a decision changes only on the days on which a window begins, or the day
 *   after one ends: these, and a day before them all;
 * - it depends on a recipient's own rules alone: of purposes, consents and
 *   events, those that no rule of theirs names are all alike;
 * - on adults, it asks what all of them agree to, and what those in one role
 *   do: two adults, one of them in that role, show every case of that;
 * - an access depends on the rules for its role and operation: kinds and
 *   purposes that stand in the same of them are alike, and what none of them
 *   looks at (whose case it is, glass, step-up) needs no trying.
 */
#include <string.h>

#include "policy/trial_domain.h"

int
domain_too_many(struct domain *d, const char *what, const char *of)
{
	return err_tag(d->e, ERR_TOO_LARGE, "policy",
	    "%s of %s: more than can be tried in every combination", what, of);
}

int
domain_decided(struct domain *d)
{
	if (++d->t->counts->decisions <= DOMAIN_DECISIONS_MAX)
		return 0;
	return domain_too_many(d, "situations", "these rules");
}

/* --- days ------------------------------------------------------------- */

static int
add_day(struct domain *d, int32_t day)
{
	size_t i = 0;

	while (i < d->ndays && d->days[i] < day)
		i++;
	if (i < d->ndays && d->days[i] == day)
		return 0;
	if (d->ndays == DOMAIN_DAYS_MAX)
		return domain_too_many(d, "dates", "these rules");
	memmove(
	    &d->days[i + 1], &d->days[i], (d->ndays - i) * sizeof(d->days[0]));
	d->days[i] = day;
	d->ndays++;
	return 0;
}

/* The days on which something about this window changes. */
int
domain_add_window(struct domain *d, const struct policy_window *w)
{
	int r = 0;

	if (w->from != INT32_MIN)
		r = add_day(d, w->from);
	if (r == 0 && w->until != INT32_MAX)
		r = add_day(d, w->until + 1);
	return r;
}

/* And a day before all of them, when the world was as it had been. */
int
domain_end_days(struct domain *d)
{
	return add_day(d, d->ndays > 0 ? d->days[0] - 1 : d->t->day);
}

int
domain_add_never_days(struct domain *d, int is_access)
{
	size_t i;
	int r;

	for (i = 0; i < d->t->nnevers; i++)
		if (d->t->nevers[i].is_access == is_access &&
		    (r = domain_add_window(d, &d->t->nevers[i].when)) < 0)
			return r;
	return 0;
}

int
domain_is_any_of(const char *const *list, const char *s)
{
	return list[0] == NULL || (s != NULL && model_has(list, s));
}

/* The first situation in which a never does not hold is kept. */
int
domain_break(struct domain *d, struct trial_never *x, struct buf *facts,
    const char *got, const char *rule, const char *why)
{
	struct trial_failure *f = &x->failure;
	struct arena *a = &d->t->arena;

	f->facts = arena_copy(a, buf_str(facts), d->e);
	f->got = arena_copy(a, got, d->e);
	f->why = arena_copy(a, why, d->e);
	f->rule = rule;
	if (f->facts == NULL || f->got == NULL || f->why == NULL)
		return -ERR_NOMEM;
	x->is_broken = 1;
	return 0;
}

int
trial_domain(struct trial *t, struct err *e)
{
	struct domain d = { .t = t, .e = e };
	int r;

	if ((r = domain_disclosures(&d)) < 0)
		return r;
	return domain_accesses(&d);
}
