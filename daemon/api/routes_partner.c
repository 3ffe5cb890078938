#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/disclosure.h"

static int
extracts_get(struct api_call *c, struct err *e)
{
	return partner_list(c->core, &c->caller, &c->answer, e);
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

static int
ack_post(struct api_call *c, struct err *e)
{
	return partner_ack(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
notices_get(struct api_call *c, struct err *e)
{
	return partner_notices(c->core, &c->caller, &c->answer, e);
}

static const char *const none[] = { NULL };

const struct route routes_partner[] = {
	{ "GET", "/v1/partner/extracts", API_DOOR_PARTNER, LEAF_EXTRACT_LIST,
	    extracts_get, NULL },
	{ "GET", "/v1/partner/extracts/{extract}/content", API_DOOR_PARTNER,
	    LEAF_EXTRACT_PULL, content_get, NULL },
	{ "POST", "/v1/partner/extracts/{extract}/ack", API_DOOR_PARTNER,
	    LEAF_EXTRACT_ACK, ack_post, none },
	{ "GET", "/v1/partner/notices", API_DOOR_PARTNER, LEAF_NOTICE,
	    notices_get, NULL },
	{ 0 },
};
