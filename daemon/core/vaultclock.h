/*
 * Vault time: one clock for every decision and every leaf, that an error of
 * the machine's clock does not move.
 *
 * The machine's clock is trusted as long as it goes as fast as the time since
 * boot does (CLOCK_BOOTTIME, which nobody can set), within a tolerance of the
 * rules a day. When the daemon starts, time may have passed: then a clock is
 * trusted that is not before the last leaf, nor further ahead of it than the
 * rules say.
 *
 * A clock that is not trusted is *suspect*. Vault time then goes on from where
 * it was by the time since boot, until the clock agrees with it again, or
 * people confirm the clock (clock.h). Vault time never goes back: where the
 * trusted clock is behind it, it goes on at half speed until the clock has
 * caught up, so that a long run never stands still either.
 *
 * Pure but for the two functions it is given. Any thread.
 */
#ifndef DAEMON_CORE_VAULTCLOCK_H
#define DAEMON_CORE_VAULTCLOCK_H

#include <stdint.h>

#include "base/err.h"

struct vault_clock;

/*
 * now_ms: the machine's clock, ms since 1970, which may be set. boot_ms: ms
 * since some instant, which cannot be; NULL: there is no such clock, and
 * within a run the machine's is trusted.
 */
struct clocks {
	int64_t (*now_ms)(void);
	int64_t (*boot_ms)(void);
};

enum clock_trust {
	CLOCK_TRUSTED = 0,
	CLOCK_BACK,  /* at a start: before the last leaf */
	CLOCK_AHEAD, /* at a start: too far ahead of it */
	CLOCK_STEP,  /* within a run: it jumped */
};

struct clock_reading {
	int64_t vault_ms, raw_ms; /* raw: the machine's clock */
	enum clock_trust trust;
	int64_t since_ms; /* vault time when it became suspect */
	int behind;	  /* trusted, and vault time waits for it */
};

/*
 * last_ms: the last instant that vault time is known to have had; INT64_MIN:
 * none, and the clock is trusted as it is. Until vault_clock_rules nothing is
 * judged, and vault time goes on by the time since boot.
 */
int vault_clock_new(const struct clocks *clocks, int64_t last_ms,
    struct vault_clock **out, struct err *e) NODISCARD;
void vault_clock_freep(struct vault_clock **c);

/*
 * What the vault knows from earlier runs; before vault_clock_rules.
 * suspect: the clock was, and is until it agrees or is confirmed. behind:
 * people confirmed a clock that was behind vault time; a start believes it
 * from back_ms on.
 */
void vault_clock_suspect(
    struct vault_clock *c, enum clock_trust why, int64_t since_ms);
void vault_clock_behind(struct vault_clock *c, int64_t back_ms);

/* The figures; the first call judges the clock of this start. */
void vault_clock_rules(
    struct vault_clock *c, int64_t jump_ms, int64_t drift_ms);

void vault_clock_read(struct vault_clock *c, struct clock_reading *out);
/* Is ahead_ms (raw - vault) still what the clock says, within the tolerance? */
int vault_clock_is_at(struct vault_clock *c, int64_t ahead_ms);
/* People say that the clock which is ahead_ms of vault time is right: trust
 * it. 0 when it says something else by now. */
int vault_clock_confirm(struct vault_clock *c, int64_t ahead_ms);

#endif
