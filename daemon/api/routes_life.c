/* The life of a case: its steps, its closing, its return. */
#include "daemon/api/api.h"
#include "daemon/core/closing.h"
#include "daemon/core/demarche.h"

static int
close_post(struct api_call *c, struct err *e)
{
	const size_t max = CLOSING_WORDS_MAX;
	struct closing_entry x = { .kase = c->param[0] };
	int r;

	if ((r = api_string(c, "outcome", 64, &x.outcome, e)) < 0 ||
	    (r = api_string_or(c, "closed_on", 16, "", &x.closed_on, e)) < 0 ||
	    (r = api_string_or(c, "note", max, "", &x.note, e)) < 0 ||
	    (r = api_string_or(c, "force", max, "", &x.force, e)) < 0)
		return r;
	return closing_enter(
	    c->core, &c->caller, &x, &c->object, &c->answer, e);
}

static int
reopen_post(struct api_call *c, struct err *e)
{
	const char *reason;
	int r;

	if ((r = api_string(c, "reason", CLOSING_WORDS_MAX, &reason, e)) < 0)
		return r;
	return closing_reopen(c->core, &c->caller, c->param[0], reason,
	    &c->object, &c->answer, e);
}

static int
demarches_get(struct api_call *c, struct err *e)
{
	return demarche_list(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static const char *const close_members[] = { "!outcome", "closed_on", "note",
	"force", NULL };
static const char *const reopen_members[] = { "!reason", NULL };

const struct route routes_life[] = {
	{ "POST", "/v1/cases/{case}/close", API_DOOR_STAFF, LEAF_CASE_CLOSE,
	    close_post, close_members },
	{ "POST", "/v1/cases/{case}/reopen", API_DOOR_STAFF, LEAF_CASE_REOPEN,
	    reopen_post, reopen_members },
	{ "GET", "/v1/cases/{case}/demarches", API_DOOR_STAFF, LEAF_CASE_READ,
	    demarches_get, NULL },
	{ 0 },
};
