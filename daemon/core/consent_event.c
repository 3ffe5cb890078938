/* The history of a consent: appended, chained, read; never changed. */
#include "base/rw.h"
#include "base/text.h"
#include "daemon/core/consent_row.h"
#include "daemon/core/json_of.h"

#define CHAIN_LABEL "sceau/consent-event/1"

/* An event's clear columns as they are chained. */
struct link {
	const char *what;
	int64_t n, effective, at, until, leaf;
	uint8_t words[SHA256_LEN], previous[SHA256_LEN];
};

/*
 * SHA-256("sceau/consent-event/1" || 0 || what || 0 || n || effective || at
 * || until || leaf, each i64 big-endian || SHA-256 of the sealed words, or
 * zeros || the link before, zeros for the first). It holds after an erasure:
 * the words go, their hash stays.
 */
static int
link_hash(const struct link *l, uint8_t out[SHA256_LEN], struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct wr w;
	int r;

	wr_init(&w, &b);
	wr_bytes(&w, CHAIN_LABEL, sizeof(CHAIN_LABEL));
	wr_bytes(&w, l->what, strlen(l->what) + 1);
	wr_u64(&w, (uint64_t)l->n);
	wr_u64(&w, (uint64_t)l->effective);
	wr_u64(&w, (uint64_t)l->at);
	wr_u64(&w, (uint64_t)l->until);
	wr_u64(&w, (uint64_t)l->leaf);
	wr_bytes(&w, l->words, SHA256_LEN);
	wr_bytes(&w, l->previous, SHA256_LEN);
	if ((r = wr_end(&w, e)) < 0)
		return r;
	return digest_of(DIGEST_SHA256, b.p, b.len, out, e);
}

/* event, n, effective, at, until, leaf, words, previous. what is borrowed
 * from the row. */
static int
take_link(struct sql *q, struct link *out, struct err *e)
{
	const void *words, *previous;
	size_t a, b;

	words = sql_get_blob(q, 6, &a);
	previous = sql_get_blob(q, 7, &b);
	if (a != SHA256_LEN || b != SHA256_LEN)
		return err_set(e, ERR_INTEGRITY, "an event of a consent");
	out->what = sql_get_text(q, 0);
	out->n = sql_get_int(q, 1);
	out->effective = sql_get_int(q, 2);
	out->at = sql_get_int(q, 3);
	out->until = sql_get_int(q, 4);
	out->leaf = sql_get_int(q, 5);
	memcpy(out->words, words, SHA256_LEN);
	memcpy(out->previous, previous, SHA256_LEN);
	return 0;
}

/* The number of the next event and the link it has to name. */
static int
next_link(struct tx *tx, const struct id *consent, int64_t *n,
    uint8_t previous[SHA256_LEN], struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct link last = { 0 };
	int r;

	*n = 0;
	memset(previous, 0, SHA256_LEN);
	if ((r = sql_open(tx,
		 "SELECT event, n, effective, at, until, leaf, words, previous"
		 " FROM consent_event WHERE consent = ?"
		 " ORDER BY n DESC LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, consent, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	if ((r = take_link(q, &last, e)) < 0)
		return r;
	*n = last.n + 1;
	return link_hash(&last, previous, e);
}

int
consent_event_append(struct tx *tx, const struct id *consent,
    const struct consent_event *ev, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint8_t previous[SHA256_LEN], words[SHA256_LEN] = { 0 };
	int64_t n;
	int r;

	if ((r = next_link(tx, consent, &n, previous, e)) < 0 ||
	    (ev->sealed != NULL && (r = digest_of(DIGEST_SHA256, ev->sealed->p,
					ev->sealed->len, words, e)) < 0) ||
	    (r = sql_open(tx,
		 "INSERT INTO consent_event (consent, n, event, effective,"
		 " at, until, leaf, previous, words, seal, sealed)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, consent, e)) < 0 ||
	    (r = sql_int(q, 2, n, e)) < 0 ||
	    (r = sql_text(q, 3, ev->what, e)) < 0 ||
	    (r = sql_int(q, 4, ev->effective, e)) < 0 ||
	    (r = sql_int(q, 5, ev->at, e)) < 0 ||
	    (r = sql_int(q, 6, ev->until, e)) < 0 ||
	    (r = sql_int(q, 7, (int64_t)ev->leaf, e)) < 0 ||
	    (r = sql_blob(q, 8, previous, SHA256_LEN, e)) < 0 ||
	    (r = sql_blob(q, 9, words, SHA256_LEN, e)) < 0 ||
	    (r = sql_int(q, 10, ev->seal, e)) < 0 ||
	    (r = ev->sealed != NULL
		     ? sql_blob(q, 11, ev->sealed->p, ev->sealed->len, e)
		     : sql_null(q, 11, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
words_match(struct sql *q, const struct link *l, struct err *e)
{
	uint8_t words[SHA256_LEN];
	const void *p;
	size_t len;
	int r;

	if (sql_is_null(q, 8))
		return 0;
	p = sql_get_blob(q, 8, &len);
	if ((r = digest_of(DIGEST_SHA256, p, len, words, e)) < 0)
		return r;
	return memcmp(words, l->words, SHA256_LEN) == 0
		   ? 0
		   : err_set(e, ERR_INTEGRITY, "words of a consent's event");
}

int
consent_event_check(struct tx *tx, const struct id *consent, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint8_t expected[SHA256_LEN] = { 0 };
	struct link l = { 0 };
	int64_t n = 0;
	int r;

	if ((r = sql_open(tx,
		 "SELECT event, n, effective, at, until, leaf, words,"
		 " previous, sealed FROM consent_event WHERE consent = ?"
		 " ORDER BY n",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, consent, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = take_link(q, &l, e)) < 0 ||
		    (r = words_match(q, &l, e)) < 0)
			return r;
		if (l.n != n++ || memcmp(l.previous, expected, SHA256_LEN) != 0)
			return err_set(e, ERR_INTEGRITY,
			    "the history of a consent is not whole");
		if ((r = link_hash(&l, expected, e)) < 0)
			return r;
	}
	return r;
}

int
consent_seal(struct core *core, const uint8_t key[32],
    const struct consent_row *row, const json_t *j, uint32_t *seal,
    struct buf *out, struct err *e)
{
	struct id drawn;
	uint32_t v;
	int r;

	if (j == NULL)
		return err_set(e, ERR_NOMEM, "consent");
	if ((r = id_random(&drawn, e)) < 0)
		return r;
	memcpy(&v, drawn.b, sizeof(v));
	if ((r = row_seal(core, key, &row->kase, &row->id, v, j, out, e)) < 0)
		return r;
	*seal = v;
	return 0;
}

/* The opened words of the event in q, if there are any and a key. */
static int
open_words(struct core *core, const struct consent_row *row, const uint8_t *key,
    struct sql *q, json_t *into, struct err *e)
{
	json_t *words = NULL;
	const void *p;
	size_t n;
	int r;

	if (key == NULL || sql_is_null(q, 7))
		return 0;
	p = sql_get_blob(q, 7, &n);
	if ((r = row_open(core, key, &row->kase, &row->id,
		 (uint32_t)sql_get_int(q, 6), p, n, &words, e)) < 0)
		return r;
	r = json_object_update_missing(into, words) < 0
		? err_set(e, ERR_NOMEM, "history")
		: 0;
	json_decref(words);
	return r;
}

static json_t *
event_json(struct sql *q)
{
	char previous[2 * SHA256_LEN + 1] = "";
	const void *p;
	size_t n;

	p = sql_get_blob(q, 5, &n);
	if (n == SHA256_LEN)
		hex_format(p, n, previous);
	return json_pack("{s:s, s:o, s:o, s:o, s:I, s:s}", "event",
	    sql_get_text(q, 0), "at", json_of_time(sql_get_int(q, 2)),
	    "effective_at", json_of_time(sql_get_int(q, 1)), "valid_until",
	    json_of_time(sql_get_int(q, 3)), "leaf",
	    (json_int_t)sql_get_int(q, 4), "previous", previous);
}

int
consent_events(struct core *core, struct tx *tx, const struct consent_row *row,
    const uint8_t *key, json_t **out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	json_t *a, *ev;
	int r;

	if ((r = sql_open(tx,
		 "SELECT event, effective, at, until, leaf, previous, seal,"
		 " sealed FROM consent_event WHERE consent = ? ORDER BY n",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &row->id, e)) < 0)
		return r;
	if ((a = json_array()) == NULL)
		return err_set(e, ERR_NOMEM, "history");
	while ((r = sql_step(q, e)) > 0) {
		if ((ev = event_json(q)) == NULL)
			r = err_set(e, ERR_NOMEM, "history");
		else if ((r = open_words(core, row, key, q, ev, e)) == 0)
			r = json_array_append(a, ev) < 0
				? err_set(e, ERR_NOMEM, "history")
				: 0;
		json_decref(ev);
		if (r < 0)
			break;
	}
	if (r < 0) {
		json_decref(a);
		return r;
	}
	*out = a;
	return 0;
}

int
consent_state_of(struct tx *tx, const struct id *consent, int64_t at_ms,
    enum consent_state *state, int64_t *since, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	enum consent_state found = CONSENT_UNKNOWN, one;
	int64_t until = 0, from = 0;
	int r;

	if ((r = sql_open(tx,
		 "SELECT event, effective, until FROM consent_event"
		 " WHERE consent = ? AND effective <= ? ORDER BY n",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, consent, e)) < 0 ||
	    (r = sql_int(q, 2, at_ms, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		/* Receipts and letters change no state. */
		if (consent_state_from_name(sql_get_text(q, 0), &one) < 0)
			continue;
		found = one;
		from = sql_get_int(q, 1);
		until = sql_get_int(q, 2);
	}
	if (r < 0)
		return r;
	*state = consent_state_at(found, until, at_ms);
	*since = *state == CONSENT_EXPIRED ? until : from;
	return 0;
}

int
consent_event_at(struct tx *tx, const struct id *consent, uint64_t leaf,
    json_t **out, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT n, event, effective, leaf FROM consent_event"
		 " WHERE consent = ? AND leaf < ?"
		 " AND event NOT IN ('receipt', 'letter')"
		 " ORDER BY n DESC LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, consent, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)leaf, e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	*out = NULL;
	if (r == 0)
		return 0;
	*out = json_pack("{s:o, s:I, s:s, s:o, s:I}", "consent",
	    json_of_id(consent), "version", (json_int_t)sql_get_int(q, 0) + 1,
	    "event", sql_get_text(q, 1), "effective_at",
	    json_of_time(sql_get_int(q, 2)), "leaf",
	    (json_int_t)sql_get_int(q, 3));
	return *out != NULL ? 0 : err_set(e, ERR_NOMEM, "consents");
}

int
consent_withdrawals(
    struct tx *tx, int64_t since_ms, json_t **out, struct err *e)
{
	AUTO(json_decrefp) json_t *list = json_array();
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT c.purpose, count(*) FROM consent_event v"
		 " JOIN consent c ON c.id = v.consent"
		 " WHERE v.event = 'withdrawn' AND v.at >= ?"
		 " GROUP BY c.purpose ORDER BY c.purpose",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, since_ms, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0)
		if (json_array_append_new(list,
			json_pack("{s:s, s:I}", "purpose", sql_get_text(q, 0),
			    "n", (json_int_t)sql_get_int(q, 1))) < 0)
			return err_set(e, ERR_NOMEM, "consents");
	if (r < 0)
		return r;
	*out = TAKE(list);
	return 0;
}
