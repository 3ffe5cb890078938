/*
 * Small values as the answers show them. References are new; NULL: no
 * memory.
 */
#ifndef DAEMON_CORE_JSON_OF_H
#define DAEMON_CORE_JSON_OF_H

#include <jansson.h>

#include "base/id.h"

json_t *json_of_id(const struct id *id);
/* RFC 3339, UTC; null for 0. */
json_t *json_of_time(int64_t ms);
/* YYYY-MM-DD of days since 1970. */
json_t *json_of_day(int32_t day);
/* The same; null for 0. */
json_t *json_of_day_or_null(int32_t day);

#endif
