/* Objections as others see them: those that wait for the DPO, for the list of
 * what is due; those of a person, for their copy. */
#include "base/civil.h"
#include "daemon/core/due.h"
#include "daemon/core/json_of.h"
#include "daemon/core/objection_row.h"

int
objection_due(struct due_list *d, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id, kase;
	int32_t received;
	int r;

	if ((r = sql_open(d->tx,
		 "SELECT id, kase, received FROM objection"
		 " WHERE state = 'waiting' ORDER BY received",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = sql_get_id(q, 1, &kase, e)) < 0)
			return r;
		received = (int32_t)sql_get_int(q, 2);
		if ((r = due_add(d, "objection", &kase, &id,
			 civil_start_ms(received),
			 objection_due_ms(d->core, received), json_object(),
			 e)) < 0)
			return r;
	}
	return r;
}

int
objection_of_person(struct tx *tx, const struct id *kase,
    const struct id *person, json_t *into, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int64_t decided;
	int r;

	if ((r = sql_open(tx,
		 "SELECT received, state, decided FROM objection"
		 " WHERE kase = ? AND (person = ? OR person IS NULL)"
		 " ORDER BY at, rowid LIMIT 200",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_id(q, 2, person, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		decided = sql_get_int(q, 2);
		if (json_array_append_new(
			into, json_pack("{s:o, s:s, s:o}", "received_on",
				  json_of_day((int32_t)sql_get_int(q, 0)),
				  "state", sql_get_text(q, 1), "decided_on",
				  decided != 0 ? json_of_day(civil_day(decided))
					       : json_null())) < 0)
			return err_set(e, ERR_NOMEM, "objections");
	}
	return r;
}
