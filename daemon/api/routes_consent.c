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

int
api_giving(const struct api_call *c, struct consent_giving *g, struct err *e)
{
	const size_t max = CONSENT_TEXT_MAX;
	int r;

	if ((r = strings(c, "purposes", g->purposes, NELEMS(g->purposes),
		 &g->npurposes, e)) < 0 ||
	    (r = strings(c, "persons", g->persons, NELEMS(g->persons),
		 &g->npersons, e)) < 0 ||
	    (r = api_string_or(c, "method", max, "", &g->method, e)) < 0 ||
	    (r = api_string_or(c, "evidence", max, "", &g->evidence, e)) < 0 ||
	    (r = api_string_or(c, "given_on", max, "", &g->given_on, e)) < 0 ||
	    (r = api_string_or(c, "language", max, "fr", &g->language, e)) <
		0 ||
	    (r = api_string_or(c, "interpreter", max, "", &g->interpreter, e)) <
		0 ||
	    (r = api_string_or(c, "witness", max, "", &g->witness, e)) < 0 ||
	    (r = api_string_or(c, "place", max, "", &g->place, e)) < 0 ||
	    (r = api_string_or(c, "outcome", max, "", &g->outcome, e)) < 0 ||
	    (r = api_string_or(
		 c, "valid_through", max, "", &g->valid_through, e)) < 0 ||
	    (r = api_string_or(c, "capacity", max, "", &g->capacity, e)) < 0 ||
	    (r = api_string_or(c, "acting", max, "", &g->acting, e)) < 0 ||
	    (r = api_string_or(c, "capacity_document", max, "",
		 &g->capacity_document, e)) < 0)
		return r;
	return api_string_or(c, "reason", max, "", &g->reason, e);
}

static int
consents_post(struct api_call *c, struct err *e)
{
	struct consent_giving g = { .kase = c->param[0] };
	int r;

	if ((r = api_giving(c, &g, e)) < 0)
		return r;
	c->status = 201;
	return consent_give(c->core, &c->caller, &g, &c->object, &c->answer, e);
}

static int
consents_get(struct api_call *c, struct err *e)
{
	const char *at = http_query(c->rq, "at");

	return consent_list_at(c->core, &c->caller, c->param[0],
	    at != NULL ? at : "", &c->object, &c->answer, e);
}

/* How a withdrawal came, with or without the consents it is of. */
static int
ending(const struct api_call *c, struct consent_ending *w, struct err *e)
{
	const size_t max = CONSENT_TEXT_MAX;
	int r;

	if ((r = api_string_or(c, "channel", max, NULL, &w->channel, e)) < 0 ||
	    (r = api_string_or(
		 c, "caller_check", max, NULL, &w->caller_check, e)) < 0 ||
	    (r = api_string_or(c, "reason", max, NULL, &w->reason, e)) < 0)
		return r;
	return api_string_or(c, "document", max, NULL, &w->document, e);
}

static int
withdrawal_post(struct api_call *c, struct err *e)
{
	struct consent_ending w = {
		.consents = { c->param[0] }, .n = 1, .as = "withdrawn"
	};
	int r;

	if ((r = ending(c, &w, e)) < 0)
		return r;
	return consent_end(c->core, &c->caller, &w, &c->object, &c->answer, e);
}

static int
withdrawals_post(struct api_call *c, struct err *e)
{
	struct consent_ending w = { .as = "withdrawn" };
	int r;

	if ((r = strings(
		 c, "consents", w.consents, NELEMS(w.consents), &w.n, e)) < 0 ||
	    (r = ending(c, &w, e)) < 0)
		return r;
	return consent_end(c->core, &c->caller, &w, &c->object, &c->answer, e);
}

/* Ended by others than the person: not valid after all, or not needed. */
static int
end_post(struct api_call *c, struct err *e)
{
	struct consent_ending w = { .consents = { c->param[0] }, .n = 1 };
	int r;

	if ((r = api_string(c, "as", CONSENT_TEXT_MAX, &w.as, e)) < 0 ||
	    (r = api_string(c, "reason", CONSENT_TEXT_MAX, &w.reason, e)) < 0 ||
	    (r = api_string_or(
		 c, "document", CONSENT_TEXT_MAX, NULL, &w.document, e)) < 0)
		return r;
	if (strcmp(w.as, "withdrawn") == 0)
		return err_tag(e, ERR_INVALID, "consent-outcome",
		    "a withdrawal says how it came");
	return consent_end(c->core, &c->caller, &w, &c->object, &c->answer, e);
}

static int
letter_post(struct api_call *c, struct err *e)
{
	const char *document;
	int r;

	if ((r = api_string_or(
		 c, "document", CONSENT_TEXT_MAX, "", &document, e)) < 0)
		return r;
	return consent_letter(c->core, &c->caller, c->param[0], document,
	    &c->object, &c->answer, e);
}

static int
receipt_post(struct api_call *c, struct err *e)
{
	return consent_receipt(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static const char *const giving[] = { "!purposes", "persons", "method",
	"evidence", "given_on", "language", "interpreter", "witness", "place",
	"outcome", "valid_through", "capacity", "acting", "capacity_document",
	"reason", NULL };
static const char *const withdrawing[] = { "!channel", "caller_check", "reason",
	"document", NULL };
static const char *const withdrawals[] = { "!consents", "!channel",
	"caller_check", "reason", "document", NULL };
static const char *const ends[] = { "!as", "!reason", "document", NULL };
static const char *const letters[] = { "document", NULL };
static const char *const nothing[] = { NULL };

const struct route routes_consent[] = {
	{ "POST", "/v1/cases/{case}/consents", API_DOOR_STAFF,
	    LEAF_CONSENT_GIVE, consents_post, giving },
	{ "GET", "/v1/cases/{case}/consents", API_DOOR_STAFF, LEAF_CONSENT_READ,
	    consents_get, NULL },
	{ "POST", "/v1/consents/{consent}/withdrawal", API_DOOR_STAFF,
	    LEAF_CONSENT_WITHDRAW, withdrawal_post, withdrawing },
	{ "POST", "/v1/withdrawals", API_DOOR_STAFF, LEAF_CONSENT_WITHDRAW,
	    withdrawals_post, withdrawals },
	{ "POST", "/v1/consents/{consent}/end", API_DOOR_STAFF,
	    LEAF_CONSENT_WITHDRAW, end_post, ends },
	{ "POST", "/v1/consents/{consent}/letter", API_DOOR_STAFF,
	    LEAF_CONSENT_WITHDRAW, letter_post, letters },
	{ "POST", "/v1/consents/{consent}/receipt", API_DOOR_STAFF,
	    LEAF_CONSENT_READ, receipt_post, nothing },
	{ 0 },
};
