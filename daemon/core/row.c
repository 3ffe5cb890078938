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
