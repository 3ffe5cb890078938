/*
 * Civil time in France, for what law counts in days and months: the day an
 * instant falls on in Europe/Paris, and calendar months. Summer time is that
 * of directive 2000/84/CE, articles 2 and 3 (from the last Sunday of March
 * to the last Sunday of October, at 01:00 UTC), which holds since 1998; no
 * time zone file is read, because a decision must not depend on the machine.
 * Days are counted since 1970-01-01, as by date_parse.
 */
#ifndef BASE_CIVIL_H
#define BASE_CIVIL_H

#include <stdint.h>

/* A date of the proleptic Gregorian calendar; months and days from 1. */
struct civil_date {
	int year, month, day;
};
/* A day past the month's end is one of the next month. */
int32_t civil_days(int year, int month, int day);
struct civil_date civil_date(int32_t days);

/* The day in Paris at this instant (milliseconds since 1970, UTC). */
int32_t civil_day(int64_t ms);
/* The instant at which this day begins in Paris. */
int64_t civil_start_ms(int32_t day);
/*
 * The same day of the month so many months later, or the month's last one
 * when it has none such (code de procédure civile, art. 641): one month
 * after 31 January is 28 or 29 February.
 */
int32_t civil_add_months(int32_t day, uint32_t months);
/*
 * The first instant after a term of months that began on this day: its last
 * day counts to the end (code de procédure civile, art. 642).
 */
int64_t civil_term_ms(int32_t day, uint32_t months);

#endif
