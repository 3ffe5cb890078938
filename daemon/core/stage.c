#include "daemon/core/stage.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/civil.h"
#include "daemon/core/case.h"
#include "daemon/core/clock.h"
#include "daemon/core/json_of.h"

struct moved {
	struct id kase;
	const char *event; /* of the rules */
	int32_t day;
};
struct pass {
	struct core *core;
	int32_t today;
	struct id after; /* the last case looked at */
	struct moved due[STAGE_BATCH];
	size_t n;
	int more; /* there may be others behind */
	size_t done;
};

int
stage_is_moved_by(const struct policy_event *event)
{
	return event != NULL && event->stage != NULL &&
	       strcmp(event->stage, STAGE_AFTER) == 0;
}

int
stage_move(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE dossier SET stage = '" STAGE_AFTER "'"
		 " WHERE id = ? AND stage = '" STAGE_BEFORE "'",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	return sql_changes(tx) == 1;
}

/* The first of its events that moves it: 1 and *out. */
static int
moving_event(struct pass *p, struct tx *tx, struct moved *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const struct policy_event *event;
	int r;

	if ((r = sql_open(tx,
		 "SELECT name, day FROM case_event"
		 " WHERE kase = ? AND day <= ? ORDER BY day, rowid",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &out->kase, e)) < 0 ||
	    (r = sql_int(q, 2, p->today, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		event = policy_event(p->core->policy, sql_get_text(q, 0));
		if (!stage_is_moved_by(event))
			continue;
		out->event = event->name;
		out->day = (int32_t)sql_get_int(q, 1);
		return 1;
	}
	return r;
}

/* The next cases in the order of their ids, in one snapshot. */
static int
find(struct pass *p, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	struct moved *m;
	int r;

	p->n = 0;
	if ((r = tx_read(p->core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT id FROM dossier WHERE id > ? AND state = 'open'"
		 " AND stage = '" STAGE_BEFORE "' AND EXISTS"
		 "  (SELECT 1 FROM case_event WHERE kase = dossier.id)"
		 " ORDER BY id",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &p->after, e)) < 0)
		return r;
	while (p->n < STAGE_BATCH && (r = sql_step(q, e)) > 0) {
		m = &p->due[p->n];
		if ((r = sql_get_id(q, 0, &p->after, e)) < 0)
			return r;
		m->kase = p->after;
		if ((r = moving_event(p, &tx, m, e)) < 0)
			return r;
		p->n += r > 0;
	}
	p->more = p->n == STAGE_BATCH;
	return r < 0 ? r : 0;
}

/* Looked at again: an event entered today may have moved it. */
static int
move_one(struct tx *tx, struct pass *p, const struct moved *m, int64_t now_ms,
    struct err *e)
{
	static const struct caller vault = { .actor = { .account = "sceaud",
						 .role = "vault" } };
	struct case_facts f;
	json_t *detail;
	uint64_t leaf;
	int r;

	if ((r = case_by_id(tx, &m->kase, &f, e)) < 0 ||
	    strcmp(f.state, "open") != 0 ||
	    (r = stage_move(tx, &m->kase, e)) <= 0)
		return r;
	detail = json_pack("{s:o, s:s, s:o, s:s}", "case", json_of_id(&f.id),
	    "event", m->event, "occurred_on", json_of_day(m->day), "stage",
	    STAGE_AFTER);
	r = core_leaf(p->core, tx, &vault, LEAF_CASE_EVENT, LEAF_OK, &f.id,
	    detail, now_ms, &leaf, e);
	json_decref(detail);
	if (r < 0)
		return r;
	p->done++;
	return case_touch(tx, &f.id, leaf, e);
}

static int
apply(struct tx *tx, int64_t now_ms, void *arg, struct err *e)
{
	struct pass *p = arg;
	size_t i;
	int r;

	if ((r = clock_check(p->core, e)) < 0)
		return r;
	for (i = 0; i < p->n; i++)
		if ((r = move_one(tx, p, &p->due[i], now_ms, e)) < 0)
			return r;
	return 0;
}

int
stage_pass(struct core *core, size_t *n, struct err *e)
{
	AUTO(mem_freep) struct pass *p = calloc(1, sizeof(*p));
	struct change ch = { .apply = apply, .arg = p };
	int r;

	*n = 0;
	if (p == NULL)
		return err_set(e, ERR_NOMEM, "stages");
	p->core = core;
	p->today = civil_day(core_now(core));
	if (core_check_open(core, NULL) < 0 || core_clock_suspect(core) ||
	    atomic_load(&core->staged_day) == p->today)
		return 0;
	do {
		if ((r = find(p, e)) < 0 ||
		    (p->n > 0 && (r = commit_run(core->committer, &ch, e)) < 0))
			return r;
	} while (p->more);
	atomic_store(&core->staged_day, p->today);
	*n = p->done;
	return 0;
}
