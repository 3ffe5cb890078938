/*
 * Promises about the log, and the quota on keys: pure, the time is given.
 *
 * Each key that the daemon asks for names the leaf that entered the read. A
 * leaf at or above the size of the last signed head is a promise: a later
 * head must cover it. Heads that were being made when the promise was given
 * may still lack it; a head signed long after, or many heads, or a long
 * time without, is a broken promise, and the agent seals itself. Time counts
 * only while a daemon is connected: a stopped machine breaks no promise.
 */
#ifndef KEYS_PROMISE_H
#define KEYS_PROMISE_H

#include <stdint.h>

#define PROMISE_HEAD_MS 30000 /* a head signed later must cover the leaf */
#define PROMISE_MAX_MS 60000  /* without a head that covers it */
#define PROMISE_HEADS 64      /* heads signed without it */
#define PROMISE_RESUMES 3     /* times that the clock begins anew */

struct promise {
	int waiting;	  /* is a leaf watched? */
	uint64_t leaf;	  /* the one watched */
	uint64_t highest; /* of all promised since; >= leaf */
	int64_t since_ms;
	unsigned heads; /* signed since, without it */
	unsigned resumes;
	int64_t paused_ms; /* when the daemon went */
};

/* The daemon named leaf; head_size is that of the last signed head. */
void promise_make(
    struct promise *p, uint64_t leaf, uint64_t head_size, int64_t now_ms);
/* A head was signed. 0, or -1 when the promise is broken. */
int promise_head(struct promise *p, uint64_t size, int64_t now_ms);
/* As time passes. 0, or -1 when the promise is broken. */
int promise_tick(const struct promise *p, int64_t now_ms);
/*
 * The last connection of the daemon ended, and one came again: the time
 * between does not count. A daemon that was started anew gets the whole time
 * again, a few times only: reconnecting must not put a promise off for ever.
 */
void promise_pause(struct promise *p, int64_t now_ms);
void promise_resume(struct promise *p, int64_t now_ms);
/* When promise_tick is due next; -1 when nothing is watched. */
int64_t promise_due(const struct promise *p);

/* Keys that may be asked for: a bucket that fills as time passes. */
#define QUOTA_KEYS_PER_MINUTE 20000

struct quota {
	int64_t tokens; /* sixty-thousandths of a key */
	int64_t at_ms;
};

void quota_init(struct quota *q, int64_t now_ms);
/* Take n keys. 0, or -1 when there are not so many left now. */
int quota_take(struct quota *q, uint64_t n, int64_t now_ms);

/*
 * Wrong passphrases: after each, nobody may try for a time that doubles
 * from 1 s to 60 s; a right one ends it.
 */
#define DELAY_FIRST_MS 1000
#define DELAY_MAX_MS 60000

struct delay {
	int64_t until_ms, last_ms;
};

/* How long to wait still, in ms; 0 when one may try. */
int64_t delay_left(const struct delay *d, int64_t now_ms);
void delay_failed(struct delay *d, int64_t now_ms);
void delay_passed(struct delay *d);

#endif
