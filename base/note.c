#include "base/note.h"

#include <inttypes.h>
#include <string.h>

#include "base/rw.h"
#include "base/scope.h"
#include "base/text.h"

#define DASH "\xe2\x80\x94 " /* U+2014 and a space */
#define DASH_LEN 4
#define KEYID_LEN 4
#define TIMESTAMP_LEN 8
#define PROOF_MAX (4 * NOTE_MAX) /* bytes of a .tlog-proof */
#define PROOF_LINE "c2sp.org/tlog-proof@v1"

/* Length of the space character (Unicode White_Space) at s, or 0. */
static size_t
space_at(const uint8_t *s, size_t n)
{
	if (s[0] <= 0x20)
		return 1; /* and the control characters */
	if (n >= 2 && s[0] == 0xc2 && (s[1] == 0x85 || s[1] == 0xa0))
		return 2; /* U+0085, U+00A0 */
	if (n < 3)
		return 0;
	if (memcmp(s, "\xe1\x9a\x80", 3) == 0 ||
	    memcmp(s, "\xe2\x81\x9f", 3) == 0 ||
	    memcmp(s, "\xe3\x80\x80", 3) == 0)
		return 3; /* U+1680, U+205F, U+3000 */
	if (s[0] == 0xe2 && s[1] == 0x80 &&
	    (s[2] <= 0x8a || s[2] == 0xa8 || s[2] == 0xa9 || s[2] == 0xaf))
		return 3; /* U+2000 to U+200A, U+2028, U+2029, U+202F */
	return 0;
}

/* A key's name: UTF-8, no spaces, no plus. */
static int
name_is_valid(const char *s, size_t n)
{
	size_t i;

	if (n == 0 || n >= NOTE_NAME_MAX || !utf8_is_valid(s, n) ||
	    memchr(s, '+', n) != NULL)
		return 0;
	for (i = 0; i < n; i++)
		if (space_at((const uint8_t *)s + i, n - i) > 0)
			return 0;
	return 1;
}

/* The text of a note: UTF-8 without control characters but \n. */
static int
text_is_valid(const char *s, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if ((uint8_t)s[i] < 0x20 && s[i] != '\n')
			return 0;
	return utf8_is_valid(s, n);
}

static uint32_t
be32_get(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* The first 4 bytes of SHA-256(name || 0x0A || type || public key). */
static int
key_id(const char *name, uint8_t type, const uint8_t pub[ED25519_LEN],
    uint32_t *id, struct err *e)
{
	AUTO(digest_freep) struct digest *d = NULL;
	uint8_t sum[SHA256_LEN], head[2];
	int r;

	head[0] = '\n';
	head[1] = type;
	if ((r = digest_new(DIGEST_SHA256, &d, e)) < 0 ||
	    (r = digest_add(d, name, strlen(name), e)) < 0 ||
	    (r = digest_add(d, head, sizeof(head), e)) < 0 ||
	    (r = digest_add(d, pub, ED25519_LEN, e)) < 0 ||
	    (r = digest_final(d, sum, e)) < 0)
		return r;
	*id = be32_get(sum);
	return 0;
}

int
note_key_make(const char *name, uint8_t type, const uint8_t pub[ED25519_LEN],
    struct note_key *k, struct err *e)
{
	struct note_key got = { .type = type };
	size_t n = strnlen(name, NOTE_NAME_MAX);
	int r;

	if (!name_is_valid(name, n))
		return err_set(e, ERR_INVALID, "name of a verifier key");
	if (type != NOTE_ED25519 && type != NOTE_COSIGNATURE)
		return err_set(
		    e, ERR_INVALID, "type %u of a verifier key", type);
	memcpy(got.name, name, n);
	memcpy(got.pub, pub, ED25519_LEN);
	if ((r = key_id(got.name, type, pub, &got.id, e)) < 0)
		return r;
	*k = got;
	return 0;
}

int
note_key_parse(const char *s, struct note_key *k, struct err *e)
{
	AUTO(buf_done) struct buf blob = { 0 };
	char name[NOTE_NAME_MAX] = { 0 }, hex[2 * KEYID_LEN + 1] = { 0 };
	/* The base64 part may hold a plus: only the first two count. */
	const char *p1 = strchr(s, '+');
	const char *p2 = p1 != NULL ? strchr(p1 + 1, '+') : NULL;
	uint8_t id[KEYID_LEN];
	struct note_key got = { 0 };
	int r;

	if (p2 == NULL || (size_t)(p1 - s) >= sizeof(name) ||
	    p2 - p1 - 1 != 2 * KEYID_LEN)
		return err_set(e, ERR_INVALID, "not a verifier key");
	memcpy(name, s, (size_t)(p1 - s));
	memcpy(hex, p1 + 1, 2 * KEYID_LEN);
	if ((r = hex_parse(hex, id, KEYID_LEN, e)) < 0 ||
	    (r = base64_parse(p2 + 1, strlen(p2 + 1), &blob, e)) < 0)
		return r;
	if (blob.len != 1 + ED25519_LEN)
		return err_set(e, ERR_INVALID, "length of a verifier key");
	r = note_key_make(name, blob.p[0], blob.p + 1, &got, e);
	if (r < 0)
		return r;
	if (got.id != be32_get(id))
		return err_set(
		    e, ERR_INVALID, "a verifier key whose id does not match");
	*k = got;
	return 0;
}

int
note_key_format(const struct note_key *k, struct buf *out, struct err *e)
{
	uint8_t blob[1 + ED25519_LEN];
	size_t was = out->len;
	int r;

	blob[0] = k->type;
	memcpy(blob + 1, k->pub, ED25519_LEN);
	if ((r = buf_addf(out, e, "%s+%08" PRIx32 "+", k->name, k->id)) < 0 ||
	    (r = base64_format(blob, sizeof(blob), out, e)) < 0)
		out->len = was;
	return r;
}

int
note_add_signature(const struct note_key *k, const void *sig, size_t sig_len,
    struct buf *note, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t was = note->len;
	struct wr w;
	int r;

	wr_init(&w, &b);
	wr_u32(&w, k->id);
	wr_bytes(&w, sig, sig_len);
	if ((r = wr_end(&w, e)) < 0 ||
	    (r = buf_addf(note, e, DASH "%s ", k->name)) < 0 ||
	    (r = base64_format(b.p, b.len, note, e)) < 0 ||
	    (r = buf_addstr(note, "\n", e)) < 0)
		note->len = was;
	return r;
}

int
note_sign(const struct note_key *k, const uint8_t seed[ED25519_LEN],
    const char *text, size_t n, struct buf *out, struct err *e)
{
	uint8_t sig[ED25519_SIG_LEN];
	size_t was = out->len;
	int r;

	if (k->type != NOTE_ED25519)
		return err_set(e, ERR_INVALID, "a note needs an Ed25519 key");
	if (n == 0 || n > NOTE_MAX || text[n - 1] != '\n' ||
	    !text_is_valid(text, n))
		return err_set(e, ERR_INVALID, "text of a note");
	if ((r = ed25519_sign(seed, text, n, sig, e)) < 0)
		return r;
	if ((r = buf_add(out, text, n, e)) < 0 ||
	    (r = buf_addstr(out, "\n", e)) < 0 ||
	    (r = note_add_signature(k, sig, sizeof(sig), out, e)) < 0)
		out->len = was;
	return r;
}

/* One signature line, taken apart. blob: key id and signature. */
struct sigline {
	const char *name;
	size_t name_len;
	struct buf blob;
};

static void
sigline_done(struct sigline *l)
{
	buf_done(&l->blob);
}

static int
sigline_parse(const char *s, size_t n, struct sigline *l, struct err *e)
{
	const char *space;
	int r;

	if (n < DASH_LEN || memcmp(s, DASH, DASH_LEN) != 0)
		return err_set(e, ERR_INVALID, "signature line of a note");
	s += DASH_LEN;
	n -= DASH_LEN;
	if ((space = memchr(s, ' ', n)) == NULL ||
	    !name_is_valid(s, (size_t)(space - s)))
		return err_set(e, ERR_INVALID, "signer's name in a note");
	l->name = s;
	l->name_len = (size_t)(space - s);
	buf_reset(&l->blob);
	r = base64_parse(space + 1, n - l->name_len - 1, &l->blob, e);
	if (r < 0)
		return r;
	if (l->blob.len <= KEYID_LEN)
		return err_set(e, ERR_INVALID, "signature in a note");
	return 0;
}

/*
 * C2SP tlog-cosignature: time, then Ed25519 over a header with that time
 * and the text.
 */
static int
cosignature_verify(const struct note_key *k, const uint8_t *sig,
    const char *text, size_t n, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct rd rd;
	uint64_t t;
	int r;

	rd_init(&rd, sig, TIMESTAMP_LEN);
	t = rd_u64(&rd);
	if ((r = buf_addf(&b, e, "cosignature/v1\ntime %" PRIu64 "\n", t)) <
		0 ||
	    (r = buf_add(&b, text, n, e)) < 0)
		return r;
	return ed25519_verify(k->pub, b.p, b.len, sig + TIMESTAMP_LEN, e);
}

static int
signature_verify(const struct note_key *k, const struct buf *blob,
    const char *text, size_t n, struct err *e)
{
	size_t want = ED25519_SIG_LEN;
	const uint8_t *sig = blob->p + KEYID_LEN;
	int r;

	if (k->type == NOTE_COSIGNATURE)
		want += TIMESTAMP_LEN;
	if (blob->len - KEYID_LEN != want)
		r = err_set(e, ERR_INTEGRITY, "wrong length");
	else if (k->type == NOTE_COSIGNATURE)
		r = cosignature_verify(k, sig, text, n, e);
	else
		r = ed25519_verify(k->pub, text, n, sig, e);
	return r < 0 ? err_wrap(e, "signature of %s", k->name) : 0;
}

/* The index of the key that made the line, or nkeys. */
static int
key_find(const struct sigline *l, const struct note_key *keys, size_t nkeys,
    size_t *at, struct err *e)
{
	uint32_t id = be32_get(l->blob.p);
	size_t i;

	*at = nkeys;
	for (i = 0; i < nkeys; i++) {
		if (keys[i].id != id || strlen(keys[i].name) != l->name_len ||
		    memcmp(keys[i].name, l->name, l->name_len) != 0)
			continue;
		if (*at < nkeys)
			return err_set(e, ERR_INVALID,
			    "two known keys of one name and id");
		*at = i;
	}
	return 0;
}

/* Where the signature lines start: behind the last empty line. */
static int
note_split(const char *note, size_t n, size_t *text_len, struct err *e)
{
	size_t i;

	if (n > NOTE_MAX)
		return err_set(e, ERR_INVALID, "note over %d bytes", NOTE_MAX);
	if (n < 3 || note[n - 1] != '\n' || !text_is_valid(note, n))
		return err_set(e, ERR_INVALID, "not a note");
	for (i = n - 2; i > 0; i--)
		if (note[i] == '\n' && note[i - 1] == '\n')
			break;
	if (i == 0)
		return err_set(e, ERR_INVALID, "note without signatures");
	*text_len = i;
	return 0;
}

/* One line against the keys: seen[i] is set when it is of keys[i]. */
static int
line_verify(const struct sigline *l, const char *text, size_t n,
    const struct note_key *keys, size_t nkeys, uint8_t *seen, struct err *e)
{
	size_t k = 0;
	int r;

	if ((r = key_find(l, keys, nkeys, &k, e)) < 0 || k == nkeys)
		return r;
	if ((r = signature_verify(&keys[k], &l->blob, text, n, e)) == 0)
		seen[k] = 1;
	return r;
}

static int
lines_verify(const char *note, size_t n, size_t text_len,
    const struct note_key *keys, size_t nkeys, uint8_t *seen, struct err *e)
{
	AUTO(sigline_done) struct sigline l = { 0 };
	const char *at = note + text_len + 1, *line = NULL;
	size_t left = n - text_len - 1, len = 0, count = 0;
	int r;

	while (text_line(&at, &left, &line, &len)) {
		if (++count > NOTE_SIGS_MAX)
			return err_set(e, ERR_INVALID,
			    "note with over %d signatures", NOTE_SIGS_MAX);
		if ((r = sigline_parse(line, len, &l, e)) < 0 ||
		    (r = line_verify(
			 &l, note, text_len, keys, nkeys, seen, e)) < 0)
			return r;
	}
	return 0;
}

int
note_verify(const char *note, size_t n, const struct note_key *keys,
    size_t nkeys, size_t *text_len, uint8_t *verified, struct err *e)
{
	AUTO(mem_freep) uint8_t *seen = calloc(nkeys + 1, 1);
	size_t len = 0;
	int r;

	if (seen == NULL)
		return err_set(e, ERR_NOMEM, "note");
	if ((r = note_split(note, n, &len, e)) < 0 ||
	    (r = lines_verify(note, n, len, keys, nkeys, seen, e)) < 0)
		return r;
	if (memchr(seen, 1, nkeys + 1) == NULL)
		return err_set(
		    e, ERR_INTEGRITY, "no known key signed the note");
	if (verified != NULL)
		memcpy(verified, seen, nkeys);
	*text_len = len;
	return 0;
}

static int
origin_is_valid(const char *s, size_t n)
{
	return n > 0 && n < NOTE_NAME_MAX && text_is_valid(s, n) &&
	       memchr(s, '\n', n) == NULL;
}

int
checkpoint_format(const struct checkpoint *c, struct buf *out, struct err *e)
{
	size_t was = out->len;
	int r;

	if (!origin_is_valid(c->origin, strnlen(c->origin, NOTE_NAME_MAX)))
		return err_set(e, ERR_INVALID, "origin of a checkpoint");
	if ((r = buf_addf(out, e, "%s\n%" PRIu64 "\n", c->origin, c->size)) <
		0 ||
	    (r = base64_format(c->root.b, HASH_LEN, out, e)) < 0 ||
	    (r = buf_addstr(out, "\n", e)) < 0)
		out->len = was;
	return r;
}

/* A line that is the base64 of one hash. */
static int
hash_parse(const char *s, size_t n, struct hash *out, struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	int r;

	if ((r = base64_parse(s, n, &b, e)) < 0)
		return r;
	if (b.len != HASH_LEN)
		return err_set(e, ERR_INVALID, "hash of %zu bytes", b.len);
	memcpy(out->b, b.p, HASH_LEN);
	return 0;
}

int
checkpoint_parse(
    const char *text, size_t n, struct checkpoint *c, struct err *e)
{
	const char *origin = NULL, *size = NULL, *root = NULL;
	size_t origin_len = 0, size_len = 0, root_len = 0;
	struct checkpoint got = { 0 };
	int r;

	if (!text_line(&text, &n, &origin, &origin_len) ||
	    !text_line(&text, &n, &size, &size_len) ||
	    !text_line(&text, &n, &root, &root_len) || n > 0)
		return err_set(e, ERR_INVALID, "a checkpoint has three lines");
	if (!origin_is_valid(origin, origin_len))
		return err_set(e, ERR_INVALID, "origin of a checkpoint");
	memcpy(got.origin, origin, origin_len);
	if ((r = text_decimal(size, size_len, &got.size, e)) < 0 ||
	    (r = hash_parse(root, root_len, &got.root, e)) < 0)
		return err_wrap(e, "checkpoint");
	*c = got;
	return 0;
}

static int
hash_line(const struct hash *h, struct buf *out, struct err *e)
{
	int r;

	if ((r = base64_format(h->b, HASH_LEN, out, e)) < 0)
		return r;
	return buf_addstr(out, "\n", e);
}

static int
extra_line(const struct buf *extra, struct buf *out, struct err *e)
{
	int r;

	if ((r = buf_addstr(out, "extra ", e)) < 0 ||
	    (r = base64_format(extra->p, extra->len, out, e)) < 0)
		return r;
	return buf_addstr(out, "\n", e);
}

static int
proof_lines(const struct tlog_proof *p, struct buf *out, struct err *e)
{
	size_t i;
	int r;

	if ((r = buf_addstr(out, PROOF_LINE "\n", e)) < 0)
		return r;
	if (p->extra.len > 0 && (r = extra_line(&p->extra, out, e)) < 0)
		return r;
	if ((r = buf_addf(out, e, "index %" PRIu64 "\n", p->index)) < 0)
		return r;
	for (i = 0; i < p->n; i++)
		if ((r = hash_line(&p->hashes[i], out, e)) < 0)
			return r;
	if ((r = buf_addstr(out, "\n", e)) < 0)
		return r;
	return buf_add(out, p->checkpoint.p, p->checkpoint.len, e);
}

int
tlog_proof_format(const struct tlog_proof *p, struct buf *out, struct err *e)
{
	size_t was = out->len;
	int r;

	if (p->n > MERKLE_PROOF_MAX || p->checkpoint.len == 0)
		return err_set(e, ERR_INVALID, "proof to write");
	if ((r = proof_lines(p, out, e)) < 0)
		out->len = was;
	return r;
}

/* Does the line start with the word? Then what follows is left in it. */
static int
line_word(const char *word, const char **line, size_t *n)
{
	size_t len = strlen(word);

	if (*n < len || memcmp(*line, word, len) != 0)
		return 0;
	*line += len;
	*n -= len;
	return 1;
}

/* The lines up to "index N": the form's name and perhaps extra. */
static int
proof_head(const char **s, size_t *left, struct tlog_proof *p, struct err *e)
{
	const char *line = NULL;
	size_t n = 0;
	int r;

	if (!text_line(s, left, &line, &n) ||
	    !line_word(PROOF_LINE, &line, &n) || n > 0 ||
	    !text_line(s, left, &line, &n))
		return err_set(e, ERR_INVALID, "not a tlog-proof");
	if (line_word("extra ", &line, &n)) {
		if ((r = base64_parse(line, n, &p->extra, e)) < 0)
			return r;
		if (p->extra.len == 0 || !text_line(s, left, &line, &n))
			return err_set(e, ERR_INVALID, "extra of a proof");
	}
	if (!line_word("index ", &line, &n))
		return err_set(e, ERR_INVALID, "index of a proof");
	return text_decimal(line, n, &p->index, e);
}

static int
proof_parse(const char *s, size_t left, struct tlog_proof *p, struct err *e)
{
	const char *line = NULL;
	size_t n = 0;
	int r;

	if ((r = proof_head(&s, &left, p, e)) < 0)
		return r;
	for (;;) {
		if (!text_line(&s, &left, &line, &n))
			return err_set(e, ERR_INVALID, "proof cut short");
		if (n == 0)
			break;
		if (p->n == MERKLE_PROOF_MAX)
			return err_set(e, ERR_INVALID,
			    "proof of over %d hashes", MERKLE_PROOF_MAX);
		if ((r = hash_parse(line, n, &p->hashes[p->n++], e)) < 0)
			return r;
	}
	if (left == 0)
		return err_set(e, ERR_INVALID, "proof without checkpoint");
	return buf_add(&p->checkpoint, s, left, e);
}

int
tlog_proof_parse(const char *s, size_t n, struct tlog_proof *p, struct err *e)
{
	struct tlog_proof got = { 0 };
	int r;

	if (n > PROOF_MAX)
		return err_set(
		    e, ERR_INVALID, "proof over %d bytes", PROOF_MAX);
	if ((r = proof_parse(s, n, &got, e)) < 0) {
		tlog_proof_done(&got);
		return r;
	}
	*p = got;
	return 0;
}

void
tlog_proof_done(struct tlog_proof *p)
{
	buf_done(&p->extra);
	buf_done(&p->checkpoint);
	memset(p, 0, sizeof(*p));
}

void
tile_path(int level, uint64_t n, unsigned width, char out[96])
{
	char number[64] = { 0 }, *at = number + sizeof(number) - 1;
	int len;

	/* Groups of three digits from the right; all but the last have x. */
	at -= 3;
	snprintf(at, 4, "%03u", (unsigned)(n % 1000));
	while ((n /= 1000) > 0) {
		char group[6];

		at -= 5;
		snprintf(group, sizeof(group), "x%03u/", (unsigned)(n % 1000));
		memcpy(at, group, 5);
	}
	if (level < 0)
		len = snprintf(out, 96, "tile/entries/%s", at);
	else
		len = snprintf(out, 96, "tile/%d/%s", level, at);
	if (width < 256 && len > 0)
		snprintf(out + len, 96 - (size_t)len, ".p/%u", width);
}
