#include <string.h>

#include "daemon/inspect/sniff.h"

static const char *const accept_png[] = { "image/png", NULL };
static const char *const accept_jpeg[] = { "image/jpeg", NULL };
static const char *const accept_webp[] = { "image/webp", NULL };
static const char *const accept_heic[] = { "image/heic", "image/heif", NULL };
static const char *const accept_avif[] = { "image/avif", NULL };

/*
 * The offset after IEND, walking chunk by chunk (ISO/IEC 15948, 5.3); 0 when
 * the chunks do not lead there.
 */
static size_t
png_end(const uint8_t *p, size_t n)
{
	size_t at = 8;
	uint32_t len;

	while (n - at >= 12) {
		len = sniff_be32(p + at);
		if (len > n - at - 12)
			return 0;
		if (at == 8 && memcmp(p + at + 4, "IHDR", 4) != 0)
			return 0;
		if (memcmp(p + at + 4, "IEND", 4) == 0)
			return at + 12 + len;
		at += 12 + (size_t)len;
	}
	return 0;
}

int
sniff_png(const uint8_t *p, size_t n, int whole, struct sniff *s)
{
	size_t end;

	if (n < 8 || memcmp(p, "\x89PNG\r\n\x1a\n", 8) != 0)
		return 0;
	*s = (struct sniff){ .media = "image/png", .accept = accept_png };
	if (!whole)
		return 1;
	end = png_end(p, n);
	if (end == 0)
		sniff_refuse(s, "truncated");
	else if (end < n)
		sniff_refuse(s, "trailing-data");
	return 1;
}

/* Markers without a segment: TEM, RSTn, SOI (ITU-T T.81, table B.1). */
static int
is_bare(uint8_t marker)
{
	return marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8);
}

/* From inside entropy-coded bytes to the next marker's 0xff; n if none. */
static size_t
jpeg_next(const uint8_t *p, size_t n, size_t at)
{
	const uint8_t *ff;

	while (at < n && (ff = memchr(p + at, 0xff, n - at)) != NULL) {
		at = (size_t)(ff - p);
		if (at + 1 < n && p[at + 1] != 0 && p[at + 1] != 0xff &&
		    !is_bare(p[at + 1]))
			return at;
		at++;
	}
	return n;
}

/* The offset after EOI, or 0 when the segments do not lead there. */
static size_t
jpeg_end(const uint8_t *p, size_t n)
{
	size_t at = 2;
	uint8_t marker;

	while (n - at >= 2) {
		if (p[at] != 0xff)
			return 0;
		marker = p[at + 1];
		if (marker == 0xd9)
			return at + 2;
		if (marker == 0xff || is_bare(marker)) {
			at += marker == 0xff ? 1 : 2;
			continue;
		}
		if (n - at < 4 || sniff_be16(p + at + 2) < 2 ||
		    sniff_be16(p + at + 2) > n - at - 2)
			return 0;
		at += 2 + (size_t)sniff_be16(p + at + 2);
		if (marker == 0xda)
			at = jpeg_next(p, n, at);
	}
	return 0;
}

/*
 * Telephones put a second picture, a depth map or a moment of film after the
 * end of the first (CIPA DC-007 and makers' own). Those are let through, and
 * named; anything else after the end is refused.
 */
static int
is_known_trailer(const uint8_t *p, size_t n)
{
	size_t i = 0;

	while (i < n && p[i] == 0)
		i++;
	if (i == n)
		return 1;
	p += i;
	n -= i;
	if (n >= 3 && memcmp(p, "\xff\xd8\xff", 3) == 0)
		return 1;
	if (n >= 8 && memcmp(p + 4, "ftyp", 4) == 0)
		return 1;
	return n >= 4 && memcmp(p + n - 4, "SEFT", 4) == 0;
}

int
sniff_jpeg(const uint8_t *p, size_t n, int whole, struct sniff *s)
{
	size_t end;

	if (n < 3 || memcmp(p, "\xff\xd8\xff", 3) != 0)
		return 0;
	*s = (struct sniff){ .media = "image/jpeg", .accept = accept_jpeg };
	if (!whole)
		return 1;
	end = jpeg_end(p, n);
	if (end == 0)
		sniff_refuse(s, "truncated");
	else if (end < n && (!is_known_trailer(p + end, n - end) ||
				memmem(p + end, n - end, "%PDF-", 5) != NULL))
		sniff_refuse(s, "trailing-data");
	else if (end < n)
		s->reason = "maker-data-after-the-picture";
	return 1;
}

int
sniff_webp(const uint8_t *p, size_t n, int whole, struct sniff *s)
{
	uint64_t end;

	if (n < 12 || memcmp(p, "RIFF", 4) != 0 ||
	    memcmp(p + 8, "WEBP", 4) != 0)
		return 0;
	*s = (struct sniff){ .media = "image/webp", .accept = accept_webp };
	end = 8 + (uint64_t)sniff_le32(p + 4);
	end += end & 1;
	if (whole && end > n)
		sniff_refuse(s, "truncated");
	else if (whole && end < n)
		sniff_refuse(s, "trailing-data");
	return 1;
}

/* The size of the box at p (ISO/IEC 14496-12, 4.2); 0 when it cannot be. */
static uint64_t
box_size(const uint8_t *p, size_t left)
{
	uint64_t size;

	if (left < 8)
		return 0;
	size = sniff_be32(p);
	if (size == 0)
		return left;
	if (size == 1) {
		if (left < 16)
			return 0;
		size = (uint64_t)sniff_be32(p + 8) << 32 | sniff_be32(p + 12);
		return size >= 16 && size <= left ? size : 0;
	}
	return size >= 8 && size <= left ? size : 0;
}

int
sniff_boxes(const uint8_t *p, size_t n, int whole, struct sniff *s)
{
	uint64_t at = 0, size;

	if (n < 16 || memcmp(p + 4, "ftyp", 4) != 0)
		return 0;
	if (memcmp(p + 8, "heic", 4) == 0 || memcmp(p + 8, "heix", 4) == 0 ||
	    memcmp(p + 8, "mif1", 4) == 0)
		*s = (struct sniff){ .media = "image/heic",
			.accept = accept_heic };
	else if (memcmp(p + 8, "avif", 4) == 0)
		*s = (struct sniff){ .media = "image/avif",
			.accept = accept_avif };
	else
		return 0;
	for (; whole && at < n; at += size)
		if ((size = box_size(p + at, (size_t)(n - at))) == 0) {
			sniff_refuse(s, "truncated");
			break;
		}
	return 1;
}
