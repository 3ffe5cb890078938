/*
 * Publication: from rows to trees, signed commits and refs. It works through
 * the dirty branches in batches: read a snapshot, make the objects, append
 * and sync them, then enter them in one transaction, branch by branch only
 * if nothing changed there meanwhile.
 */
#include <inttypes.h>

#include "daemon/store/inside.h"
#include "daemon/store/odb.h"

#define BRANCH_BATCH 256
#define PENDING_MAX (4u << 20) /* bytes of objects before they are written */

/* An object that was made: its packed bytes are in pending. */
struct made {
	uint32_t version;
	enum pack_type kind;
	size_t at; /* in pending */
	struct place place;
};

struct work {
	struct id owner;
	int64_t turn;
	size_t first, n; /* in made */
	uint8_t head[PACK_OID];
	int has_head, complete;
};

struct publication {
	struct store *s;
	const struct store_hooks *h;
	struct store_report *rep;
	struct odb *odb;
	struct segment *seg; /* pinned; of this publication alone */
	struct work work[BRANCH_BATCH];
	size_t nwork, taken;
	struct made *made;
	size_t nmade, cap;
	struct buf pending, raw, commit;
	struct id cursor;
};

static void
publication_freep(struct publication **pp)
{
	struct publication *p = *pp;

	if (p == NULL)
		return;
	if (p->seg != NULL)
		segment_unpin(p->s, p->seg);
	odb_freep(&p->odb);
	free(p->made);
	buf_done(&p->pending);
	buf_done(&p->raw);
	buf_done(&p->commit);
	free(p);
}

/* --- making objects --- */

static int
keep_made(struct publication *p, uint32_t version, enum pack_type kind,
    const struct buf *raw, const uint8_t oid[PACK_OID], struct err *e)
{
	size_t cap = p->cap > 0 ? p->cap * 2 : 64;
	size_t length = pack_length(raw->len);
	struct made *m;
	int r;

	if (raw->len > PACK_OBJECT_MAX)
		return err_set(e, ERR_TOO_LARGE, "a tree or commit");
	if (p->nmade == p->cap) {
		if ((m = reallocarray(p->made, cap, sizeof(*m))) == NULL)
			return err_set(e, ERR_NOMEM, "publication");
		p->made = m;
		p->cap = cap;
	}
	if ((r = buf_reserve(&p->pending, length, e)) < 0)
		return r;
	m = &p->made[p->nmade++];
	memset(m, 0, sizeof(*m));
	m->version = version;
	m->kind = kind;
	m->at = p->pending.len;
	m->place.length = (uint32_t)length;
	memcpy(m->place.oid, oid, PACK_OID);
	pack_encode(kind, raw->p, raw->len, p->pending.p + m->at);
	m->place.crc = pack_crc(p->pending.p + m->at, length);
	p->pending.len += length;
	return 0;
}

/* A version as its row has it. */
struct version {
	uint32_t number;
	uint64_t hour;
	int has_tree, has_head;
	uint8_t tree[PACK_OID], head[PACK_OID];
};

static int
get_oid(struct sql *q, int i, uint8_t oid[PACK_OID], int *has, struct err *e)
{
	const void *b;
	size_t n;

	*has = !sql_is_null(q, i);
	if (!*has)
		return 0;
	b = sql_get_blob(q, i, &n);
	if (n != PACK_OID)
		return err_set(e, ERR_INTEGRITY, "an id of %zu bytes", n);
	memcpy(oid, b, PACK_OID);
	return 0;
}

/* The next version after number. 1, or 0 at the end. */
static int
load_version(struct tx *tx, const struct id *owner, uint32_t number,
    struct version *v, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT version, hour, tree, head FROM published"
		 " WHERE owner = ? AND version > ?"
		 " ORDER BY version LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, owner, e)) < 0 ||
	    (r = sql_int(q, 2, number, e)) < 0 || (r = sql_step(q, e)) <= 0)
		return r;
	v->number = (uint32_t)sql_get_int(q, 0);
	v->hour = (uint64_t)sql_get_int(q, 1);
	if ((r = get_oid(q, 2, v->tree, &v->has_tree, e)) < 0 ||
	    (r = get_oid(q, 3, v->head, &v->has_head, e)) < 0)
		return r;
	return 1;
}

/* Its blobs are all in packs: 1; some are still in an open segment: 0. */
static int
is_packed(
    struct tx *tx, const struct id *owner, uint32_t version, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT 1 FROM chunk c JOIN segment s ON s.id = c.segment"
		 " WHERE c.owner = ? AND c.version = ? AND s.state = 0"
		 " LIMIT 1",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, owner, e)) < 0 ||
	    (r = sql_int(q, 2, version, e)) < 0 || (r = sql_step(q, e)) < 0)
		return r;
	return r == 0;
}

static int
name_blobs(struct publication *p, struct sql *q, struct err *e)
{
	uint8_t oid[PACK_OID];
	char name[16];
	int has, r;

	while ((r = sql_step(q, e)) > 0) {
		if (sql_get_int(q, 0) == STORE_MANIFEST &&
		    sql_get_int(q, 1) == 0)
			snprintf(name, sizeof(name), "manifest");
		else
			snprintf(name, sizeof(name), "%c%08" PRIu32,
			    sql_get_int(q, 0) == STORE_MANIFEST ? 'm' : 'c',
			    (uint32_t)sql_get_int(q, 1));
		if ((r = get_oid(q, 2, oid, &has, e)) < 0 ||
		    (r = odb_tree_add(p->odb, name, oid, e)) < 0)
			return r;
	}
	return r;
}

static int
make_tree(struct publication *p, struct tx *tx, const struct id *owner,
    struct version *v, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = odb_tree_begin(p->odb, e)) < 0 ||
	    (r = sql_open(tx,
		 "SELECT part, idx, oid FROM chunk"
		 " WHERE owner = ? AND version = ? ORDER BY part, idx",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, owner, e)) < 0 ||
	    (r = sql_int(q, 2, v->number, e)) < 0 ||
	    (r = name_blobs(p, q, e)) < 0 ||
	    (r = odb_tree_write(p->odb, &p->raw, v->tree, e)) < 0)
		return r;
	return keep_made(p, v->number, PACK_TREE, &p->raw, v->tree, e);
}

static int
make_commit(struct publication *p, struct version *v, const uint8_t *parent,
    struct err *e)
{
	int r;

	buf_reset(&p->commit);
	if ((r = p->h->sign(p->h->arg, v->tree, parent, v->number, v->hour,
		 &p->commit, e)) < 0 ||
	    (r = odb_commit_check(p->odb, p->commit.p, p->commit.len, v->tree,
		 parent, v->head, e)) < 0)
		return r;
	return keep_made(p, v->number, PACK_COMMIT, &p->commit, v->head, e);
}

/* Make what the versions of a branch lack, oldest first. */
static int
make_branch(struct publication *p, struct tx *tx, struct work *w, struct err *e)
{
	struct version v = { 0 };
	int r;

	w->first = p->nmade;
	w->complete = 1;
	while ((r = load_version(tx, &w->owner, v.number, &v, e)) > 0) {
		if (!v.has_head) {
			if ((r = is_packed(tx, &w->owner, v.number, e)) < 0)
				return r;
			if (r == 0) {
				w->complete = 0;
				break;
			}
			if ((!v.has_tree &&
				(r = make_tree(p, tx, &w->owner, &v, e)) < 0) ||
			    (r = make_commit(
				 p, &v, w->has_head ? w->head : NULL, e)) < 0)
				return r;
		}
		memcpy(w->head, v.head, PACK_OID);
		w->has_head = 1;
	}
	w->n = p->nmade - w->first;
	return r < 0 ? r : 0;
}

/* --- entering them --- */

static int
enter_history(
    struct tx *tx, const struct id *owner, const struct made *m, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "INSERT INTO history (owner, version, kind, segment,"
		 " offset, length, crc, oid)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, owner, e)) < 0 ||
	    (r = sql_int(q, 2, m->version, e)) < 0 ||
	    (r = sql_int(q, 3, m->kind, e)) < 0 ||
	    (r = sql_int(q, 4, (int64_t)m->place.segment, e)) < 0 ||
	    (r = sql_int(q, 5, (int64_t)m->place.offset, e)) < 0 ||
	    (r = sql_int(q, 6, m->place.length, e)) < 0 ||
	    (r = sql_int(q, 7, m->place.crc, e)) < 0 ||
	    (r = sql_blob(q, 8, m->place.oid, PACK_OID, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
enter_made(
    struct tx *tx, const struct id *owner, const struct made *m, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = enter_history(tx, owner, m, e)) < 0 ||
	    (r = sql_open(tx,
		 m->kind == PACK_TREE ? "UPDATE published SET tree = ?3"
					" WHERE owner = ?1 AND version = ?2"
				      : "UPDATE published SET head = ?3"
					" WHERE owner = ?1 AND version = ?2",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, owner, e)) < 0 ||
	    (r = sql_int(q, 2, m->version, e)) < 0 ||
	    (r = sql_blob(q, 3, m->place.oid, PACK_OID, e)) < 0)
		return r;
	return sql_run(q, e);
}

/* 1: the branch is as it was when the objects were made; 0: it is not. */
static int
move_branch(struct tx *tx, const struct work *w, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "UPDATE branch SET head = ?, dirty = ?"
		 " WHERE owner = ? AND turn = ?",
		 &q, e)) < 0 ||
	    (r = w->has_head ? sql_blob(q, 1, w->head, PACK_OID, e)
			     : sql_null(q, 1, e)) < 0 ||
	    (r = sql_int(q, 2, !w->complete, e)) < 0 ||
	    (r = sql_id(q, 3, &w->owner, e)) < 0 ||
	    (r = sql_int(q, 4, w->turn, e)) < 0 || (r = sql_run(q, e)) < 0)
		return r;
	return sql_changes(tx) == 1;
}

static int
batch_apply(struct tx *tx, void *arg, struct err *e)
{
	struct publication *p = arg;
	const struct work *w;
	size_t i, k;
	int r;

	if (p->nmade > 0 && (r = rows_segment(tx, p->seg->id, e)) < 0)
		return r;
	for (i = 0; i < p->nwork; i++) {
		w = &p->work[i];
		if ((r = move_branch(tx, w, e)) < 0)
			return r;
		for (k = 0; r > 0 && k < w->n; k++)
			if ((r = enter_made(
				 tx, &w->owner, &p->made[w->first + k], e)) < 0)
				return r;
			else
				r = 1;
	}
	return 0;
}

/* The objects made go to the publication's own segment, durably. */
static int
write_made(struct publication *p, struct err *e)
{
	struct iovec iov = { p->pending.p, p->pending.len };
	uint64_t at;
	size_t i;
	int r;

	if (p->nmade == 0)
		return 0;
	if (p->seg == NULL && (r = segment_new(p->s, &p->seg, e)) < 0)
		return r;
	at = p->seg->end;
	if ((r = segment_append(p->s, p->seg, &iov, 1, p->pending.len, e)) <
		0 ||
	    (r = segment_sync(p->s, p->seg, e)) < 0)
		return r;
	for (i = 0; i < p->nmade; i++) {
		p->made[i].place.segment = p->seg->id;
		p->made[i].place.offset = at + p->made[i].at;
	}
	return 0;
}

static int
close_own(struct publication *p, struct err *e)
{
	uint64_t id;

	if (p->seg == NULL)
		return 0;
	id = p->seg->id;
	segment_unpin(p->s, TAKE(p->seg));
	return close_segment(p->s, id, p->h, e);
}

static int
finish_batch(struct publication *p, struct err *e)
{
	size_t i;
	int r;

	if ((r = write_made(p, e)) < 0 ||
	    (r = p->h->commit(p->h->arg, batch_apply, p, e)) < 0)
		return r;
	for (i = 0; i < p->nmade; i++)
		p->rep->versions += p->made[i].kind == PACK_COMMIT;
	p->nmade = p->nwork = 0;
	buf_reset(&p->pending);
	if (p->seg != NULL && p->seg->end > STORE_SEGMENT_MAX)
		return close_own(p, e);
	return 0;
}

/* --- the batches --- */

static int
load_branches(struct publication *p, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct work *w;
	int r;

	if ((r = sql_open(tx,
		 "SELECT owner, turn FROM branch"
		 " WHERE dirty = 1 AND owner > ?1 ORDER BY owner LIMIT ?2",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &p->cursor, e)) < 0 ||
	    (r = sql_int(q, 2, BRANCH_BATCH, e)) < 0)
		return r;
	for (p->taken = 0; (r = sql_step(q, e)) > 0; p->taken++) {
		w = &p->work[p->taken];
		memset(w, 0, sizeof(*w));
		if ((r = sql_get_id(q, 0, &w->owner, e)) < 0)
			return r;
		w->turn = sql_get_int(q, 1);
	}
	return r;
}

/* As many branches as a batch takes. */
static int
make_batch(struct publication *p, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(p->s->c, &tx, e)) < 0 ||
	    (r = load_branches(p, &tx, e)) < 0)
		return r;
	for (p->nwork = 0; p->nwork < p->taken && p->pending.len < PENDING_MAX;
	     p->nwork++) {
		if ((r = make_branch(p, &tx, &p->work[p->nwork], e)) < 0)
			return r;
		p->cursor = p->work[p->nwork].owner;
	}
	return 0;
}

/*
 * The vault's own branch, which HEAD names: one signed commit of the empty
 * tree, version 0, with the first hour that is published. It never changes.
 */
static int
needs_root(struct tx *tx, uint64_t *hour, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	int r;

	if ((r = sql_open(tx,
		 "SELECT min(hour) FROM published WHERE NOT EXISTS"
		 " (SELECT 1 FROM branch WHERE ref = 'refs/heads/vault')",
		 &q, e)) < 0 ||
	    (r = sql_step(q, e)) <= 0)
		return r;
	*hour = (uint64_t)sql_get_int(q, 0);
	return !sql_is_null(q, 0);
}

static int
root_apply(struct tx *tx, void *arg, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	struct publication *p = arg;
	static const struct id nobody;
	size_t i;
	int r;

	if ((r = rows_segment(tx, p->seg->id, e)) < 0)
		return r;
	for (i = 0; i < p->nmade; i++)
		if ((r = enter_history(tx, &nobody, &p->made[i], e)) < 0)
			return r;
	if ((r = sql_open(tx,
		 "INSERT INTO branch (owner, ref, head, turn, dirty)"
		 " VALUES (?, 'refs/heads/vault', ?, 0, 0)",
		 &q, e)) < 0 ||
	    (r = sql_id(q, 1, &nobody, e)) < 0 ||
	    (r = sql_blob(q, 2, p->made[1].place.oid, PACK_OID, e)) < 0)
		return r;
	return sql_run(q, e);
}

static int
read_root(struct publication *p, uint64_t *hour, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(p->s->c, &tx, e)) < 0)
		return r;
	return needs_root(&tx, hour, e);
}

static int
make_root(struct publication *p, struct err *e)
{
	struct version v = { 0 };
	int r;

	if ((r = read_root(p, &v.hour, e)) <= 0)
		return r;
	if ((r = odb_tree_begin(p->odb, e)) < 0 ||
	    (r = odb_tree_write(p->odb, &p->raw, v.tree, e)) < 0 ||
	    (r = keep_made(p, 0, PACK_TREE, &p->raw, v.tree, e)) < 0 ||
	    (r = make_commit(p, &v, NULL, e)) < 0 ||
	    (r = write_made(p, e)) < 0 ||
	    (r = p->h->commit(p->h->arg, root_apply, p, e)) < 0)
		return r;
	p->nmade = 0;
	buf_reset(&p->pending);
	return 0;
}

static int
publish_branches(struct publication *p, struct err *e)
{
	int r;

	do {
		if ((r = make_batch(p, e)) < 0)
			return r;
		if (p->nwork > 0 && (r = finish_batch(p, e)) < 0)
			return r;
	} while (p->taken > 0);
	return close_own(p, e);
}

int
publish(struct store *s, const struct store_hooks *h, struct store_report *rep,
    struct err *e)
{
	AUTO(publication_freep)
	struct publication *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL)
		return err_set(e, ERR_NOMEM, "publication");
	p->s = s;
	p->h = h;
	p->rep = rep;
	if ((r = store_check(s, e)) < 0 || (r = odb_new(&p->odb, e)) < 0 ||
	    (r = close_all(s, h, e)) < 0 || (r = due_take(h, e)) < 0 ||
	    (r = make_root(p, e)) < 0 || (r = publish_branches(p, e)) < 0)
		return r;
	return refs_write(s, &rep->refs, e);
}

int
store_publish(struct store *s, const struct store_hooks *h,
    struct store_report *rep, struct err *e)
{
	HOLD(&s->maintenance);

	memset(rep, 0, sizeof(*rep));
	return publish(s, h, rep, e);
}
