#include "daemon/core/odd_reads.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"

#define HOUR_MS INT64_C(3600000)

/* What opens a case or a document of it. */
static const uint16_t readings[] = { LEAF_CASE_READ, LEAF_PERSON_READ,
	LEAF_DOC_READ, LEAF_DOC_META, LEAF_DOC_CHECK, LEAF_CONSENT_READ,
	LEAF_EXTRACT_PREVIEW, LEAF_SUBJECT_EXPORT };

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "odd readings");
}

static int64_t
figure(struct core *core, const char *name)
{
	int64_t v;

	if (policy_figure_on(
		core->policy, name, civil_day(core_now(core)), &v, NULL) < 0)
		return -1;
	return v;
}

int
odd_reads_init(struct odd_reads *o, struct core *core, struct err *e)
{
	*o = (struct odd_reads){
		.core = core,
		.many = figure(core, "odd-cases-a-day"),
		.night_from = figure(core, "odd-night-from"),
		.night_until = figure(core, "odd-night-until"),
		.days = json_object(),
		.found = json_object(),
		.confidential = json_object(),
	};
	return o->days != NULL && o->found != NULL && o->confidential != NULL
		   ? 0
		   : no_memory(e);
}

void
odd_reads_done(struct odd_reads *o)
{
	json_decref(o->days);
	json_decref(o->found);
	json_decref(o->confidential);
}

static const char *
text_of(const json_t *j, const char *member)
{
	const char *s = json_string_value(json_object_get(j, member));

	return s != NULL ? s : "";
}

static int
is_reading(const json_t *entry)
{
	uint16_t klass = 0;
	size_t i;

	if (strcmp(text_of(entry, "outcome"), "ok") != 0 ||
	    strcmp(text_of(entry, "role"), "partner") == 0 ||
	    leaf_class_from_name(text_of(entry, "class"), &klass) < 0)
		return 0;
	for (i = 0; i < NELEMS(readings); i++)
		if (readings[i] == klass)
			return 1;
	return 0;
}

/* Times come in any order; as texts of one form they sort by themselves. */
static int
add(struct odd_reads *o, const char *sort, const json_t *entry, struct err *e)
{
	const char *account = text_of(entry, "account"),
		   *at = text_of(entry, "at");
	char key[160];
	json_t *one;

	snprintf(key, sizeof(key), "%s %s", sort, account);
	if ((one = json_object_get(o->found, key)) == NULL) {
		one = json_pack("{s:s, s:s, s:s, s:i, s:s, s:s}", "sort", sort,
		    "account", account, "role", text_of(entry, "role"), "n", 0,
		    "first_at", at, "last_at", at);
		if (json_object_set_new(o->found, key, one) < 0)
			return no_memory(e);
	}
	json_integer_set(json_object_get(one, "n"),
	    json_integer_value(json_object_get(one, "n")) + 1);
	if (strcmp(at, text_of(one, "first_at")) < 0)
		json_object_set_new(one, "first_at", json_string(at));
	if (strcmp(at, text_of(one, "last_at")) > 0)
		json_object_set_new(one, "last_at", json_string(at));
	return 0;
}

/* Hours of the day in Paris; on the two Sundays when the clocks change one
 * may be counted off. */
static int
is_night(const struct odd_reads *o, int64_t ms)
{
	int64_t hour;

	if (o->night_from < 0 || o->night_until < 0)
		return 0;
	hour = (ms - civil_start_ms(civil_day(ms))) / HOUR_MS;
	return o->night_from <= o->night_until
		   ? hour >= o->night_from && hour < o->night_until
		   : hour >= o->night_from || hour < o->night_until;
}

static int
is_confidential(struct odd_reads *o, const char *kase, struct err *e)
{
	json_t *known = json_object_get(o->confidential, kase);
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	int r;

	if (known != NULL)
		return json_is_true(known);
	if (id_parse(kase, &id, NULL) < 0)
		return 0;
	if ((r = tx_read(o->core->catalog, &tx, e)) < 0 ||
	    (r = person_address_is_confidential(&tx, &id, e)) < 0)
		return r;
	if (json_object_set_new(o->confidential, kase, json_boolean(r)) < 0)
		return no_memory(e);
	return r;
}

/* Who has a team and read a case of another. */
static int
is_other_team(const json_t *entry)
{
	const json_t *facts = json_object_get(
	    json_object_get(json_object_get(entry, "detail"), "decision"),
	    "facts");
	const char *own = text_of(facts, "team"),
		   *its = text_of(json_object_get(facts, "case"), "team");

	return own[0] != '\0' && its[0] != '\0' && strcmp(own, its) != 0;
}

static int
add_day(struct odd_reads *o, const json_t *entry, int64_t ms, const char *kase,
    struct err *e)
{
	char key[160], day[11];
	json_t *cases;

	date_format(civil_day(ms), day);
	snprintf(key, sizeof(key), "%s %s %s", text_of(entry, "account"),
	    text_of(entry, "role"), day);
	if ((cases = json_object_get(o->days, key)) == NULL) {
		cases = json_object();
		if (json_object_set_new(o->days, key, cases) < 0)
			return no_memory(e);
	}
	return json_object_set_new(cases, kase, json_true()) < 0 ? no_memory(e)
								 : 0;
}

int
odd_reads_look(struct odd_reads *o, const json_t *entry, struct err *e)
{
	const char *kase = text_of(json_object_get(entry, "detail"), "case");
	int64_t ms;
	int r;

	if (!is_reading(entry) || kase[0] == '\0' ||
	    time_parse(text_of(entry, "at"), &ms, NULL) < 0)
		return 0;
	if ((r = add_day(o, entry, ms, kase, e)) < 0 ||
	    (is_night(o, ms) && (r = add(o, "night", entry, e)) < 0) ||
	    (is_other_team(entry) && (r = add(o, "other-team", entry, e)) < 0))
		return r;
	if ((r = is_confidential(o, kase, e)) <= 0)
		return r;
	return add(o, "confidential-address", entry, e);
}

static json_t *
many_json(const char *key, size_t n)
{
	char account[64], role[64], day[16];

	if (sscanf(key, "%63s %63s %15s", account, role, day) != 3)
		return json_null();
	return json_pack("{s:s, s:s, s:s, s:I, s:s}", "sort",
	    "many-cases-in-a-day", "account", account, "role", role, "n",
	    (json_int_t)n, "day", day);
}

json_t *
odd_reads_json(struct odd_reads *o)
{
	json_t *list = json_array(), *v;
	const char *key;

	if (list == NULL)
		return NULL;
	json_object_foreach(o->days, key, v)
	{
		if (o->many >= 0 && (int64_t)json_object_size(v) > o->many)
			json_array_append_new(
			    list, many_json(key, json_object_size(v)));
	}
	json_object_foreach(o->found, key, v)
	{
		json_array_append(list, v);
	}
	return list;
}
