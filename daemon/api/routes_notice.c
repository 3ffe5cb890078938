#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/notice.h"

static int
notices_get(struct api_call *c, struct err *e)
{
	const char *kase = http_query(c->rq, "case");

	return notice_list(c->core, &c->caller, kase != NULL ? kase : "",
	    &c->object, &c->answer, e);
}

static int
settle_post(struct api_call *c, struct err *e)
{
	const char *how, *words;
	int r;

	if ((r = api_string(c, "how", 32, &how, e)) < 0 ||
	    (r = api_string_or(c, "words", NOTICE_WORDS_MAX, "", &words, e)) <
		0)
		return r;
	return notice_settle(c->core, &c->caller, c->param[0], how, words,
	    &c->object, &c->answer, e);
}

static int
due_get(struct api_call *c, struct err *e)
{
	struct due_asking a = { .mine = http_query(c->rq, "mine") != NULL,
		.as_of = http_query(c->rq, "as_of"),
		.kase = http_query(c->rq, "case") };

	return due_ask(c->core, &c->caller, &a, &c->answer, e);
}

static const char *const settle_members[] = { "!how", "words", NULL };

const struct route routes_notice[] = {
	{ "GET", "/v1/notices", API_DOOR_STAFF, LEAF_REGISTER_READ, notices_get,
	    NULL },
	{ "POST", "/v1/notices/{notice}/settlement", API_DOOR_STAFF,
	    LEAF_NOTICE_SETTLE, settle_post, settle_members },
	{ "GET", "/v1/due", API_DOOR_STAFF, LEAF_DUE, due_get, NULL },
	{ 0 },
};
