/*
 * A container as the vault makes one (the agent's SignerInfo, the core's
 * CMS), opened as its recipient does; then with every bit of damage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "base/leaf.h"
#include "base/merkle.h"
#include "base/note.h"
#include "base/scope.h"
#include "base/text.h"
#include "client/open_extract.h"
#include "client/payload.h"
#include "daemon/core/cms.h"
#include "keys/certificate.h"
#include "keys/extract_sign.h"

#define ORIGIN "sceau.example/essai"
#define NOW_MS INT64_C(1795410000000) /* 2026-11-23 */
#define DAY_MS INT64_C(86400000)

struct person {
	struct buf key, cert; /* PEM */
	uint8_t sha256[32];   /* of the certificate */
};

struct fixture {
	struct person rsa, ec;
	uint8_t scalar[P256_KEY_LEN];
	struct buf vault_der, vault_pem;
	struct id extract;
	struct note_key log;
	uint8_t seed[ED25519_LEN];
};

static void
pem_of(BIO *b, struct buf *out)
{
	char *p;
	long n = BIO_get_mem_data(b, &p);

	assert_int_equal(buf_add(out, p, (size_t)n, NULL), 0);
	BIO_free(b);
}

static void
person_new(struct person *p, EVP_PKEY *key, const char *name)
{
	BIO *k = BIO_new(BIO_s_mem()), *c = BIO_new(BIO_s_mem());
	X509 *x = X509_new();

	assert_non_null(key);
	X509_set_version(x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(x), 7);
	X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_ASC,
	    (const unsigned char *)name, -1, -1, 0);
	X509_set_issuer_name(x, X509_get_subject_name(x));
	ASN1_TIME_set(X509_getm_notBefore(x), NOW_MS / 1000 - 86400);
	ASN1_TIME_set(X509_getm_notAfter(x), NOW_MS / 1000 + 864000);
	X509_set_pubkey(x, key);
	assert_true(X509_sign(x, key, EVP_sha256()) > 0);
	assert_int_equal(
	    PEM_write_bio_PrivateKey(k, key, NULL, NULL, 0, NULL, NULL), 1);
	assert_int_equal(PEM_write_bio_X509(c, x), 1);
	pem_of(k, &p->key);
	pem_of(c, &p->cert);
	X509_free(x);
	EVP_PKEY_free(key);
	assert_int_equal(
	    cms_recipient(p->cert.p, p->cert.len, NOW_MS, p->sha256, NULL), 0);
}

static void
vault_new(struct fixture *f)
{
	struct certificate_spec spec = {
		.origin = ORIGIN, .from_ms = NOW_MS - DAY_MS, .key = f->scalar
	};
	const unsigned char *p;
	BIO *b = BIO_new(BIO_s_mem());
	X509 *x;

	assert_int_equal(p256_generate(f->scalar, spec.pub, NULL), 0);
	assert_int_equal(certificate_make(&spec, &f->vault_der, NULL), 0);
	p = f->vault_der.p;
	x = d2i_X509(NULL, &p, (long)f->vault_der.len);
	assert_int_equal(PEM_write_bio_X509(b, x), 1);
	X509_free(x);
	pem_of(b, &f->vault_pem);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	uint8_t pub[ED25519_LEN];

	assert_non_null(f);
	person_new(&f->rsa, EVP_RSA_gen(2048), "rsa");
	person_new(&f->ec, EVP_EC_gen("P-256"), "ec");
	vault_new(f);
	memset(f->seed, 5, sizeof(f->seed));
	assert_int_equal(ed25519_public(f->seed, pub, NULL), 0);
	assert_int_equal(
	    note_key_make(ORIGIN, NOTE_ED25519, pub, &f->log, NULL), 0);
	assert_int_equal(id_random(&f->extract, NULL), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	buf_done(&f->rsa.key);
	buf_done(&f->rsa.cert);
	buf_done(&f->ec.key);
	buf_done(&f->ec.cert);
	buf_done(&f->vault_der);
	buf_done(&f->vault_pem);
	free(f);
	return 0;
}

/* --- a payload ----------------------------------------------------------- */

/* What a test changes in an otherwise right payload. */
struct wrong {
	int64_t expires_ms;
	const uint8_t *recipient; /* another certificate */
	uint16_t klass;
	uint32_t bind_version;
	const char *vault;
	int other_log_key, bad_attachment, spaces;
};

static json_t *
content_of(
    const struct fixture *f, const struct person *to, const struct wrong *w)
{
	char id[ID_TEXT], cert[65], until[TIME_TEXT], sum[65];
	uint8_t sha[32];
	AUTO(buf_done) struct buf b64 = { 0 };

	id_format(&f->extract, id);
	hex_format(w->recipient != NULL ? w->recipient : to->sha256, 32, cert);
	time_format(
	    w->expires_ms != 0 ? w->expires_ms : NOW_MS + DAY_MS, until);
	assert_int_equal(digest_of(DIGEST_SHA256, "abc", 3, sha, NULL), 0);
	hex_format(sha, 32, sum);
	assert_int_equal(
	    base64_format(w->bad_attachment ? "abd" : "abc", 3, &b64, NULL), 0);
	return json_pack("{s:s, s:s, s:s, s:s, s:{s:f, s:s}, s:s,"
			 " s:[{s:s, s:s, s:s, s:s}]}",
	    "extract", id, "vault", w->vault != NULL ? w->vault : ORIGIN,
	    "recipient_certificate_sha256", cert, "expires_at", until, "fields",
	    "loyer", 612.1, "nom", "\xc3\x89tienne", "page", "EXTRAIT\n",
	    "attachments", "name", "a.pdf", "media", "application/pdf",
	    "sha256", sum, "base64", buf_str(&b64));
}

static void
entry_of(const struct fixture *f, const struct buf *content,
    const uint8_t salt[32], const struct wrong *w, struct buf *out)
{
	struct leaf l = { .seq = 1,
		.time_ms = NOW_MS,
		.klass = w->klass != 0 ? w->klass : LEAF_EXTRACT_RELEASE };
	uint8_t sum[32];

	assert_int_equal(
	    digest_of(DIGEST_SHA256, content->p, content->len, sum, NULL), 0);
	assert_int_equal(
	    leaf_bind(salt, sum, &f->extract,
		w->bind_version != 0 ? w->bind_version : 1, l.bind, NULL),
	    0);
	assert_int_equal(leaf_encode(&l, out, NULL), 0);
}

/* Leaf 1 of a log of two. */
static void
proof_of(const struct fixture *f, const struct buf *entry, struct buf *out)
{
	AUTO(merkle_freep) struct merkle *m = NULL;
	AUTO(tlog_proof_done) struct tlog_proof p = { .index = 1 };
	AUTO(buf_done) struct buf text = { 0 };
	struct checkpoint c = { .origin = ORIGIN, .size = 2 };
	struct hash h;

	assert_int_equal(merkle_new(&m, NULL), 0);
	assert_int_equal(merkle_leaf_hash("x", 1, &h, NULL), 0);
	assert_int_equal(merkle_append(m, &h, NULL), 0);
	assert_int_equal(merkle_leaf_hash(entry->p, entry->len, &h, NULL), 0);
	assert_int_equal(merkle_append(m, &h, NULL), 0);
	assert_int_equal(merkle_root(m, 2, &c.root, NULL), 0);
	assert_int_equal(merkle_inclusion(m, 1, 2, p.hashes, &p.n, NULL), 0);
	assert_int_equal(checkpoint_format(&c, &text, NULL), 0);
	assert_int_equal(note_sign(&f->log, f->seed, (const char *)text.p,
			     text.len, &p.checkpoint, NULL),
	    0);
	assert_int_equal(tlog_proof_format(&p, out, NULL), 0);
}

static void
payload_of(const struct fixture *f, const struct person *to,
    const struct wrong *w, struct buf *out)
{
	AUTO(buf_done) struct buf content = { 0 }, entry = { 0 }, b64 = { 0 };
	AUTO(buf_done) struct buf proof = { 0 }, vkey = { 0 };
	json_t *c = content_of(f, to, w), *j;
	struct note_key log = f->log;
	uint8_t salt[32] = { 9 };
	char hex[65], *text;

	text = json_dumps(c, JSON_COMPACT | JSON_SORT_KEYS);
	assert_int_equal(buf_addstr(&content, text, NULL), 0);
	free(text);
	entry_of(f, &content, salt, w, &entry);
	proof_of(f, &entry, &proof);
	hex_format(salt, 32, hex);
	assert_int_equal(base64_format(entry.p, entry.len, &b64, NULL), 0);
	if (w->other_log_key)
		assert_int_equal(note_key_make(ORIGIN, NOTE_ED25519,
				     (const uint8_t[32]){ 1 }, &log, NULL),
		    0);
	assert_int_equal(note_key_format(&log, &vkey, NULL), 0);
	j = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s}", "content", c, "entry",
	    buf_str(&b64), "log_key", buf_str(&vkey), "proof", buf_str(&proof),
	    "salt", hex, "sceau", "extract/1");
	text = json_dumps(j, (w->spaces ? 0 : JSON_COMPACT) | JSON_SORT_KEYS);
	assert_int_equal(buf_addstr(out, text, NULL), 0);
	free(text);
	json_decref(j);
}

static void
container_of(const struct fixture *f, const struct person *to,
    const struct wrong *w, struct buf *out)
{
	AUTO(buf_done) struct buf payload = { 0 }, info = { 0 }, is = { 0 };
	struct extract_spec x = {
		.extract = f->extract, .leaf = 1, .time_ms = NOW_MS
	};

	payload_of(f, to, w, &payload);
	memcpy(x.recipient, to->sha256, 32);
	assert_int_equal(
	    digest_of(DIGEST_SHA256, payload.p, payload.len, x.sha256, NULL),
	    0);
	assert_int_equal(
	    extract_sign(&x, f->scalar, &f->vault_der, &info, NULL), 0);
	assert_int_equal(
	    cms_signed(payload.p, payload.len, &f->vault_der, &info, &is, NULL),
	    0);
	assert_int_equal(
	    cms_enveloped(is.p, is.len, to->cert.p, to->cert.len, out, NULL),
	    0);
}

static int
open_it(const struct fixture *f, const struct person *to,
    const struct buf *vault, const struct buf *der, json_t **j, struct err *e)
{
	const struct open_spec s = { .key = &to->key,
		.cert = &to->cert,
		.vault = vault != NULL ? vault : &f->vault_pem,
		.now_ms = NOW_MS };
	struct payload_spec p = { .now_ms = NOW_MS };
	AUTO(buf_done) struct buf payload = { 0 }, content = { 0 };
	AUTO(buf_done) struct buf bytes = { 0 };
	int r;

	if ((r = open_extract(&s, der->p, der->len, &payload, p.recipient, e)) <
		0 ||
	    (r = payload_check(&p, payload.p, payload.len, j, &content, e)) < 0)
		return r;
	return payload_attachment(
	    json_array_get(
		json_object_get(json_object_get(*j, "content"), "attachments"),
		0),
	    &bytes, e);
}

static int
attempt(struct fixture *f, const struct person *to, const struct wrong *w,
    struct err *e)
{
	AUTO(buf_done) struct buf der = { 0 };
	json_t *j = NULL;
	int r;

	container_of(f, to, w, &der);
	r = open_it(f, to, NULL, &der, &j, e);
	json_decref(j);
	return r;
}

/* --- tests --------------------------------------------------------------- */

static void
a_recipient_opens_what_the_vault_made(void **state)
{
	const struct wrong w = { 0 };
	struct fixture *f = *state;
	struct err e = { 0 };

	assert_int_equal(attempt(f, &f->ec, &w, &e), 0);
	assert_int_equal(attempt(f, &f->rsa, &w, &e), 0);
}

/* Each bit of the container: nothing is passed over. */
static void
damage(struct fixture *f, const struct person *to)
{
	AUTO(buf_done) struct buf der = { 0 };
	const struct wrong w = { 0 };
	size_t i, bad = 0;
	int bit, step;

	container_of(f, to, &w, &der);
	/* Every bit of what frames the ciphertext, some of each byte of it. */
	for (i = 0; i < der.len; i++) {
		step = i < 640 || der.len - i < 24 ? 1 : 8;
		for (bit = (int)(i % 8) * (step > 1); bit < 8; bit += step) {
			struct err e = { 0 };
			json_t *j = NULL;

			der.p[i] ^= (uint8_t)(1u << bit);
			if (open_it(f, to, NULL, &der, &j, &e) !=
			    -(int)ERR_INTEGRITY) {
				print_error(
				    "byte %zu bit %d: %s\n", i, bit, e.text);
				bad++;
			}
			json_decref(j);
			der.p[i] ^= (uint8_t)(1u << bit);
		}
	}
	assert_int_equal(bad, 0);
}

static void
every_bit_of_damage_is_noticed_with_an_ec_key(void **state)
{
	struct fixture *f = *state;

	damage(f, &f->ec);
}

static void
every_bit_of_damage_is_noticed_with_an_rsa_key(void **state)
{
	struct fixture *f = *state;

	damage(f, &f->rsa);
}

static void
a_container_that_is_cut_or_longer_is_refused(void **state)
{
	AUTO(buf_done) struct buf der = { 0 };
	const struct wrong w = { 0 };
	struct fixture *f = *state;
	json_t *j = NULL;
	size_t n, all;

	container_of(f, &f->ec, &w, &der);
	assert_int_equal(buf_add(&der, "x", 1, NULL), 0);
	all = der.len;
	for (n = 0; n <= all; n += n < 300 ? 1 : 37) {
		der.len = n;
		if (n + 1 == all)
			continue;
		assert_int_equal(
		    open_it(f, &f->ec, NULL, &der, &j, NULL), -ERR_INTEGRITY);
	}
	der.len = all;
	assert_int_equal(
	    open_it(f, &f->ec, NULL, &der, &j, NULL), -ERR_INTEGRITY);
}

static void
another_key_opens_nothing(void **state)
{
	AUTO(buf_done) struct buf der = { 0 };
	const struct wrong w = { 0 };
	struct fixture *f = *state;
	struct person other = { 0 };
	json_t *j = NULL;

	container_of(f, &f->ec, &w, &der);
	assert_int_equal(
	    open_it(f, &f->rsa, NULL, &der, &j, NULL), -ERR_INTEGRITY);
	/* The same names, and another key. */
	person_new(&other, EVP_EC_gen("P-256"), "ec");
	assert_int_equal(
	    open_it(f, &other, NULL, &der, &j, NULL), -ERR_INTEGRITY);
	buf_done(&other.key);
	/* A key that is not the certificate's. */
	assert_int_equal(
	    buf_add(&other.key, f->ec.key.p, f->ec.key.len, NULL), 0);
	assert_int_equal(open_it(f, &other, NULL, &der, &j, NULL), -ERR_USAGE);
	buf_done(&other.key);
	buf_done(&other.cert);
}

static void
another_vault_has_another_signature(void **state)
{
	AUTO(buf_done) struct buf der = { 0 };
	const struct wrong w = { 0 };
	struct fixture *f = *state;
	struct fixture other = { 0 };
	json_t *j = NULL;

	vault_new(&other);
	container_of(f, &f->ec, &w, &der);
	assert_int_equal(open_it(f, &f->ec, &other.vault_pem, &der, &j, NULL),
	    -ERR_INTEGRITY);
	buf_done(&other.vault_der);
	buf_done(&other.vault_pem);
}

static void
a_payload_that_lies_is_refused(void **state)
{
	struct fixture *f = *state;
	const struct {
		struct wrong w;
		enum err_code code;
	} rows[] = {
		{ { .recipient = f->rsa.sha256 }, ERR_INTEGRITY },
		{ { .klass = LEAF_DOC_FILE }, ERR_INTEGRITY },
		{ { .bind_version = 2 }, ERR_INTEGRITY },
		{ { .vault = "sceau.example/autre" }, ERR_INTEGRITY },
		{ { .other_log_key = 1 }, ERR_INTEGRITY },
		{ { .bad_attachment = 1 }, ERR_INTEGRITY },
		{ { .spaces = 1 }, ERR_INTEGRITY },
		{ { .expires_ms = NOW_MS }, ERR_REFUSED },
		{ { .expires_ms = NOW_MS - DAY_MS }, ERR_REFUSED },
		{ { .expires_ms = NOW_MS + 1000 }, ERR_OK },
	};
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		struct err e = { 0 };

		if (attempt(f, &f->ec, &rows[i].w, &e) != -(int)rows[i].code)
			fail_msg("row %zu: %s", i, e.text);
	}
}

static void
a_log_key_from_elsewhere_must_be_the_one(void **state)
{
	AUTO(buf_done) struct buf text = { 0 }, content = { 0 }, vkey = { 0 };
	const struct wrong w = { 0 };
	struct fixture *f = *state;
	struct payload_spec s = { .now_ms = NOW_MS,
		.log_key = "sceau.example/autre+00000000+AA==" };
	json_t *j = NULL;

	memcpy(s.recipient, f->ec.sha256, 32);
	payload_of(f, &f->ec, &w, &text);
	assert_int_equal(
	    payload_check(&s, text.p, text.len, &j, &content, NULL),
	    -ERR_INTEGRITY);
	assert_int_equal(note_key_format(&f->log, &vkey, NULL), 0);
	s.log_key = buf_str(&vkey);
	buf_reset(&content);
	assert_int_equal(
	    payload_check(&s, text.p, text.len, &j, &content, NULL), 0);
	json_decref(j);
}

/* Each byte of the payload too: whoever can sign cannot make it lie. */
static void
every_byte_of_the_payload_counts(void **state)
{
	AUTO(buf_done) struct buf text = { 0 };
	const struct wrong w = { 0 };
	struct fixture *f = *state;
	struct payload_spec s = { .now_ms = NOW_MS };
	size_t i;

	memcpy(s.recipient, f->ec.sha256, 32);
	payload_of(f, &f->ec, &w, &text);
	for (i = 0; i < text.len; i++) {
		AUTO(buf_done) struct buf content = { 0 };
		json_t *j = NULL;

		text.p[i] ^= 1;
		if (payload_check(&s, text.p, text.len, &j, &content, NULL) ==
		    0)
			fail_msg("byte %zu: %.20s", i, text.p + i);
		text.p[i] ^= 1;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_recipient_opens_what_the_vault_made),
		cmocka_unit_test(every_bit_of_damage_is_noticed_with_an_ec_key),
		cmocka_unit_test(
		    every_bit_of_damage_is_noticed_with_an_rsa_key),
		cmocka_unit_test(a_container_that_is_cut_or_longer_is_refused),
		cmocka_unit_test(another_key_opens_nothing),
		cmocka_unit_test(another_vault_has_another_signature),
		cmocka_unit_test(a_payload_that_lies_is_refused),
		cmocka_unit_test(a_log_key_from_elsewhere_must_be_the_one),
		cmocka_unit_test(every_byte_of_the_payload_counts),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
