#include "daemon/api/problem.h"

#include <jansson.h>

#include "base/text.h"

/* The text of *why may end inside a character: that one goes. */
static void
text_of(const struct err *why, char out[ERR_TEXT_MAX])
{
	size_t n;

	snprintf(out, ERR_TEXT_MAX, "%s", why->text);
	n = strlen(out);
	while (n > 0 && !utf8_is_valid(out, n))
		out[--n] = '\0';
}

void
problem_answer(struct http_response *rs, const struct err *why, uint64_t audit)
{
	int shown = err_is_public(why->code);
	json_t *j;
	char *text, detail[ERR_TEXT_MAX];

	text_of(why, detail);
	/* One body for "no such" and "not yours". */
	if (why->code == ERR_NOT_FOUND)
		j = json_pack("{s:s, s:i, s:s, s:s}", "type", "about:blank",
		    "status", 404, "code", "not-found", "detail",
		    "no such thing, or not yours");
	else
		j = json_pack("{s:s, s:i, s:s, s:s, s:s}", "type",
		    "about:blank", "status", err_http(why->code), "title",
		    err_code_name(why->code), "code",
		    shown ? err_name(why) : err_code_name(why->code), "detail",
		    shown ? detail : "the vault failed; its log tells");
	if (j != NULL && audit > 0)
		json_object_set_new(
		    j, "audit", json_integer((json_int_t)audit));
	text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
	rs->status = err_http(why->code);
	rs->next = NULL;
	rs->nheaders = 0;
	snprintf(rs->type, sizeof(rs->type), "application/problem+json");
	buf_reset(&rs->body);
	(void)!buf_addf(&rs->body, NULL, "%s\n", text != NULL ? text : "{}");
	free(text);
	json_decref(j);
}
