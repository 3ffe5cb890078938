/* What is told of the months frozen, and of the one that runs. */
#include "daemon/core/bilan.h"

#include "base/civil.h"
#include "daemon/core/bilan_count.h"
#include "daemon/core/indicator.h"
#include "daemon/core/json_of.h"

struct telling {
	struct core *core;
	const struct policy *rules;
	int32_t from, until, now;
	json_t *months, *totals, *tables;
	uint64_t leaf;
};

static void
telling_done(struct telling *x)
{
	json_decref(x->months);
	json_decref(x->totals);
	json_decref(x->tables);
}

static int
no_memory(struct err *e)
{
	return err_set(e, ERR_NOMEM, "bilan");
}

/* Both NULL: all there is. */
static int
set_period(
    struct telling *x, const char *from, const char *until, struct err *e)
{
	int r;

	if (from == NULL && until == NULL) {
		x->until = INT32_MAX;
		return 0;
	}
	if (from == NULL || until == NULL)
		return err_tag(e, ERR_INVALID, "query",
		    "parameters from and until are months");
	if ((r = bilan_month_parse(from, &x->from, e)) < 0 ||
	    (r = bilan_month_parse(until, &x->until, e)) < 0)
		return r;
	if (x->until < x->from || x->until - x->from >= BILAN_MONTHS_MAX)
		return err_tag(e, ERR_INVALID, "period",
		    "from one month to another, at most %d", BILAN_MONTHS_MAX);
	return 0;
}

static int
begin(struct telling *x, struct core *core, const struct caller *caller,
    const char *report, const char *from, const char *until, struct err *e)
{
	AUTO(json_decrefp) json_t *detail = NULL;
	int64_t now = core_now(core);
	struct decision d;
	int r;

	*x = (struct telling){ .core = core, .rules = core->policy };
	x->now = indicator_month(now);
	if ((r = core_authorize(
		 core, caller, OP_REPORT_READ, NULL, NULL, now, &d, e)) < 0 ||
	    (r = core_check_open(core, e)) < 0 ||
	    (r = set_period(x, from, until, e)) < 0)
		return r;
	detail = json_pack("{s:s, s:s*, s:s*, s:o}", "report", report, "from",
	    from, "until", until, "decision", decision_json(core, &d));
	if ((r = core_read_leaf(
		 core, caller, LEAF_REPORT, NULL, detail, &x->leaf, e)) < 0)
		return r;
	x->months = json_array();
	x->totals = json_object();
	x->tables = json_array();
	return x->months != NULL && x->totals != NULL && x->tables != NULL
		   ? 0
		   : no_memory(e);
}

static int
sum(struct telling *x, const json_t *totals, struct err *e)
{
	const char *code;
	json_t *v;
	json_int_t n;

	json_object_foreach((json_t *)(uintptr_t)totals, code, v)
	{
		n = json_integer_value(json_object_get(x->totals, code)) +
		    json_integer_value(v);
		if (json_object_set_new(x->totals, code, json_integer(n)) < 0)
			return no_memory(e);
	}
	return 0;
}

static int
tell_month(struct telling *x, int32_t month, const char *state, json_t *totals,
    int64_t at_ms, uint64_t leaf, struct err *e)
{
	char text[BILAN_MONTH_TEXT];

	bilan_month_format(month, text);
	if (json_array_append_new(x->months,
		json_pack("{s:s, s:s, s:O, s:o, s:I}", "month", text, "state",
		    state, "totals", totals, "frozen_at", json_of_time(at_ms),
		    "leaf", (json_int_t)leaf)) < 0)
		return no_memory(e);
	return sum(x, totals, e);
}

/* 1: it is frozen, and told. */
static int
tell_frozen(struct telling *x, struct tx *tx, int32_t month, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	AUTO(json_decrefp) json_t *totals = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT totals, at, leaf FROM bilan WHERE month = ?"
		 " AND note NOT NULL",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, month, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	if ((totals = json_loads(sql_get_text(q, 0), 0, NULL)) == NULL)
		return err_set(e, ERR_INTEGRITY, "bilan: totals");
	if ((r = tell_month(x, month, "frozen", totals, sql_get_int(q, 1),
		 (uint64_t)sql_get_int(q, 2), e)) < 0)
		return r;
	return 1;
}

/* As the counts stand: the month that runs, or one still to be frozen. */
static int
tell_provisional(struct telling *x, struct tx *tx, int32_t month, struct err *e)
{
	AUTO(json_decrefp) json_t *counts = NULL, *totals = NULL;
	int r;

	if ((r = bilan_count_month(tx, month, &counts, e)) < 0 ||
	    (r = bilan_count_totals(x->rules, counts, &totals, e)) < 0)
		return r;
	return tell_month(x, month, "provisional", totals, 0, 0, e);
}

/* The title is the rules' of today; what is not there any more has none. */
static int
tell_table(struct telling *x, struct sql *q, struct err *e)
{
	AUTO(json_decrefp) json_t *shown = NULL, *list = json_array();
	const char *code = sql_get_text(q, 2);
	const struct policy_indicator *p = policy_indicator(x->rules, code);
	char from[BILAN_MONTH_TEXT], until[BILAN_MONTH_TEXT];
	size_t i;

	if ((shown = json_loads(sql_get_text(q, 3), 0, NULL)) == NULL)
		return err_set(e, ERR_INTEGRITY, "bilan: table");
	bilan_month_format((int32_t)sql_get_int(q, 0), from);
	bilan_month_format((int32_t)sql_get_int(q, 1), until);
	for (i = 0; p != NULL && p->dimensions[i] != NULL; i++)
		if (json_array_append_new(list, json_string(p->dimensions[i])) <
		    0)
			return no_memory(e);
	if (json_object_set_new(shown, "from", json_string(from)) < 0 ||
	    json_object_set_new(shown, "until", json_string(until)) < 0 ||
	    json_object_set_new(shown, "code", json_string(code)) < 0 ||
	    json_object_set_new(
		shown, "title", json_string(p != NULL ? p->title : code)) < 0 ||
	    json_object_set(shown, "dimensions", list) < 0 ||
	    json_array_append(x->tables, shown) < 0)
		return no_memory(e);
	return 0;
}

static int
tell_tables(struct telling *x, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT first, last, code, shown FROM bilan_table"
		 " WHERE first >= ? AND last <= ? ORDER BY first, code",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, x->from, e)) < 0 ||
	    (r = sql_int(q, 2, x->until, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = tell_table(x, q, e)) < 0)
			return r;
	return r;
}

static int
tell_all(struct telling *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int32_t month;
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0)
		return r;
	for (month = x->from; month <= x->until && month <= x->now; month++) {
		if ((r = tell_frozen(x, &tx, month, e)) < 0)
			return r;
		if (r == 0 && (r = tell_provisional(x, &tx, month, e)) < 0)
			return r;
	}
	return tell_tables(x, &tx, e);
}

/* {code: n} as a list in the rules' order, with titles. */
static json_t *
titled(const struct telling *x)
{
	const struct policy_indicator *all;
	size_t i, n = policy_indicators(x->rules, &all);
	json_t *list = json_array(), *v;

	for (i = 0; list != NULL && i < n; i++)
		if ((v = json_object_get(x->totals, all[i].code)) != NULL &&
		    json_array_append_new(
			list, json_pack("{s:s, s:s, s:O}", "code", all[i].code,
				  "title", all[i].title, "n", v)) < 0) {
			json_decref(list);
			return NULL;
		}
	return list;
}

int
bilan_report(struct core *core, const struct caller *caller, const char *from,
    const char *until, json_t **answer, struct err *e)
{
	AUTO(telling_done) struct telling x = { 0 };
	int r;

	if ((r = begin(&x, core, caller, "bilan", from, until, e)) < 0 ||
	    (r = tell_all(&x, e)) < 0)
		return r;
	*answer = json_pack("{s:s, s:s, s:O, s:o, s:O, s:I}", "from", from,
	    "until", until, "months", x.months, "totals", titled(&x), "tables",
	    x.tables, "leaf", (json_int_t)x.leaf);
	return *answer != NULL ? 0 : no_memory(e);
}

/* --- vouchers ----------------------------------------------------------- */

static int
tell_notes(struct telling *x, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	char text[BILAN_MONTH_TEXT];
	int r;

	if ((r = tx_read(x->core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT month, note, at, leaf FROM bilan"
		 " WHERE month BETWEEN ? AND ? AND note NOT NULL"
		 " ORDER BY month LIMIT 1200",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, x->from, e)) < 0 ||
	    (r = sql_int(q, 2, x->until, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		bilan_month_format((int32_t)sql_get_int(q, 0), text);
		if (json_array_append_new(x->months,
			json_pack("{s:s, s:s, s:o, s:I}", "month", text, "note",
			    sql_get_text(q, 1), "frozen_at",
			    json_of_time(sql_get_int(q, 2)), "leaf",
			    (json_int_t)sql_get_int(q, 3))) < 0)
			return no_memory(e);
	}
	return r;
}

int
bilan_vouchers(struct core *core, const struct caller *caller, const char *from,
    const char *until, json_t **answer, struct err *e)
{
	AUTO(telling_done) struct telling x = { 0 };
	int r;

	if ((r = begin(&x, core, caller, "vouchers", from, until, e)) < 0 ||
	    (r = tell_notes(&x, e)) < 0)
		return r;
	*answer = json_pack("{s:s*, s:s*, s:O, s:I}", "from", from, "until",
	    until, "months", x.months, "leaf", (json_int_t)x.leaf);
	return *answer != NULL ? 0 : no_memory(e);
}
