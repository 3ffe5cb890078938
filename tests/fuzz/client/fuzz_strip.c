/*
 * Pictures on their way into the vault: what is left is stripped already, is
 * no longer than what came and an orientation, and has no text of EXIF but
 * that orientation.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/strip.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define ORIENTATION 36 /* bytes */

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf once = { 0 }, twice = { 0 };
	struct err e = { 0 };

	if (strip_picture(p, n, &once, &e) < 0)
		return 0;
	if (!strip_is_picture(p, n) || once.len > n + ORIENTATION)
		abort();
	if (strip_picture(once.p, once.len, &twice, &e) < 0 ||
	    twice.len != once.len || memcmp(once.p, twice.p, once.len) != 0)
		abort();
	return 0;
}
