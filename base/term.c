#include "base/term.h"

#include "base/civil.h"
#include "base/workday.h"

#define MINUTE_MS (60 * INT64_C(1000))
#define HOUR_MS (60 * MINUTE_MS)

int32_t
term_last_day(int32_t day, uint32_t n, enum term_unit unit)
{
	switch (unit) {
	case TERM_DAYS:
		return day + (int32_t)n;
	case TERM_WORKING_DAYS:
		return workday_add(day, n);
	case TERM_WEEKS:
		return day + (int32_t)(7 * n);
	case TERM_MONTHS:
		return civil_add_months(day, n);
	case TERM_YEARS:
		return civil_add_months(day, 12 * n);
	default:
		return day;
	}
}

/* Months back: the same day of the month, or its last one. */
static int32_t
months_before(int32_t day, uint32_t n)
{
	struct civil_date d = civil_date(day);
	int months = d.year * 12 + d.month - 1 - (int)n;
	int32_t first = civil_days(months / 12, months % 12 + 1, 1);
	int32_t next = civil_add_months(first, 1);

	return first + d.day - 1 < next ? first + d.day - 1 : next - 1;
}

static int32_t
workdays_before(int32_t day, uint32_t n)
{
	while (n > 0)
		n -= (uint32_t)workday_is(--day);
	return day;
}

int32_t
term_day_before(int32_t day, uint32_t n, enum term_unit unit)
{
	switch (unit) {
	case TERM_DAYS:
		return day - (int32_t)n;
	case TERM_WORKING_DAYS:
		return workdays_before(day, n);
	case TERM_WEEKS:
		return day - (int32_t)(7 * n);
	case TERM_MONTHS:
		return months_before(day, n);
	case TERM_YEARS:
		return months_before(day, 12 * n);
	default:
		return day;
	}
}

int64_t
term_end_ms(int64_t from_ms, uint32_t n, enum term_unit unit)
{
	if (unit == TERM_MINUTES)
		return from_ms + n * MINUTE_MS;
	if (unit == TERM_HOURS)
		return from_ms + n * HOUR_MS;
	return civil_start_ms(term_last_day(civil_day(from_ms), n, unit) + 1);
}

int
term_is_winter_truce(int32_t day)
{
	int month = civil_date(day).month;

	return month >= 11 || month <= 3;
}

int32_t
term_truce_end(int32_t day)
{
	struct civil_date d = civil_date(day);

	if (!term_is_winter_truce(day))
		return day;
	return civil_days(d.month >= 11 ? d.year + 1 : d.year, 3, 31);
}
