/*
 * The strict rule: the first 24 bytes are a range, the rest is the file. What
 * is called sound must be so by a second, naive reading.
 */
#include <stdint.h>

#include "base/rw.h"
#include "daemon/inspect/pdf_locate.h"
#include "daemon/inspect/range.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check(const uint8_t *p, size_t n, const struct inspect_range *r)
{
	unsigned __int128 end = (unsigned __int128)r->c + r->c_len;
	uint64_t i;

	if (!inspect_range_is_sound(p, n, r))
		return;
	if (r->b == 0 || r->b >= r->c || end > n)
		abort();
	for (i = r->b; i < r->c; i++)
		if (strchr("0123456789abcdefABCDEF<>", p[i]) == NULL ||
		    (p[i] == '<') != (i == r->b) ||
		    (p[i] == '>') != (i == r->c - 1))
			abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct inspect_type t = { 0 };
	struct inspect_range r = { 0 };
	struct rd rd;
	size_t i;

	rd_init(&rd, p, n);
	r.b = rd_u64(&rd);
	r.c = rd_u64(&rd);
	r.c_len = rd_u64(&rd);
	if (!rd.bad)
		check(rd.p, rd.left, &r);
	pdf_locate(p, n, &t);
	if (t.nranges > INSPECT_SIGS_MAX)
		abort();
	for (i = 0; i < t.nranges; i++)
		check(p, n, &t.ranges[i]);
	return 0;
}
