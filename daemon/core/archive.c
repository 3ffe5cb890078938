#include "daemon/core/archive.h"

#include <stdatomic.h>

#include "base/civil.h"
#include "daemon/core/case.h"
#include "daemon/core/clock.h"
#include "daemon/core/json_of.h"
#include "daemon/core/moment.h"
#include "daemon/core/retention_judge.h"

#define RULE "dossier"

struct pass {
	struct core *core;
	int32_t day;
	struct id after; /* the last case looked at */
	struct id due[ARCHIVE_BATCH];
	size_t n;
	int more; /* there may be others behind */
	size_t done;
};

static int
moment_of(void *arg, const char *name, int32_t *day)
{
	return moments_day(arg, name, day);
}

/* 1: its active time is over, since *last. */
static int
is_over(struct core *core, struct tx *tx, const struct id *kase, int32_t day,
    int32_t *last, struct err *e)
{
	AUTO(moments_freep) struct moments *m = NULL;
	struct retention_facts f = { .day = day, .moment = moment_of };
	struct retention_finding found;
	int r;

	if ((r = moments_load(core, tx, kase, day, &m, e)) < 0)
		return r;
	f.arg = m;
	retention_judge(core->policy, RULE, &f, &found);
	if (found.rule == NULL || found.state == RETENTION_WAITING ||
	    found.state == RETENTION_ACTIVE)
		return 0;
	*last = found.last;
	return 1;
}

/* The next cases in the order of their ids, in one snapshot. */
static int
find(struct pass *p, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	int32_t last;
	int r;

	p->n = 0;
	if ((r = tx_read(p->core->catalog, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT id FROM dossier WHERE id > ?"
		 " AND state IN ('open', 'closed') ORDER BY id",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &p->after, e)) < 0)
		return r;
	while (p->n < ARCHIVE_BATCH && (r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &p->after, e)) < 0 ||
		    (r = is_over(p->core, &tx, &p->after, p->day, &last, e)) <
			0)
			return r;
		if (r > 0)
			p->due[p->n++] = p->after;
	}
	p->more = p->n == ARCHIVE_BATCH;
	return r < 0 ? r : 0;
}

static int
set_archived(struct tx *tx, const struct id *kase, uint64_t leaf, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE dossier SET state = 'archived', changed = ?"
		 " WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)leaf, e)) < 0 ||
	    (r = sql_id(q, 2, kase, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* Looked at again: a contact may have come in between. */
static int
archive_one(struct tx *tx, struct pass *p, const struct id *kase,
    int64_t now_ms, struct err *e)
{
	static const struct caller vault = { .actor = { .account = "sceaud",
						 .role = "vault" } };
	int64_t at = audit_time(p->core->audit, now_ms);
	struct case_facts f;
	int32_t last, closed;
	json_t *detail;
	uint64_t leaf;
	int r;

	if ((r = case_by_id(tx, kase, &f, e)) < 0 ||
	    (r = is_over(p->core, tx, kase, p->day, &last, e)) <= 0)
		return r;
	if (strcmp(f.state, "open") != 0 && strcmp(f.state, "closed") != 0)
		return 0;
	detail = json_pack(
	    "{s:s, s:o}", "rule", RULE, "active_until", json_of_day(last));
	r = core_leaf(p->core, tx, &vault, LEAF_CASE_ARCHIVE, LEAF_OK, kase,
	    detail, now_ms, &leaf, e);
	json_decref(detail);
	if (r < 0 || (r = set_archived(tx, kase, leaf, e)) < 0 ||
	    (r = moment_day(
		 p->core, tx, kase, MOMENT_CLOSING, p->day, &closed, e)) < 0)
		return r;
	p->done++;
	if (r > 0)
		return 0;
	return moment_put(tx, kase, MOMENT_CLOSING, last, kase, at, leaf, e);
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
		if ((r = archive_one(tx, p, &p->due[i], now_ms, e)) < 0)
			return r;
	return 0;
}

int
archive_pass(struct core *core, size_t *n, struct err *e)
{
	struct pass p = { .core = core, .day = civil_day(core_now(core)) };
	struct change ch = { .apply = apply, .arg = &p };
	int r;

	*n = 0;
	if (core_check_open(core, NULL) < 0 || core_clock_suspect(core) ||
	    atomic_load(&core->archived_day) == p.day)
		return 0;
	do {
		if ((r = find(&p, e)) < 0 ||
		    (p.n > 0 && (r = commit_run(core->committer, &ch, e)) < 0))
			return r;
	} while (p.more);
	atomic_store(&core->archived_day, p.day);
	*n = p.done;
	return 0;
}
