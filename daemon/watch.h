/*
 * Watching the agent: ceremonies (unseal, seal, refused attempts) become
 * leaves, and the core learns when it may work. One thread, its own
 * connection; when the agent goes away the core counts as sealed and the
 * watcher tries again every second.
 */
#ifndef DAEMON_WATCH_H
#define DAEMON_WATCH_H

#include "daemon/core/core.h"

struct watch;
int watch_open(struct core *core, const char *agent_path, uid_t uid_keys,
    struct watch **out, struct err *e) NODISCARD;
/* Ends the thread (within a second). */
void watch_freep(struct watch **w);

#endif
