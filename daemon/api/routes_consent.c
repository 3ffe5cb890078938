#include "daemon/api/api.h"
#include "daemon/core/consent.h"

/* The strings of an array member; at most max, each of at most 64 bytes. */
static int
strings(const struct api_call *c, const char *name, const char **out,
    size_t max, size_t *n, struct err *e)
{
	json_t *a = json_object_get(c->body, name), *item;
	size_t i;

	*n = 0;
	if (a == NULL)
		return 0;
	if (!json_is_array(a) || json_array_size(a) > max)
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"%s\" is not an array of at most %zu", name, max);
	json_array_foreach(a, i, item)
	{
		if (!json_is_string(item) || json_string_length(item) > 64)
			return err_tag(e, ERR_INVALID, "member-type",
			    "member \"%s\" is not an array of strings", name);
		out[(*n)++] = json_string_value(item);
	}
	return 0;
}

static int
consents_post(struct api_call *c, struct err *e)
{
	struct consent_giving g = { .kase = c->param[0] };
	const size_t max = CONSENT_TEXT_MAX;
	int r;

	if ((r = strings(c, "purposes", g.purposes, NELEMS(g.purposes),
		 &g.npurposes, e)) < 0 ||
	    (r = strings(c, "persons", g.persons, NELEMS(g.persons),
		 &g.npersons, e)) < 0 ||
	    (r = api_string(c, "method", max, &g.method, e)) < 0 ||
	    (r = api_string_or(c, "evidence", max, "", &g.evidence, e)) < 0 ||
	    (r = api_string_or(c, "given_on", max, "", &g.given_on, e)) < 0 ||
	    (r = api_string_or(c, "language", max, "fr", &g.language, e)) < 0 ||
	    (r = api_string_or(c, "interpreter", max, "", &g.interpreter, e)) <
		0 ||
	    (r = api_string_or(c, "witness", max, "", &g.witness, e)) < 0 ||
	    (r = api_string_or(c, "place", max, "", &g.place, e)) < 0)
		return r;
	c->status = 201;
	return consent_give(c->core, &c->caller, &g, &c->object, &c->answer, e);
}

static int
consents_get(struct api_call *c, struct err *e)
{
	return consent_list(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
withdrawal_post(struct api_call *c, struct err *e)
{
	const char *channel, *reason;
	int r;

	if ((r = api_string(c, "channel", CONSENT_TEXT_MAX, &channel, e)) < 0 ||
	    (r = api_string_or(c, "reason", CONSENT_TEXT_MAX, "", &reason, e)) <
		0)
		return r;
	return consent_withdraw(c->core, &c->caller, c->param[0], channel,
	    reason, &c->object, &c->answer, e);
}

static const char *const giving[] = { "!purposes", "persons", "!method",
	"evidence", "given_on", "language", "interpreter", "witness", "place",
	NULL };
static const char *const withdrawing[] = { "!channel", "reason", NULL };

const struct route routes_consent[] = {
	{ "POST", "/v1/cases/{case}/consents", API_DOOR_STAFF,
	    LEAF_CONSENT_GIVE, consents_post, giving },
	{ "GET", "/v1/cases/{case}/consents", API_DOOR_STAFF, LEAF_CONSENT_READ,
	    consents_get, NULL },
	{ "POST", "/v1/consents/{consent}/withdrawal", API_DOOR_STAFF,
	    LEAF_CONSENT_WITHDRAW, withdrawal_post, withdrawing },
	{ 0 },
};
