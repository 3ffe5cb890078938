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

#define CMS_STAMPS_MAX 4 /* signature timestamps that are looked at */

struct cms_shape {
	size_t len;		/* bytes of the SignedData; padding follows */
	int is_token;		/* a time-stamp token (TSTInfo) */
	int has_content;	/* the content is inside: */
	struct der content;	/* borrowed from p */
	int is_plain_content;	/* eContentType is id-data */
	enum cms_digest digest; /* of the SignerInfo */
	int lists_digest; /* digestAlgorithms: all known, that one among them */
	int is_unsupported; /* a signature algorithm we do not judge */
	int has_attributes;
	int has_ess;	       /* signing-certificate, v1 or v2 */
	struct der attributes; /* the elements of the signed attributes */
	struct der signature;  /* its octets */
	/* Of the unsigned attributes: nobody vouches for them. */
	struct der stamps[CMS_STAMPS_MAX]; /* signature timestamps */
	size_t nstamps;
	int has_countersignature;
	/* Certificates, lists and answers that came along, n = 0: none. They
	 * are worth what their own signatures are worth. */
	struct der choices;	      /* RevocationInfoChoices, elements */
	struct der archival;	      /* RevocationInfoArchival; signed */
	struct der revocation_values; /* RevocationValues */
	struct der cert_values;	      /* SEQUENCE OF Certificate */
};

/*
 * Read the one SignerInfo of a SignedData at p; whether content belongs inside
 * is for the caller to say. NULL when it is as it must be, else a stable word
 * for the fault ("ber-encoded" is the only one that a sound signature may
 * have: cms_ber.h).
 */
const char *cms_shape_read(const uint8_t *p, size_t n, struct cms_shape *out);

/* The digest algorithm that an OBJECT IDENTIFIER's contents name. */
enum cms_digest cms_digest_of_oid(const struct der *oid);

/*
 * Take one DER element off d: definite, minimal length, tag of one byte.
 * body and whole (with its header) may be NULL, and are not d. 1, or 0 on a
 * fault.
 */
int der_take(struct der *d, uint8_t *tag, struct der *body, struct der *whole);

#endif
