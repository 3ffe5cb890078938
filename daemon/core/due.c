#include "daemon/core/due.h"

#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/bilan.h"
#include "daemon/core/breach.h"
#include "daemon/core/certified.h"
#include "daemon/core/deadline.h"
#include "daemon/core/glass.h"
#include "daemon/core/notice.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"
#include "daemon/core/visit_draft.h"

/* Every module with something that waits. */
static int (*const providers[])(struct due_list *d, struct err *e) = {
	consent_due,
	notice_due,
	extract_due,
	glass_due,
	objection_due,
	request_due,
	restriction_due,
	submission_due,
	intake_due,
	rules_due,
	deadline_due,
	bilan_due,
	demarche_due,
	draft_due,
	visit_draft_due,
	scan_due,
	hold_due,
	breach_due,
	clock_due,
	certified_due,
	retention_due,
};

int64_t
due_after(const struct core *core, const char *figure, int64_t from_ms)
{
	enum term_unit unit;
	uint32_t n;

	if (policy_period_on(
		core->policy, figure, civil_day(from_ms), &n, &unit, NULL) < 0)
		return 0;
	return term_end_ms(from_ms, n, unit);
}

/* Whose line it is to see, where it is not a case's. */
static enum policy_op
op_of(const char *what)
{
	if (strcmp(what, "rules-proposal") == 0)
		return OP_RULES_APPROVE;
	if (strcmp(what, "bilan-freeze") == 0)
		return OP_BILAN_FREEZE;
	if (strcmp(what, "misfiling-breach") == 0 ||
	    strcmp(what, "breach") == 0)
		return OP_REPORT_BREACH;
	if (strcmp(what, "clock-suspect") == 0)
		return OP_CLOCK_CONFIRM;
	if (strcmp(what, "retention-due") == 0)
		return OP_RETENTION_ANALYSE;
	if (strcmp(what, "visa") == 0)
		return OP_RETENTION_VISA;
	if (strncmp(what, "certificate-", strlen("certificate-")) == 0)
		return OP_RETENTION_SETTLE;
	if (strncmp(what, "destruction-", strlen("destruction-")) == 0)
		return OP_RETENTION_READ;
	return strcmp(what, "submission") == 0 ? OP_SUBMISSION_READ : OP_DUE;
}

static int
may(const struct due_list *d, enum policy_op op, const struct case_facts *kase)
{
	struct caller quiet = *d->caller;
	struct decision decision;

	quiet.decided = NULL; /* a line left out is no refusal */
	if (d->mine && kase->opened_by != d->caller->actor.uid)
		return 0;
	return core_authorize(d->core, &quiet, op, NULL, kase, d->now_ms,
		   &decision, NULL) == 0;
}

int
due_may_see(const struct due_list *d, const struct case_facts *kase)
{
	return d->tally != NULL || may(d, OP_DUE, kase);
}

/* Who may sign for another team's case sees what waits for it: it is not the
 * case that they open, but the extract's page. */
static int
may_sign(
    const struct due_list *d, const char *what, const struct case_facts *kase)
{
	return strcmp(what, "extract-approval") == 0 &&
	       may(d, OP_EXTRACT_APPROVE, kase);
}

/* Of nobody's case: rules, submissions. */
static int
may_see_vault(const struct due_list *d, const char *what)
{
	struct caller quiet = *d->caller;
	struct decision decision;

	quiet.decided = NULL;
	return !d->mine && core_authorize(d->core, &quiet, op_of(what), NULL,
			       NULL, d->now_ms, &decision, NULL) == 0;
}

/* Also of an erased case: its tombstone knows whose it was. */
static int
may_see(struct due_list *d, const char *what, const struct id *kase,
    const char **title, struct err *e)
{
	struct case_facts f;
	int r;

	if (!id_is_zero(&d->only) && !id_equal(&d->only, kase))
		return 0;
	if (!deadline_is_for(
		d->core->policy, what, d->caller->who, d->today, title))
		return 0;
	if (id_is_zero(kase))
		return may_see_vault(d, what);
	if ((r = case_by_id(d->tx, kase, &f, e)) < 0)
		return r;
	return due_may_see(d, &f) || may_sign(d, what, &f);
}

static int
set_id(json_t *line, const char *name, const struct id *id)
{
	char text[ID_TEXT];

	if (id == NULL || id_is_zero(id))
		return 0;
	id_format(id, text);
	return json_object_set_new(line, name, json_string(text));
}

static int
set_time(json_t *line, const char *name, int64_t ms)
{
	char text[TIME_TEXT];

	time_format(ms, text);
	return json_object_set_new(line, name, json_string(text));
}

/* due_ms is the first instant after the term. */
static int
is_overdue(const struct due_list *d, int64_t due_ms)
{
	int64_t at =
	    d->as_of == d->today ? d->now_ms : civil_start_ms(d->as_of);

	return due_ms > 0 && due_ms <= at;
}

static int
fill(json_t *line, const struct due_list *d, const char *what,
    const struct id *kase, const struct id *object, int64_t since_ms,
    int64_t due_ms)
{
	char ref[ID_TEXT];

	if (json_object_set_new(line, "what", json_string(what)) < 0 ||
	    set_id(line, "case", kase) < 0 ||
	    set_id(line, "object", object) < 0 ||
	    set_time(line, "since", since_ms) < 0 ||
	    set_time(line, "due_at", due_ms > 0 ? due_ms : since_ms) < 0 ||
	    json_object_set_new(
		line, "overdue", json_boolean(is_overdue(d, due_ms))) < 0)
		return -1;
	if (id_is_zero(kase))
		return 0;
	id_ref(kase, ref);
	return json_object_set_new(line, "ref", json_string(ref));
}

/* --- the soonest lines -------------------------------------------------- */

struct due_line {
	int64_t due_ms;
	uint64_t n; /* of equals, the one that came first */
	json_t *j;
};

static int
is_later(const struct due_line *a, const struct due_line *b)
{
	return a->due_ms != b->due_ms ? a->due_ms > b->due_ms : a->n > b->n;
}

static void
sift_up(struct due_line *v, size_t at)
{
	struct due_line x = v[at];

	for (; at > 0 && is_later(&x, &v[(at - 1) / 2]); at = (at - 1) / 2)
		v[at] = v[(at - 1) / 2];
	v[at] = x;
}

/* The top was replaced. */
static void
sift_down(struct due_line *v, size_t n)
{
	struct due_line x = v[0];
	size_t at = 0, next;

	while ((next = 2 * at + 1) < n) {
		if (next + 1 < n && is_later(&v[next + 1], &v[next]))
			next++;
		if (!is_later(&v[next], &x))
			break;
		v[at] = v[next];
		at = next;
	}
	v[at] = x;
}

/* The line is taken. */
static void
keep(struct due_list *d, int64_t due_ms, json_t *line)
{
	struct due_line x = { due_ms, d->added++, line };

	if (d->nlines < DUE_MAX) {
		d->lines[d->nlines] = x;
		sift_up(d->lines, d->nlines++);
		return;
	}
	d->left_off++;
	if (is_later(&x, &d->lines[0])) {
		json_decref(line);
		return;
	}
	json_decref(d->lines[0].j);
	d->lines[0] = x;
	sift_down(d->lines, d->nlines);
}

int
due_begin(struct due_list *d, struct err *e)
{
	d->lines = calloc(DUE_MAX, sizeof(*d->lines));
	return d->lines != NULL ? 0 : err_set(e, ERR_NOMEM, "due");
}

static int
compare(const void *a, const void *b)
{
	return is_later(a, b) - is_later(b, a);
}

static int
show(const struct due_list *d, json_t **out, struct err *e)
{
	json_t *all = json_array();
	size_t i;

	if (all == NULL)
		return err_set(e, ERR_NOMEM, "due");
	qsort(d->lines, d->nlines, sizeof(*d->lines), compare);
	for (i = 0; i < d->nlines; i++)
		if (json_array_append(all, d->lines[i].j) < 0) {
			json_decref(all);
			return err_set(e, ERR_NOMEM, "due");
		}
	*out = all;
	return 0;
}

static void
drop(struct due_list *d)
{
	size_t i;

	for (i = 0; i < d->nlines; i++)
		json_decref(d->lines[i].j);
	free(d->lines);
	d->lines = NULL;
	d->nlines = 0;
}

int
due_end(struct due_list *d, json_t **out, struct err *e)
{
	int r = show(d, out, e);

	drop(d);
	return r;
}

/* One more of its sort. */
static int
count(struct due_list *d, const char *what, int64_t due_ms, struct err *e)
{
	const struct policy_deadline *rule =
	    policy_deadline(d->core->policy, what);
	json_t *one = json_object_get(d->tally, what), *n;

	if (one == NULL) {
		one = json_pack("{s:s, s:s, s:i, s:i}", "what", what, "title",
		    rule != NULL ? rule->title : what, "waiting", 0, "overdue",
		    0);
		if (json_object_set_new(d->tally, what, one) < 0)
			return err_set(e, ERR_NOMEM, "due");
	}
	n = json_object_get(one, is_overdue(d, due_ms) ? "overdue" : "waiting");
	json_integer_set(n, json_integer_value(n) + 1);
	return 0;
}

/* more is taken. */
int
due_add(struct due_list *d, const char *what, const struct id *kase,
    const struct id *object, int64_t since_ms, int64_t due_ms, json_t *more,
    struct err *e)
{
	json_t *line = more != NULL ? more : json_object();
	const char *title = NULL;
	int r;

	if (d->tally != NULL) {
		json_decref(line);
		return count(d, what, due_ms, e);
	}
	/* On a day gone by, it had not begun. */
	r = d->as_of < d->today && civil_day(since_ms) > d->as_of
		? 0
		: may_see(d, what, kase, &title, e);
	if (r > 0 &&
	    (line == NULL ||
		fill(line, d, what, kase, object, since_ms, due_ms) < 0 ||
		(title != NULL && json_object_set_new(
				      line, "title", json_string(title)) < 0)))
		r = err_set(e, ERR_NOMEM, "due");
	if (r <= 0) {
		json_decref(line);
		return r;
	}
	keep(d, due_ms > 0 ? due_ms : since_ms, line);
	return 0;
}

static int
collect(struct due_list *d, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	size_t i;
	int r;

	if ((r = tx_read(d->core->catalog, &tx, e)) < 0)
		return r;
	d->tx = &tx;
	for (i = 0; i < NELEMS(providers); i++)
		if ((r = providers[i](d, e)) < 0)
			break;
	d->tx = NULL;
	return r < 0 ? r : 0;
}

/* Today's list is as of now; another day's as of its start, so that what
 * had its last day before is overdue. */
static int
set_day(struct due_list *d, const char *as_of, struct err *e)
{
	d->now_ms = core_now(d->core);
	d->today = d->as_of = civil_day(d->now_ms);
	if (as_of != NULL && date_parse(as_of, &d->as_of, NULL) < 0)
		return err_tag(e, ERR_INVALID, "query", "not a day YYYY-MM-DD");
	return 0;
}

static int
enter(struct due_list *d, const struct due_asking *a,
    const struct decision *decision, uint64_t *leaf, struct err *e)
{
	json_t *detail = json_pack("{s:b, s:o, s:s*}", "mine", d->mine,
	    "decision", decision_json(d->core, decision), "as_of", a->as_of);
	int r;

	r = core_read_leaf(d->core, d->caller, LEAF_DUE,
	    id_is_zero(&d->only) ? NULL : &d->only, detail, leaf, e);
	json_decref(detail);
	return r;
}

static int
tell(struct due_list *d, uint64_t leaf, json_t **answer, struct err *e)
{
	json_t *lines = NULL;
	int r;

	if ((r = due_begin(d, e)) < 0)
		return r;
	if ((r = collect(d, e)) < 0) {
		drop(d);
		return r;
	}
	if ((r = due_end(d, &lines, e)) < 0)
		return r;
	*answer = json_pack("{s:o, s:I, s:I}", "due", lines, "left_off",
	    (json_int_t)d->left_off, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "due");
}

/* One case's lines: it is there, and the caller's, or the answer is the same
 * for both. */
static int
narrow(struct due_list *d, const char *kase, struct decision *decision,
    struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct case_facts f;
	struct id object;
	int r;

	if ((r = tx_read(d->core->catalog, &tx, e)) < 0 ||
	    (r = case_authorize(d->core, &tx, d->caller, kase, OP_DUE, NULL,
		 d->now_ms, &f, &object, decision, e)) < 0)
		return r;
	d->only = f.id;
	return 0;
}

int
due_ask(struct core *core, const struct caller *caller,
    const struct due_asking *a, json_t **answer, struct err *e)
{
	struct due_list d = { .core = core, .caller = caller, .mine = a->mine };
	struct decision decision;
	uint64_t leaf;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = set_day(&d, a->as_of, e)) < 0 ||
	    (r = core_authorize(core, caller, OP_DUE, NULL, NULL, d.now_ms,
		 &decision, e)) < 0 ||
	    (a->kase != NULL && (r = narrow(&d, a->kase, &decision, e)) < 0) ||
	    (r = enter(&d, a, &decision, &leaf, e)) < 0)
		return r;
	return tell(&d, leaf, answer, e);
}

int
due_overview(
    struct core *core, const struct caller *caller, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *tally = json_object(), *list = json_array();
	struct due_list d = {
		.core = core,
		.caller = caller,
		.tally = tally,
	};
	const char *what;
	json_t *one;
	int r;

	if (tally == NULL || list == NULL)
		return err_set(e, ERR_NOMEM, "due");
	if ((r = set_day(&d, NULL, e)) < 0 || (r = collect(&d, e)) < 0)
		return r;
	json_object_foreach(tally, what, one)
	{
		if (json_array_append(list, one) < 0)
			return err_set(e, ERR_NOMEM, "due");
	}
	*out = TAKE(list);
	return 0;
}

int
due(struct core *core, const struct caller *caller, int mine, json_t **answer,
    struct err *e)
{
	return due_ask(
	    core, caller, &(struct due_asking){ .mine = mine }, answer, e);
}
