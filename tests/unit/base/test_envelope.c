#include "base/envelope.h"

#include <string.h>

#include "tests/unit/base/vectors.h"

static const struct id vault = { { 7, 7 } };

struct fixture {
	uint8_t private[P256_KEY_LEN], pub[P256_PUB_LEN];
	struct buf made, text;
	struct err e;
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	*state = f;
	return p256_generate(f->private, f->pub, &f->e);
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	buf_done(&f->made);
	buf_done(&f->text);
	free(f);
	return 0;
}

static int
unwrap(struct fixture *f, const struct id *of, const uint8_t *p, size_t n)
{
	AUTO(secret_done) struct secret key = { 0 };
	struct envelope_ends ends = { .vault = *of, .recipient = f->pub };
	struct envelope_head h;
	struct seal_context c;
	int r;

	buf_reset(&f->text);
	if ((r = envelope_decode(p, n, &h, &f->e)) < 0)
		return r;
	ends.ephemeral = h.ephemeral;
	envelope_context(of, &h.key, &c);
	if ((r = envelope_derive(f->private, h.ephemeral, &ends, &key, &f->e)) <
	    0)
		return r;
	return open_bytes(
	    key.p, &c, p + ENVELOPE_HEAD, n - ENVELOPE_HEAD, &f->text, &f->e);
}

static void
make(struct fixture *f, size_t n)
{
	uint8_t text[40000];

	pattern(text, n, 3);
	buf_reset(&f->made);
	assert_int_equal(
	    envelope_seal(&vault, f->pub, text, n, &f->made, &f->e), 0);
	assert_int_equal(f->made.len, ENVELOPE_HEAD + seal_length(n));
	assert_int_equal(unwrap(f, &vault, f->made.p, f->made.len), 0);
	assert_int_equal(f->text.len, n);
	assert_memory_equal(f->text.p, text, n);
}

static void
what_was_sealed_comes_back(void **state)
{
	static const size_t lengths[] = { 0, 1, 16383, 16384, 16385, 40000 };
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < NELEMS(lengths); i++)
		make(f, lengths[i]);
}

static void
every_byte_changed_and_every_cut_is_refused(void **state)
{
	struct fixture *f = *state;
	size_t i;
	int r;

	make(f, 100);
	for (i = 0; i < f->made.len; i++) {
		f->made.p[i] ^= 0x40;
		assert_true(unwrap(f, &vault, f->made.p, f->made.len) < 0);
		assert_int_equal(f->text.len, 0);
		f->made.p[i] ^= 0x40;
		r = unwrap(f, &vault, f->made.p, i);
		assert_true(r == -ERR_REFUSED || r == -ERR_INTEGRITY);
	}
}

static void
another_vault_or_key_opens_nothing(void **state)
{
	static const struct id other = { { 7, 8 } };
	struct fixture *f = *state;
	uint8_t pub[P256_PUB_LEN];

	make(f, 100);
	assert_int_equal(
	    unwrap(f, &other, f->made.p, f->made.len), -ERR_INTEGRITY);
	memcpy(pub, f->pub, sizeof(pub));
	assert_int_equal(p256_generate(f->private, f->pub, &f->e), 0);
	assert_int_equal(
	    unwrap(f, &vault, f->made.p, f->made.len), -ERR_INTEGRITY);
	/* The private key of one and the name of the other. */
	memcpy(f->pub, pub, sizeof(pub));
	assert_int_equal(
	    unwrap(f, &vault, f->made.p, f->made.len), -ERR_INTEGRITY);
}

static void
no_point_of_the_curve_is_no_recipient(void **state)
{
	struct fixture *f = *state;
	uint8_t bad[P256_PUB_LEN] = { 4, 1, 2 };

	assert_int_equal(
	    envelope_seal(&vault, bad, "x", 1, &f->made, &f->e), -ERR_INVALID);
	assert_int_equal(f->made.len, 0);
}

static void
two_envelopes_of_one_text_have_nothing_in_common(void **state)
{
	AUTO(buf_done) struct buf first = { 0 };
	struct fixture *f = *state;
	const size_t at = ENVELOPE_MAGIC_LEN + ID_LEN;

	make(f, 100);
	assert_int_equal(buf_add(&first, f->made.p, f->made.len, &f->e), 0);
	make(f, 100);
	assert_memory_equal(first.p, f->made.p, at);
	assert_memory_not_equal(first.p + at, f->made.p + at, P256_PUB_LEN);
	assert_memory_not_equal(
	    first.p + ENVELOPE_HEAD, f->made.p + ENVELOPE_HEAD, 100);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(what_was_sealed_comes_back),
		T(every_byte_changed_and_every_cut_is_refused),
		T(another_vault_or_key_opens_nothing),
		T(no_point_of_the_curve_is_no_recipient),
		T(two_envelopes_of_one_text_have_nothing_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
