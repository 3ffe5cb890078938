/* Letters that confirm withdrawals by telephone, and consents that are about
 * to end, for the list of what is due. */
#include <string.h>

#include "base/civil.h"
#include "daemon/core/case.h"
#include "daemon/core/consent_row.h"
#include "daemon/core/due.h"

/* When the withdrawal that asks for the letter was entered. */
static int
withdrawn_at(
    struct tx *tx, const struct id *consent, int64_t *at, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT coalesce(max(at), 0) FROM consent_event"
		 " WHERE consent = ? AND event = 'withdrawn'",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, consent, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	*at = sql_get_int(q, 0);
	return 0;
}

static int
letters_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	int64_t since;
	json_t *more;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT id, kase, letter, purpose FROM consent"
		 " WHERE letter <> 0 ORDER BY letter",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &kase, e)) < 0 ||
		    (r = withdrawn_at(d->tx, &id, &since, e)) < 0)
			return r;
		more = json_pack("{s:s}", "purpose", sql_get_text(q, 3));
		if ((r = due_add(d, "withdrawal-letter", &kase, &id, since,
			 sql_get_int(q, 2), more, e)) < 0)
			return r;
	}
	return r;
}

/* Its last day is near, on the day of the list, in a case that is open: it
 * may be renewed, or is let go. until is the first instant after it. */
static int
add_ending(struct due_list *d, const struct id *id, const struct id *kase,
    int64_t until, const char *purpose, struct err *e)
{
	enum term_unit unit;
	struct case_facts f;
	int32_t last = civil_day(until - 1), from;
	uint32_t n;
	int r;

	if (policy_period_on(d->core->policy, "consent-expiry-days", last, &n,
		&unit, NULL) < 0)
		return 0;
	from = term_day_before(last, n, unit);
	if (d->as_of < from || d->as_of > last)
		return 0;
	if ((r = case_by_id(d->tx, kase, &f, e)) < 0 ||
	    strcmp(f.state, "open") != 0)
		return r;
	return due_add(d, "consent-expiry", kase, id, civil_start_ms(from),
	    until, json_pack("{s:s}", "purpose", purpose), e);
}

static int
endings_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT id, kase, until, purpose FROM consent"
		 " WHERE state IN ('given', 'renewed') AND until >= ?"
		 " ORDER BY until",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, civil_start_ms(d->as_of), e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &kase, e)) < 0 ||
		    (r = add_ending(d, &id, &kase, sql_get_int(q, 2),
			 sql_get_text(q, 3), e)) < 0)
			return r;
	return r;
}

int
consent_due(struct due_list *d, struct err *e)
{
	int r = letters_due(d, e);

	return r < 0 ? r : endings_due(d, e);
}
