/*
 * Terms: a period counted from a civil day, in the units of the rules. Days
 * since 1970-01-01, in Paris. A term of days, weeks or months does not count
 * the day it begins on, and its last day counts to the end (code de
 * procédure civile, art. 641 and 642; règlement 1182/71, art. 3). It is not
 * prolonged when it ends on a holiday: for who must act, the earlier day is
 * the safe one.
 */
#ifndef BASE_TERM_H
#define BASE_TERM_H

#include <stdint.h>

enum term_unit { /* in the order of the rules' words */
	TERM_MINUTES,
	TERM_HOURS,
	TERM_DAYS,
	TERM_WORKING_DAYS,
	TERM_WEEKS,
	TERM_MONTHS,
	TERM_YEARS
};

/* The last day of a term of n units that began on day. Minutes and hours:
 * the day itself. */
int32_t term_last_day(int32_t day, uint32_t n, enum term_unit unit);
/* The last day on which there are still n units before day: a hearing. */
int32_t term_day_before(int32_t day, uint32_t n, enum term_unit unit);
/* The first instant after a term that began at this one: minutes and hours
 * run from the instant, the others from its day. */
int64_t term_end_ms(int64_t from_ms, uint32_t n, enum term_unit unit);

/*
 * The winter truce of evictions, from 1 November to 31 March (code des
 * procédures civiles d'exécution, art. L412-6): is this day in it?
 */
int term_is_winter_truce(int32_t day);
/* The last day of the truce this day is in; the day itself outside of one. */
int32_t term_truce_end(int32_t day);

#endif
