/*
 * Floods of refusals: above FLOOD_PER_MINUTE a minute and uid, the leaves
 * give way to one leaf with a count (DESIGN.md, 3.5).
 */
#ifndef DAEMON_API_FLOOD_H
#define DAEMON_API_FLOOD_H

#include "daemon/core/core.h"

#define FLOOD_PER_MINUTE 60
#define FLOOD_UIDS 256

struct flood;
int flood_new(struct flood **out, struct err *e) NODISCARD;
void flood_freep(struct flood **f);

/*
 * May this refusal have a leaf of its own? 0: it was only counted. *count
 * gets the refusals of this uid's last, finished minute that had none: when
 * it is not 0 the caller enters LEAF_FLOOD with it.
 */
int flood_allows(
    struct flood *f, uint32_t uid, int64_t now_ms, uint64_t *count);

#endif
