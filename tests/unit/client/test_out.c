#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "client/out.h"

#define BAD "\xef\xbf\xbd"

struct row {
	const char *in, *text, *page;
	size_t width;
};

static const struct row rows[] = {
	{ "", "", "", 0 },
	{ "abc", "abc", "abc", 3 },
	{ "dépôt", "dépôt", "dépôt", 5 },
	{ "de\xcc\x81pot", "de\xcc\x81pot", "de\xcc\x81pot", 5 },
	{ "\xe6\x97\xa5\xe6\x9c\xac", "\xe6\x97\xa5\xe6\x9c\xac",
	    "\xe6\x97\xa5\xe6\x9c\xac", 4 },
	{ "\xe2\x80\xa6", "\xe2\x80\xa6", "\xe2\x80\xa6", 1 },
	/* An escape sequence, a bell, a delete: harmless. */
	{ "a\x1b[31mb", "a" BAD "[31mb", "a" BAD "[31mb", 7 },
	{ "\a\x7f", BAD BAD, BAD BAD, 2 },
	{ "a\nb\tc", "a" BAD "b" BAD "c", "a\nb\tc", 5 },
	{ "a\rb", "a" BAD "b", "a" BAD "b", 3 },
	/* C1 as UTF-8 (CSI), and as a bare byte. */
	{ "\xc2\x9b"
	  "1m",
	    BAD "1m", BAD "1m", 3 },
	{ "\x9b"
	  "1m",
	    BAD "1m", BAD "1m", 3 },
	/* Right-to-left override: the name of a file that is another. */
	{ "a\xe2\x80\xae"
	  "fdp",
	    "a" BAD "fdp", "a" BAD "fdp", 5 },
	/* Not UTF-8: overlong, surrogate, cut, beyond Unicode. */
	{ "\xc0\xaf", BAD BAD, BAD BAD, 2 },
	{ "\xed\xa0\x80", BAD BAD BAD, BAD BAD BAD, 3 },
	{ "\xe2\x80", BAD BAD, BAD BAD, 2 },
	{ "\xc3", BAD, BAD, 1 },
	{ "\xf4\x90\x80\x80", BAD BAD BAD BAD, BAD BAD BAD BAD, 4 },
	{ "\xff", BAD, BAD, 1 },
};

static void
printed(void (*print)(FILE *, const char *), const char *in, const char *wanted)
{
	char *got = NULL;
	size_t n;
	FILE *f = open_memstream(&got, &n);

	assert_non_null(f);
	print(f, in);
	assert_int_equal(fclose(f), 0);
	assert_string_equal(got, wanted);
	free(got);
}

static void
text_of_others_does_not_command_the_terminal(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		printed(out_text, rows[i].in, rows[i].text);
		printed(out_page, rows[i].in, rows[i].page);
		assert_int_equal(out_width(rows[i].in), rows[i].width);
	}
}

static char *
table_text(const struct table *t)
{
	char *got = NULL;
	size_t n;
	FILE *f = open_memstream(&got, &n);

	assert_non_null(f);
	table_print(t, f, "none");
	assert_int_equal(fclose(f), 0);
	return got;
}

static void
columns_are_aligned_in_places_not_bytes(void **state)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(mem_freep) char *got = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(table_head(&t, &e, "État", "N", NULL), 0);
	assert_int_equal(table_row(&t, &e, "é", "1", NULL), 0);
	assert_int_equal(table_row(&t, &e, "plus long", "22", NULL), 0);
	got = table_text(&t);
	assert_string_equal(got, "État       N\n"
				 "é          1\n"
				 "plus long  22\n");
}

static void
a_column_that_holds_nothing_is_left_out(void **state)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(mem_freep) char *got = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(table_head(&t, &e, "a", "b", "c", NULL), 0);
	assert_int_equal(table_row(&t, &e, "1", "", "3", NULL), 0);
	assert_int_equal(table_row(&t, &e, "", "", "33", NULL), 0);
	got = table_text(&t);
	assert_string_equal(got, "a  c\n"
				 "1  3\n"
				 "   33\n");
}

#define WORDS                                                                  \
	"dix fois cinq mots de suite font une cellule qui ne tient pas dans "  \
	"la largeur que lit une personne"
#define LONG_ID "abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz"

static void
what_is_too_wide_is_wrapped_in_its_column(void **state)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(mem_freep) char *got = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(table_head(&t, &e, "a", "b", NULL), 0);
	assert_int_equal(table_row(&t, &e, LONG_ID, WORDS, NULL), 0);
	got = table_text(&t);
	assert_string_equal(got,
	    "a                                                     b\n" LONG_ID
	    "  dix fois cinq mots de suite font une cellule\n"
	    "                                                      "
	    "qui ne tient pas dans la largeur que lit une\n"
	    "                                                      "
	    "personne\n");
}

/* An identifier is never cut: who copies it needs it whole. */
static void
what_no_line_can_hold_is_a_block_a_row(void **state)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(mem_freep) char *got = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(table_head(&t, &e, "a", "b", "c", NULL), 0);
	assert_int_equal(
	    table_row(&t, &e, LONG_ID LONG_ID, LONG_ID, "é", NULL), 0);
	assert_int_equal(table_row(&t, &e, LONG_ID, "", "", NULL), 0);
	got = table_text(&t);
	assert_string_equal(got, "a : " LONG_ID LONG_ID "\n  b : " LONG_ID
				 "\n  c : é\n\na : " LONG_ID "\n");
}

static void
what_is_hardly_too_wide_stays_a_table(void **state)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(mem_freep) char *got = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(table_head(&t, &e, "a", "b", NULL), 0);
	assert_int_equal(table_row(&t, &e, LONG_ID, LONG_ID, NULL), 0);
	got = table_text(&t);
	assert_non_null(strstr(got, LONG_ID "  " LONG_ID "\n"));
}

/* As narrow as it gets is little more than a line: a table still. */
static void
what_is_hardly_too_wide_once_wrapped_stays_a_table(void **state)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(mem_freep) char *got = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(table_head(&t, &e, "a", "b", "c", NULL), 0);
	assert_int_equal(
	    table_row(&t, &e, LONG_ID, LONG_ID,
		"des mots et des mots et des mots et des mots", NULL),
	    0);
	got = table_text(&t);
	assert_non_null(strstr(got, LONG_ID "  " LONG_ID "  des\n"));
	assert_null(strstr(got, "a : "));
}

static void
a_table_without_rows_is_a_sentence(void **state)
{
	AUTO(table_done) struct table t = { 0 };
	AUTO(mem_freep) char *got = NULL;
	struct err e = { 0 };

	(void)state;
	assert_int_equal(table_head(&t, &e, "a", "b", NULL), 0);
	got = table_text(&t);
	assert_string_equal(got, "none\n");
}

static void
a_row_of_another_length_is_an_error(void **state)
{
	AUTO(table_done) struct table t = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(table_head(&t, &e, "a", "b", NULL), 0);
	assert_int_equal(table_row(&t, &e, "1", "2", "3", NULL), -ERR_INTERNAL);
}

static void
too_many_columns_are_an_error(void **state)
{
	AUTO(table_done) struct table t = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(table_head(&t, &e, "1", "2", "3", "4", "5", "6", "7",
			     "8", "9", "10", "11", NULL),
	    -ERR_INTERNAL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_of_others_does_not_command_the_terminal),
		cmocka_unit_test(columns_are_aligned_in_places_not_bytes),
		cmocka_unit_test(a_column_that_holds_nothing_is_left_out),
		cmocka_unit_test(what_is_too_wide_is_wrapped_in_its_column),
		cmocka_unit_test(what_no_line_can_hold_is_a_block_a_row),
		cmocka_unit_test(what_is_hardly_too_wide_stays_a_table),
		cmocka_unit_test(
		    what_is_hardly_too_wide_once_wrapped_stays_a_table),
		cmocka_unit_test(a_table_without_rows_is_a_sentence),
		cmocka_unit_test(a_row_of_another_length_is_an_error),
		cmocka_unit_test(too_many_columns_are_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
