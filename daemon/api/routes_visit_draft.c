/* Drafts of visits: kept, read, given up, by their own person. */
#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/visit_draft.h"

static int
draft_get(struct api_call *c, struct err *e)
{
	return visit_draft_read(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static const char *const page_members[] = { "page", "upload", "!name", "!part",
	"turns", NULL };

static int
number(const struct api_call *c, const char *name, int64_t max, int64_t *out,
    struct err *e)
{
	json_t *v = json_object_get(c->body, name);

	*out = json_integer_value(v);
	if (v != NULL && (!json_is_integer(v) || *out < 0 || *out > max))
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"%s\" is not a number from 0", name);
	return 0;
}

static const char *
or_none(const char *s)
{
	return s[0] != '\0' ? s : NULL;
}

static int
read_page(const struct api_call *c, json_t *o, struct visit_draft_page *out,
    struct err *e)
{
	struct api_call sub = *c;
	const char *page, *upload;
	int64_t part, turns;
	int r;

	if (!json_is_object(o))
		return err_tag(
		    e, ERR_INVALID, "member-type", "a page is an object");
	sub.body = o;
	if ((r = api_members(page_members, o, e)) < 0 ||
	    (r = api_string_or(&sub, "page", 32, "", &page, e)) < 0 ||
	    (r = api_string_or(&sub, "upload", 32, "", &upload, e)) < 0 ||
	    (r = api_string(&sub, "name", 1024, &out->name, e)) < 0 ||
	    (r = number(&sub, "part", VISIT_DRAFT_PART_MAX, &part, e)) < 0 ||
	    (r = number(&sub, "turns", 3, &turns, e)) < 0)
		return r;
	out->page = or_none(page);
	out->upload = or_none(upload);
	out->part = (int)part;
	out->turns = (int)turns;
	return 0;
}

static int
read_pages(
    const struct api_call *c, struct visit_draft_saying *s, struct err *e)
{
	json_t *list = json_object_get(c->body, "pages"), *o;
	size_t i;
	int r;

	if (list == NULL)
		return 0;
	if (!json_is_array(list))
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"pages\" is not an array");
	if (json_array_size(list) > VISIT_DRAFT_PAGES_MAX)
		return err_tag(e, ERR_TOO_LARGE, "visit-draft-size",
		    "pages: over %d", VISIT_DRAFT_PAGES_MAX);
	json_array_foreach(list, i, o)
	{
		if ((r = read_page(c, o, &s->pages[i], e)) < 0)
			return err_wrap(e, "pages[%zu]", i + 1);
	}
	s->npages = json_array_size(list);
	return 0;
}

static int
draft_post(struct api_call *c, struct err *e)
{
	AUTO(mem_freep) struct visit_draft_saying *s = calloc(1, sizeof(*s));
	int64_t over;
	int r;

	if (s == NULL)
		return err_set(e, ERR_NOMEM, "draft");
	if ((r = number(c, "over", UINT32_MAX - 1, &over, e)) < 0 ||
	    (r = read_pages(c, s, e)) < 0)
		return r;
	s->kase = c->param[0];
	s->over = (uint64_t)over;
	s->said = json_object_get(c->body, "said");
	return visit_draft_keep(
	    c->core, &c->caller, s, &c->object, &c->answer, e);
}

static int
drop_post(struct api_call *c, struct err *e)
{
	return visit_draft_drop(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
page_get(struct api_call *c, struct err *e)
{
	char leaf[24], sha[2 * SHA256_LEN + 1];
	uint8_t digest[SHA256_LEN];
	uint64_t number;
	int r;

	if ((r = visit_draft_content(c->core, &c->caller, c->param[0],
		 c->param[1], &c->object, &c->rs->body, &number, e)) < 0 ||
	    (r = digest_of(
		 DIGEST_SHA256, c->rs->body.p, c->rs->body.len, digest, e)) < 0)
		return r;
	hex_format(digest, sizeof(digest), sha);
	snprintf(leaf, sizeof(leaf), "%llu", (unsigned long long)number);
	snprintf(c->rs->type, sizeof(c->rs->type), "application/octet-stream");
	if ((r = http_set_header(c->rs, "Sceau-Leaf", leaf, e)) < 0)
		return r;
	return http_set_header(c->rs, "Sceau-Sha256", sha, e);
}

static const char *const draft_members[] = { "!over", "!said", "pages", NULL };
static const char *const none[] = { NULL };

const struct route routes_visit_draft[] = {
	{ "GET", "/v1/cases/{case}/visit-draft", API_DOOR_STAFF,
	    LEAF_VISIT_DRAFT_READ, draft_get, NULL },
	{ "POST", "/v1/cases/{case}/visit-draft", API_DOOR_STAFF,
	    LEAF_VISIT_DRAFT, draft_post, draft_members },
	{ "POST", "/v1/cases/{case}/visit-draft/drop", API_DOOR_STAFF,
	    LEAF_VISIT_DRAFT, drop_post, none },
	{ "GET", "/v1/cases/{case}/visit-draft/pages/{page}", API_DOOR_STAFF,
	    LEAF_VISIT_DRAFT_READ, page_get, NULL },
	{ 0 },
};
