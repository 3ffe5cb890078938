/*
 * CMS of extracts (RFC 5652, RFC 5083, RFC 5084): the vault's SignedData
 * around the payload, inside AuthEnvelopedData to one recipient. The only
 * file of core that includes OpenSSL. The SignerInfo comes from the agent:
 * no signing key is here.
 */
#ifndef DAEMON_CORE_CMS_H
#define DAEMON_CORE_CMS_H

#include "base/buf.h"
#include "base/err.h"

#define CMS_CERT_MAX 65536 /* bytes of a recipient's certificate file */

/* The SHA-256 of the DER of a PEM certificate. ERR_REFUSED "certificate"
 * when it is none, or expired at now_ms, or of a key we do not use. */
int cms_recipient(const void *pem, size_t n, int64_t now_ms, uint8_t sha256[32],
    struct err *e) NODISCARD;

/* SignedData (DER) with the payload inside, one certificate (DER) and one
 * SignerInfo (DER). */
int cms_signed(const void *payload, size_t n, const struct buf *certificate,
    const struct buf *signer_info, struct buf *out, struct err *e) NODISCARD;

/* AuthEnvelopedData (DER), AES-256-GCM, to the certificate: RSA-OAEP with
 * SHA-256, or ECDH with a SHA-256 KDF. */
int cms_enveloped(const void *p, size_t n, const void *pem, size_t pem_len,
    struct buf *out, struct err *e) NODISCARD;

#endif
