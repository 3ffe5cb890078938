#include "daemon/core/consent_state.h"

#include <string.h>

#include "base/scope.h"

static const struct {
	const char *name;
	int valid, living;
} states[CONSENT_STATES] = {
	[CONSENT_UNKNOWN] = { "unknown", 0, 0 },
	[CONSENT_REQUESTED] = { "requested", 0, 1 },
	[CONSENT_DEFERRED] = { "deferred", 0, 1 },
	[CONSENT_GIVEN] = { "given", 1, 1 },
	[CONSENT_RENEWED] = { "renewed", 1, 1 },
	[CONSENT_REFUSED] = { "refused", 0, 0 },
	[CONSENT_WITHDRAWN] = { "withdrawn", 0, 0 },
	[CONSENT_EXPIRED] = { "expired", 0, 1 },
	[CONSENT_TERMINATED] = { "terminated", 0, 0 },
	[CONSENT_INVALIDATED] = { "invalidated", 0, 0 },
};

/* What is not here is refused. */
static const struct {
	enum consent_state from, to;
} moves[] = {
	{ CONSENT_UNKNOWN, CONSENT_REQUESTED },
	{ CONSENT_UNKNOWN, CONSENT_DEFERRED },
	{ CONSENT_UNKNOWN, CONSENT_GIVEN },
	{ CONSENT_UNKNOWN, CONSENT_REFUSED },
	{ CONSENT_REQUESTED, CONSENT_DEFERRED },
	{ CONSENT_REQUESTED, CONSENT_GIVEN },
	{ CONSENT_REQUESTED, CONSENT_REFUSED },
	{ CONSENT_REQUESTED, CONSENT_TERMINATED },
	{ CONSENT_REQUESTED, CONSENT_INVALIDATED },
	{ CONSENT_DEFERRED, CONSENT_REQUESTED },
	{ CONSENT_DEFERRED, CONSENT_GIVEN },
	{ CONSENT_DEFERRED, CONSENT_REFUSED },
	{ CONSENT_DEFERRED, CONSENT_TERMINATED },
	{ CONSENT_DEFERRED, CONSENT_INVALIDATED },
	{ CONSENT_GIVEN, CONSENT_RENEWED },
	{ CONSENT_GIVEN, CONSENT_WITHDRAWN },
	{ CONSENT_GIVEN, CONSENT_EXPIRED },
	{ CONSENT_GIVEN, CONSENT_TERMINATED },
	{ CONSENT_GIVEN, CONSENT_INVALIDATED },
	{ CONSENT_RENEWED, CONSENT_RENEWED },
	{ CONSENT_RENEWED, CONSENT_WITHDRAWN },
	{ CONSENT_RENEWED, CONSENT_EXPIRED },
	{ CONSENT_RENEWED, CONSENT_TERMINATED },
	{ CONSENT_RENEWED, CONSENT_INVALIDATED },
	/* Who withdraws what has run out is heard all the same. */
	{ CONSENT_EXPIRED, CONSENT_WITHDRAWN },
	{ CONSENT_EXPIRED, CONSENT_RENEWED },
	{ CONSENT_EXPIRED, CONSENT_TERMINATED },
	{ CONSENT_EXPIRED, CONSENT_INVALIDATED },
};

const char *
consent_state_name(enum consent_state s)
{
	return states[s].name;
}

int
consent_state_from_name(const char *name, enum consent_state *out)
{
	size_t i;

	for (i = 0; i < NELEMS(states); i++)
		if (strcmp(states[i].name, name) == 0) {
			*out = (enum consent_state)i;
			return 0;
		}
	return -1;
}

int
consent_state_is_valid(enum consent_state s)
{
	return states[s].valid;
}

int
consent_state_is_living(enum consent_state s)
{
	return states[s].living;
}

int
consent_state_may_move(enum consent_state from, enum consent_state to)
{
	size_t i;

	for (i = 0; i < NELEMS(moves); i++)
		if (moves[i].from == from && moves[i].to == to)
			return 1;
	return 0;
}

enum consent_state
consent_state_at(enum consent_state kept, int64_t until, int64_t at_ms)
{
	if (consent_state_is_valid(kept) && until != 0 && until <= at_ms)
		return CONSENT_EXPIRED;
	return kept;
}
