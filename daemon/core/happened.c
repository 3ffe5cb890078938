#include "daemon/core/happened.h"

#include <string.h>

#include "base/civil.h"
#include "base/text.h"
#include "daemon/core/declared.h"
#include "daemon/core/demarche.h"
#include "daemon/core/happened_count.h"
#include "daemon/core/moment.h"

#define RECORD_DATE "record-date" /* the tag of a refusal */

/* --- what a record says ----------------------------------------------------
 */

static void
walk(const json_t *at, const char *path,
    void (*each)(void *arg, const char *value), void *arg)
{
	char name[POLICY_NAME_MAX + 1];
	size_t i, n = strcspn(path, ".");

	if (json_is_array(at)) {
		for (i = 0; i < json_array_size(at); i++)
			walk(json_array_get(at, i), path, each, arg);
		return;
	}
	if (n == 0 || at == NULL) {
		if (json_is_string(at))
			each(arg, json_string_value(at));
		return;
	}
	snprintf(name, sizeof(name), "%.*s", (int)n, path);
	walk(json_object_get(at, name), path + n + (path[n] == '.'), each, arg);
}

struct match {
	const char *const *values;
	int found;
};

static void
match_one(void *arg, const char *value)
{
	struct match *m = arg;
	const char *const *v;

	for (v = m->values; v != NULL && *v != NULL; v++)
		if (strcmp(*v, value) == 0)
			m->found = 1;
}

static int
is_source(const struct policy_moment_source *s, const char *kind,
    const json_t *record)
{
	struct match m = { .values = s->values };

	if (s->kind == NULL || strcmp(s->kind, kind) != 0)
		return 0;
	if (s->path == NULL)
		return 1;
	walk(record, s->path, match_one, &m);
	return m.found;
}

/* Of several dates the last, unless the first counts. */
struct dates {
	int first, found;
	int32_t day;
};

static void
date_one(void *arg, const char *value)
{
	struct dates *d = arg;
	int32_t day;

	if (date_parse(value, &day, NULL) < 0)
		return;
	if (!d->found || (d->first ? day < d->day : day > d->day))
		d->day = day;
	d->found = 1;
}

/* --- moments of a document -------------------------------------------------
 */

struct telling {
	struct core *core;
	struct tx *tx;
	const struct happening *h;
	const struct id *document;
	uint32_t version;
	const char *kind;
	const json_t *record;
};

/* The day the first version was filed: a correction, however late, may say
 * what could have been said then. */
static int
first_day(const struct telling *t, int32_t *day, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	*day = civil_day(t->h->at_ms);
	if (t->version <= 1)
		return 0;
	if ((r = sql_open(t->tx,
		 "SELECT min(filed_ms) FROM version WHERE document = ?", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, t->document, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r > 0 && !sql_is_null(q, 0))
		*day = civil_day(sql_get_int(q, 0));
	return 0;
}

static int
check_declared(const struct telling *t, int32_t day, struct err *e)
{
	int32_t since;
	int r;

	if ((r = first_day(t, &since, e)) < 0)
		return r;
	return declared_day_within(
	    t->core, day, since, civil_day(t->h->at_ms), RECORD_DATE, e);
}

/*
 * 1 and *day when the document makes this moment; *dated: the record says
 * the day itself.
 */
static int
day_of(const struct telling *t, const struct policy_moment *m, int32_t *day,
    int *dated, struct err *e)
{
	struct dates d = { .first = m->is_first };
	const struct policy_moment_source *s;
	size_t i;
	int r, made = 0;

	for (i = 0; i < m->nfrom; i++) {
		s = &m->from[i];
		if (!is_source(s, t->kind, t->record))
			continue;
		if (s->date == NULL) {
			made = 1;
			continue;
		}
		walk(t->record, s->date, date_one, &d);
		if (d.found && !moment_source_is_ahead(t->core->policy, s) &&
		    (r = check_declared(t, d.day, e)) < 0)
			return r;
	}
	*dated = d.found;
	*day = d.found ? d.day : civil_day(t->h->at_ms);
	return made || d.found;
}

/* A correction replaces the day, or takes the moment back; one that says no
 * day leaves that of the first filing. */
static int
tell_one(const struct telling *t, const struct policy_moment *m, struct err *e)
{
	const struct id *kase = t->h->kase;
	int32_t day;
	int r, had, dated;

	if ((r = day_of(t, m, &day, &dated, e)) < 0)
		return r;
	if (r == 0)
		return t->version > 1 ? moment_take_back(t->tx, kase, m->name,
					    t->document, e)
				      : 0;
	if (!dated && t->version > 1) {
		had = moment_has(t->tx, kase, m->name, t->document, e);
		if (had != 0)
			return had < 0 ? had : 0;
	}
	return moment_put(
	    t->tx, kase, m->name, day, t->document, t->h->at_ms, t->h->leaf, e);
}

int
happened_filed(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, uint32_t version, const char *kind,
    const json_t *record, struct err *e)
{
	struct telling t = { core, tx, h, document, version, kind, record };
	const struct policy_moment *all;
	size_t i, n = policy_moments(core->policy, &all);
	int32_t today = civil_day(h->at_ms);
	int r;

	for (i = 0; i < n; i++)
		if (policy_in_force(&all[i].when, today) &&
		    (r = tell_one(&t, &all[i], e)) < 0)
			return r;
	if (strcmp(kind, DEMARCHE_KIND) == 0 &&
	    (r = demarche_filed(core, tx, h, document, record, e)) < 0)
		return r;
	return happened_count_filed(
	    core, tx, h, document, version, kind, record, e);
}

/* --- of events, cases ------------------------------------------------------
 */

static int
is_event_of(const struct policy_moment *m, const char *event)
{
	size_t i;

	for (i = 0; i < m->nfrom; i++)
		if (m->from[i].event != NULL &&
		    strcmp(m->from[i].event, event) == 0)
			return 1;
	return 0;
}

int
happened_event(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *object, const char *event, int32_t day, struct err *e)
{
	const struct policy_moment *all;
	size_t i, n = policy_moments(core->policy, &all);
	int32_t today = civil_day(h->at_ms);
	int r;

	for (i = 0; i < n; i++)
		if (policy_in_force(&all[i].when, today) &&
		    is_event_of(&all[i], event) &&
		    (r = moment_put(tx, h->kase, all[i].name, day, object,
			 h->at_ms, h->leaf, e)) < 0)
			return r;
	return 0;
}

/* A case that lives again enters anew, and was not closed. */
static int
enter_anew(struct tx *tx, const struct happening *h, struct err *e)
{
	struct id again;
	int r;

	if ((r = moment_take_back(tx, h->kase, MOMENT_CLOSING, NULL, e)) < 0 ||
	    (r = id_random(&again, e)) < 0)
		return r;
	return moment_put(tx, h->kase, MOMENT_ENTRY, civil_day(h->at_ms),
	    &again, h->at_ms, h->leaf, e);
}

int
happened_case(struct core *core, struct tx *tx, const struct happening *h,
    const char *what, const char *source, const char *outcome, struct err *e)
{
	int32_t today = civil_day(h->at_ms);
	int r = 0;

	if (strcmp(what, "opened") == 0)
		r = moment_put(tx, h->kase, MOMENT_ENTRY, today, h->kase,
		    h->at_ms, h->leaf, e);
	else if (strcmp(what, "reopened") == 0)
		r = enter_anew(tx, h, e);
	else if (strcmp(what, "closed") == 0)
		r = moment_put(tx, h->kase, MOMENT_CLOSING, today, h->kase,
		    h->at_ms, h->leaf, e);
	if (r < 0)
		return r;
	return happened_count_case(core, tx, h, what, source, outcome, e);
}

int
happened_void(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, struct err *e)
{
	int r;

	if ((r = moment_forget_object(tx, document, e)) < 0 ||
	    (r = demarche_void(core, tx, h, document, e)) < 0)
		return r;
	return happened_count_void(tx, h, document, e);
}
