#include "daemon/core/json_of.h"

#include "base/text.h"

json_t *
json_of_id(const struct id *id)
{
	char text[ID_TEXT];

	id_format(id, text);
	return json_string(text);
}

json_t *
json_of_time(int64_t ms)
{
	char text[TIME_TEXT];

	if (ms == 0)
		return json_null();
	time_format(ms, text);
	return json_string(text);
}

json_t *
json_of_day(int32_t day)
{
	char text[11];

	date_format(day, text);
	return json_string(text);
}

json_t *
json_of_day_or_null(int32_t day)
{
	return day != 0 ? json_of_day(day) : json_null();
}
