#include "base/id.h"

#include <ctype.h>
#include <string.h>

#include "tests/unit/base/vectors.h"

static void
ids_come_back(void **state)
{
	char s[ID_TEXT];
	struct id a, b;
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(id_random(&a, &e), 0);
		id_format(&a, s);
		assert_int_equal(strlen(s), ID_TEXT - 1);
		assert_int_equal(id_parse(s, &b, &e), 0);
		assert_true(id_equal(&a, &b));
	}
}

/* base64.b32encode(bytes(range(16))).lower() of Python. */
static void
the_text_is_base32_in_lower_case(void **state)
{
	struct id a, all;
	char s[ID_TEXT];
	int i;

	(void)state;
	for (i = 0; i < ID_LEN; i++)
		a.b[i] = (uint8_t)i;
	id_format(&a, s);
	assert_string_equal(s, "aaaqeayeaudaocajbifqydiob4");
	memset(all.b, 0xff, ID_LEN);
	id_format(&all, s);
	assert_string_equal(s, "77777777777777777777777774");
}

static void
ids_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", "aaaqeayeaudaocajbifqydiob",
		"aaaqeayeaudaocajbifqydiob4a", "AAAQEAYEAUDAOCAJBIFQYDIOB4",
		"aaaqeayeaudaocajbifqydiob5", "aaaqeayeaudaocajbifqydiob6",
		"aaaqeayeaudaocajbifqydiob7", "aaaqeayeaudaocajbifqydio14",
		"aaaqeayeaudaocajbifqydio==", "aaaqeayeaudaocajbifqydio 4" };
	struct id id = { { 7 } };
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++)
		assert_int_equal(id_parse(bad[i], &id, &e), -ERR_INVALID);
	assert_int_equal(id.b[0], 7);
}

static void
zero_is_zero(void **state)
{
	struct id id = { { 0 } };

	(void)state;
	assert_true(id_is_zero(&id));
	id.b[15] = 1;
	assert_false(id_is_zero(&id));
}

static void
references_come_back(void **state)
{
	char ref[REF_TEXT];
	uint32_t bits = 0;
	struct id id;
	struct err e;
	int i;

	(void)state;
	for (i = 0; i < 1000; i++) {
		assert_int_equal(id_random(&id, &e), 0);
		id_ref(&id, ref);
		assert_int_equal(strlen(ref), 8);
		assert_int_equal(ref[4], '-');
		assert_int_equal(id_ref_parse(ref, &bits, &e), 0);
		assert_int_equal(bits, id_ref_bits(&id));
	}
}

/* Symbols 4 15 7 19 2 23 (4F7K-2Q): 4+30+21+76+10+138 = 279 = 0 mod 31. */
static void
the_reference_is_the_first_thirty_bits(void **state)
{
	uint32_t bits =
	    4u << 25 | 15u << 20 | 7u << 15 | 19u << 10 | 2u << 5 | 23u;
	struct id id = { { 0 } };
	char ref[REF_TEXT];
	uint32_t got = 0;
	struct err e;

	(void)state;
	id.b[0] = (uint8_t)(bits >> 22);
	id.b[1] = (uint8_t)(bits >> 14);
	id.b[2] = (uint8_t)(bits >> 6);
	id.b[3] = (uint8_t)(bits << 2 | 3); /* two bits behind do not count */
	id_ref(&id, ref);
	assert_string_equal(ref, "4F7K-2Q0");
	assert_int_equal(id_ref_parse("4f7k-2qo", &got, &e), 0);
	assert_int_equal(got, bits);
	assert_int_equal(id_ref_parse("4F7K2Q0", &got, &e), 0);
	assert_int_equal(got, bits);
}

static void
i_l_and_o_are_read_as_digits(void **state)
{
	uint32_t a = 0, b = 0;
	struct err e;

	(void)state;
	/* 1 1 0 0 0 0: 1 + 2 = 3 */
	assert_int_equal(id_ref_parse("1100-003", &a, &e), 0);
	assert_int_equal(id_ref_parse("iLoO-oO3", &b, &e), 0);
	assert_int_equal(a, b);
}

static void
one_wrong_symbol_is_noticed(void **state)
{
	static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
	char s[REF_TEXT] = "4F7K-2Q0", was;
	uint32_t bits = 7;
	struct err e;
	size_t i, k;

	(void)state;
	for (i = 0; i < 8; i++) {
		was = s[i];
		for (k = 0; i != 4 && k < 32; k++) {
			s[i] = digits[k];
			if (s[i] == was)
				continue;
			assert_int_equal(
			    id_ref_parse(s, &bits, &e), -ERR_INVALID);
			assert_string_equal(err_name(&e), "reference-check");
		}
		s[i] = was;
	}
	assert_int_equal(bits, 7);
}

static void
two_exchanged_symbols_are_noticed(void **state)
{
	char s[REF_TEXT] = "4F7K-2Q0", was;
	uint32_t bits;
	struct err e;
	size_t i, k;

	(void)state;
	for (i = 0; i < 7; i++)
		for (k = i + 1; k < 7; k++) {
			if (i == 4 || k == 4)
				continue;
			was = s[i];
			s[i] = s[k];
			s[k] = was;
			assert_int_equal(
			    id_ref_parse(s, &bits, &e), -ERR_INVALID);
			s[k] = s[i];
			s[i] = was;
		}
}

static void
references_that_are_none_are_refused(void **state)
{
	static const char *const bad[] = { "", "4F7K", "4F7K-2Q", "4F7K-2Q00",
		"4F7K--2Q0", "4F-7K2Q0", "-4F7K2Q0", "4F7K-2Q-", "4F7K 2Q0",
		"4F7U-2Q0", "4F7K-2Q0 " };
	uint32_t bits = 7;
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++) {
		assert_int_equal(id_ref_parse(bad[i], &bits, &e), -ERR_INVALID);
		assert_string_equal(err_name(&e), "invalid");
	}
	assert_int_equal(bits, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ids_come_back),
		cmocka_unit_test(the_text_is_base32_in_lower_case),
		cmocka_unit_test(ids_that_are_none_are_refused),
		cmocka_unit_test(zero_is_zero),
		cmocka_unit_test(references_come_back),
		cmocka_unit_test(the_reference_is_the_first_thirty_bits),
		cmocka_unit_test(i_l_and_o_are_read_as_digits),
		cmocka_unit_test(one_wrong_symbol_is_noticed),
		cmocka_unit_test(two_exchanged_symbols_are_noticed),
		cmocka_unit_test(references_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
