/* That something is due for destruction: looked for once a day, told by due. */
#include <stdatomic.h>

#include "base/civil.h"
#include "daemon/core/clock.h"
#include "daemon/core/due.h"
#include "daemon/core/retention.h"

struct looking {
	int64_t n;
	int32_t since; /* the first day on which one of them was due */
};

static void
look_at(const struct retention_case *c, struct looking *l)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		if (c->v[i].f.verdict != RETENTION_DESTROY)
			continue;
		if (l->n == 0 || c->v[i].f.last < l->since)
			l->since = c->v[i].f.last;
		l->n++;
	}
}

static int
look(struct core *core, int32_t day, struct looking *l, struct err *e)
{
	AUTO(retention_case_done) struct retention_case c = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	AUTO(tx_end) struct tx tx = { 0 };
	struct id id;
	int r;

	if ((r = tx_read(core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT id FROM dossier WHERE state <> 'erased'"
		 " ORDER BY id",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = retention_case_judge(core, &tx, &id, day, &c, e)) < 0)
			return r;
		look_at(&c, l);
	}
	return r;
}

int
retention_look(struct core *core, struct err *e)
{
	int32_t day = civil_day(core_now(core));
	struct looking l = { 0 };
	int r;

	if (core_check_open(core, NULL) < 0 || core_clock_suspect(core) ||
	    atomic_load(&core->due_day) == day)
		return 0;
	if ((r = look(core, day, &l, e)) < 0)
		return r;
	atomic_store(&core->due_objects, l.n);
	atomic_store(&core->due_since, l.since);
	atomic_store(&core->due_day, day);
	return 0;
}

void
retention_look_again(struct core *core)
{
	atomic_store(&core->due_objects, 0);
	atomic_store(&core->due_day, 0);
}

/* 1: a sweep is on its way that may still be approved, or run. */
static int
is_planned(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const struct policy_approval *rule =
	    policy_approval(d->core->policy, "retention");
	int64_t days = rule != NULL ? (int64_t)rule->valid_days : 0;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT 1 FROM sweep s JOIN erasure e ON e.id = s.id"
		 " WHERE e.state <> 'done' AND s.day + ? >= ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, days, e)) < 0 ||
	    (r = sql_int(q, 2, d->today, e)) < 0)
		return r;
	return sql_step(q, e);
}

int
retention_due(struct due_list *d, struct err *e)
{
	static const struct id none;
	int64_t n = atomic_load(&d->core->due_objects);
	int32_t since = atomic_load(&d->core->due_since) + 1;
	int r;

	if (n == 0 || since > d->as_of || (r = is_planned(d, e)) > 0)
		return 0;
	if (r < 0)
		return r;
	return due_add(d, "retention-due", &none, NULL, civil_start_ms(since),
	    0, json_pack("{s:I}", "count", (json_int_t)n), e);
}
