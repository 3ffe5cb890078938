#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/scope.h"
#include "daemon/inspect/sniff.h"

static struct sniff
sniff(const char *s, size_t n)
{
	struct sniff out;

	sniff_bytes((const uint8_t *)s, n, 1, &out);
	assert_non_null(out.media);
	assert_true(!out.refused || out.reason != NULL);
	return out;
}

static void
json_is_what_rfc_8259_says(void **state)
{
	static const struct {
		const char *text;
		int ok;
	} rows[] = {
		{ "{}", 1 },
		{ "[]", 1 },
		{ " [ 1 , -0.5e+7 , \"\\u00e9\\n\" , true, false, null ] ", 1 },
		{ "{\"a\":{\"b\":[{},[]]}}", 1 },
		{ "[1,]", 0 },
		{ "[,1]", 0 },
		{ "{\"a\"}", 0 },
		{ "{\"a\":1,}", 0 },
		{ "{a:1}", 0 },
		{ "{'a':1}", 0 },
		{ "[01]", 0 },
		{ "[1.]", 0 },
		{ "[.5]", 0 },
		{ "[+1]", 0 },
		{ "[1e]", 0 },
		{ "[\"\\x\"]", 0 },
		{ "[\"\\u12\"]", 0 },
		{ "[\"\t\"]", 0 },
		{ "[1]2", 0 },
		{ "[1}", 0 },
		{ "{1:2}", 0 },
		{ "[tru]", 0 },
		{ "[\"", 0 },
		{ "[", 0 },
		{ "", 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		assert_int_equal(sniff_is_json((const uint8_t *)rows[i].text,
				     strlen(rows[i].text)),
		    rows[i].ok);
}

static void
json_has_a_depth(void **state)
{
	uint8_t p[2 * SNIFF_JSON_DEPTH + 2];

	(void)state;
	memset(p, '[', SNIFF_JSON_DEPTH);
	memset(p + SNIFF_JSON_DEPTH, ']', SNIFF_JSON_DEPTH);
	assert_true(sniff_is_json(p, 2 * SNIFF_JSON_DEPTH));
	memset(p, '[', SNIFF_JSON_DEPTH + 2);
	memset(p + SNIFF_JSON_DEPTH + 1, ']', SNIFF_JSON_DEPTH + 1);
	p[0] = '[';
	assert_true(sniff_is_json(p + 1, 2 * SNIFF_JSON_DEPTH));
	assert_false(sniff_is_json(p, 1));
}

static void
a_pdf_begins_at_its_beginning(void **state)
{
	static const struct {
		const char *text, *media;
		int refused;
	} rows[] = {
		{ "%PDF-1.7\n%%EOF", "application/pdf", 0 },
		{ "%PDF-2.0\n%%EOF", "application/pdf", 0 },
		{ "%PDF-3.0\n%%EOF", "text/plain", 1 },
		{ "%PDF-1.", "text/plain", 1 },
		{ "%PDF-1.x\n%%EOF", "text/plain", 1 },
		{ " %PDF-1.7\n%%EOF", "text/plain", 1 },
		{ "\xef\xbb\xbf%PDF-1.7\n", "text/plain", 1 },
		{ "GIF89a%PDF-1.7\n", "image/gif", 1 },
		{ "MM%PDF-1.7\n", "text/plain", 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		struct sniff s = sniff(rows[i].text, strlen(rows[i].text));

		assert_string_equal(s.media, rows[i].media);
		assert_int_equal(s.refused, rows[i].refused);
	}
}

static void
text_has_no_control_characters(void **state)
{
	static const struct {
		const char *text;
		size_t n;
		int ok;
	} rows[] = {
		{ "bonjour\r\n\t\f", 11, 1 },
		{ "\xc3\xa9t\xc3\xa9", 5, 1 },
		{ "a\0b", 3, 0 },
		{ "a\x01", 2, 0 },
		{ "a\x7f", 2, 0 },
		{ "\xe9t\xe9", 3, 0 },
		{ "\xc3", 1, 0 },
		{ "\xed\xa0\x80", 3, 0 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		assert_int_equal(strcmp(sniff(rows[i].text, rows[i].n).media,
				     "text/plain") == 0,
		    rows[i].ok);
}

static void
the_end_of_a_zip_is_the_end_of_the_file(void **state)
{
	/* An empty archive, then with a comment, then with more. */
	static const char zip[] = "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				  "\0\0";
	static const char noted[] = "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				    "\2\0ab";
	static const char more[] = "PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"
				   "\2\0abc";

	(void)state;
	assert_false(sniff(zip, 22).refused);
	assert_false(sniff(noted, 24).refused);
	assert_string_equal(sniff(more, 25).reason, "trailing-data");
	assert_string_equal(sniff(zip, 21).reason, "truncated");
}

/* A local header at 0 (nothing reads it) and a directory of one name. */
static size_t
make_zip(uint8_t *p, const char *const *names)
{
	size_t at = 30, from = 30, k, n;

	memset(p, 0, 1024);
	memcpy(p, "PK\3\4", 4);
	for (k = 0; names[k] != NULL; k++) {
		n = strlen(names[k]);
		memcpy(p + at, "PK\1\2", 4);
		p[at + 28] = (uint8_t)n;
		memcpy(p + at + 46, names[k], n);
		at += 46 + n;
	}
	memcpy(p + at, "PK\5\6", 4);
	p[at + 12] = (uint8_t)(at - from);
	p[at + 13] = (uint8_t)((at - from) >> 8);
	p[at + 16] = (uint8_t)from;
	return at + 22;
}

static void
office_files_with_macros_are_refused(void **state)
{
	static const struct {
		const char *names[4];
		const char *end; /* of the media type */
		int refused;
	} rows[] = {
		{ { "[Content_Types].xml", "word/document.xml" },
		    "wordprocessingml.document", 0 },
		{ { "[Content_Types].xml", "xl/workbook.xml" },
		    "spreadsheetml.sheet", 0 },
		{ { "[Content_Types].xml", "word/document.xml",
		      "word/vbaProject.bin" },
		    "wordprocessingml.document", 1 },
		{ { "[Content_Types].xml", "xl/a.xml", "xl/VBAPROJECT.BIN" },
		    "spreadsheetml.sheet", 1 },
		{ { "[Content_Types].xml", "xl/macrosheets/sheet1.xml" },
		    "spreadsheetml.sheet", 1 },
		{ { "content.xml", "Basic/Standard/Module1.xml" }, "/zip", 1 },
		{ { "word/document.xml" }, "/zip", 0 },
	};
	uint8_t p[1024];
	size_t i, n;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		struct sniff s;

		n = make_zip(p, rows[i].names);
		sniff_bytes(p, n, 1, &s);
		assert_int_equal(s.refused, rows[i].refused);
		assert_non_null(strstr(s.media, rows[i].end));
	}
}

static void
a_directory_that_does_not_add_up_is_refused(void **state)
{
	static const char *const names[] = { "a", "b", NULL };
	uint8_t p[1024];
	struct sniff s;
	size_t n = make_zip(p, names), end = n - 22, i;
	static const size_t offsets[] = { 12, 13, 14, 15, 16, 17, 18, 19 };

	(void)state;
	sniff_bytes(p, n, 1, &s);
	assert_false(s.refused);
	for (i = 0; i < NELEMS(offsets); i++) {
		p[end + offsets[i]] ^= 1;
		sniff_bytes(p, n, 1, &s);
		assert_string_equal(s.reason, "directory-unsound");
		p[end + offsets[i]] ^= 1;
	}
}

static void
only_words_of_the_same_thing_agree(void **state)
{
	struct sniff s = sniff("%PDF-1.7\n%%EOF", 14);

	(void)state;
	assert_true(sniff_agrees(&s, "application/pdf"));
	assert_false(sniff_agrees(&s, "application/zip"));
	assert_false(sniff_agrees(&s, "text/plain"));
	assert_false(sniff_agrees(&s, ""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_is_what_rfc_8259_says),
		cmocka_unit_test(json_has_a_depth),
		cmocka_unit_test(a_pdf_begins_at_its_beginning),
		cmocka_unit_test(text_has_no_control_characters),
		cmocka_unit_test(the_end_of_a_zip_is_the_end_of_the_file),
		cmocka_unit_test(office_files_with_macros_are_refused),
		cmocka_unit_test(a_directory_that_does_not_add_up_is_refused),
		cmocka_unit_test(only_words_of_the_same_thing_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
