#include "daemon/api/api.h"
#include "daemon/core/hold.h"

#define SIGNATURE_MAX 16384

static int
holds_post(struct api_call *c, struct err *e)
{
	struct hold_asking a = { 0 };
	int r;

	if ((r = api_string_or(c, "case", 64, NULL, &a.kase, e)) < 0 ||
	    (r = api_string_or(c, "document", 64, NULL, &a.document, e)) < 0 ||
	    (r = api_string(c, "reason", HOLD_REASON_MAX, &a.reason, e)) < 0 ||
	    (r = api_string(c, "review", 10, &a.review, e)) < 0)
		return r;
	if ((a.kase == NULL) == (a.document == NULL))
		return err_tag(e, ERR_INVALID, "member-missing",
		    "either \"case\" or \"document\"");
	c->status = 201;
	return hold_set(c->core, &c->caller, &a, &c->object, &c->answer, e);
}

static int
holds_get(struct api_call *c, struct err *e)
{
	return hold_list(c->core, &c->caller, http_query(c->rq, "case"),
	    &c->object, &c->answer, e);
}

static int
review_post(struct api_call *c, struct err *e)
{
	const char *reason, *review;
	int r;

	if ((r = api_string(c, "reason", HOLD_REASON_MAX, &reason, e)) < 0 ||
	    (r = api_string(c, "review", 10, &review, e)) < 0)
		return r;
	return hold_review(c->core, &c->caller, c->param[0], reason, review,
	    &c->object, &c->answer, e);
}

static int
release_post(struct api_call *c, struct err *e)
{
	const char *reason;
	int r;

	if ((r = api_string(c, "reason", HOLD_REASON_MAX, &reason, e)) < 0)
		return r;
	return hold_release_ask(c->core, &c->caller, c->param[0], reason,
	    &c->object, &c->answer, e);
}

static int
release_get(struct api_call *c, struct err *e)
{
	return hold_release_page(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
release_approve(struct api_call *c, struct err *e)
{
	const char *signature;
	int r;

	if ((r = api_string(c, "signature", SIGNATURE_MAX, &signature, e)) < 0)
		return r;
	return hold_release_approve(c->core, &c->caller, c->param[0], signature,
	    &c->object, &c->answer, e);
}

static const char *const holding[] = { "case", "document", "!reason", "!review",
	NULL };
static const char *const reviewing[] = { "!reason", "!review", NULL };
static const char *const releasing[] = { "!reason", NULL };
static const char *const approving[] = { "!signature", NULL };

const struct route routes_retention[] = {
	{ "POST", "/v1/holds", API_DOOR_STAFF, LEAF_HOLD, holds_post, holding },
	{ "GET", "/v1/holds", API_DOOR_STAFF, LEAF_HOLD, holds_get, NULL },
	{ "POST", "/v1/holds/{hold}/review", API_DOOR_STAFF, LEAF_HOLD,
	    review_post, reviewing },
	{ "POST", "/v1/holds/{hold}/release", API_DOOR_STAFF, LEAF_HOLD_RELEASE,
	    release_post, releasing },
	{ "GET", "/v1/holds/{hold}/release", API_DOOR_STAFF, LEAF_HOLD_RELEASE,
	    release_get, NULL },
	{ "POST", "/v1/holds/{hold}/release/approvals", API_DOOR_STAFF,
	    LEAF_HOLD_RELEASE, release_approve, approving },
	{ 0 },
};
