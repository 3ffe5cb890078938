/* Leaves of a class, from the entries alone. */
#include <string.h>

#include "base/merkle.h"
#include "daemon/audit/audit.h"

/* The entry of this row, decoded, once it is what its hash says. */
static int
read_leaf(struct sql *q, struct leaf *out, struct err *e)
{
	const void *entry, *kept;
	struct hash hash;
	size_t n, len;
	int r;

	entry = sql_get_blob(q, 1, &n);
	if ((r = merkle_leaf_hash(entry, n, &hash, e)) < 0)
		return r;
	kept = sql_get_blob(q, 2, &len);
	if (len != sizeof(hash.b) || memcmp(kept, hash.b, len) != 0)
		return err_set(e, ERR_INTEGRITY, "leaf %lld is not its hash's",
		    (long long)sql_get_int(q, 0));
	if ((r = leaf_decode(entry, n, out, NULL, e)) < 0)
		return r;
	if (out->seq != (uint64_t)sql_get_int(q, 0))
		return err_set(e, ERR_INTEGRITY, "leaf %lld is another",
		    (long long)sql_get_int(q, 0));
	return 0;
}

int
audit_trace(struct tx *tx, enum leaf_class klass, uint64_t from, uint64_t until,
    int (*each)(void *arg, const struct leaf *l, struct err *e), void *arg,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct leaf l;
	int r;

	if (until > INT64_MAX)
		until = INT64_MAX;
	if ((r = sql_open(tx,
		 "SELECT seq, entry, hash FROM leaf"
		 " WHERE seq >= ? AND seq < ? ORDER BY seq",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)from, e)) < 0 ||
	    (r = sql_int(q, 2, (int64_t)until, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		if ((r = read_leaf(q, &l, e)) < 0)
			return r;
		if (l.klass == klass && l.outcome == LEAF_OK &&
		    (r = each(arg, &l, e)) < 0)
			return r;
	}
	return r;
}

int
audit_last(struct tx *tx, uint16_t *klass, int64_t *time_ms, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT klass, time FROM leaf ORDER BY seq DESC LIMIT 1", &q,
		 e)) < 0 ||
	    (r = sql_step(q, e)) <= 0)
		return r;
	*klass = (uint16_t)sql_get_int(q, 0);
	*time_ms = sql_get_int(q, 1);
	return 1;
}
