#include "daemon/store/pack.h"

#include <zlib.h>

#include "base/crypto.h"

#define BLOCK_MAX 65535u
#define BLOCK_HEAD 5 /* last flag, length, its complement */
#define ZLIB_HEAD 2
#define ZLIB_SUM 4

void
pack_head(uint32_t count, uint8_t out[PACK_HEAD])
{
	static const uint8_t start[8] = { 'P', 'A', 'C', 'K', 0, 0, 0, 2 };

	memcpy(out, start, 8);
	out[8] = (uint8_t)(count >> 24);
	out[9] = (uint8_t)(count >> 16);
	out[10] = (uint8_t)(count >> 8);
	out[11] = (uint8_t)count;
}

static size_t
type_length(size_t n)
{
	size_t len = 1;

	for (n >>= 4; n > 0; n >>= 7)
		len++;
	return len;
}

static size_t
block_count(size_t n)
{
	return n == 0 ? 1 : (n + BLOCK_MAX - 1) / BLOCK_MAX;
}

size_t
pack_length(size_t n)
{
	return type_length(n) + ZLIB_HEAD + BLOCK_HEAD * block_count(n) + n +
	       ZLIB_SUM;
}

static uint8_t *
encode_type(enum pack_type type, size_t n, uint8_t *out)
{
	uint8_t c = (uint8_t)(((unsigned)type << 4) | (n & 15));

	for (n >>= 4; n > 0; n >>= 7) {
		*out++ = c | 0x80;
		c = (uint8_t)(n & 0x7f);
	}
	*out++ = c;
	return out;
}

/* The head of a stored block. Source: RFC 1951, 3.2.4. */
static void
block_head(size_t len, int last, uint8_t out[BLOCK_HEAD])
{
	out[0] = last ? 1 : 0;
	out[1] = (uint8_t)len;
	out[2] = (uint8_t)(len >> 8);
	out[3] = (uint8_t)~out[1];
	out[4] = (uint8_t)~out[2];
}

void
pack_encode(enum pack_type type, const void *bytes, size_t n, uint8_t *out)
{
	const uint8_t *p = bytes;
	uint32_t sum = (uint32_t)adler32(1, p, (uInt)n);
	size_t left = n, len;

	out = encode_type(type, n, out);
	*out++ = 0x78;
	*out++ = 0x01;
	do {
		len = left < BLOCK_MAX ? left : BLOCK_MAX;
		left -= len;
		block_head(len, left == 0, out);
		out += BLOCK_HEAD;
		if (len > 0)
			memcpy(out, p, len);
		out += len;
		p += len;
	} while (left > 0);
	out[0] = (uint8_t)(sum >> 24);
	out[1] = (uint8_t)(sum >> 16);
	out[2] = (uint8_t)(sum >> 8);
	out[3] = (uint8_t)sum;
}

uint32_t
pack_crc(const void *packed, size_t n)
{
	return (uint32_t)crc32_z(0, packed, n);
}

static const char *
type_name(enum pack_type type)
{
	switch (type) {
	case PACK_COMMIT:
		return "commit";
	case PACK_TREE:
		return "tree";
	case PACK_BLOB:
		return "blob";
	}
	return "";
}

int
pack_oid(enum pack_type type, const void *p, size_t n, uint8_t oid[PACK_OID],
    struct err *e)
{
	AUTO(digest_freep) struct digest *d = NULL;
	char head[32];
	int len, r;

	len = snprintf(head, sizeof(head), "%s %zu", type_name(type), n);
	if ((r = digest_new(DIGEST_SHA1, &d, e)) < 0 ||
	    (r = digest_add(d, head, (size_t)len + 1, e)) < 0 ||
	    (r = digest_add(d, p, n, e)) < 0)
		return r;
	return digest_final(d, oid, e);
}

int
pack_measure(const void *packed, size_t n, enum pack_type *type, size_t *size,
    struct err *e)
{
	const uint8_t *p = packed;
	size_t value, i = 0;
	unsigned t, shift = 4;

	if (n == 0)
		return err_set(e, ERR_INTEGRITY, "packed object: cut");
	t = (p[0] >> 4) & 7;
	if (t != PACK_COMMIT && t != PACK_TREE && t != PACK_BLOB)
		return err_set(e, ERR_INTEGRITY, "packed object: type %u", t);
	value = p[0] & 15;
	while (p[i] & 0x80) {
		if (++i == n)
			return err_set(e, ERR_INTEGRITY, "packed object: cut");
		value |= (size_t)(p[i] & 0x7f) << shift;
		shift += 7;
		if (value > PACK_OBJECT_MAX || shift > 25)
			return err_set(
			    e, ERR_INTEGRITY, "packed object: too large");
	}
	if (i + 1 != type_length(value))
		return err_set(e, ERR_INTEGRITY, "packed object: long form");
	*type = (enum pack_type)t;
	*size = value;
	return 0;
}

/* Copy the stored blocks at p, all there, of size bytes in total. */
static int
decode_blocks(const uint8_t *p, size_t size, struct buf *out, struct err *e)
{
	uint8_t want[BLOCK_HEAD];
	size_t left = size, len;
	int r;

	if ((r = buf_reserve(out, size, e)) < 0)
		return r;
	do {
		len = left < BLOCK_MAX ? left : BLOCK_MAX;
		left -= len;
		block_head(len, left == 0, want);
		if (memcmp(p, want, BLOCK_HEAD) != 0)
			return err_set(
			    e, ERR_INTEGRITY, "packed object: framing");
		p += BLOCK_HEAD;
		if ((r = buf_add(out, p, len, e)) < 0)
			return r;
		p += len;
	} while (left > 0);
	return 0;
}

static int
check_sum(const uint8_t *p, const struct buf *b, struct err *e)
{
	uint32_t got = (uint32_t)adler32(1, b->p, (uInt)b->len);
	uint32_t want = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
			(uint32_t)p[2] << 8 | p[3];

	if (got != want)
		return err_set(e, ERR_INTEGRITY, "packed object: checksum");
	return 0;
}

int
pack_decode(const void *packed, size_t n, int sum, enum pack_type *type,
    struct buf *out, struct err *e)
{
	const uint8_t *p = packed;
	enum pack_type t;
	size_t size, head;
	int r;

	if ((r = pack_measure(p, n, &t, &size, e)) < 0)
		return r;
	head = type_length(size);
	if (n != pack_length(size) || p[head] != 0x78 || p[head + 1] != 0x01)
		return err_set(e, ERR_INTEGRITY, "packed object: framing");
	buf_reset(out);
	if ((r = decode_blocks(p + head + ZLIB_HEAD, size, out, e)) < 0 ||
	    (sum && (r = check_sum(p + n - ZLIB_SUM, out, e)) < 0)) {
		buf_reset(out);
		return r;
	}
	*type = t;
	return 0;
}
