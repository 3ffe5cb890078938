/*
 * packed-refs, written from the catalog under git's own lock name, in the
 * order of the names: no sorting, constant memory.
 */
#include <unistd.h>

#include "daemon/store/inside.h"
#include "daemon/store/sink.h"

#define LOCK "packed-refs.lock"

static int
write_line(struct sink *k, const uint8_t *oid, const char *ref, struct err *e)
{
	char hex[2 * PACK_OID + 1];
	size_t i;
	int r;

	for (i = 0; i < PACK_OID; i++)
		snprintf(hex + 2 * i, 3, "%02x", oid[i]);
	if ((r = sink_add(k, hex, 2 * PACK_OID, e)) < 0 ||
	    (r = sink_add(k, " ", 1, e)) < 0 ||
	    (r = sink_add(k, ref, strlen(ref), e)) < 0)
		return r;
	return sink_add(k, "\n", 1, e);
}

static int
write_lines(struct store *s, struct sink *k, uint64_t *refs, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *q = NULL;
	const uint8_t *oid;
	size_t n;
	int r;

	*refs = 0;
	if ((r = tx_read(s->c, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "SELECT head, ref FROM branch WHERE head IS NOT NULL"
		 " ORDER BY ref",
		 &q, e)) < 0)
		return r;
	while ((r = sql_step(q, e)) > 0) {
		oid = sql_get_blob(q, 0, &n);
		if (n != PACK_OID)
			return err_set(e, ERR_INTEGRITY, "branch: head");
		if ((r = write_line(k, oid, sql_get_text(q, 1), e)) < 0)
			return r;
		(*refs)++;
	}
	return r;
}

static int
write_file(struct store *s, uint64_t *refs, struct err *e)
{
	static const char head[] =
	    "# pack-refs with: peeled fully-peeled sorted \n";
	AUTO(mem_freep) struct sink *k = malloc(sizeof(*k));
	int r;

	if (k == NULL)
		return err_set(e, ERR_NOMEM, "refs");
	if ((r = sink_open(k, s->dir, LOCK, e)) == 0 &&
	    (r = sink_add(k, head, sizeof(head) - 1, e)) == 0 &&
	    (r = write_lines(s, k, refs, e)) == 0)
		r = sink_sync(k, e);
	sink_done(k);
	return r;
}

int
refs_write(struct store *s, uint64_t *refs, struct err *e)
{
	int r;

	unlinkat(s->dir, LOCK, 0);
	if ((r = write_file(s, refs, e)) < 0) {
		unlinkat(s->dir, LOCK, 0);
		return r;
	}
	if (renameat(s->dir, LOCK, s->dir, "packed-refs") < 0)
		return err_sys(e, ERR_IO, "packed-refs");
	return store_sync_dir(s, ".", e);
}
