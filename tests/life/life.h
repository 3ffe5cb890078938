/*
 * Lives of households, generated from a seed, and what should become of what
 * was kept of them: written from the domain alone (its table of terms and the
 * sources the rules cite), with a calendar of its own, so that the vault is
 * compared with something else. Nothing here includes a header of the vault.
 *
 * An act that is not done (the case was closed, archived or gone) never was:
 * the driver says which were.
 */
#ifndef TESTS_LIFE_LIFE_H
#define TESTS_LIFE_LIFE_H

#include <stddef.h>
#include <stdint.h>

#define LIFE_ACTS 80
#define LIFE_DOCS 40
#define LIFE_ID 27 /* of an id's text, with the zero */
#define LIFE_NEVER INT32_MAX
#define LIFE_NOT_YET (-1)

/* On one day, in this order. */
enum life_what {
	LIFE_OPEN,
	LIFE_REOPEN,
	LIFE_LIFT,    /* the restriction */
	LIFE_RELEASE, /* the hold */
	LIFE_ATTEMPT, /* nobody answered: word is how */
	LIFE_MEET,
	LIFE_VEILLE, /* word: rencontre, or nobody answered */
	LIFE_REFUSE,
	LIFE_FILE,    /* word: the kind */
	LIFE_CONSENT, /* by this paper */
	LIFE_EVENT,
	LIFE_STEP,	/* a démarche begins: word is the device */
	LIFE_STEP_DONE, /* and ends: word is the decision */
	LIFE_CLOSE,	/* word: the outcome */
	LIFE_ASK,	/* for a copy; and is answered */
	LIFE_ERASE,	/* they ask that all of it goes, and it does */
	LIFE_HOLD,	/* of the case, or of one document */
	LIFE_RESTRICT
};

struct life_act {
	int32_t day, said; /* entered; and when it was, as they say */
	enum life_what what;
	const char *word;
	const char *channel; /* of a contact; NULL */
	int doc;	     /* that it makes or changes; -1 */
	int done;
};

struct life_doc {
	const char *kind;
	int32_t filed; /* LIFE_NOT_YET */
	int32_t gone;  /* LIFE_NOT_YET, or the day it was seen to be gone */
	char id[LIFE_ID];
};

struct life {
	uint32_t n;
	struct life_act acts[LIFE_ACTS];
	int nacts, next;
	struct life_doc docs[LIFE_DOCS];
	int ndocs;
	/* The case, and the consents in it: LIFE_NOT_YET, or when it was seen
	 * that they are gone. */
	int32_t gone, consents_gone;
	char id[LIFE_ID], hold[LIFE_ID];
	const char *source;
};

/* The n-th life of this seed; opened between first and last. Days since
 * 1970. */
void life_make(
    uint64_t seed, uint32_t n, int32_t first, int32_t last, struct life *out);

/* --- what is true at the end of a day --------------------------------------
 */

enum life_state { LIFE_IS_OPEN, LIFE_IS_CLOSED, LIFE_IS_ARCHIVED };
enum life_state life_state(const struct life *l, int32_t today);
/* The case; a document of it, or all of it; anything in it. */
#define LIFE_ALL (-1)
#define LIFE_ANY (-2)
int life_is_held(const struct life *l, int doc);
int life_is_restricted(const struct life *l);
/* May this act be done today, in the state the case is in? */
int life_may(const struct life *l, const struct life_act *a, int32_t today);
/* The stage by now: "amont" or "aval". */
const char *life_stage(const struct life *l);

/*
 * The last day on which this document, or the case itself, may be kept, as
 * known at the end of today; LIFE_NEVER: nothing ends it yet.
 */
int32_t life_last_day(const struct life *l, int doc, int32_t today);
int32_t life_case_last_day(const struct life *l, int32_t today);
/* The consents, given or refused: are there any, and how long? */
int life_has_consents(const struct life *l);
int32_t life_consents_last_day(const struct life *l, int32_t today);
/* Of the details of the log of a month. */
int32_t life_details_last_day(int32_t month);

/* --- the calendar: proleptic Gregorian, counted year by year ----------------
 */

int32_t life_day(int year, int month, int day);
void life_date(int32_t days, int *year, int *month, int *day);
int32_t life_add_months(int32_t day, int months);
/* 12 * year + month - 1 */
int32_t life_month(int32_t day);
/* The instant at which it begins in Paris, ms since 1970 (directive
 * 2000/84/CE). */
int64_t life_midnight(int32_t day);
void life_day_text(int32_t day, char out[11]);

#endif
