/* The rules in force, and how others take their place. */
#include <stdlib.h>

#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/rules.h"

#define SIGNATURE_MAX 16384

static json_t *
strings_json(const char *const *s)
{
	json_t *a = json_array();

	for (; s != NULL && *s != NULL; s++)
		json_array_append_new(a, json_string(*s));
	return a;
}

static int
policy_get(struct api_call *c, struct err *e)
{
	const struct policy *p = c->core->policy;
	char rules[2 * SHA256_LEN + 1], people[2 * SHA256_LEN + 1];
	const struct policy_recipient *rec;
	const struct policy_kind *kind;
	json_t *kinds = json_array(), *recs = json_array();
	size_t i, n;

	for (n = policy_kinds(p, &kind), i = 0; i < n; i++)
		json_array_append_new(
		    kinds, json_pack("{s:s, s:b, s:o, s:o}", "kind",
			       kind[i].name, "record", kind[i].is_record,
			       "media", strings_json(kind[i].media), "levels",
			       strings_json(kind[i].levels)));
	for (n = policy_recipients(p, &rec), i = 0; i < n; i++)
		json_array_append_new(recs,
		    json_pack("{s:s, s:s, s:s}", "recipient", rec[i].name,
			"title", rec[i].title, "channel", rec[i].channel));
	hex_format(policy_sha256(p), SHA256_LEN, rules);
	hex_format(policy_people_sha256(p), SHA256_LEN, people);
	c->answer = json_pack("{s:i, s:i, s:s, s:s, s:o, s:o}", "generation",
	    (int)rules_generation_of(c->core, p), "version",
	    (int)policy_version(p), "sha256", rules, "people_sha256", people,
	    "kinds", kinds, "recipients", recs);
	return c->answer != NULL ? 0 : err_set(e, ERR_NOMEM, "policy");
}

/* ?generation=N; absent: 0, those in force. */
static int
generation_of(const struct api_call *c, uint32_t *out, struct err *e)
{
	const char *s = http_query(c->rq, "generation");
	uint64_t v;

	*out = 0;
	if (s == NULL)
		return 0;
	if (text_decimal(s, strlen(s), &v, NULL) < 0 || v == 0 || v > INT32_MAX)
		return err_tag(e, ERR_INVALID, "generation", "bad generation");
	*out = (uint32_t)v;
	return 0;
}

static int
files_get(struct api_call *c, struct err *e)
{
	uint32_t generation;
	int r;

	if ((r = generation_of(c, &generation, e)) < 0)
		return r;
	return rules_files(c->core, &c->caller, generation, &c->answer, e);
}

static int
history_get(struct api_call *c, struct err *e)
{
	return rules_history(c->core, &c->caller, &c->answer, e);
}

/* --- proposals ---------------------------------------------------------- */

/* A candidate's files, and what was decoded for them. */
struct candidate {
	struct policy_file v[POLICY_FILES_MAX];
	struct buf decoded[POLICY_FILES_MAX];
	size_t n;
};

static void
candidate_free(struct candidate **cp)
{
	size_t i;

	if (*cp == NULL)
		return;
	for (i = 0; i < (*cp)->n; i++)
		buf_done(&(*cp)->decoded[i]);
	free(*cp);
	*cp = NULL;
}

static int
bad_file(struct err *e, const char *why)
{
	return err_tag(
	    e, ERR_INVALID, "member-type", "member \"files\": %s", why);
}

/* {name, text}, {name, base64} or {name, removed: true}, and nothing else. */
static int
read_file(json_t *j, struct policy_file *f, struct buf *room, struct err *e)
{
	json_t *text = json_object_get(j, "text");
	json_t *base64 = json_object_get(j, "base64");
	json_t *removed = json_object_get(j, "removed");

	f->name = json_string_value(json_object_get(j, "name"));
	if (f->name == NULL || *f->name == '\0' ||
	    strlen(f->name) != json_string_length(json_object_get(j, "name")))
		return bad_file(e, "a file has no name");
	if (json_object_size(j) != 2)
		return bad_file(e, "one of text, base64, removed");
	if (json_is_true(removed))
		return 0;
	if (json_is_string(text)) {
		f->p = json_string_value(text);
		f->n = json_string_length(text);
		return 0;
	}
	if (!json_is_string(base64))
		return bad_file(e, "one of text, base64, removed");
	if (base64_parse(json_string_value(base64), json_string_length(base64),
		room, NULL) < 0)
		return bad_file(e, "base64");
	f->p = buf_str(room);
	f->n = room->len;
	return 0;
}

static int
read_files(const struct api_call *c, struct candidate *out, struct err *e)
{
	json_t *list = json_object_get(c->body, "files"), *item;
	size_t i;
	int r;

	if (!json_is_array(list))
		return bad_file(e, "not an array");
	if (json_array_size(list) > NELEMS(out->v))
		return err_tag(e, ERR_TOO_LARGE, "rules-size",
		    "more than %zu files", NELEMS(out->v));
	json_array_foreach(list, i, item)
	{
		if (!json_is_object(item))
			return bad_file(e, "not an array of objects");
		out->n = i + 1;
		if ((r = read_file(item, &out->v[i], &out->decoded[i], e)) < 0)
			return r;
	}
	return 0;
}

static int
proposals_post(struct api_call *c, struct err *e)
{
	AUTO(candidate_free) struct candidate *files = NULL;
	struct rules_candidate rules;
	int r;

	if ((files = calloc(1, sizeof(*files))) == NULL)
		return err_set(e, ERR_NOMEM, "rules");
	if ((r = read_files(c, files, e)) < 0)
		return r;
	rules.files = files->v;
	rules.n = files->n;
	c->status = c->dry_run ? 200 : 201;
	return rules_propose(
	    c->core, &c->caller, &rules, c->dry_run, &c->object, &c->answer, e);
}

static int
proposal_get(struct api_call *c, struct err *e)
{
	return rules_show_proposal(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
approvals_post(struct api_call *c, struct err *e)
{
	const char *signature;
	int r;

	if ((r = api_string(c, "signature", SIGNATURE_MAX, &signature, e)) < 0)
		return r;
	return rules_approve(c->core, &c->caller, c->param[0], signature,
	    &c->object, &c->answer, e);
}

static int
application_post(struct api_call *c, struct err *e)
{
	return rules_apply(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static const char *const proposing[] = { "!files", NULL };
static const char *const approving[] = { "!signature", NULL };
static const char *const none[] = { NULL };

const struct route routes_policy[] = {
	{ "GET", "/v1/policy", API_DOOR_STAFF, LEAF_POLICY_READ, policy_get,
	    NULL },
	{ "GET", "/v1/policy/files", API_DOOR_STAFF, LEAF_POLICY_READ,
	    files_get, NULL },
	{ "GET", "/v1/policy/history", API_DOOR_STAFF, LEAF_POLICY_READ,
	    history_get, NULL },
	{ "POST", "/v1/policy/proposals", API_DOOR_STAFF, LEAF_POLICY_PROPOSE,
	    proposals_post, proposing },
	{ "GET", "/v1/policy/proposals/{proposal}", API_DOOR_STAFF,
	    LEAF_POLICY_READ, proposal_get, NULL },
	{ "POST", "/v1/policy/proposals/{proposal}/approvals", API_DOOR_STAFF,
	    LEAF_APPROVAL, approvals_post, approving },
	{ "POST", "/v1/policy/proposals/{proposal}/application", API_DOOR_STAFF,
	    LEAF_POLICY, application_post, none },
	{ 0 },
};
