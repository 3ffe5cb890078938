/*
 * Digests of the bytes that a signature is over. The daemon makes them from
 * the ranges that it cut itself; the worker that judges the signature gets
 * them instead of the document. Which ones a signature needs is known without
 * reading it: an algorithm that it uses has its identifier among its bytes.
 */
#ifndef DAEMON_INSPECT_DIGESTS_H
#define DAEMON_INSPECT_DIGESTS_H

#include "base/crypto.h"
#include "daemon/inspect/inspect.h"

#define DIGESTS_ALL ((1u << DIGEST_ALGS) - 1)

struct digests {
	uint64_t size; /* bytes that they are of */
	uint8_t first; /* the first of these, 0 without one */
	unsigned have; /* a bit for each enum digest_alg */
	uint8_t value[DIGEST_ALGS][DIGEST_MAX];
};

/*
 * The algorithms whose identifiers (RFC 5754, RFC 8702) stand in these bytes;
 * without one those of the SHA-2 family, so that there is something to
 * compare. Nothing is parsed: more than are used is fine.
 */
unsigned digests_named(const uint8_t *der, size_t n);

/* The digests asked for of n bytes. */
int digests_of(const void *p, size_t n, unsigned which, struct digests *out,
    struct err *e) NODISCARD;

/*
 * Of each of the n ranges, those not marked in sound left out. The sound ones
 * must follow one another (each b after the end of the one before): every
 * byte of the file is then read twice at most, however many they are.
 */
int digests_of_ranges(const uint8_t *file, const struct inspect_range *r,
    const int *sound, size_t n, unsigned which, struct digests *out,
    struct err *e) NODISCARD;

#endif
