#include "base/workday.h"

#include <stddef.h>

#include "base/civil.h"
#include "base/scope.h"

int32_t
workday_easter(int year)
{
	int a = year % 19, b = year / 100, c = year % 100;
	int d = b / 4, e = b % 4, f = (b + 8) / 25, g = (b - f + 1) / 3;
	int h = (19 * a + b - d - g + 15) % 30;
	int i = c / 4, k = c % 4;
	int l = (32 + 2 * e + 2 * i - h - k) % 7;
	int m = (a + 11 * h + 22 * l) / 451;
	int n = h + l - 7 * m + 114;

	return civil_days(year, n / 31, n % 31 + 1);
}

static int
is_holiday(int32_t day)
{
	static const struct {
		int month, day;
	} fixed[] = { { 1, 1 }, { 5, 1 }, { 5, 8 }, { 7, 14 }, { 8, 15 },
		{ 11, 1 }, { 11, 11 }, { 12, 25 } };
	/* Days after Easter: its Monday, Ascension, Whit Monday. */
	static const int moving[] = { 1, 39, 50 };
	struct civil_date c = civil_date(day);
	size_t i;

	for (i = 0; i < NELEMS(fixed); i++)
		if (c.month == fixed[i].month && c.day == fixed[i].day)
			return 1;
	for (i = 0; i < NELEMS(moving); i++)
		if (day == workday_easter(c.year) + moving[i])
			return 1;
	return 0;
}

int
workday_is(int32_t day)
{
	/* 1970-01-01 was a Thursday: 0 is a Monday. */
	int weekday = (int)(((int64_t)day + 3) % 7 + 7) % 7;

	return weekday < 5 && !is_holiday(day);
}

int32_t
workday_add(int32_t day, uint32_t n)
{
	while (n > 0)
		if (workday_is(++day))
			n--;
	return day;
}
