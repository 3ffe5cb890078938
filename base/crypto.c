#include "base/crypto.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <openssl/param_build.h>
#include <openssl/rand.h>
#include <pthread.h>

#include "base/secret.h"

#define RSA_BITS_MIN 2048
#define RSA_BYTES_MAX 1024 /* 8192 bits; larger ones only cost time */
#define RSA_EXP_MAX 8	   /* bytes of a public exponent */
#define SCRYPT_N_MAX (UINT64_C(1) << 24)
#define SCRYPT_RP_MAX 1024

/* OpenSSL's last error in our shape; its queue is emptied. */
static int
fail(struct err *e, const char *what)
{
	unsigned long code = ERR_peek_last_error();
	const char *reason = ERR_reason_error_string(code);
	enum err_code c = ERR_INTERNAL;

	if (code != 0 && ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE)
		c = ERR_NOMEM;
	ERR_clear_error();
	return err_set(
	    e, c, "%s: %s", what, reason != NULL ? reason : "failed");
}

/* A check that said no: the queue holds noise we do not keep. */
static int
wrong(struct err *e, const char *what)
{
	ERR_clear_error();
	return err_set(e, ERR_INTEGRITY, "%s: wrong signature", what);
}

int
crypto_random(void *p, size_t n, struct err *e)
{
	uint8_t *at = p;
	size_t step;

	for (; n > 0; at += step, n -= step) {
		step = n < INT_MAX ? n : INT_MAX;
		if (RAND_bytes(at, (int)step) != 1)
			return fail(e, "random bytes");
	}
	return 0;
}

/*
 * The digest algorithms, fetched once: an implicit fetch at each use costs
 * more than the digest of a Merkle node.
 */
static EVP_MD *mds[DIGEST_ALGS];
static pthread_once_t mds_once = PTHREAD_ONCE_INIT;
static const struct {
	const char *name;
	size_t len;
} algorithms[DIGEST_ALGS] = {
	[DIGEST_SHA1] = { "SHA1", 20 },
	[DIGEST_SHA224] = { "SHA224", 28 },
	[DIGEST_SHA256] = { "SHA256", 32 },
	[DIGEST_SHA384] = { "SHA384", 48 },
	[DIGEST_SHA512] = { "SHA512", 64 },
	[DIGEST_SHA3_256] = { "SHA3-256", 32 },
	[DIGEST_SHA3_384] = { "SHA3-384", 48 },
	[DIGEST_SHA3_512] = { "SHA3-512", 64 },
};

static void
mds_fetch(void)
{
	size_t i;

	for (i = 0; i < DIGEST_ALGS; i++)
		mds[i] = EVP_MD_fetch(NULL, algorithms[i].name, NULL);
}

size_t
digest_len(enum digest_alg a)
{
	return (unsigned)a < DIGEST_ALGS ? algorithms[a].len : 0;
}

static int
md_get(enum digest_alg a, const EVP_MD **out, struct err *e)
{
	pthread_once(&mds_once, mds_fetch);
	if ((unsigned)a >= NELEMS(mds) || mds[a] == NULL)
		return err_set(e, ERR_INTERNAL, "digest algorithm %d", (int)a);
	*out = mds[a];
	return 0;
}

static void
md_ctx_freep(EVP_MD_CTX **c)
{
	EVP_MD_CTX_free(*c);
}

static void
pkey_freep(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

static void
pkey_ctx_freep(EVP_PKEY_CTX **c)
{
	EVP_PKEY_CTX_free(*c);
}

static void
bn_freep(BIGNUM **b)
{
	BN_clear_free(*b);
}

static void
bld_freep(OSSL_PARAM_BLD **b)
{
	OSSL_PARAM_BLD_free(*b);
}

static void
params_freep(OSSL_PARAM **p)
{
	OSSL_PARAM_free(*p);
}

int
digest_of(
    enum digest_alg a, const void *p, size_t n, uint8_t *out, struct err *e)
{
	const EVP_MD *md = NULL;
	int r;

	if ((r = md_get(a, &md, e)) < 0)
		return r;
	if (EVP_Digest(p, n, out, NULL, md, NULL) != 1)
		return fail(e, "digest");
	return 0;
}

struct digest {
	EVP_MD_CTX *c;
};

int
digest_new(enum digest_alg a, struct digest **out, struct err *e)
{
	AUTO(digest_freep) struct digest *d = NULL;
	const EVP_MD *md = NULL;
	int r;

	if ((r = md_get(a, &md, e)) < 0)
		return r;
	if ((d = calloc(1, sizeof(*d))) == NULL)
		return err_set(e, ERR_NOMEM, "digest");
	if ((d->c = EVP_MD_CTX_new()) == NULL ||
	    EVP_DigestInit_ex(d->c, md, NULL) != 1)
		return fail(e, "digest");
	*out = TAKE(d);
	return 0;
}

int
digest_add(struct digest *d, const void *p, size_t n, struct err *e)
{
	if (EVP_DigestUpdate(d->c, p, n) != 1)
		return fail(e, "digest");
	return 0;
}

int
digest_final(struct digest *d, uint8_t *out, struct err *e)
{
	if (EVP_DigestFinal_ex(d->c, out, NULL) != 1)
		return fail(e, "digest");
	return 0;
}

int
digest_peek(const struct digest *d, uint8_t *out, struct err *e)
{
	AUTO(md_ctx_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();

	if (c == NULL || EVP_MD_CTX_copy_ex(c, d->c) != 1 ||
	    EVP_DigestFinal_ex(c, out, NULL) != 1)
		return fail(e, "digest");
	return 0;
}

int
digest_fork(const struct digest *d, struct digest **out, struct err *e)
{
	AUTO(digest_freep) struct digest *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return err_set(e, ERR_NOMEM, "digest");
	if ((f->c = EVP_MD_CTX_new()) == NULL ||
	    EVP_MD_CTX_copy_ex(f->c, d->c) != 1)
		return fail(e, "digest");
	*out = TAKE(f);
	return 0;
}

void
digest_freep(struct digest **d)
{
	if (*d != NULL)
		EVP_MD_CTX_free((*d)->c);
	free(*d);
	*d = NULL;
}

int
hmac_sha256(const void *key, size_t key_len, const void *p, size_t n,
    uint8_t out[SHA256_LEN], struct err *e)
{
	const EVP_MD *md = NULL;
	int r;

	if ((r = md_get(DIGEST_SHA256, &md, e)) < 0)
		return r;
	if (key_len > INT_MAX)
		return err_set(e, ERR_TOO_LARGE, "HMAC key");
	/* With a NULL key HMAC() would reuse another one. */
	if (HMAC(md, key != NULL ? key : "", (int)key_len, p, n, out, NULL) ==
	    NULL)
		return fail(e, "HMAC");
	return 0;
}

struct hkdf_args {
	const char *digest;
	int mode;
	const void *key, *salt, *context;
	size_t key_len, salt_len, context_len;
};

/* OSSL_PARAM has no const; nothing is written through it. */
static void *
unconst(const void *p)
{
	return (void *)(uintptr_t)(p != NULL ? p : "");
}

static int
hkdf(const struct hkdf_args *a, uint8_t *out, size_t out_len, struct err *e)
{
	int mode = a->mode, ok;
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *c = kdf != NULL ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(
		    OSSL_KDF_PARAM_DIGEST, unconst(a->digest), 0),
		OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_KEY, unconst(a->key), a->key_len),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_INFO, unconst(a->context), a->context_len),
		OSSL_PARAM_construct_octet_string(
		    OSSL_KDF_PARAM_SALT, unconst(a->salt), a->salt_len),
		OSSL_PARAM_END,
	};

	if (a->salt_len == 0)
		params[4] = OSSL_PARAM_construct_end();
	ok = c != NULL && EVP_KDF_derive(c, out, out_len, params) == 1;
	EVP_KDF_CTX_free(c);
	EVP_KDF_free(kdf);
	return ok ? 0 : fail(e, "HKDF");
}

int
hkdf_expand_sha512(const void *prk, size_t prk_len, const void *context,
    size_t context_len, uint8_t *out, size_t out_len, struct err *e)
{
	struct hkdf_args a = { .digest = "SHA512",
		.mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY,
		.key = prk,
		.key_len = prk_len,
		.context = context,
		.context_len = context_len };

	return hkdf(&a, out, out_len, e);
}

int
hkdf_sha256(const void *ikm, size_t ikm_len, const void *salt, size_t salt_len,
    const void *context, size_t context_len, uint8_t *out, size_t out_len,
    struct err *e)
{
	struct hkdf_args a = { .digest = "SHA256",
		.mode = EVP_KDF_HKDF_MODE_EXTRACT_AND_EXPAND,
		.key = ikm,
		.key_len = ikm_len,
		.salt = salt,
		.salt_len = salt_len,
		.context = context,
		.context_len = context_len };

	return hkdf(&a, out, out_len, e);
}

int
scrypt(const void *pass, size_t pass_len, const void *salt, size_t salt_len,
    uint64_t n, uint32_t r, uint32_t p, uint8_t *out, size_t out_len,
    struct err *e)
{
	uint64_t maxmem;

	if (n > SCRYPT_N_MAX || r > SCRYPT_RP_MAX || p > SCRYPT_RP_MAX)
		return err_set(e, ERR_INVALID, "scrypt: parameters too large");
	/* RFC 7914, 2: V, B and T; then some room (the default is 32 MiB). */
	maxmem = 128 * n * r + 128 * (uint64_t)r * p + 1024 * (uint64_t)r +
		 (1 << 20);
	if (EVP_PBE_scrypt(unconst(pass), pass_len, unconst(salt), salt_len, n,
		r, p, maxmem, out, out_len) != 1)
		return fail(e, "scrypt");
	return 0;
}

struct gcm {
	EVP_CIPHER_CTX *c;
};

int
gcm_new(const uint8_t key[32], struct gcm **out, struct err *e)
{
	AUTO(gcm_freep) struct gcm *g = calloc(1, sizeof(*g));

	if (g == NULL)
		return err_set(e, ERR_NOMEM, "cipher");
	if ((g->c = EVP_CIPHER_CTX_new()) == NULL ||
	    EVP_CipherInit_ex(g->c, EVP_aes_256_gcm(), NULL, key, NULL, 1) != 1)
		return fail(e, "AES-256-GCM");
	*out = TAKE(g);
	return 0;
}

/* One message; out gets n bytes. enc as EVP_CipherInit_ex has it. */
static int
gcm_run(struct gcm *g, int enc, const uint8_t nonce[GCM_NONCE_LEN],
    const void *p, size_t n, uint8_t *out)
{
	int len;

	return n <= INT_MAX &&
	       EVP_CipherInit_ex(g->c, NULL, NULL, NULL, nonce, enc) == 1 &&
	       (n == 0 || EVP_CipherUpdate(g->c, out, &len, p, (int)n) == 1);
}

int
gcm_seal(struct gcm *g, const uint8_t nonce[GCM_NONCE_LEN], const void *p,
    size_t n, uint8_t *out, struct err *e)
{
	uint8_t none[GCM_TAG_LEN];
	int len;

	if (!gcm_run(g, 1, nonce, p, n, out) ||
	    EVP_CipherFinal_ex(g->c, none, &len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(
		g->c, EVP_CTRL_AEAD_GET_TAG, GCM_TAG_LEN, out + n) != 1)
		return fail(e, "AES-256-GCM");
	return 0;
}

int
gcm_open(struct gcm *g, const uint8_t nonce[GCM_NONCE_LEN], const void *p,
    size_t n, uint8_t *out, struct err *e)
{
	uint8_t tag[GCM_TAG_LEN], none[GCM_TAG_LEN];
	int len;

	if (n < GCM_TAG_LEN)
		return err_set(e, ERR_INTEGRITY, "sealed chunk too short");
	n -= GCM_TAG_LEN;
	memcpy(tag, (const uint8_t *)p + n, GCM_TAG_LEN);
	if (!gcm_run(g, 0, nonce, p, n, out) ||
	    EVP_CIPHER_CTX_ctrl(
		g->c, EVP_CTRL_AEAD_SET_TAG, GCM_TAG_LEN, tag) != 1) {
		secret_wipe(out, n);
		return fail(e, "AES-256-GCM");
	}
	if (EVP_CipherFinal_ex(g->c, none, &len) != 1) {
		secret_wipe(out, n);
		ERR_clear_error();
		return err_set(
		    e, ERR_INTEGRITY, "a sealed chunk does not authenticate");
	}
	return 0;
}

void
gcm_freep(struct gcm **g)
{
	if (*g != NULL)
		EVP_CIPHER_CTX_free((*g)->c); /* wipes the key schedule */
	free(*g);
	*g = NULL;
}

int
ed25519_public(
    const uint8_t seed[ED25519_LEN], uint8_t pub[ED25519_LEN], struct err *e)
{
	AUTO(pkey_freep) EVP_PKEY *k = NULL;
	size_t len = ED25519_LEN;

	k = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, seed, ED25519_LEN);
	if (k == NULL || EVP_PKEY_get_raw_public_key(k, pub, &len) != 1)
		return fail(e, "Ed25519");
	return 0;
}

int
ed25519_sign(const uint8_t seed[ED25519_LEN], const void *p, size_t n,
    uint8_t sig[ED25519_SIG_LEN], struct err *e)
{
	AUTO(pkey_freep) EVP_PKEY *k = NULL;
	AUTO(md_ctx_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t len = ED25519_SIG_LEN;

	k = EVP_PKEY_new_raw_private_key(
	    EVP_PKEY_ED25519, NULL, seed, ED25519_LEN);
	if (k == NULL || c == NULL ||
	    EVP_DigestSignInit(c, NULL, NULL, NULL, k) != 1 ||
	    EVP_DigestSign(c, sig, &len, p, n) != 1)
		return fail(e, "Ed25519");
	return 0;
}

int
ed25519_verify(const uint8_t pub[ED25519_LEN], const void *p, size_t n,
    const uint8_t sig[ED25519_SIG_LEN], struct err *e)
{
	AUTO(pkey_freep) EVP_PKEY *k = NULL;
	AUTO(md_ctx_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();

	k = EVP_PKEY_new_raw_public_key(
	    EVP_PKEY_ED25519, NULL, pub, ED25519_LEN);
	if (k == NULL || c == NULL ||
	    EVP_DigestVerifyInit(c, NULL, NULL, NULL, k) != 1)
		return fail(e, "Ed25519");
	if (EVP_DigestVerify(c, sig, ED25519_SIG_LEN, p, n) != 1)
		return wrong(e, "Ed25519");
	return 0;
}

/* A key of type from what was pushed on b; selection as EVP_PKEY_fromdata. */
static int
pkey_build(const char *type, int selection, OSSL_PARAM_BLD *b, EVP_PKEY **out)
{
	AUTO(pkey_ctx_freep) EVP_PKEY_CTX *c = NULL;
	AUTO(params_freep) OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(b);

	c = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	return c != NULL && params != NULL && EVP_PKEY_fromdata_init(c) == 1 &&
	       EVP_PKEY_fromdata(c, out, selection, params) == 1;
}

/* ERR_INVALID unless pub is a point of the curve. */
static int
p256_public_key(const uint8_t pub[P256_PUB_LEN], EVP_PKEY **out, struct err *e)
{
	AUTO(bld_freep) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();

	if (pub[0] != 4)
		return err_set(e, ERR_INVALID,
		    "P-256: not an uncompressed "
		    "point");
	if (b == NULL ||
	    !OSSL_PARAM_BLD_push_utf8_string(
		b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
	    !OSSL_PARAM_BLD_push_octet_string(
		b, OSSL_PKEY_PARAM_PUB_KEY, pub, P256_PUB_LEN))
		return fail(e, "P-256");
	if (!pkey_build("EC", EVP_PKEY_PUBLIC_KEY, b, out)) {
		ERR_clear_error();
		return err_set(e, ERR_INVALID, "P-256: not a public key");
	}
	return 0;
}

/* SEC 2, 2.4.2: the order of the group. */
static const uint8_t p256_order[P256_KEY_LEN] = { 0xff, 0xff, 0xff, 0xff, 0, 0,
	0, 0, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc, 0xe6, 0xfa,
	0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25,
	0x51 };

static int
p256_private_key(const uint8_t key[P256_KEY_LEN], EVP_PKEY **out, struct err *e)
{
	static const uint8_t zero[P256_KEY_LEN];
	AUTO(bld_freep) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	AUTO(bn_freep) BIGNUM *d = BN_secure_new();

	if (secret_equal(key, zero, P256_KEY_LEN) ||
	    memcmp(key, p256_order, P256_KEY_LEN) >= 0)
		return err_set(e, ERR_INVALID, "P-256: not a private key");
	if (b == NULL || d == NULL || BN_bin2bn(key, P256_KEY_LEN, d) == NULL ||
	    !OSSL_PARAM_BLD_push_utf8_string(
		b, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) ||
	    !OSSL_PARAM_BLD_push_BN_pad(
		b, OSSL_PKEY_PARAM_PRIV_KEY, d, P256_KEY_LEN) ||
	    !pkey_build("EC", EVP_PKEY_KEYPAIR, b, out))
		return fail(e, "P-256");
	return 0;
}

int
p256_generate(
    uint8_t key[P256_KEY_LEN], uint8_t pub[P256_PUB_LEN], struct err *e)
{
	AUTO(pkey_freep) EVP_PKEY *k = EVP_EC_gen("P-256");
	AUTO(bn_freep) BIGNUM *d = BN_secure_new();
	size_t len = 0;

	if (k == NULL || d == NULL ||
	    EVP_PKEY_get_bn_param(k, OSSL_PKEY_PARAM_PRIV_KEY, &d) != 1 ||
	    EVP_PKEY_get_octet_string_param(
		k, OSSL_PKEY_PARAM_PUB_KEY, pub, P256_PUB_LEN, &len) != 1 ||
	    len != P256_PUB_LEN ||
	    BN_bn2binpad(d, key, P256_KEY_LEN) != P256_KEY_LEN)
		return fail(e, "P-256");
	return 0;
}

int
p256_sign(const uint8_t key[P256_KEY_LEN], const void *p, size_t n,
    uint8_t *sig, size_t *sig_len, struct err *e)
{
	AUTO(pkey_freep) EVP_PKEY *k = NULL;
	AUTO(md_ctx_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	const EVP_MD *md = NULL;
	int r;

	if (*sig_len < P256_SIG_MAX)
		return err_set(e, ERR_INTERNAL, "P-256: no room to sign");
	if ((r = md_get(DIGEST_SHA256, &md, e)) < 0 ||
	    (r = p256_private_key(key, &k, e)) < 0)
		return r;
	if (c == NULL || EVP_DigestSignInit(c, NULL, md, NULL, k) != 1 ||
	    EVP_DigestSign(c, sig, sig_len, p, n) != 1)
		return fail(e, "P-256");
	return 0;
}

int
p256_verify(const uint8_t pub[P256_PUB_LEN], const void *p, size_t n,
    const uint8_t *sig, size_t sig_len, struct err *e)
{
	AUTO(pkey_freep) EVP_PKEY *k = NULL;
	AUTO(md_ctx_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	const EVP_MD *md = NULL;
	int r;

	if ((r = md_get(DIGEST_SHA256, &md, e)) < 0 ||
	    (r = p256_public_key(pub, &k, e)) < 0)
		return r;
	if (c == NULL || EVP_DigestVerifyInit(c, NULL, md, NULL, k) != 1)
		return fail(e, "P-256");
	if (EVP_DigestVerify(c, sig, sig_len, p, n) != 1)
		return wrong(e, "P-256");
	return 0;
}

static int
rsa_public_key(const uint8_t *mod, size_t mod_len, const uint8_t *exp,
    size_t exp_len, EVP_PKEY **out, struct err *e)
{
	AUTO(bld_freep) OSSL_PARAM_BLD *b = OSSL_PARAM_BLD_new();
	AUTO(bn_freep) BIGNUM *bn_n = NULL;
	AUTO(bn_freep) BIGNUM *bn_e = NULL;

	bn_n = BN_bin2bn(mod, (int)mod_len, NULL);
	bn_e = BN_bin2bn(exp, (int)exp_len, NULL);
	if (b == NULL || bn_n == NULL || bn_e == NULL)
		return fail(e, "RSA");
	if (BN_num_bits(bn_n) < RSA_BITS_MIN || !BN_is_odd(bn_n) ||
	    !BN_is_odd(bn_e) || BN_is_one(bn_e))
		return err_set(
		    e, ERR_INVALID, "RSA: key of %d bits", BN_num_bits(bn_n));
	if (!OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_N, bn_n) ||
	    !OSSL_PARAM_BLD_push_BN(b, OSSL_PKEY_PARAM_RSA_E, bn_e) ||
	    !pkey_build("RSA", EVP_PKEY_PUBLIC_KEY, b, out))
		return fail(e, "RSA");
	return 0;
}

int
rsa_verify(enum digest_alg a, const uint8_t *mod, size_t mod_len,
    const uint8_t *exp, size_t exp_len, const void *p, size_t n,
    const uint8_t *sig, size_t sig_len, struct err *e)
{
	AUTO(pkey_freep) EVP_PKEY *k = NULL;
	AUTO(md_ctx_freep) EVP_MD_CTX *c = EVP_MD_CTX_new();
	const EVP_MD *md = NULL;
	int r;

	for (; mod_len > 0 && mod[0] == 0; mod++, mod_len--)
		;
	if (mod_len > RSA_BYTES_MAX || exp_len > RSA_EXP_MAX)
		return err_set(e, ERR_INVALID, "RSA: key too large");
	if (a != DIGEST_SHA256 && a != DIGEST_SHA512)
		return err_set(e, ERR_INVALID, "RSA: digest not accepted");
	if ((r = md_get(a, &md, e)) < 0 ||
	    (r = rsa_public_key(mod, mod_len, exp, exp_len, &k, e)) < 0)
		return r;
	if (c == NULL || EVP_DigestVerifyInit(c, NULL, md, NULL, k) != 1)
		return fail(e, "RSA");
	if (EVP_DigestVerify(c, sig, sig_len, p, n) != 1)
		return wrong(e, "RSA");
	return 0;
}

int
p256_ecdh(const uint8_t key[P256_KEY_LEN], const uint8_t peer[P256_PUB_LEN],
    uint8_t out[32], struct err *e)
{
	AUTO(pkey_freep) EVP_PKEY *k = NULL;
	AUTO(pkey_freep) EVP_PKEY *other = NULL;
	AUTO(pkey_ctx_freep) EVP_PKEY_CTX *c = NULL;
	size_t len = 32;
	int r;

	if ((r = p256_private_key(key, &k, e)) < 0 ||
	    (r = p256_public_key(peer, &other, e)) < 0)
		return r;
	c = EVP_PKEY_CTX_new_from_pkey(NULL, k, NULL);
	if (c == NULL || EVP_PKEY_derive_init(c) != 1 ||
	    EVP_PKEY_derive_set_peer(c, other) != 1 ||
	    EVP_PKEY_derive(c, out, &len) != 1 || len != 32)
		return fail(e, "ECDH");
	return 0;
}

int
crypto_init(struct err *e)
{
	AUTO(gcm_freep) struct gcm *g = NULL;
	uint8_t seed[ED25519_LEN], out[P256_PUB_LEN], key[P256_KEY_LEN];
	uint8_t sig[P256_SIG_MAX];
	size_t len = sizeof(sig);
	int r;

	if (OPENSSL_init_crypto(
		OPENSSL_INIT_NO_LOAD_CONFIG | OPENSSL_INIT_LOAD_CRYPTO_STRINGS,
		NULL) != 1)
		return fail(e, "OpenSSL");
	/* One of each, so that later calls find everything in memory. */
	if ((r = crypto_random(seed, sizeof(seed), e)) < 0 ||
	    (r = gcm_new(seed, &g, e)) < 0 ||
	    (r = ed25519_public(seed, out, e)) < 0 ||
	    (r = hkdf_sha256(seed, sizeof(seed), NULL, 0, NULL, 0, key,
		 sizeof(key), e)) < 0 ||
	    (r = p256_generate(key, out, e)) < 0 ||
	    (r = p256_sign(key, seed, sizeof(seed), sig, &len, e)) < 0)
		return r;
	return p256_verify(out, seed, sizeof(seed), sig, len, e);
}
