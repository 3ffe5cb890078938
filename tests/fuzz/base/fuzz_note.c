/*
 * Any bytes as a signed note. One that verifies has a text inside it, and
 * stops verifying when that text changes; a checkpoint has one text.
 */
#include <string.h>

#include "base/note.h"
#include "tests/fuzz/base/fuzz.h"

static void
key_make(struct note_key *k)
{
	/* The seed of the samples: 42 and zeros. */
	uint8_t seed[ED25519_LEN] = { 42 }, pub[ED25519_LEN];
	struct err e;

	MUST(ed25519_public(seed, pub, &e) == 0);
	MUST(note_key_make("sceau.example/abc", NOTE_ED25519, pub, k, &e) == 0);
}

static void
checkpoint(const char *text, size_t n)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct checkpoint c = { 0 };
	struct err e;

	if (checkpoint_parse(text, n, &c, &e) < 0)
		return;
	MUST(checkpoint_format(&c, &b, &e) == 0);
	MUST(b.len == n && memcmp(b.p, text, n) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t text_len = 0;
	struct note_key k = { 0 };
	struct err e;

	key_make(&k);
	checkpoint((const char *)p, n);
	if (note_verify((const char *)p, n, &k, 1, &text_len, NULL, &e) < 0)
		return 0;
	MUST(text_len > 0 && text_len < n && p[text_len - 1] == '\n');
	checkpoint((const char *)p, text_len);
	MUST(buf_add(&b, p, n, &e) == 0);
	b.p[text_len / 2] ^= 1;
	MUST(note_verify((const char *)b.p, b.len, &k, 1, &text_len, NULL, &e) <
	     0);
	return 0;
}
