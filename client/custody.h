/*
 * The custodians' door of the key agent (keys/unseal.h), from the other
 * side. Whose socket it is, is known before a passphrase is asked for.
 */
#ifndef CLIENT_CUSTODY_H
#define CLIENT_CUSTODY_H

#include <stdint.h>

#include "base/ipc.h"
#include "base/secret.h"

struct custody {
	int fd;
	int known; /* the peer is the uid-keys of the vault.conf there */
};

/*
 * Connect to the socket at path. The settings of its vault are those of the
 * folder above: a peer that is not their uid-keys is ERR_DENIED, tag
 * "agent-other"; without settings nothing is known of it.
 */
int custody_open(struct custody *c, const char *path, struct err *e) NODISCARD;
void custody_done(struct custody *c);

struct custody_status {
	int sealed;
	uint32_t slots, generation;
	uint64_t reserve, given;
	char custodians[512]; /* separated by a space */
};
int custody_status(struct custody *c, struct custody_status *out, struct err *e)
    NODISCARD;
/*
 * ERR_DENIED, tag "custodian" (the caller is none) or "passphrase";
 * ERR_CONFLICT, tag "unsealed"; ERR_BUSY, tag "unseal-wait": after a wrong
 * passphrase, for all.
 */
int custody_unseal(struct custody *c, const struct secret *pass, struct err *e)
    NODISCARD;
int custody_seal(struct custody *c, struct err *e) NODISCARD;
/*
 * Stand behind the page with this SHA-256 (32 bytes). Errors as of
 * custody_unseal; ERR_SEALED, tag "sealed", when the vault is not open.
 */
int custody_attest(struct custody *c, const struct secret *pass,
    const uint8_t page[32], struct err *e) NODISCARD;

/* An answer's code and text as an error, then what follows in *rest. For
 * tests. */
struct rd;
int custody_decode(struct rd *r, struct err *e) NODISCARD;

#endif
