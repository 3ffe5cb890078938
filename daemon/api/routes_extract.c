#include "daemon/api/api.h"
#include "daemon/core/disclosure.h"

#define NAME_MAX_LEN 64
#define REASON_MAX 200

static int
asking(const struct api_call *c, struct extract_asking *a, struct err *e)
{
	int r;

	a->kase = c->param[0];
	if ((r = api_string(c, "recipient", NAME_MAX_LEN, &a->recipient, e)) <
		0 ||
	    (r = api_string_or(
		 c, "purpose", NAME_MAX_LEN, NULL, &a->purpose, e)) < 0)
		return r;
	return api_string_or(c, "channel", NAME_MAX_LEN, NULL, &a->channel, e);
}

static int
preview_post(struct api_call *c, struct err *e)
{
	struct extract_asking a = { 0 };
	int r;

	if ((r = asking(c, &a, e)) < 0)
		return r;
	return extract_preview(
	    c->core, &c->caller, &a, &c->object, &c->answer, e);
}

static int
extracts_post(struct api_call *c, struct err *e)
{
	struct extract_asking a = { 0 };
	int r;

	if ((r = asking(c, &a, e)) < 0)
		return r;
	c->status = 201;
	return extract_release(
	    c->core, &c->caller, &a, &c->object, &c->answer, e);
}

static int
extracts_get(struct api_call *c, struct err *e)
{
	return extract_list(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
revocation_post(struct api_call *c, struct err *e)
{
	const char *reason;
	int r;

	if ((r = api_string(c, "reason", REASON_MAX, &reason, e)) < 0)
		return r;
	return extract_revoke(c->core, &c->caller, c->param[0], reason,
	    &c->object, &c->answer, e);
}

static const char *const to_whom[] = { "!recipient", "purpose", "channel",
	NULL };
static const char *const why[] = { "!reason", NULL };

const struct route routes_extract[] = {
	{ "POST", "/v1/cases/{case}/extract-preview", API_DOOR_STAFF,
	    LEAF_EXTRACT_PREVIEW, preview_post, to_whom },
	{ "POST", "/v1/cases/{case}/extracts", API_DOOR_STAFF,
	    LEAF_EXTRACT_RELEASE, extracts_post, to_whom },
	{ "GET", "/v1/cases/{case}/extracts", API_DOOR_STAFF,
	    LEAF_REGISTER_READ, extracts_get, NULL },
	{ "POST", "/v1/extracts/{extract}/revocation", API_DOOR_STAFF,
	    LEAF_EXTRACT_REVOKE, revocation_post, why },
	{ 0 },
};
