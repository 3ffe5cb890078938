#include "keys/extract_sign.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "keys/certificate.h"

/* DER tags, X.690. */
#define INTEGER 0x02
#define OCTETS 0x04
#define OID 0x06
#define UTF8 0x0c
#define UTC_TIME 0x17
#define GENERALIZED_TIME 0x18
#define SEQUENCE 0x30
#define SET 0x31
#define CONTEXT_0 0xa0 /* constructed */
#define CONTEXT_4 0xa4

#define ATTRIBUTES 5
#define TIME_MAX_MS INT64_C(253402300799000) /* the end of 9999 */
#define UTC_TIME_END_S INT64_C(2524608000)   /* 2050, RFC 5652, 11.3 */

struct oid {
	uint8_t b[11];
	size_t n;
};

static const struct oid oid_data = { /* 1.2.840.113549.1.7.1 */
	{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1 }, 9
};
static const struct oid oid_content_type = { /* 1.2.840.113549.1.9.3 */
	{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 3 }, 9
};
static const struct oid oid_message_digest = { /* 1.2.840.113549.1.9.4 */
	{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 4 }, 9
};
static const struct oid oid_signing_time = { /* 1.2.840.113549.1.9.5 */
	{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 5 }, 9
};
static const struct oid oid_content_hint = { /* 1.2.840.113549.1.9.16.2.4 */
	{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 4 }, 11
};
static const struct oid oid_signing_cert = { /* 1.2.840.113549.1.9.16.2.47 */
	{ 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 9, 16, 2, 47 }, 11
};
static const struct oid oid_sha256 = { /* 2.16.840.1.101.3.4.2.1 */
	{ 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1 }, 9
};
static const struct oid oid_ecdsa_sha256 = { /* 1.2.840.10045.4.3.2 */
	{ 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2 }, 8
};

/* Append one value: tag, length, content. */
static int
tlv(struct buf *out, uint8_t tag, const void *p, size_t n, struct err *e)
{
	uint8_t head[4] = { tag };
	size_t k = 2;
	int r;

	if (n > 0xffff)
		return err_set(e, ERR_TOO_LARGE, "DER value");
	if (n < 0x80) {
		head[1] = (uint8_t)n;
	} else if (n < 0x100) {
		head[1] = 0x81;
		head[2] = (uint8_t)n;
		k = 3;
	} else {
		head[1] = 0x82;
		head[2] = (uint8_t)(n >> 8);
		head[3] = (uint8_t)n;
		k = 4;
	}
	if ((r = buf_add(out, head, k, e)) < 0)
		return r;
	return buf_add(out, p, n, e);
}

static int
tlv_buf(struct buf *out, uint8_t tag, const struct buf *b, struct err *e)
{
	return tlv(out, tag, b->p, b->len, e);
}

static int
tlv_oid(struct buf *out, const struct oid *o, struct err *e)
{
	return tlv(out, OID, o->b, o->n, e);
}

/* AlgorithmIdentifier without parameters (RFC 5754, 2 and 3.3). */
static int
tlv_algorithm(struct buf *out, const struct oid *o, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int r;

	if ((r = tlv_oid(&b, o, e)) < 0)
		return r;
	return tlv_buf(out, SEQUENCE, &b, e);
}

/* Attribute ::= SEQUENCE { type, SET OF value }, with the one value. */
static int
attribute(struct buf *out, const struct oid *type, const struct buf *value,
    struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int r;

	if ((r = tlv_oid(&b, type, e)) < 0 ||
	    (r = tlv_buf(&b, SET, value, e)) < 0)
		return r;
	return tlv_buf(out, SEQUENCE, &b, e);
}

static int
attr_content_type(struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf v = { 0 };
	int r;

	if ((r = tlv_oid(&v, &oid_data, e)) < 0)
		return r;
	return attribute(out, &oid_content_type, &v, e);
}

static int
attr_digest(const struct extract_spec *x, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf v = { 0 };
	int r;

	if ((r = tlv(&v, OCTETS, x->sha256, SHA256_LEN, e)) < 0)
		return r;
	return attribute(out, &oid_message_digest, &v, e);
}

static int
attr_time(const struct extract_spec *x, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf v = { 0 };
	time_t t = (time_t)(x->time_ms / 1000);
	int is_utc = t < UTC_TIME_END_S, r;
	char text[24];
	struct tm tm;
	size_t n;

	if (x->time_ms < 0 || x->time_ms > TIME_MAX_MS ||
	    gmtime_r(&t, &tm) == NULL)
		return err_set(e, ERR_INVALID, "signing time");
	n = strftime(text, sizeof(text), "%Y%m%d%H%M%SZ", &tm);
	/* UTCTime has two digits of the year. */
	r = tlv(&v, is_utc ? UTC_TIME : GENERALIZED_TIME,
	    text + (is_utc ? 2 : 0), n - (is_utc ? 2 : 0), e);
	if (r < 0)
		return r;
	return attribute(out, &oid_signing_time, &v, e);
}

/* IssuerSerial (RFC 5035): GeneralNames with one directoryName, serial. */
static int
issuer_serial(const struct buf *issuer, const struct buf *serial,
    struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf name = { 0 };
	AUTO(buf_done) struct buf b = { 0 };
	int r;

	if ((r = tlv_buf(&name, CONTEXT_4, issuer, e)) < 0 ||
	    (r = tlv_buf(&b, SEQUENCE, &name, e)) < 0 ||
	    (r = buf_add(&b, serial->p, serial->len, e)) < 0)
		return r;
	return tlv_buf(out, SEQUENCE, &b, e);
}

/*
 * SigningCertificateV2 of one ESSCertIDv2: certHash (SHA-256, the default,
 * so its algorithm is left out) and issuerSerial.
 */
static int
attr_signing_cert(const struct buf *cert, const struct buf *issuer,
    const struct buf *serial, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf id = { 0 };
	AUTO(buf_done) struct buf ids = { 0 };
	AUTO(buf_done) struct buf list = { 0 };
	AUTO(buf_done) struct buf v = { 0 };
	uint8_t hash[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, cert->p, cert->len, hash, e)) < 0 ||
	    (r = tlv(&id, OCTETS, hash, sizeof(hash), e)) < 0 ||
	    (r = issuer_serial(issuer, serial, &id, e)) < 0 ||
	    (r = tlv_buf(&ids, SEQUENCE, &id, e)) < 0 ||
	    (r = tlv_buf(&list, SEQUENCE, &ids, e)) < 0 ||
	    (r = tlv_buf(&v, SEQUENCE, &list, e)) < 0)
		return r;
	return attribute(out, &oid_signing_cert, &v, e);
}

static int
attr_hint(const struct extract_spec *x, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(buf_done) struct buf hints = { 0 };
	AUTO(buf_done) struct buf v = { 0 };
	char id[ID_TEXT], to[2 * SHA256_LEN + 1];
	int r;

	id_format(&x->extract, id);
	hex_format(x->recipient, SHA256_LEN, to);
	if ((r = buf_addf(&text, e, "sceau extract %s leaf %" PRIu64 " to %s",
		 id, x->leaf, to)) < 0 ||
	    (r = tlv_buf(&hints, UTF8, &text, e)) < 0 ||
	    (r = tlv_oid(&hints, &oid_data, e)) < 0 ||
	    (r = tlv_buf(&v, SEQUENCE, &hints, e)) < 0)
		return r;
	return attribute(out, &oid_content_hint, &v, e);
}

/* DER orders the members of a SET OF by their encodings, X.690, 11.6. */
static int
encoding_order(const void *a, const void *b)
{
	const struct buf *x = a, *y = b;
	size_t n = x->len < y->len ? x->len : y->len;
	int c = memcmp(x->p, y->p, n);

	if (c != 0)
		return c;
	return (x->len > y->len) - (x->len < y->len);
}

/* The parts that a SignerInfo is put together from. */
struct parts {
	struct buf issuer, serial; /* of the certificate, DER */
	struct buf attr[ATTRIBUTES];
	struct buf attrs; /* their encodings in order, without a tag */
};

static void
parts_done(struct parts *p)
{
	size_t i;

	buf_done(&p->issuer);
	buf_done(&p->serial);
	for (i = 0; i < ATTRIBUTES; i++)
		buf_done(&p->attr[i]);
	buf_done(&p->attrs);
}

static int
make_attributes(const struct extract_spec *x, const struct buf *cert,
    struct parts *p, struct err *e)
{
	size_t i;
	int r;

	if ((r = attr_content_type(&p->attr[0], e)) < 0 ||
	    (r = attr_digest(x, &p->attr[1], e)) < 0 ||
	    (r = attr_time(x, &p->attr[2], e)) < 0 ||
	    (r = attr_signing_cert(
		 cert, &p->issuer, &p->serial, &p->attr[3], e)) < 0 ||
	    (r = attr_hint(x, &p->attr[4], e)) < 0)
		return r;
	qsort(p->attr, ATTRIBUTES, sizeof(p->attr[0]), encoding_order);
	for (i = 0; i < ATTRIBUTES; i++)
		if ((r = buf_add(&p->attrs, p->attr[i].p, p->attr[i].len, e)) <
		    0)
			return r;
	return 0;
}

/* What is signed has the tag of a SET, RFC 5652, 5.4. */
static int
sign_attributes(const struct parts *p, const uint8_t *key,
    uint8_t sig[P256_SIG_MAX], size_t *n, struct err *e)
{
	AUTO(buf_done) struct buf set = { 0 };
	int r;

	if ((r = tlv_buf(&set, SET, &p->attrs, e)) < 0)
		return r;
	*n = P256_SIG_MAX;
	return p256_sign(key, set.p, set.len, sig, n, e);
}

static int
sid(const struct parts *p, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int r;

	if ((r = buf_add(&b, p->issuer.p, p->issuer.len, e)) < 0 ||
	    (r = buf_add(&b, p->serial.p, p->serial.len, e)) < 0)
		return r;
	return tlv_buf(out, SEQUENCE, &b, e);
}

int
extract_sign(const struct extract_spec *x, const uint8_t *key,
    const struct buf *certificate, struct buf *out, struct err *e)
{
	AUTO(parts_done) struct parts p = { 0 };
	AUTO(buf_done) struct buf b = { 0 };
	static const uint8_t version = 1;
	uint8_t sig[P256_SIG_MAX];
	size_t n;
	int r;

	if ((r = certificate_names(certificate->p, certificate->len, &p.issuer,
		 &p.serial, e)) < 0 ||
	    (r = make_attributes(x, certificate, &p, e)) < 0 ||
	    (r = sign_attributes(&p, key, sig, &n, e)) < 0 ||
	    (r = tlv(&b, INTEGER, &version, 1, e)) < 0 ||
	    (r = sid(&p, &b, e)) < 0 ||
	    (r = tlv_algorithm(&b, &oid_sha256, e)) < 0 ||
	    (r = tlv_buf(&b, CONTEXT_0, &p.attrs, e)) < 0 ||
	    (r = tlv_algorithm(&b, &oid_ecdsa_sha256, e)) < 0 ||
	    (r = tlv(&b, OCTETS, sig, n, e)) < 0)
		return r;
	return tlv_buf(out, SEQUENCE, &b, e);
}
