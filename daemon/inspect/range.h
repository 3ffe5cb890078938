/*
 * Byte ranges of PDF signatures: reading the literal, and the strict rule.
 * Pure functions over the bytes of a file; used by the worker that looks for
 * signatures and again by the daemon, which does not believe it.
 */
#ifndef DAEMON_INSPECT_RANGE_H
#define DAEMON_INSPECT_RANGE_H

#include "daemon/inspect/inspect.h"

#define RANGE_TOKEN "/ByteRange"
#define RANGE_LITERAL_MAX 256 /* bytes from '[' to ']' */

/* ISO 32000-1, 7.2.2: white space, and what ends a name. */
int range_is_space(uint8_t c);
int range_is_regular(uint8_t c);

/*
 * Read what follows the token at p (n bytes left): white space, then
 * [0 a b c], four unsigned decimal numbers. 1 and *out, or 0.
 */
int range_parse(const uint8_t *p, size_t n, struct inspect_range *out);

/* The file bytes that r reaches to: c + c_len. Only for a sound range. */
uint64_t range_end(const struct inspect_range *r);

#endif
