/* The rights of the person: what they ask and its answer, and the
 * restriction of their case. */
#include "daemon/api/api.h"
#include "daemon/core/objection.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"
#include "daemon/core/subject_export.h"

#define WORD_MAX 64 /* bytes of an id, a code, a day, a channel */

static int
requests_post(struct api_call *c, struct err *e)
{
	struct requesting q = { .kase = c->param[0] };
	int r;

	if ((r = api_string(c, "right", WORD_MAX, &q.right, e)) < 0 ||
	    (r = api_string(c, "channel", WORD_MAX, &q.channel, e)) < 0 ||
	    (r = api_string(c, "identity", REQUEST_TEXT_MAX, &q.identity, e)) <
		0 ||
	    (r = api_string_or(c, "person", WORD_MAX, "", &q.person, e)) < 0 ||
	    (r = api_string_or(
		 c, "received_on", WORD_MAX, "", &q.received_on, e)) < 0 ||
	    (r = api_string_or(c, "words", REQUEST_TEXT_MAX, "", &q.words, e)) <
		0 ||
	    (r = api_string_or(c, "objection", WORD_MAX, "", &q.objection, e)) <
		0)
		return r;
	c->status = 201;
	return request_enter(
	    c->core, &c->caller, &q, &c->object, &c->answer, e);
}

static int
requests_get(struct api_call *c, struct err *e)
{
	return request_list(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
extension_post(struct api_call *c, struct err *e)
{
	const char *reason;
	int r;

	if ((r = api_string(c, "reason", REQUEST_TEXT_MAX, &reason, e)) < 0)
		return r;
	return request_extend(c->core, &c->caller, c->param[0], reason,
	    &c->object, &c->answer, e);
}

static int
answer_post(struct api_call *c, struct err *e)
{
	const char *document, *words;
	int r;

	if ((r = api_string_or(c, "document", WORD_MAX, "", &document, e)) <
		0 ||
	    (r = api_string_or(c, "words", REQUEST_TEXT_MAX, "", &words, e)) <
		0)
		return r;
	return request_answer(c->core, &c->caller, c->param[0], document, words,
	    &c->object, &c->answer, e);
}

static int
request_refusal_post(struct api_call *c, struct err *e)
{
	const char *ground, *reason;
	int r;

	if ((r = api_string(c, "ground", WORD_MAX, &ground, e)) < 0 ||
	    (r = api_string(c, "reason", REQUEST_TEXT_MAX, &reason, e)) < 0)
		return r;
	return request_refuse(c->core, &c->caller, c->param[0], ground, reason,
	    &c->object, &c->answer, e);
}

static int
request_erasure_post(struct api_call *c, struct err *e)
{
	const char *basis;
	int r;

	if ((r = api_string(c, "basis", REQUEST_TEXT_MAX, &basis, e)) < 0)
		return r;
	c->status = 201;
	return request_erase(
	    c->core, &c->caller, c->param[0], basis, &c->object, &c->answer, e);
}

/* --- restriction ---------------------------------------------------------- */

static int
restriction_post(struct api_call *c, struct err *e)
{
	struct restricting q = { .kase = c->param[0] };
	int r;

	if ((r = api_string(c, "ground", WORD_MAX, &q.ground, e)) < 0 ||
	    (r = api_string_or(
		 c, "words", RESTRICTION_TEXT_MAX, "", &q.words, e)) < 0 ||
	    (r = api_string_or(c, "request", WORD_MAX, "", &q.request, e)) < 0)
		return r;
	c->status = 201;
	return restriction_set(
	    c->core, &c->caller, &q, &c->object, &c->answer, e);
}

static int
restrictions_get(struct api_call *c, struct err *e)
{
	return restriction_list(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
announcement_post(struct api_call *c, struct err *e)
{
	const char *reason;
	int r;

	if ((r = api_string(c, "reason", RESTRICTION_TEXT_MAX, &reason, e)) < 0)
		return r;
	return restriction_announce(c->core, &c->caller, c->param[0], reason,
	    &c->object, &c->answer, e);
}

static int
lift_post(struct api_call *c, struct err *e)
{
	const char *told_on, *channel;
	int r;

	if ((r = api_string(c, "channel", WORD_MAX, &channel, e)) < 0 ||
	    (r = api_string_or(c, "told_on", WORD_MAX, "", &told_on, e)) < 0)
		return r;
	return restriction_lift(c->core, &c->caller, c->param[0], told_on,
	    channel, &c->object, &c->answer, e);
}

static int
objection_lift_post(struct api_call *c, struct err *e)
{
	const char *channel;
	int r;

	if ((r = api_string(c, "channel", WORD_MAX, &channel, e)) < 0)
		return r;
	return objection_lift(c->core, &c->caller, c->param[0], channel,
	    &c->object, &c->answer, e);
}

static int
subject_get(struct api_call *c, struct err *e)
{
	return subject_export(c->core, &c->caller, c->param[0], c->param[1],
	    &c->object, &c->answer, e);
}

static const char *const request_members[] = { "!right", "!channel",
	"!identity", "person", "received_on", "words", "objection", NULL };
static const char *const reason_members[] = { "!reason", NULL };
static const char *const answer_members[] = { "document", "words", NULL };
static const char *const refusal_members[] = { "!ground", "!reason", NULL };
static const char *const erasure_members[] = { "!basis", NULL };
static const char *const restriction_members[] = { "!ground", "words",
	"request", NULL };
static const char *const lift_members[] = { "!channel", "told_on", NULL };
static const char *const channel_members[] = { "!channel", NULL };

const struct route routes_rights[] = {
	{ "POST", "/v1/cases/{case}/requests", API_DOOR_STAFF,
	    LEAF_RIGHTS_REQUEST, requests_post, request_members },
	{ "GET", "/v1/cases/{case}/requests", API_DOOR_STAFF,
	    LEAF_RIGHTS_REQUEST, requests_get, NULL },
	{ "POST", "/v1/requests/{request}/extension", API_DOOR_STAFF,
	    LEAF_RIGHTS_ANSWER, extension_post, reason_members },
	{ "POST", "/v1/requests/{request}/answer", API_DOOR_STAFF,
	    LEAF_RIGHTS_ANSWER, answer_post, answer_members },
	{ "POST", "/v1/requests/{request}/refusal", API_DOOR_STAFF,
	    LEAF_RIGHTS_ANSWER, request_refusal_post, refusal_members },
	{ "POST", "/v1/requests/{request}/erasure", API_DOOR_STAFF,
	    LEAF_ERASE_PLAN, request_erasure_post, erasure_members },
	{ "POST", "/v1/cases/{case}/restriction", API_DOOR_STAFF, LEAF_RESTRICT,
	    restriction_post, restriction_members },
	{ "GET", "/v1/cases/{case}/restrictions", API_DOOR_STAFF,
	    LEAF_RIGHTS_REQUEST, restrictions_get, NULL },
	{ "POST", "/v1/cases/{case}/restriction/announcement", API_DOOR_STAFF,
	    LEAF_RESTRICT_LIFT, announcement_post, reason_members },
	{ "POST", "/v1/cases/{case}/restriction/lift", API_DOOR_STAFF,
	    LEAF_RESTRICT_LIFT, lift_post, lift_members },
	{ "POST", "/v1/objections/{objection}/lift", API_DOOR_STAFF,
	    LEAF_OBJECTION_DECIDE, objection_lift_post, channel_members },
	{ "GET", "/v1/cases/{case}/persons/{person}/export", API_DOOR_STAFF,
	    LEAF_SUBJECT_EXPORT, subject_get, NULL },
	{ 0 },
};
