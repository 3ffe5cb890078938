/*
 * Packed objects. Invariants: what decodes encodes to the very same bytes,
 * measures as it decodes, and zlib inflates it to the same content; what the
 * decoder refuses leaves its output empty.
 */
#include <zlib.h>

#include "daemon/store/pack.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
check_same(
    const uint8_t *p, size_t n, enum pack_type type, const struct buf *raw)
{
	AUTO(mem_freep) uint8_t *again = malloc(pack_length(raw->len));
	AUTO(mem_freep) uint8_t *plain = malloc(raw->len + 1);
	uLongf len = raw->len + 1;
	enum pack_type t;
	size_t size, head;

	must(again != NULL && plain != NULL);
	must(pack_length(raw->len) == n);
	pack_encode(type, raw->p, raw->len, again);
	must(memcmp(again, p, n) == 0);
	must(pack_measure(p, n, &t, &size, NULL) == 0);
	must(t == type && size == raw->len);
	for (head = 1; p[head - 1] & 0x80; head++)
		;
	must(uncompress(plain, &len, p + head, n - head) == Z_OK);
	must(len == raw->len && memcmp(plain, raw->p, len) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf raw = { 0 };
	AUTO(buf_done) struct buf lax = { 0 };
	enum pack_type type;

	if (pack_decode(p, n, 1, &type, &raw, NULL) == 0)
		check_same(p, n, type, &raw);
	else
		must(raw.len == 0);
	/* Without the sum everything else is checked all the same. */
	if (pack_decode(p, n, 0, &type, &lax, NULL) == 0)
		must(n == pack_length(lax.len));
	else
		must(lax.len == 0 && raw.len == 0);
	return 0;
}
