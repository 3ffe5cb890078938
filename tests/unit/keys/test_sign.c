#include "fixture.h"

#include <openssl/bio.h>
#include <openssl/cms.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>

#include "base/sshsig.h"
#include "keys/commit_sign.h"
#include "keys/extract_sign.h"

static const char content[] = "champs convenus, rien de plus\n";

static void
wrap(struct buf *out, uint8_t tag, const void *p, size_t n)
{
	uint8_t head[4] = { tag, 0x82, (uint8_t)(n >> 8), (uint8_t)n };
	uint8_t small[2] = { tag, (uint8_t)n };

	if (n < 0x80)
		assert_ok(buf_add(out, small, 2, NULL));
	else if (n < 0x100) {
		uint8_t mid[3] = { tag, 0x81, (uint8_t)n };

		assert_ok(buf_add(out, mid, 3, NULL));
	} else
		assert_ok(buf_add(out, head, 4, NULL));
	assert_ok(buf_add(out, p, n, NULL));
}

/* A detached SignedData with this one SignerInfo and the certificate. */
static void
signed_data(const struct buf *si, const struct buf *cert, struct buf *out)
{
	static const uint8_t start[] = { 2, 1, 1, 0x31, 13, 0x30, 11, 6, 9,
		0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 0x30, 11, 6, 9, 0x2a,
		0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1 };
	static const uint8_t type[] = { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 1, 7, 2 };
	AUTO(buf_done) struct buf body = { 0 };
	AUTO(buf_done) struct buf seq = { 0 };
	AUTO(buf_done) struct buf info = { 0 };

	assert_ok(buf_add(&body, start, sizeof(start), NULL));
	wrap(&body, 0xa0, cert->p, cert->len);
	wrap(&body, 0x31, si->p, si->len);
	wrap(&seq, 0x30, body.p, body.len);
	assert_ok(buf_add(&info, type, sizeof(type), NULL));
	wrap(&info, 0xa0, seq.p, seq.len);
	wrap(out, 0x30, info.p, info.len);
}

static void
fill(struct fixture *f, struct extract_spec *x)
{
	memset(x, 0, sizeof(*x));
	assert_ok(id_random(&x->extract, &f->e));
	x->leaf = 1234;
	x->time_ms = 1795000000000;
	memset(x->recipient, 0xab, sizeof(x->recipient));
	assert_ok(digest_of(
	    DIGEST_SHA256, content, strlen(content), x->sha256, &f->e));
}

static int
verify(const struct buf *si, const struct buf *cert, const char *text)
{
	AUTO(buf_done) struct buf der = { 0 };
	const unsigned char *p, *c = cert->p;
	X509_STORE *store = X509_STORE_new();
	X509 *x = d2i_X509(NULL, &c, (long)cert->len);
	BIO *in = BIO_new_mem_buf(text, -1);
	CMS_ContentInfo *cms;
	int ok;

	signed_data(si, cert, &der);
	p = der.p;
	cms = d2i_CMS_ContentInfo(NULL, &p, (long)der.len);
	assert_non_null(cms);
	assert_non_null(x);
	X509_STORE_add_cert(store, x);
	X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), 1795001000);
	ok =
	    CMS_verify(cms, NULL, store, in, NULL, CMS_BINARY | CMS_CADES) == 1;
	CMS_ContentInfo_free(cms);
	X509_free(x);
	X509_STORE_free(store);
	BIO_free(in);
	return ok;
}

static void
openssl_accepts_the_signature_of_an_extract(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf si = { 0 };
	const struct buf *cert;
	struct extract_spec x;

	fixture_open(f);
	cert = &f->safe.keys.ring.certificate;
	fill(f, &x);
	assert_ok(safe_sign_extract(&f->safe, &x, 0, &si, &f->e));
	assert_true(verify(&si, cert, content));
	assert_false(verify(&si, cert, "other content\n"));
}

static void
the_signature_names_extract_leaf_and_recipient(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf si = { 0 };
	struct extract_spec x;
	char id[ID_TEXT], hint[160];

	fixture_open(f);
	fill(f, &x);
	assert_ok(safe_sign_extract(&f->safe, &x, 0, &si, &f->e));
	id_format(&x.extract, id);
	snprintf(hint, sizeof(hint), "sceau extract %s leaf 1234 to abab", id);
	assert_non_null(memmem(si.p, si.len, hint, strlen(hint)));
}

static void
no_changed_byte_of_the_signature_is_accepted(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf si = { 0 };
	const struct buf *cert;
	struct extract_spec x;
	uint8_t *at;

	fixture_open(f);
	cert = &f->safe.keys.ring.certificate;
	fill(f, &x);
	assert_ok(safe_sign_extract(&f->safe, &x, 0, &si, &f->e));
	at = memmem(si.p, si.len, "leaf 1234", 9);
	assert_non_null(at);
	at[5] = '2';
	assert_false(verify(&si, cert, content));
	at[5] = '1';
	assert_true(verify(&si, cert, content));
	si.p[si.len - 1] ^= 1;
	assert_false(verify(&si, cert, content));
}

static void
absurd_signing_times_are_refused(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf si = { 0 };
	struct extract_spec x;

	fixture_open(f);
	fill(f, &x);
	x.time_ms = -1;
	assert_err(safe_sign_extract(&f->safe, &x, 0, &si, &f->e), ERR_INVALID);
	x.time_ms = INT64_MAX;
	assert_err(safe_sign_extract(&f->safe, &x, 0, &si, &f->e), ERR_INVALID);
	assert_int_equal(si.len, 0);
	x.time_ms = INT64_C(2600000000000); /* after 2049: four digits */
	assert_ok(safe_sign_extract(&f->safe, &x, 0, &si, &f->e));
	assert_non_null(memmem(si.p, si.len, "20520522", 8));
}

static void
the_certificate_is_the_origins_for_ten_years(void **state)
{
	struct fixture *f = *state;
	const struct buf *cert;
	const unsigned char *p;
	char name[128];
	X509 *x;

	fixture_open(f);
	cert = &f->safe.keys.ring.certificate;
	p = cert->p;
	x = d2i_X509(NULL, &p, (long)cert->len);
	assert_non_null(x);
	X509_NAME_get_text_by_NID(
	    X509_get_subject_name(x), NID_commonName, name, sizeof(name));
	assert_string_equal(name, FIXTURE_ORIGIN);
	assert_int_equal(X509_get_key_usage(x), KU_DIGITAL_SIGNATURE);
	assert_int_equal(X509_check_ca(x), 0);
	assert_int_equal(X509_verify(x, X509_get0_pubkey(x)), 1);
	X509_free(x);
}

/* Take the gpgsig header out: what is left is what was signed. */
static void
split(const char *text, struct buf *without, struct buf *armor)
{
	const char *line, *end;
	int in = 0, head = 1;

	for (line = text; *line != '\0'; line = end + 1) {
		end = strchr(line, '\n');
		assert_non_null(end);
		if (head && strncmp(line, "gpgsig ", 7) == 0) {
			in = 1;
			assert_ok(buf_add(armor, line + 7,
			    (size_t)(end + 1 - line - 7), NULL));
			continue;
		}
		in = in && line[0] == ' ';
		if (in) {
			assert_ok(buf_add(
			    armor, line + 1, (size_t)(end - line), NULL));
			continue;
		}
		head = head && *line != '\n';
		assert_ok(
		    buf_add(without, line, (size_t)(end + 1 - line), NULL));
	}
}

static void
a_commit_is_signed_as_git_signs(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(buf_done) struct buf without = { 0 };
	AUTO(buf_done) struct buf armor = { 0 };
	AUTO(buf_done) struct buf key = { 0 };
	struct commit_spec c = {
		.has_parent = 1, .version = 2, .hour = 498765
	};
	uint8_t pub[32];

	fixture_open(f);
	memset(c.tree, 0x11, sizeof(c.tree));
	memset(c.parent, 0x22, sizeof(c.parent));
	assert_ok(safe_sign_commit(&f->safe, &c, &text, &f->e));
	split(buf_str(&text), &without, &armor);
	assert_ok(sshsig_verify(buf_str(&armor), armor.len, "git", without.p,
	    without.len, &key, NULL, &f->e));
	assert_ok(ed25519_public(f->safe.keys.ring.k->store, pub, &f->e));
	assert_memory_equal(key.p + key.len - 32, pub, 32);
	assert_string_equal(buf_str(&without),
	    "tree 1111111111111111111111111111111111111111\n"
	    "parent 2222222222222222222222222222222222222222\n"
	    "author Sceau <sceau@vault.invalid> 1795554000 +0000\n"
	    "committer Sceau <sceau@vault.invalid> 1795554000 +0000\n"
	    "\n"
	    "version 2\n");
}

static void
a_commit_without_version_or_in_no_year_is_refused(void **state)
{
	struct fixture *f = *state;
	AUTO(buf_done) struct buf text = { 0 };
	struct commit_spec c = { .version = 0, .hour = 1 };

	fixture_open(f);
	assert_err(safe_sign_commit(&f->safe, &c, &text, &f->e), ERR_INVALID);
	c.version = 1;
	c.hour = COMMIT_HOUR_MAX + 1;
	assert_err(safe_sign_commit(&f->safe, &c, &text, &f->e), ERR_INVALID);
	c.hour = UINT64_MAX;
	assert_err(safe_sign_commit(&f->safe, &c, &text, &f->e), ERR_INVALID);
	assert_int_equal(text.len, 0);
}

#define WITH(t)                                                                \
	cmocka_unit_test_setup_teardown(t, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WITH(openssl_accepts_the_signature_of_an_extract),
		WITH(the_signature_names_extract_leaf_and_recipient),
		WITH(no_changed_byte_of_the_signature_is_accepted),
		WITH(absurd_signing_times_are_refused),
		WITH(the_certificate_is_the_origins_for_ten_years),
		WITH(a_commit_is_signed_as_git_signs),
		WITH(a_commit_without_version_or_in_no_year_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
