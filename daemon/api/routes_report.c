#include "daemon/api/api.h"
#include "daemon/core/activities.h"
#include "daemon/core/bilan.h"

/* from and until: months, both of them. */
static int
period(const struct api_call *c, const char **from, const char **until,
    struct err *e)
{
	*from = http_query(c->rq, "from");
	*until = http_query(c->rq, "until");
	if (*from == NULL || *until == NULL)
		return err_tag(e, ERR_INVALID, "query",
		    "parameters from and until are months");
	return 0;
}

static int
bilan_get(struct api_call *c, struct err *e)
{
	const char *from, *until;
	int r;

	if ((r = period(c, &from, &until, e)) < 0)
		return r;
	return bilan_report(c->core, &c->caller, from, until, &c->answer, e);
}

static int
bilan_post(struct api_call *c, struct err *e)
{
	const char *month;
	int r;

	if ((r = api_string(c, "month", 7, &month, e)) < 0)
		return r;
	c->status = 201;
	return bilan_freeze(c->core, &c->caller, month, &c->answer, e);
}

static int
vouchers_get(struct api_call *c, struct err *e)
{
	/* Without a period: every month that was frozen. */
	return bilan_vouchers(c->core, &c->caller, http_query(c->rq, "from"),
	    http_query(c->rq, "until"), &c->answer, e);
}

static int
register_get(struct api_call *c, struct err *e)
{
	return activities_report(c->core, &c->caller, &c->answer, e);
}

static const char *const freezing[] = { "!month", NULL };

const struct route routes_report[] = {
	{ "GET", "/v1/reports/bilan", API_DOOR_STAFF, LEAF_REPORT, bilan_get,
	    NULL },
	{ "POST", "/v1/reports/bilan", API_DOOR_STAFF, LEAF_BILAN, bilan_post,
	    freezing },
	{ "GET", "/v1/reports/vouchers", API_DOOR_STAFF, LEAF_REPORT,
	    vouchers_get, NULL },
	{ "GET", "/v1/reports/register", API_DOOR_STAFF, LEAF_REPORT,
	    register_get, NULL },
	{ 0 },
};
