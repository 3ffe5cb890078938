/* Lists of households: encodings, quoting, limits, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/scope.h"
#include "daemon/core/csv.h"

static void
must_decode(const char *p, size_t n, const char *want)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct err e = { 0 };

	if (csv_decode(p, n, &out, &e) < 0)
		fail_msg("%s", e.text);
	assert_string_equal(buf_str(&out), want);
}

static void
both_encodings_give_the_same_text(void **state)
{
	static const struct {
		const char *bytes, *want;
	} rows[] = {
		{ "", "" },
		{ "abc", "abc" },
		{ "\xef\xbb\xbf", "" },
		{ "\xef\xbb\xbf\xc3\x89ric", "\xc3\x89ric" },
		{ "\xc3\x89ric", "\xc3\x89ric" },
		{ "\xc9ric", "\xc3\x89ric" },
		{ "\x80 \x8c\x9c \x9f", "\xe2\x82\xac \xc5\x92\xc5\x93 "
					"\xc5\xb8" },
		{ "l\x92h\xf4tel\x85", "l\xe2\x80\x99h\xc3\xb4tel"
				       "\xe2\x80\xa6" },
		{ "\xa0\xff", "\xc2\xa0\xc3\xbf" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		must_decode(rows[i].bytes, strlen(rows[i].bytes), rows[i].want);
}

static void
bytes_of_no_encoding_are_refused_with_their_place(void **state)
{
	static const struct {
		const char *bytes;
		size_t n;
		const char *tag, *where;
	} rows[] = {
		{ "a\0b", 3, "csv-nul", "line 1, column 2" },
		{ "\xff\xfe"
		  "a\0",
		    4, "csv-nul", "line 1, column 4" },
		{ "ab\r\nc\x81", 6, "csv-encoding", "line 2, column 2" },
		{ "\x8d", 1, "csv-encoding", "line 1, column 1" },
		{ "\x8f", 1, "csv-encoding", "line 1, column 1" },
		{ "a\n\n\x90", 4, "csv-encoding", "line 3, column 1" },
		{ "\x9d", 1, "csv-encoding", "line 1, column 1" },
		{ "\xef\xbb\xbf\xe9", 4, "csv-encoding", "UTF-8" },
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf out = { 0 };

		memset(&e, 0, sizeof(e));
		assert_int_equal(csv_decode(rows[i].bytes, rows[i].n, &out, &e),
		    -ERR_REFUSED);
		assert_string_equal(e.tag, rows[i].tag);
		assert_non_null(strstr(e.text, rows[i].where));
		assert_int_equal(out.len, 0);
	}
}

/* All cells, "|" between them, and "/" behind each record. */
static void
flatten(const struct csv *c, struct buf *out)
{
	size_t i, j;

	for (i = 0; i < c->nlines; i++) {
		for (j = 0; j < csv_line(c, i)->n; j++)
			assert_int_equal(
			    buf_addf(out, NULL, "%s%s", j > 0 ? "|" : "",
				csv_cell(c, csv_line(c, i), j)),
			    0);
		assert_int_equal(
		    buf_addf(out, NULL, "@%u/", csv_line(c, i)->line), 0);
	}
}

static void
records_are_those_of_rfc_4180(void **state)
{
	static const struct {
		char separator;
		const char *text, *want;
	} rows[] = {
		{ ';', "", "" },
		{ ';', "a", "a@1/" },
		{ ';', "a;b\r\nc;d\r\n", "a|b@1/c|d@2/" },
		{ ';', "a;b\nc;d", "a|b@1/c|d@2/" },
		{ ';', "a\rb\r", "a@1/b@2/" },
		{ ';', "a\n\n\r\n b\n", "a@1/ b@4/" },
		{ ';', ";\n", "|@1/" },
		{ ';', "\"\"\n", "@1/" },
		{ ',', "a;b,c", "a;b|c@1/" },
		{ '\t', "a b\tc", "a b|c@1/" },
		{ ';', "\"a;b\";\"c\"\"d\"", "a;b|c\"d@1/" },
		{ ';', "\"a\r\nb\";c\nd", "a\r\nb|c@1/d@3/" },
		{ ';', "=1+1;@x;'y", "=1+1|@x|'y@1/" },
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf got = { 0 };
		AUTO(csv_done) struct csv c = { 0 };

		memset(&e, 0, sizeof(e));
		if (csv_parse(rows[i].text, strlen(rows[i].text),
			rows[i].separator, &c, &e) < 0)
			fail_msg("%zu: %s", i, e.text);
		flatten(&c, &got);
		assert_string_equal(buf_str(&got), rows[i].want);
		assert_string_equal(
		    c.nlines > 0 ? csv_cell(&c, csv_line(&c, 0), 999) : "", "");
	}
}

static void
refused(const char *text, size_t n, enum err_code code, const char *tag,
    const char *where)
{
	AUTO(csv_done) struct csv c = { 0 };
	struct err e = { 0 };

	assert_int_equal(csv_parse(text, n, ';', &c, &e), -(int)code);
	assert_string_equal(e.tag, tag);
	if (strstr(e.text, where) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", e.text, where);
	assert_int_equal(c.nlines, 0);
	assert_null(c.text.p);
}

static void
faults_are_refused_with_their_place(void **state)
{
	static const struct {
		const char *text, *where;
	} rows[] = {
		{ "\"a", "line 1, column 2" },
		{ "a\r\nb;\"c\nd\n", "line 2, column 4" },
		{ "a\"b", "line 1, column 2" },
		{ "\xc3\xa9\xc3\xa9\"", "line 1, column 3" },
		{ "\"a\"b", "line 1, column 4" },
		{ "\"a\" ;b", "line 1, column 4" },
		{ "\"a\"\"", "line 1, column 2" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		refused(rows[i].text, strlen(rows[i].text), ERR_REFUSED,
		    "csv-quote", rows[i].where);
	refused("a;\0", 3, ERR_REFUSED, "csv-nul", "line 1, column 3");
}

static char *
repeated(const char *s, size_t n)
{
	size_t len = strlen(s), i;
	char *text = malloc(n * len + 1);

	assert_non_null(text);
	for (i = 0; i < n; i++)
		memcpy(text + i * len, s, len);
	text[n * len] = '\0';
	return text;
}

static void
limits(const char *s, size_t most, const char *tag, const char *where)
{
	char *fits = repeated(s, most), *over = repeated(s, most + 1);
	AUTO(csv_done) struct csv c = { 0 };
	struct err e = { 0 };

	if (csv_parse(fits, strlen(fits), ';', &c, &e) < 0)
		fail_msg("%s: %s", tag, e.text);
	refused(over, strlen(over), ERR_TOO_LARGE, tag, where);
	free(fits);
	free(over);
}

static void
each_limit_holds_at_its_last_value(void **state)
{
	AUTO(buf_done) struct buf out = { 0 };
	AUTO(mem_freep) char *large = calloc(1, CSV_BYTES_MAX + 1);
	struct err e = { 0 };

	(void)state;
	limits("x", CSV_CELL_MAX, "csv-cell", "line 1, column 1001");
	limits("x\n", CSV_LINES_MAX, "csv-lines", "line 2002");
	/* n separators make n + 1 columns. */
	limits(";", CSV_COLUMNS_MAX - 1, "csv-columns", "column 65");
	assert_non_null(large);
	memset(large, 'x', CSV_BYTES_MAX + 1);
	assert_int_equal(csv_decode(large, CSV_BYTES_MAX, &out, &e), 0);
	assert_int_equal(
	    csv_decode(large, CSV_BYTES_MAX + 1, &out, &e), -ERR_TOO_LARGE);
	assert_string_equal(e.tag, "csv-size");
}

static void
formulas_leave_as_text(void **state)
{
	static const struct {
		const char *cell, *want;
	} rows[] = {
		{ "", "\"\"" },
		{ "a", "\"a\"" },
		{ "a;\"b\"", "\"a;\"\"b\"\"\"" },
		{ "=cmd|' /C calc'!A0", "\"'=cmd|' /C calc'!A0\"" },
		{ "+33 1", "\"'+33 1\"" },
		{ "-1", "\"'-1\"" },
		{ "@SUM(A1)", "\"'@SUM(A1)\"" },
		{ "\t=1", "\"'\t=1\"" },
		{ "\r=1", "\"'\r=1\"" },
		{ "a=1", "\"a=1\"" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf out = { 0 };

		assert_int_equal(
		    csv_write(&out, rows[i].cell, ';', 1, NULL), 0);
		assert_string_equal(buf_str(&out), rows[i].want);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_encodings_give_the_same_text),
		cmocka_unit_test(
		    bytes_of_no_encoding_are_refused_with_their_place),
		cmocka_unit_test(records_are_those_of_rfc_4180),
		cmocka_unit_test(faults_are_refused_with_their_place),
		cmocka_unit_test(each_limit_holds_at_its_last_value),
		cmocka_unit_test(formulas_leave_as_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
