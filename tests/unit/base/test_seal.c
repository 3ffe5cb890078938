#include "base/seal.h"

#include <string.h>

#include "tests/unit/base/vectors.h"

static const uint8_t key[32] = { 1, 2, 3 };
static const struct seal_context where = {
	.type = SEAL_MANIFEST,
	.vault = { { 1 } },
	.kase = { { 2 } },
	.document = { { 3 } },
	.version = 4,
	.epoch = 5,
};

static const size_t lengths[] = { 0, 1, 15, 16, 17, 16367, 16368, 16383, 16384,
	16385, 16400, 32767, 32768, 32769, 49152, 100000 };

static struct buf
text_of(size_t n)
{
	struct buf b = { 0 };
	struct err e;

	assert_int_equal(buf_reserve(&b, n, &e), 0);
	pattern(b.p, n, 1);
	b.len = n;
	return b;
}

static struct buf
sealed_of(const struct buf *text)
{
	struct buf b = { 0 };
	struct err e;

	assert_int_equal(
	    seal_bytes(key, &where, text->p, text->len, &b, &e), 0);
	return b;
}

/* p[0..n) does not open: not whole, and not as a stream. */
static void
assert_refused(const void *p, size_t n)
{
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(opener_freep) struct opener *o = NULL;
	struct err e;
	int r;

	assert_int_equal(buf_addstr(&out, "kept", &e), 0);
	assert_int_equal(
	    open_bytes(key, &where, p, n, &out, &e), -ERR_INTEGRITY);
	assert_string_equal(buf_str(&out), "kept");
	assert_int_equal(opener_new(key, &where, &o, &e), 0);
	r = opener_write(o, p, n, &out, &e);
	if (r == 0)
		r = opener_finish(o, &out, &e);
	assert_int_equal(r, -ERR_INTEGRITY);
	/* and it stays refused */
	assert_int_equal(opener_finish(o, &out, &e), -ERR_INTEGRITY);
}

static void
every_length_comes_back(void **state)
{
	struct err e;
	uint64_t n;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(lengths); i++) {
		AUTO(buf_done) struct buf text = text_of(lengths[i]);
		AUTO(buf_done) struct buf sealed = sealed_of(&text);
		AUTO(buf_done) struct buf back = { 0 };

		assert_int_equal(sealed.len, seal_length(text.len));
		assert_int_equal(seal_text_length(sealed.len, &n, &e), 0);
		assert_int_equal(n, text.len);
		assert_int_equal(
		    open_bytes(key, &where, sealed.p, sealed.len, &back, &e),
		    0);
		assert_int_equal(back.len, text.len);
		assert_memory_equal(back.p, text.p, text.len);
	}
}

static void
a_full_chunk_is_followed_by_another(void **state)
{
	(void)state;
	assert_int_equal(seal_length(0), 56 + 16);
	assert_int_equal(seal_length(16383), 56 + 16399);
	assert_int_equal(seal_length(16384), 56 + 16400 + 16);
	assert_int_equal(seal_length(16385), 56 + 16400 + 17);
	assert_int_equal(seal_length(32768), 56 + 2 * 16400 + 16);
}

static void
lengths_that_no_object_has_are_refused(void **state)
{
	uint64_t n = 7, k, base;
	struct err e;

	(void)state;
	for (k = 0; k < 56 + 16; k++)
		assert_int_equal(seal_text_length(k, &n, &e), -ERR_INTEGRITY);
	for (k = 1; k < 4; k++) {
		base = 56 + k * 16400;
		assert_int_equal(seal_text_length(base - 1, &n, &e), 0);
		assert_int_equal(
		    seal_text_length(base, &n, &e), -ERR_INTEGRITY);
		assert_int_equal(
		    seal_text_length(base + 15, &n, &e), -ERR_INTEGRITY);
		assert_int_equal(seal_text_length(base + 16, &n, &e), 0);
		assert_int_equal(n, k * 16384);
	}
}

/* Every byte of the head, and the borders of every chunk. */
static int
is_worth_a_cut(size_t at, size_t len)
{
	size_t in = at < SEAL_HEAD ? 0 : (at - SEAL_HEAD) % SEAL_CHUNK;

	return at < SEAL_HEAD + 64 || in < 20 || in > SEAL_CHUNK - 20 ||
	       at + 20 > len || at % 997 == 0;
}

static void
a_cut_object_is_refused_wherever_it_is_cut(void **state)
{
	AUTO(buf_done) struct buf text = text_of(40000);
	AUTO(buf_done) struct buf sealed = sealed_of(&text);
	size_t at;

	(void)state;
	for (at = 0; at < sealed.len; at++)
		if (is_worth_a_cut(at, sealed.len))
			assert_refused(sealed.p, at);
}

static void
a_flipped_bit_is_noticed_wherever_it_is(void **state)
{
	AUTO(buf_done) struct buf text = text_of(40000);
	AUTO(buf_done) struct buf sealed = sealed_of(&text);
	size_t at;

	(void)state;
	for (at = 0; at < sealed.len; at++) {
		if (!is_worth_a_cut(at, sealed.len))
			continue;
		sealed.p[at] ^= (uint8_t)(1u << (at % 8));
		assert_refused(sealed.p, sealed.len);
		sealed.p[at] ^= (uint8_t)(1u << (at % 8));
	}
}

static void
every_bit_of_a_small_object_counts(void **state)
{
	AUTO(buf_done) struct buf text = text_of(40);
	AUTO(buf_done) struct buf sealed = sealed_of(&text);
	size_t bit;

	(void)state;
	for (bit = 0; bit < 8 * sealed.len; bit++) {
		sealed.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_refused(sealed.p, sealed.len);
		sealed.p[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

static void
bytes_behind_the_end_are_noticed(void **state)
{
	AUTO(buf_done) struct buf text = text_of(16383);
	AUTO(buf_done) struct buf sealed = sealed_of(&text);
	uint8_t more[SEAL_CHUNK] = { 0 };
	size_t i, was = sealed.len;
	struct err e;

	(void)state;
	for (i = 1; i <= sizeof(more); i += i < 40 ? 1 : 1637) {
		assert_int_equal(buf_add(&sealed, more, i, &e), 0);
		assert_refused(sealed.p, sealed.len);
		sealed.len = was;
	}
}

static void
exchanged_chunks_are_noticed(void **state)
{
	AUTO(buf_done) struct buf text = text_of(3 * SEAL_TEXT);
	AUTO(buf_done) struct buf sealed = sealed_of(&text);
	uint8_t *one = sealed.p + SEAL_HEAD, *two = one + SEAL_CHUNK;
	uint8_t *hold = malloc(SEAL_CHUNK);

	(void)state;
	assert_non_null(hold);
	memcpy(hold, one, SEAL_CHUNK);
	memcpy(one, two, SEAL_CHUNK);
	memcpy(two, hold, SEAL_CHUNK);
	assert_refused(sealed.p, sealed.len);
	memcpy(two, one, SEAL_CHUNK); /* one of them twice */
	assert_refused(sealed.p, sealed.len);
	memcpy(one, hold, SEAL_CHUNK);
	memcpy(two, hold, SEAL_CHUNK);
	assert_refused(sealed.p, sealed.len);
	free(hold);
}

static void
a_chunk_left_out_is_noticed(void **state)
{
	AUTO(buf_done) struct buf text = text_of(3 * SEAL_TEXT + 5);
	AUTO(buf_done) struct buf sealed = sealed_of(&text);
	uint8_t *one = sealed.p + SEAL_HEAD;

	(void)state;
	memmove(one, one + SEAL_CHUNK, sealed.len - SEAL_HEAD - SEAL_CHUNK);
	assert_refused(sealed.p, sealed.len - SEAL_CHUNK);
}

static void
the_last_chunk_of_another_object_is_noticed(void **state)
{
	AUTO(buf_done) struct buf text = text_of(SEAL_TEXT + 5);
	AUTO(buf_done) struct buf a = sealed_of(&text);
	AUTO(buf_done) struct buf b = sealed_of(&text);

	(void)state;
	memcpy(a.p + SEAL_HEAD + SEAL_CHUNK, b.p + SEAL_HEAD + SEAL_CHUNK, 21);
	assert_refused(a.p, a.len);
}

static void
every_field_of_the_context_counts(void **state)
{
	AUTO(buf_done) struct buf text = text_of(100);
	AUTO(buf_done) struct buf sealed = sealed_of(&text);
	AUTO(buf_done) struct buf out = { 0 };
	struct seal_context c[6];
	uint8_t other[32];
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(c); i++)
		c[i] = where;
	c[0].type = SEAL_ROW;
	c[1].vault.b[15] ^= 1;
	c[2].kase.b[15] ^= 1;
	c[3].document.b[15] ^= 1;
	c[4].version ^= 1u << 31;
	c[5].epoch ^= 1;
	for (i = 0; i < NELEMS(c); i++)
		assert_int_equal(
		    open_bytes(key, &c[i], sealed.p, sealed.len, &out, &e),
		    -ERR_INTEGRITY);
	memcpy(other, key, sizeof(other));
	other[31] ^= 1;
	assert_int_equal(
	    open_bytes(other, &where, sealed.p, sealed.len, &out, &e),
	    -ERR_INTEGRITY);
	assert_int_equal(out.len, 0);
}

static void
the_context_is_a_fixed_record(void **state)
{
	struct seal_context c = where;
	uint8_t out[SEAL_CONTEXT_LEN];

	(void)state;
	c.version = 0x01020304;
	c.epoch = 0x05060708;
	seal_context_encode(&c, out);
	assert_hex(out, sizeof(out),
	    "73636561752f3100"
	    "0500000000000000"
	    "01000000000000000000000000000000"
	    "02000000000000000000000000000000"
	    "03000000000000000000000000000000"
	    "0102030405060708");
}

static void
two_seals_of_one_text_have_nothing_in_common(void **state)
{
	AUTO(buf_done) struct buf text = text_of(100);
	AUTO(buf_done) struct buf a = sealed_of(&text);
	AUTO(buf_done) struct buf b = sealed_of(&text);

	(void)state;
	assert_memory_not_equal(a.p, b.p, 24);
	assert_memory_not_equal(a.p + 24, b.p + 24, 32);
	assert_memory_not_equal(a.p + 56, b.p + 56, 116);
}

/* Pseudo-random steps, now and then a long or an empty one. */
static size_t
cut(unsigned *seed, size_t left)
{
	size_t n;

	*seed = *seed * 1664525u + 1013904223u;
	n = *seed >> 8;
	n %= (*seed >> 28) < 4 ? 40000 : (*seed >> 28) < 12 ? 5000 : 20;
	return n < left ? n : left;
}

static struct buf
sealed_in_cuts(const struct buf *text, unsigned seed)
{
	AUTO(sealer_freep) struct sealer *s = NULL;
	struct buf out = { 0 };
	struct err e;
	size_t at, n;

	assert_int_equal(sealer_new(key, &where, &out, &s, &e), 0);
	assert_int_equal(out.len, SEAL_HEAD);
	for (at = 0; at < text->len; at += n) {
		n = cut(&seed, text->len - at);
		assert_int_equal(sealer_write(s, text->p + at, n, &out, &e), 0);
	}
	assert_int_equal(sealer_finish(s, &out, &e), 0);
	assert_true(sealer_finish(s, &out, &e) < 0);
	return out;
}

static struct buf
opened_in_cuts(const struct buf *sealed, unsigned seed)
{
	AUTO(opener_freep) struct opener *o = NULL;
	struct buf out = { 0 };
	struct err e;
	size_t at, n;

	assert_int_equal(opener_new(key, &where, &o, &e), 0);
	for (at = 0; at < sealed->len; at += n) {
		n = cut(&seed, sealed->len - at);
		assert_int_equal(
		    opener_write(o, sealed->p + at, n, &out, &e), 0);
	}
	assert_int_equal(opener_finish(o, &out, &e), 0);
	assert_int_equal(opener_finish(o, &out, &e), -ERR_INTEGRITY);
	return out;
}

static void
streams_in_any_cut_equal_the_whole(void **state)
{
	struct err e;
	unsigned seed;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(lengths); i++)
		for (seed = 0; seed < 8; seed++) {
			AUTO(buf_done) struct buf text = text_of(lengths[i]);
			AUTO(buf_done)
			struct buf sealed = sealed_in_cuts(&text, seed);
			AUTO(buf_done)
			struct buf a = opened_in_cuts(&sealed, seed + 9);
			AUTO(buf_done) struct buf b = { 0 };

			assert_int_equal(sealed.len, seal_length(text.len));
			assert_int_equal(open_bytes(key, &where, sealed.p,
					     sealed.len, &b, &e),
			    0);
			assert_int_equal(a.len, text.len);
			assert_int_equal(b.len, text.len);
			assert_memory_equal(a.p, text.p, text.len);
			assert_memory_equal(b.p, text.p, text.len);
		}
}

static void
text_behind_a_bad_chunk_does_not_come_out(void **state)
{
	AUTO(buf_done) struct buf text = text_of(3 * SEAL_TEXT);
	AUTO(buf_done) struct buf sealed = sealed_of(&text);
	AUTO(opener_freep) struct opener *o = NULL;
	AUTO(buf_done) struct buf out = { 0 };
	size_t first = SEAL_HEAD + SEAL_CHUNK;
	struct err e;

	(void)state;
	sealed.p[first + 3] ^= 1;
	assert_int_equal(opener_new(key, &where, &o, &e), 0);
	assert_int_equal(opener_write(o, sealed.p, first, &out, &e), 0);
	assert_int_equal(out.len, SEAL_TEXT); /* authenticated: may come out */
	assert_int_equal(
	    opener_write(o, sealed.p + first, sealed.len - first, &out, &e),
	    -ERR_INTEGRITY);
	assert_int_equal(out.len, SEAL_TEXT);
	assert_int_equal(opener_write(o, sealed.p + first + SEAL_CHUNK,
			     SEAL_CHUNK, &out, &e),
	    -ERR_INTEGRITY);
	assert_int_equal(out.len, SEAL_TEXT);
}

static void
the_last_chunk_waits_for_the_end(void **state)
{
	AUTO(buf_done) struct buf text = text_of(100);
	AUTO(buf_done) struct buf sealed = sealed_of(&text);
	AUTO(opener_freep) struct opener *o = NULL;
	AUTO(buf_done) struct buf out = { 0 };
	struct err e;

	(void)state;
	assert_int_equal(opener_new(key, &where, &o, &e), 0);
	assert_int_equal(opener_write(o, sealed.p, sealed.len, &out, &e), 0);
	assert_int_equal(out.len, 0);
	assert_int_equal(opener_finish(o, &out, &e), 0);
	assert_int_equal(out.len, 100);
}

static void
a_wrong_key_is_told_at_the_head(void **state)
{
	AUTO(buf_done) struct buf text = text_of(100);
	AUTO(buf_done) struct buf sealed = sealed_of(&text);
	AUTO(opener_freep) struct opener *o = NULL;
	AUTO(buf_done) struct buf out = { 0 };
	uint8_t other[32] = { 9 };
	struct err e;

	(void)state;
	assert_int_equal(opener_new(other, &where, &o, &e), 0);
	assert_int_equal(opener_write(o, sealed.p, 55, &out, &e), 0);
	assert_int_equal(
	    opener_write(o, sealed.p + 55, 1, &out, &e), -ERR_INTEGRITY);
}

/* PURBs, table 1 and by hand: at most 12 %, monotone, stable. */
static void
padme_pads_little_and_hides_the_low_bits(void **state)
{
	uint64_t n, padded, before = 0;

	(void)state;
	assert_int_equal(seal_padme(0), 0);
	assert_int_equal(seal_padme(1), 1);
	assert_int_equal(seal_padme(2), 2);
	assert_int_equal(seal_padme(9), 10);
	assert_int_equal(seal_padme(1000), 1024);
	assert_int_equal(seal_padme(204800), 204800);
	assert_int_equal(seal_padme(204801), 208896);
	for (n = 2; n < 300000; n++) {
		padded = seal_padme(n);
		assert_true(padded >= n && padded >= before);
		assert_true(padded <= n + n * 12 / 100 + 1);
		assert_true(seal_padme(padded) == padded);
		before = padded;
	}
	assert_true(seal_padme(UINT64_MAX) == UINT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(a_full_chunk_is_followed_by_another),
		cmocka_unit_test(lengths_that_no_object_has_are_refused),
		cmocka_unit_test(a_cut_object_is_refused_wherever_it_is_cut),
		cmocka_unit_test(a_flipped_bit_is_noticed_wherever_it_is),
		cmocka_unit_test(every_bit_of_a_small_object_counts),
		cmocka_unit_test(bytes_behind_the_end_are_noticed),
		cmocka_unit_test(exchanged_chunks_are_noticed),
		cmocka_unit_test(a_chunk_left_out_is_noticed),
		cmocka_unit_test(the_last_chunk_of_another_object_is_noticed),
		cmocka_unit_test(every_field_of_the_context_counts),
		cmocka_unit_test(the_context_is_a_fixed_record),
		cmocka_unit_test(two_seals_of_one_text_have_nothing_in_common),
		cmocka_unit_test(streams_in_any_cut_equal_the_whole),
		cmocka_unit_test(text_behind_a_bad_chunk_does_not_come_out),
		cmocka_unit_test(the_last_chunk_waits_for_the_end),
		cmocka_unit_test(a_wrong_key_is_told_at_the_head),
		cmocka_unit_test(padme_pads_little_and_hides_the_low_bits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
