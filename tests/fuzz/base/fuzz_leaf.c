/* Any bytes as a leaf: what is decoded is encoded alike. */
#include <string.h>

#include "base/leaf.h"
#include "tests/fuzz/base/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(mem_freep) struct leaf_clear *clear = NULL;
	AUTO(buf_done) struct buf b = { 0 };
	struct leaf l = { 0 };
	struct err e;

	if (leaf_decode(p, n, &l, &clear, &e) < 0) {
		MUST(clear == NULL);
		return 0;
	}
	MUST(l.nclear <= LEAF_CLEAR_MAX && leaf_class_name(l.klass) != NULL);
	MUST(leaf_encode(&l, &b, &e) == 0);
	MUST(b.len == n && memcmp(b.p, p, n) == 0);
	return 0;
}
