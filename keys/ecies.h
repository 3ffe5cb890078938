/*
 * Wrapping a 32-byte key to a P-256 public key: an ephemeral key pair, ECDH,
 * HKDF-SHA-256, AES-256-GCM (the scheme of SEC 1, 5.1, with these parts).
 * The vault, the generation and both public keys enter the derivation, so
 * that a wrap made for another place does not open.
 *
 *   ephemeral public key 65 || ciphertext 32 || tag 16
 */
#ifndef KEYS_ECIES_H
#define KEYS_ECIES_H

#include "base/crypto.h"
#include "base/id.h"
#include "base/secret.h"

#define ECIES_LEN (P256_PUB_LEN + SECRET_KEY_LEN + GCM_TAG_LEN)

struct ecies_context {
	struct id vault;
	uint32_t generation;
};

/* ERR_INVALID when to is not a point of the curve. */
int ecies_wrap(const uint8_t to[P256_PUB_LEN], const struct ecies_context *c,
    const struct secret *key, uint8_t out[ECIES_LEN], struct err *e) NODISCARD;

/* mine, pub: the pair it was wrapped to. *key must be empty. ERR_INTEGRITY. */
int ecies_unwrap(const uint8_t mine[P256_KEY_LEN],
    const uint8_t pub[P256_PUB_LEN], const struct ecies_context *c,
    const uint8_t in[ECIES_LEN], struct secret *key, struct err *e) NODISCARD;

#endif
