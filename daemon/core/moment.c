#include "daemon/core/moment.h"

#include <string.h>

#include "base/civil.h"
#include "daemon/core/row.h"

#define OTHERWISE_MAX 16 /* moments that stand in for one another */
#define OF_CASE_MAX 20000

const char *const moment_schema =
    "CREATE TABLE moment ("
    " kase BLOB NOT NULL REFERENCES dossier (id),"
    " name TEXT NOT NULL,"
    " object BLOB NOT NULL," /* the document or event it came with */
    " day INTEGER NOT NULL," /* days since 1970, in Paris */
    " at INTEGER NOT NULL,"  /* entered, ms */
    " leaf INTEGER NOT NULL,"
    " PRIMARY KEY (kase, name, object)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX moment_object ON moment (object);";

/* --- entering ------------------------------------------------------------- */

int
moment_put(struct tx *tx, const struct id *kase, const char *name, int32_t day,
    const struct id *object, int64_t at_ms, uint64_t leaf, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO moment (kase, name, object, day, at, leaf)"
		 " VALUES (?, ?, ?, ?, ?, ?)"
		 " ON CONFLICT (kase, name, object) DO UPDATE"
		 " SET day = excluded.day, at = excluded.at,"
		 " leaf = excluded.leaf",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_text(q, 2, name, e)) < 0 ||
	    (r = sql_id(q, 3, object, e)) < 0 ||
	    (r = sql_int(q, 4, day, e)) < 0 ||
	    (r = sql_int(q, 5, at_ms, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)leaf, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
moment_forget_object(struct tx *tx, const struct id *object, struct err *e)
{
	return rows_run(tx, "DELETE FROM moment WHERE object = ?", object, e);
}

int
moment_take_back(struct tx *tx, const struct id *kase, const char *name,
    const struct id *object, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "DELETE FROM moment WHERE kase = ?1 AND name = ?2"
		 " AND (?3 IS NULL OR object = ?3)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_text(q, 2, name, e)) < 0 ||
	    (r = object != NULL ? sql_id(q, 3, object, e) : sql_null(q, 3, e)) <
		0)
		return r;
	return sql_run(q, e);
}

int
moment_has(struct tx *tx, const struct id *kase, const char *name,
    const struct id *object, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM moment"
		 " WHERE kase = ? AND name = ? AND object = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_text(q, 2, name, e)) < 0 ||
	    (r = sql_id(q, 3, object, e)) < 0)
		return r;
	return sql_step(q, e);
}

int
moment_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(tx, "DELETE FROM moment WHERE kase = ?", kase, e);
}

/* --- what lies ahead ------------------------------------------------------ */

int
moment_source_is_ahead(
    const struct policy *p, const struct policy_moment_source *s)
{
	const struct policy_event *ev;

	if (s->event != NULL) {
		ev = policy_event(p, s->event);
		return ev != NULL && ev->in_future;
	}
	return s->date != NULL && strcmp(s->date, MOMENT_RECORD_DAY) != 0;
}

static int
is_ahead(const struct policy *p, const struct policy_moment *m)
{
	size_t i;

	for (i = 0; i < m->nfrom; i++)
		if (moment_source_is_ahead(p, &m->from[i]))
			return 1;
	return 0;
}

/* --- asking --------------------------------------------------------------- */

struct entered {
	char name[POLICY_NAME_MAX + 1];
	int32_t day, entered; /* when it was; the day it was told */
};
struct moments {
	const struct policy *policy;
	int32_t as_of;
	struct entered *v;
	size_t n, cap;
};

void
moments_freep(struct moments **m)
{
	if (*m == NULL)
		return;
	free((*m)->v);
	free(*m);
	*m = NULL;
}

static int
add(struct moments *m, const char *name, int32_t day, int32_t entered,
    struct err *e)
{
	size_t cap = m->cap > 0 ? 2 * m->cap : 16;
	struct entered *v;

	if (m->n == OF_CASE_MAX)
		return err_set(e, ERR_TOO_LARGE,
		    "more than %d moments in one case", OF_CASE_MAX);
	if (m->n == m->cap) {
		if ((v = realloc(m->v, cap * sizeof(*v))) == NULL)
			return err_set(e, ERR_NOMEM, "moments");
		m->v = v;
		m->cap = cap;
	}
	snprintf(m->v[m->n].name, sizeof(m->v[m->n].name), "%s", name);
	m->v[m->n].entered = entered;
	m->v[m->n++].day = day;
	return 0;
}

int
moments_load(struct core *core, struct tx *tx, const struct id *kase,
    int32_t as_of, struct moments **out, struct err *e)
{
	AUTO(moments_freep) struct moments *m = calloc(1, sizeof(*m));
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (m == NULL)
		return err_set(e, ERR_NOMEM, "moments");
	m->policy = core->policy;
	m->as_of = as_of;
	if ((r = sql_open(tx, "SELECT name, day, at FROM moment WHERE kase = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = add(m, sql_get_text(q, 0), (int32_t)sql_get_int(q, 1),
			 civil_day(sql_get_int(q, 2)), e)) < 0)
			return r;
	if (r < 0)
		return r;
	*out = TAKE(m);
	return 0;
}

/* Where the closing stands in for it, a moment is the end of something. */
static int
is_an_end(const struct policy_moment *rule)
{
	return rule != NULL && rule->otherwise != NULL &&
	       strcmp(rule->otherwise, MOMENT_CLOSING) == 0;
}

/* Of several the last counts, where the rules do not say the first. */
static int
own_day(const struct moments *m, const char *name,
    const struct policy_moment *rule, int32_t since, int32_t *day)
{
	int ahead = rule != NULL && is_ahead(m->policy, rule);
	int first = rule != NULL && rule->is_first, found = 0;
	int end = is_an_end(rule);
	size_t i;

	for (i = 0; i < m->n; i++) {
		if (strcmp(m->v[i].name, name) != 0 ||
		    (m->v[i].day > m->as_of && !ahead) ||
		    (end && m->v[i].entered < since))
			continue;
		if (!found || (first ? m->v[i].day < *day : m->v[i].day > *day))
			*day = m->v[i].day;
		found = 1;
	}
	return found;
}

/*
 * A case that lives again begins anew: where its entry stands in for a moment
 * that never was, what lies before the last entry does not count any more.
 */
static void
begin_anew(
    const struct moments *m, const struct policy_moment *rule, int32_t *found)
{
	int32_t last = *found;
	size_t i, entries = 0;

	if (rule == NULL || rule->otherwise == NULL ||
	    strcmp(rule->otherwise, MOMENT_ENTRY) != 0)
		return;
	for (i = 0; i < m->n; i++) {
		if (strcmp(m->v[i].name, MOMENT_ENTRY) != 0 ||
		    m->v[i].day > m->as_of)
			continue;
		entries++;
		if (m->v[i].day > last)
			last = m->v[i].day;
	}
	if (entries > 1)
		*found = last;
}

int
moments_has(const struct moments *m, const char *name)
{
	int32_t day;

	return own_day(
	    m, name, policy_moment(m->policy, name), INT32_MIN, &day);
}

int
moments_day(const struct moments *m, const char *name, int32_t *day)
{
	return moments_day_of(m, name, INT32_MIN, day);
}

int
moments_day_of(
    const struct moments *m, const char *name, int32_t filed, int32_t *day)
{
	const struct policy_moment *rule;
	int32_t found;
	int i;

	for (i = 0; name != NULL && i < OTHERWISE_MAX; i++) {
		rule = policy_moment(m->policy, name);
		if (own_day(m, name, rule, filed, &found)) {
			begin_anew(m, rule, &found);
			*day = found;
			return 1;
		}
		name = rule != NULL ? rule->otherwise : NULL;
	}
	return 0;
}

int
moment_day(struct core *core, struct tx *tx, const struct id *kase,
    const char *name, int32_t as_of, int32_t *day, struct err *e)
{
	AUTO(moments_freep) struct moments *m = NULL;
	int r;

	if ((r = moments_load(core, tx, kase, as_of, &m, e)) < 0)
		return r;
	return moments_day(m, name, day);
}

static int
since_one(struct tx *tx, const struct id *kase, const char *name, int32_t since,
    int32_t as_of, int32_t *day, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT max(day) FROM moment WHERE kase = ? AND name = ?"
		 " AND day >= ? AND day <= ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_text(q, 2, name, e)) < 0 ||
	    (r = sql_int(q, 3, since, e)) < 0 ||
	    (r = sql_int(q, 4, as_of, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0 || sql_is_null(q, 0))
		return 0;
	*day = (int32_t)sql_get_int(q, 0);
	return 1;
}

int
moment_since(struct tx *tx, const struct id *kase, const char *const *names,
    int32_t since, int32_t as_of, int32_t *day, struct err *e)
{
	int32_t one, last = 0;
	int r, found = 0;

	for (; names != NULL && *names != NULL; names++) {
		if ((r = since_one(tx, kase, *names, since, as_of, &one, e)) <
		    0)
			return r;
		if (r > 0 && (!found || one > last))
			last = one;
		found |= r;
	}
	if (found)
		*day = last;
	return found;
}
