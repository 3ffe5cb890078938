#include "keys/promise.h"

#include <string.h>

/* The bucket counts in sixty-thousandths, so that a millisecond is whole. */
#define MINUTE_MS INT64_C(60000)
#define QUOTA_FULL (QUOTA_KEYS_PER_MINUTE * MINUTE_MS)

static void
watch(struct promise *p, uint64_t leaf, int64_t now_ms)
{
	p->waiting = 1;
	p->leaf = leaf;
	p->since_ms = now_ms;
	p->heads = 0;
	p->resumes = 0;
}

void
promise_make(
    struct promise *p, uint64_t leaf, uint64_t head_size, int64_t now_ms)
{
	if (leaf < head_size)
		return;
	if (!p->waiting) {
		watch(p, leaf, now_ms);
		p->highest = leaf;
	}
	if (leaf > p->highest)
		p->highest = leaf;
}

int
promise_head(struct promise *p, uint64_t size, int64_t now_ms)
{
	if (!p->waiting)
		return 0;
	if (p->highest < size) {
		p->waiting = 0;
		return 0;
	}
	/* The watched one is covered: the highest of the later ones is next,
	 * so that new promises never put off the old one's time. */
	if (p->leaf < size) {
		watch(p, p->highest, now_ms);
		return 0;
	}
	p->heads++;
	if (p->heads >= PROMISE_HEADS || now_ms - p->since_ms > PROMISE_HEAD_MS)
		return -1;
	return 0;
}

int
promise_tick(const struct promise *p, int64_t now_ms)
{
	return p->waiting && now_ms - p->since_ms > PROMISE_MAX_MS ? -1 : 0;
}

void
promise_pause(struct promise *p, int64_t now_ms)
{
	p->paused_ms = now_ms;
}

void
promise_resume(struct promise *p, int64_t now_ms)
{
	if (p->resumes < PROMISE_RESUMES)
		p->since_ms = now_ms;
	else
		p->since_ms += now_ms - p->paused_ms;
	p->resumes++;
}

int64_t
promise_due(const struct promise *p)
{
	return p->waiting ? p->since_ms + PROMISE_MAX_MS + 1 : -1;
}

void
quota_init(struct quota *q, int64_t now_ms)
{
	q->tokens = QUOTA_FULL;
	q->at_ms = now_ms;
}

static void
quota_fill(struct quota *q, int64_t now_ms)
{
	int64_t passed = now_ms - q->at_ms;

	if (passed <= 0)
		return;
	if (passed > MINUTE_MS)
		passed = MINUTE_MS;
	q->tokens += passed * QUOTA_KEYS_PER_MINUTE;
	if (q->tokens > QUOTA_FULL)
		q->tokens = QUOTA_FULL;
	q->at_ms = now_ms;
}

int
quota_take(struct quota *q, uint64_t n, int64_t now_ms)
{
	quota_fill(q, now_ms);
	if (n > (uint64_t)(q->tokens / MINUTE_MS))
		return -1;
	q->tokens -= (int64_t)n * MINUTE_MS;
	return 0;
}

int64_t
delay_left(const struct delay *d, int64_t now_ms)
{
	return d->until_ms > now_ms ? d->until_ms - now_ms : 0;
}

void
delay_failed(struct delay *d, int64_t now_ms)
{
	d->last_ms = d->last_ms == 0 ? DELAY_FIRST_MS : 2 * d->last_ms;
	if (d->last_ms > DELAY_MAX_MS)
		d->last_ms = DELAY_MAX_MS;
	d->until_ms = now_ms + d->last_ms;
}

void
delay_passed(struct delay *d)
{
	memset(d, 0, sizeof(*d));
}
