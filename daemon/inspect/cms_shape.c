#include "daemon/inspect/cms_shape.h"

#include <string.h>

#define TAG_INTEGER 0x02
#define TAG_OCTETS 0x04
#define TAG_OID 0x06
#define TAG_SEQUENCE 0x30
#define TAG_SET 0x31
#define TAG_0 0xa0 /* context, constructed */
#define TAG_1 0xa1

/* OBJECT IDENTIFIER contents. */
#define OID_PKCS7 "\x2a\x86\x48\x86\xf7\x0d\x01\x07"
#define OID_PKCS9 "\x2a\x86\x48\x86\xf7\x0d\x01\x09"
#define OID_PKCS1 "\x2a\x86\x48\x86\xf7\x0d\x01\x01"
#define OID_NIST "\x60\x86\x48\x01\x65\x03\x04"
#define OID_ADOBE "\x2a\x86\x48\x86\xf7\x2f\x01\x01"
#define OID_ECDSA "\x2a\x86\x48\xce\x3d\x04"

int
der_take(struct der *d, uint8_t *tag, struct der *body, struct der *whole)
{
	const uint8_t *start = d->p;
	size_t len, head = 2, i;

	if (d->n < 2 || (d->p[0] & 0x1f) == 0x1f)
		return 0;
	len = d->p[1];
	if (len >= 0x80) {
		/* 0x80: indefinite. Four bytes are more than enough. */
		if (len == 0x80 || len > 0x84)
			return 0;
		head += len - 0x80;
		if (d->n < head || d->p[2] == 0)
			return 0;
		for (i = 2, len = 0; i < head; i++)
			len = len << 8 | d->p[i];
		if (len < 0x80)
			return 0;
	}
	if (len > d->n - head)
		return 0;
	*tag = start[0];
	if (body != NULL)
		*body = (struct der){ start + head, len };
	if (whole != NULL)
		*whole = (struct der){ start, head + len };
	d->p += head + len;
	d->n -= head + len;
	return 1;
}

/* Take an element that must have this tag. */
static int
take(struct der *d, uint8_t want, struct der *body)
{
	uint8_t tag;

	return d->n > 0 && d->p[0] == want && der_take(d, &tag, body, NULL);
}

/* Take an element of this tag if it is next; 1 unless it is broken. */
static int
take_optional(struct der *d, uint8_t want, struct der *body, int *there)
{
	*there = d->n > 0 && d->p[0] == want;
	return !*there || take(d, want, body);
}

static int
is_oid(const struct der *d, const char *oid, size_t len)
{
	return d->n == len && memcmp(d->p, oid, len) == 0;
}
#define IS_OID(d, oid) is_oid((d), (oid), sizeof(oid) - 1)

static int
is_same(const struct der *a, const struct der *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

static const struct {
	const char *oid;
	size_t len;
	enum cms_digest digest;
} digests[] = {
	{ "\x2b\x0e\x03\x02\x1a", 5, CMS_SHA1 },
	{ OID_NIST "\x02\x04", 9, CMS_SHA224 },
	{ OID_NIST "\x02\x01", 9, CMS_SHA256 },
	{ OID_NIST "\x02\x02", 9, CMS_SHA384 },
	{ OID_NIST "\x02\x03", 9, CMS_SHA512 },
	{ OID_NIST "\x02\x08", 9, CMS_SHA3_256 },
	{ OID_NIST "\x02\x09", 9, CMS_SHA3_384 },
	{ OID_NIST "\x02\x0a", 9, CMS_SHA3_512 },
};

/* Signature algorithms that say their digest themselves. */
static const struct {
	const char *oid;
	size_t len;
	enum cms_digest digest;
} signatures[] = {
	{ OID_PKCS1 "\x05", 9, CMS_SHA1 },
	{ OID_PKCS1 "\x0e", 9, CMS_SHA224 },
	{ OID_PKCS1 "\x0b", 9, CMS_SHA256 },
	{ OID_PKCS1 "\x0c", 9, CMS_SHA384 },
	{ OID_PKCS1 "\x0d", 9, CMS_SHA512 },
	{ OID_NIST "\x03\x0e", 9, CMS_SHA3_256 },
	{ OID_NIST "\x03\x0f", 9, CMS_SHA3_384 },
	{ OID_NIST "\x03\x10", 9, CMS_SHA3_512 },
	{ OID_ECDSA "\x01", 7, CMS_SHA1 },
	{ OID_ECDSA "\x03\x01", 8, CMS_SHA224 },
	{ OID_ECDSA "\x03\x02", 8, CMS_SHA256 },
	{ OID_ECDSA "\x03\x03", 8, CMS_SHA384 },
	{ OID_ECDSA "\x03\x04", 8, CMS_SHA512 },
	{ OID_NIST "\x03\x0a", 9, CMS_SHA3_256 },
	{ OID_NIST "\x03\x0b", 9, CMS_SHA3_384 },
	{ OID_NIST "\x03\x0c", 9, CMS_SHA3_512 },
};

enum cms_digest
cms_digest_of_oid(const struct der *oid)
{
	size_t i;

	for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++)
		if (is_oid(oid, digests[i].oid, digests[i].len))
			return digests[i].digest;
	return CMS_DIGEST_UNKNOWN;
}

/* AlgorithmIdentifier (RFC 5280, 4.1.1.2): its OID and what follows. */
static int
take_algorithm(struct der *d, struct der *oid, struct der *parameters)
{
	struct der seq;

	if (!take(d, TAG_SEQUENCE, &seq) || !take(&seq, TAG_OID, oid))
		return 0;
	*parameters = seq;
	return 1;
}

/*
 * RSASSA-PSS-params (RFC 4055, 3.1): the hash, and that of MGF1, which must
 * be the same. Defaults are SHA-1 and thereby disagree.
 */
static int
pss_agrees(struct der params, enum cms_digest digest)
{
	struct der seq, field, oid, rest, mgf, mgf_oid;

	if (!take(&params, TAG_SEQUENCE, &seq) || params.n != 0)
		return 0;
	if (!take(&seq, TAG_0, &field) ||
	    !take_algorithm(&field, &oid, &rest) ||
	    cms_digest_of_oid(&oid) != digest)
		return 0;
	if (!take(&seq, TAG_1, &field) ||
	    !take_algorithm(&field, &mgf, &rest) ||
	    !IS_OID(&mgf, OID_PKCS1 "\x08") ||
	    !take_algorithm(&rest, &mgf_oid, &field))
		return 0;
	return is_same(&oid, &mgf_oid);
}

/* Does the signature's algorithm go with the SignerInfo's digest? */
static const char *
check_agreement(
    const struct der *oid, const struct der *params, struct cms_shape *out)
{
	size_t i;

	/* rsaEncryption names no digest: the SignerInfo's is meant. */
	if (IS_OID(oid, OID_PKCS1 "\x01"))
		return NULL;
	if (IS_OID(oid, OID_PKCS1 "\x0a"))
		return pss_agrees(*params, out->digest) ? NULL
							: "algorithms-disagree";
	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++)
		if (is_oid(oid, signatures[i].oid, signatures[i].len))
			return signatures[i].digest == out->digest
				   ? NULL
				   : "algorithms-disagree";
	/* EdDSA, DSA, composite ones: OpenSSL's CMS does not judge them. */
	out->is_unsupported = 1;
	return NULL;
}

/*
 * Is all inside [d] DER? OpenSSL encodes the signed attributes again before
 * it verifies: only for DER are those the bytes that are in the file.
 */
static int
is_deep_der(struct der d, int depth)
{
	struct der body;
	uint8_t tag;

	if (depth == 0)
		return 0;
	while (d.n > 0) {
		if (!der_take(&d, &tag, &body, NULL))
			return 0;
		/* A string in pieces is BER. */
		if ((tag & 0xc0) == 0 && (tag & 0x20) != 0 &&
		    tag != TAG_SEQUENCE && tag != TAG_SET)
			return 0;
		if ((tag & 0x20) != 0 && !is_deep_der(body, depth - 1))
			return 0;
	}
	return 1;
}

/* X.690, 11.6: the elements of a SET OF go up, as padded strings. */
static int
goes_up(const struct der *a, const struct der *b)
{
	size_t n = a->n < b->n ? a->n : b->n;
	int c = memcmp(a->p, b->p, n);

	/* Two equal ones would be an attribute twice. */
	return c < 0 || (c == 0 && a->n < b->n);
}

struct counts {
	int content_type, message_digest, signing_time, ess1, ess2;
	struct der archival;
};

/* One attribute: exactly one value for each that we know. */
static int
read_attribute(
    struct der attribute, const struct der *content_type, struct counts *k)
{
	struct der oid, values, value;
	uint8_t tag;
	int *count = NULL;

	if (!take(&attribute, TAG_OID, &oid) ||
	    !take(&attribute, TAG_SET, &values) || attribute.n != 0)
		return 0;
	if (IS_OID(&oid, OID_PKCS9 "\x03"))
		count = &k->content_type;
	else if (IS_OID(&oid, OID_PKCS9 "\x04"))
		count = &k->message_digest;
	else if (IS_OID(&oid, OID_PKCS9 "\x05"))
		count = &k->signing_time;
	else if (IS_OID(&oid, OID_PKCS9 "\x10\x02\x0c"))
		count = &k->ess1;
	else if (IS_OID(&oid, OID_PKCS9 "\x10\x02\x2f"))
		count = &k->ess2;
	else if (IS_OID(&oid, OID_ADOBE "\x08"))
		k->archival = values;
	if (count == NULL)
		return 1;
	if (++*count > 1 || !der_take(&values, &tag, &value, NULL) ||
	    values.n != 0)
		return 0;
	if (count == &k->message_digest)
		return tag == TAG_OCTETS;
	if (count == &k->content_type)
		return tag == TAG_OID && is_same(&value, content_type);
	return 1;
}

/* The signed attributes (RFC 5652, 5.3 and 11; RFC 5035). */
static const char *
read_attributes(
    struct der d, const struct der *content_type, struct cms_shape *out)
{
	struct counts k = { 0 };
	struct der all = d, body, whole, before = { 0 };
	uint8_t tag;

	if (!is_deep_der(d, CMS_DEPTH_MAX))
		return "attributes-not-der";
	while (d.n > 0) {
		if (!der_take(&d, &tag, &body, &whole) || tag != TAG_SEQUENCE)
			return "attributes-malformed";
		if (before.n > 0 && !goes_up(&before, &whole))
			return "attributes-not-der";
		before = whole;
		if (!read_attribute(body, content_type, &k))
			return "attributes-malformed";
	}
	if (k.content_type != 1 || k.message_digest != 1)
		return "attributes-missing";
	out->has_attributes = 1;
	out->attributes = all;
	out->has_ess = k.ess1 + k.ess2 > 0;
	out->archival = k.archival;
	return NULL;
}

/*
 * The unsigned attributes, as far as we know them. They are not signed: what
 * is odd there takes nothing from the signature and gives it nothing.
 */
static int
read_unsigned(struct der d, struct cms_shape *out)
{
	struct der attribute, oid, values, token;
	uint8_t tag;

	while (d.n > 0) {
		if (!take(&d, TAG_SEQUENCE, &attribute) ||
		    !take(&attribute, TAG_OID, &oid) ||
		    !take(&attribute, TAG_SET, &values))
			return 0;
		if (IS_OID(&oid, OID_PKCS9 "\x06"))
			out->has_countersignature = 1;
		if (IS_OID(&oid, OID_PKCS9 "\x10\x02\x17"))
			out->cert_values = values;
		if (IS_OID(&oid, OID_PKCS9 "\x10\x02\x18"))
			out->revocation_values = values;
		if (!IS_OID(&oid, OID_PKCS9 "\x10\x02\x0e"))
			continue;
		while (values.n > 0 && out->nstamps < CMS_STAMPS_MAX) {
			if (!der_take(&values, &tag, NULL, &token))
				return 0;
			out->stamps[out->nstamps++] = token;
		}
	}
	return 1;
}

static const char *
read_signer(struct der d, const struct der *content_type, struct cms_shape *out)
{
	struct der oid, params, body, attributes = { 0 };
	const char *fault;
	int there;
	uint8_t tag;

	/* version; sid: issuer and serial, or [0] key identifier */
	if (!take(&d, TAG_INTEGER, &body) || d.n == 0 ||
	    (d.p[0] != TAG_SEQUENCE && d.p[0] != 0x80) ||
	    !der_take(&d, &tag, &body, NULL) ||
	    !take_algorithm(&d, &oid, &params))
		return "signer-malformed";
	out->digest = cms_digest_of_oid(&oid);
	if (!take_optional(&d, TAG_0, &attributes, &there))
		return "signer-malformed";
	if (there &&
	    (fault = read_attributes(attributes, content_type, out)) != NULL)
		return fault;
	if (!take_algorithm(&d, &oid, &params) ||
	    !take(&d, TAG_OCTETS, &out->signature))
		return "signer-malformed";
	if ((fault = check_agreement(&oid, &params, out)) != NULL)
		return fault;
	if (!take_optional(&d, TAG_1, &body, &there) || d.n != 0 ||
	    (there && !read_unsigned(body, out)))
		return "signer-malformed";
	return NULL;
}

/* encapContentInfo: the type, and the content if it is inside. */
static const char *
read_content(struct der *d, struct der *type, struct cms_shape *out)
{
	struct der seq, field;

	if (!take(d, TAG_SEQUENCE, &seq) || !take(&seq, TAG_OID, type))
		return "content-malformed";
	out->is_token = IS_OID(type, OID_PKCS9 "\x10\x01\x04");
	out->is_plain_content = IS_OID(type, OID_PKCS7 "\x01");
	out->has_content = seq.n > 0;
	if (out->has_content &&
	    (!take(&seq, TAG_0, &field) || seq.n != 0 ||
		!take(&field, TAG_OCTETS, &out->content) || field.n != 0))
		return "content-malformed";
	return NULL;
}

/*
 * The algorithms announced for those who read in one pass. Nobody signs them;
 * what does not go with the SignerInfo may be refused (RFC 5652, 5.1), and is.
 */
static int
lists_digest(struct der d, enum cms_digest digest)
{
	struct der oid, parameters;
	enum cms_digest one;
	int found = 0;

	while (d.n > 0) {
		if (!take_algorithm(&d, &oid, &parameters))
			return 0;
		one = cms_digest_of_oid(&oid);
		if (one == CMS_DIGEST_UNKNOWN)
			return 0;
		found |= one == digest;
	}
	return found;
}

static const char *
read_signed_data(struct der d, struct cms_shape *out)
{
	struct der body, type, signers, signer, announced;
	const char *fault;
	int there;

	if (!take(&d, TAG_INTEGER, &body) || !take(&d, TAG_SET, &announced))
		return "signed-data-malformed";
	if ((fault = read_content(&d, &type, out)) != NULL)
		return fault;
	/* certificates, crls */
	if (!take_optional(&d, TAG_0, &body, &there) ||
	    !take_optional(&d, TAG_1, &out->choices, &there) ||
	    !take(&d, TAG_SET, &signers) || d.n != 0)
		return "signed-data-malformed";
	if (signers.n == 0)
		return "no-signer";
	if (!take(&signers, TAG_SEQUENCE, &signer))
		return "signer-malformed";
	if (signers.n != 0)
		return "several-signers";
	if ((fault = read_signer(signer, &type, out)) != NULL)
		return fault;
	out->lists_digest = lists_digest(announced, out->digest);
	return NULL;
}

static int
is_zero(const uint8_t *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (p[i] != 0)
			return 0;
	return 1;
}

const char *
cms_shape_read(const uint8_t *p, size_t n, struct cms_shape *out)
{
	struct der d = { p, n }, seq, oid, content;

	memset(out, 0, sizeof(*out));
	if (is_zero(p, n))
		return "signature-empty";
	if (n >= 2 && p[0] == TAG_SEQUENCE && p[1] == 0x80)
		return "ber-encoded";
	if (!take(&d, TAG_SEQUENCE, &seq))
		return "not-cms";
	out->len = n - d.n;
	/* The gap of a PDF is filled up with zeros: nothing else hides. */
	if (!is_zero(p + out->len, n - out->len))
		return "bytes-after-signature";
	if (!take(&seq, TAG_OID, &oid) || !IS_OID(&oid, OID_PKCS7 "\x02") ||
	    !take(&seq, TAG_0, &content) || seq.n != 0 ||
	    !take(&content, TAG_SEQUENCE, &seq) || content.n != 0)
		return "not-cms";
	return read_signed_data(seq, out);
}
