#include "base/note.h"

#include <string.h>

#include "base/text.h"
#include "tests/unit/base/vectors.h"

#define TEXT "one\ntwo\n"

static const uint8_t seed[ED25519_LEN] = { 1 };
static struct note_key key;

static int
key_setup(void **state)
{
	uint8_t pub[ED25519_LEN];
	struct err e;

	(void)state;
	assert_int_equal(ed25519_public(seed, pub, &e), 0);
	assert_int_equal(
	    note_key_make("sceau.example/log", NOTE_ED25519, pub, &key, &e), 0);
	return 0;
}

static struct buf
signed_note(const char *text)
{
	struct buf b = { 0 };
	struct err e;

	assert_int_equal(note_sign(&key, seed, text, strlen(text), &b, &e), 0);
	return b;
}

static int
verify(const struct buf *b, size_t *text_len)
{
	struct err e;

	return note_verify(
	    (const char *)b->p, b->len, &key, 1, text_len, NULL, &e);
}

static void
a_signed_note_verifies(void **state)
{
	AUTO(buf_done) struct buf b = signed_note(TEXT);
	size_t n = 0;

	(void)state;
	assert_int_equal(verify(&b, &n), 0);
	assert_int_equal(n, strlen(TEXT));
	assert_memory_equal(b.p, TEXT "\n\xe2\x80\x94 sceau.example/log ",
	    strlen(TEXT) + 1 + 4 + 18);
}

static void
the_text_ends_at_the_last_empty_line(void **state)
{
	AUTO(buf_done) struct buf b = signed_note("one\n\ntwo\n\n");
	size_t n = 0;

	(void)state;
	assert_int_equal(verify(&b, &n), 0);
	assert_int_equal(n, 10);
}

static void
any_changed_byte_is_refused(void **state)
{
	AUTO(buf_done) struct buf b = signed_note(TEXT);
	size_t i, n = 7;
	int bit;

	(void)state;
	for (i = 0; i < b.len; i++)
		for (bit = 0; bit < 8; bit++) {
			b.p[i] ^= (uint8_t)(1 << bit);
			assert_true(verify(&b, &n) < 0);
			b.p[i] ^= (uint8_t)(1 << bit);
		}
	while (b.len > 0) {
		b.len--;
		assert_true(verify(&b, &n) < 0);
	}
	assert_int_equal(n, 7);
}

static void
another_key_of_the_same_name_did_not_sign(void **state)
{
	AUTO(buf_done) struct buf b = signed_note(TEXT);
	uint8_t other[ED25519_LEN] = { 2 }, pub[ED25519_LEN];
	struct note_key k;
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(ed25519_public(other, pub, &e), 0);
	assert_int_equal(note_key_make(key.name, NOTE_ED25519, pub, &k, &e), 0);
	assert_int_equal(
	    note_verify((const char *)b.p, b.len, &k, 1, &n, NULL, &e),
	    -ERR_INTEGRITY);
}

static void
texts_that_are_none_are_not_signed(void **state)
{
	static const char *const bad[] = { "", "no newline", "tab\t\n",
		"cr\r\n", "latin \xe9\n", "nul \x01\n" };
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++)
		assert_int_equal(
		    note_sign(&key, seed, bad[i], strlen(bad[i]), &b, &e),
		    -ERR_INVALID);
	assert_int_equal(b.len, 0);
}

static void
too_many_signatures_are_refused(void **state)
{
	AUTO(buf_done) struct buf b = signed_note(TEXT);
	struct note_key k = key;
	uint8_t sig[64] = { 0 };
	struct err e;
	size_t i, n;

	(void)state;
	k.id++; /* unknown: ignored */
	for (i = 1; i < NOTE_SIGS_MAX; i++)
		assert_int_equal(
		    note_add_signature(&k, sig, sizeof(sig), &b, &e), 0);
	assert_int_equal(verify(&b, &n), 0);
	assert_int_equal(note_add_signature(&k, sig, sizeof(sig), &b, &e), 0);
	assert_int_equal(verify(&b, &n), -ERR_INVALID);
}

static void
a_known_key_that_fails_rejects_the_note(void **state)
{
	AUTO(buf_done) struct buf b = signed_note(TEXT);
	uint8_t sig[64] = { 0 };
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(note_add_signature(&key, sig, sizeof(sig), &b, &e), 0);
	assert_int_equal(verify(&b, &n), -ERR_INTEGRITY);
}

static void
a_signature_of_another_length_rejects_the_note(void **state)
{
	AUTO(buf_done) struct buf b = signed_note(TEXT);
	struct err e;
	size_t n;

	(void)state;
	assert_int_equal(note_add_signature(&key, "abc", 3, &b, &e), 0);
	assert_int_equal(verify(&b, &n), -ERR_INTEGRITY);
}

static void
a_cosignature_verifies_with_its_time(void **state)
{
	static const char text[] = "o\n1\nAAAA\n";
	static const char said[] = "cosignature/v1\ntime 258\no\n1\nAAAA\n";
	AUTO(buf_done) struct buf b = { 0 };
	uint8_t sig[72] = { 0, 0, 0, 0, 0, 0, 1, 2 }, got[2] = { 7, 7 };
	struct note_key keys[2];
	struct err e;
	size_t n = 0;

	(void)state;
	keys[0] = key;
	assert_int_equal(
	    note_key_make("witness", NOTE_COSIGNATURE, key.pub, &keys[1], &e),
	    0);
	assert_int_equal(
	    ed25519_sign(seed, said, strlen(said), sig + 8, &e), 0);
	assert_int_equal(note_sign(&key, seed, text, strlen(text), &b, &e), 0);
	assert_int_equal(
	    note_add_signature(&keys[1], sig, sizeof(sig), &b, &e), 0);
	assert_int_equal(
	    note_verify((const char *)b.p, b.len, keys, 2, &n, got, &e), 0);
	assert_true(got[0] == 1 && got[1] == 1);
	/* the same with another time */
	buf_reset(&b);
	sig[7]++;
	assert_int_equal(note_sign(&key, seed, text, strlen(text), &b, &e), 0);
	assert_int_equal(
	    note_add_signature(&keys[1], sig, sizeof(sig), &b, &e), 0);
	assert_int_equal(
	    note_verify((const char *)b.p, b.len, keys, 2, &n, got, &e),
	    -ERR_INTEGRITY);
	/* and such a key does not sign plain notes */
	assert_int_equal(
	    note_sign(&keys[1], seed, text, 4, &b, &e), -ERR_INVALID);
}

static void
verifier_keys_come_back(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct note_key k;
	struct err e;

	(void)state;
	assert_int_equal(note_key_format(&key, &b, &e), 0);
	assert_int_equal(note_key_parse(buf_str(&b), &k, &e), 0);
	assert_string_equal(k.name, key.name);
	assert_int_equal(k.id, key.id);
	assert_int_equal(k.type, key.type);
	assert_memory_equal(k.pub, key.pub, ED25519_LEN);
}

static void
verifier_keys_that_are_none_are_refused(void **state)
{
#define B64 "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
	static const char *const bad[] = { "", "PeterNeumann",
		"PeterNeumann+c74f20a3", "PeterNeumann+c74f20a3+",
		"PeterNeumann+c74f20a4+" B64, "+c74f20a3+" B64,
		"Peter+c74f20a3+" B64, "Peter Neumann+c74f20a3+" B64,
		"Peter\xc2\xa0Neumann+c74f20a3+" B64,
		"PeterNeumann+c74f20a+" B64, "PeterNeumann+c74f20a33+" B64,
		"PeterNeumann+c74f20g3+" B64, "PeterNeumann+c74f20a3+" B64 "=",
		"PeterNeumann+c74f20a3+" B64 "\n" };
	struct note_key k = { .type = 7 };
	char name[NOTE_NAME_MAX + 1];
	struct err e;
	size_t i;

	(void)state;
	assert_int_equal(
	    note_key_parse("PeterNeumann+c74f20a3+" B64, &k, &e), 0);
	k.type = 7;
	for (i = 0; i < NELEMS(bad); i++)
		assert_int_equal(note_key_parse(bad[i], &k, &e), -ERR_INVALID);
	memset(name, 'a', NOTE_NAME_MAX);
	name[NOTE_NAME_MAX] = '\0';
	assert_int_equal(note_key_make(name, 1, key.pub, &k, &e), -ERR_INVALID);
	assert_int_equal(note_key_make("a", 6, key.pub, &k, &e), -ERR_INVALID);
	assert_int_equal(k.type, 7);
}

static struct buf
note_of(json_t *o)
{
	struct buf b = { 0 };
	json_t *text = json_object_get(o, "note");
	struct err e;

	if (text == NULL)
		return member_base64(o, "note_b64");
	assert_int_equal(
	    buf_add(&b, json_string_value(text), json_string_length(text), &e),
	    0);
	return b;
}

static size_t
keys_of(json_t *o, struct note_key keys[8])
{
	json_t *list = json_object_get(o, "vkeys"), *v;
	struct err e;
	size_t i;

	json_array_foreach(list, i, v)
	{
		assert_true(i < 8);
		assert_int_equal(
		    note_key_parse(json_string_value(v), &keys[i], &e), 0);
	}
	return json_array_size(list);
}

static void
open_line(json_t *o, const char *want)
{
	AUTO(buf_done) struct buf note = note_of(o);
	uint8_t got[8] = { 0 };
	struct note_key keys[8];
	size_t nkeys = keys_of(o, keys), n = 0, i, count = 0;
	struct err e;
	int r;

	r = note_verify(
	    (const char *)note.p, note.len, keys, nkeys, &n, got, &e);
	if (strcmp(want, "ok") == 0) {
		assert_int_equal(r, 0);
		for (i = 0; i < nkeys; i++)
			count += got[i];
		assert_int_equal(count,
		    (int)json_number_value(json_object_get(o, "verified")));
	} else if (strcmp(want, "malformed") == 0 || strcmp(want, "error") == 0)
		assert_int_equal(r, -ERR_INVALID);
	else
		assert_int_equal(r, -ERR_INTEGRITY);
}

/* "PRIVATE+KEY+name+id+base64(type || seed)" */
static void
sign_line(json_t *o)
{
	const char *s = member(o, "skey") + strlen("PRIVATE+KEY+");
	const char *p = strchr(s, '+'), *b64 = strchr(p + 1, '+') + 1;
	AUTO(buf_done) struct buf blob = { 0 }, out = { 0 };
	char name[64] = { 0 };
	uint8_t pub[ED25519_LEN];
	struct note_key k;
	struct err e;

	memcpy(name, s, (size_t)(p - s));
	assert_int_equal(base64_parse(b64, strlen(b64), &blob, &e), 0);
	assert_int_equal(ed25519_public(blob.p + 1, pub, &e), 0);
	assert_int_equal(note_key_make(name, blob.p[0], pub, &k, &e), 0);
	assert_int_equal(note_sign(&k, blob.p + 1, member(o, "text"),
			     strlen(member(o, "text")), &out, &e),
	    0);
	assert_string_equal(buf_str(&out), member(o, "want"));
}

static void
note_line(json_t *o)
{
	const char *want = member(o, "expect");
	struct note_key k;
	struct err e;

	print_message("         %s\n", member(o, "name"));
	if (strcmp(want, "bad-key") == 0)
		assert_int_equal(
		    note_key_parse(member(o, "vkey"), &k, &e), -ERR_INVALID);
	else if (strcmp(want, "sign-equals") == 0)
		sign_line(o);
	else
		open_line(o, want);
}

static void
notes_agree_with_the_corpus(void **state)
{
	(void)state;
	assert_int_equal(
	    corpus_lines("tlog/signed-notes.jsonl", note_line), 19);
}

static void
checkpoint_line(json_t *o)
{
	const char *body = member(o, "body");
	struct checkpoint c;
	struct err e;

	/* Those lenient there have no 32 bytes of root or more lines. */
	assert_int_equal(
	    checkpoint_parse(body, strlen(body), &c, &e), -ERR_INVALID);
}

static void
checkpoints_of_the_corpus_are_refused(void **state)
{
	(void)state;
	assert_int_equal(
	    corpus_lines("tlog/checkpoint-bodies.jsonl", checkpoint_line), 9);
}

static void
the_checkpoint_of_a_public_log_verifies(void **state)
{
	AUTO(buf_done) struct buf b = corpus_file("tlog/tiles/checkpoint");
	struct checkpoint c;
	struct note_key k;
	struct err e;
	size_t n = 0;

	(void)state;
	assert_int_equal(
	    note_key_parse("mirror.example.org+3fb148ef+"
			   "BAAjjch9GyYz0sJsJx7ALhbdAtz2ov0unbzSl1vMp94O",
		&k, &e),
	    0);
	assert_int_equal(k.type, NOTE_COSIGNATURE);
	assert_int_equal(
	    note_verify((const char *)b.p, b.len, &k, 1, &n, NULL, &e), 0);
	assert_int_equal(checkpoint_parse((const char *)b.p, n, &c, &e), 0);
	assert_string_equal(c.origin, "rome2026h1.example.org");
	assert_int_equal(c.size, 300);
	assert_hex(c.root.b, HASH_LEN,
	    "830df5c90aea65909c10e3ebcd7f9ba7"
	    "2de727a4209e04ca9fc1b59b48badae5");
}

#define ROOT "gw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uU="

static void
checkpoints_come_back(void **state)
{
	static const char text[] = "a log\n18446744073709551615\n" ROOT "\n";
	AUTO(buf_done) struct buf b = { 0 };
	struct checkpoint c;
	struct err e;

	(void)state;
	assert_int_equal(checkpoint_parse(text, strlen(text), &c, &e), 0);
	assert_true(c.size == UINT64_MAX);
	assert_int_equal(checkpoint_format(&c, &b, &e), 0);
	assert_string_equal(buf_str(&b), text);
	c.origin[1] = '\n';
	assert_int_equal(checkpoint_format(&c, &b, &e), -ERR_INVALID);
}

static void
checkpoints_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", "log\n1\n" ROOT,
		"log\n01\n" ROOT "\n", "log\n\n" ROOT "\n",
		"log\n1 \n" ROOT "\n", "log\n+1\n" ROOT "\n", "\n1\n" ROOT "\n",
		"log\n1\n" ROOT "\nextension\n", "log\n1\n" ROOT "\n\n",
		"log\n1\nAAAA\n", "log\n1\n" ROOT "=\n", "log\t\n1\n" ROOT "\n",
		"log\n18446744073709551616\n" ROOT "\n",
		"log\n1\ngw31yQrqZZCcEOPrzX+bpy3nJ6QgngTKn8G1m0i62uV=\n" };
	struct checkpoint c = { .size = 7 };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++)
		assert_int_equal(
		    checkpoint_parse(bad[i], strlen(bad[i]), &c, &e),
		    -ERR_INVALID);
	assert_int_equal(c.size, 7);
}

#define NOTE "log\n1\n" ROOT "\n\n\xe2\x80\x94 log AAAA\n"

static void
proofs_come_back(void **state)
{
	static const char *const good[] = {
		"c2sp.org/tlog-proof@v1\nindex 0\n\n" NOTE,
		"c2sp.org/tlog-proof@v1\nextra Zm9v\nindex 12\n" ROOT "\n" ROOT
		"\n\n" NOTE,
	};
	struct tlog_proof p;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(good); i++) {
		AUTO(buf_done) struct buf b = { 0 };

		assert_int_equal(
		    tlog_proof_parse(good[i], strlen(good[i]), &p, &e), 0);
		assert_int_equal(p.n, 2 * i);
		assert_int_equal(p.index, 12 * i);
		assert_string_equal(buf_str(&p.extra), i > 0 ? "foo" : "");
		assert_string_equal(buf_str(&p.checkpoint), NOTE);
		assert_int_equal(tlog_proof_format(&p, &b, &e), 0);
		assert_string_equal(buf_str(&b), good[i]);
		tlog_proof_done(&p);
	}
}

static void
proofs_that_are_none_are_refused(void **state)
{
#define V1 "c2sp.org/tlog-proof@v1\n"
	static const char *const bad[] = { "", V1, V1 "index 0\n",
		V1 "index 0\n\n", "c2sp.org/tlog-proof@v2\nindex 0\n\n" NOTE,
		"c2sp.org/tlog-proof@v1 \nindex 0\n\n" NOTE,
		V1 "index 00\n\n" NOTE, V1 "index\n\n" NOTE,
		V1 "extra \nindex 0\n\n" NOTE, V1 "extra Zm9\nindex 0\n\n" NOTE,
		V1 "index 0\nextra Zm9v\n\n" NOTE,
		V1 "extra Zm9v\nextra Zm9v\nindex 0\n\n" NOTE,
		V1 "index 0\nindex 0\n\n" NOTE, V1 "index 0\nAAAA\n\n" NOTE,
		V1 "index 0\n" ROOT, V1 "extra Zm9v\n" };
	AUTO(buf_done) struct buf many = { 0 };
	struct tlog_proof p = { .index = 7 };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++)
		assert_int_equal(
		    tlog_proof_parse(bad[i], strlen(bad[i]), &p, &e),
		    -ERR_INVALID);
	assert_int_equal(buf_addstr(&many, V1 "index 0\n", &e), 0);
	for (i = 0; i <= MERKLE_PROOF_MAX; i++)
		assert_int_equal(buf_addstr(&many, ROOT "\n", &e), 0);
	assert_int_equal(buf_addstr(&many, "\n" NOTE, &e), 0);
	assert_int_equal(
	    tlog_proof_parse((const char *)many.p, many.len, &p, &e),
	    -ERR_INVALID);
	assert_int_equal(p.index, 7);
}

/* C2SP tlog-tiles. */
static const struct {
	int level;
	uint64_t n;
	unsigned width;
	const char *path;
} tiles[] = {
	{ 0, 0, 256, "tile/0/000" },
	{ 0, 1234067, 256, "tile/0/x001/x234/067" },
	{ 1, 999, 1, "tile/1/999.p/1" },
	{ 2, 1000, 255, "tile/2/x001/000.p/255" },
	{ -1, 1, 256, "tile/entries/001" },
	{ -1, 1000000, 7, "tile/entries/x001/x000/000.p/7" },
	{ 63, UINT64_MAX, 256, "tile/63/x018/x446/x744/x073/x709/x551/615" },
};

static void
tiles_have_the_paths_of_the_standard(void **state)
{
	char path[96];
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(tiles); i++) {
		tile_path(tiles[i].level, tiles[i].n, tiles[i].width, path);
		assert_string_equal(path, tiles[i].path);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signed_note_verifies),
		cmocka_unit_test(the_text_ends_at_the_last_empty_line),
		cmocka_unit_test(any_changed_byte_is_refused),
		cmocka_unit_test(another_key_of_the_same_name_did_not_sign),
		cmocka_unit_test(texts_that_are_none_are_not_signed),
		cmocka_unit_test(too_many_signatures_are_refused),
		cmocka_unit_test(a_known_key_that_fails_rejects_the_note),
		cmocka_unit_test(
		    a_signature_of_another_length_rejects_the_note),
		cmocka_unit_test(a_cosignature_verifies_with_its_time),
		cmocka_unit_test(verifier_keys_come_back),
		cmocka_unit_test(verifier_keys_that_are_none_are_refused),
		cmocka_unit_test(notes_agree_with_the_corpus),
		cmocka_unit_test(checkpoints_of_the_corpus_are_refused),
		cmocka_unit_test(the_checkpoint_of_a_public_log_verifies),
		cmocka_unit_test(checkpoints_come_back),
		cmocka_unit_test(checkpoints_that_are_none_are_refused),
		cmocka_unit_test(proofs_come_back),
		cmocka_unit_test(proofs_that_are_none_are_refused),
		cmocka_unit_test(tiles_have_the_paths_of_the_standard),
	};

	return cmocka_run_group_tests(tests, key_setup, NULL);
}
