#include "base/sshsig.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "tests/unit/base/vectors.h"

#define NS "sceau-test"

static const uint8_t seed[ED25519_LEN] = { 1 };
static char dir[] = "/tmp/sshsig-XXXXXX";

static void
put(const char *name, const void *p, size_t n)
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	assert_non_null(f);
	assert_int_equal(fwrite(p, 1, n, f), n);
	fclose(f);
}

static struct buf
get(const char *name)
{
	struct buf b = { 0 };
	char path[128];
	struct err e;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "rb");
	assert_non_null(f);
	assert_int_equal(buf_reserve(&b, 65536, &e), 0);
	b.len = fread(b.p, 1, 65536, f);
	fclose(f);
	return b;
}

static int
dir_setup(void **state)
{
	(void)state;
	return mkdtemp(dir) == NULL;
}

static int
dir_teardown(void **state)
{
	(void)state;
	return run("rm -r %s", dir);
}

static struct buf
our_signature(const char *text)
{
	struct buf b = { 0 };
	struct err e;

	assert_int_equal(sshsig_sign(seed, NS, text, strlen(text), &b, &e), 0);
	return b;
}

static int
verify(const struct buf *sig, const char *ns, const char *text)
{
	AUTO(buf_done) struct buf key = { 0 };
	uint8_t flags = 7;
	struct err e;
	int r;

	r = sshsig_verify((const char *)sig->p, sig->len, ns, text,
	    strlen(text), &key, &flags, &e);
	assert_true((r == 0) == (key.len > 0));
	assert_int_equal(flags, r == 0 ? 0 : 7);
	return r;
}

static void
what_we_sign_we_verify(void **state)
{
	AUTO(buf_done) struct buf sig = our_signature("text");
	AUTO(buf_done) struct buf key = { 0 }, line = { 0 }, blob = { 0 };
	uint8_t pub[ED25519_LEN];
	struct err e;

	(void)state;
	assert_int_equal(sshsig_verify((const char *)sig.p, sig.len, NS, "text",
			     4, &key, NULL, &e),
	    0);
	assert_int_equal(ed25519_public(seed, pub, &e), 0);
	assert_int_equal(ssh_public_line(pub, "me", &line, &e), 0);
	assert_int_equal(ssh_public_parse(buf_str(&line), &blob, &e), 0);
	assert_int_equal(key.len, blob.len);
	assert_memory_equal(key.p, blob.p, blob.len);
}

static void
another_text_or_namespace_is_refused(void **state)
{
	AUTO(buf_done) struct buf sig = our_signature("text"), none = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(verify(&sig, NS, "test"), -ERR_INTEGRITY);
	assert_int_equal(verify(&sig, NS, ""), -ERR_INTEGRITY);
	assert_int_equal(verify(&sig, "sceau-tesu", "text"), -ERR_INTEGRITY);
	assert_int_equal(verify(&sig, "sceau", "text"), -ERR_INTEGRITY);
	assert_int_equal(verify(&sig, "", "text"), -ERR_INTEGRITY);
	assert_int_equal(
	    sshsig_sign(seed, "", "x", 1, &none, &e), -ERR_INVALID);
}

static void
any_changed_byte_of_ours_is_refused(void **state)
{
	AUTO(buf_done) struct buf sig = our_signature("text");
	size_t i, n = sig.len;

	(void)state;
	for (i = 0; i < n; i++) {
		/* Where the lines break is not signed. */
		if (sig.p[i] == '\n')
			continue;
		sig.p[i] ^= 1;
		assert_true(verify(&sig, NS, "text") < 0);
		sig.p[i] ^= 1;
	}
	sig.len = n - 1;
	assert_int_equal(verify(&sig, NS, "text"), 0); /* last newline */
	for (i = n - 1; i-- > 0;) {
		sig.len = i;
		assert_int_equal(verify(&sig, NS, "text"), -ERR_INVALID);
	}
}

static void
text_behind_the_armor_is_refused(void **state)
{
	AUTO(buf_done) struct buf sig = our_signature("text");
	struct err e;

	(void)state;
	assert_int_equal(buf_addstr(&sig, "\n", &e), 0);
	assert_int_equal(verify(&sig, NS, "text"), -ERR_INVALID);
}

/* A blob of our own making in an armor. */
static int
verify_blob(const struct buf *blob)
{
	AUTO(buf_done) struct buf sig = { 0 };
	struct err e;

	assert_int_equal(
	    buf_addstr(&sig, "-----BEGIN SSH SIGNATURE-----\n", &e), 0);
	assert_int_equal(base64_format(blob->p, blob->len, &sig, &e), 0);
	assert_int_equal(
	    buf_addstr(&sig, "\n-----END SSH SIGNATURE-----\n", &e), 0);
	return verify(&sig, NS, "text");
}

static struct buf
our_blob(void)
{
	AUTO(buf_done) struct buf sig = our_signature("text"), b64 = { 0 };
	const char *s = (const char *)sig.p, *line = NULL;
	size_t left = sig.len, n = 0;
	struct buf blob = { 0 };
	struct err e;

	while (text_line(&s, &left, &line, &n))
		if (line[0] != '-')
			assert_int_equal(buf_add(&b64, line, n, &e), 0);
	assert_int_equal(
	    base64_parse((const char *)b64.p, b64.len, &blob, &e), 0);
	return blob;
}

static void
every_byte_of_the_blob_counts(void **state)
{
	AUTO(buf_done) struct buf blob = our_blob();
	size_t i, n = blob.len;
	struct err e;

	(void)state;
	assert_int_equal(verify_blob(&blob), 0);
	for (i = 0; i < n; i++) {
		blob.p[i] ^= 1;
		assert_true(verify_blob(&blob) < 0);
		blob.p[i] ^= 0x81;
		assert_true(verify_blob(&blob) < 0);
		blob.p[i] ^= 0x80;
	}
	for (blob.len = 0; blob.len < n; blob.len++)
		assert_int_equal(verify_blob(&blob), -ERR_INVALID);
	assert_int_equal(buf_add(&blob, "", 1, &e), 0);
	assert_int_equal(verify_blob(&blob), -ERR_INVALID);
}

/* The reserved field is signed as empty, so it must be so. */
static void
a_reserved_field_that_says_something_is_refused(void **state)
{
	AUTO(buf_done) struct buf blob = our_blob(), b = { 0 };
	const uint8_t *alg = memmem(blob.p, blob.len, "sha512", 6);
	size_t at = (size_t)(alg - blob.p) - 8; /* the length of reserved */
	struct err e;

	(void)state;
	assert_int_equal(buf_add(&b, blob.p, at, &e), 0);
	assert_int_equal(buf_add(&b, "\0\0\0\1x", 5, &e), 0);
	assert_int_equal(
	    buf_add(&b, blob.p + at + 4, blob.len - at - 4, &e), 0);
	assert_int_equal(verify_blob(&b), -ERR_INVALID);
}

static void
ssh_keygen_accepts_what_we_sign(void **state)
{
	AUTO(buf_done) struct buf sig = our_signature("text\n");
	AUTO(buf_done) struct buf line = { 0 };
	uint8_t pub[ED25519_LEN];
	struct err e;

	(void)state;
	assert_int_equal(ed25519_public(seed, pub, &e), 0);
	assert_int_equal(buf_addstr(&line, "me@example ", &e), 0);
	assert_int_equal(ssh_public_line(pub, "", &line, &e), 0);
	put("allowed", line.p, line.len);
	put("ours.sig", sig.p, sig.len);
	assert_int_equal(run("echo text | ssh-keygen -q -Y verify -n " NS
			     " -f %s/allowed -I me@example -s %s/ours.sig",
			     dir, dir),
	    0);
	assert_int_not_equal(run("echo test | ssh-keygen -q -Y verify -n " NS
				 " -f %s/allowed -I me@example "
				 "-s %s/ours.sig 2>/dev/null",
				 dir, dir),
	    0);
}

static const struct {
	const char *type;
	const char *options;
} kinds[] = {
	{ "ed25519", "" },
	{ "ed25519", "-O hashalg=sha256" },
	{ "ecdsa", "" },
	{ "ecdsa", "-O hashalg=sha256" },
	{ "rsa", "" },
};

static void
we_accept_what_ssh_keygen_signs(void **state)
{
	size_t i, k;

	(void)state;
	for (i = 0; i < NELEMS(kinds); i++)
		for (k = 0; k < 8; k++) { /* r and s of all lengths */
			AUTO(buf_done) struct buf sig = { 0 };

			if (k > 0 && strcmp(kinds[i].type, "ecdsa") != 0)
				break;
			assert_int_equal(
			    run("cd %s && rm -f k k.pub m.sig && "
				"ssh-keygen -q -N '' -t %s -f k && "
				"printf text > m && ssh-keygen -q -Y sign "
				"-f k -n " NS " %s m",
				dir, kinds[i].type, kinds[i].options),
			    0);
			sig = get("m.sig");
			assert_int_equal(verify(&sig, NS, "text"), 0);
			assert_int_equal(
			    verify(&sig, NS, "test"), -ERR_INTEGRITY);
			assert_int_equal(
			    verify(&sig, "git", "text"), -ERR_INTEGRITY);
		}
}

static void
small_and_other_keys_are_refused(void **state)
{
	static const char *const types[] = { "rsa -b 1024", "ecdsa -b 384" };
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(types); i++) {
		AUTO(buf_done) struct buf sig = { 0 };

		assert_int_equal(
		    run("cd %s && rm -f k k.pub m.sig && "
			"ssh-keygen -q -N '' -t %s -f k && printf text > m && "
			"ssh-keygen -q -Y sign -f k -n " NS " m",
			dir, types[i]),
		    0);
		sig = get("m.sig");
		assert_int_equal(verify(&sig, NS, "text"), -ERR_INVALID);
	}
}

static void
fingerprints_are_those_of_ssh_keygen(void **state)
{
	AUTO(buf_done) struct buf line = { 0 }, blob = { 0 }, want = { 0 };
	uint8_t pub[ED25519_LEN];
	char print[64], *space;
	struct err e;

	(void)state;
	assert_int_equal(ed25519_public(seed, pub, &e), 0);
	assert_int_equal(ssh_public_line(pub, "a b", &line, &e), 0);
	put("us.pub", line.p, line.len);
	assert_int_equal(
	    run("cd %s && ssh-keygen -l -f us.pub > print", dir), 0);
	want = get("print");
	assert_int_equal(ssh_public_parse(buf_str(&line), &blob, &e), 0);
	assert_int_equal(ssh_fingerprint(blob.p, blob.len, print, &e), 0);
	assert_non_null(space = strchr(buf_str(&want), ' '));
	assert_memory_equal(space + 1, print, strlen(print));
	assert_int_equal(strlen(print), 7 + 43);
}

static void
public_lines_that_are_none_are_refused(void **state)
{
#define K "AAAAC3NzaC1lZDI1NTE5AAAAIIlizSIN3DQV78VPNjVvvwjgf+P5HqbPYCYu3BOMdjAE"
	static const char *const bad[] = { "", " ", "ssh-ed25519",
		"ssh-ed25519 ", "ssh-rsa " K, "ssh-ed25519  " K,
		" ssh-ed25519 " K, "ssh-ed25519 AAAA", "ssh-ed25519 " K "=",
		"restrict ssh-ed25519 " K, "ssh-ed2551 " K };
	AUTO(buf_done) struct buf blob = { 0 };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++)
		assert_int_equal(
		    ssh_public_parse(bad[i], &blob, &e), -ERR_INVALID);
	assert_int_equal(blob.len, 0);
	assert_int_equal(ssh_public_parse("ssh-ed25519 " K, &blob, &e), 0);
	assert_int_equal(blob.len, 51);
}

static void
corpus_case(const char *name, uint8_t want_flags)
{
	AUTO(buf_done) struct buf text = corpus_file("sshsig/signed-data");
	AUTO(buf_done) struct buf key = { 0 }, want = { 0 }, sig = { 0 };
	AUTO(buf_done) struct buf pub = { 0 };
	char rel[64];
	uint8_t flags = 7;
	struct err e;
	size_t i;

	snprintf(rel, sizeof(rel), "sshsig/%s.sig", name);
	sig = corpus_file(rel);
	snprintf(rel, sizeof(rel), "sshsig/%s.pub", name);
	pub = corpus_file(rel);
	assert_int_equal(ssh_public_parse(buf_str(&pub), &want, &e), 0);
	assert_int_equal(sshsig_verify((const char *)sig.p, sig.len, "unittest",
			     text.p, text.len, &key, &flags, &e),
	    0);
	assert_int_equal(key.len, want.len);
	assert_memory_equal(key.p, want.p, want.len);
	assert_int_equal(flags, want_flags);
	assert_int_equal(sshsig_verify((const char *)sig.p, sig.len, "unittes",
			     text.p, text.len, &key, &flags, &e),
	    -ERR_INTEGRITY);
	for (i = 0; i < text.len; i++) {
		text.p[i] ^= 1;
		assert_int_equal(
		    sshsig_verify((const char *)sig.p, sig.len, "unittest",
			text.p, text.len, &key, &flags, &e),
		    -ERR_INTEGRITY);
		text.p[i] ^= 1;
	}
}

static void
signatures_of_the_corpus_verify(void **state)
{
	(void)state;
	corpus_case("ed25519", 0);
	corpus_case("ed25519_sk", 1);
	corpus_case("rsa", 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_sign_we_verify),
		cmocka_unit_test(another_text_or_namespace_is_refused),
		cmocka_unit_test(any_changed_byte_of_ours_is_refused),
		cmocka_unit_test(text_behind_the_armor_is_refused),
		cmocka_unit_test(every_byte_of_the_blob_counts),
		cmocka_unit_test(
		    a_reserved_field_that_says_something_is_refused),
		cmocka_unit_test(ssh_keygen_accepts_what_we_sign),
		cmocka_unit_test(we_accept_what_ssh_keygen_signs),
		cmocka_unit_test(small_and_other_keys_are_refused),
		cmocka_unit_test(fingerprints_are_those_of_ssh_keygen),
		cmocka_unit_test(public_lines_that_are_none_are_refused),
		cmocka_unit_test(signatures_of_the_corpus_verify),
	};

	return cmocka_run_group_tests(tests, dir_setup, dir_teardown);
}
