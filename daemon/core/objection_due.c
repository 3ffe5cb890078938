/* Objections that wait for the DPO, for the list of what is due. */
#include "base/civil.h"
#include "daemon/core/due.h"
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
