#include "daemon/core/due.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "base/workday.h"
#include "daemon/core/breach.h"
#include "daemon/core/glass.h"
#include "daemon/core/notice.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"

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
	rules_due,
	hold_due,
	breach_due,
	clock_due,
};

int64_t
due_after(const struct core *core, const char *figure, int64_t from_ms)
{
	int32_t day = civil_day(from_ms);
	int64_t days;

	if (policy_figure_on(core->policy, figure, day, &days, NULL) < 0)
		return 0;
	return civil_start_ms(day + (int32_t)days + 1);
}

int64_t
due_after_workdays(const struct core *core, const char *figure, int64_t from_ms)
{
	int32_t day = civil_day(from_ms);
	int64_t days;

	if (policy_figure_on(core->policy, figure, day, &days, NULL) < 0)
		return 0;
	return civil_start_ms(workday_add(day, (uint32_t)days) + 1);
}

/* Whose line it is to see, where it is not a case's. */
static enum policy_op
op_of(const char *what)
{
	if (strcmp(what, "rules-proposal") == 0)
		return OP_RULES_APPROVE;
	if (strcmp(what, "misfiling-breach") == 0)
		return OP_REPORT_BREACH;
	if (strcmp(what, "clock-suspect") == 0)
		return OP_CLOCK_CONFIRM;
	return strcmp(what, "submission") == 0 ? OP_SUBMISSION_READ : OP_DUE;
}

/* Also of an erased case: its tombstone knows whose it was. */
static int
may_see(
    struct due_list *d, const char *what, const struct id *kase, struct err *e)
{
	struct caller quiet = *d->caller;
	struct case_facts f;
	struct decision decision;
	int r;

	quiet.decided = NULL; /* a line left out is no refusal */
	if (id_is_zero(kase))
		return !d->mine &&
		       core_authorize(d->core, &quiet, op_of(what), NULL, NULL,
			   d->now_ms, &decision, NULL) == 0;
	if ((r = case_by_id(d->tx, kase, &f, e)) < 0)
		return r;
	if (d->mine && f.opened_by != d->caller->actor.uid)
		return 0;
	return core_authorize(d->core, &quiet, OP_DUE, NULL, &f, d->now_ms,
		   &decision, NULL) == 0;
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
	    json_object_set_new(line, "overdue",
		json_boolean(due_ms > 0 && due_ms < d->now_ms)) < 0)
		return -1;
	if (id_is_zero(kase))
		return 0;
	id_ref(kase, ref);
	return json_object_set_new(line, "ref", json_string(ref));
}

int
due_add(struct due_list *d, const char *what, const struct id *kase,
    const struct id *object, int64_t since_ms, int64_t due_ms, json_t *more,
    struct err *e)
{
	json_t *line = more != NULL ? more : json_object();
	int r;

	r = line != NULL ? may_see(d, what, kase, e)
			 : err_set(e, ERR_NOMEM, "due");
	if (r <= 0 || json_array_size(d->lines) >= DUE_MAX) {
		json_decref(line);
		return r < 0 ? r : 0;
	}
	if (fill(line, d, what, kase, object, since_ms, due_ms) < 0) {
		json_decref(line);
		return err_set(e, ERR_NOMEM, "due");
	}
	if (json_array_append_new(d->lines, line) < 0)
		return err_set(e, ERR_NOMEM, "due");
	return 0;
}

/* Times are written so that their order is that of their text. */
static int
compare(const void *a, const void *b)
{
	json_t *const *x = a, *const *y = b;
	int r;

	r = strcmp(json_string_value(json_object_get(*x, "due_at")),
	    json_string_value(json_object_get(*y, "due_at")));
	if (r != 0)
		return r;
	return strcmp(json_string_value(json_object_get(*x, "what")),
	    json_string_value(json_object_get(*y, "what")));
}

static int
sort(json_t *lines, json_t **out, struct err *e)
{
	size_t n = json_array_size(lines), i;
	AUTO(mem_freep) json_t **v = calloc(n + 1, sizeof(json_t *));
	json_t *sorted = json_array();

	if (v == NULL || sorted == NULL) {
		json_decref(sorted);
		return err_set(e, ERR_NOMEM, "due");
	}
	for (i = 0; i < n; i++)
		v[i] = json_array_get(lines, i);
	qsort(v, n, sizeof(json_t *), compare);
	for (i = 0; i < n; i++)
		if (json_array_append(sorted, v[i]) < 0) {
			json_decref(sorted);
			return err_set(e, ERR_NOMEM, "due");
		}
	*out = sorted;
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

int
due(struct core *core, const struct caller *caller, int mine, json_t **answer,
    struct err *e)
{
	struct due_list d = {
		.core = core,
		.caller = caller,
		.mine = mine,
		.now_ms = core_now(core),
	};
	json_t *detail, *sorted = NULL;
	struct decision decision;
	uint64_t leaf;
	int r;

	if ((r = core_check_open(core, e)) < 0 ||
	    (r = core_authorize(
		 core, caller, OP_DUE, NULL, NULL, d.now_ms, &decision, e)) < 0)
		return r;
	detail = json_pack("{s:b, s:o}", "mine", mine, "decision",
	    decision_json(core, &decision));
	r = core_read_leaf(core, caller, LEAF_DUE, NULL, detail, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	if ((d.lines = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "due");
	if ((r = collect(&d, e)) == 0)
		r = sort(d.lines, &sorted, e);
	json_decref(d.lines);
	if (r < 0)
		return r;
	*answer =
	    json_pack("{s:o, s:I}", "due", sorted, "leaf", (json_int_t)leaf);
	return *answer != NULL ? 0 : err_set(e, ERR_NOMEM, "due");
}
