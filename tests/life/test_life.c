/*
 * Five years of a team: households come, are met or not, sign, are sued, come
 * back, are forgotten. Every month is frozen and swept by two people. After
 * each sweep nothing is there past its term unless it is held or restricted,
 * nothing is gone early, and page, log, certificate and catalog tell the same
 * things; in the end the bilan is what was counted beside it. What should be
 * is said by an oracle that shares no code with the vault (life.h, tally.h).
 *
 * Then nobody comes any more and the vault lives on, swept four times a year,
 * until every term is over: what is left is held, restricted, or waits.
 *
 * SCEAU_LIFE_CASES and SCEAU_LIFE_SEED: how many, and which.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "daemon/core/archive.h"
#include "team.h"

#define SEED UINT64_C(27) /* one with something of everything */
#define CASES 40
#define YEARS 5
#define YEARS_AFTER 8
#define HOUR INT64_C(3600000)

static uint64_t
from_environment(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s != NULL && s[0] != '\0' ? strtoull(s, NULL, 10) : otherwise;
}

static double
seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
archive(struct team *t)
{
	size_t n;

	if (archive_pass(t->f->core, &n, &t->f->e) < 0)
		fail_msg("archive: %s", t->f->e.text);
}

/*
 * The day of this month on which most is to be learnt: the first after a last
 * day, or a last day itself. from: the first that is left of the month.
 */
static int32_t
sweep_day(const struct team *t, int32_t from)
{
	int32_t month = life_month(from), day = from + 14, last;
	const struct life *l;
	size_t i;
	int d;

	for (i = 0; i < t->n; i++) {
		l = &t->lives[i];
		for (d = 0; d < l->ndocs && l->gone == LIFE_NOT_YET; d++) {
			if (l->docs[d].filed == LIFE_NOT_YET ||
			    l->docs[d].gone != LIFE_NOT_YET)
				continue;
			last = life_last_day(l, d, from);
			if (last == LIFE_NEVER)
				continue;
			last += month % 2;
			if (last >= from && life_month(last) == month)
				return last;
		}
	}
	return day;
}

/* A month, or some: acts day by day, and a sweep between them. */
static void
live_until(struct team *t, int32_t from, int32_t until)
{
	int32_t sweep, day;
	int swept = 0;

	team_live(t, from, 5 * HOUR);
	archive(t);
	team_freeze(t);
	sweep = sweep_day(t, from);
	while (!swept || team_next(t) < until) {
		day = team_next(t);
		if (!swept && sweep < day)
			day = sweep;
		/* Just after midnight, or an hour before the next. */
		team_live(t, day, day % 2 ? HOUR / 60 : -HOUR);
		archive(t);
		team_day(t);
		if (day != sweep || swept)
			continue;
		team_live(t, day, -HOUR / 60);
		team_sweep(t);
		swept = 1;
	}
	team_head(t);
}

/* every: so many months from a sweep to the next. */
static void
live(struct team *t, int32_t first, int months, int every)
{
	int i;

	for (i = 0; i < months; i += every)
		live_until(t, life_add_months(first, i),
		    life_add_months(first, i + every));
}

/* Of what is left: is there a reason? */
static size_t
left(const struct team *t)
{
	size_t i, n = 0;

	for (i = 0; i < t->n; i++) {
		const struct life *l = &t->lives[i];

		if (l->gone != LIFE_NOT_YET)
			continue;
		n++;
		assert_true(life_is_held(l, LIFE_ANY) ||
			    life_is_restricted(l) ||
			    life_case_last_day(l, t->today) >= t->today);
	}
	return n;
}

static void
tell(const struct team *t, const char *when, double since)
{
	print_message("%s: %.1f s, %zu acts (%zu not possible), %zu filed, "
		      "%zu sweeps, %zu documents and %zu cases destroyed, "
		      "%zu times held, %zu erased on request\n",
	    when, seconds() - since, t->acts, t->skipped, t->filed, t->sweeps,
	    t->destroyed, t->cases_gone, t->conflicts, t->asked);
}

static void
nothing_is_late_and_nothing_is_early(void **state)
{
	struct team t = { .f = *state };
	uint64_t seed = from_environment("SCEAU_LIFE_SEED", SEED);
	int32_t first = life_day(2027, 1, 1), i;
	double since = seconds();

	if (t.f == NULL)
		skip();
	t.n = (size_t)from_environment("SCEAU_LIFE_CASES", CASES);
	t.lives = calloc(t.n, sizeof(*t.lives));
	assert_non_null(t.lives);
	print_message("seed %llu, %zu cases\n", (unsigned long long)seed, t.n);
	for (i = 0; i < (int32_t)t.n; i++)
		life_make(seed, (uint32_t)i, first,
		    life_add_months(first, 12 * YEARS), &t.lives[i]);
	t.first = t.month = life_month(first);
	team_begin(&t, first);
	live(&t, first, 12 * YEARS, 1);
	tell(&t, "five years", since);
	team_check_bilan(&t, life_month(first), life_month(t.today));
	live(&t, life_add_months(first, 12 * YEARS), 12 * YEARS_AFTER, 3);
	tell(&t, "and after", since);
	/* The first years again: their cases and log details are gone. */
	team_check_bilan(
	    &t, life_month(first), life_month(first) + 12 * YEARS - 1);
	team_check_bilan(
	    &t, life_month(first) + 12 * YEARS, life_month(t.today));
	team_check_log(&t);
	print_message("left for a reason: %zu\n", left(&t));
	assert_int_equal(t.wrong, 0);
	free(t.lives);
	tally_done(&t.tally);
}

static int
setup(void **state)
{
	struct core_fixture *f = calloc(1, sizeof(*f));

	if (f == NULL || !core_fixture_init(f)) {
		free(f);
		f = NULL;
	}
	*state = f;
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_late_and_nothing_is_early),
	};

	return cmocka_run_group_tests(tests, setup, core_fixture_teardown);
}
