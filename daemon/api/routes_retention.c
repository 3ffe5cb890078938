#include "daemon/api/api.h"
#include "daemon/core/hold.h"
#include "daemon/core/retention.h"

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

static int
sweeps_post(struct api_call *c, struct err *e)
{
	struct retention_asking a = { .dry_run = c->dry_run, .share = -1 };
	json_t *share = json_object_get(c->body, "confirm_share"),
	       *only = json_object_get(c->body, "journal");
	int r;

	if ((r = api_string_or(c, "as_of", 10, "", &a.as_of, e)) < 0)
		return r;
	if (share != NULL && !json_is_integer(share))
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"confirm_share\" is not an integer");
	if (only != NULL && !json_is_boolean(only))
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"journal\" is not a boolean");
	a.journal = json_is_true(only);
	if (share != NULL)
		a.share = json_integer_value(share);
	c->status = c->dry_run ? 200 : 201;
	return retention_analyse(c->core, &c->caller, &a, &c->answer, e);
}

static int
bordereau_get(struct api_call *c, struct err *e)
{
	return retention_bordereau(
	    c->core, &c->caller, c->param[0], &c->answer, e);
}

static int
visa_post(struct api_call *c, struct err *e)
{
	struct sweep_visa v = { .sweep = c->param[0] };
	int r;

	if ((r = api_string(
		 c, "reference", VISA_REFERENCE_MAX, &v.reference, e)) < 0 ||
	    (r = api_string_or(c, "date", 10, "", &v.date, e)) < 0)
		return r;
	return retention_visa(c->core, &c->caller, &v, &c->answer, e);
}

static const char *const sweeping[] = { "as_of", "confirm_share", "journal",
	NULL };
static const char *const visa[] = { "!reference", "date", NULL };
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
	{ "POST", "/v1/sweeps", API_DOOR_STAFF, LEAF_RETENTION_ANALYSE,
	    sweeps_post, sweeping },
	{ "GET", "/v1/sweeps/{sweep}/bordereau", API_DOOR_STAFF,
	    LEAF_RETENTION_ANALYSE, bordereau_get, NULL },
	{ "POST", "/v1/sweeps/{sweep}/visa", API_DOOR_STAFF,
	    LEAF_RETENTION_VISA, visa_post, visa },
	{ 0 },
};
