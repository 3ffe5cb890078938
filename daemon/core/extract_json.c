#include "daemon/core/extract_json.h"

#include "base/text.h"
#include "daemon/core/json_of.h"

#define ROW_WORDS 1 /* versions of what one row seals */
#define ROW_ACK 2

json_t *
extract_row_json(const struct extract_row *row, int64_t now_ms)
{
	char sha[2 * 32 + 1];
	json_t *j;

	hex_format(row->sha256, 32, sha);
	j = json_pack("{s:o, s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:o, s:o,"
		      " s:o, s:i, s:o}",
	    "extract", json_of_id(&row->id), "case", json_of_id(&row->kase),
	    "recipient", row->recipient, "purpose", row->purpose, "rule",
	    row->rule, "channel", row->channel, "state",
	    register_state(row, now_ms), "sha256", sha, "size",
	    (json_int_t)row->size, "released_at", json_of_time(row->released),
	    "expires_at", json_of_time(row->expires), "pulled_at",
	    json_of_time(row->pulled), "pulls", (int)row->pulls,
	    "acknowledged_at", json_of_time(row->acknowledged));
	if (j == NULL)
		return NULL;
	if (row->second_due > 0)
		json_object_set_new(
		    j, "second_due_at", json_of_time(row->second_due));
	if (row->seconded > 0)
		json_object_set_new(
		    j, "second_at", json_of_time(row->seconded));
	return j;
}

int
extract_key(struct core *core, const struct extract_row *row, uint64_t leaf,
    struct secret *out, struct err *e)
{
	if (row->key == 0)
		return err_tag(e, ERR_CONFLICT, "extract-erased",
		    "this extract is erased");
	return agent_get(core->agent, &row->key, 1, leaf, out, e);
}

/* The words open with key; the acknowledgment beside them. */
static int
open_words(struct core *core, struct tx *tx, const struct extract_row *row,
    const struct secret *key, json_t **out, struct err *e)
{
	AUTO(buf_done) struct buf sealed = { 0 }, ack = { 0 };
	json_t *by = NULL;
	int r;

	if ((r = register_sealed(tx, &row->id, &sealed, e)) < 0 ||
	    (r = register_ack(tx, &row->id, &ack, e)) < 0 ||
	    (r = row_open(core, key->p, &row->kase, &row->id, ROW_WORDS,
		 sealed.p, sealed.len, out, e)) < 0)
		return r;
	if (ack.len == 0)
		return 0;
	if ((r = row_open(core, key->p, &row->kase, &row->id, ROW_ACK, ack.p,
		 ack.len, &by, e)) < 0) {
		json_decref(*out);
		*out = NULL;
		return r;
	}
	json_object_update_missing(*out, by);
	json_decref(by);
	return 0;
}

int
extract_words(struct core *core, struct tx *tx, const struct extract_row *row,
    uint64_t leaf, json_t **out, struct err *e)
{
	AUTO(secret_done) struct secret key = { 0 };
	int r;

	if ((r = extract_key(core, row, leaf, &key, e)) < 0)
		return r;
	return open_words(core, tx, row, &key, out, e);
}

int
extract_add_words(struct core *core, struct tx *tx,
    const struct extract_row *row, uint64_t leaf, json_t *into, struct err *e)
{
	json_t *words = NULL;
	int r;

	if (row->key == 0)
		return 0;
	if ((r = extract_words(core, tx, row, leaf, &words, e)) < 0)
		return r;
	/* The page is for whoever signs it: extract_page. */
	json_object_del(words, "page");
	json_object_update_missing(into, words);
	json_decref(words);
	return 0;
}

int
extract_rows_json(struct core *core, struct tx *tx, const struct buf *ids,
    uint64_t leaf, json_t *into, struct err *e)
{
	struct extract_row row;
	struct id id;
	json_t *j;
	size_t i;
	int r;

	for (i = 0; i < ids->len; i += ID_LEN) {
		memcpy(id.b, ids->p + i, ID_LEN);
		if ((r = register_find(tx, &id, &row, e)) < 0)
			return r;
		if ((j = extract_row_json(&row, core_now(core))) == NULL ||
		    json_array_append_new(into, j) < 0)
			return err_set(e, ERR_NOMEM, "register");
		if (leaf > 0 &&
		    (r = extract_add_words(core, tx, &row, leaf, j, e)) < 0)
			return r;
	}
	return 0;
}
