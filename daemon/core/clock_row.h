/*
 * The one row of table clock: what outlives a restart of a clock that was
 * not believed. No row: nothing of that kind.
 */
#ifndef DAEMON_CORE_CLOCK_ROW_H
#define DAEMON_CORE_CLOCK_ROW_H

#include "daemon/core/clock.h"

#define CLOCK_SUSPECT "suspect"	    /* people have not confirmed it */
#define CLOCK_CONFIRMED "confirmed" /* vault_ms, raw_ms: what was confirmed */

struct clock_row {
	struct id id; /* of this suspicion: what is approved */
	char state[16];
	enum clock_trust why;
	int planned;	  /* the run before ended as it should */
	int64_t since_ms; /* vault time: the last that was trusted */
	int64_t vault_ms; /* of the reading that the page names */
	int64_t raw_ms;	  /* the clock, there */
	struct buf page;  /* empty: nobody asked yet */
};
void clock_row_done(struct clock_row *row);

/* 1, or 0 when there is none. */
int clock_row_load(struct tx *tx, struct clock_row *row, struct err *e)
    NODISCARD;
/* In place of the one before. */
int clock_row_put(struct tx *tx, const struct clock_row *row, struct err *e)
    NODISCARD;
int clock_row_drop(struct tx *tx, struct err *e) NODISCARD;

/* Stable words of answers, leaves and pages: "before-last-leaf", … */
const char *clock_why(enum clock_trust trust);

/* What the catalog says of the clock, so that who watches need not read it.
 * Other: of a suspicion that is not this run's. */
enum clock_kept {
	CLOCK_KEPT_NOTHING,
	CLOCK_KEPT_SUSPECT,
	CLOCK_KEPT_CONFIRMED,
	CLOCK_KEPT_OTHER,
};

/* What the core holds of it. */
struct clock {
	struct vault_clock *time;
	int planned; /* the run before ended with its leaf */
	/* Guards kept, and is held while the row changes. */
	pthread_mutex_t lock;
	enum clock_kept kept;
};

#endif
