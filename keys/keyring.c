#include "keys/keyring.h"

#include <string.h>

#include "base/rw.h"
#include "keys/certificate.h"
#include "keys/sealfile.h"

#define MONTH_TEXT (4 + 1 + SECRET_KEY_LEN)
#define TEXT_MAX                                                               \
	(4 + 5 * 32 + 4 + KEYRING_CERT_MAX + 4 +                               \
	    KEYRING_MONTHS_MAX * MONTH_TEXT + P256_KEY_LEN + P256_PUB_LEN)

static const char keyring_name[] = "keyring";

void
keyring_done(struct keyring *r)
{
	secret_done(&r->memory);
	buf_done(&r->certificate);
	memset(r, 0, sizeof(*r));
}

void
keyring_move(struct keyring *to, struct keyring *from)
{
	*to = *from;
	memset(from, 0, sizeof(*from));
}

static int
keyring_alloc(struct keyring *r, struct err *e)
{
	int ret = secret_init(&r->memory, sizeof(struct keyring_keys), e);

	/* Page-aligned, so the struct's alignment holds. */
	r->k = (struct keyring_keys *)(void *)r->memory.p;
	return ret;
}

static int
fresh_keys(struct keyring_keys *k, uint8_t pub[P256_PUB_LEN], struct err *e)
{
	int r;

	if ((r = crypto_random(k->kek, sizeof(k->kek), e)) < 0 ||
	    (r = crypto_random(k->search, sizeof(k->search), e)) < 0 ||
	    (r = crypto_random(k->log, sizeof(k->log), e)) < 0 ||
	    (r = crypto_random(k->store, sizeof(k->store), e)) < 0)
		return r;
	return p256_generate(k->extract, pub, e);
}

int
keyring_make(
    const char *origin, int64_t now_ms, struct keyring *out, struct err *e)
{
	AUTO(keyring_done) struct keyring got = { .generation = 1 };
	struct certificate_spec spec = { .origin = origin, .from_ms = now_ms };
	int made, r;

	if ((r = keyring_alloc(&got, e)) < 0 ||
	    (r = fresh_keys(got.k, spec.pub, e)) < 0 ||
	    (r = keyring_intake_make(&got, &made, e)) < 0)
		return r;
	spec.key = got.k->extract;
	if ((r = certificate_make(&spec, &got.certificate, e)) < 0)
		return r;
	keyring_move(out, &got);
	return 0;
}

int
keyring_next(const struct keyring *from, struct keyring *out, struct err *e)
{
	AUTO(keyring_done) struct keyring got = { 0 };
	const struct buf *cert = &from->certificate;
	int r;

	if (from->generation == UINT32_MAX)
		return err_set(e, ERR_TOO_LARGE, "generations used up");
	got.generation = from->generation + 1;
	if ((r = keyring_alloc(&got, e)) < 0 ||
	    (r = buf_add(&got.certificate, cert->p, cert->len, e)) < 0)
		return r;
	memcpy(got.k, from->k, sizeof(*got.k));
	if ((r = crypto_random(got.k->kek, sizeof(got.k->kek), e)) < 0 ||
	    (r = crypto_random(got.k->search, sizeof(got.k->search), e)) < 0)
		return r;
	keyring_move(out, &got);
	return 0;
}

/* Index of the first month listed that is at least month. */
static uint32_t
month_index(const struct keyring_keys *k, uint32_t month)
{
	uint32_t i = 0;

	while (i < k->nmonths && k->months[i].month < month)
		i++;
	return i;
}

static int
month_is_listed(const struct keyring_keys *k, uint32_t i, uint32_t month)
{
	return i < k->nmonths && k->months[i].month == month;
}

int
keyring_month_get(
    const struct keyring *r, uint32_t month, const uint8_t **key, struct err *e)
{
	uint32_t i = month_index(r->k, month);

	if (!month_is_listed(r->k, i, month)) {
		*key = NULL;
		return 0;
	}
	if (!r->k->months[i].living)
		return err_set(e, ERR_NOT_FOUND,
		    "the details of month %u-%02u have expired", month / 12,
		    month % 12 + 1);
	*key = r->k->months[i].key;
	return 0;
}

/* Make room for a month at index i, zeroed. */
static int
month_insert(struct keyring *r, uint32_t i, uint32_t month, struct err *e)
{
	struct keyring_keys *k = r->k;

	if (month < KEYRING_MONTH_MIN || month > KEYRING_MONTH_MAX)
		return err_set(e, ERR_INVALID, "month %u", month);
	if (k->nmonths == KEYRING_MONTHS_MAX)
		return err_set(
		    e, ERR_TOO_LARGE, "over %d months", KEYRING_MONTHS_MAX);
	memmove(&k->months[i + 1], &k->months[i],
	    (k->nmonths - i) * sizeof(k->months[0]));
	memset(&k->months[i], 0, sizeof(k->months[0]));
	k->months[i].month = month;
	k->nmonths++;
	return 0;
}

int
keyring_month_add(struct keyring *r, uint32_t month, struct err *e)
{
	uint32_t i = month_index(r->k, month);
	int ret;

	if (month_is_listed(r->k, i, month))
		return err_set(e, ERR_CONFLICT, "month %u is listed", month);
	if ((ret = month_insert(r, i, month, e)) < 0)
		return ret;
	ret = crypto_random(r->k->months[i].key, SECRET_KEY_LEN, e);
	r->k->months[i].living = ret == 0;
	return ret;
}

void
keyring_month_undo(struct keyring *r, uint32_t month)
{
	struct keyring_keys *k = r->k;
	uint32_t i = month_index(k, month);

	if (!month_is_listed(k, i, month))
		return;
	k->nmonths--;
	memmove(&k->months[i], &k->months[i + 1],
	    (k->nmonths - i) * sizeof(k->months[0]));
	secret_wipe(&k->months[k->nmonths], sizeof(k->months[0]));
}

int
keyring_month_expire(struct keyring *r, uint32_t month, struct err *e)
{
	uint32_t i = month_index(r->k, month);
	int ret;

	if (!month_is_listed(r->k, i, month) &&
	    (ret = month_insert(r, i, month, e)) < 0)
		return ret;
	r->k->months[i].living = 0;
	secret_wipe(r->k->months[i].key, SECRET_KEY_LEN);
	return 0;
}

int
keyring_intake_make(struct keyring *r, int *made, struct err *e)
{
	struct keyring_keys *k = r->k;
	int ret;

	*made = 0;
	if (k->has_intake)
		return 0;
	if ((ret = p256_generate(k->intake, k->intake_pub, e)) < 0)
		return ret;
	k->has_intake = 1;
	*made = 1;
	return 0;
}

/* An older keyring ends before it. */
static void
decode_intake(struct rd *rd, struct keyring_keys *k)
{
	if (rd->bad || rd->left == 0)
		return;
	rd_bytes(rd, k->intake, P256_KEY_LEN);
	rd_bytes(rd, k->intake_pub, P256_PUB_LEN);
	k->has_intake = 1;
}

static void
decode_months(struct rd *rd, struct keyring_keys *k)
{
	uint32_t i, last = 0, n = rd_u32(rd);

	if (n > KEYRING_MONTHS_MAX)
		rd->bad = 1;
	for (i = 0; !rd->bad && i < n; i++) {
		struct keyring_month *m = &k->months[i];

		m->month = rd_u32(rd);
		m->living = rd_u8(rd);
		if (m->living > 1 || m->month <= last ||
		    m->month < KEYRING_MONTH_MIN ||
		    m->month > KEYRING_MONTH_MAX)
			rd->bad = 1;
		else if (m->living)
			rd_bytes(rd, m->key, SECRET_KEY_LEN);
		last = m->month;
	}
	k->nmonths = n;
}

int
keyring_decode(const void *p, size_t n, struct keyring *out, struct err *e)
{
	AUTO(keyring_done) struct keyring got = { 0 };
	const uint8_t *cert;
	size_t cert_len;
	struct rd rd;
	int r;

	if ((r = keyring_alloc(&got, e)) < 0)
		return r;
	rd_init(&rd, p, n);
	got.generation = rd_u32(&rd);
	rd_bytes(&rd, got.k->kek, SECRET_KEY_LEN);
	rd_bytes(&rd, got.k->search, SECRET_KEY_LEN);
	rd_bytes(&rd, got.k->log, ED25519_LEN);
	rd_bytes(&rd, got.k->store, ED25519_LEN);
	rd_bytes(&rd, got.k->extract, P256_KEY_LEN);
	cert = rd_blob(&rd, KEYRING_CERT_MAX, &cert_len);
	decode_months(&rd, got.k);
	decode_intake(&rd, got.k);
	if (rd_end(&rd, "keyring", e) < 0 || got.generation == 0)
		return err_set(e, ERR_INTEGRITY, "the keyring's form");
	if ((r = buf_add(&got.certificate, cert, cert_len, e)) < 0)
		return r;
	keyring_move(out, &got);
	return 0;
}

static void
encode_months(struct wr *w, const struct keyring_keys *k)
{
	uint32_t i;

	wr_u32(w, k->nmonths);
	for (i = 0; i < k->nmonths; i++) {
		wr_u32(w, k->months[i].month);
		wr_u8(w, (uint8_t)k->months[i].living);
		if (k->months[i].living)
			wr_bytes(w, k->months[i].key, SECRET_KEY_LEN);
	}
}

int
keyring_encode(const struct keyring *r, struct secret *out, struct err *e)
{
	AUTO(secret_done) struct secret got = { 0 };
	struct buf b = { 0 };
	struct wr w;
	int ret;

	if (r->certificate.len > KEYRING_CERT_MAX)
		return err_set(e, ERR_TOO_LARGE, "certificate");
	/* Room for the longest text: the buffer, lent locked memory, never
	 * grows, and so never moves or frees it. */
	if ((ret = secret_init(&got, TEXT_MAX + 1, e)) < 0)
		return ret;
	b.p = got.p;
	b.cap = got.len;
	wr_init(&w, &b);
	wr_u32(&w, r->generation);
	wr_bytes(&w, r->k->kek, SECRET_KEY_LEN);
	wr_bytes(&w, r->k->search, SECRET_KEY_LEN);
	wr_bytes(&w, r->k->log, ED25519_LEN);
	wr_bytes(&w, r->k->store, ED25519_LEN);
	wr_bytes(&w, r->k->extract, P256_KEY_LEN);
	wr_blob(&w, r->certificate.p, r->certificate.len);
	encode_months(&w, r->k);
	if (r->k->has_intake) {
		wr_bytes(&w, r->k->intake, P256_KEY_LEN);
		wr_bytes(&w, r->k->intake_pub, P256_PUB_LEN);
	}
	if ((ret = wr_end(&w, e)) < 0)
		return ret;
	got.len = b.len;
	secret_move(out, &got);
	return 0;
}

static void
context_of(const struct id *vault, uint32_t generation, struct seal_context *c)
{
	memset(c, 0, sizeof(*c));
	c->type = SEAL_KEYRING;
	c->vault = *vault;
	c->epoch = generation;
}

int
keyring_load(int dir, const struct id *vault, uint32_t generation,
    const struct secret *root, struct keyring *out, struct err *e)
{
	AUTO(keyring_done) struct keyring got = { 0 };
	AUTO(secret_done) struct secret text = { 0 };
	struct seal_context c;
	int r;

	context_of(vault, generation, &c);
	if ((r = sealfile_load(
		 dir, keyring_name, root->p, &c, TEXT_MAX, &text, e)) < 0 ||
	    (r = keyring_decode(text.p, text.len, &got, e)) < 0)
		return r;
	if (got.generation != generation)
		return err_set(
		    e, ERR_INTEGRITY, "keyring of another generation");
	keyring_move(out, &got);
	return 0;
}

int
keyring_save(int dir, const struct id *vault, const struct secret *root,
    const struct keyring *r, struct err *e)
{
	AUTO(secret_done) struct secret text = { 0 };
	struct seal_context c;
	int ret;

	context_of(vault, r->generation, &c);
	if ((ret = keyring_encode(r, &text, e)) < 0)
		return ret;
	return sealfile_save(
	    dir, keyring_name, root->p, &c, text.p, text.len, e);
}
