#include "client/strip.h"

#include <string.h>

#define SOI 0xd8
#define EOI 0xd9
#define SOS 0xda
#define APP0 0xe0
#define COM 0xfe

static const uint8_t png_magic[8] = { 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a,
	'\n' };

static int
malformed(struct err *e, const char *what)
{
	return err_tag(e, ERR_REFUSED, "picture-malformed", "%s", what);
}

static int
is_jpeg(const uint8_t *p, size_t n)
{
	return n >= 3 && p[0] == 0xff && p[1] == SOI && p[2] == 0xff;
}

static int
is_png(const uint8_t *p, size_t n)
{
	return n >= sizeof(png_magic) &&
	       memcmp(p, png_magic, sizeof(png_magic)) == 0;
}

int
strip_is_picture(const void *p, size_t n)
{
	return is_jpeg(p, n) || is_png(p, n);
}

/* What is left of the picture. */
struct reader {
	const uint8_t *p;
	size_t left;
};

static void
skip(struct reader *r, size_t n)
{
	r->p += n;
	r->left -= n;
}

static uint32_t
be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}

/* --- orientation (EXIF 2.32, 4.6.4; TIFF 6.0) ------------------------------
 */

static const uint8_t exif[6] = { 'E', 'x', 'i', 'f', 0, 0 };

static uint32_t
number(const uint8_t *p, size_t n, int little)
{
	uint32_t v = 0;
	size_t i;

	for (i = 0; i < n; i++)
		v = v << 8 | p[little ? n - 1 - i : i];
	return v;
}

/* From 1 to 8; 1, upright, when it is not said or not well said. */
static unsigned
orientation(const uint8_t *p, size_t n)
{
	uint32_t at, count, i, v;
	int little;

	if (n < 8 || (memcmp(p, "II*\0", 4) != 0 && memcmp(p, "MM\0*", 4) != 0))
		return 1;
	little = p[0] == 'I';
	at = number(p + 4, 4, little);
	if (at > n || n - at < 2)
		return 1;
	count = number(p + at, 2, little);
	for (i = 0; i < count && n - at - 2 >= 12 * ((size_t)i + 1); i++) {
		const uint8_t *entry = p + at + 2 + 12 * (size_t)i;

		if (number(entry, 2, little) != 0x0112)
			continue;
		v = number(entry + 8, 2, little);
		return v >= 1 && v <= 8 ? v : 1;
	}
	return 1;
}

/* A phone held upright says so here alone. */
static int
add_orientation(unsigned v, struct buf *out, struct err *e)
{
	uint8_t segment[] = { 0xff, 0xe1, 0, 34, 'E', 'x', 'i', 'f', 0, 0, 'M',
		'M', 0, '*', 0, 0, 0, 8, 0, 1, 0x01, 0x12, 0, 3, 0, 0, 0, 1, 0,
		0, 0, 0, 0, 0, 0, 0 };

	segment[29] = (uint8_t)v;
	return v == 1 ? 0 : buf_add(out, segment, sizeof(segment), e);
}

/* --- JPEG ----------------------------------------------------------------- */

static int
begins(const uint8_t *p, size_t n, const void *with, size_t len)
{
	return n >= len && memcmp(p, with, len) == 0;
}

int
strip_draws(uint8_t marker, const uint8_t *body, size_t n)
{
	if (marker == APP0)
		return begins(body, n, "JFIF", 5);
	if (marker == APP0 + 2)
		return begins(body, n, "ICC_PROFILE", 12);
	if (marker == APP0 + 14)
		return begins(body, n, "Adobe", 5);
	if ((marker >= APP0 && marker <= APP0 + 15) || marker == COM)
		return 0;
	if ((marker >= 0xc0 && marker <= 0xcf && marker != 0xc8) ||
	    (marker >= SOS && marker <= 0xdf))
		return 1;
	return -1;
}

/* Entropy-coded bytes: to the marker that ends them. */
static int
copy_scan(struct reader *r, struct buf *out, struct err *e)
{
	size_t n = 0;
	int ret;

	while (n + 1 < r->left &&
	       (r->p[n] != 0xff || r->p[n + 1] == 0 || r->p[n + 1] == 0xff ||
		   (r->p[n + 1] >= 0xd0 && r->p[n + 1] <= 0xd7)))
		n++;
	if (n + 1 >= r->left)
		return malformed(e, "JPEG: it is cut short");
	ret = buf_add(out, r->p, n, e);
	skip(r, n);
	return ret;
}

/* A segment behind its marker; *turned: an orientation was written. */
static int
copy_segment(struct reader *r, uint8_t marker, int *turned, struct buf *out,
    struct err *e)
{
	const uint8_t *at = r->p;
	uint8_t head[2] = { 0xff, marker };
	size_t n;
	int kept, ret = 0;

	if (r->left < 2 || (n = (size_t)at[0] << 8 | at[1]) < 2 || n > r->left)
		return malformed(e, "JPEG: a segment runs past the end");
	kept = strip_draws(marker, at + 2, n - 2);
	if (kept < 0)
		return malformed(e, "JPEG: a marker that is none");
	skip(r, n);
	if (kept) {
		ret = buf_add(out, head, sizeof(head), e);
		return ret < 0 ? ret : buf_add(out, at, n, e);
	}
	if (marker == APP0 + 1 && !*turned &&
	    begins(at + 2, n - 2, exif, sizeof(exif))) {
		*turned = 1;
		ret = add_orientation(
		    orientation(at + 2 + sizeof(exif), n - 2 - sizeof(exif)),
		    out, e);
	}
	return ret;
}

/* 0xff as often as it pleases, then a code. */
static int
next_marker(struct reader *r, uint8_t *marker, struct err *e)
{
	if (r->left < 2 || r->p[0] != 0xff)
		return malformed(e, "JPEG: no marker where one must be");
	while (r->left > 0 && r->p[0] == 0xff)
		skip(r, 1);
	if (r->left == 0)
		return malformed(e, "JPEG: it is cut short");
	*marker = r->p[0];
	skip(r, 1);
	return 0;
}

static int
strip_jpeg(struct reader *r, struct buf *out, struct err *e)
{
	static const uint8_t end[2] = { 0xff, EOI };
	int scans = 0, turned = 0, ret;
	uint8_t marker = SOI;

	if ((ret = buf_add(out, r->p, 2, e)) < 0)
		return ret;
	skip(r, 2);
	for (;;) {
		if ((ret = next_marker(r, &marker, e)) < 0)
			return ret;
		if (marker == EOI)
			break;
		if ((ret = copy_segment(r, marker, &turned, out, e)) < 0)
			return ret;
		if (marker == SOS && (ret = copy_scan(r, out, e)) < 0)
			return ret;
		scans += marker == SOS;
	}
	if (scans == 0)
		return malformed(e, "JPEG: there is no picture in it");
	return buf_add(out, end, sizeof(end), e);
}

/* --- PNG ------------------------------------------------------------------ */

static uint32_t
crc(const uint8_t *p, size_t n)
{
	uint32_t table[256], c;
	size_t i;
	int k;

	for (i = 0; i < 256; i++) {
		c = (uint32_t)i;
		for (k = 0; k < 8; k++)
			c = (c & 1) != 0 ? 0xedb88320u ^ c >> 1 : c >> 1;
		table[i] = c;
	}
	c = 0xffffffffu;
	for (i = 0; i < n; i++)
		c = table[(c ^ p[i]) & 0xff] ^ c >> 8;
	return ~c;
}

static int
is_one_of(const uint8_t *type, const char *const *list)
{
	for (; *list != NULL; list++)
		if (memcmp(type, *list, 4) == 0)
			return 1;
	return 0;
}

/* One chunk; *ended: it was the last one. */
static int
copy_chunk(
    struct reader *r, int *pictures, int *ended, struct buf *out, struct err *e)
{
	static const char *const critical[] = { "IHDR", "PLTE", "IDAT", "IEND",
		NULL };
	static const char *const drawing[] = { "tRNS", "cHRM", "gAMA", "iCCP",
		"sBIT", "sRGB", "cICP", "bKGD", "pHYs", NULL };
	const uint8_t *at = r->p;
	size_t n;
	int needed;

	if (r->left < 12 || (n = be32(at)) > r->left - 12)
		return malformed(e, "PNG: a chunk runs past the end");
	if (crc(at + 4, n + 4) != be32(at + 8 + n))
		return malformed(e, "PNG: a chunk's check sum is wrong");
	needed = is_one_of(at + 4, critical);
	/* Bit 5 of the first letter: what a reader may pass over. */
	if (!needed && (at[4] & 0x20) == 0)
		return malformed(e, "PNG: a chunk of an unknown sort");
	*pictures += memcmp(at + 4, "IDAT", 4) == 0;
	*ended = memcmp(at + 4, "IEND", 4) == 0;
	skip(r, n + 12);
	if (!needed && !is_one_of(at + 4, drawing))
		return 0;
	return buf_add(out, at, n + 12, e);
}

static int
strip_png(struct reader *r, struct buf *out, struct err *e)
{
	int pictures = 0, ended = 0, ret;

	if ((ret = buf_add(out, r->p, sizeof(png_magic), e)) < 0)
		return ret;
	skip(r, sizeof(png_magic));
	while (!ended)
		if ((ret = copy_chunk(r, &pictures, &ended, out, e)) < 0)
			return ret;
	return pictures > 0 ? 0
			    : malformed(e, "PNG: there is no picture in it");
}

int
strip_picture(const void *p, size_t n, struct buf *out, struct err *e)
{
	struct reader r = { p, n };
	int ret;

	/* At most what comes in, and an orientation. */
	if ((ret = buf_reserve(out, n + 64, e)) < 0)
		return ret;
	if (is_jpeg(p, n))
		return strip_jpeg(&r, out, e);
	if (is_png(p, n))
		return strip_png(&r, out, e);
	return malformed(e, "neither JPEG nor PNG");
}

/* --- turning -------------------------------------------------------------- */

/* What is written of an orientation (add_orientation). */
#define TURN_LEN 36
#define TURN_AT 29

/* Where an orientation stands or is to stand: behind SOI and JFIF. */
static size_t
turn_place(const struct buf *b, int *there)
{
	size_t at = 2, n;

	while (
	    b->len - at > TURN_LEN && b->p[at] == 0xff && b->p[at + 1] != SOS) {
		n = 2 + ((size_t)b->p[at + 2] << 8 | b->p[at + 3]);
		if (b->p[at + 1] == APP0 + 1 && n == TURN_LEN) {
			*there = 1;
			return at;
		}
		if (n > b->len - at)
			break;
		at += n;
	}
	*there = 0;
	return b->p[3] == APP0 && b->len > 6
		   ? 4 + ((size_t)b->p[4] << 8 | b->p[5])
		   : 2;
}

/* A quarter to the right, of each of the eight orientations. */
static const uint8_t quarter[9] = { 0, 6, 7, 8, 5, 2, 3, 4, 1 };

int
strip_turn(struct buf *picture, unsigned turns, struct err *e)
{
	AUTO(buf_done) struct buf out = { 0 }, clean = { 0 };
	unsigned v = 1, i;
	size_t at, skipped;
	int there, r;

	if (turns % 4 == 0)
		return 0;
	if (!is_jpeg(picture->p, picture->len))
		return err_tag(e, ERR_REFUSED, "picture-turn", "no JPEG");
	at = turn_place(picture, &there);
	if (there)
		v = picture->p[at + TURN_AT];
	skipped = there ? TURN_LEN : 0;
	if (v < 1 || v > 8 || at + skipped > picture->len)
		return malformed(e, "JPEG: its orientation");
	for (i = 0; i < turns % 4; i++)
		v = quarter[v];
	if ((r = buf_add(&out, picture->p, at, e)) < 0 ||
	    (r = add_orientation(v, &out, e)) < 0 ||
	    (r = buf_add(&out, picture->p + at + skipped,
		 picture->len - at - skipped, e)) < 0)
		return r;
	/* One that stood between scans is not a second one. */
	if ((r = strip_picture(out.p, out.len, &clean, e)) < 0)
		return r;
	buf_done(picture);
	*picture = clean;
	clean = (struct buf){ 0 };
	return 0;
}
