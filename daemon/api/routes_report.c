#include "daemon/api/api.h"
#include "daemon/core/activities.h"
#include "daemon/core/bilan.h"
#include "daemon/core/breach_report.h"
#include "daemon/core/controle_report.h"
#include "daemon/core/dpo_report.h"

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

/* --- breaches ----------------------------------------------------------- */

#define ACCOUNT_MAX 63 /* bytes */

static int
accounts(const struct api_call *c, const char **out, struct err *e)
{
	json_t *list = json_object_get(c->body, "accounts"), *one;
	size_t i;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > 16)
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"accounts\" is not an array of at most 16");
	json_array_foreach(list, i, one)
	{
		if (!json_is_string(one) ||
		    json_string_length(one) > ACCOUNT_MAX)
			return err_tag(e, ERR_INVALID, "member-type",
			    "member \"accounts\" is not an array of names");
		out[i] = json_string_value(one);
	}
	return 0;
}

static int
breach_post(struct api_call *c, struct err *e)
{
	struct breach_asking a = { .key = "" };
	json_t *clock = json_object_get(c->body, "clock");
	int r;

	if ((r = accounts(c, a.accounts, e)) < 0 ||
	    (r = api_string_or(c, "key", 64, "", &a.key, e)) < 0 ||
	    (r = api_string_or(c, "host", BREACH_HOST_MAX, "", &a.host, e)) <
		0 ||
	    (r = api_string(c, "since", 32, &a.since, e)) < 0 ||
	    (r = api_string_or(c, "until", 32, "", &a.until, e)) < 0 ||
	    (r = api_string_or(c, "known", 32, "", &a.known, e)) < 0)
		return r;
	if (clock != NULL && !json_is_boolean(clock))
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"clock\" is not a boolean");
	a.no_clock = json_is_false(clock);
	return breach_report(c->core, &c->caller, &a, &c->answer, e);
}

static int
dpo_get(struct api_call *c, struct err *e)
{
	const char *since = http_query(c->rq, "since");

	if (since == NULL)
		return err_tag(e, ERR_INVALID, "query",
		    "parameter since is a day or an instant");
	return dpo_report(c->core, &c->caller, since, &c->answer, e);
}

static int
controle_get(struct api_call *c, struct err *e)
{
	return controle_report(c->core, &c->caller, &c->answer, e);
}

static const char *const breaching[] = { "accounts", "key", "host", "!since",
	"until", "known", "clock", NULL };
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
	{ "POST", "/v1/reports/breach", API_DOOR_STAFF, LEAF_REPORT,
	    breach_post, breaching },
	{ "GET", "/v1/reports/controle", API_DOOR_STAFF, LEAF_REPORT,
	    controle_get, NULL },
	{ "GET", "/v1/reports/dpo", API_DOOR_STAFF, LEAF_REPORT, dpo_get,
	    NULL },
	{ 0 },
};
