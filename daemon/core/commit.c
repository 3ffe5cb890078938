#include "daemon/core/commit.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/log.h"

#define GROUP_STAGES_MAX 4096 /* stages of one append */
#define SETTLE_LAZY_MS 50     /* leaves of reads wait so long for a head */
#define SETTLE_RETRY_MS 1000  /* the agent was away or sealed */
#define HOUSE_MS 1000	      /* checkpoints and tiles, after a commit */

/* A change on its way; lives on the stack of the thread that waits. */
struct job {
	struct change *ch;
	int r; /* 0 so far, or the negative code; err is good then only */
	struct err err;
	int done;
	pthread_cond_t over;
	struct job *next;
};

struct queue {
	struct job *first, **last;
	size_t n;
	pthread_cond_t filled;
};

struct committer {
	struct catalog *catalog;
	struct store *store;
	struct audit *audit;
	struct vault_clock *clock;

	pthread_mutex_t lock; /* guards what follows */
	struct queue to_append, to_commit;
	int appending; /* a group is between the queues */
	int stop, broken;
	uint64_t commits; /* groups, for the housekeeper */
	pthread_cond_t work;
	pthread_t appender, committer, housekeeper;
	int threads;
};

static struct timespec
after_ms(int64_t ms)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += ms / 1000;
	t.tv_nsec += ms % 1000 * 1000000;
	if (t.tv_nsec >= 1000000000) {
		t.tv_sec++;
		t.tv_nsec -= 1000000000;
	}
	return t;
}

static int
cond_init(pthread_cond_t *c, struct err *e)
{
	pthread_condattr_t a;
	int failed;

	if (pthread_condattr_init(&a) != 0)
		return err_set(e, ERR_NOMEM, "condition");
	pthread_condattr_setclock(&a, CLOCK_MONOTONIC);
	failed = pthread_cond_init(c, &a);
	pthread_condattr_destroy(&a);
	return failed ? err_set(e, ERR_NOMEM, "condition") : 0;
}

static void
queue_add(struct queue *q, struct job *j)
{
	j->next = NULL;
	*q->last = j;
	q->last = &j->next;
	q->n++;
	pthread_cond_signal(&q->filled);
}

/* Take the group that waits: in order, within the bounds. */
static struct job *
queue_take(struct queue *q, size_t *count)
{
	struct job *first = q->first, **end = &q->first;
	size_t n = 0, stages = 0;

	while (*end != NULL && n < COMMIT_GROUP_MAX) {
		stages += (*end)->ch->nstages;
		if (n > 0 && stages > GROUP_STAGES_MAX)
			break;
		n++;
		end = &(*end)->next;
	}
	q->first = *end;
	*end = NULL;
	if (q->first == NULL)
		q->last = &q->first;
	q->n -= n;
	*count = n;
	return n > 0 ? first : NULL;
}

/* Under the lock: the waiter may be gone, with its job, when it is free. */
static void
answer(struct job *j)
{
	j->done = 1;
	pthread_cond_signal(&j->over);
}

static void
fail(struct job *j, int r, const struct err *why)
{
	j->r = r;
	j->err = *why;
}

static int
broken_error(struct err *e)
{
	return err_tag(e, ERR_IO, "stopped",
	    "a disk operation failed: stop and start again");
}

static void
mark_broken(struct committer *c, const struct err *why)
{
	if (!c->broken)
		log_error("commits stop: %s", why->text);
	c->broken = 1;
}

/* --- the appender ------------------------------------------------------- */

static int
append_some(struct committer *c, struct job *j, size_t jobs,
    struct stage **room, struct err *e)
{
	size_t n = 0, i;

	for (; j != NULL && jobs > 0; j = j->next, jobs--)
		for (i = 0; i < j->ch->nstages; i++)
			room[n++] = j->ch->stages[i];
	return store_append(c->store, room, n, e);
}

/*
 * One append for the group. When it fails for want of space or for one
 * stage, each change is tried alone, so that one does not refuse the others.
 */
static void
append_group(
    struct committer *c, struct job *group, size_t n, struct stage **room)
{
	struct err e = { 0 };
	struct job *j;
	int r;

	if ((r = append_some(c, group, n, room, &e)) == 0)
		return;
	for (j = group; j != NULL; j = j->next) {
		if (n > 1 && r != -ERR_IO) {
			j->r = append_some(c, j, 1, room, &j->err);
			r = j->r == -ERR_IO ? j->r : r;
		} else {
			fail(j, r, &e);
		}
	}
}

/* What was appended goes on; what was not is answered. */
static void
pass_on(struct committer *c, struct job *group)
{
	struct job *j, *next;

	for (j = group; j != NULL; j = next) {
		next = j->next;
		if (j->r == -ERR_IO)
			mark_broken(c, &j->err);
		if (c->broken && j->r == 0)
			j->r = broken_error(&j->err);
		if (j->r < 0)
			answer(j);
		else
			queue_add(&c->to_commit, j);
	}
}

static void *
append_loop(void *arg)
{
	struct committer *c = arg;
	struct stage **room;
	struct job *group;
	size_t n;

	/* One change may have more stages than a group is cut at. */
	room = calloc(GROUP_STAGES_MAX + COMMIT_STAGES_MAX, sizeof(*room));
	pthread_mutex_lock(&c->lock);
	if (room == NULL)
		c->broken = 1;
	for (;;) {
		while (c->to_append.n == 0 && !c->stop)
			pthread_cond_wait(&c->to_append.filled, &c->lock);
		if ((group = queue_take(&c->to_append, &n)) == NULL)
			break;
		c->appending = 1;
		if (!c->broken) {
			pthread_mutex_unlock(&c->lock);
			append_group(c, group, n, room);
			pthread_mutex_lock(&c->lock);
		}
		pass_on(c, group);
		c->appending = 0;
	}
	pthread_cond_signal(&c->to_commit.filled);
	pthread_mutex_unlock(&c->lock);
	free(room);
	return NULL;
}

/* --- the committer ------------------------------------------------------ */

static int64_t
vault_time(struct committer *c)
{
	struct clock_reading now;

	vault_clock_read(c->clock, &now);
	audit_set_clock(c->audit, now.raw_ms - now.vault_ms);
	return now.vault_ms;
}

/* Under a savepoint of its own. An error here is the whole group's. */
static int
apply_one(struct committer *c, struct tx *tx, struct job *j, int64_t now_ms,
    struct err *e)
{
	uint64_t mark = audit_mark(c->audit);
	int r;

	if ((r = tx_mark(tx, e)) < 0)
		return r;
	j->r = j->ch->apply(tx, now_ms, j->ch->arg, &j->err);
	if (j->r == 0)
		return tx_release(tx, e);
	audit_rewind(c->audit, mark);
	if (j->r == -ERR_IO) {
		*e = j->err;
		return -ERR_IO;
	}
	return tx_rewind(tx, e);
}

static int
apply_group(struct committer *c, struct job *group, struct err *e)
{
	AUTO(tx_end) struct tx tx = { 0 };
	uint64_t mark = audit_mark(c->audit);
	int64_t now = vault_time(c);
	struct job *j;
	int r;

	if ((r = tx_begin(c->catalog, &tx, e)) < 0)
		return r;
	for (j = group; j != NULL && r == 0; j = j->next)
		r = apply_one(c, &tx, j, now, e);
	if (r == 0)
		r = tx_commit(&tx, e);
	if (r < 0)
		audit_rewind(c->audit, mark);
	else
		audit_committed(c->audit);
	return r;
}

/*
 * Answer those of the group that need not wait for a head; what is left is
 * returned. r, failed: what became of the whole group. Under the lock.
 */
static struct job *
answer_early(struct job *group, int r, const struct err *failed)
{
	struct job *j, *next, *left = NULL, **end = &left;

	for (j = group; j != NULL; j = next) {
		next = j->next;
		if (r < 0 && j->r == 0)
			fail(j, r, failed);
		if (j->r < 0 || !j->ch->need_head) {
			answer(j);
			continue;
		}
		j->next = NULL;
		*end = j;
		end = &j->next;
	}
	return left;
}

/* Those whose leaf no head covers: committed, and they are told so. */
static void
answer_late(struct job *group, int r, const struct err *settled)
{
	struct job *j, *next;

	for (j = group; j != NULL; j = next) {
		next = j->next;
		if (r == -ERR_SEALED || r == -ERR_UNAVAILABLE || r == -ERR_BUSY)
			j->r = err_set(&j->err, ERR_PENDING,
			    "committed; the log's head is signed later");
		else if (r < 0)
			fail(j, r, settled);
		answer(j);
	}
}

/* One group through the catalog. 1: leaves wait for a head. */
static int
commit_group(struct committer *c, struct job *group, struct job **waiting)
{
	struct err e = { 0 };
	int r;

	pthread_mutex_unlock(&c->lock);
	r = apply_group(c, group, &e);
	pthread_mutex_lock(&c->lock);
	if (r == -ERR_IO)
		mark_broken(c, &e);
	if (r == 0)
		c->commits++;
	*waiting = answer_early(group, r, &e);
	return r == 0;
}

/* Sign the head. 1: it could not be, try again. */
static int
settle(struct committer *c, struct job *waiting)
{
	struct err e = { 0 };
	int r;

	pthread_mutex_unlock(&c->lock);
	r = audit_settle(c->audit, &e);
	pthread_mutex_lock(&c->lock);
	/* A log that was rolled back is as bad as a disk that lies. */
	if (r == -ERR_IO || r == -ERR_INCONSISTENT)
		mark_broken(c, &e);
	answer_late(waiting, r, &e);
	return r < 0;
}

static int64_t
monotonic_ms(void)
{
	struct timespec t = after_ms(0);

	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Under the lock. 0: there is work, or the lazy head's time has come. */
static int
wait_for_work(struct committer *c, int64_t due_ms)
{
	int64_t left = due_ms - monotonic_ms();
	struct timespec until = after_ms(left > 0 ? left : 0);
	int timed_out = 0;

	while (c->to_commit.n == 0 && !timed_out) {
		if (c->stop && c->to_append.n == 0 && !c->appending)
			return -1;
		if (due_ms < 0)
			pthread_cond_wait(&c->to_commit.filled, &c->lock);
		else
			timed_out = pthread_cond_timedwait(&c->to_commit.filled,
					&c->lock, &until) != 0;
	}
	return 0;
}

/*
 * A group, or none when the lazy head's time has come. due_ms is when the
 * next head must be signed at the latest, however busy it is until then: the
 * new time is returned; -1: no leaf is without a head.
 */
static int64_t
commit_step(struct committer *c, int64_t due_ms)
{
	struct job *group, *waiting = NULL;
	struct err stopped;
	size_t n;
	int r;

	group = queue_take(&c->to_commit, &n);
	if (c->broken) {
		r = broken_error(&stopped);
		answer_early(group, r, &stopped);
		return -1;
	}
	if (group != NULL && commit_group(c, group, &waiting) && due_ms < 0)
		due_ms = monotonic_ms() + SETTLE_LAZY_MS;
	if (waiting != NULL || (due_ms >= 0 && monotonic_ms() >= due_ms))
		due_ms =
		    settle(c, waiting) ? monotonic_ms() + SETTLE_RETRY_MS : -1;
	return c->broken ? -1 : due_ms;
}

static void *
commit_loop(void *arg)
{
	struct committer *c = arg;
	int64_t due_ms = monotonic_ms() + SETTLE_LAZY_MS;

	pthread_mutex_lock(&c->lock);
	while (wait_for_work(c, due_ms) == 0) {
		due_ms = commit_step(c, due_ms);
		pthread_cond_signal(&c->work);
	}
	if (due_ms >= 0 && !c->broken)
		settle(c, NULL);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* --- the housekeeper ---------------------------------------------------- */

/* Off the commit path: tiles for those who verify, and the WAL. */
static void
keep_house(struct committer *c)
{
	struct err e = { 0 };

	if (audit_flush(c->audit, &e) < 0)
		log_warn("tiles: %s", e.text);
	if (catalog_checkpoint(c->catalog, 0, &e) < 0)
		log_warn("checkpoint: %s", e.text);
}

static void *
house_loop(void *arg)
{
	struct committer *c = arg;
	struct timespec until;
	uint64_t seen = 0;

	pthread_mutex_lock(&c->lock);
	while (!c->stop) {
		while (c->commits == seen && !c->stop)
			pthread_cond_wait(&c->work, &c->lock);
		seen = c->commits;
		until = after_ms(HOUSE_MS);
		while (!c->stop &&
		       pthread_cond_timedwait(&c->work, &c->lock, &until) == 0)
			;
		if (c->broken)
			continue;
		pthread_mutex_unlock(&c->lock);
		keep_house(c);
		pthread_mutex_lock(&c->lock);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* --- outside ------------------------------------------------------------ */

int
commit_run(struct committer *c, struct change *ch, struct err *e)
{
	struct job j = { .ch = ch };
	int r;

	if (ch->nstages > COMMIT_STAGES_MAX ||
	    (ch->nstages > 0 && c->store == NULL))
		return err_set(e, ERR_INTERNAL, "a change with these stages");
	if ((r = cond_init(&j.over, e)) < 0)
		return r;
	pthread_mutex_lock(&c->lock);
	if (c->broken || c->stop) {
		j.r = broken_error(&j.err);
		j.done = 1;
	} else {
		queue_add(ch->nstages > 0 ? &c->to_append : &c->to_commit, &j);
	}
	while (!j.done)
		pthread_cond_wait(&j.over, &c->lock);
	pthread_mutex_unlock(&c->lock);
	pthread_cond_destroy(&j.over);
	if (j.r < 0 && e != NULL)
		*e = j.err;
	return j.r;
}

int
committer_is_broken(const struct committer *c)
{
	/* The lock is not part of what the caller may not change. */
	struct committer *w = (struct committer *)(uintptr_t)c;
	int broken;

	pthread_mutex_lock(&w->lock);
	broken = w->broken;
	pthread_mutex_unlock(&w->lock);
	return broken;
}

static int
start_threads(struct committer *c, struct err *e)
{
	static void *(*const loops[])(
	    void *) = { append_loop, commit_loop, house_loop };
	pthread_t *const threads[] = { &c->appender, &c->committer,
		&c->housekeeper };
	size_t i;

	for (i = 0; i < NELEMS(loops); i++) {
		if (pthread_create(threads[i], NULL, loops[i], c) != 0)
			return err_set(e, ERR_NOMEM, "commit threads");
		c->threads++;
	}
	return 0;
}

int
committer_open(struct catalog *catalog, struct store *s, struct audit *a,
    struct vault_clock *clock, struct committer **out, struct err *e)
{
	AUTO(committer_freep) struct committer *c = calloc(1, sizeof(*c));
	int r;

	if (c == NULL)
		return err_set(e, ERR_NOMEM, "committer");
	c->catalog = catalog;
	c->store = s;
	c->audit = a;
	c->clock = clock;
	c->to_append.last = &c->to_append.first;
	c->to_commit.last = &c->to_commit.first;
	pthread_mutex_init(&c->lock, NULL);
	if ((r = cond_init(&c->to_append.filled, e)) < 0 ||
	    (r = cond_init(&c->to_commit.filled, e)) < 0 ||
	    (r = cond_init(&c->work, e)) < 0 || (r = start_threads(c, e)) < 0)
		return r;
	*out = TAKE(c);
	return 0;
}

static void
stop_threads(struct committer *c)
{
	pthread_mutex_lock(&c->lock);
	c->stop = 1;
	pthread_cond_broadcast(&c->to_append.filled);
	pthread_cond_broadcast(&c->to_commit.filled);
	pthread_cond_broadcast(&c->work);
	pthread_mutex_unlock(&c->lock);
	if (c->threads > 0)
		pthread_join(c->appender, NULL);
	if (c->threads > 1)
		pthread_join(c->committer, NULL);
	if (c->threads > 2)
		pthread_join(c->housekeeper, NULL);
}

void
committer_freep(struct committer **cp)
{
	struct committer *c = TAKE(*cp);

	if (c == NULL)
		return;
	stop_threads(c);
	if (c->threads == 3 && !c->broken)
		keep_house(c);
	pthread_cond_destroy(&c->to_append.filled);
	pthread_cond_destroy(&c->to_commit.filled);
	pthread_cond_destroy(&c->work);
	pthread_mutex_destroy(&c->lock);
	free(c);
}
