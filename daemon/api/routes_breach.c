/* Breaches: what was found, and what was done of it. */
#include "daemon/api/api.h"
#include "daemon/core/breach.h"

static int
breaches_get(struct api_call *c, struct err *e)
{
	return breach_list(c->core, &c->caller, &c->answer, e);
}

static int
settlement_post(struct api_call *c, struct err *e)
{
	const char *note, *outcome;
	int r;

	if ((r = api_string(c, "note", BREACH_NOTE_MAX, &note, e)) < 0 ||
	    (r = api_string_or(c, "outcome", 16, "", &outcome, e)) < 0)
		return r;
	return breach_settle(c->core, &c->caller, c->param[0], outcome, note,
	    &c->object, &c->answer, e);
}

static const char *const settlement_members[] = { "!note", "outcome", NULL };

const struct route routes_breach[] = {
	{ "GET", "/v1/breaches", API_DOOR_STAFF, LEAF_REGISTER_READ,
	    breaches_get, NULL },
	{ "POST", "/v1/breaches/{breach}/settlement", API_DOOR_STAFF,
	    LEAF_BREACH, settlement_post, settlement_members },
	{ 0 },
};
