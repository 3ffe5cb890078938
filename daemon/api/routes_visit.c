/* A visit: documents, consents and a refusal as one change; the same from a
 * form that was filled elsewhere. */
#include "base/envelope.h"
#include "base/text.h"
#include "daemon/api/api.h"
#include "daemon/core/brought.h"
#include "daemon/core/json_of.h"
#include "daemon/core/visit.h"

static const char *const document_members[] = { "!kind", "!pages", "signature",
	"level", "title", "replaces", "draft", "provenance", "signers", "proof",
	NULL };
static const char *const sheet_members[] = { "purposes", "persons", "method",
	"evidence", "evidence_document", "given_on", "language", "interpreter",
	"witness", "place", "outcome", "valid_through", "capacity", "acting",
	"capacity_document", "reason", NULL };
static const char *const refusal_members[] = { "!reason", "channel",
	"refused_on", "document", NULL };

/* A part of the body, as if it were one. */
static int
part(struct api_call *c, json_t *o, const char *const *members,
    struct api_call *out, struct err *e)
{
	if (!json_is_object(o))
		return err_tag(
		    e, ERR_INVALID, "member-type", "a part is an object");
	*out = *c;
	out->body = o;
	return api_members(members, o, e);
}

static int
document(
    struct api_call *c, json_t *o, struct visiting *v, size_t i, struct err *e)
{
	struct api_call sub;
	int r;

	if ((r = part(c, o, document_members, &sub, e)) < 0)
		return r;
	return api_filing(&sub, &v->documents[i], e);
}

static int
sheet(
    struct api_call *c, json_t *o, struct visiting *v, size_t i, struct err *e)
{
	json_t *at = json_object_get(o, "evidence_document");
	struct api_call sub;
	int r;

	if ((r = part(c, o, sheet_members, &sub, e)) < 0)
		return r;
	if (at != NULL && (!json_is_integer(at) || json_integer_value(at) < 1 ||
			      json_integer_value(at) > VISIT_DOCUMENTS_MAX))
		return err_tag(e, ERR_INVALID, "visit-evidence",
		    "evidence_document: a document of this visit, from 1");
	v->evidence[i] = (size_t)json_integer_value(at);
	return api_giving(&sub, &v->sheets[i], e);
}

static int
parts(struct api_call *c, const char *name, size_t max, struct visiting *v,
    size_t *n,
    int (*one)(struct api_call *c, json_t *o, struct visiting *v, size_t i,
	struct err *e),
    struct err *e)
{
	json_t *list = json_object_get(c->body, name);
	int r;

	if (list == NULL)
		return 0;
	if (!json_is_array(list) || json_array_size(list) > max)
		return err_tag(e, ERR_INVALID, "member-type",
		    "member \"%s\" is not an array of at most %zu", name, max);
	for (*n = 0; *n < json_array_size(list); (*n)++)
		if ((r = one(c, json_array_get(list, *n), v, *n, e)) < 0)
			return err_wrap(e, "%s[%zu]", name, *n + 1);
	return 0;
}

static int
read_visit(struct api_call *c, struct visiting *v, struct refusing *refusing,
    struct err *e)
{
	json_t *refusal = json_object_get(c->body, "refusal");
	struct api_call sub;
	int r;

	v->kase = c->param[0];
	if ((r = parts(c, "documents", VISIT_DOCUMENTS_MAX, v, &v->ndocuments,
		 document, e)) < 0 ||
	    (r = parts(c, "consents", VISIT_SHEETS_MAX, v, &v->nsheets, sheet,
		 e)) < 0 ||
	    refusal == NULL)
		return r;
	if ((r = part(c, refusal, refusal_members, &sub, e)) < 0 ||
	    (r = api_refusing(&sub, refusing, e)) < 0)
		return err_wrap(e, "refusal");
	v->refusal = refusing;
	return 0;
}

/* 1 and *draft, or 0: it was none. */
static int
read_draft(struct api_call *c, struct id *draft, struct err *e)
{
	const char *text;
	int r;

	if ((r = api_string_or(c, "draft", ID_TEXT - 1, "", &text, e)) < 0 ||
	    text[0] == '\0')
		return r;
	return (r = id_parse(text, draft, e)) < 0 ? r : 1;
}

static int
enter(struct api_call *c, const struct id *envelope, struct err *e)
{
	AUTO(mem_freep) struct visiting *v = calloc(1, sizeof(*v));
	struct refusing refusing = { .kase = c->param[0] };
	struct id draft;
	int r, again = 0;

	if (v == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	if ((r = read_visit(c, v, &refusing, e)) < 0 ||
	    (r = read_draft(c, &draft, e)) < 0)
		return r;
	v->draft = r > 0 ? &draft : NULL;
	v->envelope = envelope;
	r = visit_enter(
	    c->core, &c->caller, v, &c->object, &c->answer, &again, e);
	c->status = again ? 200 : 201;
	return r;
}

static const char *const visit_members[] = { "documents", "consents", "refusal",
	"draft", NULL };

static int
visits_post(struct api_call *c, struct err *e)
{
	return enter(c, NULL, e);
}

/* --- forms ---------------------------------------------------------------- */

static int
enter_brought(struct api_call *c, struct brought *b, struct err *e)
{
	json_t *was = c->body;
	int r;

	if ((r = api_members(visit_members, b->body, e)) < 0)
		return r;
	c->body = b->body;
	r = enter(c, &b->envelope, e);
	c->body = was;
	if (r == 0)
		brought_entered(b);
	return r;
}

static int
forms_post(struct api_call *c, struct err *e)
{
	AUTO(brought_done) struct brought b = { 0 };
	const char *upload;
	int r;

	if ((r = api_string(c, "upload", 32, &upload, e)) < 0 ||
	    (r = brought_open(c->core, &c->caller, c->param[0], upload,
		 &c->object, &b, e)) < 0)
		return r;
	return enter_brought(c, &b, e);
}

/* A public key: whoever may come in at this door may have it. */
static int
intake_key_get(struct api_call *c, struct err *e)
{
	uint8_t pub[P256_PUB_LEN];
	char hex[2 * P256_PUB_LEN + 1];
	struct id id;
	int r;

	if (c->caller.who == NULL)
		return err_tag(e, ERR_DENIED, "nobody",
		    "nobody in this vault has this account");
	if ((r = agent_intake_key(c->core->agent, pub, e)) < 0 ||
	    (r = envelope_key_id(pub, &id, e)) < 0)
		return r;
	hex_format(pub, sizeof(pub), hex);
	c->answer = json_pack("{s:o, s:o, s:s, s:I}", "vault",
	    json_of_id(&c->core->settings.vault), "key", json_of_id(&id),
	    "public", hex, "size_max", (json_int_t)BROUGHT_MAX);
	return c->answer != NULL ? 0 : err_set(e, ERR_NOMEM, "intake key");
}

static const char *const form_members[] = { "!upload", NULL };

const struct route routes_visit[] = {
	{ "POST", "/v1/cases/{case}/visits", API_DOOR_STAFF, LEAF_DOC_FILE,
	    visits_post, visit_members },
	{ "POST", "/v1/cases/{case}/forms", API_DOOR_STAFF, LEAF_FORM_OPEN,
	    forms_post, form_members },
	{ "GET", "/v1/intake-key", API_DOOR_STAFF, 0, intake_key_get, NULL },
	{ 0 },
};
