#include "base/seal.h"

#include <string.h>

#include "base/crypto.h"
#include "base/secret.h"

#define SALT_LEN 24
#define COMMITMENT_LEN 32
#define CHUNKS_MAX (UINT64_C(1) << 38)
#define LABEL "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM"
#define LABEL_LEN sizeof(LABEL) /* the NUL is part of it */
#define INFO_LEN (LABEL_LEN + SALT_LEN + SEAL_CONTEXT_LEN)

/* What HKDF gives, in its order; 76 bytes without padding. */
struct derived {
	uint8_t key[32];
	uint8_t nonce[GCM_NONCE_LEN];
	uint8_t commitment[COMMITMENT_LEN];
};

/* The cipher of one object: both directions share it. */
struct chunks {
	struct gcm *g;
	uint8_t base[GCM_NONCE_LEN];
	uint64_t next; /* number of the next chunk */
};

static void
be32(uint8_t *out, uint32_t v)
{
	out[0] = (uint8_t)(v >> 24);
	out[1] = (uint8_t)(v >> 16);
	out[2] = (uint8_t)(v >> 8);
	out[3] = (uint8_t)v;
}

void
seal_context_encode(const struct seal_context *c, uint8_t out[SEAL_CONTEXT_LEN])
{
	memset(out, 0, SEAL_CONTEXT_LEN);
	memcpy(out, "sceau/1", 8);
	out[8] = (uint8_t)c->type;
	memcpy(out + 16, c->vault.b, ID_LEN);
	memcpy(out + 32, c->kase.b, ID_LEN);
	memcpy(out + 48, c->document.b, ID_LEN);
	be32(out + 64, c->version);
	be32(out + 68, c->epoch);
}

uint64_t
seal_length(uint64_t n)
{
	return SEAL_HEAD + n + SEAL_TAG * (n / SEAL_TEXT + 1);
}

int
seal_text_length(uint64_t n, uint64_t *text, struct err *e)
{
	uint64_t body = n - SEAL_HEAD;

	if (n < SEAL_HEAD || body % SEAL_CHUNK < SEAL_TAG)
		return err_set(e, ERR_INTEGRITY,
		    "no sealed object has this length: cut short");
	*text = body / SEAL_CHUNK * SEAL_TEXT + body % SEAL_CHUNK - SEAL_TAG;
	return 0;
}

static unsigned
log2_floor(uint64_t n)
{
	unsigned l = 0;

	while (n >>= 1)
		l++;
	return l;
}

uint64_t
seal_padme(uint64_t n)
{
	unsigned exponent, keep;
	uint64_t mask;

	if (n < 2)
		return n;
	exponent = log2_floor(n);
	keep = log2_floor(exponent) + 1;
	mask = (UINT64_C(1) << (exponent - keep)) - 1;
	return n > UINT64_MAX - mask ? n : (n + mask) & ~mask;
}

/* The cipher and the commitment of the object that key, salt and c name. */
static int
chunks_init(struct chunks *ch, const uint8_t key[32],
    const uint8_t salt[SALT_LEN], const struct seal_context *c,
    uint8_t commitment[COMMITMENT_LEN], struct err *e)
{
	uint8_t info[INFO_LEN];
	struct derived *d;
	int r;

	_Static_assert(sizeof(*d) == 76, "HKDF output is read as it comes");
	memcpy(info, LABEL, LABEL_LEN);
	memcpy(info + LABEL_LEN, salt, SALT_LEN);
	seal_context_encode(c, info + LABEL_LEN + SALT_LEN);
	if ((d = malloc(sizeof(*d))) == NULL)
		return err_set(e, ERR_NOMEM, "seal");
	r = hkdf_expand_sha512(
	    key, 32, info, sizeof(info), (uint8_t *)d, sizeof(*d), e);
	if (r == 0)
		r = gcm_new(d->key, &ch->g, e);
	if (r == 0) {
		memcpy(ch->base, d->nonce, GCM_NONCE_LEN);
		memcpy(commitment, d->commitment, COMMITMENT_LEN);
		ch->next = 0;
	}
	secret_wipe(d, sizeof(*d));
	free(d);
	return r;
}

static void
chunks_done(struct chunks *ch)
{
	gcm_freep(&ch->g);
}

/* Nonce of the next chunk: the base XOR its number. */
static int
chunks_nonce(struct chunks *ch, uint8_t nonce[GCM_NONCE_LEN], struct err *e)
{
	uint64_t k = ch->next++;
	int i;

	if (k >= CHUNKS_MAX)
		return err_set(e, ERR_TOO_LARGE, "too many chunks to seal");
	memcpy(nonce, ch->base, GCM_NONCE_LEN);
	for (i = GCM_NONCE_LEN - 1; k > 0; i--, k >>= 8)
		nonce[i] ^= (uint8_t)k;
	return 0;
}

/* Append the next chunk, n bytes of text, to out, which has the room. */
static int
chunk_seal(
    struct chunks *ch, const void *p, size_t n, struct buf *out, struct err *e)
{
	uint8_t nonce[GCM_NONCE_LEN];
	int r;

	if ((r = chunks_nonce(ch, nonce, e)) < 0 ||
	    (r = gcm_seal(ch->g, nonce, p, n, out->p + out->len, e)) < 0)
		return r;
	out->len += n + SEAL_TAG;
	return 0;
}

static int
chunk_open(
    struct chunks *ch, const void *p, size_t n, struct buf *out, struct err *e)
{
	uint8_t nonce[GCM_NONCE_LEN];
	int r;

	if ((r = chunks_nonce(ch, nonce, e)) < 0 ||
	    (r = gcm_open(ch->g, nonce, p, n, out->p + out->len, e)) < 0)
		return r;
	out->len += n - SEAL_TAG;
	return 0;
}

/* Take back what was appended behind len: nothing half done comes out. */
static void
out_rewind(struct buf *out, size_t len)
{
	if (out->len > len)
		secret_wipe(out->p + len, out->len - len);
	out->len = len;
}

/* Full chunks are sealed at once: the last one is always shorter. */
struct sealer {
	struct chunks ch;
	size_t held;
	int broken;
	uint8_t hold[SEAL_TEXT]; /* text of the chunk that is filling */
};

int
sealer_new(const uint8_t key[32], const struct seal_context *c, struct buf *out,
    struct sealer **s, struct err *e)
{
	AUTO(sealer_freep) struct sealer *w = malloc(sizeof(*w));
	uint8_t head[SEAL_HEAD];
	int r;

	if (w == NULL)
		return err_set(e, ERR_NOMEM, "seal");
	w->ch.g = NULL;
	w->held = 0;
	w->broken = 0;
	if ((r = crypto_random(head, SALT_LEN, e)) < 0 ||
	    (r = chunks_init(&w->ch, key, head, c, head + SALT_LEN, e)) < 0 ||
	    (r = buf_add(out, head, SEAL_HEAD, e)) < 0)
		return r;
	*s = TAKE(w);
	return 0;
}

/* Top up the held text; what is left over stays the caller's. */
static void
hold_fill(
    uint8_t *hold, size_t *held, size_t size, const uint8_t **p, size_t *n)
{
	size_t step = size - *held < *n ? size - *held : *n;

	memcpy(hold + *held, *p, step);
	*held += step;
	*p += step;
	*n -= step;
}

static int
sealer_push(struct sealer *s, const uint8_t *p, size_t n, struct buf *out,
    struct err *e)
{
	int r;

	if (s->held > 0) {
		hold_fill(s->hold, &s->held, SEAL_TEXT, &p, &n);
		if (s->held < SEAL_TEXT)
			return 0;
		if ((r = chunk_seal(&s->ch, s->hold, SEAL_TEXT, out, e)) < 0)
			return r;
		s->held = 0;
	}
	for (; n >= SEAL_TEXT; p += SEAL_TEXT, n -= SEAL_TEXT)
		if ((r = chunk_seal(&s->ch, p, SEAL_TEXT, out, e)) < 0)
			return r;
	hold_fill(s->hold, &s->held, SEAL_TEXT, &p, &n);
	return 0;
}

int
sealer_write(
    struct sealer *s, const void *p, size_t n, struct buf *out, struct err *e)
{
	size_t was = out->len, full = (s->held + n) / SEAL_TEXT;
	int r;

	if (s->broken)
		return err_set(e, ERR_INTERNAL, "seal: failed before");
	if (n == 0)
		return 0;
	if (full > 0 && (r = buf_reserve(out, full * SEAL_CHUNK, e)) < 0)
		return r;
	if ((r = sealer_push(s, p, n, out, e)) < 0) {
		s->broken = 1;
		out_rewind(out, was);
	}
	return r;
}

int
sealer_finish(struct sealer *s, struct buf *out, struct err *e)
{
	int r;

	if (s->broken)
		return err_set(e, ERR_INTERNAL, "seal: failed or finished");
	if ((r = buf_reserve(out, s->held + SEAL_TAG, e)) < 0)
		return r;
	s->broken = 1;
	return chunk_seal(&s->ch, s->hold, s->held, out, e);
}

void
sealer_freep(struct sealer **s)
{
	if (*s != NULL) {
		chunks_done(&(*s)->ch);
		secret_wipe(*s, sizeof(**s));
	}
	free(*s);
	*s = NULL;
}

/*
 * Bytes wait until a chunk is whole: 16 400 of them make a chunk that is
 * not the last; fewer are the last one, which only opener_finish may open.
 */
struct opener {
	struct chunks ch; /* g is NULL until the header was read */
	struct seal_context c;
	uint8_t key[32]; /* wiped once the header was read */
	size_t held;
	int broken;
	uint8_t hold[SEAL_CHUNK];
};

int
opener_new(const uint8_t key[32], const struct seal_context *c,
    struct opener **o, struct err *e)
{
	struct opener *w = malloc(sizeof(*w));

	if (w == NULL)
		return err_set(e, ERR_NOMEM, "open");
	w->ch.g = NULL;
	w->c = *c;
	memcpy(w->key, key, sizeof(w->key));
	w->held = 0;
	w->broken = 0;
	*o = w;
	return 0;
}

/* Read the header and compare the commitment before any decryption. */
static int
head_open(struct chunks *ch, const uint8_t key[32], const uint8_t *head,
    const struct seal_context *c, struct err *e)
{
	uint8_t commitment[COMMITMENT_LEN];
	int r;

	if ((r = chunks_init(ch, key, head, c, commitment, e)) < 0)
		return r;
	if (!secret_equal(commitment, head + SALT_LEN, COMMITMENT_LEN))
		return err_set(e, ERR_INTEGRITY,
		    "sealed under another key or for another object");
	return 0;
}

static int
opener_head(struct opener *o, const uint8_t **p, size_t *n, struct err *e)
{
	int r;

	hold_fill(o->hold, &o->held, SEAL_HEAD, p, n);
	if (o->held < SEAL_HEAD)
		return 0;
	if ((r = head_open(&o->ch, o->key, o->hold, &o->c, e)) < 0)
		return r;
	secret_wipe(o->key, sizeof(o->key));
	o->held = 0;
	return 0;
}

static int
opener_push(struct opener *o, const uint8_t *p, size_t n, struct buf *out,
    struct err *e)
{
	int r;

	if (o->ch.g == NULL && (r = opener_head(o, &p, &n, e)) < 0)
		return r;
	if (n == 0)
		return 0;
	if ((r = buf_reserve(out, (o->held + n) / SEAL_CHUNK * SEAL_TEXT, e)) <
	    0)
		return r;
	if (o->held > 0) {
		hold_fill(o->hold, &o->held, SEAL_CHUNK, &p, &n);
		if (o->held < SEAL_CHUNK)
			return 0;
		if ((r = chunk_open(&o->ch, o->hold, SEAL_CHUNK, out, e)) < 0)
			return r;
		o->held = 0;
	}
	for (; n >= SEAL_CHUNK; p += SEAL_CHUNK, n -= SEAL_CHUNK)
		if ((r = chunk_open(&o->ch, p, SEAL_CHUNK, out, e)) < 0)
			return r;
	hold_fill(o->hold, &o->held, SEAL_CHUNK, &p, &n);
	return 0;
}

int
opener_write(
    struct opener *o, const void *p, size_t n, struct buf *out, struct err *e)
{
	size_t was = out->len;
	int r;

	if (o->broken)
		return err_set(e, ERR_INTEGRITY, "open: failed before");
	if (n == 0)
		return 0;
	if ((r = opener_push(o, p, n, out, e)) < 0) {
		o->broken = 1;
		out_rewind(out, was);
	}
	return r;
}

int
opener_finish(struct opener *o, struct buf *out, struct err *e)
{
	int r;

	if (o->broken)
		return err_set(e, ERR_INTEGRITY, "open: failed or finished");
	if (o->ch.g == NULL || o->held < SEAL_TAG)
		return err_set(e, ERR_INTEGRITY, "sealed object cut short");
	if ((r = buf_reserve(out, o->held - SEAL_TAG, e)) < 0)
		return r;
	o->broken = 1;
	return chunk_open(&o->ch, o->hold, o->held, out, e);
}

void
opener_freep(struct opener **o)
{
	if (*o != NULL) {
		chunks_done(&(*o)->ch);
		secret_wipe(*o, sizeof(**o));
	}
	free(*o);
	*o = NULL;
}

static int
seal_all(struct chunks *ch, const uint8_t *p, size_t n, struct buf *out,
    struct err *e)
{
	int r;

	for (; n >= SEAL_TEXT; p += SEAL_TEXT, n -= SEAL_TEXT)
		if ((r = chunk_seal(ch, p, SEAL_TEXT, out, e)) < 0)
			return r;
	return chunk_seal(ch, p, n, out, e);
}

int
seal_bytes(const uint8_t key[32], const struct seal_context *c, const void *p,
    size_t n, struct buf *out, struct err *e)
{
	AUTO(chunks_done) struct chunks ch = { 0 };
	uint8_t head[SEAL_HEAD];
	size_t was = out->len;
	int r;

	if (n > SIZE_MAX / 4)
		return err_set(e, ERR_TOO_LARGE, "too long to seal at once");
	if ((r = crypto_random(head, SALT_LEN, e)) < 0 ||
	    (r = chunks_init(&ch, key, head, c, head + SALT_LEN, e)) < 0 ||
	    (r = buf_reserve(out, (size_t)seal_length(n), e)) < 0 ||
	    (r = buf_add(out, head, SEAL_HEAD, e)) < 0)
		return r;
	if ((r = seal_all(&ch, p, n, out, e)) < 0)
		out_rewind(out, was);
	return r;
}

static int
open_all(struct chunks *ch, const uint8_t *p, size_t n, struct buf *out,
    struct err *e)
{
	int r;

	for (; n >= SEAL_CHUNK; p += SEAL_CHUNK, n -= SEAL_CHUNK)
		if ((r = chunk_open(ch, p, SEAL_CHUNK, out, e)) < 0)
			return r;
	return chunk_open(ch, p, n, out, e);
}

int
open_bytes(const uint8_t key[32], const struct seal_context *c, const void *p,
    size_t n, struct buf *out, struct err *e)
{
	AUTO(chunks_done) struct chunks ch = { 0 };
	const uint8_t *head = p;
	size_t was = out->len;
	uint64_t text = 0;
	int r;

	if ((r = seal_text_length(n, &text, e)) < 0 ||
	    (r = head_open(&ch, key, head, c, e)) < 0 ||
	    (r = buf_reserve(out, (size_t)text, e)) < 0)
		return r;
	r = open_all(&ch, head + SEAL_HEAD, n - SEAL_HEAD, out, e);
	if (r < 0)
		out_rewind(out, was);
	return r;
}
