#include "daemon/audit/audit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "daemon/audit/log.h"

const char *const audit_schema =
    "CREATE TABLE leaf ("
    " seq INTEGER PRIMARY KEY,"
    " klass INTEGER NOT NULL,"
    " outcome INTEGER NOT NULL,"
    " time INTEGER NOT NULL,"
    " hash BLOB NOT NULL CHECK (length(hash) = 32),"
    " entry BLOB NOT NULL) STRICT;"
    "CREATE TABLE detail ("
    " seq INTEGER PRIMARY KEY REFERENCES leaf,"
    " month INTEGER NOT NULL,"
    " sealed BLOB NOT NULL) STRICT;"
    "CREATE INDEX detail_month ON detail (month);"
    "CREATE TABLE head ("
    " size INTEGER PRIMARY KEY,"
    " note BLOB NOT NULL) STRICT";

static int
load_leaves(struct audit *a, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	struct hash h;
	uint64_t n;
	size_t len;
	int r;

	if ((r = sql_open(tx, "SELECT seq, time, hash FROM leaf ORDER BY seq",
		 &q, e)) < 0)
		return r;
	for (n = 0; (r = sql_step(q, e)) > 0; n++) {
		p = sql_get_blob(q, 2, &len);
		if (sql_get_int(q, 0) != (int64_t)n || len != HASH_LEN)
			return err_set(e, ERR_INTEGRITY,
			    "audit: leaf %llu is missing",
			    (unsigned long long)n);
		memcpy(h.b, p, HASH_LEN);
		if ((r = merkle_append(a->tree, &h, e)) < 0)
			return r;
		atomic_store(&a->committed_ms, sql_get_int(q, 1));
	}
	a->committed = n;
	return r;
}

int
note_checkpoint(const struct buf *note, struct checkpoint *cp, struct err *e)
{
	const uint8_t *end;

	/* The text ends at the blank line before the signatures. */
	if (note->len == 0 ||
	    (end = memmem(note->p, note->len, "\n\n", 2)) == NULL)
		return err_set(e, ERR_INTEGRITY, "audit: a head that is none");
	return checkpoint_parse(
	    (const char *)note->p, (size_t)(end - note->p) + 1, cp, e);
}

int
head_matches(
    const struct audit *a, const struct buf *note, uint64_t size, struct err *e)
{
	struct checkpoint cp = { 0 };
	struct hash root;
	int r;

	if ((r = note_checkpoint(note, &cp, e)) < 0)
		return r;
	if (cp.size != size || size > merkle_size(a->tree))
		return err_tag(e, ERR_INCONSISTENT, "log-rolled-back",
		    "audit: a head of %llu leaves where there are %llu",
		    (unsigned long long)cp.size, (unsigned long long)size);
	if ((r = merkle_root(a->tree, size, &root, e)) < 0)
		return r;
	if (memcmp(root.b, cp.root.b, HASH_LEN) != 0)
		return err_tag(e, ERR_INCONSISTENT, "log-changed",
		    "audit: the leaves are not those of head %llu",
		    (unsigned long long)size);
	return 0;
}

static int
load_head(struct audit *a, struct tx *tx, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	size_t len;
	int r;

	if ((r = sql_open(tx,
		 "SELECT size, note FROM head ORDER BY size DESC LIMIT 1", &q,
		 e)) < 0 ||
	    (r = sql_step(q, e)) <= 0)
		return r;
	a->head_size = (uint64_t)sql_get_int(q, 0);
	p = sql_get_blob(q, 1, &len);
	if ((r = buf_add(&a->head, p, len, e)) < 0)
		return r;
	a->kept = a->head_size;
	return head_matches(a, &a->head, a->head_size, e);
}

static int
load(struct audit *a, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	int r;

	if ((r = tx_read(a->c, &tx, e)) < 0 ||
	    (r = load_leaves(a, &tx, e)) < 0 || (r = load_head(a, &tx, e)) < 0)
		return r;
	return 0;
}

int
audit_open(const char *dir, struct catalog *c, struct agent *agent,
    const struct id *vault, struct audit **out, struct err *e)
{
	AUTO(audit_freep) struct audit *a = NULL;
	int r;

	if ((a = calloc(1, sizeof(*a))) == NULL)
		return err_set(e, ERR_NOMEM, "out of memory");
	atomic_store(&a->committed_ms, INT64_MIN);
	a->c = c;
	a->agent = agent;
	a->vault = *vault;
	a->dirfd = -1;
	pthread_rwlock_init(&a->lock, NULL);
	pthread_mutex_init(&a->keys_lock, NULL);
	pthread_mutex_init(&a->flush_lock, NULL);
	if ((r = dir_make(AT_FDCWD, dir, 0750, e)) < 0 ||
	    (r = merkle_new(&a->tree, e)) < 0)
		return r;
	a->dirfd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (a->dirfd < 0)
		return err_sys(e, ERR_IO, "audit folder");
	if ((r = load(a, e)) < 0)
		return r;
	/* A projection: what cannot be written now is at the next flush. */
	(void)!audit_flush(a, NULL);
	*out = TAKE(a);
	return 0;
}

void
audit_freep(struct audit **pp)
{
	struct audit *a = TAKE(*pp);

	if (a == NULL)
		return;
	merkle_freep(&a->tree);
	buf_done(&a->head);
	buf_done(&a->text);
	buf_done(&a->sealed);
	buf_done(&a->entry);
	month_keys_done(&a->keys);
	queue_done(&a->queue);
	fd_closep(&a->dirfd);
	pthread_rwlock_destroy(&a->lock);
	pthread_mutex_destroy(&a->keys_lock);
	pthread_mutex_destroy(&a->flush_lock);
	free(a->pending_ms);
	free(a);
}

uint64_t
audit_size(struct audit *a)
{
	uint64_t n;

	pthread_rwlock_rdlock(&a->lock);
	n = a->committed;
	pthread_rwlock_unlock(&a->lock);
	return n;
}

uint64_t
audit_head_size(struct audit *a)
{
	uint64_t n;

	pthread_rwlock_rdlock(&a->lock);
	n = a->head_size;
	pthread_rwlock_unlock(&a->lock);
	return n;
}

int
audit_root(struct audit *a, uint64_t size, struct hash *out, struct err *e)
{
	int r;

	pthread_rwlock_rdlock(&a->lock);
	if (size > a->committed)
		r = err_set(e, ERR_NOT_FOUND, "the log is shorter");
	else
		r = merkle_root(a->tree, size, out, e);
	pthread_rwlock_unlock(&a->lock);
	return r;
}

int
audit_checkpoint(struct audit *a, struct buf *note, struct err *e)
{
	int r;

	pthread_rwlock_rdlock(&a->lock);
	if (a->head.len == 0)
		r = err_set(e, ERR_NOT_FOUND, "no head was signed yet");
	else
		r = buf_add(note, a->head.p, a->head.len, e);
	pthread_rwlock_unlock(&a->lock);
	return r;
}

/* Under the lock. */
static int
prove(const struct audit *a, uint64_t seq, struct tlog_proof *p, struct err *e)
{
	if (seq >= a->committed)
		return err_set(e, ERR_NOT_FOUND, "no such leaf");
	if (seq >= a->head_size)
		return err_set(
		    e, ERR_PENDING, "no signed head covers the leaf yet");
	p->index = seq;
	if (buf_add(&p->checkpoint, a->head.p, a->head.len, e) < 0)
		return -ERR_NOMEM;
	return merkle_inclusion(
	    a->tree, seq, a->head_size, p->hashes, &p->n, e);
}

int
audit_proof(
    struct audit *a, uint64_t seq, struct tlog_proof *out, struct err *e)
{
	AUTO(tlog_proof_done) struct tlog_proof p = { 0 };
	int r;

	pthread_rwlock_rdlock(&a->lock);
	r = prove(a, seq, &p, e);
	pthread_rwlock_unlock(&a->lock);
	if (r < 0)
		return r;
	*out = p;
	p = (struct tlog_proof){ 0 };
	return 0;
}

int
audit_leaf(struct tx *tx, uint64_t seq, struct buf *entry, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	const void *p;
	size_t n;
	int r;

	if (seq > INT64_MAX)
		return err_set(e, ERR_NOT_FOUND, "no such leaf");
	if ((r = sql_open(tx, "SELECT entry FROM leaf WHERE seq = ?", &q, e)) <
		0 ||
	    (r = sql_int(q, 1, (int64_t)seq, e)) < 0 ||
	    (r = sql_step(q, e)) < 0)
		return r;
	if (r == 0)
		return err_set(e, ERR_NOT_FOUND, "no such leaf");
	p = sql_get_blob(q, 0, &n);
	return buf_add(entry, p, n, e);
}
