/* What is due of rules: proposals that wait for signatures, or for being put
 * in force. */
#include "daemon/core/due.h"
#include "daemon/core/rules_rows.h"

/* Those over the set in force that nobody applied; what was made over
 * another set can only be proposed again. */
static int
open_ones(struct tx *tx, struct buf *ids, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct id id;
	int r;

	if ((r = sql_open(tx,
		 "SELECT p.id FROM rule_proposal p"
		 " WHERE p.base = (SELECT max(generation) FROM rule_set)"
		 " AND NOT EXISTS"
		 "  (SELECT 1 FROM rule_set s WHERE s.proposal = p.id)"
		 " ORDER BY p.at, p.id LIMIT ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, DUE_MAX, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = buf_add(ids, id.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

/* "approved": enough signatures count today; "reason" is the approval that
 * it takes. */
static int
one(struct due_list *d, const struct id *id, struct err *e)
{
	AUTO(rules_row_done) struct rules_row row = { 0 };
	struct id nobodys = { 0 };
	uint32_t have, need;
	json_t *more;
	int r;

	if ((r = rules_row_load(d->tx, id, &row, e)) < 0 ||
	    (r = approval_count(
		 d->core, d->tx, id, d->now_ms, &have, &need, e)) < 0)
		return r;
	more = json_pack("{s:s, s:s}", "reason", row.what, "state",
	    have >= need ? "approved" : "proposed");
	if (more == NULL)
		return err_set(e, ERR_NOMEM, "due");
	return due_add(
	    d, "rules-proposal", &nobodys, id, row.at_ms, 0, more, e);
}

int
rules_due(struct due_list *d, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct id id;
	size_t i;
	int r;

	if ((r = open_ones(d->tx, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = one(d, &id, e)) < 0)
			return r;
	}
	return 0;
}
