#include "tests/unit/base/vectors.h"

#include <string.h>

static void
digests_are_those_of_the_standards(void **state)
{
	uint8_t out[SHA512_LEN];
	struct err e;

	(void)state;
	assert_int_equal(digest_of(DIGEST_SHA1, "abc", 3, out, &e), 0);
	assert_hex(out, SHA1_LEN, "a9993e364706816aba3e25717850c26c9cd0d89d");
	assert_int_equal(digest_of(DIGEST_SHA256, "abc", 3, out, &e), 0);
	assert_hex(out, SHA256_LEN,
	    "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(digest_of(DIGEST_SHA256, "", 0, out, &e), 0);
	assert_hex(out, SHA256_LEN,
	    "e3b0c44298fc1c149afbf4c8996fb924"
	    "27ae41e4649b934ca495991b7852b855");
	assert_int_equal(digest_of(DIGEST_SHA512, "abc", 3, out, &e), 0);
	assert_hex(out, SHA512_LEN,
	    "ddaf35a193617abacc417349ae204131"
	    "12e6fa4e89a97ea20a9eeee64b55d39a"
	    "2192992a274fc1a836ba3c23a3feebbd"
	    "454d4423643ce80e2a9ac94fa54ca49f");
}

static void
an_unknown_digest_is_refused(void **state)
{
	uint8_t out[SHA512_LEN];
	struct err e;

	(void)state;
	assert_int_equal(
	    digest_of((enum digest_alg)DIGEST_ALGS, "", 0, out, &e),
	    -ERR_INTERNAL);
}

static void
a_digest_can_be_peeked_at_and_goes_on(void **state)
{
	AUTO(digest_freep) struct digest *d = NULL;
	uint8_t peek[SHA256_LEN], whole[SHA256_LEN], out[SHA256_LEN];
	struct err e;

	(void)state;
	assert_int_equal(digest_new(DIGEST_SHA256, &d, &e), 0);
	assert_int_equal(digest_add(d, "a", 1, &e), 0);
	assert_int_equal(digest_peek(d, peek, &e), 0);
	assert_int_equal(digest_of(DIGEST_SHA256, "a", 1, out, &e), 0);
	assert_memory_equal(peek, out, SHA256_LEN);
	assert_int_equal(digest_add(d, "bc", 2, &e), 0);
	assert_int_equal(digest_final(d, whole, &e), 0);
	assert_int_equal(digest_of(DIGEST_SHA256, "abc", 3, out, &e), 0);
	assert_memory_equal(whole, out, SHA256_LEN);
}

/* RFC 4231, cases 1 and 2. */
static void
hmac_is_that_of_rfc_4231(void **state)
{
	uint8_t key[20], out[SHA256_LEN];
	struct err e;

	(void)state;
	memset(key, 0x0b, sizeof(key));
	assert_int_equal(hmac_sha256(key, 20, "Hi There", 8, out, &e), 0);
	assert_hex(out, SHA256_LEN,
	    "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7");
	assert_int_equal(
	    hmac_sha256("Jefe", 4, "what do ya want for nothing?", 28, out, &e),
	    0);
	assert_hex(out, SHA256_LEN,
	    "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843");
}

static void
an_empty_hmac_key_is_an_empty_key(void **state)
{
	uint8_t a[SHA256_LEN], b[SHA256_LEN];
	struct err e;

	(void)state;
	assert_int_equal(hmac_sha256(NULL, 0, "x", 1, a, &e), 0);
	assert_int_equal(hmac_sha256("", 0, "x", 1, b, &e), 0);
	assert_memory_equal(a, b, SHA256_LEN);
}

/* RFC 5869, A.1 and A.3. */
static void
hkdf_is_that_of_rfc_5869(void **state)
{
	AUTO(buf_done) struct buf salt = unhex("000102030405060708090a0b0c");
	AUTO(buf_done) struct buf context = unhex("f0f1f2f3f4f5f6f7f8f9");
	uint8_t ikm[22], out[42];
	struct err e;

	(void)state;
	memset(ikm, 0x0b, sizeof(ikm));
	assert_int_equal(hkdf_sha256(ikm, 22, salt.p, salt.len, context.p,
			     context.len, out, 42, &e),
	    0);
	assert_hex(out, 42,
	    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56"
	    "ecc4c5bf34007208d5b887185865");
	assert_int_equal(
	    hkdf_sha256(ikm, 22, NULL, 0, NULL, 0, out, 42, &e), 0);
	assert_hex(out, 42,
	    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f"
	    "3c738d2d9d201395faa4b61a96c8");
}

/* Made with Python's hmac, T(i) = HMAC-SHA-512(prk, T(i-1) || info || i). */
static void
hkdf_expand_with_sha512_makes_two_blocks(void **state)
{
	uint8_t prk[32], out[76];
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < 32; i++)
		prk[i] = (uint8_t)i;
	assert_int_equal(
	    hkdf_expand_sha512(prk, 32, "sceau test", 10, out, 76, &e), 0);
	assert_hex(out, 76,
	    "1e6b13447a579195fe9460cdd50034402e8d2043c7da80d46900ee216754be74"
	    "9d4353222552621985c84fea8249675a59c88244603cda548ffce516e9ed741a"
	    "050115b5c9f94289b9f116fc");
}

/* RFC 7914, 12. */
static void
scrypt_is_that_of_rfc_7914(void **state)
{
	uint8_t out[64];
	struct err e;

	(void)state;
	assert_int_equal(scrypt("", 0, "", 0, 16, 1, 1, out, 64, &e), 0);
	assert_hex(out, 64,
	    "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
	    "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d1890"
	    "6");
	assert_int_equal(
	    scrypt("password", 8, "NaCl", 4, 1024, 8, 16, out, 64, &e), 0);
	assert_hex(out, 64,
	    "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
	    "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc064"
	    "0");
}

static void
scrypt_takes_more_memory_than_the_library_grants_by_default(void **state)
{
	uint8_t out[32];
	struct err e;

	(void)state;
	assert_int_equal(
	    scrypt("p", 1, "s", 1, UINT64_C(1) << 16, 8, 1, out, 32, &e), 0);
}

static void
scrypt_refuses_parameters_out_of_reason(void **state)
{
	uint8_t out[32];
	struct err e;

	(void)state;
	assert_int_equal(
	    scrypt("p", 1, "s", 1, UINT64_C(1) << 40, 8, 1, out, 32, &e),
	    -ERR_INVALID);
	assert_int_equal(scrypt("p", 1, "s", 1, 1024, 1u << 20, 1, out, 32, &e),
	    -ERR_INVALID);
	assert_true(scrypt("p", 1, "s", 1, 1000, 8, 1, out, 32, &e) < 0);
}

/* The GCM specification, test cases 13 and 14. */
static void
gcm_is_that_of_its_specification(void **state)
{
	AUTO(gcm_freep) struct gcm *g = NULL;
	uint8_t zero[32] = { 0 }, out[32], back[16];
	struct err e;

	(void)state;
	assert_int_equal(gcm_new(zero, &g, &e), 0);
	assert_int_equal(gcm_seal(g, zero, NULL, 0, out, &e), 0);
	assert_hex(out, 16, "530f8afbc74536b9a963b4f1c4cb738b");
	assert_int_equal(gcm_seal(g, zero, zero, 16, out, &e), 0);
	assert_hex(out, 32,
	    "cea7403d4d606b6e074ec5d3baf39d18"
	    "d0d1c8a799996bf0265b98b5d48ab919");
	assert_int_equal(gcm_open(g, zero, out, 32, back, &e), 0);
	assert_memory_equal(back, zero, 16);
}

static void
gcm_gives_nothing_when_the_tag_is_wrong(void **state)
{
	AUTO(gcm_freep) struct gcm *g = NULL;
	uint8_t zero[32] = { 0 }, out[32], back[16];
	struct err e;

	(void)state;
	assert_int_equal(gcm_new(zero, &g, &e), 0);
	assert_int_equal(gcm_seal(g, zero, "sixteen letters!", 16, out, &e), 0);
	out[31] ^= 1;
	memset(back, 0xff, sizeof(back));
	assert_int_equal(gcm_open(g, zero, out, 32, back, &e), -ERR_INTEGRITY);
	assert_memory_equal(back, zero, 16);
	assert_int_equal(gcm_open(g, zero, out, 15, back, &e), -ERR_INTEGRITY);
	/* and the cipher serves on */
	out[31] ^= 1;
	assert_int_equal(gcm_open(g, zero, out, 32, back, &e), 0);
	assert_memory_equal(back, "sixteen letters!", 16);
}

/* RFC 8032, 7.1. */
static const struct {
	const char *seed, *pub, *text, *sig;
} ed25519[] = {
	{ "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
	    "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
	    "",
	    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555f"
	    "b"
	    "8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b" },
	{ "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
	    "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
	    "72",
	    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da08"
	    "5"
	    "ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00" },
	{ "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
	    "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
	    "af82",
	    "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18"
	    "f"
	    "f9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a" },
};

static void
ed25519_is_that_of_rfc_8032(void **state)
{
	uint8_t pub[ED25519_LEN], sig[ED25519_SIG_LEN];
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(ed25519); i++) {
		AUTO(buf_done) struct buf seed = unhex(ed25519[i].seed);
		AUTO(buf_done) struct buf text = unhex(ed25519[i].text);

		assert_int_equal(ed25519_public(seed.p, pub, &e), 0);
		assert_hex(pub, sizeof(pub), ed25519[i].pub);
		assert_int_equal(
		    ed25519_sign(seed.p, text.p, text.len, sig, &e), 0);
		assert_hex(sig, sizeof(sig), ed25519[i].sig);
		assert_int_equal(
		    ed25519_verify(pub, text.p, text.len, sig, &e), 0);
	}
}

static void
ed25519_refuses_other_text_signature_or_key(void **state)
{
	uint8_t seed[32] = { 1 }, pub[32], sig[64];
	struct err e;

	(void)state;
	assert_int_equal(ed25519_public(seed, pub, &e), 0);
	assert_int_equal(ed25519_sign(seed, "text", 4, sig, &e), 0);
	assert_int_equal(
	    ed25519_verify(pub, "test", 4, sig, &e), -ERR_INTEGRITY);
	sig[0] ^= 1;
	assert_int_equal(
	    ed25519_verify(pub, "text", 4, sig, &e), -ERR_INTEGRITY);
	sig[0] ^= 1;
	pub[0] ^= 1;
	assert_int_equal(
	    ed25519_verify(pub, "text", 4, sig, &e), -ERR_INTEGRITY);
}

static void
p256_signs_what_it_verifies(void **state)
{
	uint8_t key[P256_KEY_LEN], pub[P256_PUB_LEN], sig[P256_SIG_MAX];
	size_t len = sizeof(sig);
	struct err e;

	(void)state;
	assert_int_equal(p256_generate(key, pub, &e), 0);
	assert_int_equal(p256_sign(key, "text", 4, sig, &len, &e), 0);
	assert_int_equal(p256_verify(pub, "text", 4, sig, len, &e), 0);
	assert_int_equal(
	    p256_verify(pub, "test", 4, sig, len, &e), -ERR_INTEGRITY);
	assert_int_equal(
	    p256_verify(pub, "text", 4, sig, len - 1, &e), -ERR_INTEGRITY);
	assert_int_equal(
	    p256_verify(pub, "text", 4, sig, 0, &e), -ERR_INTEGRITY);
	sig[len - 1] ^= 1;
	assert_int_equal(
	    p256_verify(pub, "text", 4, sig, len, &e), -ERR_INTEGRITY);
	len = 10;
	assert_int_equal(
	    p256_sign(key, "text", 4, sig, &len, &e), -ERR_INTERNAL);
}

static void
p256_refuses_keys_that_are_none(void **state)
{
	uint8_t key[P256_KEY_LEN] = { 0 }, pub[P256_PUB_LEN], out[32];
	uint8_t good[P256_KEY_LEN], sig[P256_SIG_MAX];
	size_t len = sizeof(sig);
	struct err e;

	(void)state;
	assert_int_equal(p256_generate(good, pub, &e), 0);
	assert_int_equal(p256_sign(key, "x", 1, sig, &len, &e), -ERR_INVALID);
	memset(key, 0xff, sizeof(key));
	assert_int_equal(p256_sign(key, "x", 1, sig, &len, &e), -ERR_INVALID);
	pub[40] ^= 1; /* off the curve */
	assert_int_equal(p256_ecdh(good, pub, out, &e), -ERR_INVALID);
	pub[40] ^= 1;
	pub[0] = 6 | (pub[64] & 1); /* the hybrid form of the same point */
	assert_int_equal(p256_ecdh(good, pub, out, &e), -ERR_INVALID);
	memset(pub, 0, sizeof(pub));
	assert_int_equal(p256_ecdh(good, pub, out, &e), -ERR_INVALID);
}

/* RFC 5903, 8.1. */
static void
ecdh_is_that_of_rfc_5903(void **state)
{
	AUTO(buf_done)
	struct buf key = unhex(
	    "c88f01f510d9ac3f70a292daa2316de544e9aab8afe84049c62a9c57862d1433");
	AUTO(buf_done)
	struct buf peer = unhex(
	    "04d12dfb5289c8d4f81208b70270398c342296970a0bccb74c736fc7554494bf63"
	    "56"
	    "fbf3ca366cc23e8157854c13c58d6aac23f046ada30f8353e74f33039872ab");
	uint8_t out[32];
	struct err e;

	(void)state;
	assert_int_equal(p256_ecdh(key.p, peer.p, out, &e), 0);
	assert_hex(out, 32,
	    "d6840f6b42f6edafd13116e0e12565202fef8e9ece7dce03812464d04b9442de");
}

static void
both_sides_of_ecdh_agree(void **state)
{
	uint8_t k1[32], k2[32], p1[65], p2[65], a[32], b[32];
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < 50; i++) {
		assert_int_equal(p256_generate(k1, p1, &e), 0);
		assert_int_equal(p256_generate(k2, p2, &e), 0);
		assert_int_equal(p256_ecdh(k1, p2, a, &e), 0);
		assert_int_equal(p256_ecdh(k2, p1, b, &e), 0);
		assert_memory_equal(a, b, 32);
	}
}

static void
rsa_refuses_small_and_odd_keys(void **state)
{
	uint8_t mod[128], sig[128] = { 0 }, big[2048];
	struct err e;

	(void)state;
	memset(mod, 0xff, sizeof(mod));
	assert_int_equal(rsa_verify(DIGEST_SHA256, mod, sizeof(mod),
			     (const uint8_t *)"\x01\x00\x01", 3, "x", 1, sig,
			     sizeof(sig), &e),
	    -ERR_INVALID);
	memset(big, 0xff, sizeof(big));
	assert_int_equal(rsa_verify(DIGEST_SHA256, big, sizeof(big),
			     (const uint8_t *)"\x01\x00\x01", 3, "x", 1, sig,
			     sizeof(sig), &e),
	    -ERR_INVALID);
	assert_int_equal(
	    rsa_verify(DIGEST_SHA256, big, 256, (const uint8_t *)"\x01", 1, "x",
		1, sig, sizeof(sig), &e),
	    -ERR_INVALID);
	assert_int_equal(
	    rsa_verify(DIGEST_SHA1, big, 256, (const uint8_t *)"\x01\x00\x01",
		3, "x", 1, sig, sizeof(sig), &e),
	    -ERR_INVALID);
	assert_int_equal(
	    rsa_verify(DIGEST_SHA256, big, 256, (const uint8_t *)"\x01\x00\x01",
		3, "x", 1, sig, sizeof(sig), &e),
	    -ERR_INTEGRITY);
}

static void
random_bytes_differ(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(crypto_random(a, sizeof(a), &e), 0);
	assert_int_equal(crypto_random(b, sizeof(b), &e), 0);
	assert_memory_not_equal(a, b, sizeof(a));
}

/* Calls f for each test of each group of a Wycheproof file. */
static size_t
wycheproof(const char *rel, int (*f)(json_t *group, json_t *test))
{
	json_t *j = corpus_json(rel), *group, *test;
	size_t i, k, count = 0;

	json_array_foreach(json_object_get(j, "testGroups"), i, group)
	{
		json_array_foreach(json_object_get(group, "tests"), k, test)
		    count += (size_t)f(group, test);
	}
	json_decref(j);
	return count;
}

static void
assert_verdict(json_t *test, int accepted)
{
	const char *want = member(test, "result");

	if (strcmp(want, "acceptable") == 0 ||
	    accepted == (strcmp(want, "valid") == 0))
		return;
	fail_msg("case %d (%s) is %s",
	    (int)json_integer_value(json_object_get(test, "tcId")),
	    member(test, "comment"), want);
}

static int
ed25519_case(json_t *group, json_t *test)
{
	json_t *key = json_object_get(group, "publicKey");
	AUTO(buf_done) struct buf pub = unhex(member(key, "pk"));
	AUTO(buf_done) struct buf text = unhex(member(test, "msg"));
	AUTO(buf_done) struct buf sig = unhex(member(test, "sig"));
	struct err e;

	if (sig.len != ED25519_SIG_LEN)
		return 0; /* cannot be asked */
	assert_verdict(
	    test, ed25519_verify(pub.p, text.p, text.len, sig.p, &e) == 0);
	return 1;
}

static int
gcm_case(json_t *group, json_t *test)
{
	AUTO(buf_done) struct buf key = unhex(member(test, "key"));
	AUTO(buf_done) struct buf iv = unhex(member(test, "iv"));
	AUTO(buf_done) struct buf text = unhex(member(test, "msg"));
	AUTO(buf_done) struct buf ct = unhex(member(test, "ct"));
	AUTO(buf_done) struct buf tag = unhex(member(test, "tag"));
	AUTO(buf_done) struct buf back = { 0 };
	AUTO(gcm_freep) struct gcm *g = NULL;
	struct err e;
	int r;

	(void)group;
	if (key.len != 32 || iv.len != GCM_NONCE_LEN ||
	    tag.len != GCM_TAG_LEN || member(test, "aad")[0] != '\0')
		return 0;
	assert_int_equal(gcm_new(key.p, &g, &e), 0);
	assert_int_equal(buf_add(&ct, tag.p, tag.len, &e), 0);
	assert_int_equal(buf_reserve(&back, ct.len, &e), 0);
	r = gcm_open(g, iv.p, ct.p, ct.len, back.p, &e);
	assert_verdict(test, r == 0);
	if (r < 0)
		return 1;
	assert_memory_equal(back.p, text.p, text.len);
	assert_int_equal(gcm_seal(g, iv.p, text.p, text.len, back.p, &e), 0);
	assert_memory_equal(back.p, ct.p, ct.len);
	return 1;
}

static int
hkdf_case(json_t *group, json_t *test)
{
	AUTO(buf_done) struct buf ikm = unhex(member(test, "ikm"));
	AUTO(buf_done) struct buf salt = unhex(member(test, "salt"));
	AUTO(buf_done) struct buf context = unhex(member(test, "info"));
	AUTO(buf_done) struct buf want = unhex(member(test, "okm"));
	json_int_t n = json_integer_value(json_object_get(test, "size"));
	AUTO(buf_done) struct buf got = { 0 };
	struct err e;
	int r;

	(void)group;
	assert_int_equal(buf_reserve(&got, (size_t)n, &e), 0);
	r = hkdf_sha256(ikm.p, ikm.len, salt.p, salt.len, context.p,
	    context.len, got.p, (size_t)n, &e);
	assert_verdict(test, r == 0);
	if (r == 0)
		assert_memory_equal(got.p, want.p, want.len);
	return 1;
}

static size_t
der_integer(uint8_t *out, const uint8_t *p, size_t n)
{
	size_t pad;

	for (; n > 1 && *p == 0; p++, n--)
		;
	pad = *p >= 0x80;
	out[0] = 2;
	out[1] = (uint8_t)(n + pad);
	out[2] = 0;
	memcpy(out + 2 + pad, p, n);
	return 2 + pad + n;
}

static int
p256_case(json_t *group, json_t *test)
{
	json_t *key = json_object_get(group, "publicKey");
	AUTO(buf_done) struct buf pub = unhex(member(key, "uncompressed"));
	AUTO(buf_done) struct buf text = unhex(member(test, "msg"));
	AUTO(buf_done) struct buf sig = unhex(member(test, "sig"));
	uint8_t der[80];
	struct err e;
	size_t n;

	if (sig.len != 64 || pub.len != P256_PUB_LEN)
		return 0;
	n = 2 + der_integer(der + 2, sig.p, 32);
	n += der_integer(der + n, sig.p + 32, 32);
	der[0] = 0x30;
	der[1] = (uint8_t)(n - 2);
	assert_verdict(
	    test, p256_verify(pub.p, text.p, text.len, der, n, &e) == 0);
	return 1;
}

static void
ed25519_agrees_with_wycheproof(void **state)
{
	(void)state;
	assert_true(wycheproof("kat/ed25519_test.json", ed25519_case) > 100);
}

static void
gcm_agrees_with_wycheproof(void **state)
{
	(void)state;
	assert_true(wycheproof("kat/aes_gcm_test.json", gcm_case) > 10);
}

static void
hkdf_agrees_with_wycheproof(void **state)
{
	(void)state;
	assert_true(wycheproof("kat/hkdf_sha256_test.json", hkdf_case) > 50);
}

static void
p256_agrees_with_wycheproof(void **state)
{
	(void)state;
	assert_true(wycheproof("kat/ecdsa_secp256r1_sha256_p1363_test.json",
			p256_case) > 100);
}

/* A configuration that names a provider that is not there breaks all. */
static void
the_environment_configures_nothing(void **state)
{
	struct err e;

	(void)state;
	assert_int_equal(crypto_init(&e), 0);
	assert_int_equal(crypto_init(&e), 0); /* twice is fine */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_environment_configures_nothing),
		cmocka_unit_test(digests_are_those_of_the_standards),
		cmocka_unit_test(an_unknown_digest_is_refused),
		cmocka_unit_test(a_digest_can_be_peeked_at_and_goes_on),
		cmocka_unit_test(hmac_is_that_of_rfc_4231),
		cmocka_unit_test(an_empty_hmac_key_is_an_empty_key),
		cmocka_unit_test(hkdf_is_that_of_rfc_5869),
		cmocka_unit_test(hkdf_expand_with_sha512_makes_two_blocks),
		cmocka_unit_test(scrypt_is_that_of_rfc_7914),
		cmocka_unit_test(
		    scrypt_takes_more_memory_than_the_library_grants_by_default),
		cmocka_unit_test(scrypt_refuses_parameters_out_of_reason),
		cmocka_unit_test(gcm_is_that_of_its_specification),
		cmocka_unit_test(gcm_gives_nothing_when_the_tag_is_wrong),
		cmocka_unit_test(ed25519_is_that_of_rfc_8032),
		cmocka_unit_test(ed25519_refuses_other_text_signature_or_key),
		cmocka_unit_test(p256_signs_what_it_verifies),
		cmocka_unit_test(p256_refuses_keys_that_are_none),
		cmocka_unit_test(ecdh_is_that_of_rfc_5903),
		cmocka_unit_test(both_sides_of_ecdh_agree),
		cmocka_unit_test(rsa_refuses_small_and_odd_keys),
		cmocka_unit_test(random_bytes_differ),
		cmocka_unit_test(ed25519_agrees_with_wycheproof),
		cmocka_unit_test(gcm_agrees_with_wycheproof),
		cmocka_unit_test(hkdf_agrees_with_wycheproof),
		cmocka_unit_test(p256_agrees_with_wycheproof),
	};

	/* Before OpenSSL first runs: a file that would break it if read. */
	setenv("OPENSSL_CONF", SCEAU_SOURCE "/tests/unit/base/broken.cnf", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
