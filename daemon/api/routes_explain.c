#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/explain.h"

static int
explanation_get(struct api_call *c, struct err *e)
{
	uint64_t leaf;

	if (text_decimal(c->param[0], strlen(c->param[0]), &leaf, NULL) < 0 ||
	    leaf >= INT64_MAX)
		return err_tag(e, ERR_INVALID, "query",
		    "the number of a leaf is expected");
	return explain_leaf(c->core, &c->caller, leaf, &c->answer, e);
}

static int
replay_post(struct api_call *c, struct err *e)
{
	const json_t *days = json_object_get(c->body, "days");

	if (!json_is_integer(days) || json_integer_value(days) < 1 ||
	    json_integer_value(days) > REPLAY_DAYS_MAX)
		return err_tag(e, ERR_INVALID, "days", "days: from 1 to %d",
		    REPLAY_DAYS_MAX);
	return explain_replay(c->core, &c->caller,
	    json_object_get(c->body, "files"),
	    (uint32_t)json_integer_value(days), &c->answer, e);
}

static const char *const replay_members[] = { "!files", "!days", NULL };

const struct route routes_explain[] = {
	{ "GET", "/v1/audit/{leaf}/explanation", API_DOOR_STAFF, LEAF_EXPLAIN,
	    explanation_get, NULL },
	{ "POST", "/v1/policy/replay", API_DOOR_STAFF, LEAF_REPLAY, replay_post,
	    replay_members },
	{ 0 },
};
