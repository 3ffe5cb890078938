#include "daemon/core/record.h"

#include <math.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

#define PATH_ROOM 160 /* of a field's path in an error's text */

/* --- the text ------------------------------------------------------------ */

/*
 * Depth of the nesting, before any parser recurses: brackets outside of
 * strings. What is not JSON is found by the parser.
 */
static int
check_depth(const uint8_t *p, size_t n, struct err *e)
{
	unsigned depth = 0;
	int in_string = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		if (in_string) {
			if (p[i] == '\\')
				i++;
			else if (p[i] == '"')
				in_string = 0;
			continue;
		}
		if (p[i] == '"')
			in_string = 1;
		if ((p[i] == '[' || p[i] == '{') && ++depth > RECORD_DEPTH_MAX)
			return err_tag(e, ERR_REFUSED, "record-depth",
			    "nested deeper than %d", RECORD_DEPTH_MAX);
		if ((p[i] == ']' || p[i] == '}') && depth > 0)
			depth--;
	}
	return 0;
}

int
record_parse(const void *p, size_t n, json_t **out, struct err *e)
{
	json_error_t je;
	json_t *j;
	int r;

	if (n > RECORD_MAX)
		return err_tag(e, ERR_TOO_LARGE, "record-size",
		    "a record over %llu bytes", (unsigned long long)RECORD_MAX);
	if ((r = check_depth(p, n, e)) < 0)
		return r;
	if ((j = json_loadb(p, n, JSON_REJECT_DUPLICATES, &je)) != NULL) {
		*out = j;
		return 0;
	}
	if (json_error_code(&je) == json_error_duplicate_key)
		return err_tag(e, ERR_REFUSED, "record-duplicate",
		    "line %d: a member twice in one object", je.line);
	/* The parser's text quotes the input: only the place is told. */
	return err_tag(e, ERR_REFUSED, "record-json",
	    "line %d, column %d: not JSON", je.line, je.column);
}

/* --- the form ------------------------------------------------------------ */

/* Where we are: policy is the path of the rules ("charges.montant"), shown
 * the place in the record ("charges[2].montant"). */
struct place {
	char policy[PATH_ROOM], shown[PATH_ROOM];
	int draft; /* what is required may be missing */
};

static int
wrong(const struct place *at, struct err *e, const char *what)
{
	return err_tag(
	    e, ERR_REFUSED, "record-field", "field %s: %s", at->shown, what);
}

static int
enter(const struct place *at, const char *name, struct place *in, struct err *e)
{
	const char *dot = at->policy[0] != '\0' ? "." : "";
	int a, b;

	in->draft = at->draft;
	a = snprintf(
	    in->policy, sizeof(in->policy), "%s%s%s", at->policy, dot, name);
	b = snprintf(
	    in->shown, sizeof(in->shown), "%s%s%s", at->shown, dot, name);
	if (a >= (int)sizeof(in->policy) || b >= (int)sizeof(in->shown))
		return err_tag(e, ERR_REFUSED, "record-field",
		    "a field's name is too long");
	return 0;
}

static int check_members(const struct policy_kind *k, const struct place *at,
    const json_t *object, struct err *e);

static int
string_is_plain(const char *s, int lines)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 || *s == 0x7f) &&
		    !(lines && (*s == '\n' || *s == '\t' || *s == '\r')))
			return 0;
	return 1;
}

static int
check_string(const struct policy_field *f, const struct place *at,
    const json_t *v, struct err *e)
{
	int text = f->type == FIELD_TEXT;
	size_t max = f->max;

	if (max == 0)
		max = text ? RECORD_TEXT_MAX : RECORD_STRING_MAX;
	if (!json_is_string(v))
		return wrong(at, e, "must be a string");
	if (json_string_length(v) > max)
		return wrong(at, e, "is too long");
	if (!string_is_plain(json_string_value(v), text))
		return wrong(at, e, "has control characters");
	return 0;
}

static int
check_amount(const struct place *at, const json_t *v, struct err *e)
{
	double x;

	if (!json_is_number(v))
		return wrong(at, e, "must be a number");
	x = json_number_value(v);
	if (!(fabs(x) <= RECORD_AMOUNT_MAX))
		return wrong(at, e, "is out of range");
	/* k / 100 is rounded once, as the decimal text was. */
	if (round(x * 100) / 100 != x)
		return wrong(at, e, "has more than two decimals");
	return 0;
}

static int
check_date(const struct place *at, const json_t *v, struct err *e)
{
	int32_t day;

	if (!json_is_string(v) ||
	    date_parse(json_string_value(v), &day, NULL) < 0)
		return wrong(at, e, "must be a date, YYYY-MM-DD");
	return 0;
}

/* Which there are: who mistyped one sees it there. */
static int
wrong_code(const struct policy_field *f, const struct place *at, struct err *e)
{
	AUTO(buf_done) struct buf codes = { 0 };
	const char *const *c;
	int r;

	for (c = f->values; c != NULL && *c != NULL; c++)
		if ((r = buf_addf(
			 &codes, e, "%s%s", codes.len > 0 ? ", " : "", *c)) < 0)
			return r;
	return err_tag(e, ERR_REFUSED, "record-field",
	    "field %s: is not one of the codes: %s", at->shown,
	    buf_str(&codes));
}

static int
check_code(const struct policy_field *f, const struct place *at,
    const json_t *v, struct err *e)
{
	const char *const *c;

	if (!json_is_string(v))
		return wrong(at, e, "must be one of the codes");
	for (c = f->values; c != NULL && *c != NULL; c++)
		if (strcmp(*c, json_string_value(v)) == 0)
			return 0;
	return wrong_code(f, at, e);
}

static int
has_children(const struct policy_kind *k, const char *path)
{
	size_t i, n = strlen(path);

	for (i = 0; i < k->nfields; i++)
		if (strncmp(k->fields[i].path, path, n) == 0 &&
		    k->fields[i].path[n] == '.')
			return 1;
	return 0;
}

/* An item: an object when the rules have fields under the list, else one of
 * its codes, else a string. */
static int
check_item(const struct policy_kind *k, const struct policy_field *f,
    const struct place *at, const json_t *v, struct err *e)
{
	if (has_children(k, f->path))
		return check_members(k, at, v, e);
	if (f->values != NULL && f->values[0] != NULL)
		return check_code(f, at, v, e);
	if (!json_is_string(v) || json_string_length(v) > RECORD_STRING_MAX ||
	    !string_is_plain(json_string_value(v), 0))
		return wrong(at, e, "must be a short string");
	return 0;
}

static int
check_list(const struct policy_kind *k, const struct policy_field *f,
    const struct place *at, const json_t *v, struct err *e)
{
	size_t i, n, max = f->max > 0 ? f->max : RECORD_LIST_MAX;
	struct place item;
	int r;

	if (!json_is_array(v))
		return wrong(at, e, "must be a list");
	if ((n = json_array_size(v)) > max)
		return wrong(at, e, "has too many items");
	for (i = 0; i < n; i++) {
		item = *at;
		if (snprintf(item.shown, sizeof(item.shown), "%.140s[%zu]",
			at->shown, i) >= (int)sizeof(item.shown))
			return wrong(at, e, "is too deep");
		if ((r = check_item(k, f, &item, json_array_get(v, i), e)) < 0)
			return r;
	}
	return 0;
}

static int
check_value(const struct policy_kind *k, const struct policy_field *f,
    const struct place *at, const json_t *v, struct err *e)
{
	if (json_is_null(v))
		return wrong(at, e, "is null: leave it out instead");
	switch (f->type) {
	case FIELD_STRING:
	case FIELD_TEXT:
		return check_string(f, at, v, e);
	case FIELD_INTEGER:
		return json_is_integer(v)
			   ? 0
			   : wrong(at, e, "must be a whole number");
	case FIELD_AMOUNT:
		return check_amount(at, v, e);
	case FIELD_DATE:
		return check_date(at, v, e);
	case FIELD_BOOLEAN:
		return json_is_boolean(v)
			   ? 0
			   : wrong(at, e, "must be true or false");
	case FIELD_CODE:
		return check_code(f, at, v, e);
	case FIELD_GROUP:
		return check_members(k, at, v, e);
	case FIELD_LIST:
		return check_list(k, f, at, v, e);
	}
	return wrong(at, e, "has an unknown type in the rules");
}

/* Is path directly under at ("" is the top)? Gives the member's name. */
static const char *
child_name(const char *path, const char *at)
{
	size_t n = strlen(at);

	if (n > 0) {
		if (strncmp(path, at, n) != 0 || path[n] != '.')
			return NULL;
		path += n + 1;
	}
	return strchr(path, '.') == NULL ? path : NULL;
}

static int
check_required(const struct policy_kind *k, const struct place *at,
    const json_t *object, struct err *e)
{
	struct place in;
	const char *name;
	size_t i;
	int r;

	for (i = 0; i < k->nfields && !at->draft; i++) {
		name = child_name(k->fields[i].path, at->policy);
		if (name == NULL || !k->fields[i].required ||
		    json_object_get(object, name) != NULL)
			continue;
		if ((r = enter(at, name, &in, e)) < 0)
			return r;
		return err_tag(e, ERR_REFUSED, "record-incomplete",
		    "field %s: is required", in.shown);
	}
	return 0;
}

/* A name of the input is shown only when it is a plain word. */
static int
unknown_member(const struct place *at, const char *name, struct err *e)
{
	const char *under = at->shown[0] != '\0' ? at->shown : "the record";

	if (strlen(name) <= 64 && string_is_plain(name, 0))
		return err_tag(e, ERR_REFUSED, "record-field",
		    "field %s%s%s: this kind has no such field", at->shown,
		    at->shown[0] != '\0' ? "." : "", name);
	return err_tag(
	    e, ERR_REFUSED, "record-field", "an unknown field in %s", under);
}

static int
check_members(const struct policy_kind *k, const struct place *at,
    const json_t *object, struct err *e)
{
	const struct policy_field *f;
	const char *name;
	struct place in;
	json_t *v;
	int r;

	if (!json_is_object(object))
		return wrong(at, e, "must be an object");
	json_object_foreach((json_t *)(uintptr_t)object, name, v)
	{
		if (strchr(name, '.') != NULL || name[0] == '\0' ||
		    strlen(name) > POLICY_NAME_MAX)
			return unknown_member(at, name, e);
		if ((r = enter(at, name, &in, e)) < 0)
			return r;
		if ((f = policy_field(k, in.policy)) == NULL)
			return unknown_member(at, name, e);
		if ((r = check_value(k, f, &in, v, e)) < 0)
			return r;
	}
	return check_required(k, at, object, e);
}

int
record_check(
    const struct policy_kind *k, const json_t *record, int draft, struct err *e)
{
	struct place top = { "", "", draft };

	if (!json_is_object(record))
		return err_tag(e, ERR_REFUSED, "record-field",
		    "a record must be an object");
	return check_members(k, &top, record, e);
}
