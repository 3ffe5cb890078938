/*
 * Canaries: a slice of ciphertext of everything that a destruction is about
 * to take, looked for afterwards in every file of the data folder (catalog
 * pages, write-ahead log, segments, tiles, what is arriving). The certificate
 * says that live copies are gone only after none was found. Of keys nothing
 * is taken. Table canary: slices are kept inverted, or they would be found
 * where they are kept.
 */
#ifndef DAEMON_CORE_CANARY_H
#define DAEMON_CORE_CANARY_H

#include "daemon/core/plan.h"

#define CANARY_LEN 32
#define CANARY_PIECES 8 /* heads of chunks taken of one part */

extern const char *const canary_schema;

/* Append the slices of what this plan destroys, CANARY_LEN bytes each. */
int canary_take(struct core *core, struct tx *tx, const struct plan *plan,
    struct buf *slices, struct err *e) NODISCARD;
/* Of the details of a month of the log: some. */
int canary_take_month(
    struct tx *tx, uint32_t month, struct buf *slices, struct err *e) NODISCARD;
/* Keep them for the destruction act, within its transaction; and drop. */
int canary_keep(struct tx *tx, const struct id *act, const struct buf *slices,
    struct err *e) NODISCARD;
int canary_drop(struct tx *tx, const struct id *act, struct err *e) NODISCARD;
/*
 * Look for the slices of an act under the data folder: *n is how many were
 * looked for. ERR_CONFLICT "canary-found" names the file, relative to the
 * vault's folder.
 */
int canary_scan(struct core *core, const struct id *act, size_t *n,
    struct err *e) NODISCARD;

#endif
