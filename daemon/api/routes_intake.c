/* Lists of households. */
#include "daemon/api/api.h"
#include "daemon/core/intake.h"

static int
intakes_post(struct api_call *c, struct err *e)
{
	struct intake_request rq = { 0 };
	json_t *dry = json_object_get(c->body, "dry_run");
	int r;

	if (dry != NULL && !json_is_boolean(dry))
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"dry_run\" is not true or false");
	rq.dry_run = json_is_true(dry) || c->dry_run;
	if ((r = api_string(c, "source", POLICY_NAME_MAX, &rq.source, e)) < 0 ||
	    (r = api_string_or(c, "upload", 64, "", &rq.upload, e)) < 0 ||
	    (r = api_string_or(c, "submission", 64, "", &rq.submission, e)) < 0)
		return r;
	return intake_run(c->core, &c->caller, &rq, &c->object, &c->answer, e);
}

static int
intakes_get(struct api_call *c, struct err *e)
{
	return intake_list(c->core, &c->caller, &c->answer, e);
}

static const char *const intake_members[] = { "!source", "upload", "submission",
	"dry_run", NULL };

const struct route routes_intake[] = {
	{ "POST", "/v1/intakes", API_DOOR_STAFF, LEAF_INTAKE, intakes_post,
	    intake_members },
	{ "GET", "/v1/intakes", API_DOOR_STAFF, LEAF_INTAKE, intakes_get,
	    NULL },
	{ 0 },
};
