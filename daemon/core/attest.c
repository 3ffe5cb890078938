#include "daemon/core/attest.h"

#include "base/text.h"

const char *const attest_schema =
    "CREATE TABLE attestation ("
    " page BLOB NOT NULL, uid INTEGER NOT NULL, account TEXT NOT NULL,"
    " at INTEGER NOT NULL, leaf INTEGER NOT NULL,"
    " PRIMARY KEY (page, leaf)) STRICT, WITHOUT ROWID;";

int
attest_enter(struct tx *tx, const uint8_t page[32],
    const struct actor *custodian, int64_t at_ms, uint64_t leaf, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO attestation (page, uid, account, at, leaf)"
		 " VALUES (?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_blob(q, 1, page, SHA256_LEN, e)) < 0 ||
	    (r = sql_int(q, 2, custodian->uid, e)) < 0 ||
	    (r = sql_text(q, 3, custodian->account, e)) < 0 ||
	    (r = sql_int(q, 4, at_ms, e)) < 0 ||
	    (r = sql_int(q, 5, (int64_t)leaf, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* One person is one account and one uid, whichever of them is shared. */
static int
count(struct tx *tx, const uint8_t page[32], int64_t since_ms, uint64_t leaf,
    uint32_t *n, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT min(count(DISTINCT uid), count(DISTINCT account))"
		 " FROM attestation WHERE page = ? AND at >= ? AND leaf < ?",
		 &q, e)) < 0 ||
	    (r = sql_blob(q, 1, page, SHA256_LEN, e)) < 0 ||
	    (r = sql_int(q, 2, since_ms, e)) < 0 ||
	    (r = sql_int(q, 3, (int64_t)leaf, e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	*n = r > 0 ? (uint32_t)sql_get_int(q, 0) : 0;
	return 0;
}

int
attest_before(struct tx *tx, const uint8_t page[32], int64_t since_ms,
    uint64_t leaf, uint32_t *n, struct buf *lines, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = count(tx, page, since_ms, leaf, n, e)) < 0 ||
	    (r = sql_open(tx,
		 "SELECT uid, account, leaf FROM attestation"
		 " WHERE page = ? AND at >= ? AND leaf < ? ORDER BY leaf",
		 &q, e)) < 0 ||
	    (r = sql_blob(q, 1, page, SHA256_LEN, e)) < 0 ||
	    (r = sql_int(q, 2, since_ms, e)) < 0 ||
	    (r = sql_int(q, 3, (int64_t)leaf, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if ((r = buf_addf(lines, e, "attested %lld %s %lld\n",
			 (long long)sql_get_int(q, 0), sql_get_text(q, 1),
			 (long long)sql_get_int(q, 2))) < 0)
			return r;
	return r;
}

int
attest_list(struct tx *tx, const uint8_t page[32], json_t **out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	AUTO(json_decrefp) json_t *a = json_array();
	char at[TIME_TEXT];
	int r;

	if ((r = sql_open(tx,
		 "SELECT account, at, leaf FROM attestation WHERE page = ?"
		 " ORDER BY leaf LIMIT 100",
		 &q, e)) < 0 ||
	    (r = sql_blob(q, 1, page, SHA256_LEN, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		time_format(sql_get_int(q, 1), at);
		if (json_array_append_new(a,
			json_pack("{s:s, s:s, s:I}", "by", sql_get_text(q, 0),
			    "at", at, "leaf", (json_int_t)sql_get_int(q, 2))) <
		    0)
			return err_set(e, ERR_NOMEM, "attestations");
	}
	if (r < 0)
		return r;
	*out = TAKE(a);
	return 0;
}
