/* Names people use for an object: id, spoken reference, unique beginning. */
#include <string.h>

#include "daemon/core/case.h"

static int
symbol(char c)
{
	if (c >= 'A' && c <= 'Z')
		c = (char)(c - 'A' + 'a');
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= '2' && c <= '7' ? c - '2' + 26 : -1;
}

/* The least and the greatest id that begin with these symbols. */
static int
bounds(const char *s, struct id *low, struct id *high)
{
	size_t bit = 0, n = strlen(s);
	int v, k;

	if (n < CASE_REF_MIN || n >= ID_TEXT)
		return 0;
	memset(low->b, 0, ID_LEN);
	memset(high->b, 0xff, ID_LEN);
	for (; *s != '\0'; s++) {
		if ((v = symbol(*s)) < 0)
			return 0;
		for (k = 4; k >= 0 && bit < 8 * ID_LEN; k--, bit++)
			if (v >> k & 1)
				low->b[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
			else
				high->b[bit / 8] &=
				    (uint8_t) ~(0x80 >> bit % 8);
	}
	return 1;
}

static int
take_ids(struct sql *q, struct buf *ids, struct err *e)
{
	struct id id;
	int r;

	while ((r = sql_step(q, e)) > 0)
		if ((r = sql_get_id(q, 0, &id, e)) < 0 ||
		    (r = buf_add(ids, id.b, ID_LEN, e)) < 0)
			return r;
	return r;
}

static int
by_range(struct tx *tx, const char *text, const struct id *low,
    const struct id *high, struct buf *ids, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, text, &q, e)) < 0 ||
	    (r = sql_id(q, 1, low, e)) < 0 || (r = sql_id(q, 2, high, e)) < 0)
		return r;
	return take_ids(q, ids, e);
}

static int
by_ref(struct tx *tx, const char *text, uint32_t bits, struct buf *ids,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, text, &q, e)) < 0 ||
	    (r = sql_int(q, 1, bits, e)) < 0)
		return r;
	return take_ids(q, ids, e);
}

int
ref_candidates(struct tx *tx, const char *ref, const char *range_sql,
    const char *ref_sql, struct buf *ids, struct err *e)
{
	struct err why = { 0 };
	struct id low, high;
	uint32_t bits;
	int r, spoken = id_ref_parse(ref, &bits, &why) == 0;

	if (spoken &&
	    ((r = by_ref(tx, ref_sql, bits, ids, e)) < 0 || ids->len > 0))
		return r;
	if (bounds(ref, &low, &high))
		return by_range(tx, range_sql, &low, &high, ids, e);
	if (spoken)
		return 0;
	if (why.tag != NULL) { /* the check symbol: worth telling */
		if (e != NULL)
			*e = why;
		return -(int)why.code;
	}
	return err_tag(e, ERR_INVALID, "reference",
	    "not an id, a reference like 4F7K-2Q8, or the beginning of an id");
}
