#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/log_reading.h"

/* A decimal query parameter; absent leaves *out. */
static int
query_number(const struct api_call *c, const char *name, uint64_t max,
    uint64_t *out, struct err *e)
{
	const char *s = http_query(c->rq, name);
	uint64_t v = 0;

	if (s == NULL)
		return 0;
	if (*s == '\0' || strlen(s) > 18 ||
	    strspn(s, "0123456789") != strlen(s) ||
	    (v = strtoull(s, NULL, 10)) > max)
		return err_tag(e, ERR_INVALID, "query",
		    "parameter %s is not a number up to %llu", name,
		    (unsigned long long)max);
	*out = v;
	return 0;
}

static int
query_time(
    const struct api_call *c, const char *name, int64_t *out, struct err *e)
{
	const char *s = http_query(c->rq, name);

	*out = 0;
	return s == NULL ? 0 : time_parse(s, out, e);
}

static int
query_class(const struct api_call *c, uint16_t *out, struct err *e)
{
	const char *s = http_query(c->rq, "class");

	if (s == NULL)
		return 0;
	if (leaf_class_from_name(s, out) < 0)
		return err_tag(
		    e, ERR_INVALID, "query", "no such class of events");
	return 0;
}

static int
audit_get(struct api_call *c, struct err *e)
{
	struct audit_query q = { 0 };
	uint64_t limit = 100;
	int r;

	if ((r = query_number(c, "before", INT64_MAX, &q.before, e)) < 0 ||
	    (r = query_number(c, "limit", 1000, &limit, e)) < 0 ||
	    (r = query_time(c, "since", &q.since_ms, e)) < 0 ||
	    (r = query_time(c, "until", &q.until_ms, e)) < 0 ||
	    (r = query_class(c, &q.klass, e)) < 0)
		return r;
	q.limit = (uint32_t)limit;
	q.account = http_query(c->rq, "account");
	return log_read(c->core, &c->caller, &q, http_query(c->rq, "object"),
	    &c->answer, e);
}

static void
as_text(struct api_call *c)
{
	snprintf(c->rs->type, sizeof(c->rs->type), "text/plain; charset=utf-8");
}

static int
checkpoint_get(struct api_call *c, struct err *e)
{
	as_text(c);
	return log_checkpoint(c->core, &c->caller, &c->rs->body, e);
}

static int
proof_get(struct api_call *c, struct err *e)
{
	uint64_t leaf = UINT64_MAX;
	int r;

	if ((r = query_number(c, "leaf", INT64_MAX, &leaf, e)) < 0)
		return r;
	if (leaf == UINT64_MAX)
		return err_tag(
		    e, ERR_INVALID, "query", "parameter leaf is missing");
	as_text(c);
	return log_proof(c->core, &c->caller, leaf, &c->rs->body, e);
}

static int
tile_get(struct api_call *c, struct err *e)
{
	const char *path = http_query(c->rq, "path");

	if (path == NULL)
		return err_tag(
		    e, ERR_INVALID, "query", "parameter path is missing");
	snprintf(c->rs->type, sizeof(c->rs->type), "application/octet-stream");
	return log_tile(c->core, &c->caller, path, &c->rs->body, e);
}

const struct route routes_audit[] = {
	{ "GET", "/v1/audit", API_DOOR_STAFF, LEAF_AUDIT_READ, audit_get,
	    NULL },
	{ "GET", "/v1/audit/checkpoint", API_DOOR_STAFF, LEAF_AUDIT_EXPORT,
	    checkpoint_get, NULL },
	{ "GET", "/v1/audit/proof", API_DOOR_STAFF, LEAF_AUDIT_READ, proof_get,
	    NULL },
	{ "GET", "/v1/audit/tile", API_DOOR_STAFF, LEAF_AUDIT_EXPORT, tile_get,
	    NULL },
	{ 0 },
};
