#include "daemon/core/breach_draft.h"

#include <string.h>

#include "base/civil.h"
#include "daemon/core/json_of.h"
#include "daemon/core/reach.h"

static json_t *
clock_json(const struct reporting *x)
{
	char id[ID_TEXT];

	if (x->a->no_clock)
		return json_null();
	id_format(&x->incident.id, id);
	return json_pack("{s:s, s:o, s:o, s:b, s:b, s:I}", "breach", id,
	    "known_at", json_of_time(x->incident.since_ms), "due_at",
	    json_of_time(x->incident.due_ms), "new", x->incident.is_new,
	    "overdue",
	    x->incident.due_ms != 0 && x->incident.due_ms <= x->now_ms, "leaf",
	    (json_int_t)x->incident.leaf);
}

static json_t *
acts_json(const struct reporting *x)
{
	json_t *list = json_array(), *v;
	const char *klass;

	json_object_foreach(x->acts, klass, v)
	{
		json_array_append_new(
		    list, json_pack("{s:s, s:O, s:O}", "class", klass, "done",
			      json_object_get(v, "done"), "refused",
			      json_object_get(v, "refused")));
	}
	return list;
}

static json_t *
seen_json(const struct reporting *x)
{
	json_t *j = exposure_json(x->p, &x->seen);

	if (j == NULL)
		return NULL;
	json_object_update_new(
	    j, json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I, s:I, s:o}",
		   "first_at", x->first_at, "last_at", x->last_at, "lists",
		   (json_int_t)x->sorts[ACT_LIST], "sheets",
		   (json_int_t)x->sorts[ACT_SHEET], "contents",
		   (json_int_t)x->sorts[ACT_CONTENT], "changes",
		   (json_int_t)x->sorts[ACT_CHANGE], "taken_away",
		   (json_int_t)x->sorts[ACT_GONE], "refused",
		   (json_int_t)x->refused, "acts", acts_json(x)));
	return j;
}

static json_t *
could_json(const struct reporting *x)
{
	json_t *j = exposure_json(x->p, &x->could);

	if (j == NULL)
		return NULL;
	json_object_set_new(j, "everything", json_boolean(x->all));
	json_object_set_new(
	    j, "extracts", json_integer((json_int_t)x->extracts));
	json_object_set_new(
	    j, "rules_cut", json_boolean(reach_is_cut(x->reach)));
	return j;
}

static json_t *
recipients_json(const struct reporting *x)
{
	const struct policy_recipient *to;
	json_t *list = json_array(), *n;
	const char *name;

	json_object_foreach(x->recipients, name, n)
	{
		to = policy_recipient(x->p, name);
		json_array_append_new(list,
		    json_pack("{s:s, s:s, s:O}", "recipient", name, "title",
			to != NULL ? to->title : name, "extracts", n));
	}
	return list;
}

/* --- the two articles ----------------------------------------------------- */

/* Which of the three a breach may be of (EDPB guidelines 9/2022). */
static json_t *
nature_json(const struct reporting *x)
{
	json_t *list = json_array();

	if (x->could.cases + x->seen.cases + x->could.erased_cases > 0)
		json_array_append_new(list, json_string("confidentiality"));
	if (x->sorts[ACT_CHANGE] > 0)
		json_array_append_new(list, json_string("integrity"));
	if (x->sorts[ACT_GONE] > 0)
		json_array_append_new(list, json_string("availability"));
	return list;
}

static int
concerns(const struct exposure *x, const struct policy_processing *a)
{
	size_t i, j;

	for (i = 0; a->kinds[i] != NULL; i++)
		for (j = 0; j < x->nkinds; j++)
			if (strcmp(x->kinds[j].name, a->kinds[i]) == 0)
				return 1;
	return 0;
}

static void
add_once(json_t *list, const char *s)
{
	json_t *one;
	size_t i;

	json_array_foreach(list, i, one)
	{
		if (strcmp(json_string_value(one), s) == 0)
			return;
	}
	json_array_append_new(list, json_string(s));
}

/* Categories of persons of the activities whose kinds are concerned. */
static json_t *
categories_json(const struct reporting *x)
{
	const struct policy_processing *all;
	size_t i, j, n = policy_processings(x->p, &all);
	json_t *list = json_array();

	for (i = 0; i < n; i++) {
		if (!policy_in_force(&all[i].when, civil_day(x->now_ms)) ||
		    !concerns(&x->could, &all[i]))
			continue;
		for (j = 0; all[i].persons[j] != NULL; j++)
			add_once(list, all[i].persons[j]);
	}
	return list;
}

/* What stood before, by the register of activities. */
static json_t *
measures_json(const struct reporting *x)
{
	const struct policy_processing *all;
	size_t i, j, n = policy_processings(x->p, &all);
	json_t *list = json_array();

	for (i = 0; i < n; i++)
		for (j = 0; all[i].security[j] != NULL; j++)
			if (policy_in_force(&all[i].when, civil_day(x->now_ms)))
				add_once(list, all[i].security[j]);
	return list;
}

/* What was done since, as far as the rules show it. */
static json_t *
taken_json(const struct reporting *x)
{
	json_t *list = json_array(), *one;
	const char *status;
	size_t i;

	json_array_foreach(x->accounts, i, one)
	{
		status = json_string_value(json_object_get(one, "status"));
		json_array_append_new(
		    list, json_pack("{s:O, s:s, s:b}", "account",
			      json_object_get(one, "account"), "measure",
			      "account-suspended", "done",
			      strcmp(status, "active") != 0));
	}
	return list;
}

static json_t *
operator_json(const struct policy *p)
{
	const struct policy_operator *o = policy_operator(p);

	if (o == NULL)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:s}", "title", o->title, "address",
	    o->address, "contact", o->contact, "dpo", o->dpo);
}

static json_t *
kinds_of(json_t *exposed)
{
	return json_incref(json_object_get(exposed, "kinds"));
}

/* The likely consequences are for a person to write: null. */
static json_t *
article_33(const struct reporting *x, json_t *could)
{
	return json_pack("{s:o, s:I, s:o, s:I, s:o, s:n, s:o, s:o}", "nature",
	    nature_json(x), "persons", (json_int_t)x->could.persons,
	    "categories", categories_json(x), "records",
	    (json_int_t)x->could.documents, "kinds", kinds_of(could),
	    "consequences", "measures", measures_json(x), "taken",
	    taken_json(x));
}

/* Whether the risk is high is for a person to say: null. */
static json_t *
article_34(const struct reporting *x, json_t *could)
{
	return json_pack("{s:n, s:I, s:I, s:O, s:O}", "high_risk", "persons",
	    (json_int_t)x->could.persons, "confidential",
	    (json_int_t)x->could.confidential, "sensitive",
	    json_object_get(could, "sensitive"), "social",
	    json_object_get(could, "social"));
}

json_t *
breach_draft(const struct reporting *x)
{
	json_t *could = could_json(x);

	if (could == NULL)
		return NULL;
	return json_pack("{s:{s:s, s:s, s:s}, s:o, s:o, s:o, s:O, s:o, s:o,"
			 " s:o, s:o, s:o, s:o, s:o, s:I, s:I}",
	    "subject", "kind", x->subject, "name", x->name, "owner", x->owner,
	    "since", json_of_time(x->since_ms), "until",
	    json_of_time(x->until_ms), "clock", clock_json(x), "accounts",
	    x->accounts, "log", log_scanned_json(x->core, &x->log),
	    "article_33", article_33(x, could), "article_34",
	    article_34(x, could), "could", could, "seen", seen_json(x),
	    "recipients", recipients_json(x), "operator", operator_json(x->p),
	    "policy", (json_int_t)policy_version(x->p), "leaf",
	    (json_int_t)x->leaf);
}
