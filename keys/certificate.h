/*
 * The vault's certificate for extracts: X.509 (RFC 5280), P-256, self-signed
 * for ten years, common name = the log's origin, key usage
 * digitalSignature.
 */
#ifndef KEYS_CERTIFICATE_H
#define KEYS_CERTIFICATE_H

#include "base/buf.h"
#include "base/crypto.h"

#define CERTIFICATE_YEARS 10

struct certificate_spec {
	const char *origin;
	int64_t from_ms;    /* since 1970 UTC */
	const uint8_t *key; /* P-256 scalar */
	uint8_t pub[P256_PUB_LEN];
};

/* DER, appended to out. ERR_INVALID: an origin that is no common name. */
int certificate_make(const struct certificate_spec *spec, struct buf *out,
    struct err *e) NODISCARD;

/* The names that a signature needs, each as DER, appended. ERR_INVALID. */
int certificate_names(const void *der, size_t n, struct buf *issuer,
    struct buf *serial, struct err *e) NODISCARD;

#endif
