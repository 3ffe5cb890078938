#include "base/civil.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS (24 * HOUR_MS)

/* Years are counted from March, so that the leap day is the last one. */
int32_t
civil_days(int year, int month, int day)
{
	int y = year - (month <= 2);
	int era = (y >= 0 ? y : y - 399) / 400;
	int of_era = y - era * 400;
	int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - 719468;
}

struct civil_date
civil_date(int32_t days)
{
	int z = days + 719468;
	int era = (z >= 0 ? z : z - 146096) / 146097;
	int doe = z - era * 146097;
	int yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int from_march = (5 * doy + 2) / 153;
	struct civil_date c;

	c.day = doy - (153 * from_march + 2) / 5 + 1;
	c.month = from_march < 10 ? from_march + 3 : from_march - 9;
	c.year = yoe + era * 400 + (c.month <= 2);
	return c;
}

static int32_t
floor_day(int64_t ms)
{
	return (int32_t)((ms >= 0 ? ms : ms - (DAY_MS - 1)) / DAY_MS);
}

/* The last Sunday of a month of 31 days. 1970-01-01 was a Thursday. */
static int32_t
last_sunday(int year, int month)
{
	int32_t last = civil_days(year, month, 31);
	int weekday = (int)(((int64_t)last + 4) % 7); /* 0: Sunday */

	return last - (weekday < 0 ? weekday + 7 : weekday);
}

static int64_t
offset_ms(int64_t ms)
{
	int year = civil_date(floor_day(ms)).year;
	int64_t begin = last_sunday(year, 3) * DAY_MS + HOUR_MS;
	int64_t end = last_sunday(year, 10) * DAY_MS + HOUR_MS;

	return ms >= begin && ms < end ? 2 * HOUR_MS : HOUR_MS;
}

int32_t
civil_day(int64_t ms)
{
	return floor_day(ms + offset_ms(ms));
}

int64_t
civil_start_ms(int32_t day)
{
	int64_t utc = day * DAY_MS;

	/* Clocks change at 01:00 UTC: at midnight in Paris, the offset of the
	 * evening before still holds, which is that of two hours earlier. */
	return utc - offset_ms(utc - 2 * HOUR_MS);
}

int32_t
civil_add_months(int32_t day, uint32_t months)
{
	struct civil_date c = civil_date(day);
	int64_t at = (int64_t)c.year * 12 + c.month - 1 + months;
	int year = (int)(at / 12), month = (int)(at % 12) + 1;
	int32_t next = month == 12 ? civil_days(year + 1, 1, 1)
				   : civil_days(year, month + 1, 1);
	int32_t found = civil_days(year, month, c.day);

	return found < next ? found : next - 1;
}

int64_t
civil_term_ms(int32_t day, uint32_t months)
{
	return civil_start_ms(civil_add_months(day, months) + 1);
}
