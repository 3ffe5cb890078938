/* What is due of destructions, until their certificates are complete. */
#include "base/civil.h"
#include "daemon/core/approval.h"
#include "daemon/core/certified.h"

#define DAY_MS INT64_C(86400000)

static const struct id nobodys;

/* --- dates of certificates ------------------------------------------------ */

static int
add_dates(struct due_list *d, const struct id *erasure, int64_t rotated,
    const json_t *j, struct err *e)
{
	const struct certified_kind *k;
	size_t i;
	int r;

	for (i = 0; i < CERTIFIED_DATES; i++) {
		k = &certified_kinds[i];
		if (!json_is_null(
			json_object_get(json_object_get(j, k->member), "date")))
			continue;
		r = due_add(d, k->deadline, &nobodys, erasure, rotated,
		    due_after(d->core, k->figure, rotated),
		    json_pack("{s:O}", "of", json_object_get(j, "what")), e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
dates(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id erasure;
	json_t *j;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT erasure, rotated, json FROM certificate"
		 " WHERE complete = 0 ORDER BY rotated",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &erasure, e)) < 0)
			return r;
		if ((j = json_loads(sql_get_text(q, 2), 0, NULL)) == NULL)
			return err_set(e, ERR_INTEGRITY, "certificate");
		r = add_dates(d, &erasure, sql_get_int(q, 1), j, e);
		json_decref(j);
		if (r < 0)
			return r;
	}
	return r;
}

/* --- before the certificate ----------------------------------------------- */

/* Nobody can approve it any more, or run it: its page is too old. */
static int
is_over(const struct due_list *d, const char *what, int64_t asked)
{
	const struct policy_approval *rule =
	    policy_approval(d->core->policy, what);

	return rule != NULL &&
	       asked + (int64_t)rule->valid_days * DAY_MS < d->now_ms;
}

static int
add_act(struct due_list *d, struct sql *q, struct err *e)
{
	const char *state = sql_get_text(q, 1), *what = sql_get_text(q, 2);
	int64_t asked = sql_get_int(q, 3);
	struct id id;
	int r;

	if ((r = sql_get_id(q, 0, &id, e)) < 0)
		return r;
	if (strcmp(state, "running") == 0)
		return due_add(d, "destruction-cut", &nobodys, &id, asked, 0,
		    json_pack("{s:s}", "of", what), e);
	if (is_over(d, what, asked))
		return 0;
	if (sql_get_int(q, 4) != 0 &&
	    (r = due_add(d, "visa", &nobodys, &id, asked,
		 due_after(d->core, "retention-visa-days", asked), NULL, e)) <
		0)
		return r;
	return due_add(d,
	    strcmp(state, "planned") == 0 ? "destruction-approve"
					  : "destruction-run",
	    &nobodys, &id, asked, 0, json_pack("{s:s}", "of", what), e);
}

static int
acts(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT e.id, e.state, a.what, a.asked,"
		 " coalesce(s.visa = 1 AND s.visa_leaf = 0, 0)"
		 " FROM erasure e JOIN approval_subject a ON a.id = e.id"
		 " LEFT JOIN sweep s ON s.id = e.id"
		 " WHERE e.state <> 'done' ORDER BY a.asked",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = add_act(d, q, e)) < 0)
			return r;
	return r;
}

int
certified_due(struct due_list *d, struct err *e)
{
	int r = dates(d, e);

	return r < 0 ? r : acts(d, e);
}
