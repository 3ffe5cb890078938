/* Judging a case, and one pass over all of them. */
#include "daemon/core/retention.h"

#include <stdlib.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/case.h"
#include "daemon/core/hold.h"
#include "daemon/core/moment.h"

#define NEVER_MET "jamais-rencontre"
#define CONSENTS "consentement"
#define EXTRACTS "divulgation"
#define CASE "dossier"

void
retention_case_done(struct retention_case *c)
{
	free(c->v);
	*c = (struct retention_case){ 0 };
}

struct judging {
	struct core *core;
	const struct policy *policy;
	struct tx *tx;
	struct moments *moments;
	int32_t day, filed; /* filed: of the document that is judged */
	int never_met, restricted, holds;
	struct retention_case *out;
};

static int
moment_of(void *arg, const char *name, int32_t *day)
{
	const struct judging *j = arg;

	return moments_day_of(j->moments, name, j->filed, day);
}

static int
grow(struct retention_case *c, struct err *e)
{
	size_t cap = c->cap > 0 ? c->cap * 2 : 16;
	struct retention_item *v;

	if (c->n < c->cap)
		return 0;
	if ((v = reallocarray(c->v, cap, sizeof(*v))) == NULL)
		return err_set(e, ERR_NOMEM, "retention");
	c->v = v;
	c->cap = cap;
	return 0;
}

/* own_ms: when the object itself began to count; 0: with the case. */
static int
judge_one(struct judging *j, enum plan_what what, const struct id *id,
    const char *kind, const char *rule, int64_t own_ms, struct err *e)
{
	struct retention_facts f = {
		.day = j->day,
		.moment = moment_of,
		.arg = j,
		.own_moment = own_ms != 0 ? "disclosure" : NULL,
		.own_day = own_ms != 0 ? civil_day(own_ms) : 0,
		.restricted = j->restricted,
	};
	struct retention_item *item;
	struct id hold;
	int r;

	if ((r = grow(j->out, e)) < 0)
		return r;
	if (j->holds) {
		r = hold_stands(j->tx, &j->out->id,
		    what == PLAN_DOCUMENT ? id : NULL, &hold, e);
		if (r < 0)
			return r;
		f.held = r;
	}
	item = &j->out->v[j->out->n++];
	*item = (struct retention_item){ .what = what, .id = *id };
	snprintf(item->kind, sizeof(item->kind), "%s", kind);
	retention_judge(
	    j->policy, j->never_met ? NEVER_MET : rule, &f, &item->f);
	return 0;
}

static int
judge_documents(struct judging *j, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const struct policy_kind *kind;
	const char *name;
	struct id id;
	int r;

	if ((r = sql_open(j->tx,
		 "SELECT id, kind, (SELECT min(filed_ms) FROM version"
		 " WHERE version.document = document.id)"
		 " FROM document WHERE dossier = ?"
		 " AND state = 'filed' ORDER BY id",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &j->out->id, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		name = sql_get_text(q, 1);
		kind = policy_kind(j->policy, name);
		j->filed = civil_day(sql_get_int(q, 2));
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = judge_one(j, PLAN_DOCUMENT, &id, name,
			 kind != NULL && kind->retention != NULL
			     ? kind->retention
			     : "",
			 0, e)) < 0)
			return r;
	}
	j->filed = INT32_MIN;
	return r;
}

/* The newest instant that a query of one column gives: 1, or 0. What was
 * destroyed before has no key any more. */
static int
newest(struct judging *j, const char *sql, int64_t *at, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(j->tx, sql, &q, e)) < 0 ||
	    (r = sql_id(q, 1, &j->out->id, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	*at = sql_get_int(q, 0);
	return !sql_is_null(q, 0);
}

static int
judge_rest(struct judging *j, struct err *e)
{
	const struct id *kase = &j->out->id;
	int64_t at;
	int r;

	r = newest(j,
	    "SELECT max(given) FROM consent WHERE kase = ? AND key > 0", &at,
	    e);
	if (r < 0 || (r > 0 && (r = judge_one(j, PLAN_CONSENTS, kase,
				    "consents", CONSENTS, 0, e)) < 0))
		return r;
	r = newest(j,
	    "SELECT max(released) FROM extract WHERE kase = ?"
	    " AND key > 0",
	    &at, e);
	if (r < 0 || (r > 0 && (r = judge_one(j, PLAN_EXTRACTS, kase,
				    "extracts", EXTRACTS, at, e)) < 0))
		return r;
	return judge_one(j, PLAN_CASE, kase, "case", CASE, 0, e);
}

/* Its row and its persons stay for as long as anything in it does. */
static void
keep_the_case(struct retention_case *c)
{
	struct retention_finding *f = &c->v[c->n - 1].f;

	if (c->whole || f->verdict != RETENTION_DESTROY)
		return;
	f->verdict = RETENTION_KEEP;
	f->state = RETENTION_INTERMEDIATE;
}

/* 1: something is kept that there is only of who was met. */
static int
has_social(struct judging *j, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const struct policy_kind *kind;
	int r;

	if ((r = sql_open(j->tx,
		 "SELECT DISTINCT kind FROM document WHERE dossier = ?"
		 " AND state = 'filed'",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &j->out->id, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		kind = policy_kind(j->policy, sql_get_text(q, 0));
		if (kind != NULL && kind->is_social)
			return 1;
	}
	return r;
}

/* 1: somebody of it agreed to something. */
static int
has_agreed(struct judging *j, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(j->tx,
		 "SELECT 1 FROM consent WHERE kase = ? AND key > 0"
		 " AND state NOT IN ('requested', 'deferred', 'refused')"
		 " LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &j->out->id, e)) < 0)
		return r;
	return sql_step(q, e);
}

/*
 * Never met, or refused. Whose contact nobody wrote down, but whose diagnosis,
 * contract or consent is here, was met.
 */
static int
is_never_met(struct judging *j, const struct case_facts *kase, struct err *e)
{
	int r;

	if (kase->diagnosis == DIAGNOSIS_REFUSED)
		return 1;
	if (moments_has(j->moments, MOMENT_CONTACT))
		return 0;
	if ((r = has_social(j, e)) == 0)
		r = has_agreed(j, e);
	return r < 0 ? r : !r;
}

static int
judge_all(struct judging *j, struct err *e)
{
	struct case_facts kase;
	struct id hold;
	size_t i;
	int r;

	if ((r = case_by_id(j->tx, &j->out->id, &kase, e)) < 0)
		return r;
	j->restricted = strcmp(kase.state, "restricted") == 0;
	if ((r = is_never_met(j, &kase, e)) < 0)
		return r;
	j->never_met = r;
	r = hold_stands(j->tx, &j->out->id, NULL, &hold, e);
	if (r < 0)
		return r;
	j->holds = r;
	if ((r = judge_documents(j, e)) < 0 || (r = judge_rest(j, e)) < 0)
		return r;
	j->out->whole = 1;
	for (i = 0; i < j->out->n; i++)
		if (j->out->v[i].f.verdict != RETENTION_DESTROY)
			j->out->whole = 0;
	keep_the_case(j->out);
	return 0;
}

int
retention_case_judge(struct core *core, struct tx *tx, const struct id *kase,
    int32_t day, struct retention_case *out, struct err *e)
{
	AUTO(moments_freep) struct moments *moments = NULL;
	struct judging j = {
		.core = core,
		.policy = core->policy,
		.tx = tx,
		.day = day,
		.filed = INT32_MIN,
		.out = out,
	};
	int r;

	out->id = *kase;
	out->n = 0;
	if ((r = moments_load(core, tx, kase, day, &moments, e)) < 0)
		return r;
	j.moments = moments;
	return judge_all(&j, e);
}
