#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/notice.h"
#include "daemon/core/submission.h"

static int
extracts_get(struct api_call *c, struct err *e)
{
	json_t *handed = NULL;
	int r;

	if ((r = partner_list(c->core, &c->caller, &c->answer, e)) < 0 ||
	    (r = submission_own(c->core, &c->caller,
		 (uint64_t)json_integer_value(
		     json_object_get(c->answer, "leaf")),
		 &handed, e)) < 0)
		return r;
	if (json_object_set_new(c->answer, "submissions", handed) < 0)
		return err_set(e, ERR_NOMEM, "submissions");
	return 0;
}

static int
content_get(struct api_call *c, struct err *e)
{
	char number[24], sha[2 * SHA256_LEN + 1];
	uint8_t digest[SHA256_LEN];
	uint64_t leaf;
	int r;

	if ((r = partner_pull(c->core, &c->caller, c->param[0], &c->object,
		 &c->rs->body, &leaf, e)) < 0 ||
	    (r = digest_of(
		 DIGEST_SHA256, c->rs->body.p, c->rs->body.len, digest, e)) < 0)
		return r;
	hex_format(digest, sizeof(digest), sha);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)leaf);
	snprintf(c->rs->type, sizeof(c->rs->type), "application/pkcs7-mime");
	if ((r = http_set_header(c->rs, "Sceau-Leaf", number, e)) < 0)
		return r;
	return http_set_header(c->rs, "Sceau-Sha256", sha, e);
}

/* Ids of extracts and of notices look alike: what is neither of the caller's
 * has the one answer of an unknown extract. */
static int
ack_post(struct api_call *c, struct err *e)
{
	struct id id;
	int r;

	if (id_parse(c->param[0], &id, NULL) == 0) {
		r = notice_ack(
		    c->core, &c->caller, &id, &c->object, &c->answer, e);
		if (r != -ERR_NOT_FOUND)
			return r;
		memset(e, 0, sizeof(*e));
	}
	return partner_ack(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
notices_get(struct api_call *c, struct err *e)
{
	return notice_deliver(c->core, &c->caller, &c->answer, e);
}

static int
submission_post(struct api_call *c, struct err *e)
{
	const char *upload;
	int r;

	if ((r = api_string(c, "upload", ID_TEXT, &upload, e)) < 0)
		return r;
	c->status = 201;
	return submission_add(c->core, &c->caller, upload, &c->answer, e);
}

static const char *const none[] = { NULL };
static const char *const submission_members[] = { "!upload", NULL };

const struct route routes_partner[] = {
	{ "GET", "/v1/partner/extracts", API_DOOR_PARTNER, LEAF_EXTRACT_LIST,
	    extracts_get, NULL },
	{ "GET", "/v1/partner/extracts/{extract}/content", API_DOOR_PARTNER,
	    LEAF_EXTRACT_PULL, content_get, NULL },
	{ "POST", "/v1/partner/extracts/{extract}/ack", API_DOOR_PARTNER,
	    LEAF_EXTRACT_ACK, ack_post, none },
	{ "GET", "/v1/partner/notices", API_DOOR_PARTNER, LEAF_NOTICE,
	    notices_get, NULL },
	{ "POST", "/v1/partner/submissions", API_DOOR_PARTNER, LEAF_SUBMISSION,
	    submission_post, submission_members },
	{ 0 },
};
