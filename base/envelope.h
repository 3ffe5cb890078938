/*
 * The envelope that a form filled away from the vault comes home in: sealed
 * where it was filled, to the vault's intake key (P-256), whose private half
 * lies with the key agent alone. A browser makes one (client/form/), sceaud
 * opens it with the agent.
 *
 * File = "sceau/form/1\n" 13 || key id 16 || ephemeral 65 || sealed
 *
 *   key id     the first 16 bytes of SHA-256(recipient)
 *   ephemeral  a public key made for this file: uncompressed point (SEC 1,
 *   recipient  2.3.3); likewise the intake key's
 *   sealed     the format of base/seal.h, all of its text, under
 *     content key = HKDF-SHA-256(RFC 5869) of 32 bytes:
 *       input  = the x-coordinate of ECDH(ephemeral, recipient), 32 bytes
 *       salt   = none
 *       info   = "sceau/intake/1" 0x00 || vault 16 || ephemeral || recipient
 *     context = type SEAL_FORM, vault, case 0, document = key id, version 1,
 *       epoch 0
 *
 * So every byte counts: of the head, the key id is compared with the key's
 * own, and the ephemeral key enters the derivation.
 */
#ifndef BASE_ENVELOPE_H
#define BASE_ENVELOPE_H

#include "base/crypto.h"
#include "base/seal.h"
#include "base/secret.h"

#define ENVELOPE_MAGIC "sceau/form/1\n"
#define ENVELOPE_MAGIC_LEN 13
#define ENVELOPE_HEAD (ENVELOPE_MAGIC_LEN + ID_LEN + P256_PUB_LEN)

struct envelope_head {
	struct id key;
	uint8_t ephemeral[P256_PUB_LEN];
};

/* The id of an intake key. ERR_INTERNAL. */
int envelope_key_id(
    const uint8_t pub[P256_PUB_LEN], struct id *out, struct err *e) NODISCARD;

/* The first ENVELOPE_HEAD bytes. ERR_REFUSED tag "form-file": not such a
 * file. */
int envelope_decode(const void *p, size_t n, struct envelope_head *out,
    struct err *e) NODISCARD;

/* Whose envelope: what both sides know. */
struct envelope_ends {
	struct id vault;
	const uint8_t *ephemeral, *recipient; /* P256_PUB_LEN each */
};
/*
 * The content key, from the private key of one end. *key must be empty.
 * ERR_INTEGRITY: the other end is no point of the curve.
 */
int envelope_derive(const uint8_t mine[P256_KEY_LEN],
    const uint8_t other[P256_PUB_LEN], const struct envelope_ends *ends,
    struct secret *key, struct err *e) NODISCARD;
void envelope_context(
    const struct id *vault, const struct id *key, struct seal_context *out);

/* A whole envelope, appended to out. ERR_INVALID: recipient is no point. */
int envelope_seal(const struct id *vault, const uint8_t recipient[P256_PUB_LEN],
    const void *p, size_t n, struct buf *out, struct err *e) NODISCARD;

#endif
