/*
 * Primitives: the one file of base/ that calls OpenSSL. Constructions are
 * made elsewhere (seal, merkle, note, sshsig) from these.
 */
#ifndef BASE_CRYPTO_H
#define BASE_CRYPTO_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define SHA1_LEN 20
#define SHA256_LEN 32
#define SHA512_LEN 64
#define ED25519_LEN 32 /* a seed, and a public key */
#define ED25519_SIG_LEN 64
#define P256_PUB_LEN 65 /* uncompressed point, SEC 1 */
#define P256_KEY_LEN 32 /* private scalar */
#define P256_SIG_MAX 72 /* DER ECDSA-Sig-Value */
#define GCM_TAG_LEN 16
#define GCM_NONCE_LEN 12

enum digest_alg {
	DIGEST_SHA1,
	DIGEST_SHA224,
	DIGEST_SHA256,
	DIGEST_SHA384,
	DIGEST_SHA512,
	DIGEST_SHA3_256,
	DIGEST_SHA3_384,
	DIGEST_SHA3_512
};
#define DIGEST_ALGS 8
#define DIGEST_MAX 64 /* bytes of the longest */

/*
 * For every main, before a system call filter and before any other call of
 * OpenSSL: load what it would load lazily (algorithms, random generator),
 * and no configuration file, whatever the environment says.
 */
int crypto_init(struct err *e) NODISCARD;

int crypto_random(void *p, size_t n, struct err *e) NODISCARD;

/* Its bytes; 0 for no such algorithm. */
size_t digest_len(enum digest_alg a);

/* One-shot digest; out has the algorithm's length. */
int digest_of(enum digest_alg a, const void *p, size_t n, uint8_t *out,
    struct err *e) NODISCARD;

/* Streaming digest. digest_final may be called once. */
struct digest;
int digest_new(enum digest_alg a, struct digest **out, struct err *e) NODISCARD;
int digest_add(struct digest *d, const void *p, size_t n, struct err *e)
    NODISCARD;
int digest_final(struct digest *d, uint8_t *out, struct err *e) NODISCARD;
/* The digest so far, leaving d usable. */
int digest_peek(const struct digest *d, uint8_t *out, struct err *e) NODISCARD;
/* Another of the same state, to go on from there. */
int digest_fork(const struct digest *d, struct digest **out, struct err *e)
    NODISCARD;
void digest_freep(struct digest **d);

int hmac_sha256(const void *key, size_t key_len, const void *p, size_t n,
    uint8_t out[SHA256_LEN], struct err *e) NODISCARD;
/* RFC 5869, Expand only, with HMAC-SHA-512. */
int hkdf_expand_sha512(const void *prk, size_t prk_len, const void *context,
    size_t context_len, uint8_t *out, size_t out_len, struct err *e) NODISCARD;
/* RFC 5869, Extract and Expand, with HMAC-SHA-256. */
int hkdf_sha256(const void *ikm, size_t ikm_len, const void *salt,
    size_t salt_len, const void *context, size_t context_len, uint8_t *out,
    size_t out_len, struct err *e) NODISCARD;
/* RFC 7914; maxmem is raised as N and r need. */
int scrypt(const void *pass, size_t pass_len, const void *salt, size_t salt_len,
    uint64_t n, uint32_t r, uint32_t p, uint8_t *out, size_t out_len,
    struct err *e) NODISCARD;

/* AES-256-GCM with an empty AAD; a context serves many chunks. */
struct gcm;
int gcm_new(const uint8_t key[32], struct gcm **out, struct err *e) NODISCARD;
/* out has n + GCM_TAG_LEN bytes. */
int gcm_seal(struct gcm *g, const uint8_t nonce[GCM_NONCE_LEN], const void *p,
    size_t n, uint8_t *out, struct err *e) NODISCARD;
/* n >= GCM_TAG_LEN; out has n - GCM_TAG_LEN bytes. ERR_INTEGRITY: wiped. */
int gcm_open(struct gcm *g, const uint8_t nonce[GCM_NONCE_LEN], const void *p,
    size_t n, uint8_t *out, struct err *e) NODISCARD;
void gcm_freep(struct gcm **g);

/* Ed25519, RFC 8032. The seed is the private key. */
int ed25519_public(const uint8_t seed[ED25519_LEN], uint8_t pub[ED25519_LEN],
    struct err *e) NODISCARD;
int ed25519_sign(const uint8_t seed[ED25519_LEN], const void *p, size_t n,
    uint8_t sig[ED25519_SIG_LEN], struct err *e) NODISCARD;
/* 0 right; ERR_INTEGRITY wrong. */
int ed25519_verify(const uint8_t pub[ED25519_LEN], const void *p, size_t n,
    const uint8_t sig[ED25519_SIG_LEN], struct err *e) NODISCARD;

/* P-256. key: the private scalar; pub: the uncompressed point. */
int p256_generate(uint8_t key[P256_KEY_LEN], uint8_t pub[P256_PUB_LEN],
    struct err *e) NODISCARD;
/* ECDSA over SHA-256(p): DER. *sig_len in: room, out: length. */
int p256_sign(const uint8_t key[P256_KEY_LEN], const void *p, size_t n,
    uint8_t *sig, size_t *sig_len, struct err *e) NODISCARD;
int p256_verify(const uint8_t pub[P256_PUB_LEN], const void *p, size_t n,
    const uint8_t *sig, size_t sig_len, struct err *e) NODISCARD;
/* RSA PKCS#1 v1.5 with SHA-256 or SHA-512, for SSHSIG of RSA keys.
 * mod, exp: big-endian magnitudes. ERR_INTEGRITY; ERR_INVALID under 2048
 * bits. */
int rsa_verify(enum digest_alg a, const uint8_t *mod, size_t mod_len,
    const uint8_t *exp, size_t exp_len, const void *p, size_t n,
    const uint8_t *sig, size_t sig_len, struct err *e) NODISCARD;
/* ECDH: the shared x-coordinate, 32 bytes (for ECIES in keys/). */
int p256_ecdh(const uint8_t key[P256_KEY_LEN], const uint8_t peer[P256_PUB_LEN],
    uint8_t out[32], struct err *e) NODISCARD;

#endif
