/* Cases and persons. */
#include "daemon/api/api.h"
#include "daemon/core/case.h"
#include "daemon/core/event.h"

static int
wrong_type(const char *name, const char *what, struct err *e)
{
	return err_tag(e, ERR_INVALID, "member-type", "member \"%s\" is not %s",
	    name, what);
}

/* Strings and numbers of an inner object, which api_string cannot reach. */
static int
inner_string(json_t *o, const char *name, const char *absent, const char **out,
    struct err *e)
{
	json_t *v = json_object_get(o, name);

	if (v == NULL && absent == NULL)
		return err_tag(e, ERR_INVALID, "member-missing",
		    "member \"%s\" is missing", name);
	if (v != NULL && !json_is_string(v))
		return wrong_type(name, "a string", e);
	*out = v != NULL ? json_string_value(v) : absent;
	return 0;
}

static int
birth_year(json_t *o, int32_t *out, struct err *e)
{
	json_t *v = json_object_get(o, "birth_year");
	json_int_t n = json_integer_value(v);

	if (v != NULL && (!json_is_integer(v) || n < 1 || n > 9999))
		return wrong_type("birth_year", "a year", e);
	*out = (int32_t)n;
	return 0;
}

static int
flag(json_t *o, const char *name, int *out, struct err *e)
{
	json_t *v = json_object_get(o, name);

	if (v != NULL && !json_is_boolean(v))
		return wrong_type(name, "true or false", e);
	*out = json_is_true(v);
	return 0;
}

static int
parse_person(json_t *o, struct case_person *p, struct err *e)
{
	int r;

	if ((r = inner_string(o, "role", NULL, &p->role, e)) < 0 ||
	    (r = inner_string(o, "name", NULL, &p->name, e)) < 0 ||
	    (r = inner_string(o, "from", "", &p->from, e)) < 0 ||
	    (r = birth_year(o, &p->birth_year, e)) < 0)
		return r;
	return flag(o, "confidential_address", &p->confidential_address, e);
}

static int
known_person_members(json_t *o, struct err *e)
{
	static const char *const known[] = { "role", "name", "birth_year",
		"confidential_address", "from" };
	const char *name;
	json_t *v;
	size_t i;

	json_object_foreach(o, name, v)
	{
		for (i = 0; i < NELEMS(known); i++)
			if (strcmp(known[i], name) == 0)
				break;
		if (i == NELEMS(known))
			return err_tag(e, ERR_INVALID, "member-unknown",
			    "unknown member \"%.64s\" of a person", name);
	}
	return 0;
}

static int
parse_persons(const struct api_call *c, struct case_person *room,
    struct case_opening *o, struct err *e)
{
	json_t *list = json_object_get(c->body, "persons"), *v;
	size_t i, n = json_array_size(list);
	int r;

	if (list != NULL && !json_is_array(list))
		return wrong_type("persons", "a list", e);
	if (n > CASE_PERSONS_MAX)
		return err_tag(e, ERR_TOO_LARGE, "persons",
		    "more than %d persons", CASE_PERSONS_MAX);
	for (i = 0; i < n; i++) {
		v = json_array_get(list, i);
		if (!json_is_object(v))
			return wrong_type("persons", "a list of objects", e);
		if ((r = known_person_members(v, e)) < 0 ||
		    (r = parse_person(v, &room[i], e)) < 0)
			return r;
	}
	o->persons = room;
	o->npersons = n;
	return 0;
}

static int
cases_post(struct api_call *c, struct err *e)
{
	struct case_person persons[CASE_PERSONS_MAX] = { 0 };
	struct case_opening o = { 0 };
	int r;

	if ((r = api_string(c, "stage", 16, &o.stage, e)) < 0 ||
	    (r = api_string(c, "source", CASE_TEXT_MAX, &o.source, e)) < 0 ||
	    (r = api_string_or(c, "title", CASE_TEXT_MAX, "", &o.title, e)) <
		0 ||
	    (r = api_string_or(
		 c, "commune", CASE_TEXT_MAX, "", &o.commune, e)) < 0 ||
	    (r = api_string_or(
		 c, "reference", CASE_TEXT_MAX, "", &o.reference, e)) < 0 ||
	    (r = parse_persons(c, persons, &o, e)) < 0)
		return r;
	c->status = 201;
	return case_open(c->core, &c->caller, &o, &c->answer, e);
}

static int
cases_get(struct api_call *c, struct err *e)
{
	return case_list(c->core, &c->caller, &c->answer, e);
}

static int
case_get(struct api_call *c, struct err *e)
{
	return case_show(
	    c->core, &c->caller, c->param[0], &c->object, &c->answer, e);
}

static int
persons_post(struct api_call *c, struct err *e)
{
	struct case_person p = { 0 };
	int r;

	if ((r = parse_person(c->body, &p, e)) < 0)
		return r;
	c->status = 201;
	return person_add(
	    c->core, &c->caller, c->param[0], &p, &c->object, &c->answer, e);
}

static int
person_get(struct api_call *c, struct err *e)
{
	return person_show(c->core, &c->caller, c->param[0], c->param[1],
	    &c->object, &c->answer, e);
}

static int
changes_post(struct api_call *c, struct err *e)
{
	struct person_change ch = { .kase = c->param[0],
		.person = c->param[1],
		.birth_year = -1,
		.confidential_address = -1 };
	const size_t max = CASE_TEXT_MAX;
	int r;

	if ((r = api_string_or(c, "role", max, NULL, &ch.role, e)) < 0 ||
	    (r = api_string_or(c, "from", max, "", &ch.from, e)) < 0 ||
	    (r = api_string_or(c, "end", max, NULL, &ch.end, e)) < 0 ||
	    (r = api_string_or(c, "until", max, "", &ch.until, e)) < 0 ||
	    (r = api_string_or(c, "name", max, NULL, &ch.name, e)) < 0 ||
	    (json_object_get(c->body, "birth_year") != NULL &&
		(r = birth_year(c->body, &ch.birth_year, e)) < 0) ||
	    (json_object_get(c->body, "confidential_address") != NULL &&
		(r = flag(c->body, "confidential_address",
		     &ch.confidential_address, e)) < 0))
		return r;
	return person_change(
	    c->core, &c->caller, &ch, &c->object, &c->answer, e);
}

static int
events_post(struct api_call *c, struct err *e)
{
	struct event_entry en = { .kase = c->param[0] };
	const size_t max = CASE_TEXT_MAX;
	int r;

	if ((r = api_string(c, "event", max, &en.name, e)) < 0 ||
	    (r = api_string_or(c, "occurred_on", max, "", &en.occurred_on, e)) <
		0 ||
	    (r = api_string_or(c, "document", max, "", &en.document, e)) < 0 ||
	    (r = api_string_or(c, "note", EVENT_NOTE_MAX, "", &en.note, e)) < 0)
		return r;
	c->status = 201;
	return event_add(c->core, &c->caller, &en, &c->object, &c->answer, e);
}

static const char *const opening_members[] = { "!stage", "!source", "title",
	"commune", "reference", "persons", NULL };
static const char *const person_members[] = { "!role", "!name", "birth_year",
	"confidential_address", "from", NULL };
static const char *const change_members[] = { "role", "from", "end", "until",
	"name", "birth_year", "confidential_address", NULL };
static const char *const event_members[] = { "!event", "occurred_on",
	"document", "note", NULL };

const struct route routes_case[] = {
	{ "POST", "/v1/cases", API_DOOR_STAFF, LEAF_CASE_OPEN, cases_post,
	    opening_members },
	{ "GET", "/v1/cases", API_DOOR_STAFF, LEAF_CASE_LIST, cases_get, NULL },
	{ "GET", "/v1/cases/{case}", API_DOOR_STAFF, LEAF_CASE_READ, case_get,
	    NULL },
	{ "POST", "/v1/cases/{case}/persons", API_DOOR_STAFF, LEAF_PERSON_ADD,
	    persons_post, person_members },
	{ "GET", "/v1/cases/{case}/persons/{person}", API_DOOR_STAFF,
	    LEAF_PERSON_READ, person_get, NULL },
	{ "POST", "/v1/cases/{case}/persons/{person}/changes", API_DOOR_STAFF,
	    LEAF_PERSON_EDIT, changes_post, change_members },
	{ "POST", "/v1/cases/{case}/events", API_DOOR_STAFF, LEAF_CASE_EVENT,
	    events_post, event_members },
	{ 0 },
};
