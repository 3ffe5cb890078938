/*
 * The stage of a case: "amont", before the summons, then "aval". An event
 * whose rule says so moves it when it is entered, and one that was announced
 * (a hearing) on its day. Never back.
 */
#ifndef DAEMON_CORE_STAGE_H
#define DAEMON_CORE_STAGE_H

#include "daemon/core/core.h"

#define STAGE_BEFORE "amont"
#define STAGE_AFTER "aval"
#define STAGE_BATCH 200 /* cases in one change */

/* Does an event of this rule move it? */
int stage_is_moved_by(const struct policy_event *event);
/* Within a change: 1 it moved, 0 it was there. */
int stage_move(struct tx *tx, const struct id *kase, struct err *e) NODISCARD;
/*
 * Every open case whose announced day has come: a leaf each, in the vault's
 * own name. *n of them. Nothing, and 0, while the vault is sealed, its clock
 * is suspect, or when it was done today already.
 */
int stage_pass(struct core *core, size_t *n, struct err *e) NODISCARD;

#endif
