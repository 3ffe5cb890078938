#include "daemon/api/api.h"

#include <stdatomic.h>

#include "base/log.h"
#include "base/text.h"
#include "daemon/api/accounts.h"
#include "daemon/api/flood.h"
#include "daemon/api/problem.h"
#include "daemon/core/door.h"
#include "daemon/core/upload.h"

#define PATH_MAX_LEN 512
#define PURPOSE_MAX 64
#define IDEMPOTENCY_MAX 128
/* Workers that one uid cannot have, whatever it asks. */
#define LEFT_FOR_OTHERS 8

struct api {
	struct core *core;
	atomic_ullong requests; /* begun; each has its number */
	struct accounts *accounts;
	struct flood *flood;
	struct httpd *http;
};

/* What a request carries from its headers to its end. */
struct state {
	struct caller caller;
	struct decision decided; /* kept for a refusal's leaf */
	json_t *told;		 /* likewise */
	struct upload *upload;	 /* the body goes there */
	struct err refused;	 /* found at the headers or in the body */
	uint64_t upload_offset;
	char upload_id[PATH_MAX_LEN];
};

static const struct route *const tables[] = {
	routes_status,
	routes_clock,
	routes_policy,
	routes_case,
	routes_life,
	routes_document,
	routes_search,
	routes_consent,
	routes_subject,
	routes_rights,
	routes_extract,
	routes_partner,
	routes_erasure,
	routes_retention,
	routes_audit,
	routes_publish,
	routes_notice,
	routes_submission,
	routes_intake,
	routes_glass,
	routes_breach,
	routes_visit,
	routes_visit_draft,
	routes_explain,
	routes_report,
};

/* --- matching --------------------------------------------------------- */

/*
 * Does path match pattern? {…} takes one non-empty segment, copied into
 * room (which is consumed) and pointed to by param.
 */
static int
pattern_matches(const char *pattern, const char *path, char *room,
    const char *param[API_PARAMS_MAX])
{
	size_t n = 0, len;

	while (*pattern != '\0') {
		if (*pattern != '{') {
			if (*pattern++ != *path++)
				return 0;
			continue;
		}
		pattern = strchr(pattern, '}') + 1;
		len = strcspn(path, "/");
		if (len == 0 || n == API_PARAMS_MAX)
			return 0;
		memcpy(room, path, len);
		room[len] = '\0';
		param[n++] = room;
		room += len + 1;
		path += len;
	}
	return *path == '\0';
}

/* The row for this request; *other: the path is known to another method. */
static const struct route *
find_route(const struct http_request *rq, char *room,
    const char *param[API_PARAMS_MAX], int *other)
{
	const struct route *r;
	size_t i;

	*other = 0;
	for (i = 0; i < NELEMS(tables); i++)
		for (r = tables[i]; r->method != NULL; r++) {
			if (r->door != rq->door ||
			    !pattern_matches(r->pattern, rq->path, room, param))
				continue;
			if (strcmp(r->method, rq->method) == 0)
				return r;
			*other = 1;
		}
	return NULL;
}

/* --- the body --------------------------------------------------------- */

int
api_members(const char *const *members, json_t *body, struct err *e)
{
	const char *const *m;
	const char *key;
	json_t *value;

	json_object_foreach(body, key, value)
	{
		for (m = members; *m != NULL; m++)
			if (strcmp(**m == '!' ? *m + 1 : *m, key) == 0)
				break;
		if (*m == NULL)
			return err_tag(e, ERR_INVALID, "member-unknown",
			    "unknown member \"%.64s\"", key);
	}
	for (m = members; *m != NULL; m++)
		if (**m == '!' && json_object_get(body, *m + 1) == NULL)
			return err_tag(e, ERR_INVALID, "member-missing",
			    "member \"%s\" is missing", *m + 1);
	return 0;
}

static int
parse_body(struct api_call *c, const struct route *r, struct err *e)
{
	const struct buf *b = &c->rq->body;
	json_error_t je;

	if (r->members == NULL) {
		if (b->len > 0)
			return err_tag(e, ERR_INVALID, "body-unexpected",
			    "this request has no body");
		return 0;
	}
	c->body = json_loadb(b->len > 0 ? (const char *)b->p : "{}",
	    b->len > 0 ? b->len : 2, JSON_REJECT_DUPLICATES, &je);
	if (c->body == NULL)
		return err_tag(e, ERR_INVALID, "body-json",
		    "the body is not JSON: line %d: %.120s", je.line, je.text);
	if (!json_is_object(c->body))
		return err_tag(e, ERR_INVALID, "body-json",
		    "the body is not a JSON object");
	return api_members(r->members, c->body, e);
}

int
api_string_or(const struct api_call *c, const char *name, size_t max,
    const char *absent, const char **out, struct err *e)
{
	json_t *v = json_object_get(c->body, name);

	if (v == NULL) {
		*out = absent;
		return 0;
	}
	if (!json_is_string(v))
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"%s\" is not a string", name);
	if (json_string_length(v) > max ||
	    strlen(json_string_value(v)) != json_string_length(v))
		return err_tag(e, ERR_TOO_LARGE, "member-size",
		    "member \"%s\" is over %zu bytes", name, max);
	*out = json_string_value(v);
	return 0;
}

int
api_string(const struct api_call *c, const char *name, size_t max,
    const char **out, struct err *e)
{
	int r;

	if ((r = api_string_or(c, name, max, NULL, out, e)) < 0)
		return r;
	if (*out == NULL || **out == '\0')
		return err_tag(e, ERR_INVALID, "member-missing",
		    "member \"%s\" is missing", name);
	return 0;
}

/* --- who -------------------------------------------------------------- */

static void
name_caller(struct api *a, const struct http_request *rq, struct caller *caller)
{
	struct actor *actor = &caller->actor;

	actor->uid = rq->peer.uid;
	caller->request = atomic_fetch_add(&a->requests, 1) + 1;
	accounts_name(a->accounts, rq->peer.uid, core_now(a->core),
	    actor->account, sizeof(actor->account));
	caller->who =
	    policy_principal(a->core->policy, actor->uid, actor->account);
	if (caller->who != NULL)
		snprintf(
		    actor->role, sizeof(actor->role), "%s", caller->who->role);
	caller->partner_door = rq->door == API_DOOR_PARTNER;
	caller->purpose = http_header(rq, "Sceau-Purpose");
	caller->idempotency = http_header(rq, "Idempotency-Key");
	caller->step_up = http_header(rq, "Sceau-Step-Up");
	if (caller->partner_door)
		caller->door_key = http_header(rq, "Sceau-Door-Key");
}

static int
check_caller(const struct caller *caller, struct err *e)
{
	int partner = caller->who != NULL && caller->who->recipient != NULL;

	if (caller->purpose != NULL && strlen(caller->purpose) > PURPOSE_MAX)
		return err_tag(e, ERR_INVALID, "purpose-unknown",
		    "purpose over %d bytes", PURPOSE_MAX);
	if (caller->idempotency != NULL &&
	    strlen(caller->idempotency) > IDEMPOTENCY_MAX)
		return err_tag(e, ERR_INVALID, "idempotency-key",
		    "Idempotency-Key over %d bytes", IDEMPOTENCY_MAX);
	if (caller->who == NULL)
		return err_tag(e, ERR_DENIED, "nobody",
		    "uid %u is nobody to this vault", caller->actor.uid);
	if (partner != caller->partner_door)
		return err_tag(e, ERR_DENIED, "wrong-door",
		    "this account has another door");
	return caller->partner_door ? door_check_key(caller, e) : 0;
}

/* The leaf of a refusal, unless it is one of a flood. */
static uint64_t
enter_refusal(struct api *a, const struct caller *caller, enum leaf_class klass,
    const struct id *object, const struct err *why, const char *method,
    const char *path)
{
	uint64_t seq = 0, count;
	json_t *detail;
	int allowed;

	allowed = flood_allows(
	    a->flood, caller->actor.uid, core_now(a->core), &count);
	if (count > 0) {
		detail = json_pack("{s:I}", "refusals", (json_int_t)count);
		core_refusal_leaf(
		    a->core, caller, LEAF_FLOOD, NULL, why, detail, &seq);
		json_decref(detail);
	}
	if (!allowed)
		return 0;
	/* A path holds ids only; anything odd in it stays out. */
	detail = json_pack("{s:s, s:s}", "method",
	    utf8_is_valid(method, strlen(method)) ? method : "?", "path",
	    utf8_is_valid(path, strlen(path)) ? path : "?");
	if (detail != NULL && caller->told != NULL)
		json_object_update(detail, caller->told);
	core_refusal_leaf(a->core, caller, klass, object, why, detail, &seq);
	json_decref(detail);
	return seq;
}

/* --- uploads: the one body that is not kept in memory ------------------ */

static int
is_upload(const struct http_request *rq, char id[PATH_MAX_LEN])
{
	const char *param[API_PARAMS_MAX] = { 0 };

	if (strlen(rq->path) >= PATH_MAX_LEN)
		return 0;
	if (rq->door == API_DOOR_STAFF && strcmp(rq->method, "PUT") == 0)
		return pattern_matches(
		    "/v1/uploads/{upload}/content", rq->path, id, param);
	if (rq->door == API_DOOR_PARTNER && strcmp(rq->method, "PUT") == 0)
		return pattern_matches("/v1/partner/uploads/{upload}/content",
		    rq->path, id, param);
	return 0;
}

static int
parse_offset(const struct http_request *rq, uint64_t *out, struct err *e)
{
	const char *s = http_query(rq, "offset");
	char *end;

	*out = 0;
	if (s == NULL)
		return 0;
	if (*s < '0' || *s > '9' || strlen(s) > 18)
		return err_tag(e, ERR_INVALID, "offset", "bad offset");
	*out = strtoull(s, &end, 10);
	if (*end != '\0')
		return err_tag(e, ERR_INVALID, "offset", "bad offset");
	return 0;
}

static int
begin_upload(
    struct api *a, struct http_request *rq, struct state *st, struct err *e)
{
	uint64_t max = uploads_max(a->core, &st->caller);
	int64_t length = http_length(rq);
	int r;

	if ((r = check_caller(&st->caller, e)) < 0 ||
	    (r = parse_offset(rq, &st->upload_offset, e)) < 0)
		return r;
	if (length > 0 && (uint64_t)length + st->upload_offset > max)
		return err_tag(e, ERR_TOO_LARGE, "file-max",
		    "a file over %llu bytes", (unsigned long long)max);
	return uploads_begin(a->core, &st->caller, st->upload_id,
	    st->upload_offset, &st->upload, e);
}

static int
api_begin(void *arg, struct http_request *rq, struct http_response *rs)
{
	struct api *a = arg;
	struct state *st;

	if ((st = calloc(1, sizeof(*st))) == NULL) {
		rs->status = 500;
		return -ERR_NOMEM;
	}
	rq->state = st;
	name_caller(a, rq, &st->caller);
	st->caller.decided = &st->decided;
	st->caller.told = st->told = json_object();
	if (!is_upload(rq, st->upload_id))
		return 0;
	/* A refusal waits for run: its leaf may not be written here. */
	(void)!begin_upload(a, rq, st, &st->refused);
	return 1;
}

static int
api_sink(void *arg, struct http_request *rq, const void *p, size_t n,
    struct http_response *rs)
{
	struct state *st = rq->state;

	(void)arg;
	(void)rs;
	if (st->refused.code == ERR_OK)
		(void)!upload_write(st->upload, p, n, &st->refused);
	return 0;
}

static int
run_upload(struct api *a, struct http_request *rq, struct state *st,
    struct http_response *rs, struct err *e)
{
	int64_t length = http_length(rq);
	char *text;
	json_t *j;

	(void)a;
	if (st->refused.code != ERR_OK) {
		*e = st->refused;
		return -(int)e->code;
	}
	if (length >= 0 && (uint64_t)length != rq->received)
		return err_tag(e, ERR_INVALID, "cut", "the body was cut");
	j = json_pack("{s:s, s:I}", "upload", st->upload_id, "offset",
	    (json_int_t)(st->upload_offset + rq->received));
	text = j != NULL ? json_dumps(j, JSON_COMPACT) : NULL;
	json_decref(j);
	if (text == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	rs->status = 200;
	snprintf(rs->type, sizeof(rs->type), "application/json");
	(void)!buf_addf(&rs->body, NULL, "%s\n", text);
	free(text);
	return 0;
}

/* --- the dispatcher --------------------------------------------------- */

static int
send_json(struct api_call *c, struct err *e)
{
	char *text;
	int r;

	c->rs->status = c->status != 0 ? c->status : 200;
	if (c->answer == NULL)
		return 0;
	snprintf(c->rs->type, sizeof(c->rs->type), "application/json");
	if ((text = json_dumps(c->answer, JSON_COMPACT)) == NULL)
		return err_set(e, ERR_NOMEM, "answer");
	r = buf_addf(&c->rs->body, e, "%s\n", text);
	free(text);
	return r;
}

static int
run_route(struct api_call *c, const struct route *r, struct err *e)
{
	int ret;

	/* Everybody may ask how the vault is; the rest is for somebody. */
	if (r->klass != 0 && (ret = check_caller(&c->caller, e)) < 0)
		return ret;
	if ((ret = parse_body(c, r, e)) < 0)
		return ret;
	if ((ret = r->run(c, e)) < 0)
		return ret;
	return send_json(c, e);
}

static void
fail(struct api *a, const struct api_call *c, enum leaf_class klass,
    const struct err *why)
{
	uint64_t seq;

	if (!err_is_public(why->code))
		log_error("%s %s: %s", c->rq->method, c->rq->path, why->text);
	seq = enter_refusal(a, &c->caller, klass,
	    id_is_zero(&c->object) ? NULL : &c->object, why, c->rq->method,
	    c->rq->path);
	if (c->rs->done != NULL)
		c->rs->done(c->rs->arg);
	c->rs->done = NULL;
	problem_answer(c->rs, why, seq);
}

static void
api_run(void *arg, struct http_request *rq, struct http_response *rs)
{
	char room[PATH_MAX_LEN + API_PARAMS_MAX];
	struct api *a = arg;
	struct state *st = rq->state;
	struct api_call c = { .core = a->core, .rq = rq, .rs = rs };
	const struct route *r = NULL;
	struct err e = { 0 };
	enum leaf_class klass = LEAF_REQUEST;
	int other = 0, ret;

	c.caller = st->caller;
	c.dry_run = http_query(rq, "dry-run") != NULL;
	if (st->upload_id[0] != '\0' && is_upload(rq, st->upload_id)) {
		klass = LEAF_UPLOAD;
		ret = run_upload(a, rq, st, rs, &e);
	} else if (strlen(rq->path) >= PATH_MAX_LEN) {
		ret = err_tag(&e, ERR_INVALID, "path", "the path is too long");
	} else if ((r = find_route(rq, room, c.param, &other)) == NULL) {
		ret = err_tag(&e, other ? ERR_INVALID : ERR_NOT_FOUND,
		    other ? "method" : "route", "no such operation");
	} else {
		klass = r->klass;
		ret = run_route(&c, r, &e);
	}
	if (ret < 0)
		fail(a, &c, klass != 0 ? klass : LEAF_REQUEST, &e);
	json_decref(c.body);
	json_decref(c.answer);
}

/* What the guard refused is an attempt too: it has its leaf. */
static void
api_refuse(void *arg, struct http_request *rq, const char *why,
    struct http_response *rs)
{
	struct api *a = arg;
	struct api_call c = { .core = a->core, .rq = rq, .rs = rs };
	struct err e = { 0 };

	name_caller(a, rq, &c.caller);
	(void)err_tag(&e, ERR_INVALID, "http-form", "%s", why);
	fail(a, &c, LEAF_REQUEST, &e);
}

static void
api_done(void *arg, struct http_request *rq)
{
	struct state *st = rq->state;

	(void)arg;
	if (st != NULL && st->upload != NULL)
		upload_pause(st->upload);
	if (st != NULL)
		json_decref(st->told);
	free(st);
	rq->state = NULL;
}

int
api_open(struct core *core, const struct http_listener *l, size_t n,
    struct api **out, struct err *e)
{
	struct http_handler h = {
		.begin = api_begin,
		.sink = api_sink,
		.run = api_run,
		.refuse = api_refuse,
		.done = api_done,
		.per_uid = HTTP_WORKERS - LEFT_FOR_OTHERS,
	};
	struct api *a;
	int r;

	if ((a = calloc(1, sizeof(*a))) == NULL)
		return err_set(e, ERR_NOMEM, "API");
	a->core = core;
	h.arg = a;
	if ((r = accounts_new(&a->accounts, e)) < 0 ||
	    (r = flood_new(&a->flood, e)) < 0 ||
	    (r = httpd_open(l, n, &h, &a->http, e)) < 0) {
		api_close(a, 0);
		return r;
	}
	*out = a;
	return 0;
}

void
api_close(struct api *a, int timeout_ms)
{
	if (a == NULL)
		return;
	httpd_close(a->http, timeout_ms);
	flood_freep(&a->flood);
	accounts_freep(&a->accounts);
	free(a);
}
