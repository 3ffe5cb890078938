/*
 * Working days in France: Monday to Friday but for the public holidays of
 * code du travail, article L3133-1. Those of Alsace-Moselle and of the
 * overseas départements are not counted. Days since 1970-01-01, in Paris.
 */
#ifndef BASE_WORKDAY_H
#define BASE_WORKDAY_H

#include <stdint.h>

int workday_is(int32_t day);
/* The n-th working day after this one; the day itself when n is 0. */
int32_t workday_add(int32_t day, uint32_t n);
/* Easter Sunday of a year of the Gregorian calendar (Meeus, Jones and
 * Butcher). */
int32_t workday_easter(int year);

#endif
