/* What is due of extracts: a second signature, somebody who comes for it. */
#include "daemon/core/due.h"
#include "daemon/core/register.h"

#define UNCLAIMED "extract-unclaimed-days" /* a figure of the rules */

static json_t *
words(const struct extract_row *row)
{
	return json_pack("{s:s, s:s, s:s}", "recipient", row->recipient,
	    "channel", row->channel, "state", row->state);
}

/* From when on it is told: so many days after its release; one that ends
 * sooner, in the last third of its days. */
static int64_t
told_from(const struct due_list *d, const struct extract_row *row)
{
	int64_t from = due_after(d->core, UNCLAIMED, row->released);

	return from > 0 && from < row->expires
		   ? from
		   : row->expires - (row->expires - row->released) / 3;
}

static int
one(struct due_list *d, const struct extract_row *row, struct err *e)
{
	int r;

	if (row->second_due > 0 && row->seconded == 0 &&
	    (r = due_add(d, "extract-approval", &row->kase, &row->id,
		 row->released, row->second_due, words(row), e)) < 0)
		return r;
	if (row->expires <= d->now_ms)
		return 0;
	if (strcmp(row->state, "awaiting") == 0)
		return due_add(d, "extract-approval", &row->kase, &row->id,
		    row->released, row->expires, words(row), e);
	if (strcmp(row->state, "released") != 0 ||
	    d->now_ms < told_from(d, row))
		return 0;
	return due_add(d, "extract-unclaimed", &row->kase, &row->id,
	    row->released, row->expires, words(row), e);
}

int
extract_due(struct due_list *d, struct err *e)
{
	AUTO(buf_done) struct buf ids = { 0 };
	struct extract_row row;
	struct id id;
	size_t i;
	int r;

	if ((r = register_select_due(d->tx, &ids, e)) < 0)
		return r;
	for (i = 0; i < ids.len; i += ID_LEN) {
		memcpy(id.b, ids.p + i, ID_LEN);
		if ((r = register_find(d->tx, &id, &row, e)) < 0 ||
		    (r = one(d, &row, e)) < 0)
			return r;
	}
	return 0;
}
