/*
 * A team that lives: it does the acts of its households through the public
 * functions of the core, sweeps, freezes its months, lets the details of its
 * log expire.
 */
#ifndef TESTS_LIFE_TEAM_H
#define TESTS_LIFE_TEAM_H

#include "tally.h"
#include "tests/unit/core/core_fixture.h"

#define TEAM_HEADS 400 /* published, one a month */

struct team {
	struct core_fixture *f;
	struct life *lives;
	size_t n;
	int32_t today;
	struct tally tally;
	int32_t frozen; /* the last month; 0: none */
	/* The first month of all, and the first whose details are there. */
	int32_t first, month;
	struct {
		uint64_t size;
		struct hash root;
	} heads[TEAM_HEADS];
	size_t nheads;
	size_t acts, skipped, filed, sweeps, destroyed, cases_gone, conflicts;
	size_t asked; /* cases erased because the household asked */
	size_t wrong;
};

/* The instant that the vault's clock says. */
int64_t team_clock(void);
/* The vault opens at the first instant of this day. */
void team_begin(struct team *t, int32_t day);
/* It lives on until so many ms into that day; below 0: before its end. */
void team_live(struct team *t, int32_t day, int64_t ms);
/* All that happens today, in every life. */
void team_day(struct team *t);
/* The day of what comes next in any life; LIFE_NEVER. */
int32_t team_next(const struct team *t);
/* text signed as an approval by this person. */
void team_sign(enum person who, const char *text, struct buf *out);
void team_take(json_t *answer, const char *member, char out[LIFE_ID]);

/*
 * What is due is judged, approved by two, seen by the archives, destroyed;
 * then all that lives and all that is gone is compared with the oracle, the
 * page, the log and the catalog with one another.
 */
void team_sweep(struct team *t);

/* The month before this one is frozen. */
void team_freeze(struct team *t);
/* Keep the newest published head. */
void team_head(struct team *t);

/* The bilan of all months, and every row of it, against the tally. */
void team_check_bilan(struct team *t, int32_t first, int32_t last);
/* The whole log under each head that was kept. */
void team_check_log(struct team *t);

#endif
