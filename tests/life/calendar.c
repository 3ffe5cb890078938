/* A calendar counted year by year: slow, plain, and not the vault's. */
#include <stdio.h>

#include "life.h"

static int
is_leap(int y)
{
	return (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
}

static int
length(int y, int m)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
		31 };

	return m == 2 && is_leap(y) ? 29 : days[m - 1];
}

int32_t
life_day(int year, int month, int day)
{
	int32_t n = day - 1;
	int y, m;

	for (y = 1970; y < year; y++)
		n += is_leap(y) ? 366 : 365;
	for (m = 1; m < month; m++)
		n += length(year, m);
	return n;
}

void
life_date(int32_t days, int *year, int *month, int *day)
{
	int y = 1970, m = 1;

	for (; days >= (is_leap(y) ? 366 : 365); y++)
		days -= is_leap(y) ? 366 : 365;
	for (; days >= length(y, m); m++)
		days -= length(y, m);
	*year = y;
	*month = m;
	*day = days + 1;
}

int32_t
life_add_months(int32_t day, int months)
{
	int y, m, d;

	life_date(day, &y, &m, &d);
	for (; months > 0; months--)
		if (++m > 12) {
			m = 1;
			y++;
		}
	return life_day(y, m, d < length(y, m) ? d : length(y, m));
}

int32_t
life_month(int32_t day)
{
	int y, m, d;

	life_date(day, &y, &m, &d);
	return y * 12 + m - 1;
}

/* 1 January 1970 was a Thursday. */
static int32_t
last_sunday(int year, int month)
{
	int32_t d = life_day(year, month, 31);

	while ((d + 4) % 7 != 0)
		d--;
	return d;
}

/* The change comes in the night, after midnight of its Sunday. */
int64_t
life_midnight(int32_t day)
{
	int y, m, d, hours;

	life_date(day, &y, &m, &d);
	hours = day > last_sunday(y, 3) && day <= last_sunday(y, 10) ? 2 : 1;
	return ((int64_t)day * 24 - hours) * INT64_C(3600000);
}

void
life_day_text(int32_t day, char out[11])
{
	int y, m, d;

	life_date(day, &y, &m, &d);
	snprintf(out, 11, "%04u-%02u-%02u", (unsigned)y % 10000u,
	    (unsigned)m % 100u, (unsigned)d % 100u);
}
