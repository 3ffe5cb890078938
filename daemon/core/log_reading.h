/*
 * Reading the audit log: asked of the policy, and a leaf like any access.
 */
#ifndef DAEMON_CORE_LOG_READING_H
#define DAEMON_CORE_LOG_READING_H

#include "daemon/core/core.h"

/* {entries, next, leaf}; object: an id, a spoken reference or NULL. */
int log_read(struct core *core, const struct caller *caller,
    struct audit_query *q, const char *object, json_t **out, struct err *e)
    NODISCARD;
/* The newest checkpoint, a proof, a tile: no personal data. */
int log_checkpoint(struct core *core, const struct caller *caller,
    struct buf *note, struct err *e) NODISCARD;
int log_proof(struct core *core, const struct caller *caller, uint64_t leaf,
    struct buf *out, struct err *e) NODISCARD;
/* path: "tile/…" of C2SP tlog-tiles. ERR_NOT_FOUND. */
int log_tile(struct core *core, const struct caller *caller, const char *path,
    struct buf *out, struct err *e) NODISCARD;

#endif
