/*
 * What is in a file, from its bytes alone: our own short list, read strictly,
 * to be held against libmagic's opinion. Pure functions over hostile bytes.
 */
#ifndef DAEMON_INSPECT_SNIFF_H
#define DAEMON_INSPECT_SNIFF_H

#include <stddef.h>
#include <stdint.h>

struct sniff {
	const char *media;  /* a static string; never NULL */
	const char *reason; /* a stable word, or NULL */
	int refused;	    /* reason says why the file is not accepted */
	/* libmagic's words that say the same; ends with NULL. */
	const char *const *accept;
};

/* whole: p is the file, not only its beginning; its end is then judged too. */
void sniff_bytes(const uint8_t *p, size_t n, int whole, struct sniff *out);

/* Does libmagic's word agree? */
int sniff_agrees(const struct sniff *s, const char *magic);

/*
 * One format each: 1 when the bytes are of it, and *s filled; else 0.
 * sniff_text.c, sniff_image.c, sniff_zip.c.
 */
int sniff_text(const uint8_t *p, size_t n, int whole, struct sniff *s);
int sniff_png(const uint8_t *p, size_t n, int whole, struct sniff *s);
int sniff_jpeg(const uint8_t *p, size_t n, int whole, struct sniff *s);
int sniff_boxes(const uint8_t *p, size_t n, int whole, struct sniff *s);
int sniff_webp(const uint8_t *p, size_t n, int whole, struct sniff *s);
int sniff_zip(const uint8_t *p, size_t n, int whole, struct sniff *s);

/* Is p[0..n) one JSON value (RFC 8259), at most so deep? */
#define SNIFF_JSON_DEPTH 512
int sniff_is_json(const uint8_t *p, size_t n);

/*
 * Where a ZIP reader, searching backwards, would find an end of central
 * directory: its offset, or n when there is none.
 */
size_t sniff_zip_end(const uint8_t *p, size_t n);

/* Fill *s: refused for this reason, or only odd. */
void sniff_refuse(struct sniff *s, const char *reason);

static inline uint16_t
sniff_le16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
sniff_le32(const uint8_t *p)
{
	return (uint32_t)sniff_le16(p) | (uint32_t)sniff_le16(p + 2) << 16;
}

static inline uint16_t
sniff_be16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t
sniff_be32(const uint8_t *p)
{
	return (uint32_t)sniff_be16(p) << 16 | sniff_be16(p + 2);
}

#endif
