/*
 * What the daemon does on its own, in a thread: it looks at the clock (clock.h)
 * and publishes, when there is something to publish (publish.h), as often as
 * the rules say. Nothing that destroys is among it.
 */
#ifndef DAEMON_HOUSE_H
#define DAEMON_HOUSE_H

#include "daemon/core/core.h"

struct house;

/* boot_ms: the time since boot, by which it counts. */
int house_open(struct core *core, int64_t (*boot_ms)(void), struct house **out,
    struct err *e) NODISCARD;
void house_freep(struct house **h);

#endif
