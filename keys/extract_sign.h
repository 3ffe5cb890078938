/*
 * The SignerInfo of an extract (RFC 5652, 5.3), made here from what the
 * extract is, so that no other bytes are ever signed with the extract key.
 * Signed attributes: content type (id-data), message digest, signing time,
 * ESS signing-certificate-v2 (RFC 5035) and content hints (RFC 2634, 2.9)
 * "sceau extract ID leaf N to HEX".
 */
#ifndef KEYS_EXTRACT_SIGN_H
#define KEYS_EXTRACT_SIGN_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/id.h"

struct extract_spec {
	struct id extract;
	uint64_t leaf;
	uint8_t recipient[SHA256_LEN]; /* of the recipient's certificate */
	uint8_t sha256[SHA256_LEN];    /* of the content */
	int64_t time_ms;	       /* signing time, vault time */
};

/*
 * DER, appended to out. key: P-256 scalar; certificate: the vault's own,
 * DER. ERR_INVALID: a time before 1970 or after 9999.
 */
int extract_sign(const struct extract_spec *x, const uint8_t *key,
    const struct buf *certificate, struct buf *out, struct err *e) NODISCARD;

#endif
