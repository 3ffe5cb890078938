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

/* A JPEG turns as often as one likes, stays clean, and grows by no more than
 * its orientation. */
static void
turn(struct buf *picture, unsigned turns)
{
	AUTO(buf_done) struct buf again = { 0 };
	size_t was = picture->len;
	struct err e = { 0 };
	int r = strip_turn(picture, turns, &e);

	if (r < 0 && (r != -ERR_REFUSED || picture->len != was))
		abort();
	if (picture->len > was + ORIENTATION ||
	    strip_picture(picture->p, picture->len, &again, &e) < 0 ||
	    again.len != picture->len ||
	    memcmp(again.p, picture->p, again.len) != 0)
		abort();
}

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
	turn(&once, (unsigned)n % 5);
	turn(&once, (unsigned)n % 3);
	return 0;
}
