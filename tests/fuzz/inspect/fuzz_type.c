/*
 * Stage 1 over any bytes: whatever the file, the answer is one that the
 * daemon's decoder takes, every range named is sound or all zero, and the
 * validation data handed on is framed.
 */
#include <stdint.h>

#include "base/rw.h"
#include "daemon/inspect/pdf_hints.h"
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

/* What is handed on fits its room, and is framed as it is read. */
static void
check_hints(const uint8_t *p, size_t n)
{
	uint8_t room[3000];
	size_t len;
	struct rd r;
	uint8_t kind;

	rd_init(&r, room, pdf_hints(p, n, room, sizeof(room)));
	if (r.left > sizeof(room))
		abort();
	while (r.left > 0) {
		kind = rd_u8(&r);
		if (rd_blob(&r, sizeof(room), &len) == NULL || len < 2 ||
		    kind < 1 || kind > 3)
			abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	check_hints(p, n);
	check(p, n, 1, "application/pdf");
	check(p, n, 1, "text/plain");
	check(p, n, 0, "image/jpeg");
	return 0;
}
