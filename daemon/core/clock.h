/*
 * The vault's clock (vaultclock.h) in the vault: what of it outlives a
 * restart, and how people confirm a suspect clock. Table clock.
 *
 * While the clock is suspect nothing destructive runs (clock_check), and what
 * expires waits, because vault time has not moved with it. After a planned
 * stop (its leaf is the last of the run before) one person confirms; else two
 * different people sign a page (approval "clock") that names the vault, the
 * last trusted time, the clock's and the log's head. A confirmation is of one
 * reading: when the clock jumps once more, it is void.
 */
#ifndef DAEMON_CORE_CLOCK_H
#define DAEMON_CORE_CLOCK_H

#include "daemon/core/core.h"
#include "daemon/core/vaultclock.h"

extern const char *const clock_schema;

/* Between the catalog and the committer: core_open's. */
int clock_open(struct core *core, const struct clocks *clocks, struct err *e)
    NODISCARD;
void clock_freep(struct clock **k);
/* The figures of the rules in force. */
void clock_set_rules(struct core *core, const struct policy *p);

/* Is the machine's clock not believed at this moment? */
int core_clock_suspect(const struct core *core);
/* ERR_CONFLICT, tag "clock-suspect": for what destroys, before it begins and
 * within its transaction. */
int clock_check(const struct core *core, struct err *e) NODISCARD;

/*
 * Enter in the log and in the catalog that the clock became suspect, or
 * agrees again. The housekeeping calls it a few times a second; nothing waits
 * for it.
 */
int clock_watch(struct core *core, struct err *e) NODISCARD;
/* The planned end of a run: the last leaf of it. */
int clock_stop(struct core *core, struct err *e) NODISCARD;

/* {suspect, behind, vault_at, clock_at, since, why}: for everyone, without a
 * leaf; a new reference. NULL: no memory. */
json_t *clock_brief(const struct core *core);
/* Leaf clock-read. The brief and {confirmation, planned, needed, have, page,
 * sha256, approvals}, as far as there are any. */
int clock_show(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e) NODISCARD;
/*
 * The clock is right, says the caller. After a planned stop that is all, leaf
 * clock-confirm, state "confirmed"; else a page of this reading waits for
 * signatures, state "waiting". ERR_CONFLICT "clock-trusted": there is nothing
 * to confirm.
 */
int clock_confirm(struct core *core, const struct caller *caller,
    struct id *object, json_t **answer, struct err *e) NODISCARD;
/*
 * A signature over the page. The last one that it takes confirms. Errors of
 * approval_verify and approval_enter; ERR_CONFLICT "clock-changed": the clock
 * says something else than the page: ask again. "clock-unasked": no page.
 */
int clock_approve(struct core *core, const struct caller *caller,
    const char *signature, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

#endif
