#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/submission.h"

static int
submissions_get(struct api_call *c, struct err *e)
{
	return submission_list(c->core, &c->caller, &c->answer, e);
}

static int
content_get(struct api_call *c, struct err *e)
{
	char number[24], sha[2 * SHA256_LEN + 1], media[INSPECT_TYPE_MAX];
	uint8_t digest[SHA256_LEN];
	uint64_t leaf;
	int r;

	if ((r = submission_content(c->core, &c->caller, c->param[0],
		 &c->object, &c->rs->body, media, &leaf, e)) < 0 ||
	    (r = digest_of(
		 DIGEST_SHA256, c->rs->body.p, c->rs->body.len, digest, e)) < 0)
		return r;
	hex_format(digest, sizeof(digest), sha);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)leaf);
	snprintf(c->rs->type, sizeof(c->rs->type), "application/octet-stream");
	if ((r = http_set_header(c->rs, "Sceau-Leaf", number, e)) < 0 ||
	    (r = http_set_header(c->rs, "Sceau-Media",
		 media[0] != '\0' ? media : "unknown", e)) < 0)
		return r;
	return http_set_header(c->rs, "Sceau-Sha256", sha, e);
}

static int
take_post(struct api_call *c, struct err *e)
{
	const char *kase, *kind;
	int r;

	if ((r = api_string(c, "case", 64, &kase, e)) < 0 ||
	    (r = api_string(c, "kind", POLICY_NAME_MAX, &kind, e)) < 0)
		return r;
	c->status = 201;
	return submission_take(c->core, &c->caller, c->param[0], kase, kind,
	    &c->object, &c->answer, e);
}

static int
accept_post(struct api_call *c, struct err *e)
{
	return submission_accept(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
discard_post(struct api_call *c, struct err *e)
{
	return submission_discard(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
reject_post(struct api_call *c, struct err *e)
{
	const char *reason;
	int r;

	if ((r = api_string(c, "reason", SUBMISSION_REASON_MAX, &reason, e)) <
	    0)
		return r;
	return submission_reject(c->core, &c->caller, c->param[0], reason,
	    &c->object, &c->answer, e);
}

static const char *const none[] = { NULL };
static const char *const take_members[] = { "!case", "!kind", NULL };
static const char *const reject_members[] = { "!reason", NULL };

const struct route routes_submission[] = {
	{ "GET", "/v1/submissions", API_DOOR_STAFF, LEAF_SUBMISSION_READ,
	    submissions_get, NULL },
	{ "GET", "/v1/submissions/{submission}/content", API_DOOR_STAFF,
	    LEAF_SUBMISSION_READ, content_get, NULL },
	{ "POST", "/v1/submissions/{submission}/take", API_DOOR_STAFF,
	    LEAF_SUBMISSION_SETTLE, take_post, take_members },
	{ "POST", "/v1/submissions/{submission}/acceptance", API_DOOR_STAFF,
	    LEAF_SUBMISSION_SETTLE, accept_post, none },
	{ "POST", "/v1/submissions/{submission}/discard", API_DOOR_STAFF,
	    LEAF_SUBMISSION_SETTLE, discard_post, none },
	{ "POST", "/v1/submissions/{submission}/rejection", API_DOOR_STAFF,
	    LEAF_SUBMISSION_SETTLE, reject_post, reject_members },
	{ 0 },
};
