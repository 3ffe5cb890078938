#include "daemon/core/event.h"

#include "daemon/core/row.h"

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
	return rows_key_numbers(
	    tx, "SELECT key FROM case_event WHERE kase = ?", kase, numbers, e);
}

int
event_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	return rows_run(tx, "DELETE FROM case_event WHERE kase = ?", kase, e);
}
