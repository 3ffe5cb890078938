/* Writing leaves, inside the transaction of what they tell. */
#include <stdlib.h>
#include <string.h>

#include "daemon/audit/log.h"

void
audit_set_policy(struct audit *a, uint32_t version)
{
	atomic_store(&a->policy, version);
}

void
audit_set_clock(struct audit *a, int64_t ahead_ms)
{
	atomic_store(&a->ahead_ms, ahead_ms);
}

uint64_t
audit_mark(const struct audit *a)
{
	return merkle_size(a->tree);
}

void
audit_rewind(struct audit *a, uint64_t mark)
{
	/* What is committed stays, whatever the caller remembers. */
	if (mark < a->committed)
		mark = a->committed;
	pthread_rwlock_wrlock(&a->lock);
	merkle_rewind(a->tree, mark);
	pthread_rwlock_unlock(&a->lock);
	queue_rewind(&a->queue, mark);
}

/* The last leaf's time; INT64_MIN before the first. */
static int64_t
last_ms(const struct audit *a)
{
	uint64_t size = merkle_size(a->tree);

	if (size > a->committed)
		return a->pending_ms[size - a->committed - 1];
	return atomic_load(&a->committed_ms);
}

int64_t
audit_time(const struct audit *a, int64_t now_ms)
{
	int64_t last = last_ms(a);

	return now_ms > last ? now_ms : last;
}

static int
pending_reserve(struct audit *a, struct err *e)
{
	size_t n = (size_t)(merkle_size(a->tree) - a->committed);
	size_t room = a->pending_room > 0 ? 2 * a->pending_room : 64;
	int64_t *p;

	if (n < a->pending_room)
		return 0;
	if ((p = reallocarray(a->pending_ms, room, sizeof(*p))) == NULL)
		return err_set(e, ERR_NOMEM, "out of memory");
	a->pending_ms = p;
	a->pending_room = room;
	return 0;
}

void
audit_seal(struct audit *a)
{
	pthread_mutex_lock(&a->keys_lock);
	month_keys_done(&a->keys);
	a->month = 0;
	pthread_mutex_unlock(&a->keys_lock);
}

/* The month's keys into a->keys. Under keys_lock. */
static int
keys_for(struct audit *a, uint32_t month, struct err *e)
{
	int r;

	if (a->month == month)
		return 0;
	month_keys_done(&a->keys);
	a->month = 0;
	if ((r = month_keys_load(a->agent, month, &a->keys, e)) == 0)
		a->month = month;
	return r;
}

/* One leaf on its way. */
struct adding {
	const struct audit_entry *en;
	struct leaf leaf;
	int64_t raw_ms;
	uint32_t month;
	int detailed; /* a->sealed holds its detail */
};

static int
record(struct audit *a, const struct adding *n, struct err *e)
{
	AUTO(json_freep) json_t *j = NULL;
	struct facts f = { .klass = n->en->klass,
		.outcome = n->en->outcome,
		.actor = n->en->actor,
		.object = n->en->object,
		.detail = n->en->detail };
	int64_t off = n->raw_ms - n->leaf.time_ms;
	int r;

	if ((r = facts_json(&f, &j, e)) < 0)
		return r;
	if ((off > AUDIT_SLACK_MS || off < -AUDIT_SLACK_MS) &&
	    json_object_set_new(
		j, "raw_ms", json_integer((json_int_t)n->raw_ms)) < 0)
		return err_set(e, ERR_NOMEM, "out of memory");
	if ((r = queue_tell(&a->queue, n->leaf.seq, j, e)) < 0)
		return r;
	return detail_text(j, &a->text, e);
}

/* Tags and the sealed detail. Under keys_lock, with the month's keys. */
static int
confide(struct audit *a, struct adding *n, struct err *e)
{
	const struct audit_entry *en = n->en;
	int r;

	if ((r = record(a, n, e)) < 0)
		return r;
	if (en->actor != NULL &&
	    (r = tag_actor(&a->keys, en->actor, n->leaf.actor, e)) < 0)
		return r;
	if (!id_is_zero(&en->object) &&
	    (r = tag_object(&a->keys, &en->object, n->leaf.object, e)) < 0)
		return r;
	if ((r = detail_seal(&a->keys, &a->vault, n->month, n->leaf.seq,
		 &a->text, &a->sealed, e)) < 0)
		return r;
	n->detailed = 1;
	return digest_of(
	    DIGEST_SHA256, a->sealed.p, a->sealed.len, n->leaf.detail, e);
}

/*
 * With the month's key the leaf gets its detail; without (sealed, the agent
 * away, the month expired under a clock that went back) it is entered all
 * the same, and what it would say waits.
 */
static int
confide_or_wait(struct audit *a, struct adding *n, struct err *e)
{
	int r;

	pthread_mutex_lock(&a->keys_lock);
	if ((r = keys_for(a, n->month, e)) == 0)
		r = confide(a, n, e);
	else if (r == -ERR_SEALED || r == -ERR_UNAVAILABLE ||
		 r == -ERR_NOT_FOUND)
		r = 0;
	pthread_mutex_unlock(&a->keys_lock);
	return r;
}

/*
 * The row, only if it is the next one: a transaction rolled back without
 * audit_rewind would leave a gap that no later start could read over.
 */
static int
insert_leaf(struct tx *tx, const struct leaf *l, const struct hash *h,
    const struct buf *entry, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO leaf (seq, klass, outcome, time, hash, entry)"
		 " SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?1 ="
		 " (SELECT coalesce(max(seq) + 1, 0) FROM leaf)",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)l->seq, e)) < 0 ||
	    (r = sql_int(q, 2, l->klass, e)) < 0 ||
	    (r = sql_int(q, 3, l->outcome, e)) < 0 ||
	    (r = sql_int(q, 4, l->time_ms, e)) < 0 ||
	    (r = sql_blob(q, 5, h->b, HASH_LEN, e)) < 0 ||
	    (r = sql_blob(q, 6, entry->p, entry->len, e)) < 0 ||
	    (r = sql_run(q, e)) < 0)
		return r;
	if (sql_changes(tx) != 1)
		return err_set(e, ERR_INTERNAL,
		    "audit: leaf %llu is not the next of the catalog",
		    (unsigned long long)l->seq);
	return 0;
}

static int
insert_detail(struct tx *tx, const struct adding *n, const struct buf *sealed,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO detail (seq, month, sealed) VALUES (?, ?, ?)", &q,
		 e)) < 0 ||
	    (r = sql_int(q, 1, (int64_t)n->leaf.seq, e)) < 0 ||
	    (r = sql_int(q, 2, n->month, e)) < 0 ||
	    (r = sql_blob(q, 3, sealed->p, sealed->len, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* Rows, then the tree: from there on nothing fails. */
static int
enter(struct tx *tx, struct audit *a, const struct adding *n, struct err *e)
{
	struct hash h;
	int r;

	buf_reset(&a->entry);
	if ((r = leaf_encode(&n->leaf, &a->entry, e)) < 0 ||
	    (r = merkle_leaf_hash(a->entry.p, a->entry.len, &h, e)) < 0 ||
	    (r = insert_leaf(tx, &n->leaf, &h, &a->entry, e)) < 0 ||
	    (n->detailed && (r = insert_detail(tx, n, &a->sealed, e)) < 0) ||
	    (r = pending_reserve(a, e)) < 0)
		return r;
	pthread_rwlock_wrlock(&a->lock);
	r = merkle_append(a->tree, &h, e);
	pthread_rwlock_unlock(&a->lock);
	if (r < 0)
		return r;
	a->pending_ms[n->leaf.seq - a->committed] = n->leaf.time_ms;
	if (!n->detailed)
		queue_put(&a->queue, n->leaf.seq, n->leaf.time_ms, n->en);
	return 0;
}

int
audit_append(struct tx *tx, struct audit *a, const struct audit_entry *en,
    int64_t now_ms, uint64_t *seq, struct err *e)
{
	struct adding n = { .en = en,
		.raw_ms = now_ms + atomic_load(&a->ahead_ms) };
	struct leaf *l = &n.leaf;
	int r;

	l->seq = merkle_size(a->tree);
	l->time_ms = audit_time(a, now_ms);
	l->klass = (uint16_t)en->klass;
	l->outcome = (uint16_t)en->outcome;
	l->policy = atomic_load(&a->policy);
	l->clear = en->clear;
	l->nclear = en->nclear;
	if (en->bind != NULL)
		memcpy(l->bind, en->bind, sizeof(l->bind));
	if (en->approvals != NULL)
		memcpy(l->approvals, en->approvals, sizeof(l->approvals));
	n.month = month_of(l->time_ms);
	if ((r = confide_or_wait(a, &n, e)) < 0 ||
	    (r = enter(tx, a, &n, e)) < 0) {
		/* Nothing of it was told, whatever was written so far. */
		queue_rewind(&a->queue, l->seq);
		return r;
	}
	*seq = l->seq;
	return 0;
}
