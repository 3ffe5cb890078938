#include "daemon/api/api.h"
#include "daemon/core/publish.h"

static int
publish_post(struct api_call *c, struct err *e)
{
	struct store_report rep = { 0 };
	uint64_t leaf;
	int r;

	if ((r = core_publish(c->core, &c->caller, &rep, &leaf, e)) < 0)
		return r;
	c->answer =
	    json_pack("{s:I, s:I, s:I}", "versions", (json_int_t)rep.versions,
		"refs", (json_int_t)rep.refs, "leaf", (json_int_t)leaf);
	return c->answer != NULL ? 0 : err_set(e, ERR_NOMEM, "answer");
}

static const char *const none[] = { NULL };

const struct route routes_publish[] = {
	{ "POST", "/v1/publish", API_DOOR_STAFF, LEAF_PUBLISH, publish_post,
	    none },
	{ 0 },
};
