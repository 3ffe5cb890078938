#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/disclosure.h"

#define NAME_MAX_LEN 64
#define REASON_MAX 200
#define DAY_MAX 10
#define SIGNATURE_MAX 16384

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

/* --- the second signature ------------------------------------------------- */

static int
page_get(struct api_call *c, struct err *e)
{
	return extract_page(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
approvals_post(struct api_call *c, struct err *e)
{
	const char *signature;
	int r;

	if ((r = api_string(c, "signature", SIGNATURE_MAX, &signature, e)) < 0)
		return r;
	return extract_approve(c->core, &c->caller, c->param[0], signature,
	    &c->object, &c->answer, e);
}

/* --- by hand and on paper ------------------------------------------------- */

static int
content_get(struct api_call *c, struct err *e)
{
	char number[24], sha[2 * SHA256_LEN + 1];
	uint8_t digest[SHA256_LEN];
	struct extract_delivery d;
	struct buf *body = &c->rs->body;
	int r;

	if ((r = extract_deliver(c->core, &c->caller, c->param[0], &c->object,
		 body, &d, e)) < 0 ||
	    (r = digest_of(DIGEST_SHA256, body->p, body->len, digest, e)) < 0)
		return r;
	hex_format(digest, sizeof(digest), sha);
	snprintf(number, sizeof(number), "%llu", (unsigned long long)d.leaf);
	snprintf(c->rs->type, sizeof(c->rs->type), "%s",
	    d.is_paper ? "text/plain; charset=utf-8"
		       : "application/pkcs7-mime");
	if ((r = http_set_header(c->rs, "Sceau-Leaf", number, e)) < 0)
		return r;
	return http_set_header(c->rs, "Sceau-Sha256", sha, e);
}

static int
ack_post(struct api_call *c, struct err *e)
{
	struct extract_receipt receipt;
	int r;

	if ((r = api_string(c, "by", EXTRACT_TEXT_MAX, &receipt.by, e)) < 0 ||
	    (r = api_string_or(c, "on", DAY_MAX, "", &receipt.on, e)) < 0)
		return r;
	return extract_ack(c->core, &c->caller, c->param[0], &receipt,
	    &c->object, &c->answer, e);
}

static const char *const to_whom[] = { "!recipient", "purpose", "channel",
	NULL };
static const char *const why[] = { "!reason", NULL };
static const char *const signing[] = { "!signature", NULL };
static const char *const received[] = { "!by", "on", NULL };

const struct route routes_extract[] = {
	{ "POST", "/v1/cases/{case}/extract-preview", API_DOOR_STAFF,
	    LEAF_EXTRACT_PREVIEW, preview_post, to_whom },
	{ "POST", "/v1/cases/{case}/extracts", API_DOOR_STAFF,
	    LEAF_EXTRACT_RELEASE, extracts_post, to_whom },
	{ "GET", "/v1/cases/{case}/extracts", API_DOOR_STAFF,
	    LEAF_REGISTER_READ, extracts_get, NULL },
	{ "POST", "/v1/extracts/{extract}/revocation", API_DOOR_STAFF,
	    LEAF_EXTRACT_REVOKE, revocation_post, why },
	{ "GET", "/v1/extracts/{extract}/page", API_DOOR_STAFF,
	    LEAF_EXTRACT_PREVIEW, page_get, NULL },
	{ "POST", "/v1/extracts/{extract}/approvals", API_DOOR_STAFF,
	    LEAF_EXTRACT_APPROVE, approvals_post, signing },
	{ "GET", "/v1/extracts/{extract}/content", API_DOOR_STAFF,
	    LEAF_EXTRACT_DELIVER, content_get, NULL },
	{ "POST", "/v1/extracts/{extract}/ack", API_DOOR_STAFF,
	    LEAF_EXTRACT_ACK, ack_post, received },
	{ 0 },
};
