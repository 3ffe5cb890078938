#include "keys/certificate.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <string.h>

#define SERIAL_LEN 16  /* random bytes of a serial number */
#define NAME_MAX_CN 64 /* ub-common-name, RFC 5280, A.1 */

#define FREEP(name, type, free_fn)                                             \
	static void name(type **p)                                             \
	{                                                                      \
		free_fn(*p);                                                   \
		*p = NULL;                                                     \
	}
FREEP(x509_freep, X509, X509_free)
FREEP(pkey_freep, EVP_PKEY, EVP_PKEY_free)
FREEP(pkey_ctx_freep, EVP_PKEY_CTX, EVP_PKEY_CTX_free)
FREEP(params_freep, OSSL_PARAM, OSSL_PARAM_free)
FREEP(build_freep, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free)
FREEP(bn_freep, BIGNUM, BN_clear_free)
FREEP(ext_freep, X509_EXTENSION, X509_EXTENSION_free)

static int
fail(struct err *e, const char *what)
{
	ERR_clear_error();
	return err_set(e, ERR_INTERNAL, "certificate: %s", what);
}

static int
pair_params(const struct certificate_spec *s, OSSL_PARAM **out, struct err *e)
{
	AUTO(build_freep) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	AUTO(bn_freep) BIGNUM *d = BN_secure_new();

	if (b == NULL || d == NULL ||
	    BN_bin2bn(s->key, P256_KEY_LEN, d) == NULL ||
	    OSSL_PARAM_BLD_push_utf8_string(
		b, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
	    OSSL_PARAM_BLD_push_octet_string(
		b, OSSL_PKEY_PARAM_PUB_KEY, s->pub, P256_PUB_LEN) != 1 ||
	    OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_PRIV_KEY, d) != 1 ||
	    (*out = OSSL_PARAM_BLD_to_param(b)) == NULL)
		return fail(e, "key");
	return 0;
}

static int
pair_new(const struct certificate_spec *s, EVP_PKEY **out, struct err *e)
{
	AUTO(params_freep) OSSL_PARAM *params = NULL;
	AUTO(pkey_ctx_freep) EVP_PKEY_CTX *c = NULL;
	int r;

	if ((r = pair_params(s, &params, e)) < 0)
		return r;
	c = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (c == NULL || EVP_PKEY_fromdata_init(c) != 1 ||
	    EVP_PKEY_fromdata(c, out, EVP_PKEY_KEYPAIR, params) != 1)
		return fail(e, "key pair");
	return 0;
}

static int
set_serial(X509 *x, struct err *e)
{
	AUTO(bn_freep) BIGNUM *n = NULL;
	uint8_t b[SERIAL_LEN];
	int r;

	if ((r = crypto_random(b, sizeof(b), e)) < 0)
		return r;
	b[0] = (b[0] & 0x7f) | 0x40; /* positive, and always 16 bytes */
	if ((n = BN_bin2bn(b, sizeof(b), NULL)) == NULL ||
	    BN_to_ASN1_INTEGER(n, X509_get_serialNumber(x)) == NULL)
		return fail(e, "serial");
	return 0;
}

static int
set_name(X509 *x, const char *origin, struct err *e)
{
	X509_NAME *name = X509_get_subject_name(x);

	if (origin[0] == '\0' || strlen(origin) > NAME_MAX_CN)
		return err_set(e, ERR_INVALID,
		    "origin: 1 to %d characters are needed", NAME_MAX_CN);
	if (X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		(const unsigned char *)origin, -1, -1, 0) != 1 ||
	    X509_set_issuer_name(x, name) != 1)
		return fail(e, "name");
	return 0;
}

static int
set_times(X509 *x, int64_t from_ms, struct err *e)
{
	time_t from = (time_t)(from_ms / 1000);
	int days = CERTIFICATE_YEARS * 365 + CERTIFICATE_YEARS / 4;

	if (ASN1_TIME_adj(X509_getm_notBefore(x), from, 0, 0) == NULL ||
	    ASN1_TIME_adj(X509_getm_notAfter(x), from, days, 0) == NULL)
		return fail(e, "times");
	return 0;
}

static int
add_extension(X509 *x, int nid, const char *value, struct err *e)
{
	AUTO(ext_freep) X509_EXTENSION *ext = NULL;
	X509V3_CTX c;

	X509V3_set_ctx(&c, x, x, NULL, NULL, 0);
	ext = X509V3_EXT_conf_nid(NULL, &c, nid, value);
	if (ext == NULL || X509_add_ext(x, ext, -1) != 1)
		return fail(e, "extension");
	return 0;
}

static int
append_der(struct buf *out, int n, unsigned char *der, struct err *e)
{
	int r;

	if (n <= 0)
		return fail(e, "encoding");
	r = buf_add(out, der, (size_t)n, e);
	OPENSSL_free(der);
	return r;
}

int
certificate_make(
    const struct certificate_spec *spec, struct buf *out, struct err *e)
{
	AUTO(x509_freep) X509 *x = X509_new();
	AUTO(pkey_freep) EVP_PKEY *pair = NULL;
	unsigned char *der = NULL;
	int n, r;

	if (x == NULL || X509_set_version(x, X509_VERSION_3) != 1)
		return fail(e, "version");
	if ((r = pair_new(spec, &pair, e)) < 0 || (r = set_serial(x, e)) < 0 ||
	    (r = set_name(x, spec->origin, e)) < 0 ||
	    (r = set_times(x, spec->from_ms, e)) < 0)
		return r;
	if (X509_set_pubkey(x, pair) != 1)
		return fail(e, "public key");
	if ((r = add_extension(
		 x, NID_basic_constraints, "critical,CA:FALSE", e)) < 0 ||
	    (r = add_extension(
		 x, NID_key_usage, "critical,digitalSignature", e)) < 0 ||
	    (r = add_extension(x, NID_subject_key_identifier, "hash", e)) < 0)
		return r;
	if (X509_sign(x, pair, EVP_sha256()) == 0)
		return fail(e, "signature");
	n = i2d_X509(x, &der);
	return append_der(out, n, der, e);
}

int
certificate_names(const void *der, size_t n, struct buf *issuer,
    struct buf *serial, struct err *e)
{
	AUTO(x509_freep) X509 *x = NULL;
	const unsigned char *p = der;
	unsigned char *name = NULL, *number = NULL;
	int len, r;

	if (n > LONG_MAX || (x = d2i_X509(NULL, &p, (long)n)) == NULL ||
	    p != (const unsigned char *)der + n) {
		ERR_clear_error();
		return err_set(e, ERR_INVALID, "certificate");
	}
	len = i2d_X509_NAME(X509_get_issuer_name(x), &name);
	if ((r = append_der(issuer, len, name, e)) < 0)
		return r;
	len = i2d_ASN1_INTEGER(X509_get0_serialNumber(x), &number);
	return append_der(serial, len, number, e);
}
