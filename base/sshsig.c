#include "base/sshsig.h"

#include <string.h>

#include "base/rw.h"
#include "base/scope.h"
#include "base/text.h"

#define BEGIN "-----BEGIN SSH SIGNATURE-----\n"
#define END "-----END SSH SIGNATURE-----\n"
#define ARMOR_WIDTH 70
#define MAGIC "SSHSIG"
#define MAGIC_LEN 6
#define VERSION 1
#define STR_MAX 8192 /* bytes of one string in a key or signature */

#define ED25519_TYPE "ssh-ed25519"
#define SK_TYPE "sk-ssh-ed25519@openssh.com"
#define P256_TYPE "ecdsa-sha2-nistp256"
#define RSA_TYPE "ssh-rsa"

/* A string of a message, borrowed. */
struct str {
	const uint8_t *p;
	size_t n;
};

static struct str
str_read(struct rd *rd)
{
	struct str s;

	s.p = rd_blob(rd, STR_MAX, &s.n);
	return s;
}

static int
str_is(struct str s, const char *want)
{
	return s.n == strlen(want) && s.p != NULL &&
	       memcmp(s.p, want, s.n) == 0;
}

static int
bad_form(struct err *e, const char *what)
{
	return err_set(e, ERR_INVALID, "SSH signature: %s", what);
}

/* The bytes that are signed; hash is that of the message. */
static int
signed_bytes(const char *ns, const char *alg, const void *p, size_t n,
    struct buf *out, struct err *e)
{
	int is_512 = strcmp(alg, "sha512") == 0, r;
	uint8_t sum[SHA512_LEN];
	struct wr w;

	r = digest_of(is_512 ? DIGEST_SHA512 : DIGEST_SHA256, p, n, sum, e);
	if (r < 0)
		return r;
	wr_init(&w, out);
	wr_bytes(&w, MAGIC, MAGIC_LEN);
	wr_str(&w, ns);
	wr_str(&w, ""); /* reserved */
	wr_str(&w, alg);
	wr_blob(&w, sum, is_512 ? SHA512_LEN : SHA256_LEN);
	return wr_end(&w, e);
}

/* A key or a signature of Ed25519: its type and one string. */
static int
typed_blob(
    const char *type, const void *p, size_t n, struct buf *out, struct err *e)
{
	struct wr w;

	wr_init(&w, out);
	wr_str(&w, type);
	wr_blob(&w, p, n);
	return wr_end(&w, e);
}

static int
armor(const struct buf *blob, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf b64 = { 0 };
	size_t was = out->len, i, n;
	int r;

	if ((r = base64_format(blob->p, blob->len, &b64, e)) < 0 ||
	    (r = buf_addstr(out, BEGIN, e)) < 0)
		return r;
	for (i = 0; i < b64.len && r == 0; i += n) {
		n = b64.len - i < ARMOR_WIDTH ? b64.len - i : ARMOR_WIDTH;
		r = buf_addf(out, e, "%.*s\n", (int)n, (const char *)b64.p + i);
	}
	if (r == 0)
		r = buf_addstr(out, END, e);
	if (r < 0)
		out->len = was;
	return r;
}

static int
blob_make(const char *ns, const struct buf *key, const struct buf *sig,
    struct buf *out, struct err *e)
{
	struct wr w;

	wr_init(&w, out);
	wr_bytes(&w, MAGIC, MAGIC_LEN);
	wr_u32(&w, VERSION);
	wr_blob(&w, key->p, key->len);
	wr_str(&w, ns);
	wr_str(&w, ""); /* reserved */
	wr_str(&w, "sha512");
	wr_blob(&w, sig->p, sig->len);
	return wr_end(&w, e);
}

int
sshsig_sign(const uint8_t seed[ED25519_LEN], const char *ns, const void *p,
    size_t n, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf text = { 0 }, key = { 0 }, sig = { 0 };
	AUTO(buf_done) struct buf blob = { 0 };
	uint8_t pub[ED25519_LEN], raw[ED25519_SIG_LEN];
	int r;

	if (ns[0] == '\0')
		return bad_form(e, "namespace");
	if ((r = signed_bytes(ns, "sha512", p, n, &text, e)) < 0 ||
	    (r = ed25519_public(seed, pub, e)) < 0 ||
	    (r = ed25519_sign(seed, text.p, text.len, raw, e)) < 0 ||
	    (r = typed_blob(ED25519_TYPE, pub, sizeof(pub), &key, e)) < 0 ||
	    (r = typed_blob(ED25519_TYPE, raw, sizeof(raw), &sig, e)) < 0 ||
	    (r = blob_make(ns, &key, &sig, &blob, e)) < 0)
		return r;
	return armor(&blob, out, e);
}

/* The bytes between the marks: lines of base64. */
static int
dearmor(const char *s, size_t n, struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf b64 = { 0 };
	const char *line = NULL;
	size_t len = 0;
	int r;

	if (n > SSHSIG_MAX || n < strlen(BEGIN) ||
	    memcmp(s, BEGIN, strlen(BEGIN)) != 0)
		return bad_form(e, "no armor");
	s += strlen(BEGIN);
	n -= strlen(BEGIN);
	while (n + 1 >= strlen(END)) {
		/* The last newline may be missing. */
		if (n <= strlen(END) && memcmp(s, END, n) == 0)
			return base64_parse(
			    (const char *)b64.p, b64.len, out, e);
		if (!text_line(&s, &n, &line, &len))
			break;
		if ((r = buf_add(&b64, line, len, e)) < 0)
			return r;
	}
	return bad_form(e, "no end of the armor");
}

/* The parts of a signature blob, borrowed from it. */
struct parts {
	struct str key, ns, alg, sig;
};

static int
parts_read(const struct buf *blob, struct parts *out, struct err *e)
{
	char magic[MAGIC_LEN];
	struct parts got;
	struct str reserved;
	uint32_t version;
	struct rd rd;
	int r;

	rd_init(&rd, blob->p, blob->len);
	rd_bytes(&rd, magic, sizeof(magic));
	version = rd_u32(&rd);
	got.key = str_read(&rd);
	got.ns = str_read(&rd);
	reserved = str_read(&rd);
	got.alg = str_read(&rd);
	got.sig = str_read(&rd);
	if ((r = rd_end(&rd, "SSH signature", e)) < 0)
		return r;
	if (memcmp(magic, MAGIC, MAGIC_LEN) != 0 || version != VERSION ||
	    reserved.n > 0)
		return bad_form(e, "version");
	*out = got;
	return 0;
}

/* What a signature is checked against, its signature blob being read. */
struct check {
	struct rd key, sig; /* behind their types */
	struct str sig_type;
	const struct buf *text;
	uint8_t flags;
};

static int
check_end(const struct check *c, struct err *e)
{
	int r;

	if ((r = rd_end(&c->key, "SSH key", e)) < 0)
		return r;
	return rd_end(&c->sig, "SSH signature", e);
}

static int
ed25519_check(struct check *c, struct err *e)
{
	struct str pub = str_read(&c->key), sig = str_read(&c->sig);
	int r;

	if ((r = check_end(c, e)) < 0)
		return r;
	if (pub.n != ED25519_LEN || sig.n != ED25519_SIG_LEN)
		return bad_form(e, "length");
	return ed25519_verify(pub.p, c->text->p, c->text->len, sig.p, e);
}

/*
 * OpenSSH PROTOCOL.u2f: the authenticator signs the digests of the
 * application and of the text, with its flags and counter.
 */
static int
sk_check(struct check *c, struct err *e)
{
	struct str pub = str_read(&c->key), app = str_read(&c->key);
	struct str sig = str_read(&c->sig);
	uint8_t flags = rd_u8(&c->sig), sum[SHA256_LEN];
	uint32_t counter = rd_u32(&c->sig);
	AUTO(buf_done) struct buf b = { 0 };
	struct wr w;
	int r;

	if ((r = check_end(c, e)) < 0)
		return r;
	if (pub.n != ED25519_LEN || sig.n != ED25519_SIG_LEN)
		return bad_form(e, "length");
	wr_init(&w, &b);
	if ((r = digest_of(DIGEST_SHA256, app.p, app.n, sum, e)) < 0)
		return r;
	wr_bytes(&w, sum, sizeof(sum));
	wr_u8(&w, flags);
	wr_u32(&w, counter);
	r = digest_of(DIGEST_SHA256, c->text->p, c->text->len, sum, e);
	if (r < 0)
		return r;
	wr_bytes(&w, sum, sizeof(sum));
	if ((r = wr_end(&w, e)) < 0 ||
	    (r = ed25519_verify(pub.p, b.p, b.len, sig.p, e)) < 0)
		return r;
	c->flags = flags;
	return 0;
}

/* A positive number of RFC 4251, 5, in its one shortest form. */
static int
mpint_is_valid(struct str m, size_t max)
{
	return m.n > 0 && m.n <= max + 1 && m.p[0] < 0x80 &&
	       (m.p[0] != 0 || (m.n > 1 && m.p[1] >= 0x80));
}

/* r and s as DER: an mpint's bytes are an INTEGER's. */
static size_t
ecdsa_der(struct str r, struct str s, uint8_t out[P256_SIG_MAX])
{
	uint8_t *at = out;

	*at++ = 0x30;
	*at++ = (uint8_t)(4 + r.n + s.n);
	*at++ = 0x02;
	*at++ = (uint8_t)r.n;
	memcpy(at, r.p, r.n);
	at += r.n;
	*at++ = 0x02;
	*at++ = (uint8_t)s.n;
	memcpy(at, s.p, s.n);
	return (size_t)(at + s.n - out);
}

static int
p256_check(struct check *c, struct err *e)
{
	struct str curve = str_read(&c->key), pub = str_read(&c->key);
	struct str sig = str_read(&c->sig), mr, ms;
	uint8_t der[P256_SIG_MAX];
	struct rd rd;
	int r;

	if ((r = check_end(c, e)) < 0)
		return r;
	rd_init(&rd, sig.p, sig.n);
	mr = str_read(&rd);
	ms = str_read(&rd);
	if ((r = rd_end(&rd, "SSH signature", e)) < 0)
		return r;
	if (!str_is(curve, "nistp256") || pub.n != P256_PUB_LEN ||
	    !mpint_is_valid(mr, P256_KEY_LEN) ||
	    !mpint_is_valid(ms, P256_KEY_LEN))
		return bad_form(e, "length");
	return p256_verify(
	    pub.p, c->text->p, c->text->len, der, ecdsa_der(mr, ms, der), e);
}

static int
rsa_check(struct check *c, struct err *e)
{
	struct str exp = str_read(&c->key), mod = str_read(&c->key);
	struct str sig = str_read(&c->sig);
	enum digest_alg a = DIGEST_SHA512;
	int r;

	if ((r = check_end(c, e)) < 0)
		return r;
	if (str_is(c->sig_type, "rsa-sha2-256"))
		a = DIGEST_SHA256;
	if (!mpint_is_valid(exp, STR_MAX) || !mpint_is_valid(mod, STR_MAX))
		return bad_form(e, "RSA key");
	return rsa_verify(a, mod.p, mod.n, exp.p, exp.n, c->text->p,
	    c->text->len, sig.p, sig.n, e);
}

/* Type of the key, type of the signature, and who checks it. */
static const struct scheme {
	const char *key, *sig;
	int (*check)(struct check *, struct err *);
} schemes[] = {
	{ ED25519_TYPE, ED25519_TYPE, ed25519_check },
	{ SK_TYPE, SK_TYPE, sk_check },
	{ P256_TYPE, P256_TYPE, p256_check },
	{ RSA_TYPE, "rsa-sha2-256", rsa_check },
	{ RSA_TYPE, "rsa-sha2-512", rsa_check },
};

static int
signature_check(const struct parts *p, const struct buf *text, uint8_t *flags,
    struct err *e)
{
	struct check c = { .text = text };
	struct str key_type;
	size_t i;
	int r;

	rd_init(&c.key, p->key.p, p->key.n);
	rd_init(&c.sig, p->sig.p, p->sig.n);
	key_type = str_read(&c.key);
	c.sig_type = str_read(&c.sig);
	for (i = 0; i < NELEMS(schemes); i++)
		if (str_is(key_type, schemes[i].key) &&
		    str_is(c.sig_type, schemes[i].sig))
			break;
	if (i == NELEMS(schemes))
		return bad_form(e, "type of key not accepted");
	if ((r = schemes[i].check(&c, e)) == 0)
		*flags = c.flags;
	return r;
}

int
sshsig_verify(const char *armored, size_t len, const char *ns, const void *p,
    size_t n, struct buf *key, uint8_t *flags, struct err *e)
{
	AUTO(buf_done) struct buf blob = { 0 }, text = { 0 };
	uint8_t got = 0;
	struct parts parts = { 0 };
	const char *alg;
	int r;

	if ((r = dearmor(armored, len, &blob, e)) < 0 ||
	    (r = parts_read(&blob, &parts, e)) < 0)
		return r;
	if (!str_is(parts.ns, ns) || ns[0] == '\0')
		return err_set(e, ERR_INTEGRITY,
		    "SSH signature: made for another namespace");
	alg = str_is(parts.alg, "sha256") ? "sha256" : "sha512";
	if (!str_is(parts.alg, alg))
		return bad_form(e, "hash not accepted");
	if ((r = signed_bytes(ns, alg, p, n, &text, e)) < 0 ||
	    (r = signature_check(&parts, &text, &got, e)) < 0 ||
	    (r = buf_add(key, parts.key.p, parts.key.n, e)) < 0)
		return r;
	if (flags != NULL)
		*flags = got;
	return 0;
}

int
ssh_public_line(const uint8_t pub[ED25519_LEN], const char *comment,
    struct buf *out, struct err *e)
{
	AUTO(buf_done) struct buf blob = { 0 };
	size_t was = out->len;
	int r;

	if ((r = typed_blob(ED25519_TYPE, pub, ED25519_LEN, &blob, e)) < 0)
		return r;
	if ((r = buf_addstr(out, ED25519_TYPE " ", e)) < 0 ||
	    (r = base64_format(blob.p, blob.len, out, e)) < 0 ||
	    (r = buf_addf(
		 out, e, "%s%s\n", comment[0] != '\0' ? " " : "", comment)) < 0)
		out->len = was;
	return r;
}

int
ssh_public_parse(const char *line, struct buf *blob, struct err *e)
{
	size_t type_len = strcspn(line, " "), was = blob->len, n;
	const char *b64 = line + type_len;
	struct str type;
	struct rd rd;
	int r;

	b64 += *b64 == ' ';
	n = strcspn(b64, " \t\r\n");
	if (type_len == 0 || n == 0 || n > 2 * STR_MAX)
		return err_set(e, ERR_INVALID, "not an SSH public key");
	if ((r = base64_parse(b64, n, blob, e)) < 0)
		return r;
	rd_init(&rd, blob->p + was, blob->len - was);
	type = str_read(&rd);
	if (rd.bad || type.n != type_len ||
	    memcmp(type.p, line, type_len) != 0) {
		blob->len = was;
		return err_set(e, ERR_INVALID,
		    "SSH public key of another type than it says");
	}
	return 0;
}

int
ssh_fingerprint(const void *blob, size_t n, char out[64], struct err *e)
{
	AUTO(buf_done) struct buf b = { 0 };
	uint8_t sum[SHA256_LEN];
	int r;

	if ((r = digest_of(DIGEST_SHA256, blob, n, sum, e)) < 0 ||
	    (r = base64_format(sum, sizeof(sum), &b, e)) < 0)
		return r;
	/* 43 symbols; ssh-keygen leaves the padding out. */
	snprintf(out, 64, "SHA256:%.43s", buf_str(&b));
	return 0;
}

#define SK_PRESENT 1u
#define SK_PREFIX "sk-"

int
sshsig_was_touched(const struct buf *key, uint8_t flags)
{
	return key->len < 8 || memcmp(key->p + 4, SK_PREFIX, 3) != 0 ||
	       (flags & SK_PRESENT) != 0;
}
