/*
 * Keys for many rows of one access: the leaf is entered once, then the keys
 * are asked for together, in as few questions as the agent allows.
 */
#ifndef DAEMON_CORE_ROW_H
#define DAEMON_CORE_ROW_H

#include "daemon/core/core.h"

#define ROW_MIN 128 /* bytes: shorter rows look alike */

/* n keys of 32 bytes, one after the other. The caller's. */
int rows_keys(struct core *core, const uint64_t *numbers, size_t n,
    uint64_t leaf, struct secret *keys, struct err *e) NODISCARD;

#endif
