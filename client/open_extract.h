/*
 * The container of an extract, from its recipient's side: CMS
 * AuthEnvelopedData (RFC 5083, AES-256-GCM) around the vault's SignedData
 * (RFC 5652) around the payload. The only file of the client that includes
 * OpenSSL.
 */
#ifndef CLIENT_OPEN_EXTRACT_H
#define CLIENT_OPEN_EXTRACT_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/secret.h"

struct open_spec {
	const struct buf *key;	 /* PEM: the recipient's private key */
	const struct buf *cert;	 /* PEM: the recipient's certificate */
	const struct buf *vault; /* PEM: the certificate of the vault */
	int64_t now_ms;
	/* The passphrase of an encrypted key; 0 or < 0. May be NULL. */
	int (*ask)(void *arg, struct secret *out, struct err *e);
	void *arg;
};

/*
 * Decrypt, and verify that this vault signed, and nobody else. payload is
 * appended to; recipient gets the SHA-256 of the recipient's certificate
 * (DER). ERR_USAGE: key, certificates; ERR_INTEGRITY, tag "container": not
 * for this key, or not as the vault made it, to the last byte.
 */
int open_extract(const struct open_spec *s, const void *der, size_t n,
    struct buf *payload, uint8_t recipient[SHA256_LEN], struct err *e)
    NODISCARD;

#endif
