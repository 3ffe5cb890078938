/* A visit: documents, consents and a refusal as one change. */
#include "daemon/api/api.h"
#include "daemon/core/visit.h"

static const char *const document_members[] = { "!kind", "!pages", "signature",
	"level", "title", "replaces", "draft", "provenance", NULL };
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

static int
visits_post(struct api_call *c, struct err *e)
{
	AUTO(mem_freep) struct visiting *v = calloc(1, sizeof(*v));
	struct refusing refusing = { .kase = c->param[0] };
	int r, again = 0;

	if (v == NULL)
		return err_set(e, ERR_NOMEM, "visit");
	if ((r = read_visit(c, v, &refusing, e)) < 0)
		return r;
	r = visit_enter(
	    c->core, &c->caller, v, &c->object, &c->answer, &again, e);
	c->status = again ? 200 : 201;
	return r;
}

static const char *const visit_members[] = { "documents", "consents", "refusal",
	NULL };

const struct route routes_visit[] = {
	{ "POST", "/v1/cases/{case}/visits", API_DOOR_STAFF, LEAF_DOC_FILE,
	    visits_post, visit_members },
	{ 0 },
};
