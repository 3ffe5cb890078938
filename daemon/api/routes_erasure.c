#include "daemon/api/api.h"
#include "daemon/core/certified.h"
#include "daemon/core/erasure.h"

#define SIGNATURE_MAX 16384

static int
documents(const struct api_call *c, struct erasure_asking *a, struct err *e)
{
	json_t *list = json_object_get(c->body, "documents"), *item;
	size_t i;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) ||
	    json_array_size(list) > NELEMS(a->documents))
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"documents\" is not an array of at most %zu",
		    NELEMS(a->documents));
	json_array_foreach(list, i, item)
	{
		if (!json_is_string(item))
			return err_tag(e, ERR_INVALID, "member-type",
			    "member \"documents\" is not an array of "
			    "strings");
		a->documents[a->ndocuments++] = json_string_value(item);
	}
	return 0;
}

static int
erasures_post(struct api_call *c, struct err *e)
{
	struct erasure_asking a = { .dry_run = c->dry_run };
	int r;

	if ((r = api_string_or(c, "case", 64, NULL, &a.kase, e)) < 0 ||
	    (r = documents(c, &a, e)) < 0 ||
	    (r = api_string(c, "reason", ERASURE_TEXT_MAX, &a.reason, e)) < 0 ||
	    (r = api_string(c, "basis", ERASURE_TEXT_MAX, &a.basis, e)) < 0)
		return r;
	if ((a.kase == NULL) == (a.ndocuments == 0))
		return err_tag(e, ERR_INVALID, "member-missing",
		    "either \"case\" or \"documents\"");
	c->status = c->dry_run ? 200 : 201;
	return erasure_plan(c->core, &c->caller, &a, &c->object, &c->answer, e);
}

static int
erasure_get(struct api_call *c, struct err *e)
{
	return erasure_show(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
approvals_post(struct api_call *c, struct err *e)
{
	const char *signature;
	int r;

	if ((r = api_string(c, "signature", SIGNATURE_MAX, &signature, e)) < 0)
		return r;
	return erasure_approve(c->core, &c->caller, c->param[0], signature,
	    &c->object, &c->answer, e);
}

static int
run_post(struct api_call *c, struct err *e)
{
	return erasure_run(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
dates_post(struct api_call *c, struct err *e)
{
	struct certified_date d = { .erasure = c->param[0] };
	int r;

	if ((r = api_string(c, "what", 32, &d.what, e)) < 0 ||
	    (r = api_string_or(c, "date", 10, "", &d.date, e)) < 0)
		return r;
	return certified_settle(c->core, &c->caller, &d, &c->answer, e);
}

static const char *const dating[] = { "!what", "date", NULL };
static const char *const planning[] = { "case", "documents", "!reason",
	"!basis", NULL };
static const char *const approving[] = { "!signature", NULL };
static const char *const none[] = { NULL };

const struct route routes_erasure[] = {
	{ "POST", "/v1/erasures", API_DOOR_STAFF, LEAF_ERASE_PLAN,
	    erasures_post, planning },
	{ "GET", "/v1/erasures/{erasure}", API_DOOR_STAFF, LEAF_ERASE_PLAN,
	    erasure_get, NULL },
	{ "POST", "/v1/erasures/{erasure}/approvals", API_DOOR_STAFF,
	    LEAF_ERASE_APPROVE, approvals_post, approving },
	{ "POST", "/v1/erasures/{erasure}/run", API_DOOR_STAFF, LEAF_ERASE_RUN,
	    run_post, none },
	{ "POST", "/v1/erasures/{erasure}/dates", API_DOOR_STAFF,
	    LEAF_RETENTION_SETTLE, dates_post, dating },
	{ 0 },
};
