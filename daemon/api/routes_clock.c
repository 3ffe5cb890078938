/* The vault's clock: what it says, and people who confirm it. */
#include "daemon/api/api.h"
#include "daemon/core/clock.h"

#define SIGNATURE_MAX 16384

static int
clock_get(struct api_call *c, struct err *e)
{
	return clock_show(c->core, &c->caller, &c->answer, e);
}

static int
confirmation_post(struct api_call *c, struct err *e)
{
	return clock_confirm(c->core, &c->caller, &c->object, &c->answer, e);
}

static int
approvals_post(struct api_call *c, struct err *e)
{
	const char *signature;
	int r;

	if ((r = api_string(c, "signature", SIGNATURE_MAX, &signature, e)) < 0)
		return r;
	return clock_approve(
	    c->core, &c->caller, signature, &c->object, &c->answer, e);
}

static const char *const approving[] = { "!signature", NULL };
static const char *const none[] = { NULL };

const struct route routes_clock[] = {
	{ "GET", "/v1/clock", API_DOOR_STAFF, LEAF_CLOCK_READ, clock_get,
	    NULL },
	{ "POST", "/v1/clock/confirmation", API_DOOR_STAFF, LEAF_CLOCK_CONFIRM,
	    confirmation_post, none },
	{ "POST", "/v1/clock/approvals", API_DOOR_STAFF, LEAF_APPROVAL,
	    approvals_post, approving },
	{ 0 },
};
