/*
 * What the photographs and the description of a PDF tell goes in place, byte
 * by byte, and nothing else of it changes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "client/strip_pdf.h"

#define CANARY "48.5403N 2.6554E Melun"
#define ZEROS "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"

#define HEAD "%PDF-1.7\n1 0 obj\n<< /Filter /DCTDecode >>\nstream\r\n"
#define TAIL "\nendstream\nendobj\n%%EOF\n"
#define SOI "\xff\xd8"
#define EOI "\xff\xd9"
#define JFIF                                                                   \
	"\xff\xe0\0\x10"                                                       \
	"JFIF\0\1\2\0\0\1\0\1\0\0"
#define ADOBE                                                                  \
	"\xff\xee\0\x0e"                                                       \
	"Adobe\0\x64\0\0\0\0\0"
#define TABLES "\xff\xdb\0\x05\0\1\2"
#define SCAN                                                                   \
	"\xff\xda\0\x08\1\1\0\0\x3f\0"                                         \
	"ab\xff\0c\xff\xd3stream\xff\0"
/* A segment of 30 bytes: 6 of a name, 22 of what tells. */
#define SEGMENT(code, name, what) "\xff" code "\0\x1e" name what
#define NAMED(what) SEGMENT("\xe1", "Exif\0\0", what)
#define NONE(code) SEGMENT(code, "\0\0\0\0\0\0", ZEROS)

#define T(s) s, sizeof(s) - 1

static void
becomes(const char *in, size_t n, const char *want, size_t wanted)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t i, changed = 1, differ = 0;
	struct err e = { 0 };

	assert_int_equal(n, wanted);
	assert_int_equal(buf_add(&b, in, n, &e), 0);
	if (strip_pdf(b.p, b.len, &changed, &e) < 0)
		fail_msg("%s", e.text);
	assert_memory_equal(b.p, want, wanted);
	for (i = 0; i < n; i++)
		differ += in[i] != want[i];
	assert_int_equal(changed, differ);
	/* And again: nothing more. */
	assert_int_equal(strip_pdf(b.p, b.len, &changed, &e), 0);
	assert_int_equal(changed, 0);
}

static void
what_a_photograph_tells_becomes_zeros(void **state)
{
	(void)state;
	becomes(T(HEAD SOI JFIF NAMED(CANARY) SEGMENT("\xfe", "commnt", CANARY)
			ADOBE TABLES SCAN NAMED(CANARY) SCAN EOI TAIL),
	    T(HEAD SOI JFIF NONE("\xe1") NONE("\xfe")
		    ADOBE TABLES SCAN NONE("\xe1") SCAN EOI TAIL));
	/* A second picture behind the first, as telephones do; a second one in
	 * the file; the end of the line stays. */
	becomes(T(HEAD SOI TABLES SCAN EOI CANARY TAIL HEAD SOI NAMED(CANARY)
			TABLES SCAN EOI TAIL),
	    T(HEAD SOI TABLES SCAN EOI ZEROS TAIL HEAD SOI NONE("\xe1")
		    TABLES SCAN EOI TAIL));
}

static void
what_tells_nothing_stays(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} rows[] = {
		{ T(HEAD SOI JFIF ADOBE TABLES SCAN EOI TAIL) },
		{ T("%PDF-1.7\n" CANARY " Exif" TAIL) },
		/* No JPEG as it stands. */
		{ T(HEAD "\x78\x9c" NAMED(CANARY) TAIL) },
		/* It breaks off, but tells nothing. */
		{ T(HEAD SOI TABLES TAIL) },
		{ T(HEAD SOI JFIF TABLES SCAN) },
		{ T(HEAD SOI "\xff") },
		{ T("%PDF-1.7\nstream") },
		{ T("%PDF-") },
		{ T("") },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		becomes(rows[i].p, rows[i].n, rows[i].p, rows[i].n);
}

static void
what_cannot_be_told_apart_is_refused(void **state)
{
	static const struct {
		const char *p;
		size_t n;
	} rows[] = {
		/* Longer than the file, too short, no such marker. */
		{ T(HEAD SOI "\xff\xe1\x7f\x1e"
			     "Exif\0\0" CANARY TAIL) },
		{ T(HEAD SOI "\xff\xe1\0\1"
			     "Exif\0\0" CANARY TAIL) },
		{ T(HEAD SOI "\xff\x10\0\x1e"
			     "Exif\0\0" CANARY TAIL) },
		{ T(HEAD SOI TABLES
		    "xhttp://ns.adobe.com/xap/1.0/" CANARY TAIL) },
		/* Cut within. */
		{ T(HEAD SOI "\xff\xe1\0\x1e"
			     "Exif\0\0"
			     "48.5") },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf b = { 0 };
		struct err e = { 0 };
		size_t changed;

		assert_int_equal(buf_add(&b, rows[i].p, rows[i].n, &e), 0);
		if (strip_pdf(b.p, b.len, &changed, &e) != -ERR_REFUSED)
			fail_msg("row %zu", i);
		assert_string_equal(e.tag, "pdf-place");
	}
}

#define BEGIN "%PDF-1.7\nstream\n<?xpacket begin='' id='W5M0'?>"
#define END "<?xpacket end='w'?>" TAIL

static void
a_description_keeps_all_but_the_place(void **state)
{
	(void)state;
	becomes(T(BEGIN "<r exif:GPSLatitude=\"48,32N\" dc:title=\"Bail\" "
			"exif:GPSMapDatum = 'WGS-84'/>" END),
	    T(BEGIN "<r exif:GPSLatitude=\"      \" dc:title=\"Bail\" "
		    "exif:GPSMapDatum = '      '/>" END));
	becomes(T(BEGIN "<exif:GPSLongitude>2,39E</exif:GPSLongitude>"
			"<photoshop:City a:b='c'>Melun</photoshop:City>"
			"<dc:title>Melun</dc:title><x:City/>deux" END),
	    T(BEGIN "<exif:GPSLongitude>     </exif:GPSLongitude>"
		    "<photoshop:City a:b='c'>     </photoshop:City>"
		    "<dc:title>Melun</dc:title><x:City/>deux" END));
	/* Not in a packet, not a name, not closed: as it was. */
	becomes(T("%PDF exif:GPSLatitude=\"48\"" BEGIN END),
	    T("%PDF exif:GPSLatitude=\"48\"" BEGIN END));
	becomes(T(BEGIN "<a>x:City=\"y\" a:Cityscape=\"z\"</a>" END),
	    T(BEGIN "<a>x:City=\"y\" a:Cityscape=\"z\"</a>" END));
	becomes(T(BEGIN "<r exif:GPSLatitude=\"48" END),
	    T(BEGIN "<r exif:GPSLatitude=\"48" END));
	/* A packet that is cut short is looked at to the end of the file. */
	becomes(T(BEGIN "<r x:GPSTime=\"4\""), T(BEGIN "<r x:GPSTime=\" \""));
}

static void
a_signature_is_seen_however_it_is_written(void **state)
{
	(void)state;
	assert_true(strip_pdf_is_signed(T("<</ByteRange [0 1 2 3]>>")));
	assert_true(strip_pdf_is_signed(T("/#42yte#52#61nge[0 1 2 3]")));
	assert_true(strip_pdf_is_signed(T("/ByteRange")));
	assert_false(strip_pdf_is_signed(T("/ByteRang")));
	assert_false(strip_pdf_is_signed(T("/#42yteRang#6")));
	assert_false(strip_pdf_is_signed(T("ByteRange [0 1 2 3]")));
	assert_false(strip_pdf_is_signed(T("/")));
	assert_false(strip_pdf_is_signed(T("")));
	assert_true(strip_is_pdf(T("%PDF-1.7")));
	assert_false(strip_is_pdf(T(" %PDF-1.7")));
	assert_false(strip_is_pdf(T("%PDF")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_photograph_tells_becomes_zeros),
		cmocka_unit_test(what_tells_nothing_stays),
		cmocka_unit_test(what_cannot_be_told_apart_is_refused),
		cmocka_unit_test(a_description_keeps_all_but_the_place),
		cmocka_unit_test(a_signature_is_seen_however_it_is_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
