#include "daemon/core/vaultclock.h"

#include <pthread.h>
#include <stdlib.h>

#define DAY_MS INT64_C(86400000)

struct vault_clock {
	struct clocks clocks;
	pthread_mutex_t lock; /* guards what follows */
	int64_t jump_ms, drift_ms;
	int ruled;  /* the figures are known */
	int judged; /* this start's clock was compared */
	enum clock_trust trust;
	int64_t since_ms;
	int64_t back_ms; /* a start before this one went back */
	/* The last reading: vault time, and the time since boot then. */
	int64_t last_ms, boot_ms;
	int64_t raw_ms;
	/* Where the clock is compared with the time since boot. */
	int64_t ref_raw, ref_boot;
	/* From here on vault time goes at half speed, where the clock lags. */
	int64_t line_ms, line_boot;
};

int
vault_clock_new(const struct clocks *clocks, int64_t last_ms,
    struct vault_clock **out, struct err *e)
{
	struct vault_clock *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return err_set(e, ERR_NOMEM, "vault clock");
	c->clocks = *clocks;
	pthread_mutex_init(&c->lock, NULL);
	c->raw_ms = clocks->now_ms();
	c->boot_ms = clocks->boot_ms != NULL ? clocks->boot_ms() : c->raw_ms;
	c->judged = last_ms == INT64_MIN;
	c->last_ms = c->judged ? c->raw_ms : last_ms;
	c->back_ms = c->last_ms;
	c->drift_ms = INT64_MAX;
	c->jump_ms = INT64_MAX;
	c->ref_raw = c->last_ms;
	c->ref_boot = c->line_boot = c->boot_ms;
	c->line_ms = c->last_ms;
	*out = c;
	return 0;
}

void
vault_clock_freep(struct vault_clock **cp)
{
	struct vault_clock *c = *cp;

	*cp = NULL;
	if (c == NULL)
		return;
	pthread_mutex_destroy(&c->lock);
	free(c);
}

/* One look at both clocks. */
struct look {
	int64_t raw_ms, boot_ms;
	int64_t on_ms; /* where vault time is by the time since boot */
};

static void
look(struct vault_clock *c, struct look *l)
{
	l->raw_ms = c->clocks.now_ms();
	l->boot_ms =
	    c->clocks.boot_ms != NULL ? c->clocks.boot_ms() : l->raw_ms;
	/* Two threads may have read in the other order. */
	if (l->boot_ms < c->boot_ms)
		l->boot_ms = c->boot_ms;
	l->on_ms = c->last_ms + (l->boot_ms - c->boot_ms);
}

static int64_t
apart(int64_t a, int64_t b)
{
	return a > b ? a - b : b - a;
}

static void
go_on(struct vault_clock *c)
{
	c->trust = CLOCK_TRUSTED;
	c->judged = 1;
	c->line_ms = c->last_ms;
	c->line_boot = c->boot_ms;
}

static void
trust(struct vault_clock *c, const struct look *l)
{
	go_on(c);
	c->ref_raw = l->raw_ms;
	c->ref_boot = l->boot_ms;
}

/* Is the clock where the time since boot has it? The reference stays as it
 * is while the clock is suspect, so that no number of small jumps adds up. */
static int
agrees(const struct vault_clock *c, const struct look *l)
{
	return apart(l->raw_ms - c->ref_raw, l->boot_ms - c->ref_boot) <=
	       c->drift_ms;
}

static void
suspect(struct vault_clock *c, enum clock_trust why, const struct look *l)
{
	c->trust = why;
	c->judged = 1;
	c->since_ms = l->on_ms;
}

/* The clock of a start. */
static void
judge(struct vault_clock *c, const struct look *l)
{
	if (l->raw_ms < c->back_ms && c->back_ms - l->raw_ms > c->drift_ms)
		suspect(c, CLOCK_BACK, l);
	else if (l->raw_ms > c->last_ms && l->raw_ms - c->last_ms > c->jump_ms)
		suspect(c, CLOCK_AHEAD, l);
	else
		trust(c, l);
}

/* The clock of a run: corrected by a little each day, never by a jump. */
static void
compare(struct vault_clock *c, const struct look *l)
{
	if (c->clocks.boot_ms == NULL)
		return;
	if (!agrees(c, l)) {
		suspect(c, CLOCK_STEP, l);
	} else if (l->boot_ms - c->ref_boot >= DAY_MS) {
		c->ref_raw = l->raw_ms;
		c->ref_boot = l->boot_ms;
	}
}

static int64_t
trusted_ms(struct vault_clock *c, const struct look *l)
{
	int64_t line = c->line_ms + (l->boot_ms - c->line_boot) / 2;

	if (l->raw_ms < line)
		return line;
	c->line_ms = l->raw_ms;
	c->line_boot = l->boot_ms;
	return l->raw_ms;
}

/* Under the lock. */
static void
advance(struct vault_clock *c)
{
	struct look l;
	int64_t now;

	look(c, &l);
	if (!c->judged || c->trust != CLOCK_TRUSTED) {
		if (c->judged && c->ruled && agrees(c, &l))
			go_on(c);
	} else {
		compare(c, &l);
	}
	now = c->judged && c->trust == CLOCK_TRUSTED ? trusted_ms(c, &l)
						     : l.on_ms;
	if (now > c->last_ms)
		c->last_ms = now;
	c->boot_ms = l.boot_ms;
	c->raw_ms = l.raw_ms;
}

void
vault_clock_suspect(
    struct vault_clock *c, enum clock_trust why, int64_t since_ms)
{
	pthread_mutex_lock(&c->lock);
	c->trust = why;
	c->since_ms = since_ms;
	c->judged = 1;
	pthread_mutex_unlock(&c->lock);
}

void
vault_clock_behind(struct vault_clock *c, int64_t back_ms)
{
	pthread_mutex_lock(&c->lock);
	if (back_ms < c->back_ms)
		c->back_ms = back_ms;
	pthread_mutex_unlock(&c->lock);
}

void
vault_clock_rules(struct vault_clock *c, int64_t jump_ms, int64_t drift_ms)
{
	struct look l;

	pthread_mutex_lock(&c->lock);
	c->jump_ms = jump_ms;
	c->drift_ms = drift_ms;
	c->ruled = 1;
	if (!c->judged) {
		look(c, &l);
		judge(c, &l);
	}
	pthread_mutex_unlock(&c->lock);
}

void
vault_clock_read(struct vault_clock *c, struct clock_reading *out)
{
	pthread_mutex_lock(&c->lock);
	advance(c);
	out->vault_ms = c->last_ms;
	out->raw_ms = c->raw_ms;
	out->trust = c->trust;
	out->since_ms = c->since_ms;
	out->behind = c->trust == CLOCK_TRUSTED && c->raw_ms < c->last_ms;
	pthread_mutex_unlock(&c->lock);
}

/* Under the lock, after advance. */
static int
is_at(const struct vault_clock *c, int64_t ahead_ms)
{
	return apart(c->raw_ms - c->last_ms, ahead_ms) <= c->drift_ms;
}

int
vault_clock_is_at(struct vault_clock *c, int64_t ahead_ms)
{
	int at;

	pthread_mutex_lock(&c->lock);
	advance(c);
	at = is_at(c, ahead_ms);
	pthread_mutex_unlock(&c->lock);
	return at;
}

int
vault_clock_confirm(struct vault_clock *c, int64_t ahead_ms)
{
	struct look l;
	int at;

	pthread_mutex_lock(&c->lock);
	advance(c);
	if ((at = is_at(c, ahead_ms))) {
		look(c, &l);
		trust(c, &l);
	}
	pthread_mutex_unlock(&c->lock);
	return at;
}
