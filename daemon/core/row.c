/* Sealed rows of the catalog, and keys asked for many rows at once. */
#include "daemon/core/row.h"

#include <stdlib.h>

#include "base/seal.h"

static struct seal_context
context(const struct core *core, const struct id *kase, const struct id *row,
    uint32_t version)
{
	return (struct seal_context){ .type = SEAL_ROW,
		.vault = core->settings.vault,
		.kase = *kase,
		.document = *row,
		.version = version };
}

/* The text that is sealed: compact, members in the order they were set. */
static int
dump(const json_t *j, struct buf *out, struct err *e)
{
	char *text = json_dumps(j, JSON_COMPACT);
	int r;

	if (text == NULL)
		return err_set(e, ERR_NOMEM, "row");
	r = buf_addstr(out, text, e);
	secret_wipe(text, strlen(text));
	free(text);
	return r;
}

int
row_seal(const struct core *core, const uint8_t key[32], const struct id *kase,
    const struct id *row, uint32_t version, const json_t *j, struct buf *out,
    struct err *e)
{
	struct seal_context c = context(core, kase, row, version);
	AUTO(buf_done) struct buf text = { 0 }, padded = { 0 };
	size_t size;
	int r;

	if ((r = dump(j, &text, e)) < 0)
		return r;
	/* White space after the text: the size must not tell the name. */
	size = (size_t)seal_padme(text.len < ROW_MIN ? ROW_MIN : text.len);
	if ((r = buf_add(&padded, text.p, text.len, e)) < 0 ||
	    (r = buf_reserve(&padded, size - text.len, e)) < 0)
		return r;
	memset(padded.p + padded.len, ' ', size - text.len);
	padded.len = size;
	return seal_bytes(key, &c, padded.p, padded.len, out, e);
}

int
row_open(const struct core *core, const uint8_t key[32], const struct id *kase,
    const struct id *row, uint32_t version, const void *p, size_t n,
    json_t **out, struct err *e)
{
	struct seal_context c = context(core, kase, row, version);
	AUTO(buf_done) struct buf text = { 0 };
	json_error_t je;
	json_t *j;
	int r;

	if ((r = open_bytes(key, &c, p, n, &text, e)) < 0)
		return r;
	j = json_loadb(
	    (const char *)text.p, text.len, JSON_REJECT_DUPLICATES, &je);
	if (j == NULL)
		return err_set(e, ERR_INTEGRITY, "a row is not JSON");
	*out = j;
	return 0;
}

int
rows_keys(struct core *core, const uint64_t *numbers, size_t n, uint64_t leaf,
    struct secret *keys, struct err *e)
{
	struct secret all = { 0 };
	size_t at, some;
	int r;

	if ((r = secret_init(&all, n > 0 ? n * 32 : 1, e)) < 0)
		return r;
	for (at = 0; at < n; at += some) {
		struct secret part = { 0 };

		some = n - at < AGENT_GET_MAX ? n - at : AGENT_GET_MAX;
		r = agent_get(core->agent, numbers + at, some, leaf, &part, e);
		if (r < 0) {
			secret_done(&all);
			return r;
		}
		memcpy(all.p + at * 32, part.p, some * 32);
		secret_done(&part);
	}
	secret_move(keys, &all);
	return 0;
}

/* --- many rows of one access -----------------------------------------------
 */

void
rows_done(struct sealed_rows *rows)
{
	size_t i;

	for (i = 0; i < rows->n; i++) {
		free(rows->v[i].p);
		json_decref(rows->v[i].clear);
	}
	free(rows->v);
	*rows = (struct sealed_rows){ 0 };
}

static int
grow(struct sealed_rows *rows, struct err *e)
{
	size_t cap = rows->cap > 0 ? rows->cap * 2 : 16;
	struct sealed_row *v;

	if (rows->n < rows->cap)
		return 0;
	if ((v = reallocarray(rows->v, cap, sizeof(*v))) == NULL)
		return err_set(e, ERR_NOMEM, "rows");
	rows->v = v;
	rows->cap = cap;
	return 0;
}

int
rows_add(struct sealed_rows *rows, const struct sealed_row *row, json_t *clear,
    struct err *e)
{
	struct sealed_row *at;
	uint8_t *p = NULL;
	int r;

	if ((r = grow(rows, e)) < 0 || clear == NULL ||
	    (p = malloc(row->n > 0 ? row->n : 1)) == NULL) {
		json_decref(clear);
		return r < 0 ? r : err_set(e, ERR_NOMEM, "rows");
	}
	if (row->n > 0)
		memcpy(p, row->p, row->n);
	at = &rows->v[rows->n++];
	*at = *row;
	at->p = p;
	at->clear = clear;
	return 0;
}

static int
open_one(struct core *core, const struct sealed_row *row, const uint8_t *key,
    int (*each)(
	void *arg, const struct sealed_row *row, json_t *opened, struct err *e),
    void *arg, struct err *e)
{
	json_t *j = NULL;
	int r;

	if ((r = row_open(core, key, &row->kase, &row->id, row->version, row->p,
		 row->n, &j, e)) < 0)
		return r;
	r = each(arg, row, j, e);
	json_decref(j);
	return r;
}

/* One by one: the row whose key is gone is passed over. */
static int
open_singly(struct core *core, const struct sealed_rows *rows, uint64_t leaf,
    int (*each)(
	void *arg, const struct sealed_row *row, json_t *opened, struct err *e),
    void *arg, struct err *e)
{
	size_t i;
	int r;

	for (i = 0; i < rows->n; i++) {
		AUTO(secret_done) struct secret key = { 0 };
		struct err gone = { 0 };

		r = agent_get(
		    core->agent, &rows->v[i].key, 1, leaf, &key, &gone);
		if (r == -ERR_NOT_FOUND)
			continue;
		if (r < 0) {
			if (e != NULL)
				*e = gone;
			return r;
		}
		if ((r = open_one(core, &rows->v[i], key.p, each, arg, e)) < 0)
			return r;
	}
	return 0;
}

int
rows_open(struct core *core, const struct sealed_rows *rows, uint64_t leaf,
    int (*each)(
	void *arg, const struct sealed_row *row, json_t *opened, struct err *e),
    void *arg, struct err *e)
{
	AUTO(secret_done) struct secret keys = { 0 };
	AUTO(mem_freep) uint64_t *numbers = NULL;
	struct err why = { 0 };
	size_t i;
	int r = 0;

	if (rows->n == 0)
		return 0;
	if ((numbers = calloc(rows->n, sizeof(*numbers))) == NULL)
		return err_set(e, ERR_NOMEM, "rows");
	for (i = 0; i < rows->n; i++)
		numbers[i] = rows->v[i].key;
	r = rows_keys(core, numbers, rows->n, leaf, &keys, &why);
	if (r == -ERR_NOT_FOUND)
		return open_singly(core, rows, leaf, each, arg, e);
	if (r < 0 && e != NULL)
		*e = why;
	for (i = 0; i < rows->n && r == 0; i++)
		r = open_one(core, &rows->v[i], keys.p + i * 32, each, arg, e);
	return r;
}

int
rows_key_numbers(struct tx *tx, const char *sql, const struct id *id,
    struct buf *numbers, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint64_t key;
	int r;

	if ((r = sql_open(tx, sql, &q, e)) < 0 || (r = sql_id(q, 1, id, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if (sql_is_null(q, 0))
			continue;
		key = (uint64_t)sql_get_int(q, 0);
		if ((r = buf_add(numbers, &key, sizeof(key), e)) < 0)
			return r;
	}
	return r;
}

int
rows_run(struct tx *tx, const char *sql, const struct id *id, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, sql, &q, e)) < 0 || (r = sql_id(q, 1, id, e)) < 0)
		return r;
	return sql_run(q, e);
}
