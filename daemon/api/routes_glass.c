#include "daemon/api/api.h"
#include "daemon/core/glass.h"

static int
glass_post(struct api_call *c, struct err *e)
{
	const char *reason;
	int r;

	if ((r = api_string(c, "reason", GLASS_REASON_MAX, &reason, e)) < 0)
		return r;
	if ((r = glass_break(c->core, &c->caller, c->param[0], reason,
		 &c->object, &c->answer, e)) < 0)
		return r;
	c->status = 201;
	return 0;
}

static int
review_post(struct api_call *c, struct err *e)
{
	const char *finding, *words;
	int r;

	if ((r = api_string(c, "finding", 32, &finding, e)) < 0 ||
	    (r = api_string(c, "words", GLASS_REASON_MAX, &words, e)) < 0)
		return r;
	return glass_review(c->core, &c->caller, c->param[0], finding, words,
	    &c->object, &c->answer, e);
}

static int
glass_get(struct api_call *c, struct err *e)
{
	return glass_waiting(c->core, &c->caller, &c->answer, e);
}

static const char *const break_members[] = { "!reason", NULL };
static const char *const review_members[] = { "!finding", "!words", NULL };

const struct route routes_glass[] = {
	{ "POST", "/v1/cases/{case}/break-glass", API_DOOR_STAFF,
	    LEAF_BREAK_GLASS, glass_post, break_members },
	{ "GET", "/v1/break-glass", API_DOOR_STAFF, LEAF_DUE, glass_get, NULL },
	{ "POST", "/v1/break-glass/{glass}/review", API_DOOR_STAFF,
	    LEAF_BREAK_GLASS_REVIEW, review_post, review_members },
	{ 0 },
};
