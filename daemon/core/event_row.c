#include "daemon/core/event.h"

const char *const event_schema =
    "CREATE TABLE case_event ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL, name TEXT NOT NULL,"
    " day INTEGER NOT NULL," /* declared, days since 1970 */
    " at INTEGER NOT NULL,"  /* entered, ms */
    " leaf INTEGER NOT NULL, document BLOB,"
    " key INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX case_event_kase ON case_event (kase, day);";

/* --- forgetting ----------------------------------------------------------- */

int
event_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint64_t key;
	int r;

	if ((r = sql_open(
		 tx, "SELECT key FROM case_event WHERE kase = ?", &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		key = (uint64_t)sql_get_int(q, 0);
		if ((r = buf_add(numbers, &key, sizeof(key), e)) < 0)
			return r;
	}
	return r;
}

int
event_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "DELETE FROM case_event WHERE kase = ?", &q, e)) <
		0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	return sql_run(q, e);
}
