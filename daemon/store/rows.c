/*
 * The rows of this room that a filing and an erasure write, inside their
 * transaction.
 */
#include "daemon/store/inside.h"

int
rows_segment(struct tx *tx, uint64_t id, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO segment (id, state, name, size)"
		 " VALUES (?, 0, '', 0) ON CONFLICT (id) DO NOTHING",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)id, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
note_due(struct tx *tx, enum store_space space, const struct id *owner,
    uint32_t version, uint64_t hour, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO due (owner, version, space, hour)"
		 " VALUES (?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, owner, e)) < 0 ||
	    (r = sql_int(q, 2, version, e)) < 0 ||
	    (r = sql_int(q, 3, space, e)) < 0 ||
	    (r = sql_int(q, 4, (int64_t)hour, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
note_chunk(struct sql *q, const struct blob *b, size_t idx, struct err *e)
{
	int r;

	if ((r = sql_int(q, 4, (int64_t)idx, e)) < 0 ||
	    (r = sql_int(q, 5, (int64_t)b->at.segment, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)b->at.offset, e)) < 0 ||
	    (r = sql_int(q, 7, b->at.length, e)) < 0 ||
	    (r = sql_int(q, 8, b->size, e)) < 0 ||
	    (r = sql_int(q, 9, b->at.crc, e)) < 0 ||
	    (r = sql_blob(q, 10, b->at.oid, PACK_OID, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
note_chunks(struct tx *tx, const struct stage *g, const struct id *owner,
    uint32_t version, enum store_part part, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	size_t i;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO chunk (owner, version, part, idx, segment,"
		 " offset, length, size, crc, oid)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, owner, e)) < 0 ||
	    (r = sql_int(q, 2, version, e)) < 0 ||
	    (r = sql_int(q, 3, part, e)) < 0)
		return r;
	for (i = 0; i < g->n; i++)
		if ((r = note_chunk(q, &g->blob[i], i, e)) < 0)
			return r;
	return 0;
}

int
store_place(struct tx *tx, struct stage *g, enum store_space space,
    const struct id *owner, uint32_t version, enum store_part part,
    uint64_t hour, struct err *e)
{
	int r;

	if (g->state != STAGE_APPENDED)
		return err_set(e, ERR_INTERNAL, "stage: not appended");
	/* Owner zero and version zero are the vault's own branch. */
	if (id_is_zero(owner) || version == 0)
		return err_set(e, ERR_INVALID, "no such owner or version");
	if ((r = rows_segment(tx, g->seg->id, e)) < 0 ||
	    (r = note_chunks(tx, g, owner, version, part, e)) < 0)
		return r;
	return note_due(tx, space, owner, version, hour, e);
}

static int
run_owner(struct tx *tx, const char *text, const struct id *owner,
    uint32_t version, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx, text, &q, e)) < 0 ||
	    (r = sql_id(q, 1, owner, e)) < 0 ||
	    (r = sql_int(q, 2, version, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
rows_touch(struct tx *tx, const struct id *owner, enum store_space space,
    struct err *e)
{
	static const char *const folders[] = {
		[STORE_DOCUMENTS] = "documents",
		[STORE_EXTRACTS] = "extracts",
		[STORE_SUBMISSIONS] = "submissions",
		[STORE_DRAFTS] = "drafts",
	};
	AUTO(sql_done) struct sql *q = NULL;
	char name[ID_TEXT], ref[64];
	int r;

	id_format(owner, name);
	snprintf(ref, sizeof(ref), "refs/%s/%s", folders[space], name);
	if ((r = sql_open(tx,
		 "INSERT INTO branch (owner, ref, head, turn, dirty)"
		 " VALUES (?, ?, NULL, 0, 1) ON CONFLICT (owner)"
		 " DO UPDATE SET turn = turn + 1, dirty = 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, owner, e)) < 0 ||
	    (r = sql_text(q, 2, ref, e)) < 0)
		return r;
	return sql_run(q, e);
}

/*
 * A commit names its parents: when one goes, those after it are no longer
 * right. The branch falls back to the last one that is, at once, so that
 * refs written at any moment name nothing that has no row.
 */
int
rows_stale(struct tx *tx, const struct id *owner, uint32_t version, int tree,
    struct err *e)
{
	static const char *const commits[] = {
		("DELETE FROM history WHERE owner = ?1 AND version >= ?2"
		 " AND kind = 1"),
		("UPDATE published SET head = NULL"
		 " WHERE owner = ?1 AND version >= ?2"),
		("UPDATE branch SET turn = turn + 1, dirty = 1, head ="
		 " (SELECT head FROM published WHERE owner = ?1 AND"
		 " version < ?2 ORDER BY version DESC LIMIT 1)"
		 " WHERE owner = ?1"),
	};
	static const char *const trees[] = {
		("DELETE FROM history WHERE owner = ?1 AND version = ?2"
		 " AND kind = 2"),
		("UPDATE published SET tree = NULL"
		 " WHERE owner = ?1 AND version = ?2"),
	};
	size_t i;
	int r;

	for (i = 0; i < NELEMS(commits); i++)
		if ((r = run_owner(tx, commits[i], owner, version, e)) < 0)
			return r;
	for (i = 0; tree && i < NELEMS(trees); i++)
		if ((r = run_owner(tx, trees[i], owner, version, e)) < 0)
			return r;
	return 0;
}

static int
forget_one(
    struct tx *tx, const struct id *owner, uint32_t version, struct err *e)
{
	static const char *const texts[] = {
		"DELETE FROM chunk WHERE owner = ?1 AND version = ?2",
		"DELETE FROM due WHERE owner = ?1 AND version = ?2",
		"DELETE FROM published WHERE owner = ?1 AND version = ?2",
		/* version bound and unused: one shape for all */
		("DELETE FROM branch WHERE owner = ?1 AND ?2 >= 0 AND NOT"
		 " EXISTS (SELECT 1 FROM published WHERE owner = ?1)"),
	};
	size_t i;
	int r;

	if ((r = rows_stale(tx, owner, version, 1, e)) < 0)
		return r;
	for (i = 0; i < NELEMS(texts); i++)
		if ((r = run_owner(tx, texts[i], owner, version, e)) < 0)
			return r;
	return 0;
}

static int
forget_all(struct tx *tx, const struct id *owner, struct err *e)
{
	static const char *const texts[] = {
		"DELETE FROM chunk WHERE owner = ?1 AND version > ?2",
		"DELETE FROM due WHERE owner = ?1 AND version > ?2",
		"DELETE FROM history WHERE owner = ?1 AND version > ?2",
		"DELETE FROM published WHERE owner = ?1 AND version > ?2",
		"DELETE FROM branch WHERE owner = ?1 AND ?2 = 0",
	};
	size_t i;
	int r;

	for (i = 0; i < NELEMS(texts); i++)
		if ((r = run_owner(tx, texts[i], owner, 0, e)) < 0)
			return r;
	return 0;
}

int
store_forget(
    struct tx *tx, const struct id *owner, uint32_t version, struct err *e)
{
	if (id_is_zero(owner))
		return err_set(e, ERR_INVALID, "no such owner");
	return version == 0 ? forget_all(tx, owner, e)
			    : forget_one(tx, owner, version, e);
}
