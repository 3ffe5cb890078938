#include "daemon/core/controle_report.h"

#include <string.h>

#include "base/civil.h"
#include "daemon/core/breach.h"
#include "daemon/core/case.h"
#include "daemon/core/document.h"
#include "daemon/core/erasure.h"
#include "daemon/core/exposure.h"
#include "daemon/core/hold.h"
#include "daemon/core/json_of.h"
#include "daemon/core/register.h"
#include "daemon/core/request.h"
#include "daemon/core/retention.h"
#include "daemon/core/rules.h"

struct counting {
	struct core *core;
	const struct policy *p;
	int64_t now_ms;
	int32_t today;
	struct tx *tx;
	struct exposure all;
	json_t *cases;	   /* {state: n} */
	json_t *retention; /* {rule: {…}} */
	json_t *recipients, *requests, *breaches, *destructions, *certificates;
	uint64_t holds, leaf;
};

static void
counting_done(struct counting *x)
{
	json_decref(x->cases);
	json_decref(x->retention);
	json_decref(x->recipients);
	json_decref(x->requests);
	json_decref(x->breaches);
	json_decref(x->destructions);
	json_decref(x->certificates);
}

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "report");
}

static int
one_more(json_t *j, const char *member)
{
	json_t *n = json_object_get(j, member);

	return n != NULL ? json_integer_set(n, json_integer_value(n) + 1)
			 : json_object_set_new(j, member, json_integer(1));
}

/* --- retention, as an analysis of today would find it --------------------- */

static json_t *
rule_of(struct counting *x, const struct retention_item *i)
{
	const struct policy_retention *rule = i->f.rule;
	const char *name = rule != NULL ? rule->name : "none";
	json_t *one = json_object_get(x->retention, name);

	if (one != NULL)
		return one;
	one = json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i}", "rule", name,
	    "title", rule != NULL ? rule->title : name, "source",
	    rule != NULL ? rule->source : "", "keep", 0, "destroy", 0,
	    "conflict", 0, "waiting", 0);
	return json_object_set_new(x->retention, name, one) < 0 ? NULL : one;
}

static int
count_item(struct counting *x, const struct retention_item *i, struct err *e)
{
	static const char *const verdicts[] = {
		[RETENTION_KEEP] = "keep",
		[RETENTION_DESTROY] = "destroy",
		[RETENTION_CONFLICT] = "conflict",
	};
	json_t *rule = rule_of(x, i);

	if (rule == NULL || one_more(rule, verdicts[i->f.verdict]) < 0 ||
	    (i->f.state == RETENTION_WAITING && one_more(rule, "waiting") < 0))
		return no_memory(e);
	return 0;
}

static int
judge(struct counting *x, const struct id *kase, struct err *e)
{
	AUTO(retention_case_done) struct retention_case c = { .n = 0 };
	size_t i;
	int r;

	if ((r = retention_case_judge(x->core, x->tx, kase, x->today, &c, e)) <
	    0)
		return r;
	for (i = 0; i < c.n; i++)
		if ((r = count_item(x, &c.v[i], e)) < 0)
			return r;
	return 0;
}

/* --- volumes ---------------------------------------------------------------
 */

static int
each_document(void *arg, const struct document_facts *doc, struct err *e)
{
	struct counting *x = arg;

	(void)e;
	exposure_add_document(&x->all, doc);
	return 0;
}

static int
each_case(void *arg, const struct case_facts *kase, struct err *e)
{
	struct counting *x = arg;
	int r;

	if (one_more(x->cases, kase->state) < 0)
		return no_memory(e);
	if ((r = exposure_add_case(&x->all, x->tx, kase, e)) < 0 ||
	    (r = document_each_before(
		 x->tx, &kase->id, x->now_ms + 1, each_document, x, e)) < 0)
		return r;
	return strcmp(kase->state, "erased") == 0 ? 0 : judge(x, &kase->id, e);
}

static int
collect(struct counting *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0)
		return r;
	x->tx = &tx;
	if ((r = case_each_before(&tx, x->now_ms + 1, each_case, x, e)) < 0 ||
	    (r = register_counts(&tx, &x->recipients, e)) < 0 ||
	    (r = request_counts(&tx, x->today, &x->requests, e)) < 0 ||
	    (r = breach_counts(&tx, &x->breaches, e)) < 0 ||
	    (r = erasure_since(&tx, 0, &x->destructions, e)) < 0 ||
	    (r = erasure_certificates(&tx, &x->certificates, e)) < 0)
		return r;
	return hold_count(&tx, &x->holds, e);
}

/* How many may work with it, by role: no account is named. */
static json_t *
people_json(const struct policy *p)
{
	const struct principal *all;
	size_t i, n = policy_people(p, &all);
	json_t *roles = json_object();

	for (i = 0; roles != NULL && i < n; i++)
		if (all[i].status == POLICY_ACTIVE &&
		    one_more(roles, all[i].role) < 0) {
			json_decref(roles);
			return NULL;
		}
	return roles;
}

static void
add_titles(struct counting *x)
{
	const struct policy_recipient *to;
	json_t *one;
	size_t i;

	json_array_foreach(x->recipients, i, one)
	{
		to = policy_recipient(
		    x->p, json_string_value(json_object_get(one, "recipient")));
		if (to != NULL)
			json_object_set_new(
			    one, "title", json_string(to->title));
	}
}

static json_t *
values_of(const json_t *by_name)
{
	json_t *list = json_array(), *v;
	const char *name;

	json_object_foreach((json_t *)(uintptr_t)by_name, name, v)
	{
		json_array_append(list, v);
	}
	return list;
}

static int
begin(struct counting *x, const struct caller *caller, struct err *e)
{
	AUTO(json_decrefp) json_t *detail = NULL;
	struct decision d;
	int r;

	if ((r = core_authorize(x->core, caller, OP_REPORT_CONTROLE, NULL, NULL,
		 x->now_ms, &d, e)) < 0 ||
	    (r = core_check_open(x->core, e)) < 0)
		return r;
	detail = json_pack("{s:s, s:o}", "report", "controle", "decision",
	    decision_json(x->core, &d));
	if ((r = core_read_leaf(
		 x->core, caller, LEAF_REPORT, NULL, detail, &x->leaf, e)) < 0)
		return r;
	x->cases = json_object();
	x->retention = json_object();
	return x->cases != NULL && x->retention != NULL ? 0 : no_memory(e);
}

int
controle_report(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e)
{
	AUTO(counting_done)
	struct counting x = {
		.core = core,
		.p = core->policy,
		.now_ms = core_now(core),
	};
	int64_t months = 0;
	int r;

	x.today = civil_day(x.now_ms);
	if (policy_figure_on(
		x.p, "audit-detail-months", x.today, &months, NULL) < 0)
		months = 0;
	if ((r = begin(&x, caller, e)) < 0 || (r = collect(&x, e)) < 0)
		return r;
	add_titles(&x);
	*answer = json_pack("{s:o, s:I, s:I, s:o, s:O, s:o, s:O, s:o, s:O, s:O,"
			    " s:O, s:O, s:I, s:{s:I, s:I}, s:I}",
	    "at", json_of_time(x.now_ms), "policy",
	    (json_int_t)policy_version(x.p), "generation",
	    (json_int_t)rules_generation_of(core, x.p), "volumes",
	    exposure_json(x.p, &x.all), "cases", x.cases, "people",
	    people_json(x.p), "recipients", x.recipients, "retention",
	    values_of(x.retention), "requests", x.requests, "breaches",
	    x.breaches, "destructions", x.destructions, "certificates",
	    x.certificates, "holds", (json_int_t)x.holds, "log", "size",
	    (json_int_t)audit_size(core->audit), "detail_months",
	    (json_int_t)months, "leaf", (json_int_t)x.leaf);
	return *answer != NULL ? 0 : no_memory(e);
}
