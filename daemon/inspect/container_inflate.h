/*
 * One deflated member of a container, in a worker that holds nothing else:
 * its digests, and where they are asked for its bytes.
 */
#ifndef DAEMON_INSPECT_CONTAINER_INFLATE_H
#define DAEMON_INSPECT_CONTAINER_INFLATE_H

#include "daemon/inspect/digests.h"

struct inflated {
	int fits; /* the stream is whole, ends with the packed bytes, and gives
		     as many as were announced; else nothing below is filled */
	uint32_t crc;
	struct digests digests;
};

/*
 * p[0..n) is a raw deflate stream (RFC 1951) that should give size bytes: it
 * is given up at one more. which: DIGESTS as of digests_of. keep: room of size
 * bytes for them, or NULL.
 */
int container_inflate(const uint8_t *p, size_t n, uint32_t size, unsigned which,
    uint8_t *keep, struct inflated *out, struct err *e) NODISCARD;

#endif
