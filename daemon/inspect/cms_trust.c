#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "daemon/inspect/cms_inside.h"

#define CHAIN_DEPTH_MAX 8
#define SECURITY_BITS_MIN 112 /* RSA 2048; ANSSI RGS B1, SOG-IS */
#define TIME_STAMPING "1.3.6.1.5.5.7.3.8"

FREEP(bio_freep, BIO, BIO_free_all)
FREEP(store_freep, X509_STORE, X509_STORE_free)
FREEP(store_ctx_freep, X509_STORE_CTX, X509_STORE_CTX_free)
FREEP(eku_freep, EXTENDED_KEY_USAGE, EXTENDED_KEY_USAGE_free)

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
push(struct judged *j, X509_INFO *info)
{
	int ok = 1;

	if (info->x509 != NULL) {
		ok = sk_X509_push(j->anchors, info->x509) > 0;
		if (ok)
			info->x509 = NULL;
	}
	if (ok && info->crl != NULL) {
		if (j->crls == NULL)
			j->crls = sk_X509_CRL_new_null();
		ok =
		    j->crls != NULL && sk_X509_CRL_push(j->crls, info->crl) > 0;
		if (ok)
			info->crl = NULL;
	}
	return ok;
}

int
trust_load(const struct cms_trust *from, struct judged *j)
{
	AUTO(bio_freep) BIO *b = NULL;
	STACK_OF(X509_INFO) * all;
	int i, ok = 1;

	if ((j->anchors = sk_X509_new_null()) == NULL)
		return 0;
	if (from->n == 0)
		return 1;
	if ((b = BIO_new_mem_buf(from->p, (int)from->n)) == NULL ||
	    (all = PEM_X509_INFO_read_bio(b, NULL, NULL, NULL)) == NULL)
		return 0;
	for (i = 0; ok && i < sk_X509_INFO_num(all); i++)
		ok = push(j, sk_X509_INFO_value(all, i));
	sk_X509_INFO_pop_free(all, X509_INFO_free);
	ERR_clear_error();
	return ok;
}

static int
fill_store(const struct judged *j, X509_STORE *store)
{
	int i;

	for (i = 0; i < sk_X509_num(j->anchors); i++)
		if (X509_STORE_add_cert(store, sk_X509_value(j->anchors, i)) !=
		    1)
			return 0;
	return 1;
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
			verdict_doubt(v, known[i].sub, known[i].word);
			return;
		}
	verdict_doubt(v, "CHAIN_CONSTRAINTS_FAILURE", "chain-not-valid");
}

/* Which of the anchors the chain came to first. */
static void
note_anchor(const struct judged *j, const STACK_OF(X509) * chain,
    struct inspect_verdict *v)
{
	unsigned len = sizeof(v->anchor);
	int i, k;

	for (i = 0; i < sk_X509_num(chain); i++)
		for (k = 0; k < sk_X509_num(j->anchors); k++) {
			X509 *a = sk_X509_value(j->anchors, k);

			if (X509_cmp(sk_X509_value(chain, i), a) != 0)
				continue;
			v->has_anchor =
			    X509_digest(a, EVP_sha256(), v->anchor, &len) == 1;
			return;
		}
}

/* X509_V_OK, another of OpenSSL's verdicts, or -1: it could not be asked. */
static int
verify_chain(const struct judged *j, X509_STORE *store, STACK_OF(X509) * *chain)
{
	AUTO(store_ctx_freep) X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	X509_VERIFY_PARAM *param;

	if (ctx == NULL ||
	    X509_STORE_CTX_init(ctx, store, j->signer, j->certs) != 1)
		return -1;
	param = X509_STORE_CTX_get0_param(ctx);
	X509_VERIFY_PARAM_set_time(param, (time_t)(j->at_ms / 1000));
	X509_VERIFY_PARAM_set_depth(param, CHAIN_DEPTH_MAX);
	X509_VERIFY_PARAM_set_auth_level(param, 2);
	if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) !=
		1 ||
	    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_ANY) != 1)
		return -1;
	if (X509_verify_cert(ctx) != 1)
		return X509_STORE_CTX_get_error(ctx);
	*chain = X509_STORE_CTX_get1_chain(ctx);
	return *chain != NULL ? X509_V_OK : -1;
}

/* Would somebody vouch for it who may not, here? */
static void
explain_chain(
    const struct cms_case *c, const struct judged *j, struct inspect_verdict *v)
{
	AUTO(store_freep) X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *chain = NULL;
	struct judged other = {
		.signer = j->signer, .certs = j->certs, .at_ms = j->at_ms
	};

	if (store != NULL && trust_load(&c->known, &other) &&
	    fill_store(&other, store) &&
	    verify_chain(&other, store, &chain) == X509_V_OK)
		verdict_reason(v, "authority-not-for-this");
	sk_X509_pop_free(chain, X509_free);
	sk_X509_pop_free(other.anchors, X509_free);
	sk_X509_CRL_pop_free(other.crls, X509_CRL_free);
}

/*
 * Only the anchors given, only the certificates that came along, no network,
 * at the time given. An anchor need not be self-signed: trusted lists name
 * intermediate authorities.
 */
static void
judge_chain(const struct cms_case *c, const struct cms_shape *shape,
    struct judged *j, struct inspect_verdict *v)
{
	AUTO(store_freep) X509_STORE *store = X509_STORE_new();
	STACK_OF(X509) *chain = NULL;
	int error = -1;

	if (store != NULL && fill_store(j, store))
		error = verify_chain(j, store, &chain);
	if (error == -1)
		verdict_doubt(v, "CERTIFICATE_CHAIN_GENERAL_FAILURE",
		    "anchors-unreadable");
	else if (error != X509_V_OK)
		doubt_chain(error, v);
	if (error != -1 && error != X509_V_OK && c->known.n > 0)
		explain_chain(c, j, v);
	if (error == X509_V_OK) {
		note_anchor(j, chain, v);
		revoke_judge(c, shape, j, chain, v);
	} else
		verdict_reason(v, "revocation-not-checked");
	sk_X509_pop_free(chain, X509_free);
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

/* RFC 3161, 2.3: this use, alone, and critical. */
static int
may_stamp_times(X509 *cert)
{
	AUTO(eku_freep) EXTENDED_KEY_USAGE *eku = NULL;
	char text[80];
	int critical;

	eku = X509_get_ext_d2i(cert, NID_ext_key_usage, &critical, NULL);
	if (eku == NULL || critical != 1 || sk_ASN1_OBJECT_num(eku) != 1)
		return 0;
	OBJ_obj2txt(text, sizeof(text), sk_ASN1_OBJECT_value(eku, 0), 1);
	return strcmp(text, TIME_STAMPING) == 0;
}

void
trust_judge(const struct cms_case *c, const struct cms_shape *shape,
    struct judged *j, struct inspect_verdict *v)
{
	EVP_PKEY *key = X509_get0_pubkey(j->signer);
	int needs_ess = c->filter == INSPECT_FILTER_CADES || v->is_stamp;

	if (shape->digest == CMS_SHA1)
		verdict_doubt(
		    v, "CRYPTO_CONSTRAINTS_FAILURE", "digest-too-weak");
	if (key == NULL || EVP_PKEY_get_security_bits(key) < SECURITY_BITS_MIN)
		verdict_doubt(v, "CRYPTO_CONSTRAINTS_FAILURE", "key-too-small");
	/* A time stamp is nothing but its authority's word, so said. */
	if (v->is_stamp && (!shape->has_ess || !may_stamp_times(j->signer)))
		v->integrity = INTEGRITY_INDET;
	if (needs_ess && !shape->has_ess)
		verdict_doubt(v, "SIG_CONSTRAINTS_FAILURE",
		    "signing-certificate-attribute-missing");
	if (shape->has_ess && !ess_matches(j->si, j->signer)) {
		/* Of another certificate with this key: not what was signed. */
		v->integrity = INTEGRITY_INDET;
		verdict_doubt(v, "NO_SIGNING_CERTIFICATE_FOUND",
		    "signing-certificate-attribute-wrong");
	}
	if (v->is_stamp ? !may_stamp_times(j->signer)
			: !may_sign_documents(j->signer))
		verdict_doubt(v, "CHAIN_CONSTRAINTS_FAILURE", "key-usage");
	judge_chain(c, shape, j, v);
}
