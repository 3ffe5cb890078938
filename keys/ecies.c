#include "keys/ecies.h"

#include <string.h>

#define LABEL "sceau/ecies/1"
#define INFO_LEN (sizeof(LABEL) + ID_LEN + 4 + 2 * P256_PUB_LEN)
#define DERIVED (SECRET_KEY_LEN + GCM_NONCE_LEN) /* key, then nonce */

/* The two ends of an exchange, as both sides see them. */
struct ends {
	const uint8_t *ephemeral, *recipient; /* public keys */
};

static void
info_of(const struct ecies_context *c, const struct ends *ends,
    uint8_t out[INFO_LEN])
{
	uint8_t *p = out;

	/* The label's NUL ends it. */
	memcpy(p, LABEL, sizeof(LABEL));
	p += sizeof(LABEL);
	memcpy(p, c->vault.b, ID_LEN);
	p += ID_LEN;
	*p++ = (uint8_t)(c->generation >> 24);
	*p++ = (uint8_t)(c->generation >> 16);
	*p++ = (uint8_t)(c->generation >> 8);
	*p++ = (uint8_t)c->generation;
	memcpy(p, ends->ephemeral, P256_PUB_LEN);
	memcpy(p + P256_PUB_LEN, ends->recipient, P256_PUB_LEN);
}

/* The cipher's key and nonce from mine and the other side's public key. */
static int
derive(const uint8_t mine[P256_KEY_LEN], const uint8_t other[P256_PUB_LEN],
    const struct ecies_context *c, const struct ends *ends, struct secret *out,
    struct err *e)
{
	AUTO(secret_done) struct secret shared = { 0 };
	AUTO(secret_done) struct secret got = { 0 };
	uint8_t info[INFO_LEN];
	int r;

	info_of(c, ends, info);
	if ((r = secret_init(&shared, 32, e)) < 0 ||
	    (r = secret_init(&got, DERIVED, e)) < 0 ||
	    (r = p256_ecdh(mine, other, shared.p, e)) < 0 ||
	    (r = hkdf_sha256(shared.p, shared.len, NULL, 0, info, INFO_LEN,
		 got.p, DERIVED, e)) < 0)
		return r;
	secret_move(out, &got);
	return 0;
}

int
ecies_wrap(const uint8_t to[P256_PUB_LEN], const struct ecies_context *c,
    const struct secret *key, uint8_t out[ECIES_LEN], struct err *e)
{
	AUTO(secret_done) struct secret once = { 0 };
	AUTO(secret_done) struct secret derived = { 0 };
	AUTO(gcm_freep) struct gcm *g = NULL;
	uint8_t made[ECIES_LEN];
	struct ends ends = { .ephemeral = made, .recipient = to };
	int r;

	if (key->len != SECRET_KEY_LEN)
		return err_set(
		    e, ERR_INTERNAL, "wrap of a key of %zu bytes", key->len);
	if ((r = secret_init(&once, P256_KEY_LEN, e)) < 0 ||
	    (r = p256_generate(once.p, made, e)) < 0 ||
	    (r = derive(once.p, to, c, &ends, &derived, e)) < 0 ||
	    (r = gcm_new(derived.p, &g, e)) < 0 ||
	    (r = gcm_seal(g, derived.p + SECRET_KEY_LEN, key->p, key->len,
		 made + P256_PUB_LEN, e)) < 0)
		return r;
	memcpy(out, made, ECIES_LEN);
	return 0;
}

int
ecies_unwrap(const uint8_t mine[P256_KEY_LEN], const uint8_t pub[P256_PUB_LEN],
    const struct ecies_context *c, const uint8_t in[ECIES_LEN],
    struct secret *key, struct err *e)
{
	AUTO(secret_done) struct secret derived = { 0 };
	AUTO(secret_done) struct secret got = { 0 };
	AUTO(gcm_freep) struct gcm *g = NULL;
	struct ends ends = { .ephemeral = in, .recipient = pub };
	int r;

	/* A point off the curve is damage, not a fault of ours. */
	if (derive(mine, in, c, &ends, &derived, e) < 0)
		return err_set(e, ERR_INTEGRITY, "wrapped key");
	if ((r = secret_init(&got, SECRET_KEY_LEN, e)) < 0 ||
	    (r = gcm_new(derived.p, &g, e)) < 0)
		return r;
	if (gcm_open(g, derived.p + SECRET_KEY_LEN, in + P256_PUB_LEN,
		SECRET_KEY_LEN + GCM_TAG_LEN, got.p, e) < 0)
		return err_set(e, ERR_INTEGRITY, "wrapped key");
	secret_move(key, &got);
	return 0;
}
