/*
 * Burnt numbers: keys that an earlier run of the daemon was given and that
 * no row has (an upload never filed, a crash between segment and catalog).
 * They join the next delete set, so that what they sealed dies too.
 */
#ifndef DAEMON_CORE_BURNT_H
#define DAEMON_CORE_BURNT_H

#include "daemon/core/core.h"

/*
 * Add to numbers (u64 in host order, ascending) the burnt ones of this run;
 * it is ascending and without duplicates again afterwards.
 */
int burnt_join(struct core *core, struct buf *numbers, struct err *e) NODISCARD;

#endif
