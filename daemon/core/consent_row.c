#include "daemon/core/consent_row.h"

#include "daemon/core/row.h"

#include "base/civil.h"
#include "base/text.h"

const char *const consent_schema =
    "CREATE TABLE consent ("
    " id BLOB PRIMARY KEY, kase BLOB NOT NULL, person BLOB NOT NULL,"
    " purpose TEXT NOT NULL, sheet BLOB NOT NULL, state TEXT NOT NULL,"
    " given INTEGER NOT NULL, until INTEGER NOT NULL,"
    " letter INTEGER NOT NULL," /* when one is due, ms; 0: none */
    " key INTEGER NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE INDEX consent_kase ON consent (kase, purpose);"
    "CREATE INDEX consent_sheet ON consent (sheet);"
    "CREATE INDEX consent_letter ON consent (letter) WHERE letter <> 0;"
    /* One record for each adult and purpose. */
    "CREATE UNIQUE INDEX consent_living ON consent (kase, person, purpose)"
    " WHERE state IN ('requested', 'deferred', 'given', 'renewed');"
    "CREATE TABLE consent_event ("
    " consent BLOB NOT NULL, n INTEGER NOT NULL, event TEXT NOT NULL,"
    " effective INTEGER NOT NULL, at INTEGER NOT NULL,"
    " until INTEGER NOT NULL, leaf INTEGER NOT NULL,"
    " previous BLOB NOT NULL CHECK (length(previous) = 32),"
    " words BLOB NOT NULL CHECK (length(words) = 32),"
    " seal INTEGER NOT NULL, sealed BLOB,"
    " PRIMARY KEY (consent, n)) STRICT, WITHOUT ROWID;"
    /* What a consent rests on, in clear: whoever would take such a document
     * away must be told. */
    "CREATE TABLE consent_paper ("
    " document BLOB NOT NULL, consent BLOB NOT NULL,"
    " PRIMARY KEY (document, consent)) STRICT, WITHOUT ROWID;";

json_t *
consent_day_json(int64_t until_ms)
{
	char text[11];

	if (until_ms == 0)
		return json_null();
	date_format(civil_day(until_ms - 1), text);
	return json_string(text);
}

/* --- rows ----------------------------------------------------------------- */

/* id, kase, person, sheet, purpose, state, given, until, key, letter. */
static int
take_row(struct sql *q, struct consent_row *out, struct err *e)
{
	struct consent_row row = { 0 };
	int r;

	if ((r = sql_get_id(q, 0, &row.id, e)) < 0 ||
	    (r = sql_get_id(q, 1, &row.kase, e)) < 0 ||
	    (r = sql_get_id(q, 2, &row.person, e)) < 0 ||
	    (r = sql_get_id(q, 3, &row.sheet, e)) < 0)
		return r;
	snprintf(row.purpose, sizeof(row.purpose), "%s", sql_get_text(q, 4));
	if (consent_state_from_name(sql_get_text(q, 5), &row.state) < 0)
		return err_set(e, ERR_INTEGRITY, "a consent's state");
	row.given = sql_get_int(q, 6);
	row.until = sql_get_int(q, 7);
	row.key = (uint64_t)sql_get_int(q, 8);
	row.letter = sql_get_int(q, 9);
	*out = row;
	return 0;
}

int
consent_row_by_id(
    struct tx *tx, const struct id *id, struct consent_row *out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, kase, person, sheet, purpose, state, given,"
		 " until, key, letter FROM consent WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, id, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such consent");
	return take_row(q, out, e);
}

int
consent_row_find(
    struct tx *tx, const char *id, struct consent_row *out, struct err *e)
{
	struct id raw;

	if (id_parse(id, &raw, NULL) < 0)
		return err_set(e, ERR_NOT_FOUND, "no such consent");
	return consent_row_by_id(tx, &raw, out, e);
}

int
consent_row_living(struct tx *tx, const struct id *kase,
    const struct id *person, const char *purpose, struct consent_row *out,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id, kase, person, sheet, purpose, state, given,"
		 " until, key, letter FROM consent"
		 " WHERE kase = ? AND person = ? AND purpose = ? AND"
		 " state IN ('requested', 'deferred', 'given', 'renewed')",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_id(q, 2, person, e)) < 0 ||
	    (r = sql_text(q, 3, purpose, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	r = take_row(q, out, e);
	return r < 0 ? r : 1;
}

static int
take_ids(struct sql *q, const struct id *of, struct buf *ids, struct err *e)
{
	struct id id;
	int r;

	if ((r = sql_id(q, 1, of, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = buf_add(ids, id.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

int
consent_row_ids(
    struct tx *tx, const struct id *kase, struct buf *ids, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM consent WHERE kase = ?"
		 " ORDER BY given, id LIMIT 500",
		 &q, e)) < 0)
		return r;
	return take_ids(q, kase, ids, e);
}

int
consent_row_ids_of_sheet(
    struct tx *tx, const struct id *sheet, struct buf *ids, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT id FROM consent WHERE sheet = ?"
		 " ORDER BY purpose, person LIMIT 500",
		 &q, e)) < 0)
		return r;
	return take_ids(q, sheet, ids, e);
}

int
consent_row_insert(struct tx *tx, const struct consent_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO consent (id, kase, person, sheet, purpose,"
		 " state, given, until, letter, key)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0 ||
	    (r = sql_id(q, 2, &row->kase, e)) < 0 ||
	    (r = sql_id(q, 3, &row->person, e)) < 0 ||
	    (r = sql_id(q, 4, &row->sheet, e)) < 0 ||
	    (r = sql_text(q, 5, row->purpose, e)) < 0 ||
	    (r = sql_text(q, 6, consent_state_name(row->state), e)) < 0 ||
	    (r = sql_int(q, 7, row->given, e)) < 0 ||
	    (r = sql_int(q, 8, row->until, e)) < 0 ||
	    (r = sql_int(q, 9, (int64_t)row->key, e)) < 0)
		return r;
	r = sql_run(q, e);
	if (r == -(int)ERR_CONFLICT)
		return err_tag(e, ERR_CONFLICT, "consent-changed",
		    "another consent of this person was entered just now");
	return r;
}

int
consent_row_move(struct tx *tx, struct consent_row *row, enum consent_state to,
    int64_t now_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct consent_row now;
	enum consent_state from;
	int r;

	if ((r = consent_row_by_id(tx, &row->id, &now, e)) < 0)
		return r;
	from = consent_state_at(now.state, now.until, now_ms);
	if (!consent_state_may_move(from, to))
		return err_tag(e, ERR_CONFLICT, "consent-state",
		    "this consent is %s: it cannot be %s",
		    consent_state_name(from), consent_state_name(to));
	if ((r = sql_open(
		 tx, "UPDATE consent SET state = ? WHERE id = ?", &q, e)) < 0 ||
	    (r = sql_text(q, 1, consent_state_name(to), e)) < 0 ||
	    (r = sql_id(q, 2, &row->id, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	row->state = to;
	return 0;
}

int
consent_row_set_term(
    struct tx *tx, const struct consent_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE consent SET given = ?, until = ?, sheet = ?"
		 " WHERE id = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, row->given, e)) < 0 ||
	    (r = sql_int(q, 2, row->until, e)) < 0 ||
	    (r = sql_id(q, 3, &row->sheet, e)) < 0 ||
	    (r = sql_id(q, 4, &row->id, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
consent_row_set_letter(
    struct tx *tx, const struct consent_row *row, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, "UPDATE consent SET letter = ? WHERE id = ?", &q,
		 e)) < 0 ||
	    (r = sql_int(q, 1, row->letter, e)) < 0 ||
	    (r = sql_id(q, 2, &row->id, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
consent_row_ended(struct tx *tx, const struct id *kase, const struct id *person,
    const char *purpose, int64_t *at, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT coalesce(max(effective), 0) FROM consent"
		 " JOIN consent_event ON consent_event.consent = consent.id"
		 " WHERE kase = ? AND person = ? AND purpose = ? AND event IN"
		 " ('refused', 'withdrawn', 'terminated', 'invalidated')",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0 ||
	    (r = sql_id(q, 2, person, e)) < 0 ||
	    (r = sql_text(q, 3, purpose, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	*at = sql_get_int(q, 0);
	return 0;
}

int
consent_in_force(struct tx *tx, const struct id *kase, const struct id *person,
    const char *purpose, int64_t now_ms, struct id *id, struct err *e)
{
	struct consent_row row;
	int r;

	r = consent_row_living(tx, kase, person, purpose, &row, e);
	if (r <= 0)
		return r;
	if (row.given > now_ms || !consent_state_is_valid(consent_state_at(
				      row.state, row.until, now_ms)))
		return 0;
	*id = row.id;
	return 1;
}

/* --- forgetting ----------------------------------------------------------- */

int
consent_key_numbers(
    struct tx *tx, const struct id *kase, struct buf *numbers, struct err *e)
{
	return rows_key_numbers(tx,
	    "SELECT key FROM consent WHERE kase = ? AND key <> 0", kase,
	    numbers, e);
}

int
consent_paper_add(struct tx *tx, const struct id *consent,
    const struct id *document, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if (id_is_zero(document))
		return 0;
	if ((r = sql_open(tx,
		 "INSERT OR IGNORE INTO consent_paper (document, consent)"
		 " VALUES (?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0 ||
	    (r = sql_id(q, 2, consent, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
consent_rests_on(struct tx *tx, const struct id *document, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM consent_paper WHERE document = ? LIMIT 1", &q,
		 e)) < 0 ||
	    (r = sql_id(q, 1, document, e)) < 0)
		return r;
	return sql_step(q, e);
}

int
consent_forget(struct tx *tx, const struct id *kase, struct err *e)
{
	AUTO(sql_done) struct sql *events = NULL, *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE consent_event SET sealed = NULL WHERE consent IN"
		 " (SELECT id FROM consent WHERE kase = ?)",
		 &events, e)) < 0 ||
	    (r = sql_id(events, 1, kase, e)) < 0 ||
	    (r = sql_run(events, e)) < 0 ||
	    (r = sql_open(
		 tx, "UPDATE consent SET key = 0 WHERE kase = ?", &q, e)) < 0 ||
	    (r = sql_id(q, 1, kase, e)) < 0)
		return r;
	return sql_run(q, e);
}
