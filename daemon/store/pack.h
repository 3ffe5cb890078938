/*
 * Objects in git pack format (gitformat-pack(5)), written without deflating
 * and read back strictly: the one form that we write is the one that is
 * accepted.
 *
 *   object  type and size: bits 4-6 of the first byte are the type, bits 0-3
 *           and then 7 bits of each further byte the size, least significant
 *           first, bit 7 set on all but the last; then a zlib stream
 *   zlib    78 01, stored blocks (RFC 1951, 3.2.4) of 65 535 bytes but the
 *           last, one empty block for no bytes; Adler-32, big-endian
 *
 * So the packed length follows from the size: a reader hops from object to
 * object without inflating.
 */
#ifndef DAEMON_STORE_PACK_H
#define DAEMON_STORE_PACK_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define PACK_HEAD 12	/* "PACK", version, count */
#define PACK_TRAILER 20 /* SHA-1 of all before */
#define PACK_OID 20
#define PACK_OBJECT_MAX (1u << 20) /* bytes of an object of ours */
#define PACK_TYPE_MAX 5		   /* bytes of type and size */
/* The longest packed object. */
#define PACK_PACKED_MAX (PACK_OBJECT_MAX + PACK_TYPE_MAX + 2 + 5 * 17 + 4)

enum pack_type { PACK_COMMIT = 1, PACK_TREE = 2, PACK_BLOB = 3 };

/* The head of a pack of count objects. */
void pack_head(uint32_t count, uint8_t out[PACK_HEAD]);

/* Exact length of an object of n <= PACK_OBJECT_MAX bytes once packed. */
size_t pack_length(size_t n);

/* Pack n <= PACK_OBJECT_MAX bytes; out has pack_length(n) bytes. */
void pack_encode(enum pack_type type, const void *p, size_t n, uint8_t *out);

/* CRC-32 of packed bytes, as the index of a pack keeps it. */
uint32_t pack_crc(const void *packed, size_t n);

/* git's id: SHA-1 of "type size\0" and the bytes. */
int pack_oid(enum pack_type type, const void *p, size_t n,
    uint8_t oid[PACK_OID], struct err *e) NODISCARD;

/*
 * Read type and size from the first bytes of a packed object (n may be more
 * or less than it needs). ERR_INTEGRITY: cut, over PACK_OBJECT_MAX, not the
 * shortest form, or a type that we do not write.
 */
int pack_measure(const void *packed, size_t n, enum pack_type *type,
    size_t *size, struct err *e) NODISCARD;

/*
 * Unpack exactly n bytes into out (which is reset). ERR_INTEGRITY when they
 * are not what pack_encode makes; with sum 0 the Adler-32 is left unchecked,
 * for callers that checked the CRC-32 of the same bytes.
 */
int pack_decode(const void *packed, size_t n, int sum, enum pack_type *type,
    struct buf *out, struct err *e) NODISCARD;

#endif
