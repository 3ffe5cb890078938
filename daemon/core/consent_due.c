/* Letters that confirm withdrawals by telephone, for the list of what is
 * due. */
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

int
consent_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	int64_t since;
	json_t *more;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT id, kase, letter, purpose FROM consent"
		 " WHERE letter <> 0 ORDER BY letter LIMIT 2000",
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
