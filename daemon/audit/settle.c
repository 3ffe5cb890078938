/* Heads: asked of the agent after each commit, kept and shown at leisure. */
#include <string.h>

#include "daemon/audit/log.h"

void
audit_committed(struct audit *a)
{
	uint64_t size = merkle_size(a->tree);

	if (size == a->committed)
		return;
	atomic_store(&a->committed_ms, a->pending_ms[size - a->committed - 1]);
	queue_settle(&a->queue);
	pthread_rwlock_wrlock(&a->lock);
	a->committed = size;
	pthread_rwlock_unlock(&a->lock);
}

/*
 * The agent's last head must be one of this log: a catalog brought back from
 * an old copy has fewer leaves, or others.
 */
static int
ask_agent(struct audit *a, struct err *e)
{
	struct agent_status s;
	struct hash root;
	int r;

	if ((r = agent_status(a->agent, &s, e)) < 0)
		return r;
	if (s.head_size > a->committed)
		return err_tag(e, ERR_INCONSISTENT, "log-rolled-back",
		    "audit: a head of %llu leaves was signed, there are %llu",
		    (unsigned long long)s.head_size,
		    (unsigned long long)a->committed);
	if (s.head_size > 0) {
		r = merkle_root(a->tree, s.head_size, &root, e);
		if (r < 0)
			return r;
		if (memcmp(root.b, s.head_root.b, HASH_LEN) != 0)
			return err_tag(e, ERR_INCONSISTENT, "log-changed",
			    "audit: the leaves are not those that were signed");
	}
	a->agent_size = s.head_size;
	a->agent_known = 1;
	return 0;
}

static int
sign(struct audit *a, struct buf *note, struct err *e)
{
	struct hash root, proof[MERKLE_PROOF_MAX];
	uint64_t size = a->committed;
	size_t n = 0;
	int r;

	if (!a->agent_known && (r = ask_agent(a, e)) < 0)
		return r;
	if ((r = merkle_root(a->tree, size, &root, e)) < 0 ||
	    (a->agent_size > 0 &&
		(r = merkle_consistency(
		     a->tree, a->agent_size, size, proof, &n, e)) < 0) ||
	    (r = agent_sign_head(a->agent, size, &root, proof, n, note, e)) <
		0 ||
	    (r = head_matches(a, note, size, e)) < 0)
		return r;
	a->agent_size = size;
	return 0;
}

int
audit_settle(struct audit *a, struct err *e)
{
	AUTO(buf_done) struct buf note = { 0 };
	struct buf old;
	int r;

	audit_committed(a);
	if (a->committed == 0 ||
	    (a->agent_known && a->head_size == a->committed))
		return 0;
	if (a->agent == NULL)
		return err_set(e, ERR_UNAVAILABLE, "there is no key agent");
	if ((r = sign(a, &note, e)) < 0) {
		/* It may be another one by the next time, or have signed. */
		a->agent_known = 0;
		if (r == -ERR_SEALED)
			audit_seal(a);
		return r;
	}
	pthread_rwlock_wrlock(&a->lock);
	old = a->head;
	a->head = note;
	a->head_size = a->committed;
	pthread_rwlock_unlock(&a->lock);
	note = old;
	return 0;
}

static int
keep_head(struct audit *a, uint64_t size, const struct buf *note, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	AUTO(sql_done) struct sql *in = NULL, *out = NULL;
	int r;

	if ((r = tx_begin(a->c, &tx, e)) < 0 ||
	    (r = sql_open(&tx,
		 "INSERT INTO head (size, note) VALUES (?, ?)"
		 " ON CONFLICT (size) DO UPDATE SET note = excluded.note",
		 &in, e)) < 0 ||
	    (r = sql_int(in, 1, (int64_t)size, e)) < 0 ||
	    (r = sql_blob(in, 2, note->p, note->len, e)) < 0 ||
	    (r = sql_run(in, e)) < 0 ||
	    (r = sql_open(&tx,
		 "DELETE FROM head WHERE size <= (SELECT size FROM head"
		 " ORDER BY size DESC LIMIT 1 OFFSET ?)",
		 &out, e)) < 0 ||
	    (r = sql_int(out, 1, AUDIT_HEADS, e)) < 0 ||
	    (r = sql_run(out, e)) < 0)
		return r;
	return tx_commit(&tx, e);
}

/* Tiles first, the checkpoint that names them then, old partials last. */
static int
show(struct audit *a, uint64_t size, const struct buf *note, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	struct tiles t = { .a = a,
		.tx = &tx,
		.dirfd = a->dirfd,
		.from = a->rebuilt ? a->flushed : 0,
		.size = size,
		.keep = !a->rebuilt,
		.durable = 1 };
	int r;

	if ((r = tx_read(a->c, &tx, e)) < 0 || (r = tiles_write(&t, e)) < 0 ||
	    (r = tiles_put(a->dirfd, "checkpoint", note->p, note->len, 0, e)) <
		0)
		return r;
	if (a->rebuilt)
		tiles_drop(a->dirfd, a->flushed, size);
	else if ((r = tiles_tidy(a->dirfd, size, e)) < 0)
		return r;
	a->rebuilt = 1;
	a->flushed = size;
	return 0;
}

static int
flush(struct audit *a, struct err *e)
{
	AUTO(buf_done) struct buf note = { 0 };
	uint64_t size;
	int r;

	pthread_rwlock_rdlock(&a->lock);
	size = a->head_size;
	r = buf_add(&note, a->head.p, a->head.len, e);
	pthread_rwlock_unlock(&a->lock);
	if (r < 0 || size == 0 || (a->rebuilt && size == a->flushed))
		return r;
	if (size != a->kept && (r = keep_head(a, size, &note, e)) < 0)
		return r;
	a->kept = size;
	return show(a, size, &note, e);
}

int
audit_flush(struct audit *a, struct err *e)
{
	int r;

	pthread_mutex_lock(&a->flush_lock);
	r = flush(a, e);
	pthread_mutex_unlock(&a->flush_lock);
	return r;
}

int
audit_export(struct audit *a, struct tx *tx, int dirfd, struct err *e)
{
	AUTO(tx_end) struct tx own = { 0 };
	AUTO(buf_done) struct buf note = { 0 }, last = { 0 };
	struct tiles t = { .a = a, .tx = tx, .dirfd = dirfd };
	struct checkpoint cp;
	int r;

	if ((r = audit_checkpoint(a, &note, e)) < 0 ||
	    (r = note_checkpoint(&note, &cp, e)) < 0)
		return r;
	t.size = cp.size;
	/* The caller's snapshot may be older than the head. */
	if (audit_leaf(tx, t.size - 1, &last, NULL) < 0) {
		if ((r = tx_read(a->c, &own, e)) < 0)
			return r;
		t.tx = &own;
	}
	if ((r = tiles_write(&t, e)) < 0)
		return r;
	return tiles_put(dirfd, "checkpoint", note.p, note.len, 1, e);
}
