/*
 * Stage 1 over any bytes: whatever the file, the answer is one that the
 * daemon's decoder takes, and every range named is sound or all zero.
 */
#include <stdint.h>

#include "daemon/inspect/range.h"
#include "daemon/inspect/wire.h"
#include "daemon/inspect/worker.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(const uint8_t *p, size_t n, int whole, const char *magic)
{
	AUTO(buf_done) struct buf b = { 0 };
	struct inspect_type t, back;
	struct err e;
	size_t i;

	worker_type(p, n, whole, magic, &t);
	if (wire_type_encode(&t, &b, &e) < 0 || b.len > WIRE_ANSWER_MAX ||
	    wire_type_decode(b.p, b.len, &back, &e) < 0)
		abort();
	for (i = 0; i < t.nranges; i++)
		if (t.ranges[i].c != 0 &&
		    !inspect_range_is_sound(p, n, &t.ranges[i]))
			abort();
	if (t.agreed && n == 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	check(p, n, 1, "application/pdf");
	check(p, n, 1, "text/plain");
	check(p, n, 0, "image/jpeg");
	return 0;
}
