/*
 * Any bytes as a sealed object: the stream and the whole give one verdict
 * and one text, and only a length that an object can have opens. The same
 * bytes as a text come back from a stream in cuts.
 */
#include <string.h>

#include "base/seal.h"
#include "tests/fuzz/base/fuzz.h"

/* As in make_corpus.py, so that its sealed files open. */
static const struct seal_context where = {
	.type = SEAL_MANIFEST,
	.version = 4,
	.epoch = UINT32_MAX,
};

static void
key_fill(uint8_t key[32])
{
	uint8_t i;

	for (i = 0; i < 32; i++)
		key[i] = i;
}

static size_t
cut(uint32_t *seed, size_t left)
{
	size_t n;

	*seed = *seed * 1664525u + 1013904223u;
	n = (*seed >> 8) % ((*seed & 64) != 0 ? 20000 : 40);
	return n < left ? n : left;
}

static int
open_in_cuts(const uint8_t *p, size_t n, const uint8_t key[32], struct buf *out)
{
	AUTO(opener_freep) struct opener *o = NULL;
	uint32_t seed = (uint32_t)n;
	size_t at, step;
	struct err e;

	MUST(opener_new(key, &where, &o, &e) == 0);
	for (at = 0; at < n; at += step) {
		step = cut(&seed, n - at);
		if (opener_write(o, p + at, step, out, &e) < 0)
			return -1;
	}
	return opener_finish(o, out, &e);
}

static void
as_sealed(const uint8_t *p, size_t n, const uint8_t key[32])
{
	AUTO(buf_done) struct buf whole = { 0 }, cuts = { 0 };
	uint64_t text = 0;
	struct err e;
	int a, b;

	a = open_bytes(key, &where, p, n, &whole, &e);
	MUST(a == 0 || (a == -(int)ERR_INTEGRITY && whole.len == 0));
	b = open_in_cuts(p, n, key, &cuts);
	MUST((a == 0) == (b == 0));
	if (a < 0)
		return;
	MUST(seal_text_length(n, &text, &e) == 0 && text == whole.len);
	MUST(seal_length(text) == n && cuts.len == whole.len);
	MUST(text == 0 || memcmp(whole.p, cuts.p, whole.len) == 0);
}

static void
as_text(const uint8_t *p, size_t n, const uint8_t key[32])
{
	AUTO(sealer_freep) struct sealer *s = NULL;
	AUTO(buf_done) struct buf sealed = { 0 }, back = { 0 };
	uint32_t seed = (uint32_t)n + 1;
	size_t at, step;
	struct err e;

	MUST(sealer_new(key, &where, &sealed, &s, &e) == 0);
	for (at = 0; at < n; at += step) {
		step = cut(&seed, n - at);
		MUST(sealer_write(s, p + at, step, &sealed, &e) == 0);
	}
	MUST(sealer_finish(s, &sealed, &e) == 0);
	MUST(sealed.len == seal_length(n));
	MUST(open_in_cuts(sealed.p, sealed.len, key, &back) == 0);
	MUST(back.len == n && (n == 0 || memcmp(back.p, p, n) == 0));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	uint8_t key[32];

	key_fill(key);
	as_sealed(p, n, key);
	as_text(p, n, key);
	return 0;
}
