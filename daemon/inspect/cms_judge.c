#include "daemon/inspect/cms_judge.h"

#include <limits.h>
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "base/text.h"
#include "daemon/inspect/cms_shape.h"

#define CHAIN_DEPTH_MAX 8
#define SECURITY_BITS_MIN 112 /* RSA 2048; ANSSI RGS B1, SOG-IS */

/* OpenSSL's way of releasing, for AUTO. */
#define FREEP(name, type, release)                                             \
	static void name(type **p)                                             \
	{                                                                      \
		release(*p);                                                   \
		*p = NULL;                                                     \
	}
static void
free_certs(STACK_OF(X509) * s)
{
	sk_X509_pop_free(s, X509_free);
}
FREEP(bio_freep, BIO, BIO_free_all)
FREEP(store_freep, X509_STORE, X509_STORE_free)
FREEP(store_ctx_freep, X509_STORE_CTX, X509_STORE_CTX_free)
FREEP(eku_freep, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

static void
add_reason(struct inspect_verdict *v, const char *word)
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
	add_reason(v, word);
}

static void
fail(struct inspect_verdict *v, const char *sub, const char *word)
{
	conclude(v, INSPECT_FAILED, sub, word);
}

/* The first doubt gives the sub-indication; the others are reasons. */
static void
doubt(struct inspect_verdict *v, const char *sub, const char *word)
{
	if (v->sub[0] == '\0')
		conclude(v, INSPECT_INDETERMINATE, sub, word);
	else
		add_reason(v, word);
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

struct judged {
	CMS_ContentInfo *cms;
	STACK_OF(X509) * certs; /* that came with it; may be NULL */
	CMS_SignerInfo *si;
	X509 *signer; /* borrowed */
};

/*
 * Hash the content; then the digest of the attributes, or without them the
 * signature itself, is compared with it.
 */
static int
content_matches(const struct cms_case *c, const struct judged *j)
{
	AUTO(bio_freep) BIO *chain = NULL;
	BIO *content = BIO_new_mem_buf(c->content, (int)c->content_len);
	uint8_t block[4096];
	int n;

	if (content == NULL)
		return 0;
	if ((chain = CMS_dataInit(j->cms, content)) == NULL) {
		BIO_free(content);
		return 0;
	}
	/* The chain's last one is content: it goes with the chain. */
	do
		n = BIO_read(chain, block, sizeof(block));
	while (n > 0);
	return CMS_SignerInfo_verify_content(j->si, chain) == 1;
}

static int
verify_signature(const struct cms_case *c, const struct cms_shape *shape,
    const struct judged *j, struct inspect_verdict *v)
{
	if (!content_matches(c, j)) {
		if (shape->has_attributes)
			fail(v, "HASH_FAILURE", "content-changed");
		else
			fail(v, "SIG_CRYPTO_FAILURE", "signature-wrong");
		return 0;
	}
	if (shape->has_attributes && CMS_SignerInfo_verify(j->si) != 1) {
		fail(v, "SIG_CRYPTO_FAILURE", "signature-wrong");
		return 0;
	}
	return 1;
}

static int
hash_is(X509 *cert, const EVP_MD *md, const struct der *hash)
{
	uint8_t got[EVP_MAX_MD_SIZE];
	unsigned len = sizeof(got);

	return md != NULL && X509_digest(cert, md, got, &len) == 1 &&
	       hash->n == len && memcmp(hash->p, got, len) == 0;
}

/* The algorithm of an ESSCertIDv2: SHA-256 when it is left out. */
static const EVP_MD *
take_hash_algorithm(struct der *d)
{
	const uint8_t *p;
	ASN1_OBJECT *oid;
	struct der body;
	const EVP_MD *md;
	uint8_t tag;

	if (d->n == 0 || d->p[0] != 0x30)
		return EVP_sha256();
	if (!der_take(d, &tag, &body, NULL))
		return NULL;
	p = body.p;
	if ((oid = d2i_ASN1_OBJECT(NULL, &p, (long)body.n)) == NULL)
		return NULL;
	md = EVP_get_digestbyobj(oid);
	ASN1_OBJECT_free(oid);
	return md;
}

/*
 * SigningCertificate (RFC 2634, 5.4), SigningCertificateV2 (RFC 5035, 3): the
 * first certificate named must be the signer's. There may be more, of the
 * chain; they are not needed. OpenSSL's own check asks for all of them.
 */
static int
names_signer(const ASN1_STRING *s, int is_v2, X509 *signer)
{
	struct der d = { ASN1_STRING_get0_data(s),
		(size_t)ASN1_STRING_length(s) };
	struct der all, certs, first, hash;
	const EVP_MD *md = EVP_sha1();
	uint8_t t[4];

	/* SEQUENCE { certs SEQUENCE OF SEQUENCE { … hash … } … } */
	if (!der_take(&d, &t[0], &all, NULL) ||
	    !der_take(&all, &t[1], &certs, NULL) ||
	    !der_take(&certs, &t[2], &first, NULL) || t[0] != 0x30 ||
	    t[1] != 0x30 || t[2] != 0x30)
		return 0;
	if (is_v2)
		md = take_hash_algorithm(&first);
	return der_take(&first, &t[3], &hash, NULL) && t[3] == 0x04 &&
	       hash_is(signer, md, &hash);
}

/* Each attribute that is there must name the signer. */
static int
ess_matches(CMS_SignerInfo *si, X509 *signer)
{
	static const int nids[] = { NID_id_smime_aa_signingCertificate,
		NID_id_smime_aa_signingCertificateV2 };
	const ASN1_STRING *s;
	size_t i, found = 0;

	for (i = 0; i < NELEMS(nids); i++) {
		s = CMS_signed_get0_data_by_OBJ(
		    si, OBJ_nid2obj(nids[i]), -3, V_ASN1_SEQUENCE);
		if (s == NULL)
			continue;
		if (!names_signer(s, i == 1, signer))
			return 0;
		found++;
	}
	return found > 0;
}

/* The chain. */

static int
load_anchors(const struct cms_case *c, X509_STORE *store)
{
	AUTO(bio_freep) BIO *b = NULL;
	X509 *cert;
	int ok = 1;

	if (c->anchors_len == 0)
		return 1;
	if ((b = BIO_new_mem_buf(c->anchors, (int)c->anchors_len)) == NULL)
		return 0;
	while (ok && (cert = PEM_read_bio_X509(b, NULL, NULL, NULL)) != NULL) {
		ok = X509_STORE_add_cert(store, cert) == 1;
		X509_free(cert);
	}
	/* That no more is there is an error to OpenSSL too. */
	ERR_clear_error();
	return ok;
}

static void
doubt_chain(int error, struct inspect_verdict *v)
{
	static const struct {
		int error;
		const char *sub, *word;
	} known[] = {
		{ X509_V_ERR_CERT_HAS_EXPIRED, "OUT_OF_BOUNDS_NO_POE",
		    "certificate-expired" },
		{ X509_V_ERR_CERT_NOT_YET_VALID, "OUT_OF_BOUNDS_NO_POE",
		    "certificate-not-yet-valid" },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT,
		    "NO_CERTIFICATE_CHAIN_FOUND", "issuer-unknown" },
		{ X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
		    "NO_CERTIFICATE_CHAIN_FOUND", "issuer-unknown" },
		{ X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
		    "NO_CERTIFICATE_CHAIN_FOUND", "issuer-unknown" },
		{ X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
		    "NO_CERTIFICATE_CHAIN_FOUND", "self-signed" },
		{ X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN,
		    "NO_CERTIFICATE_CHAIN_FOUND", "root-not-an-anchor" },
		{ X509_V_ERR_EE_KEY_TOO_SMALL, "CRYPTO_CONSTRAINTS_FAILURE",
		    "key-too-small" },
		{ X509_V_ERR_CA_KEY_TOO_SMALL, "CRYPTO_CONSTRAINTS_FAILURE",
		    "key-too-small" },
		{ X509_V_ERR_CA_MD_TOO_WEAK, "CRYPTO_CONSTRAINTS_FAILURE",
		    "digest-too-weak" },
	};
	size_t i;

	for (i = 0; i < NELEMS(known); i++)
		if (known[i].error == error) {
			doubt(v, known[i].sub, known[i].word);
			return;
		}
	doubt(v, "CHAIN_CONSTRAINTS_FAILURE", "chain-not-valid");
}

/*
 * Only the anchors given, only the certificates that came along, no network,
 * at the time given. An anchor need not be self-signed: trusted lists name
 * intermediate authorities.
 */
static void
judge_chain(
    const struct cms_case *c, const struct judged *j, struct inspect_verdict *v)
{
	AUTO(store_freep) X509_STORE *store = X509_STORE_new();
	AUTO(store_ctx_freep) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;

	if (store == NULL || ctx == NULL || !load_anchors(c, store) ||
	    X509_STORE_CTX_init(ctx, store, j->signer, j->certs) != 1) {
		doubt(v, "CERTIFICATE_CHAIN_GENERAL_FAILURE",
		    "anchors-unreadable");
		return;
	}
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)(c->now_ms / 1000));
	X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) !=
		1 ||
	    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY) != 1)
		doubt(v, "CERTIFICATE_CHAIN_GENERAL_FAILURE", "chain-not-set");
	else if (X509_verify_cert(ctx) != 1)
		doubt_chain(X509_STORE_CTX_get_error(ctx), v);
}

/* Extended uses under which people sign documents. */
static int
is_signing_use(const ASN1_OBJECT *use)
{
	static const char *const oids[] = {
		"1.3.6.1.5.5.7.3.4",	   /* emailProtection */
		"1.3.6.1.5.5.7.3.2",	   /* clientAuth: cards of persons */
		"1.3.6.1.5.5.7.3.36",	   /* documentSigning, RFC 9336 */
		"1.3.6.1.4.1.311.10.3.12", /* Microsoft document signing */
		"1.2.840.113583.1.1.5",	   /* Adobe authentic documents */
		"2.5.29.37.0",		   /* any */
	};
	char text[80];
	size_t i;

	OBJ_obj2txt(text, sizeof(text), use, 1);
	for (i = 0; i < NELEMS(oids); i++)
		if (strcmp(text, oids[i]) == 0)
			return 1;
	return 0;
}

static int
may_sign_documents(X509 *cert)
{
	const uint32_t uses =
	    X509v3_KU_DIGITAL_SIGNATURE | X509v3_KU_NON_REPUDIATION;
	AUTO(eku_freep) EXTENDED_KEY_USAGE *eku = NULL;
	int i, critical;

	/* Without the extension: all bits set (RFC 5280, 4.2.1.3). */
	if ((X509_get_key_usage(cert) & uses) == 0)
		return 0;
	eku = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
	if (eku == NULL)
		return critical == -1;
	for (i = 0; i < sk_ASN1_OBJECT_num(eku); i++)
		if (is_signing_use(sk_ASN1_OBJECT_value(eku, i)))
			return 1;
	return 0;
}

static void
judge_certificate(const struct cms_case *c, const struct cms_shape *shape,
    const struct judged *j, struct inspect_verdict *v)
{
	EVP_PKEY *key = X509_get0_pubkey(j->signer);

	if (shape->digest == CMS_SHA1)
		doubt(v, "CRYPTO_CONSTRAINTS_FAILURE", "digest-too-weak");
	if (key == NULL || EVP_PKEY_get_security_bits(key) < SECURITY_BITS_MIN)
		doubt(v, "CRYPTO_CONSTRAINTS_FAILURE", "key-too-small");
	if (c->filter == INSPECT_FILTER_CADES && !shape->has_ess)
		doubt(v, "SIG_CONSTRAINTS_FAILURE",
		    "signing-certificate-attribute-missing");
	if (shape->has_ess && !ess_matches(j->si, j->signer))
		doubt(v, "NO_SIGNING_CERTIFICATE_FOUND",
		    "signing-certificate-attribute-wrong");
	if (!may_sign_documents(j->signer))
		doubt(v, "CHAIN_CONSTRAINTS_FAILURE", "key-usage");
	judge_chain(c, j, v);
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
		fail(v, "FORMAT_FAILURE", "not-cms");
		return 0;
	}
	j->si = sk_CMS_SignerInfo_value(signers, 0);
	j->certs = CMS_get1_certs(j->cms);
	if (CMS_set1_signers_certs(j->cms, NULL, 0) != 1) {
		doubt(v, "NO_SIGNING_CERTIFICATE_FOUND",
		    "signer-certificate-missing");
		return 0;
	}
	CMS_SignerInfo_get0_algs(j->si, NULL, &j->signer, NULL, NULL);
	read_signing_time(j->si, v);
	name_signer(j->signer, v);
	return 1;
}

/*
 * Things that we say at once, before any cryptography. 0: said.
 */
static int
judge_shape(const struct cms_case *c, struct cms_shape *shape,
    struct inspect_verdict *v)
{
	const char *fault = cms_shape_read(c->der, c->der_len, shape);

	if (fault != NULL && strcmp(fault, "ber-encoded") == 0)
		doubt(v, "GENERIC", fault);
	else if (fault != NULL)
		fail(v, "FORMAT_FAILURE", fault);
	else if (c->filter == INSPECT_FILTER_TIMESTAMP || shape->is_token)
		doubt(v, "GENERIC", "document-timestamp");
	else if (c->filter == INSPECT_FILTER_UNKNOWN)
		doubt(v, "GENERIC", "subfilter-unknown");
	else if (shape->is_unsupported || shape->digest == CMS_DIGEST_UNKNOWN)
		doubt(v, "GENERIC", "algorithm-unsupported");
	else if (c->content_len > INT_MAX)
		doubt(v, "GENERIC", "too-large");
	else if (!shape->has_attributes &&
		 (!shape->is_plain_content ||
		     (c->content_len > 0 && c->content[0] == 0x31)))
		/* RFC 5652, 5.3; and the attributes of another signature
		 * passed off as content begin with SET. */
		doubt(v, "GENERIC", "without-attributes");
	return v->indication == 0;
}

static void
judged_done(struct judged *j)
{
	CMS_ContentInfo_free(j->cms);
	free_certs(j->certs);
}

void
cms_judge(const struct cms_case *c, struct inspect_verdict *out)
{
	AUTO(judged_done) struct judged j = { 0 };
	struct inspect_verdict v = { 0 };
	struct cms_shape shape;

	if (judge_shape(c, &shape, &v) && open_cms(c, &shape, &j, &v) &&
	    verify_signature(c, &shape, &j, &v)) {
		judge_certificate(c, &shape, &j, &v);
		if (v.sub[0] == '\0')
			v.indication = INSPECT_PASSED;
		add_reason(&v, "revocation-not-checked");
	}
	*out = v;
}

int
cms_judge_prepare(struct err *e)
{
	static const char *const names[] = { "SHA1", "SHA224", "SHA256",
		"SHA384", "SHA512", "SHA3-256", "SHA3-384", "SHA3-512" };
	static const int keys[] = { EVP_PKEY_RSA, EVP_PKEY_RSA_PSS,
		EVP_PKEY_EC };
	EVP_PKEY_CTX *ctx;
	uint8_t byte;
	EVP_MD *md;
	size_t i;

	/* A system's openssl.cnf has no say in verdicts. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG |
				    OPENSSL_INIT_LOAD_CRYPTO_STRINGS |
				    OPENSSL_INIT_ADD_ALL_DIGESTS,
		NULL) != 1)
		return err_set(e, ERR_INTERNAL, "OpenSSL does not start");
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
	return 0;
}
