/*
 * What tells where a photograph was taken goes, what draws it stays byte for
 * byte, and what cannot be told apart is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "client/strip.h"

#define CANARY "48.5403N 2.6554E Melun"

#define SOI "\xff\xd8"
#define EOI "\xff\xd9"
#define JFIF                                                                   \
	"\xff\xe0\0\x10"                                                       \
	"JFIF\0\1\2\0\0\1\0\1\0\0"
#define ICC                                                                    \
	"\xff\xe2\0\x13"                                                       \
	"ICC_PROFILE\0\1\1xyz"
#define ADOBE                                                                  \
	"\xff\xee\0\x0e"                                                       \
	"Adobe\0\x64\0\0\0\0\0"
#define TABLES                                                                 \
	"\xff\xdb\0\x05\0\1\2\xff\xc0\0\x0b\x08\0\1\0\1\1\1\x11\0"             \
	"\xff\xc4\0\x04\0\1"
/* Zeros behind 0xff, a restart and a second scan. */
#define SCANS                                                                  \
	"\xff\xda\0\x08\1\1\0\0\x3f\0"                                         \
	"ab\xff\0c\xff\xd3"                                                    \
	"d\xff\xff\0e"                                                         \
	"\xff\xda\0\x08\1\1\0\1\x3f\0"                                         \
	"fg\xff\0"
#define XMP                                                                    \
	"\xff\xe1\0\x37"                                                       \
	"http://ns.adobe.com/xap/1.0/\0xx" CANARY
#define IPTC                                                                   \
	"\xff\xed\0\x26"                                                       \
	"Photoshop 3.0\0" CANARY
#define COMMENT "\xff\xfe\0\x18" CANARY
#define TURNED                                                                 \
	"\xff\xe1\0\x22"                                                       \
	"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"

/* Little-endian, its orientation the second of two entries. */
#define EXIF(turn)                                                             \
	"\xff\xe1\0\x44"                                                       \
	"Exif\0\0II*\0\x08\0\0\0\2\0"                                          \
	"\x25\x88\4\0\1\0\0\0\x26\0\0\0\x12\1\3\0\1\0\0\0" turn                \
	"\0\0\0\0\0\0\0" CANARY

#define T(s) s, sizeof(s) - 1

static int
strip(const char *p, size_t n, struct buf *out, struct err *e)
{
	buf_reset(out);
	return strip_picture(p, n, out, e);
}

static void
becomes(const char *in, size_t n, const char *want, size_t wanted)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct err e = { 0 };

	if (strip(in, n, &out, &e) < 0)
		fail_msg("%s", e.text);
	assert_null(memmem(out.p, out.len, CANARY, 8));
	assert_int_equal(out.len, wanted);
	assert_memory_equal(out.p, want, wanted);
}

static void
what_tells_the_place_goes_and_what_draws_stays(void **state)
{
	(void)state;
	becomes(T(SOI JFIF EXIF("\1")
			XMP ICC IPTC COMMENT ADOBE TABLES SCANS EOI CANARY),
	    T(SOI JFIF ICC ADOBE TABLES SCANS EOI));
	/* Also between the scans. */
	becomes(T(SOI TABLES SCANS COMMENT XMP SCANS EOI),
	    T(SOI TABLES SCANS SCANS EOI));
	/* Fill bytes before a marker are no part of the picture. */
	becomes(T(SOI "\xff\xff" TABLES SCANS EOI), T(SOI TABLES SCANS EOI));
}

static void
a_picture_that_was_turned_still_is(void **state)
{
	(void)state;
	becomes(
	    T(SOI EXIF("\6") TABLES SCANS EOI), T(SOI TURNED TABLES SCANS EOI));
	becomes(T(SOI TURNED TABLES SCANS EOI), T(SOI TURNED TABLES SCANS EOI));
	/* Once; and not what is no orientation. */
	becomes(T(SOI EXIF("\6") EXIF("\3") TABLES SCANS EOI),
	    T(SOI TURNED TABLES SCANS EOI));
	becomes(T(SOI EXIF("\x09") TABLES SCANS EOI), T(SOI TABLES SCANS EOI));
	/* Its directory is nowhere. */
	becomes(T(SOI "\xff\xe1\0\x10"
		      "Exif\0\0II*\0\xff\xff\xff\xff" TABLES SCANS EOI),
	    T(SOI TABLES SCANS EOI));
}

/* What it says of its orientation, from its bytes alone. */
static unsigned
says(const struct buf *b)
{
	static const char head[] = "Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0"
				   "\0\0\1\0";
	const uint8_t *at = memmem(b->p, b->len, head, sizeof(head) - 1);

	return at == NULL ? 1 : at[sizeof(head) - 1];
}

static void
four_quarters_are_none_and_nothing_is_encoded_anew(void **state)
{
	/* EXIF 2.32, 4.6.4: upright and mirrored, each turned to the right. */
	static const struct {
		const char *exif;
		unsigned after[5];
	} rows[] = {
		{ "\1", { 1, 6, 3, 8, 1 } },
		{ "\6", { 6, 3, 8, 1, 6 } },
		{ "\2", { 2, 7, 4, 5, 2 } },
	};
	struct err e = { 0 };
	size_t i, n;

	(void)state;
	for (i = 0; i < NELEMS(rows); i++)
		for (n = 0; n < 5; n++) {
			AUTO(buf_done) struct buf in = { 0 }, out = { 0 };
			char exif[] = EXIF("x");
			size_t at = 0;

			while (exif[at] != 'x' || exif[at - 1] != 0)
				at++;
			exif[at] = rows[i].exif[0];
			assert_int_equal(buf_add(&in, T(SOI JFIF), NULL), 0);
			assert_int_equal(
			    buf_add(&in, exif, sizeof(exif) - 1, NULL), 0);
			assert_int_equal(
			    buf_add(&in, T(ICC TABLES SCANS EOI), NULL), 0);
			assert_int_equal(
			    strip_picture(in.p, in.len, &out, &e), 0);
			assert_int_equal(strip_turn(&out, (unsigned)n, &e), 0);
			assert_int_equal(says(&out), rows[i].after[n]);
			/* All that draws is there, once and in its order. */
			assert_memory_equal(out.p, SOI JFIF, 20);
			assert_memory_equal(
			    out.p + out.len -
				(sizeof(ICC TABLES SCANS EOI) - 1),
			    ICC TABLES SCANS EOI,
			    sizeof(ICC TABLES SCANS EOI) - 1);
			assert_int_equal(
			    out.len, 20 + sizeof(ICC TABLES SCANS EOI) - 1 +
					 (rows[i].after[n] == 1 ? 0 : 36));
			/* And it is clean still. */
			becomes((const char *)out.p, out.len,
			    (const char *)out.p, out.len);
		}
}

static void
what_is_no_jpeg_is_not_turned(void **state)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct err e = { 0 };

	(void)state;
	assert_int_equal(buf_add(&b, T("\x89PNG\r\n\x1a\n"), NULL), 0);
	assert_int_equal(strip_turn(&b, 4, &e), 0);
	assert_int_equal(strip_turn(&b, 1, &e), -ERR_REFUSED);
	assert_string_equal(e.tag, "picture-turn");
}

/* --- PNG: chunks with their own check sums -------------------------------- */

static uint32_t
crc(const uint8_t *p, size_t n)
{
	uint32_t c = 0xffffffffu;
	int k;

	for (; n > 0; n--, p++)
		for (c ^= *p, k = 0; k < 8; k++)
			c = (c & 1) != 0 ? c >> 1 ^ 0xedb88320u : c >> 1;
	return ~c;
}

static void
add32(struct buf *b, uint32_t v)
{
	uint8_t p[4] = { (uint8_t)(v >> 24), (uint8_t)(v >> 16),
		(uint8_t)(v >> 8), (uint8_t)v };

	assert_int_equal(buf_add(b, p, 4, NULL), 0);
}

static void
chunk(struct buf *b, const char *type, const char *text)
{
	size_t from;

	add32(b, (uint32_t)strlen(text));
	from = b->len;
	assert_int_equal(buf_addstr(b, type, NULL), 0);
	assert_int_equal(buf_addstr(b, text, NULL), 0);
	add32(b, crc(b->p + from, b->len - from));
}

static void
png(struct buf *b, const char *const *chunks)
{
	buf_reset(b);
	assert_int_equal(buf_add(b, "\x89PNG\r\n\x1a\n", 8, NULL), 0);
	for (; *chunks != NULL; chunks++)
		chunk(b, *chunks, "drawn");
}

static void
a_png_keeps_what_draws(void **state)
{
	static const char *const left[] = { "IHDR", "gAMA", "PLTE", "IDAT",
		"IDAT", "IEND", NULL };
	static const char *const gone[] = { "eXIf", "tEXt", "zTXt", "iTXt",
		"tIME", "prVt", "caNv", "acTL" };
	AUTO(buf_done) struct buf in = { 0 }, want = { 0 }, out = { 0 };
	struct err e = { 0 };
	size_t i;

	(void)state;
	assert_int_equal(buf_add(&in, "\x89PNG\r\n\x1a\n", 8, NULL), 0);
	chunk(&in, "IHDR", "drawn");
	for (i = 0; i < NELEMS(gone); i++)
		chunk(&in, gone[i], CANARY);
	chunk(&in, "gAMA", "drawn");
	chunk(&in, "PLTE", "drawn");
	chunk(&in, "IDAT", "drawn");
	chunk(&in, "eXIf", CANARY);
	chunk(&in, "IDAT", "drawn");
	chunk(&in, "IEND", "drawn");
	assert_int_equal(buf_addstr(&in, CANARY, NULL), 0);
	png(&want, left);
	if (strip((const char *)in.p, in.len, &out, &e) < 0)
		fail_msg("%s", e.text);
	assert_int_equal(out.len, want.len);
	assert_memory_equal(out.p, want.p, want.len);
}

/* --- refusals ------------------------------------------------------------- */

static void
refused(const char *p, size_t n)
{
	AUTO(buf_done) struct buf out = { 0 };
	struct err e = { 0 };

	if (strip(p, n, &out, &e) != -(int)ERR_REFUSED ||
	    strcmp(err_name(&e), "picture-malformed") != 0)
		fail_msg("%zu bytes: %s", n, err_name(&e));
}

static void
what_is_malformed_is_refused(void **state)
{
	static const char whole[] = SOI JFIF XMP TABLES SCANS EOI;
	static const char *const chunks[] = { "IHDR", "IDAT", "IEND", NULL };
	static const char *const unknown[] = { "IHDR", "JDAT", "IDAT", "IEND",
		NULL };
	static const char *const empty[] = { "IHDR", "IEND", NULL };
	AUTO(buf_done) struct buf b = { 0 };
	size_t n;

	(void)state;
	/* Cut anywhere. */
	for (n = 0; n < sizeof(whole) - 1; n++)
		refused(whole, n);
	refused(T(SOI TABLES EOI));
	refused(T(SOI "\xff\xd3" TABLES SCANS EOI));
	refused(T(SOI "\xff\x02\0\x04xx" TABLES SCANS EOI));
	refused(T(SOI "\xff\xe1\0\1" TABLES SCANS EOI));
	refused(T(SOI "\xff\xe1\xff\xff" TABLES SCANS EOI));
	refused(T(SOI TABLES "x" SCANS EOI));
	refused(T("GIF89a"));
	png(&b, chunks);
	for (n = 0; n < b.len; n++)
		refused((const char *)b.p, n);
	b.p[20] ^= 1;
	refused((const char *)b.p, b.len);
	png(&b, unknown);
	refused((const char *)b.p, b.len);
	png(&b, empty);
	refused((const char *)b.p, b.len);
}

static void
only_pictures_are_looked_at(void **state)
{
	(void)state;
	assert_true(strip_is_picture(T(SOI "\xff")));
	assert_true(strip_is_picture(T("\x89PNG\r\n\x1a\n")));
	assert_false(strip_is_picture(T("%PDF-1.7")));
	assert_false(strip_is_picture(T(SOI)));
	assert_false(strip_is_picture(T("")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_tells_the_place_goes_and_what_draws_stays),
		cmocka_unit_test(a_picture_that_was_turned_still_is),
		cmocka_unit_test(
		    four_quarters_are_none_and_nothing_is_encoded_anew),
		cmocka_unit_test(what_is_no_jpeg_is_not_turned),
		cmocka_unit_test(a_png_keeps_what_draws),
		cmocka_unit_test(what_is_malformed_is_refused),
		cmocka_unit_test(only_pictures_are_looked_at),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
