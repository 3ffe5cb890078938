/*
 * Publication and sweeping: the store asks for signed commits (the agent's)
 * and for transactions (the committer's); this gives them.
 */
#ifndef DAEMON_CORE_PUBLISH_H
#define DAEMON_CORE_PUBLISH_H

#include "daemon/core/core.h"

/*
 * Publish every version not yet published, for the caller. Leaf LEAF_PUBLISH.
 * ERR_SEALED.
 */
int core_publish(struct core *core, const struct caller *caller,
    struct store_report *rep, uint64_t *leaf, struct err *e) NODISCARD;

/*
 * The same by the vault itself, if there is something to publish; its leaf
 * tells what became of it, also of a failure. ERR_SEALED: nothing was tried.
 */
int core_publish_new(struct core *core, struct err *e) NODISCARD;
/* How long at most what is new waits for that: a figure of the rules. */
int64_t publish_every_ms(const struct core *core);

/*
 * Publish, then sweep segments with more than share of dead bytes: what was
 * forgotten is physically gone when it returns. One at a time.
 */
int core_sweep(struct core *core, double share, struct store_report *rep,
    struct err *e) NODISCARD;

#endif
