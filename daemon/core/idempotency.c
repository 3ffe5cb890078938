#include "daemon/core/idempotency.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/wait.h"
#include "daemon/core/row.h"

const char *const idempotency_schema =
    "CREATE TABLE idempotency ("
    " uid INTEGER NOT NULL,"
    " what TEXT NOT NULL,"
    " key BLOB NOT NULL CHECK (length(key) = 32),"
    " object BLOB NOT NULL CHECK (length(object) = 16),"
    " version INTEGER NOT NULL,"
    " leaf INTEGER NOT NULL,"
    " made_ms INTEGER NOT NULL,"
    " PRIMARY KEY (uid, what, key)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX idempotency_object ON idempotency (object);";

struct inflight {
	pthread_mutex_t lock;
	pthread_cond_t left;
	struct idempotency_turn *first;
};

int
inflight_open(struct inflight **out, struct err *e)
{
	struct inflight *f = calloc(1, sizeof(*f));
	int r;

	if (f == NULL)
		return err_set(e, ERR_NOMEM, "requests in flight");
	pthread_mutex_init(&f->lock, NULL);
	if ((r = wait_cond_init(&f->left, e)) < 0) {
		free(f);
		return r;
	}
	*out = f;
	return 0;
}

void
inflight_freep(struct inflight **fp)
{
	struct inflight *f = TAKE(*fp);

	if (f == NULL)
		return;
	pthread_cond_destroy(&f->left);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

static int
key_hash(const struct caller *caller, uint8_t out[SHA256_LEN], struct err *e)
{
	return digest_of(DIGEST_SHA256, caller->idempotency,
	    strlen(caller->idempotency), out, e);
}

static int
is_running(const struct inflight *f, const struct idempotency_turn *turn)
{
	const struct idempotency_turn *t;

	for (t = f->first; t != NULL; t = t->next)
		if (t->uid == turn->uid && strcmp(t->what, turn->what) == 0 &&
		    memcmp(t->key, turn->key, SHA256_LEN) == 0)
			return 1;
	return 0;
}

int
idempotency_enter(struct core *core, const struct caller *caller,
    const char *what, struct idempotency_turn *turn, struct err *e)
{
	struct inflight *f = core->inflight;
	struct timespec until;
	int r, late = 0;

	if (caller->idempotency == NULL)
		return 0;
	if (caller->idempotency[0] == '\0')
		return err_tag(e, ERR_INVALID, "idempotency-key",
		    "the idempotency key is empty");
	turn->what = what;
	turn->uid = caller->actor.uid;
	if ((r = key_hash(caller, turn->key, e)) < 0)
		return r;
	until = wait_until(IDEMPOTENCY_WAIT_S * INT64_C(1000));
	pthread_mutex_lock(&f->lock);
	while (is_running(f, turn) && !late)
		late = pthread_cond_timedwait(&f->left, &f->lock, &until) != 0;
	if (!late) {
		turn->inflight = f;
		turn->next = f->first;
		f->first = turn;
	}
	pthread_mutex_unlock(&f->lock);
	if (late)
		return err_tag(e, ERR_CONFLICT, "in-flight",
		    "the first request with this key is still running");
	return 0;
}

void
idempotency_leave(struct idempotency_turn *turn)
{
	struct inflight *f = TAKE(turn->inflight);
	struct idempotency_turn **at;

	if (f == NULL)
		return;
	pthread_mutex_lock(&f->lock);
	for (at = &f->first; *at != turn; at = &(*at)->next)
		;
	*at = turn->next;
	pthread_cond_broadcast(&f->left);
	pthread_mutex_unlock(&f->lock);
}

int
idempotency_find(struct tx *tx, const struct caller *caller, const char *what,
    struct id *object, uint32_t *version, uint64_t *leaf, struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint8_t key[SHA256_LEN];
	struct id id;
	int r;

	if (caller->idempotency == NULL)
		return 0;
	if ((r = key_hash(caller, key, e)) < 0 ||
	    (r = sql_open(tx,
		 "SELECT object, version, leaf FROM idempotency"
		 " WHERE uid = ? AND what = ? AND key = ?",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, caller->actor.uid, e)) < 0 ||
	    (r = sql_text(q, 2, what, e)) < 0 ||
	    (r = sql_blob(q, 3, key, sizeof(key), e)) < 0 ||
	    (r = sql_step(q, e)) <= 0)
		return r;
	if ((r = sql_get_id(q, 0, &id, e)) < 0)
		return r;
	*object = id;
	*version = (uint32_t)sql_get_int(q, 1);
	*leaf = (uint64_t)sql_get_int(q, 2);
	return 1;
}

int
idempotency_keep(struct tx *tx, const struct caller *caller, const char *what,
    const struct id *object, uint32_t version, uint64_t leaf, int64_t now_ms,
    struct err *e)
{
	AUTO(sql_done) struct sql *q = NULL;
	uint8_t key[SHA256_LEN];
	int r;

	if (caller->idempotency == NULL)
		return 0;
	if ((r = key_hash(caller, key, e)) < 0 ||
	    (r = sql_open(tx,
		 "INSERT INTO idempotency"
		 " (uid, what, key, object, version, leaf, made_ms)"
		 " VALUES (?, ?, ?, ?, ?, ?, ?)",
		 &q, e)) < 0 ||
	    (r = sql_int(q, 1, caller->actor.uid, e)) < 0 ||
	    (r = sql_text(q, 2, what, e)) < 0 ||
	    (r = sql_blob(q, 3, key, sizeof(key), e)) < 0 ||
	    (r = sql_id(q, 4, object, e)) < 0 ||
	    (r = sql_int(q, 5, version, e)) < 0 ||
	    (r = sql_int(q, 6, (int64_t)leaf, e)) < 0 ||
	    (r = sql_int(q, 7, now_ms, e)) < 0)
		return r;
	return sql_run(q, e);
}

int
idempotency_forget(struct tx *tx, const struct id *object, struct err *e)
{
	return rows_run(
	    tx, "DELETE FROM idempotency WHERE object = ?", object, e);
}
