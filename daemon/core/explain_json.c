/*
 * Facts as JSON and back. What is at its default is left out, so that one
 * value has one text, and a reader refuses what a writer would not write.
 */
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "daemon/core/explain.h"
#include "daemon/core/rules.h"

/* --- access ----------------------------------------------------------- */

struct kept_text {
	const char *name;
	size_t at, size;
};
#define TEXT(name, member)                                                     \
	{                                                                      \
		name, offsetof(struct access_kept, member),                    \
		    sizeof(((struct access_kept *)NULL)->member)               \
	}
static const struct kept_text who_texts[] = {
	TEXT("account", account),
	TEXT("role", role),
	TEXT("team", team),
	TEXT("organisation", organisation),
};
static const struct kept_text case_texts[] = {
	TEXT("team", case_team),
	TEXT("organisation", case_organisation),
	TEXT("state", case_state),
};
static const struct kept_text kind_text = TEXT("kind", kind),
			      purpose_text = TEXT("purpose", purpose);

#define FLAG(name, member)                                                     \
	{                                                                      \
		name, offsetof(struct access_kept, member)                     \
	}
static const struct {
	const char *name;
	size_t at;
} flags[] = {
	FLAG("nobody", is_nobody),
	FLAG("suspended", is_suspended),
	FLAG("partner", is_partner),
	FLAG("own", own_case),
	FLAG("glass", broken_glass),
	FLAG("stepped_up", stepped_up),
};

static const char *
text_at(const struct access_kept *f, const struct kept_text *t)
{
	return (const char *)f + t->at;
}

static int
flag_at(const struct access_kept *f, size_t at)
{
	int v;

	memcpy(&v, (const char *)f + at, sizeof(v));
	return v;
}

/* A string; what a caller sent and is no UTF-8 as {"hex": …}. */
static json_t *
text_json(const char *s)
{
	char hex[2 * POLICY_NAME_MAX + 1];
	size_t n = strlen(s);

	if (utf8_is_valid(s, n))
		return json_string(s);
	if (n > POLICY_NAME_MAX)
		n = POLICY_NAME_MAX;
	hex_format(s, n, hex);
	return json_pack("{s:s}", "hex", hex);
}

static int
put_texts(
    json_t *j, const struct access_kept *f, const struct kept_text *t, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (*text_at(f, &t[i]) != '\0' &&
		    json_object_set_new(
			j, t[i].name, text_json(text_at(f, &t[i]))) < 0)
			return -1;
	return 0;
}

static int
put_case(json_t *j, const struct access_kept *f)
{
	json_t *kase = json_object();

	if (json_object_set_new(j, "case", kase) < 0)
		return -1;
	return put_texts(kase, f, case_texts, NELEMS(case_texts));
}

json_t *
access_kept_json(const struct access_kept *f)
{
	json_t *j = json_pack("{s:I, s:s, s:i}", "uid", (json_int_t)f->uid,
	    "op", policy_op_name(f->op), "day", (int)f->day);
	size_t i;
	int bad;

	if (j == NULL)
		return NULL;
	bad = put_texts(j, f, who_texts, NELEMS(who_texts)) < 0;
	for (i = 0; i < NELEMS(flags); i++)
		if (flag_at(f, flags[i].at))
			bad |= json_object_set_new(
				   j, flags[i].name, json_true()) < 0;
	if (f->has_kind)
		bad |= json_object_set_new(j, "kind", text_json(f->kind)) < 0;
	if (f->has_purpose)
		bad |= json_object_set_new(
			   j, "purpose", text_json(f->purpose)) < 0;
	if (f->has_case)
		bad |= put_case(j, f) < 0;
	if (bad) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static int
bad_facts(const char *name, struct err *e)
{
	return err_set(e, ERR_INVALID, "kept facts: %s", name);
}

/* {"hex": …}: only what could be no string. */
static int
parse_hex(const json_t *v, const struct kept_text *t, char *out, struct err *e)
{
	const char *s = json_string_value(json_object_get(v, "hex"));
	size_t n = s != NULL ? strlen(s) / 2 : 0;

	if (n == 0 || n >= t->size || json_object_size(v) != 1 ||
	    strlen(s) % 2 != 0 || strspn(s, "0123456789abcdef") != 2 * n ||
	    hex_parse(s, out, n, NULL) < 0 || memchr(out, 0, n) != NULL ||
	    utf8_is_valid(out, n))
		return bad_facts(t->name, e);
	out[n] = '\0';
	return 0;
}

/* One text; 1 when it was there. */
static int
get_text(const json_t *j, const struct kept_text *t, int may_be_empty,
    struct access_kept *f, struct err *e)
{
	const json_t *v = json_object_get(j, t->name);
	char *out = (char *)f + t->at;
	int r;

	if (v == NULL)
		return 0;
	if (json_is_object(v))
		return (r = parse_hex(v, t, out, e)) < 0 ? r : 1;
	if (!json_is_string(v) || json_string_length(v) >= t->size ||
	    strlen(json_string_value(v)) != json_string_length(v) ||
	    (json_string_length(v) == 0 && !may_be_empty))
		return bad_facts(t->name, e);
	memcpy(out, json_string_value(v), json_string_length(v) + 1);
	return 1;
}

/* How many of them were there. */
static int
get_texts(const json_t *j, const struct kept_text *t, size_t n,
    struct access_kept *f, struct err *e)
{
	size_t i;
	int r, count = 0;

	for (i = 0; i < n; i++, count += r)
		if ((r = get_text(j, &t[i], 0, f, e)) < 0)
			return r;
	return count;
}

static int
get_flags(const json_t *j, struct access_kept *f, struct err *e)
{
	const json_t *v;
	const int yes = 1;
	size_t i;
	int count = 0;

	for (i = 0; i < NELEMS(flags); i++) {
		if ((v = json_object_get(j, flags[i].name)) == NULL)
			continue;
		if (!json_is_true(v))
			return bad_facts(flags[i].name, e);
		memcpy((char *)f + flags[i].at, &yes, sizeof(yes));
		count++;
	}
	return count;
}

static int
get_case(const json_t *j, struct access_kept *f, struct err *e)
{
	const json_t *kase = json_object_get(j, "case");
	int r;

	if (kase == NULL)
		return 0;
	if ((r = get_texts(kase, case_texts, NELEMS(case_texts), f, e)) < 0)
		return r;
	if (!json_is_object(kase) || json_object_size(kase) != (size_t)r)
		return bad_facts("case", e);
	f->has_case = 1;
	return 1;
}

/* uid, op and day: always there. */
static int
get_plain(const json_t *j, struct access_kept *f, struct err *e)
{
	const json_t *uid = json_object_get(j, "uid"),
		     *day = json_object_get(j, "day");
	const char *op = json_string_value(json_object_get(j, "op"));

	if (!json_is_integer(uid) || json_integer_value(uid) < 0 ||
	    json_integer_value(uid) > UINT32_MAX)
		return bad_facts("uid", e);
	if (!json_is_integer(day) || json_integer_value(day) < INT32_MIN ||
	    json_integer_value(day) > INT32_MAX)
		return bad_facts("day", e);
	if (op == NULL || !policy_op_from_name(op, &f->op))
		return bad_facts("op", e);
	f->uid = (uint32_t)json_integer_value(uid);
	f->day = (int32_t)json_integer_value(day);
	return 3;
}

int
access_kept_parse(const json_t *j, struct access_kept *out, struct err *e)
{
	struct access_kept f;
	int r, count;

	memset(&f, 0, sizeof(f));
	if ((r = get_plain(j, &f, e)) < 0)
		return r;
	count = r;
	if ((r = get_texts(j, who_texts, NELEMS(who_texts), &f, e)) < 0)
		return r;
	count += r;
	if ((r = get_flags(j, &f, e)) < 0)
		return r;
	count += r;
	if ((f.has_kind = get_text(j, &kind_text, 1, &f, e)) < 0)
		return f.has_kind;
	if ((f.has_purpose = get_text(j, &purpose_text, 1, &f, e)) < 0)
		return f.has_purpose;
	if ((r = get_case(j, &f, e)) < 0)
		return r;
	count += f.has_kind + f.has_purpose + r;
	if (json_object_size(j) != (size_t)count)
		return bad_facts("unknown member", e);
	*out = f;
	return 0;
}

/* --- disclosure ------------------------------------------------------- */

static const char *const diagnoses[] = {
	[DIAGNOSIS_UNKNOWN] = "",
	[DIAGNOSIS_ACCEPTED] = "accepted",
	[DIAGNOSIS_REFUSED] = "refused",
};

/* What no rule can name may be any such thing: the decision is the same. */
static json_t *
name_json(const char *s)
{
	return json_string(utf8_is_valid(s, strlen(s)) ? s : "?");
}

static json_t *
names_json(const char *const *s)
{
	json_t *a = json_array();

	for (; *s != NULL; s++)
		if (json_array_append_new(a, name_json(*s)) < 0) {
			json_decref(a);
			return NULL;
		}
	return a;
}

static int
put_name(json_t *j, const char *name, const char *s)
{
	return s == NULL ? 0 : json_object_set_new(j, name, name_json(s));
}

static int
put_names(json_t *j, const char *name, const char *const *s)
{
	return s == NULL ? 0 : json_object_set_new(j, name, names_json(s));
}

static int
put_adults(json_t *j, const struct disclosure_facts *f)
{
	json_t *list = json_array(), *one;
	size_t i;

	if (json_object_set_new(j, "adults", list) < 0)
		return -1;
	for (i = 0; i < f->nadults; i++) {
		one = json_object();
		if (json_array_append_new(list, one) < 0 ||
		    put_name(one, "role", f->adults[i].role) < 0 ||
		    put_names(one, "consents", f->adults[i].consents) < 0)
			return -1;
	}
	return 0;
}

json_t *
disclosure_facts_json(const struct disclosure_facts *f)
{
	json_t *j = json_pack("{s:i}", "day", (int)f->day);

	if (j == NULL)
		return NULL;
	if (put_name(j, "recipient", f->recipient) < 0 ||
	    put_name(j, "purpose", f->purpose) < 0 ||
	    put_name(j, "stage", f->stage) < 0 ||
	    put_name(j, "state", f->case_state) < 0 ||
	    put_names(j, "consents", f->consents) < 0 ||
	    put_names(j, "events", f->events) < 0 ||
	    (f->objection &&
		json_object_set_new(j, "objection", json_true()) < 0) ||
	    (f->diagnosis != DIAGNOSIS_UNKNOWN &&
		put_name(j, "diagnosis", diagnoses[f->diagnosis]) < 0) ||
	    (f->nadults > 0 && put_adults(j, f) < 0)) {
		json_decref(j);
		return NULL;
	}
	return j;
}

void
disclosure_kept_done(struct disclosure_kept *k)
{
	json_decref(k->from);
	k->from = NULL;
}

/* A name that may be missing. 1 when it was there. */
static int
get_name(const json_t *j, const char *name, const char **out, struct err *e)
{
	const json_t *v = json_object_get(j, name);

	*out = NULL;
	if (v == NULL)
		return 0;
	if (!json_is_string(v))
		return bad_facts(name, e);
	*out = json_string_value(v);
	return 1;
}

/* room counts the NULL at the end. */
static int
get_names(const json_t *j, const char *name, const char **room, size_t size,
    const char *const **out, struct err *e)
{
	const json_t *v = json_object_get(j, name), *one;
	size_t i;

	*out = NULL;
	if (v == NULL)
		return 0;
	if (!json_is_array(v) || json_array_size(v) >= size)
		return bad_facts(name, e);
	json_array_foreach(v, i, one)
	{
		if (!json_is_string(one))
			return bad_facts(name, e);
		room[i] = json_string_value(one);
	}
	room[i] = NULL;
	*out = room;
	return 1;
}

static int
get_adult(const json_t *j, struct disclosure_kept *k, size_t i, struct err *e)
{
	struct disclosure_adult *a = &k->adults[i];
	int r, count;

	if ((r = get_name(j, "role", &a->role, e)) < 0)
		return r;
	count = r;
	if ((r = get_names(j, "consents", k->agreed[i], NELEMS(k->agreed[i]),
		 &a->consents, e)) < 0)
		return r;
	if (!json_is_object(j) || json_object_size(j) != (size_t)(count + r))
		return bad_facts("adults", e);
	return 0;
}

static int
get_adults(const json_t *j, struct disclosure_kept *k, struct err *e)
{
	const json_t *v = json_object_get(j, "adults"), *one;
	size_t i;
	int r;

	if (v == NULL)
		return 0;
	if (json_array_size(v) == 0 || json_array_size(v) > NELEMS(k->adults))
		return bad_facts("adults", e);
	json_array_foreach(
	    v, i, one) if ((r = get_adult(one, k, i, e)) < 0) return r;
	k->facts.adults = k->adults;
	k->facts.nadults = i;
	return 1;
}

static int
get_state(const json_t *j, struct disclosure_facts *f, struct err *e)
{
	const json_t *objection = json_object_get(j, "objection"),
		     *day = json_object_get(j, "day");
	const char *diagnosis;
	int r;

	if (!json_is_integer(day) || json_integer_value(day) < INT32_MIN ||
	    json_integer_value(day) > INT32_MAX)
		return bad_facts("day", e);
	if (objection != NULL && !json_is_true(objection))
		return bad_facts("objection", e);
	f->day = (int32_t)json_integer_value(day);
	f->objection = objection != NULL;
	if ((r = get_name(j, "diagnosis", &diagnosis, e)) < 0)
		return r;
	if (r == 0)
		f->diagnosis = DIAGNOSIS_UNKNOWN;
	else if (strcmp(diagnosis, diagnoses[DIAGNOSIS_ACCEPTED]) == 0)
		f->diagnosis = DIAGNOSIS_ACCEPTED;
	else if (strcmp(diagnosis, diagnoses[DIAGNOSIS_REFUSED]) == 0)
		f->diagnosis = DIAGNOSIS_REFUSED;
	else
		return bad_facts("diagnosis", e);
	return 1 + f->objection + r;
}

static int
get_facts(const json_t *j, struct disclosure_kept *k, struct err *e)
{
	struct disclosure_facts *f = &k->facts;
	int got[8], count = 0;
	size_t i;

	if ((got[0] = get_state(j, f, e)) < 0 ||
	    (got[1] = get_name(j, "recipient", &f->recipient, e)) < 0 ||
	    (got[2] = get_name(j, "purpose", &f->purpose, e)) < 0 ||
	    (got[3] = get_name(j, "stage", &f->stage, e)) < 0 ||
	    (got[4] = get_name(j, "state", &f->case_state, e)) < 0 ||
	    (got[5] = get_names(j, "consents", k->consents, NELEMS(k->consents),
		 &f->consents, e)) < 0 ||
	    (got[6] = get_names(j, "events", k->events, NELEMS(k->events),
		 &f->events, e)) < 0 ||
	    (got[7] = get_adults(j, k, e)) < 0)
		return -ERR_INVALID;
	for (i = 0; i < NELEMS(got); i++)
		count += got[i];
	if (json_object_size(j) != (size_t)count)
		return bad_facts("unknown member", e);
	return 0;
}

int
disclosure_facts_parse(
    const json_t *j, struct disclosure_kept *out, struct err *e)
{
	memset(out, 0, sizeof(*out));
	if (get_facts(j, out, e) < 0) {
		memset(out, 0, sizeof(*out));
		return -ERR_INVALID;
	}
	out->from = json_incref((json_t *)(uintptr_t)j);
	return 0;
}

json_t *
disclosure_decision_form(const struct disclosure_facts *f,
    const struct disclosure_decision *d, uint32_t policy, uint32_t generation)
{
	return json_pack("{s:o, s:b, s:s*, s:s*, s:s, s:I, s:o*}", "facts",
	    disclosure_facts_json(f), "allowed", d->allowed, "rule",
	    d->rule != NULL ? d->rule->name : NULL, "tag",
	    d->allowed ? NULL : d->tag, "why", d->why, "policy",
	    (json_int_t)policy, "generation",
	    generation > 0 ? json_integer(generation) : NULL);
}

json_t *
disclosure_decision_json(const struct core *core,
    const struct disclosure_facts *f, const struct disclosure_decision *d)
{
	const struct policy *p = d->policy != NULL ? d->policy : core->policy;

	return disclosure_decision_form(
	    f, d, policy_version(p), rules_generation_of(core, p));
}
