/*
 * Messages between sceaud and sceau-inspect, and between a worker and the
 * daemon. Encoders and decoders stand side by side in wire.c.
 *
 * A request is one packet: u8 version, u8 operation, then
 *   type  u64 size, u8 whole; descriptors: the file
 *   hints u64 size; descriptors: the file, room of INSPECT_HINTS_MAX bytes
 *   members u64 size; descriptors: the file, a container
 *   inflate u64 deflated bytes, u32 bytes inflated, u8 which digests, u8 keep;
 *         descriptors: the deflated bytes, and to keep them room as for hints
 *   manifest u64 size; descriptors: the manifest, room as for hints
 *   cms   u64 DER bytes, u32 hint bytes, i64 now (ms), u8 filter; of the
 * anchors u32 bytes for signatures, u32 for time stamps, u32 known otherwise,
 *         u8 those for signatures are for time stamps too; of the signed
 *         bytes: u64 how many, u8 the first, u8 which digests (a bit for each
 *         enum digest_alg), these one after the other, bytes a time stamp's
 *         query (none for anything else); descriptors: the DER, the anchors
 *         (PEM) in that order, the hints if there are any
 * Every descriptor is a memfd sealed against writing and resizing; the room
 * against resizing only: what is in it once the worker has ended are hints, u8
 * kind (1 certificate, 2 list, 3 answer of a responder), u32 length, DER.
 *
 * An answer is one packet: u8 how the worker ended, then what it wrote, which
 * sceau-inspect passes on unread:
 *   type  str media, str reason, u8 agreed, u8 encrypted, u16 ranges, each
 *         u64 b, u64 c, u64 c_len, u8 filter, u8 what came after; u8 warnings
 *   hints u32 bytes of the room
 *   members str why not, u16 entries, each u32 where it is in the file
 *   inflate u8 does it fit, u32 CRC-32, u64 bytes, u8 the first, u8 which
 *         digests, these one after the other
 *   manifest u32 bytes of the room, 0 for one that is not understood; in it str
 *         the signature's name, u16 references, each str name, u8 is the digest
 *         known, and then u8 enum digest_alg and the digest
 *   cms   u8 indication, u8 integrity, str sub, str signer, i64 signing time,
 *         i64 proved time, u8 is a stamp, u8 has an anchor, its 32 bytes,
 *         str reasons
 */
#ifndef DAEMON_INSPECT_WIRE_H
#define DAEMON_INSPECT_WIRE_H

#include "daemon/inspect/asic_manifest.h"
#include "daemon/inspect/container_inflate.h"

#define WIRE_VERSION 4
#define WIRE_ANSWER_MAX 4096 /* bytes a worker may write: under PIPE_BUF */
#define WIRE_FDS_MAX 3
#define WIRE_QUERY_MAX 1024

enum wire_op {
	WIRE_TYPE = 1,
	WIRE_CMS = 2,
	WIRE_HINTS = 3,
	WIRE_MEMBERS = 4,
	WIRE_INFLATE = 5,
	WIRE_MANIFEST = 6,
	WIRE_MISBEHAVE = 99 /* only in the build made for tests */
};

/* How the worker ended. */
enum wire_end {
	WIRE_DONE = 0,
	WIRE_DIED = 1, /* killed, or gone without an answer */
	WIRE_LATE = 2, /* killed at its deadline */
	WIRE_BAD = 3   /* the request itself is not well formed */
};

struct wire_request {
	enum wire_op op;
	uint64_t size; /* bytes of the first descriptor: the file, the DER */
	int whole;
	uint32_t anchors_len, stamps_len, known_len, hints_len;
	int one_trust; /* anchors for both; stamps_len is 0 */
	int64_t now_ms;
	enum inspect_filter filter;
	struct digests content;
	uint8_t query[WIRE_QUERY_MAX]; /* a TimeStampReq, as its issuer wrote */
	size_t query_len;	       /* it: the one content that is sent */
	uint32_t inflated;	       /* WIRE_INFLATE: bytes announced */
	unsigned which;		       /* digests, as of digests_of */
	int keep;		       /* the bytes too */
	uint8_t act;		       /* WIRE_MISBEHAVE: what to try */
};

/* Of all anchors together. */
uint32_t wire_trust_len(const struct wire_request *r);
/* The most bytes of a signature. */
uint32_t wire_der_max(enum inspect_filter filter);
/* Does room come with r that the worker writes to? */
int wire_has_room(const struct wire_request *r);
/* How many descriptors come with r. */
size_t wire_request_fds(const struct wire_request *r);
int wire_request_encode(
    const struct wire_request *r, struct buf *out, struct err *e) NODISCARD;
int wire_request_decode(
    const void *p, size_t n, struct wire_request *out, struct err *e) NODISCARD;

int wire_type_encode(
    const struct inspect_type *t, struct buf *out, struct err *e) NODISCARD;
/* ERR_INVALID unless every value is one that a sane worker gives. */
int wire_type_decode(
    const void *p, size_t n, struct inspect_type *out, struct err *e) NODISCARD;

/* How much of the room was filled. */
int wire_hints_encode(uint32_t n, struct buf *out, struct err *e) NODISCARD;
/* As wire_type_decode. */
int wire_hints_decode(const void *p, size_t n, uint32_t *out, struct err *e)
    NODISCARD;

/* What a container holds: why not, or the entries. */
struct wire_members {
	char why[32]; /* a word of container.h, or "" */
	size_t n;
	uint32_t entries[CONTAINER_MEMBERS_MAX];
};
int wire_members_encode(
    const struct wire_members *m, struct buf *out, struct err *e) NODISCARD;
/* As wire_type_decode. */
int wire_members_decode(
    const void *p, size_t n, struct wire_members *out, struct err *e) NODISCARD;

/* What goes into the room. */
int wire_manifest_encode(
    const struct asic_manifest *m, struct buf *out, struct err *e) NODISCARD;
/* As wire_type_decode. */
int wire_manifest_decode(const void *p, size_t n, struct asic_manifest *out,
    struct err *e) NODISCARD;

int wire_inflated_encode(
    const struct inflated *i, struct buf *out, struct err *e) NODISCARD;
/* As wire_type_decode; what fits has the bytes and digests asked for. */
int wire_inflated_decode(const void *p, size_t n, const struct wire_request *q,
    struct inflated *out, struct err *e) NODISCARD;

int wire_verdict_encode(
    const struct inspect_verdict *v, struct buf *out, struct err *e) NODISCARD;
/* As wire_type_decode. covers is 0: the daemon knows, not the worker. */
int wire_verdict_decode(const void *p, size_t n, struct inspect_verdict *out,
    struct err *e) NODISCARD;

#endif
