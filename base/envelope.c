#include "base/envelope.h"

#include <string.h>

#define LABEL "sceau/intake/1"
#define INFO_LEN (sizeof(LABEL) + ID_LEN + 2 * P256_PUB_LEN)

int
envelope_key_id(const uint8_t pub[P256_PUB_LEN], struct id *out, struct err *e)
{
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, pub, P256_PUB_LEN, sum, e)) < 0)
		return r;
	memcpy(out->b, sum, ID_LEN);
	return 0;
}

int
envelope_decode(
    const void *p, size_t n, struct envelope_head *out, struct err *e)
{
	const uint8_t *at = p;

	if (n < ENVELOPE_HEAD ||
	    memcmp(at, ENVELOPE_MAGIC, ENVELOPE_MAGIC_LEN) != 0 ||
	    at[ENVELOPE_MAGIC_LEN + ID_LEN] != 4)
		return err_tag(
		    e, ERR_REFUSED, "form-file", "not a form's sealed file");
	at += ENVELOPE_MAGIC_LEN;
	memcpy(out->key.b, at, ID_LEN);
	memcpy(out->ephemeral, at + ID_LEN, P256_PUB_LEN);
	return 0;
}

int
envelope_derive(const uint8_t mine[P256_KEY_LEN],
    const uint8_t other[P256_PUB_LEN], const struct envelope_ends *ends,
    struct secret *key, struct err *e)
{
	AUTO(secret_done) struct secret shared = { 0 };
	AUTO(secret_done) struct secret got = { 0 };
	uint8_t info[INFO_LEN], *p = info;
	int r;

	/* The label's NUL ends it. */
	memcpy(p, LABEL, sizeof(LABEL));
	p += sizeof(LABEL);
	memcpy(p, ends->vault.b, ID_LEN);
	p += ID_LEN;
	memcpy(p, ends->ephemeral, P256_PUB_LEN);
	memcpy(p + P256_PUB_LEN, ends->recipient, P256_PUB_LEN);
	if ((r = secret_init(&shared, 32, e)) < 0 ||
	    (r = secret_init(&got, SECRET_KEY_LEN, e)) < 0)
		return r;
	if (p256_ecdh(mine, other, shared.p, e) < 0)
		return err_set(e, ERR_INTEGRITY, "envelope's key");
	if ((r = hkdf_sha256(shared.p, shared.len, NULL, 0, info, INFO_LEN,
		 got.p, got.len, e)) < 0)
		return r;
	secret_move(key, &got);
	return 0;
}

void
envelope_context(
    const struct id *vault, const struct id *key, struct seal_context *out)
{
	*out = (struct seal_context){ .type = SEAL_FORM,
		.vault = *vault,
		.document = *key,
		.version = 1 };
}

int
envelope_seal(const struct id *vault, const uint8_t recipient[P256_PUB_LEN],
    const void *p, size_t n, struct buf *out, struct err *e)
{
	AUTO(secret_done) struct secret once = { 0 };
	AUTO(secret_done) struct secret key = { 0 };
	AUTO(buf_done) struct buf made = { 0 };
	uint8_t pub[P256_PUB_LEN];
	struct envelope_ends ends = { *vault, pub, recipient };
	struct seal_context c;
	struct id id;
	int r;

	if ((r = secret_init(&once, P256_KEY_LEN, e)) < 0 ||
	    (r = p256_generate(once.p, pub, e)) < 0 ||
	    (r = envelope_key_id(recipient, &id, e)) < 0)
		return r;
	if (envelope_derive(once.p, recipient, &ends, &key, e) < 0)
		return err_set(e, ERR_INVALID, "not a key of the curve");
	envelope_context(vault, &id, &c);
	if ((r = buf_addstr(&made, ENVELOPE_MAGIC, e)) < 0 ||
	    (r = buf_add(&made, id.b, ID_LEN, e)) < 0 ||
	    (r = buf_add(&made, pub, sizeof(pub), e)) < 0 ||
	    (r = seal_bytes(key.p, &c, p, n, &made, e)) < 0)
		return r;
	return buf_add(out, made.p, made.len, e);
}
