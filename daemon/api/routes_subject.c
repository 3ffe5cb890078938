/* What the household says beside its consents: it refuses the diagnosis, it
 * objects; and what the data protection officer decides. */
#include "daemon/api/api.h"
#include "daemon/core/consent.h"
#include "daemon/core/objection.h"

int
api_refusing(const struct api_call *c, struct refusing *r, struct err *e)
{
	const size_t max = CONSENT_TEXT_MAX;
	int n;

	if ((n = api_string(c, "reason", max, &r->reason, e)) < 0 ||
	    (n = api_string_or(c, "channel", max, "", &r->channel, e)) < 0 ||
	    (n = api_string_or(c, "refused_on", max, "", &r->refused_on, e)) <
		0)
		return n;
	return api_string_or(c, "document", max, "", &r->document, e);
}

static int
refusal_post(struct api_call *c, struct err *e)
{
	struct refusing r = { .kase = c->param[0] };
	int n;

	if ((n = api_refusing(c, &r, e)) < 0)
		return n;
	c->status = 201;
	return refusal_enter(
	    c->core, &c->caller, &r, &c->object, &c->answer, e);
}

static int
objections_post(struct api_call *c, struct err *e)
{
	struct objecting o = { .kase = c->param[0] };
	const size_t max = CONSENT_TEXT_MAX;
	int r;

	if ((r = api_string(c, "channel", max, &o.channel, e)) < 0 ||
	    (r = api_string_or(c, "person", max, "", &o.person, e)) < 0 ||
	    (r = api_string_or(
		 c, "words", OBJECTION_TEXT_MAX, "", &o.words, e)) < 0 ||
	    (r = api_string_or(c, "received_on", max, "", &o.received_on, e)) <
		0)
		return r;
	c->status = 201;
	return objection_enter(
	    c->core, &c->caller, &o, &c->object, &c->answer, e);
}

static int
objections_get(struct api_call *c, struct err *e)
{
	return objection_list(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
decision_post(struct api_call *c, struct err *e)
{
	const char *decision, *grounds;
	int r;

	if ((r = api_string(c, "decision", CONSENT_TEXT_MAX, &decision, e)) <
		0 ||
	    (r = api_string(c, "grounds", OBJECTION_TEXT_MAX, &grounds, e)) < 0)
		return r;
	return objection_decide(c->core, &c->caller, c->param[0], decision,
	    grounds, &c->object, &c->answer, e);
}

static const char *const refusal_members[] = { "!reason", "channel",
	"refused_on", "document", NULL };
static const char *const objection_members[] = { "!channel", "person", "words",
	"received_on", NULL };
static const char *const decision_members[] = { "!decision", "!grounds", NULL };

const struct route routes_subject[] = {
	{ "POST", "/v1/cases/{case}/refusal", API_DOOR_STAFF, LEAF_REFUSAL,
	    refusal_post, refusal_members },
	{ "POST", "/v1/cases/{case}/objections", API_DOOR_STAFF, LEAF_OBJECTION,
	    objections_post, objection_members },
	{ "GET", "/v1/cases/{case}/objections", API_DOOR_STAFF,
	    LEAF_CONSENT_READ, objections_get, NULL },
	{ "POST", "/v1/objections/{objection}/decision", API_DOOR_STAFF,
	    LEAF_OBJECTION_DECIDE, decision_post, decision_members },
	{ 0 },
};
