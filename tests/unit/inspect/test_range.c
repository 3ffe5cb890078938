#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "daemon/inspect/pdf_locate.h"
#include "daemon/inspect/range.h"

/* A file with one signature; the gap is at [b, c). */
#define HEAD "%PDF-1.7\n1 0 obj\n<</SubFilter/adbe.pkcs7.detached/ByteRange "
#define GAP "<30AA00>"
#define TAIL ">>\nendobj\n%%EOF\n"

struct made {
	char text[512];
	size_t n;
	struct inspect_range r;
};

/* literal: with room for its own length, exactly 24 characters. */
static struct made
make(const char *literal)
{
	struct made m = { 0 };
	const char *gap;

	m.n = (size_t)snprintf(m.text, sizeof(m.text), "%s%-24s/Contents%s%s",
	    HEAD, literal, GAP, TAIL);
	gap = strstr(m.text, GAP);
	m.r.b = (uint64_t)(gap - m.text);
	m.r.c = m.r.b + strlen(GAP);
	m.r.c_len = m.n - m.r.c;
	return m;
}

static struct made
make_sound(void)
{
	struct made m = make("");
	char literal[64];

	snprintf(literal, sizeof(literal), "[0 %d %d %d]", (int)m.r.b,
	    (int)m.r.c, (int)m.r.c_len);
	return make(literal);
}

static int
is_sound(const struct made *m, const struct inspect_range *r)
{
	return inspect_range_is_sound((const uint8_t *)m->text, m->n, r);
}

static void
the_literal_range_of_a_file_is_sound(void **state)
{
	struct made m = make_sound();

	(void)state;
	assert_true(is_sound(&m, &m.r));
}

static void
numbers_that_are_off_by_one_are_not_sound(void **state)
{
	struct made m = make_sound();
	struct inspect_range r;
	int db, dc, dl;

	(void)state;
	for (db = -1; db <= 1; db++)
		for (dc = -1; dc <= 1; dc++)
			for (dl = -1; dl <= 1; dl++) {
				r = m.r;
				r.b += (uint64_t)(int64_t)db;
				r.c += (uint64_t)(int64_t)dc;
				r.c_len += (uint64_t)(int64_t)dl;
				assert_int_equal(is_sound(&m, &r),
				    db == 0 && dc == 0 && dl == 0);
			}
}

static void
numbers_that_wrap_around_are_not_sound(void **state)
{
	static const uint64_t edges[] = { 0, 1, INT64_MAX, UINT64_MAX,
		UINT64_MAX - 1, (uint64_t)INT64_MAX + 1 };
	struct made m = make_sound();
	struct inspect_range r;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(edges); i++) {
		r = m.r;
		r.b = edges[i];
		assert_false(is_sound(&m, &r));
		r = m.r;
		r.c = edges[i];
		assert_false(is_sound(&m, &r));
		r = m.r;
		r.c_len = edges[i];
		assert_false(is_sound(&m, &r));
		r.c = UINT64_MAX - edges[i];
		assert_false(is_sound(&m, &r));
	}
}

static void
a_range_nowhere_written_is_not_sound(void **state)
{
	struct made m = make("[0 1 2 3]");

	(void)state;
	assert_false(is_sound(&m, &m.r));
}

static void
a_gap_that_is_not_hexadecimal_is_not_sound(void **state)
{
	static const char bad[] = { 'g', ' ', '<', '>', '/', '\n', '\0', '(' };
	struct made m = make_sound();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad); i++) {
		m.text[m.r.b + 3] = bad[i];
		assert_false(is_sound(&m, &m.r));
	}
}

static void
a_gap_without_its_brackets_is_not_sound(void **state)
{
	struct made m = make_sound();

	(void)state;
	m.text[m.r.b] = '0';
	assert_false(is_sound(&m, &m.r));
	m.text[m.r.b] = '<';
	m.text[m.r.c - 1] = '0';
	assert_false(is_sound(&m, &m.r));
	m.text[m.r.c - 1] = '>';
	assert_true(is_sound(&m, &m.r));
}

static void
a_gap_without_contents_in_front_is_not_sound(void **state)
{
	struct made m = make_sound();

	(void)state;
	memcpy(m.text + m.r.b - 9, "/Contentz", 9);
	assert_false(is_sound(&m, &m.r));
}

static void
literals_are_four_plain_numbers(void **state)
{
	static const struct {
		const char *text;
		int ok;
	} rows[] = {
		{ "[0 1 2 3]", 1 },
		{ " \r\n[ 0 1\t2 3 ]", 1 },
		{ "[0 0001 0002 3]", 1 },
		{ "[1 1 2 3]", 0 },
		{ "[0 1 2]", 0 },
		{ "[0 1 2 3 4]", 0 },
		{ "[0 -1 2 3]", 0 },
		{ "[0 +1 2 3]", 0 },
		{ "[0 1.0 2 3]", 0 },
		{ "[0 1 2 3", 0 },
		{ "0 1 2 3]", 0 },
		{ "[0 1 2 3R]", 0 },
		{ "[0 1 2 %\n3]", 0 },
		{ "[0 1 2 99999999999999999999]", 0 },
		{ "[0 1 2 18446744073709551616]", 0 },
		{ "null", 0 },
		{ "", 0 },
		{ "[", 0 },
	};
	struct inspect_range r;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		assert_int_equal(range_parse((const uint8_t *)rows[i].text,
				     strlen(rows[i].text), &r),
		    rows[i].ok);
}

static void
the_locator_finds_it_and_says_its_subfilter(void **state)
{
	struct made m = make_sound();
	struct inspect_type t = { 0 };

	(void)state;
	pdf_locate((const uint8_t *)m.text, m.n, &t);
	assert_int_equal(t.nranges, 1);
	assert_int_equal(t.ranges[0].b, m.r.b);
	assert_int_equal(t.ranges[0].filter, INSPECT_FILTER_DETACHED);
	assert_false(t.encrypted);
}

static void
the_locator_knows_escaped_names(void **state)
{
	static const char *const rows[] = { "/#42yteRange ", "/ByteRang#65 " };
	static const char *const encrypts[] = { "/Encrypt ", "/Encryp#74<",
		"/#45#6e#63#72#79#70#74/" };
	struct inspect_type t;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		pdf_locate((const uint8_t *)rows[i], strlen(rows[i]), &t);
		assert_int_equal(t.nranges, 1);
		assert_int_equal(t.ranges[0].c, 0);
	}
	for (i = 0; i < NELEMS(encrypts); i++) {
		pdf_locate(
		    (const uint8_t *)encrypts[i], strlen(encrypts[i]), &t);
		assert_true(t.encrypted);
	}
	pdf_locate((const uint8_t *)"/EncryptMetadata /ByteRanges", 28, &t);
	assert_false(t.encrypted);
	assert_int_equal(t.nranges, 0);
}

static void
a_file_is_as_good_as_its_weakest_signature(void **state)
{
	struct inspect_verdict v[3] = { { .indication = INSPECT_PASSED },
		{ .indication = INSPECT_PASSED },
		{ .indication = INSPECT_PASSED } };

	(void)state;
	assert_int_equal(inspect_weakest(v, 0), INSPECT_INDETERMINATE);
	assert_int_equal(inspect_weakest(v, 3), INSPECT_PASSED);
	v[1].indication = INSPECT_INDETERMINATE;
	assert_int_equal(inspect_weakest(v, 3), INSPECT_INDETERMINATE);
	v[0].indication = INSPECT_FAILED;
	assert_int_equal(inspect_weakest(v, 3), INSPECT_FAILED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_literal_range_of_a_file_is_sound),
		cmocka_unit_test(numbers_that_are_off_by_one_are_not_sound),
		cmocka_unit_test(numbers_that_wrap_around_are_not_sound),
		cmocka_unit_test(a_range_nowhere_written_is_not_sound),
		cmocka_unit_test(a_gap_that_is_not_hexadecimal_is_not_sound),
		cmocka_unit_test(a_gap_without_its_brackets_is_not_sound),
		cmocka_unit_test(a_gap_without_contents_in_front_is_not_sound),
		cmocka_unit_test(literals_are_four_plain_numbers),
		cmocka_unit_test(the_locator_finds_it_and_says_its_subfilter),
		cmocka_unit_test(the_locator_knows_escaped_names),
		cmocka_unit_test(a_file_is_as_good_as_its_weakest_signature),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
