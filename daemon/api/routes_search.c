/* Finding a case by words. */
#include "daemon/api/api.h"
#include "daemon/core/search.h"

static int
search_post(struct api_call *c, struct err *e)
{
	json_t *limit = json_object_get(c->body, "limit");
	json_int_t n = json_integer_value(limit);
	const char *words;
	int r;

	if ((r = api_string(c, "words", SEARCH_WORDS_MAX, &words, e)) < 0)
		return r;
	if (limit != NULL &&
	    (!json_is_integer(limit) || n < 1 || n > SEARCH_LIMIT_MAX))
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"limit\" is not a number from 1 to %d",
		    SEARCH_LIMIT_MAX);
	return search_run(c->core, &c->caller, words, (size_t)n, &c->answer, e);
}

static const char *const search_members[] = { "!words", "limit", NULL };

const struct route routes_search[] = {
	{ "POST", "/v1/search", API_DOOR_STAFF, LEAF_SEARCH, search_post,
	    search_members },
	{ 0 },
};
