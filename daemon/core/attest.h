/*
 * Attestations: custodians who, with the passphrase of the vault, stand
 * behind a page (keys/unseal.h). They open nothing and count for one thing:
 * replacing the lost key of somebody who approves. Table attestation.
 */
#ifndef DAEMON_CORE_ATTEST_H
#define DAEMON_CORE_ATTEST_H

#include "daemon/core/core.h"

extern const char *const attest_schema;

/* Within tx, with the leaf that tells it. */
int attest_enter(struct tx *tx, const uint8_t page[32],
    const struct actor *custodian, int64_t at_ms, uint64_t leaf, struct err *e)
    NODISCARD;
/*
 * How many different custodians attested this page from since_ms on, in a leaf
 * before this one; a line for each attestation is appended to lines, for the
 * digest of the act that rests on them. Its end is a leaf and no moment: two
 * leaves may tell one moment, while a clock that was set back catches up.
 */
int attest_before(struct tx *tx, const uint8_t page[32], int64_t since_ms,
    uint64_t leaf, uint32_t *n, struct buf *lines, struct err *e) NODISCARD;
/* [{by, at, leaf}], oldest first. */
int attest_list(struct tx *tx, const uint8_t page[32], json_t **out,
    struct err *e) NODISCARD;

#endif
