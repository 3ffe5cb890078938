/* What should become of it: the domain's table of terms. */
#include <string.h>

#include "life.h"

static int32_t
max(int32_t a, int32_t b)
{
	return a > b ? a : b;
}

static int32_t
min(int32_t a, int32_t b)
{
	return a < b ? a : b;
}

/* The last act of this sort that was done, entered from then on; NULL. */
static const struct life_act *
last_act(
    const struct life *l, enum life_what what, const char *word, int32_t since)
{
	const struct life_act *found = NULL;
	int i;

	for (i = 0; i < l->nacts; i++)
		if (l->acts[i].done && l->acts[i].what == what &&
		    l->acts[i].day >= since &&
		    (word == NULL || strcmp(l->acts[i].word, word) == 0))
			found = &l->acts[i];
	return found;
}

/* The last day, and the first, on which it was, as they say. */
static int32_t
last_said(const struct life *l, enum life_what what, const char *word)
{
	int32_t last = LIFE_NOT_YET;
	int i;

	for (i = 0; i < l->nacts; i++)
		if (l->acts[i].done && l->acts[i].what == what &&
		    strcmp(l->acts[i].word, word) == 0)
			last = max(last, l->acts[i].said);
	return last;
}

static int32_t
first_said(const struct life *l, enum life_what what, const char *word)
{
	int32_t first = LIFE_NEVER;
	int i;

	for (i = 0; i < l->nacts; i++)
		if (l->acts[i].done && l->acts[i].what == what &&
		    strcmp(l->acts[i].word, word) == 0)
			first = min(first, l->acts[i].said);
	return first;
}

static int32_t
day_of(const struct life_act *a)
{
	return a != NULL ? a->day : LIFE_NOT_YET;
}

/* When it was opened, or opened again. */
static int32_t
entry(const struct life *l)
{
	return max(day_of(last_act(l, LIFE_OPEN, NULL, 0)),
	    day_of(last_act(l, LIFE_REOPEN, NULL, 0)));
}

/* The last time that the household answered. */
static int32_t
answered(const struct life *l)
{
	return max(last_said(l, LIFE_MEET, "rencontre"),
	    last_said(l, LIFE_VEILLE, "rencontre"));
}

static int
was_reopened(const struct life *l)
{
	return last_act(l, LIFE_REOPEN, NULL, 0) != NULL;
}

/* T0: the last contact, else the entry. A household that comes back begins
 * anew. */
static int32_t
t0(const struct life *l)
{
	int32_t met = answered(l);

	if (met == LIFE_NOT_YET)
		return entry(l);
	return was_reopened(l) ? max(met, entry(l)) : met;
}

static int
is_refused(const struct life *l)
{
	return last_act(l, LIFE_REFUSE, NULL, 0) != NULL;
}

static int
is_kept(const struct life *l, int doc)
{
	return l->docs[doc].filed != LIFE_NOT_YET &&
	       l->docs[doc].gone == LIFE_NOT_YET;
}

/* Something of what is never kept of who refuses. */
static int
has_social(const struct life *l)
{
	static const char *const kinds[] = { "diagnostic", "contrat-engagement",
		"plan-apurement", "piece", "demarche" };
	size_t k;
	int i;

	for (i = 0; i < l->ndocs; i++)
		for (k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
			if (is_kept(l, i) &&
			    strcmp(l->docs[i].kind, kinds[k]) == 0)
				return 1;
	return 0;
}

/* Six months, and no social data: where there is some, they were met. */
static int
is_short(const struct life *l)
{
	return is_refused(l) || (answered(l) == LIFE_NOT_YET && !has_social(l));
}

static int32_t
active_until(const struct life *l)
{
	return life_add_months(t0(l), 24);
}

/* The case is worked on while a plan is being paid. */
static int32_t
case_active_until(const struct life *l)
{
	return max(
	    active_until(l), last_said(l, LIFE_EVENT, "derniere-echeance"));
}

int
life_is_held(const struct life *l, int doc)
{
	const struct life_act *set = last_act(l, LIFE_HOLD, NULL, 0);

	if (set == NULL || last_act(l, LIFE_RELEASE, NULL, set->day) != NULL)
		return 0;
	return doc == LIFE_ANY || set->doc == LIFE_ALL || set->doc == doc;
}

int
life_is_restricted(const struct life *l)
{
	int32_t set = day_of(last_act(l, LIFE_RESTRICT, NULL, 0));

	return set != LIFE_NOT_YET && last_act(l, LIFE_LIFT, NULL, set) == NULL;
}

/* The day the work was ended by hand; LIFE_NOT_YET. */
static int32_t
closed(const struct life *l)
{
	const struct life_act *a = last_act(l, LIFE_CLOSE, NULL, entry(l));

	return a != NULL ? a->said : LIFE_NOT_YET;
}

enum life_state
life_state(const struct life *l, int32_t today)
{
	if (case_active_until(l) < today)
		return LIFE_IS_ARCHIVED;
	return closed(l) != LIFE_NOT_YET ? LIFE_IS_CLOSED : LIFE_IS_OPEN;
}

int
life_may(const struct life *l, const struct life_act *a, int32_t today)
{
	if (a->what == LIFE_OPEN)
		return 1;
	if (l->gone != LIFE_NOT_YET)
		return 0;
	if (a->what == LIFE_LIFT)
		return life_is_restricted(l);
	if (a->what == LIFE_RELEASE)
		return life_is_held(l, LIFE_ANY);
	if (a->what == LIFE_HOLD)
		return !life_is_held(l, LIFE_ANY) &&
		       (a->doc == LIFE_ALL || is_kept(l, a->doc));
	if (life_is_restricted(l))
		return 0;
	if (a->what == LIFE_RESTRICT)
		return 1;
	if (a->what == LIFE_ERASE)
		return !life_is_held(l, LIFE_ANY);
	if (a->what == LIFE_REOPEN)
		return life_state(l, today) != LIFE_IS_OPEN;
	if (life_state(l, today) != LIFE_IS_OPEN)
		return 0;
	if (a->what == LIFE_STEP_DONE)
		return is_kept(l, a->doc);
	if (a->what == LIFE_CONSENT)
		return is_kept(l, a->doc) && !is_refused(l);
	if (a->what == LIFE_REFUSE)
		return !has_social(l) && !is_refused(l);
	/* No social data of who refused. */
	if (a->what == LIFE_STEP || a->what == LIFE_FILE)
		return !is_refused(l);
	return 1;
}

const char *
life_stage(const struct life *l)
{
	return last_act(l, LIFE_EVENT, "assignation", 0) != NULL ? "aval"
								 : "amont";
}

/*
 * The end of the work: closed, or no contact for two years and no plan; of a
 * case that is restricted, nothing ends by itself.
 */
static int32_t
work_ends(const struct life *l, int32_t today)
{
	int32_t by_hand = closed(l), active = case_active_until(l);

	if (by_hand != LIFE_NOT_YET)
		return by_hand;
	if (life_is_restricted(l))
		today = day_of(last_act(l, LIFE_RESTRICT, NULL, 0));
	return active < today ? active : LIFE_NEVER;
}

static int32_t
five_years(int32_t from)
{
	return from == LIFE_NEVER ? LIFE_NEVER : life_add_months(from, 60);
}

/* When the last démarche ended, if none is open; else the end of the work.
 * since: one that ended before does not count. */
static int32_t
steps_end(const struct life *l, int32_t since, int32_t today)
{
	int32_t last = LIFE_NOT_YET;
	int i, j, open = 0, ended;

	for (i = 0; i < l->nacts; i++) {
		if (!l->acts[i].done || l->acts[i].what != LIFE_STEP)
			continue;
		for (j = 0, ended = 0; j < l->nacts; j++)
			if (l->acts[j].done &&
			    l->acts[j].what == LIFE_STEP_DONE &&
			    l->acts[j].doc == l->acts[i].doc) {
				ended = 1;
				last = max(last, l->acts[j].day);
			}
		open += !ended;
	}
	return open == 0 && last != LIFE_NOT_YET && last >= since
		   ? last
		   : work_ends(l, today);
}

/* Of the follow-up; before a court, until the final decision, five years at
 * most. */
static int32_t
followed(const struct life *l)
{
	int32_t court = first_said(l, LIFE_EVENT, "assignation");
	int32_t final = last_said(l, LIFE_EVENT, "decision-definitive");

	if (court == LIFE_NEVER)
		return active_until(l);
	return max(active_until(l),
	    min(five_years(court), final != LIFE_NOT_YET ? final : LIFE_NEVER));
}

/* When that which the paper says ended; told after it was filed, or it is
 * the end of another. Else the end of the work. */
static int32_t
ended(const struct life *l, const char *event, int32_t filed, int32_t today)
{
	int32_t last = LIFE_NOT_YET;
	int i;

	for (i = 0; i < l->nacts; i++)
		if (l->acts[i].done && l->acts[i].what == LIFE_EVENT &&
		    l->acts[i].day >= filed &&
		    strcmp(l->acts[i].word, event) == 0)
			last = max(last, l->acts[i].said);
	return last != LIFE_NOT_YET ? last : work_ends(l, today);
}

int32_t
life_last_day(const struct life *l, int doc, int32_t today)
{
	const struct life_doc *d = &l->docs[doc];
	int32_t active = active_until(l);

	if (is_short(l))
		return life_add_months(entry(l), 6);
	if (strcmp(d->kind, "piece") == 0)
		return steps_end(l, d->filed, today);
	if (strcmp(d->kind, "acte") == 0)
		return active;
	if (strcmp(d->kind, "contrat-engagement") == 0)
		return max(active,
		    five_years(ended(l, "fin-contrat", d->filed, today)));
	if (strcmp(d->kind, "consentement") == 0)
		return five_years(work_ends(l, today));
	if (strcmp(d->kind, "plan-apurement") == 0)
		return max(active,
		    five_years(ended(l, "derniere-echeance", d->filed, today)));
	if (strcmp(d->kind, "demarche") == 0)
		return max(active, five_years(steps_end(l, d->filed, today)));
	return followed(l);
}

int
life_has_consents(const struct life *l)
{
	int32_t made = max(day_of(last_act(l, LIFE_CONSENT, NULL, 0)),
	    day_of(last_act(l, LIFE_REFUSE, NULL, 0)));

	return made > l->consents_gone;
}

int32_t
life_consents_last_day(const struct life *l, int32_t today)
{
	return is_short(l) ? life_add_months(entry(l), 6)
			   : five_years(work_ends(l, today));
}

/* It stays for as long as anything in it does. */
int32_t
life_case_last_day(const struct life *l, int32_t today)
{
	int32_t last =
	    is_short(l) ? life_add_months(entry(l), 6) : case_active_until(l);
	int i;

	for (i = 0; i < l->ndocs; i++)
		if (is_kept(l, i))
			last = max(last, life_last_day(l, i, today));
	if (life_has_consents(l))
		last = max(last, life_consents_last_day(l, today));
	return last;
}

/* A year from each entry; they go by months, with the last of it. */
int32_t
life_details_last_day(int32_t month)
{
	int32_t last =
	    life_add_months(life_day(1970, 1, 1), month - 1970 * 12 + 1) - 1;

	return life_add_months(last, 12);
}
