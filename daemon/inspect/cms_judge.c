#include <limits.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "base/text.h"
#include "daemon/inspect/cms_ber.h"
#include "daemon/inspect/cms_inside.h"
#include "daemon/inspect/cms_stamp.h"
#include "daemon/inspect/provider.h"

static void
free_certs(STACK_OF(X509) * s)
{
	sk_X509_pop_free(s, X509_free);
}
FREEP(bio_freep, BIO, BIO_free_all)
FREEP(pss_freep, RSA_PSS_PARAMS, RSA_PSS_PARAMS_free)
FREEP(pkey_ctx_freep, EVP_PKEY_CTX, EVP_PKEY_CTX_free)

void
verdict_reason(struct inspect_verdict *v, const char *word)
{
	size_t len = strlen(v->reasons);

	snprintf(v->reasons + len, sizeof(v->reasons) - len, "%s%s",
	    len > 0 ? " " : "", word);
}

static void
conclude(struct inspect_verdict *v, enum inspect_indication i, const char *sub,
    const char *word)
{
	v->indication = i;
	snprintf(v->sub, sizeof(v->sub), "%s", sub);
	verdict_reason(v, word);
}

void
verdict_fail(struct inspect_verdict *v, const char *sub, const char *word)
{
	v->integrity =
	    strcmp(word, "not-cms") == 0 ? INTEGRITY_ERROR : INTEGRITY_FAIL;
	conclude(v, INSPECT_FAILED, sub, word);
}

void
verdict_doubt(struct inspect_verdict *v, const char *sub, const char *word)
{
	if (v->sub[0] == '\0')
		conclude(v, INSPECT_INDETERMINATE, sub, word);
	else
		verdict_reason(v, word);
}

/* Turn what could mislead a reader of the name into '?'. */
static void
clean_name(char *s)
{
	unsigned char *p = (unsigned char *)s;

	if (!utf8_is_valid(s, strlen(s))) {
		for (; *p != '\0'; p++)
			if (*p < 0x20 || *p > 0x7e)
				*p = '?';
		return;
	}
	for (; *p != '\0'; p++) {
		int c1 = p[0] == 0xc2 && p[1] < 0xa0;
		int turn = p[0] == 0xe2 &&
			   ((p[1] == 0x80 && p[2] >= 0xaa && p[2] <= 0xae) ||
			       (p[1] == 0x81 && p[2] >= 0xa6 && p[2] <= 0xa9));

		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		if (c1)
			memset(p, '?', 2);
		if (turn)
			memset(p, '?', 3);
	}
}

/* The subject in the form of RFC 2253, cut at a whole character. */
static void
name_signer(X509 *cert, struct inspect_verdict *v)
{
	AUTO(bio_freep) BIO *b = BIO_new(BIO_s_mem());
	size_t n;
	char *p;
	long len;

	if (b == NULL || X509_NAME_print_ex(b, X509_get_subject_name(cert), 0,
			     XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB) < 0)
		return;
	len = BIO_get_mem_data(b, &p);
	n = len > 0 ? (size_t)len : 0;
	if (n > sizeof(v->signer) - 1)
		n = sizeof(v->signer) - 1;
	while (n > 0 && n < (size_t)len && ((uint8_t)p[n] & 0xc0) == 0x80)
		n--;
	memcpy(v->signer, p, n);
	v->signer[n] = '\0';
	clean_name(v->signer);
}

/* What the signer claims; 0 when nothing, or nothing readable. */
static void
read_signing_time(CMS_SignerInfo *si, struct inspect_verdict *v)
{
	ASN1_OBJECT *oid = OBJ_nid2obj(NID_pkcs9_signingTime);
	const ASN1_TIME *t;
	struct tm tm;

	/* UTCTime and GeneralizedTime are both allowed (RFC 5652, 11.3). */
	t = CMS_signed_get0_data_by_OBJ(si, oid, -3, V_ASN1_UTCTIME);
	if (t == NULL)
		t = CMS_signed_get0_data_by_OBJ(
		    si, oid, -3, V_ASN1_GENERALIZEDTIME);
	if (t != NULL && ASN1_TIME_to_tm(t, &tm) == 1)
		v->signing_time_ms = (int64_t)timegm(&tm) * 1000;
}

/* The signature itself. */

/* Is the content to be inside: of a time stamp, of a .p7m? */
static int
is_inside(const struct cms_case *c)
{
	return c->filter == INSPECT_FILTER_TIMESTAMP ||
	       c->filter == INSPECT_FILTER_INSIDE;
}

/*
 * Of what is inside: OpenSSL hashes it, and compares; without attributes it
 * verifies the signature too.
 */
static int
inside_matches(const struct judged *j)
{
	AUTO(bio_freep) BIO *chain = CMS_dataInit(j->cms, NULL);
	uint8_t block[4096];
	int n;

	if (chain == NULL)
		return 0;
	do
		n = BIO_read(chain, block, sizeof(block));
	while (n > 0);
	return CMS_SignerInfo_verify_content(j->si, chain) == 1;
}

/* The digest that this algorithm gives of the signed bytes; NULL: not given. */
static const uint8_t *
digest_given(const struct cms_case *c, enum cms_digest d)
{
	unsigned a = (unsigned)d - CMS_SHA1;

	_Static_assert(
	    CMS_SHA3_512 - CMS_SHA1 == (int)DIGEST_SHA3_512, "same order");
	if (d == CMS_DIGEST_UNKNOWN || (c->content->have & 1u << a) == 0)
		return NULL;
	return c->content->value[a];
}

static size_t
digest_size(enum cms_digest d)
{
	return digest_len((enum digest_alg)((unsigned)d - CMS_SHA1));
}

/* RSASSA-PSS: the salt's length (RFC 4055, 3.1); -1 for what is not that. */
static int
pss_salt(const X509_ALGOR *algorithm)
{
	AUTO(pss_freep) RSA_PSS_PARAMS *p = NULL;
	long n = 20;

	if (algorithm->parameter == NULL ||
	    (p = ASN1_TYPE_unpack_sequence(
		 ASN1_ITEM_rptr(RSA_PSS_PARAMS), algorithm->parameter)) == NULL)
		return -1;
	if (p->trailerField != NULL && ASN1_INTEGER_get(p->trailerField) != 1)
		return -1;
	if (p->saltLength != NULL)
		n = ASN1_INTEGER_get(p->saltLength);
	return n >= 0 && n <= 512 ? (int)n : -1;
}

static int
set_padding(EVP_PKEY_CTX *k, const X509_ALGOR *algorithm, const EVP_MD *md)
{
	int salt;

	if (OBJ_obj2nid(algorithm->algorithm) != NID_rsassaPss)
		return 1;
	salt = pss_salt(algorithm);
	return salt >= 0 &&
	       EVP_PKEY_CTX_set_rsa_padding(k, RSA_PKCS1_PSS_PADDING) > 0 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(k, salt) > 0 &&
	       EVP_PKEY_CTX_set_rsa_mgf1_md(k, md) > 0;
}

/* Without attributes the signature is over the content (RFC 5652, 5.4). */
static int
verify_bare(const struct judged *j, const struct cms_shape *shape,
    const uint8_t *digest)
{
	const EVP_MD *md = cms_md(shape->digest);
	AUTO(pkey_ctx_freep) EVP_PKEY_CTX *k = NULL;
	X509_ALGOR *algorithm;

	CMS_SignerInfo_get0_algs(j->si, NULL, NULL, NULL, &algorithm);
	k = EVP_PKEY_CTX_new(X509_get0_pubkey(j->signer), NULL);
	return k != NULL && md != NULL && EVP_PKEY_verify_init(k) > 0 &&
	       EVP_PKEY_CTX_set_signature_md(k, md) > 0 &&
	       set_padding(k, algorithm, md) &&
	       EVP_PKEY_verify(k, shape->signature.p, shape->signature.n,
		   digest, digest_size(shape->digest)) == 1;
}

/* The attribute that there is one of (cms_shape.c) against the digest. */
static int
attribute_matches(const struct judged *j, const struct cms_shape *shape,
    const uint8_t *digest)
{
	const ASN1_STRING *s = CMS_signed_get0_data_by_OBJ(j->si,
	    OBJ_nid2obj(NID_pkcs9_messageDigest), -3, V_ASN1_OCTET_STRING);
	size_t n = digest_size(shape->digest);

	return s != NULL && (size_t)ASN1_STRING_length(s) == n &&
	       memcmp(ASN1_STRING_get0_data(s), digest, n) == 0;
}

/*
 * The digest of the content against that of the attributes, or without them
 * against the signature itself.
 */
static int
content_matches(const struct cms_case *c, const struct cms_shape *shape,
    const struct judged *j)
{
	const uint8_t *digest;

	if (is_inside(c))
		return inside_matches(j);
	digest = digest_given(c, shape->digest);
	if (digest == NULL)
		return 0;
	return shape->has_attributes ? attribute_matches(j, shape, digest)
				     : verify_bare(j, shape, digest);
}

static int
verify_signature(const struct cms_case *c, const struct cms_shape *shape,
    const struct judged *j, struct inspect_verdict *v)
{
	if (!is_inside(c) && digest_given(c, shape->digest) == NULL) {
		verdict_doubt(v, "GENERIC", "digest-not-given");
		return 0;
	}
	if (!content_matches(c, shape, j)) {
		if (shape->has_attributes)
			verdict_fail(v, "HASH_FAILURE", "content-changed");
		else
			verdict_fail(
			    v, "SIG_CRYPTO_FAILURE", "signature-wrong");
		return 0;
	}
	if (shape->has_attributes && CMS_SignerInfo_verify(j->si) != 1) {
		verdict_fail(v, "SIG_CRYPTO_FAILURE", "signature-wrong");
		return 0;
	}
	return 1;
}

/* Decode, and find the signer's certificate. 0: the verdict is there. */
static int
open_cms(const struct cms_case *c, const struct cms_shape *shape,
    struct judged *j, struct inspect_verdict *v)
{
	const uint8_t *p = c->der;
	STACK_OF(CMS_SignerInfo) * signers;

	j->cms = d2i_CMS_ContentInfo(NULL, &p, (long)shape->len);
	if (j->cms == NULL || p != c->der + shape->len ||
	    (signers = CMS_get0_SignerInfos(j->cms)) == NULL ||
	    sk_CMS_SignerInfo_num(signers) != 1) {
		verdict_fail(v, "FORMAT_FAILURE", "not-cms");
		return 0;
	}
	j->si = sk_CMS_SignerInfo_value(signers, 0);
	j->certs = CMS_get1_certs(j->cms);
	if (!trust_load(&c->trust, j) || !revoke_load(&c->trust, j)) {
		verdict_doubt(v, "CERTIFICATE_CHAIN_GENERAL_FAILURE",
		    "anchors-unreadable");
		return 0;
	}
	revoke_take_certs(c, shape, j);
	/* A token may leave its certificate out: then it is a known one. */
	if (CMS_set1_signers_certs(j->cms, NULL, 0) != 1 &&
	    (!v->is_stamp ||
		CMS_set1_signers_certs(j->cms, j->anchors, 0) != 1)) {
		verdict_doubt(v, "NO_SIGNING_CERTIFICATE_FOUND",
		    "signer-certificate-missing");
		return 0;
	}
	CMS_SignerInfo_get0_algs(j->si, NULL, &j->signer, NULL, NULL);
	read_signing_time(j->si, v);
	name_signer(j->signer, v);
	return 1;
}

const EVP_MD *
cms_md(enum cms_digest d)
{
	switch (d) {
	case CMS_SHA1:
		return EVP_sha1();
	case CMS_SHA224:
		return EVP_sha224();
	case CMS_SHA256:
		return EVP_sha256();
	case CMS_SHA384:
		return EVP_sha384();
	case CMS_SHA512:
		return EVP_sha512();
	case CMS_SHA3_256:
		return EVP_sha3_256();
	case CMS_SHA3_384:
		return EVP_sha3_384();
	case CMS_SHA3_512:
		return EVP_sha3_512();
	default:
		return NULL;
	}
}

/* The time stamp's imprint against the bytes that it should be of. */
static int
imprint_matches(const struct cms_case *c, const struct stamp *s)
{
	const uint8_t *digest = digest_given(c, s->digest);

	return digest != NULL && s->imprint.n == digest_size(s->digest) &&
	       memcmp(s->imprint.p, digest, s->imprint.n) == 0;
}

static int
is_equal(const struct der *a, const struct der *b)
{
	return a->n == b->n && memcmp(a->p, b->p, a->n) == 0;
}

/* The content may be the query that the time stamp answers. */
static int
answers_query(const struct cms_case *c, const struct stamp *s)
{
	struct stamp asked;

	return c->query_len > 0 &&
	       stamp_read_query(
		   (struct der){ c->query, c->query_len }, &asked) &&
	       asked.digest == s->digest &&
	       is_equal(&asked.imprint, &s->imprint) &&
	       (asked.nonce.n == 0 || is_equal(&asked.nonce, &s->nonce));
}

/* What the token says, once its signature is right. 0: not of these bytes. */
static int
judge_stamp(const struct cms_case *c, const struct cms_shape *shape,
    struct inspect_verdict *v)
{
	struct stamp s;

	if (!stamp_read(shape->content, &s)) {
		verdict_fail(v, "FORMAT_FAILURE", "time-stamp-malformed");
		return 0;
	}
	v->proved_time_ms = s.at_ms;
	if (c->content->size == 0) {
		verdict_doubt(v, "SIGNED_DATA_NOT_FOUND", "nothing-stamped");
		return 0;
	}
	if (!imprint_matches(c, &s) && !answers_query(c, &s)) {
		verdict_fail(v, "HASH_FAILURE", "imprint-differs");
		return 0;
	}
	if (s.digest == CMS_SHA1)
		verdict_doubt(
		    v, "CRYPTO_CONSTRAINTS_FAILURE", "digest-too-weak");
	return 1;
}

/* Is content where it belongs? NULL, or the fault. */
static const char *
check_place(const struct cms_case *c, const struct cms_shape *shape)
{
	if (c->filter == INSPECT_FILTER_TIMESTAMP)
		return shape->is_token && shape->has_content
			   ? NULL
			   : "not-a-time-stamp";
	if (c->filter == INSPECT_FILTER_INSIDE)
		return shape->is_token ? "time-stamp-as-signature" : NULL;
	if (shape->is_token)
		return "time-stamp-as-signature";
	return shape->has_content ? "content-in-detached-signature" : NULL;
}

/*
 * Things that we say at once, before any cryptography. 0: said.
 */
static int
judge_shape(const struct cms_case *c, const struct cms_shape *shape,
    const char *fault, struct inspect_verdict *v)
{
	uint64_t n = is_inside(c) ? shape->content.n : c->content->size;
	uint8_t first = c->content->first;

	if (is_inside(c))
		first = n > 0 ? shape->content.p[0] : 0;

	if (fault == NULL)
		fault = check_place(c, shape);
	if (fault != NULL)
		verdict_fail(v, "FORMAT_FAILURE", fault);
	else if (c->filter == INSPECT_FILTER_INSIDE && !shape->has_content)
		verdict_doubt(v, "SIGNED_DATA_NOT_FOUND", "content-missing");
	else if (c->filter == INSPECT_FILTER_UNKNOWN)
		verdict_doubt(v, "GENERIC", "subfilter-unknown");
	else if (shape->is_unsupported || shape->digest == CMS_DIGEST_UNKNOWN) {
		v->integrity = INTEGRITY_UNSUPPORTED;
		verdict_doubt(v, "GENERIC", "algorithm-unsupported");
	} else if (!shape->lists_digest)
		verdict_fail(v, "FORMAT_FAILURE", "algorithms-disagree");
	else if (n > INT_MAX)
		verdict_doubt(v, "GENERIC", "too-large");
	else if (!shape->has_attributes &&
		 (!shape->is_plain_content || (n > 0 && first == 0x31)))
		/* RFC 5652, 5.3; and the attributes of another signature
		 * passed off as content begin with SET. */
		verdict_doubt(v, "GENERIC", "without-attributes");
	return v->indication == 0;
}

/*
 * Read the shape, of BER after it was written again as DER. The signed
 * attributes must have been DER all along: those very bytes were signed.
 */
static const char *
read_shape(struct cms_case *c, struct buf *der, struct cms_shape *shape)
{
	const char *fault = cms_shape_read(c->der, c->der_len, shape), *second;
	const struct cms_case before = *c;
	size_t used;

	if (fault == NULL || strcmp(fault, "signature-empty") == 0 ||
	    !cms_ber_to_der(c->der, c->der_len, der, &used))
		return fault;
	for (; used < c->der_len; used++)
		if (c->der[used] != 0)
			return "bytes-after-signature";
	second = cms_shape_read(der->p, der->len, shape);
	if (second == NULL && shape->has_attributes &&
	    memmem(before.der, before.der_len, shape->attributes.p,
		shape->attributes.n) == NULL)
		return "attributes-not-der";
	c->der = der->p;
	c->der_len = der->len;
	return second;
}

static void
judged_done(struct judged *j)
{
	CMS_ContentInfo_free(j->cms);
	free_certs(j->certs);
	free_certs(j->anchors);
	revoke_done(j);
}

/*
 * Time stamps over the signature's octets: the earliest that passes proves
 * that the signature was there, and its certificate is judged at that time.
 */
static void
judge_stamps(const struct cms_case *c, const struct cms_shape *shape,
    struct judged *j, struct inspect_verdict *v)
{
	struct inspect_verdict stamp;
	struct digests signature;
	size_t i, wrong = 0;

	if (shape->nstamps > 0 &&
	    digests_of(shape->signature.p, shape->signature.n, DIGESTS_ALL,
		&signature, NULL) < 0)
		return;
	if (shape->has_countersignature)
		verdict_reason(v, "counter-signature-ignored");
	for (i = 0; i < shape->nstamps && !v->is_stamp; i++) {
		struct cms_case inner = { .der = shape->stamps[i].p,
			.der_len = shape->stamps[i].n,
			.content = &signature,
			.trust = c->stamps,
			.stamps = c->stamps,
			.known = c->trust,
			.hints = c->hints,
			.hints_len = c->hints_len,
			.now_ms = c->now_ms,
			.filter = INSPECT_FILTER_TIMESTAMP };

		cms_judge(&inner, &stamp);
		wrong += stamp.integrity == INTEGRITY_FAIL ||
			 stamp.integrity == INTEGRITY_ERROR;
		if (stamp.indication == INSPECT_PASSED &&
		    stamp.proved_time_ms <= j->at_ms) {
			j->at_ms = stamp.proved_time_ms;
			v->proved_time_ms = stamp.proved_time_ms;
		}
	}
	if (wrong > 0)
		verdict_reason(v, "signature-time-stamp-wrong");
	else if (shape->nstamps > 0 && v->proved_time_ms == 0)
		verdict_reason(v, "signature-time-stamp-not-trusted");
}

void
cms_judge(const struct cms_case *given, struct inspect_verdict *out)
{
	AUTO(judged_done) struct judged j = { .at_ms = given->now_ms };
	AUTO(buf_done) struct buf der = { 0 };
	struct inspect_verdict v = { .integrity = INTEGRITY_INDET };
	struct cms_case c = *given;
	struct der token;
	struct cms_shape shape;
	const char *fault;

	v.is_stamp = c.filter == INSPECT_FILTER_TIMESTAMP;
	if (v.is_stamp) {
		if (!stamp_unwrap(
			(struct der){ given->der, given->der_len }, &token))
			token = (struct der){ given->der, 0 };
		c.der = token.p;
		c.der_len = token.n;
	}
	fault = read_shape(&c, &der, &shape);
	if (judge_shape(&c, &shape, fault, &v) &&
	    open_cms(&c, &shape, &j, &v) &&
	    verify_signature(&c, &shape, &j, &v) &&
	    (!v.is_stamp || judge_stamp(&c, &shape, &v))) {
		v.integrity = INTEGRITY_PASS;
		judge_stamps(&c, &shape, &j, &v);
		trust_judge(&c, &shape, &j, &v);
		if (v.sub[0] == '\0')
			v.indication = INSPECT_PASSED;
	}
	*out = v;
}

int
cms_judge_prepare(struct err *e)
{
	static const char *const names[] = { "SHA1", "SHA224", "SHA256",
		"SHA384", "SHA512", "SHA3-256", "SHA3-384", "SHA3-512" };
	struct digests warm;
	static const int keys[] = { EVP_PKEY_RSA, EVP_PKEY_RSA_PSS,
		EVP_PKEY_EC };
	EVP_PKEY_CTX *ctx;
	uint8_t byte;
	EVP_MD *md;
	size_t i;
	int r;

	/* A system's openssl.cnf has no say in verdicts. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
				    OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
				    OPENSSL_INIT_ADD_ALL_DIGESTS,
		NULL) != 1)
		return err_set(e, ERR_INTERNAL, "OpenSSL does not start");
	if ((r = provider_narrow(e)) < 0)
		return r;
	for (i = 0; i < NELEMS(names); i++) {
		/* Once fetched it stays in the library's cache. */
		if ((md = EVP_MD_fetch(NULL, names[i], NULL)) == NULL)
			return err_set(
			    e, ERR_INTERNAL, "OpenSSL without %s", names[i]);
		EVP_MD_free(md);
	}
	for (i = 0; i < NELEMS(keys); i++) {
		if ((ctx = EVP_PKEY_CTX_new_id(keys[i], NULL)) == NULL)
			return err_set(e, ERR_INTERNAL, "OpenSSL: keys");
		EVP_PKEY_CTX_free(ctx);
	}
	if (RAND_bytes(&byte, 1) != 1 || RAND_priv_bytes(&byte, 1) != 1)
		return err_set(e, ERR_INTERNAL, "OpenSSL: random bytes");
	return digests_of("", 0, DIGESTS_ALL, &warm, e);
}
