/*
 * unseal.sock, without the socket: the custodians' requests decoded and
 * answers encoded. The protocol: keys/unseal.h.
 */
#ifndef KEYS_DOOR_H
#define KEYS_DOOR_H

#include "keys/custodian.h"
#include "keys/safe.h"
#include "keys/unseal.h"

/*
 * The operation, with its passphrase for UNSEAL_OP_UNSEAL and _ATTEST, and
 * for the latter its digest. ERR_INVALID.
 */
int door_decode(const void *p, size_t n, struct secret *pass,
    uint8_t digest[SHA256_LEN], struct err *e) NODISCARD;
/* Answers; left empty when there is no memory for one. */
void door_done(struct buf *answer);
void door_status(
    const struct safe *s, const struct custodians *c, struct buf *answer);

#endif
