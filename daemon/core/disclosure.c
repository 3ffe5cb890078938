/* What others set in motion: withdrawal, rectification, erasure. */
#include "daemon/core/disclosure.h"

#include "daemon/core/json_of.h"
#include "daemon/core/notice.h"

static int
is_pending(const struct extract_row *row)
{
	return strcmp(row->state, "awaiting") == 0 ||
	       strcmp(row->state, "released") == 0 ||
	       strcmp(row->state, "pulled") == 0;
}

/* Also into notices: {recipient, extract}. */
static int
tell(struct tx *tx, const struct extract_row *row, const char *reason,
    int64_t now_ms, json_t *notices, struct err *e)
{
	int r;

	if ((r = notice_add(tx, row, reason, now_ms, e)) < 0)
		return r;
	json_array_append_new(
	    notices, json_pack("{s:s, s:o}", "recipient", row->recipient,
			 "extract", json_of_id(&row->id)));
	return 0;
}

/*
 * What was not pulled is cancelled; who pulled gets a notice, and may not
 * pull again.
 */
static int
stop_one(struct tx *tx, const struct extract_row *row, const char *state,
    const char *reason, int64_t now_ms, json_t *cancelled, json_t *notices,
    struct err *e)
{
	int r;

	if (is_pending(row) &&
	    (r = register_move(tx, row, state, now_ms, e)) < 0)
		return r;
	if (row->pulled == 0) {
		if (is_pending(row))
			json_array_append_new(cancelled, json_of_id(&row->id));
		return 0;
	}
	return tell(tx, row, reason, now_ms, notices, e);
}

static int
stop_all(struct tx *tx, const struct buf *ids, const char *state,
    const char *reason, int64_t now_ms, json_t *cancelled, json_t *notices,
    struct err *e)
{
	struct extract_row row;
	struct id id;
	size_t i;
	int r;

	for (i = 0; i < ids->len; i += ID_LEN) {
		memcpy(id.b, ids->p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0 ||
		    (r = stop_one(tx, &row, state, reason, now_ms, cancelled,
			 notices, e)) < 0)
			return r;
	}
	return 0;
}

int
disclosure_withdrawn(struct tx *tx, const struct id *kase, const char *purpose,
    int64_t now_ms, json_t *cancelled, json_t *notices, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	int r;

	if ((r = register_select(tx, kase, "", purpose, NULL, &ids, e)) < 0)
		return r;
	return stop_all(tx, &ids, "withdrawn", "consent-withdrawn", now_ms,
	    cancelled, notices, e);
}

int
disclosure_rectified(struct tx *tx, const struct id *document, int64_t now_ms,
    json_t *cancelled, json_t *notices, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	int r;

	if ((r = register_select(tx, NULL, "", "", document, &ids, e)) < 0)
		return r;
	return stop_all(
	    tx, &ids, "rectified", "rectified", now_ms, cancelled, notices, e);
}

int
disclosure_objected(struct tx *tx, const struct id *kase, int64_t now_ms,
    json_t *notices, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct extract_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = register_select(tx, kase, "", "", NULL, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0)
			return r;
		if (row.pulled == 0 || row.key == 0)
			continue;
		if ((r = notice_was_made(tx, &row, "objection", e)) < 0 ||
		    (r == 0 && (r = tell(tx, &row, "objection", now_ms, notices,
				    e)) < 0))
			return r;
	}
	return 0;
}

int
disclosure_restricted(struct tx *tx, const struct id *kase, int64_t now_ms,
    json_t *notices, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct extract_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = register_select(tx, kase, "", "", NULL, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0)
			return r;
		if (row.pulled != 0 && row.key != 0 &&
		    (r = tell(tx, &row, "restricted", now_ms, notices, e)) < 0)
			return r;
	}
	return 0;
}

int
disclosure_key_numbers(struct tx *tx, const struct id *kase,
    const struct id *document, struct buf *numbers, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct extract_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = register_select(tx, kase, "", "", document, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0)
			return r;
		if (row.key != 0 &&
		    (r = buf_add(numbers, &row.key, sizeof(row.key), e)) < 0)
			return r;
	}
	return 0;
}

int
disclosure_forget(struct tx *tx, const struct id *kase,
    const struct id *document, int64_t now_ms, struct buf *numbers,
    struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct extract_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = disclosure_key_numbers(tx, kase, document, numbers, e)) < 0 ||
	    (r = register_select(tx, kase, "", "", document, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0)
			return r;
		if (row.key == 0)
			continue;
		if ((r = store_forget(tx, &row.id, 0, e)) < 0 ||
		    (r = register_forget(tx, &row, e)) < 0 ||
		    (row.pulled != 0 &&
			(r = notice_add(tx, &row, "erased", now_ms, e)) < 0))
			return r;
	}
	return 0;
}
