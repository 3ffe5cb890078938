#include "daemon/core/activities.h"

#include <string.h>

#include "base/civil.h"

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "register");
}

static json_t *
texts(const char *const *v)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; v[i] != NULL; i++)
		json_array_append_new(list, json_string(v[i]));
	return list;
}

static json_t *
purposes(const struct policy *p, const struct policy_processing *a)
{
	json_t *list = json_array();
	size_t i;

	for (i = 0; a->purposes[i] != NULL; i++)
		json_array_append_new(
		    list, json_string(policy_purpose_title(p, a->purposes[i])));
	return list;
}

static json_t *
recipients(const struct policy *p, const struct policy_processing *a)
{
	const struct policy_recipient *x;
	json_t *list = json_array();
	size_t i;

	for (i = 0; a->recipients[i] != NULL; i++) {
		x = policy_recipient(p, a->recipients[i]);
		json_array_append_new(
		    list, json_string(x != NULL ? x->title : a->recipients[i]));
	}
	return list;
}

static json_t *
data(const struct policy *p, const struct policy_processing *a)
{
	json_t *list = texts(a->data);
	const struct policy_kind *k;
	size_t i;

	for (i = 0; a->kinds[i] != NULL; i++) {
		k = policy_kind(p, a->kinds[i]);
		json_array_append_new(
		    list, json_string(k != NULL ? k->title : a->kinds[i]));
	}
	return list;
}

static const char *
moment_title(const struct policy *p, const char *name)
{
	const struct policy_moment *m = policy_moment(p, name);

	return m != NULL ? m->title : name;
}

static json_t *
duration(const struct policy *p, const struct policy_kind *k)
{
	const struct policy_retention *t = policy_retention(p, k->retention);
	json_t *j = json_pack("{s:s}", "what", k->title);

	if (t == NULL)
		return j;
	json_object_set_new(
	    j, "active_months", json_integer((json_int_t)t->active_months));
	json_object_set_new(j, "from", json_string(t->from));
	json_object_set_new(
	    j, "from_title", json_string(moment_title(p, t->from)));
	json_object_set_new(j, "intermediate_months",
	    json_integer((json_int_t)t->intermediate_months));
	if (t->intermediate_from != NULL)
		json_object_set_new(
		    j, "intermediate_from", json_string(t->intermediate_from));
	json_object_set_new(j, "source", json_string(t->source));
	return j;
}

static json_t *
durations(const struct policy *p, const struct policy_processing *a)
{
	json_t *list = json_array();
	const struct policy_kind *k;
	size_t i;

	for (i = 0; a->kinds[i] != NULL; i++)
		if ((k = policy_kind(p, a->kinds[i])) != NULL)
			json_array_append_new(list, duration(p, k));
	if (a->duration[0] != '\0')
		json_array_append_new(
		    list, json_pack("{s:s}", "what", a->duration));
	return list;
}

static json_t *
activity(const struct policy *p, const struct policy_processing *a)
{
	return json_pack("{s:s, s:s, s:o, s:s, s:o, s:o, s:o, s:s, s:o, s:o,"
			 " s:s}",
	    "name", a->name, "title", a->title, "purposes", purposes(p, a),
	    "basis", a->basis, "persons", texts(a->persons), "data", data(p, a),
	    "recipients", recipients(p, a), "transfers", a->transfers,
	    "durations", durations(p, a), "security", texts(a->security),
	    "source", a->source);
}

static json_t *
operator_json(const struct policy *p)
{
	const struct policy_operator *o = policy_operator(p);

	if (o == NULL)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s, s:s}", "title", o->title,
	    "address", o->address, "contact", o->contact, "representative",
	    o->representative, "dpo", o->dpo);
}

/* Kinds that no activity names: a hole in the register, which it tells. */
static json_t *
unnamed(const struct policy *p, int32_t day)
{
	const struct policy_processing *a;
	const struct policy_kind *k;
	size_t i, j, m, na = policy_processings(p, &a),
			nk = policy_kinds(p, &k);
	json_t *list = json_array();
	int named;

	for (i = 0; i < nk; i++) {
		named = !policy_in_force(&k[i].when, day);
		for (j = 0; j < na; j++)
			for (m = 0; a[j].kinds[m] != NULL; m++)
				named |= strcmp(a[j].kinds[m], k[i].name) == 0;
		if (!named)
			json_array_append_new(list, json_string(k[i].title));
	}
	return list;
}

int
activities_report(struct core *core, const struct caller *caller,
    json_t **answer, struct err *e)
{
	AUTO(json_decrefp) json_t *detail = NULL, *list = json_array();
	const struct policy *p = core->policy;
	const struct policy_processing *all;
	int64_t now = core_now(core);
	int32_t day = civil_day(now);
	size_t i, n = policy_processings(p, &all);
	struct decision d;
	uint64_t leaf;
	int r;

	if ((r = core_authorize(
		 core, caller, OP_REPORT_READ, NULL, NULL, now, &d, e)) < 0 ||
	    (r = core_check_open(core, e)) < 0)
		return r;
	detail = json_pack("{s:s, s:o}", "report", "register", "decision",
	    decision_json(core, &d));
	if ((r = core_read_leaf(
		 core, caller, LEAF_REPORT, NULL, detail, &leaf, e)) < 0)
		return r;
	for (i = 0; i < n; i++)
		if (policy_in_force(&all[i].when, day) &&
		    json_array_append_new(list, activity(p, &all[i])) < 0)
			return no_memory(e);
	*answer = json_pack("{s:o, s:O, s:o, s:I, s:I}", "operator",
	    operator_json(p), "activities", list, "unnamed", unnamed(p, day),
	    "policy", (json_int_t)policy_version(p), "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : no_memory(e);
}
