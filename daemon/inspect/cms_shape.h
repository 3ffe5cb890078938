/*
 * The shape of a CMS SignedData (RFC 5652), read strictly before OpenSSL sees
 * it: OpenSSL verifies what it decoded and encoded again, takes a digest
 * algorithm that the signature does not agree with, and does not mind content
 * inside a detached signature. Here those are faults. Pure functions.
 */
#ifndef DAEMON_INSPECT_CMS_SHAPE_H
#define DAEMON_INSPECT_CMS_SHAPE_H

#include <stddef.h>
#include <stdint.h>

#define CMS_DEPTH_MAX 24 /* nesting inside signed attributes */

struct der {
	const uint8_t *p;
	size_t n;
};

enum cms_digest {
	CMS_DIGEST_UNKNOWN,
	CMS_SHA1,
	CMS_SHA224,
	CMS_SHA256,
	CMS_SHA384,
	CMS_SHA512,
	CMS_SHA3_256,
	CMS_SHA3_384,
	CMS_SHA3_512
};

struct cms_shape {
	size_t len;		/* bytes of the SignedData; padding follows */
	int is_token;		/* a time-stamp token (TSTInfo) */
	int is_plain_content;	/* eContentType is id-data */
	enum cms_digest digest; /* of the SignerInfo */
	int is_unsupported;	/* a signature algorithm we do not judge */
	int has_attributes;
	int has_ess; /* signing-certificate, v1 or v2 */
};

/*
 * Read the one SignerInfo of a detached SignedData at p. NULL when it is as
 * it must be, else a stable word for the fault ("ber-encoded" is the only
 * one that a sound signature may have).
 */
const char *cms_shape_read(const uint8_t *p, size_t n, struct cms_shape *out);

/*
 * Take one DER element off d: definite, minimal length, tag of one byte.
 * body and whole (with its header) may be NULL, and are not d. 1, or 0 on a
 * fault.
 */
int der_take(struct der *d, uint8_t *tag, struct der *body, struct der *whole);

#endif
