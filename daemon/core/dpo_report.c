#include "daemon/core/dpo_report.h"

#include <string.h>

#include "base/civil.h"
#include "daemon/core/approval.h"
#include "daemon/core/breach_report.h"
#include "daemon/core/clock.h"
#include "daemon/core/consent.h"
#include "daemon/core/due.h"
#include "daemon/core/erasure.h"
#include "daemon/core/glass.h"
#include "daemon/core/hold.h"
#include "daemon/core/json_of.h"
#include "daemon/core/log_scan.h"
#include "daemon/core/odd_reads.h"
#include "daemon/core/rules_rows.h"

struct page {
	struct core *core;
	const struct caller *caller;
	const struct policy *p;
	int64_t now_ms, since_ms;
	struct tx *tx;
	struct odd_reads odd;
	json_t *opinions, *glass, *refusals, *withdrawals, *due, *destructions;
	uint64_t floods, holds, leaf;
	char published[32], unpublished[32]; /* last one, last that failed */
	struct log_scanned log;
};

static void
page_done(struct page *x)
{
	odd_reads_done(&x->odd);
	json_decref(x->opinions);
	json_decref(x->glass);
	json_decref(x->refusals);
	json_decref(x->withdrawals);
	json_decref(x->due);
	json_decref(x->destructions);
}

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "report");
}

/* --- by the log ------------------------------------------------------------
 */

static const char *
text_of(const json_t *j, const char *member)
{
	const char *s = json_string_value(json_object_get(j, member));

	return s != NULL ? s : "";
}

static void
one_more(json_t *j, const char *member)
{
	json_t *n = json_object_get(j, member);

	json_integer_set(n, json_integer_value(n) + 1);
}

/* Denied, or refused for another reason: by account. */
static int
add_refusal(
    struct page *x, const json_t *entry, const char *outcome, struct err *e)
{
	const char *account = text_of(entry, "account");
	json_t *one = json_object_get(x->refusals, account);

	if (one == NULL) {
		one = json_pack("{s:s, s:s, s:i, s:i, s:s}", "account", account,
		    "role", text_of(entry, "role"), "denied", 0, "other", 0,
		    "last_at", text_of(entry, "at"));
		if (json_object_set_new(x->refusals, account, one) < 0)
			return no_memory(e);
	}
	one_more(one, strcmp(outcome, "denied") == 0 ? "denied" : "other");
	return 0;
}

/* Newest first: the first of each is the last that happened. */
static int
each_leaf(void *arg, const json_t *entry, struct err *e)
{
	struct page *x = arg;
	const char *klass = text_of(entry, "class"),
		   *outcome = text_of(entry, "outcome");
	int ok = strcmp(outcome, "ok") == 0;
	char *last;

	if (strcmp(klass, "publish") == 0) {
		last = ok ? x->published : x->unpublished;
		if (last[0] == '\0')
			snprintf(last, 32, "%s", text_of(entry, "at"));
		return 0;
	}
	if (strcmp(klass, "flood") == 0)
		x->floods++;
	if (!ok && strcmp(outcome, "sealed") != 0)
		return add_refusal(x, entry, outcome, e);
	return odd_reads_look(&x->odd, entry, e);
}

/* --- what waits for an opinion ---------------------------------------------
 */

/* Is it still to be decided? A thing that was done waits for nobody. */
static int
is_open(struct page *x, const struct approval_subject *s, struct err *e)
{
	AUTO(rules_row_done) struct rules_row row = { 0 };
	int r;

	if (strncmp(s->what, "rules", 5) != 0 &&
	    strncmp(s->what, "people", 6) != 0)
		return erasure_is_undecided(x->tx, &s->id, e);
	if ((r = rules_row_load(x->tx, &s->id, &row, e)) < 0)
		return r;
	return row.generation == 0 && row.base == rules_generation(x->core);
}

static int
each_subject(void *arg, const struct approval_subject *s, struct err *e)
{
	struct page *x = arg;
	const struct policy_approval *rule = policy_approval(x->p, s->what);
	int r;

	if (rule == NULL || rule->opinions[0] == NULL ||
	    (r = is_open(x, s, e)) == 0)
		return 0;
	if (r < 0)
		return r;
	return json_array_append_new(x->opinions,
		   json_pack("{s:o, s:s, s:o, s:s, s:o}", "subject",
		       json_of_id(&s->id), "what", s->what, "asked_at",
		       json_of_time(s->asked_ms), "asked_by", s->asked_by,
		       "case",
		       id_is_zero(&s->kase) ? json_null()
					    : json_of_id(&s->kase))) < 0
		   ? no_memory(e)
		   : 0;
}

/* --- all of it -------------------------------------------------------------
 */

static int
collect(struct page *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = log_scan(x->core, x->since_ms, x->now_ms + 1, each_leaf, x,
		 &x->log, e)) < 0 ||
	    (r = due_overview(x->core, x->caller, &x->due, e)) < 0 ||
	    (r = tx_read(x->core->catalog, &tx, e)) < 0)
		return r;
	x->tx = &tx;
	if ((r = approval_without_opinion(&tx, each_subject, x, e)) < 0 ||
	    (r = glass_since(&tx, x->since_ms, &x->glass, e)) < 0 ||
	    (r = consent_withdrawals(&tx, x->since_ms, &x->withdrawals, e)) <
		0 ||
	    (r = erasure_since(&tx, x->since_ms, &x->destructions, e)) < 0)
		return r;
	return hold_count(&tx, &x->holds, e);
}

static int
begin(struct page *x, const char *since, struct err *e)
{
	AUTO(json_decrefp) json_t *detail = NULL;
	struct decision d;
	int r;

	if ((r = core_authorize(x->core, x->caller, OP_REPORT_CONTROLE, NULL,
		 NULL, x->now_ms, &d, e)) < 0 ||
	    (r = core_check_open(x->core, e)) < 0 ||
	    (r = report_instant(since, 0, &x->since_ms, e)) < 0)
		return r;
	if (x->since_ms > x->now_ms)
		return err_tag(
		    e, ERR_INVALID, "period", "it begins in the future");
	if ((r = odd_reads_init(&x->odd, x->core, e)) < 0)
		return r;
	detail = json_pack("{s:s, s:s, s:o}", "report", "dpo", "since", since,
	    "decision", decision_json(x->core, &d));
	if ((r = core_read_leaf(x->core, x->caller, LEAF_REPORT, NULL, detail,
		 &x->leaf, e)) < 0)
		return r;
	x->opinions = json_array();
	x->refusals = json_object();
	return x->opinions != NULL && x->refusals != NULL ? 0 : no_memory(e);
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

/* The rules' words for what was withdrawn. */
static void
add_titles(struct page *x)
{
	const struct policy_consent *c;
	json_t *w;
	size_t i;

	json_array_foreach(x->withdrawals, i, w)
	{
		if ((c = policy_consent(x->p, text_of(w, "purpose"))) != NULL)
			json_object_set_new(w, "title", json_string(c->title));
	}
}

static json_t *
answer_of(struct page *x)
{
	return json_pack("{s:o, s:o, s:O, s:O, s:o, s:I, s:o, s:{s:I, s:I,"
			 " s:I}, s:O, s:O, s:O, s:I, s:o, s:{s:s, s:s}, s:o,"
			 " s:I, s:I}",
	    "since", json_of_time(x->since_ms), "until",
	    json_of_time(x->now_ms), "opinions", x->opinions, "break_glass",
	    x->glass, "refusals", values_of(x->refusals), "floods",
	    (json_int_t)x->floods, "odd", odd_reads_json(&x->odd), "figures",
	    "cases_a_day", (json_int_t)x->odd.many, "night_from",
	    (json_int_t)x->odd.night_from, "night_until",
	    (json_int_t)x->odd.night_until, "withdrawals", x->withdrawals,
	    "due", x->due, "destructions", x->destructions, "holds",
	    (json_int_t)x->holds, "clock", clock_brief(x->core), "publication",
	    "last_at", x->published, "failed_at", x->unpublished, "log",
	    log_scanned_json(x->core, &x->log), "policy",
	    (json_int_t)policy_version(x->p), "leaf", (json_int_t)x->leaf);
}

int
dpo_report(struct core *core, const struct caller *caller, const char *since,
    json_t **answer, struct err *e)
{
	AUTO(page_done)
	struct page x = {
		.core = core,
		.caller = caller,
		.p = core->policy,
		.now_ms = core_now(core),
	};
	int r;

	if ((r = begin(&x, since, e)) < 0 || (r = collect(&x, e)) < 0)
		return r;
	add_titles(&x);
	*answer = answer_of(&x);
	return *answer != NULL ? 0 : no_memory(e);
}
