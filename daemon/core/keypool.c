#include "daemon/core/keypool.h"

#include <stdlib.h>
#include <time.h>

#include "base/wait.h"

#define RETRY_MS 1000 /* the agent was away */

struct keypool {
	struct agent *agent;
	pthread_mutex_t lock;
	pthread_cond_t wanted, filled;
	/* The block in use, and the one behind it. */
	struct block {
		struct secret keys;
		uint64_t first;
		uint32_t at, count;
	} now, ahead;
	uint64_t floor;
	unsigned epoch; /* a block drawn before a reset is not kept */
	int open, stop, started;
	struct err last; /* why the last draw failed */
	pthread_t filler;
};

static void
block_done(struct block *b)
{
	secret_done(&b->keys);
	*b = (struct block){ 0 };
}

static void
block_move(struct block *to, struct block *from)
{
	block_done(to);
	secret_move(&to->keys, &from->keys);
	to->first = from->first;
	to->at = from->at;
	to->count = from->count;
	*from = (struct block){ 0 };
}

static uint32_t
left(const struct keypool *k)
{
	return k->now.count - k->now.at + k->ahead.count - k->ahead.at;
}

/* Numbers under the floor are not used, whatever the agent says. */
static int
keep_block(struct keypool *k, struct block *b)
{
	if (b->first + b->count <= k->floor)
		return 0;
	if (b->first < k->floor)
		b->at = (uint32_t)(k->floor - b->first);
	if (k->now.at == k->now.count)
		block_move(&k->now, b);
	else
		block_move(&k->ahead, b);
	return 1;
}

/* Draw one block, without the lock while the agent works. */
static void
fill(struct keypool *k)
{
	struct block b = { 0 };
	struct err e = { 0 };
	struct timespec until;
	unsigned epoch = k->epoch;
	int r;

	pthread_mutex_unlock(&k->lock);
	r = agent_draw(k->agent, &b.first, &b.count, &b.keys, &e);
	pthread_mutex_lock(&k->lock);
	k->last = r < 0 ? e : (struct err){ 0 };
	if (r == 0 && epoch == k->epoch)
		keep_block(k, &b);
	block_done(&b);
	pthread_cond_broadcast(&k->filled);
	if (r == 0 || k->stop)
		return;
	until = wait_until(RETRY_MS);
	pthread_cond_timedwait(&k->wanted, &k->lock, &until);
}

static void *
fill_loop(void *arg)
{
	struct keypool *k = arg;

	pthread_mutex_lock(&k->lock);
	while (!k->stop) {
		if (k->open && left(k) <= KEYPOOL_LOW && k->ahead.count == 0)
			fill(k);
		else
			pthread_cond_wait(&k->wanted, &k->lock);
	}
	pthread_mutex_unlock(&k->lock);
	return NULL;
}

/* Under the lock. ERR_BUSY: none is here at this moment. */
static int
take(struct keypool *k, struct fresh_key *out, struct err *e)
{
	struct block *b = &k->now;
	int r;

	if (!k->open)
		return err_set(e, ERR_SEALED, "the vault is sealed");
	if (b->at == b->count && k->ahead.count > 0)
		block_move(&k->now, &k->ahead);
	if (b->at == b->count) {
		pthread_cond_signal(&k->wanted);
		return err_tag(e, ERR_BUSY, "keys", "no fresh key is ready");
	}
	if ((r = secret_copy(
		 &out->key, b->keys.p + (size_t)b->at * 32, 32, e)) < 0)
		return r;
	/* Handed out: it must not stay here as well. */
	secret_wipe(b->keys.p + (size_t)b->at * 32, 32);
	out->number = b->first + b->at++;
	if (left(k) <= KEYPOOL_LOW)
		pthread_cond_signal(&k->wanted);
	return 0;
}

int
keypool_try(struct keypool *k, struct fresh_key *out, struct err *e)
{
	int r;

	pthread_mutex_lock(&k->lock);
	r = take(k, out, e);
	pthread_mutex_unlock(&k->lock);
	return r;
}

int
keypool_take(struct keypool *k, struct fresh_key *out, struct err *e)
{
	struct err why = { 0 };
	struct timespec until = wait_until(KEYPOOL_WAIT_MS);
	int r, late = 0;

	pthread_mutex_lock(&k->lock);
	while ((r = take(k, out, &why)) == -ERR_BUSY && !late &&
	       k->last.code != ERR_SEALED)
		late = pthread_cond_timedwait(&k->filled, &k->lock, &until);
	if (r == -ERR_BUSY && k->last.code != ERR_OK)
		why = k->last;
	pthread_mutex_unlock(&k->lock);
	if (r == 0)
		return 0;
	if (e != NULL)
		*e = why;
	return -(int)why.code;
}

void
fresh_key_done(struct fresh_key *k)
{
	secret_done(&k->key);
	k->number = 0;
}

void
keypool_fill(struct keypool *k, uint64_t floor)
{
	pthread_mutex_lock(&k->lock);
	if (floor > k->floor)
		k->floor = floor;
	k->open = 1;
	k->last = (struct err){ 0 };
	pthread_cond_signal(&k->wanted);
	pthread_mutex_unlock(&k->lock);
}

/* Under the lock. */
static void
forget(struct keypool *k)
{
	block_done(&k->now);
	block_done(&k->ahead);
	k->epoch++;
	pthread_cond_signal(&k->wanted);
	pthread_cond_broadcast(&k->filled);
}

void
keypool_reset(struct keypool *k)
{
	pthread_mutex_lock(&k->lock);
	forget(k);
	pthread_mutex_unlock(&k->lock);
}

void
keypool_seal(struct keypool *k)
{
	pthread_mutex_lock(&k->lock);
	forget(k);
	k->open = 0;
	pthread_mutex_unlock(&k->lock);
}

int
keypool_open(struct agent *agent, struct keypool **out, struct err *e)
{
	AUTO(keypool_freep) struct keypool *k = calloc(1, sizeof(*k));
	int r;

	if (k == NULL)
		return err_set(e, ERR_NOMEM, "keys");
	k->agent = agent;
	pthread_mutex_init(&k->lock, NULL);
	if ((r = wait_cond_init(&k->wanted, e)) < 0 ||
	    (r = wait_cond_init(&k->filled, e)) < 0)
		return r;
	if (pthread_create(&k->filler, NULL, fill_loop, k) != 0)
		return err_set(e, ERR_NOMEM, "keys");
	k->started = 1;
	*out = TAKE(k);
	return 0;
}

void
keypool_freep(struct keypool **kp)
{
	struct keypool *k = TAKE(*kp);

	if (k == NULL)
		return;
	pthread_mutex_lock(&k->lock);
	k->stop = 1;
	pthread_cond_signal(&k->wanted);
	pthread_mutex_unlock(&k->lock);
	if (k->started)
		pthread_join(k->filler, NULL);
	block_done(&k->now);
	block_done(&k->ahead);
	pthread_cond_destroy(&k->wanted);
	pthread_cond_destroy(&k->filled);
	pthread_mutex_destroy(&k->lock);
	free(k);
}
