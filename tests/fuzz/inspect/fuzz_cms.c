/*
 * Stage 2 over any bytes as a signature: nothing passes without an anchor,
 * and the verdict is one that the daemon's decoder takes.
 */
#include <stdint.h>

#include "daemon/inspect/cms_judge.h"
#include "daemon/inspect/cms_shape.h"
#include "daemon/inspect/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
judge(const uint8_t *p, size_t n, enum inspect_filter filter)
{
	struct digests content;
	const struct cms_case c = { .der = p,
		.der_len = n,
		.content = &content,
		.now_ms = 1795392000000,
		.filter = filter };
	AUTO(buf_done) struct buf b = { 0 };
	struct inspect_verdict v, back;
	struct err e;

	if (digests_of("Bonjour\n", 8, digests_named(p, n), &content, &e) < 0)
		abort();
	cms_judge(&c, &v);
	if (v.indication == INSPECT_PASSED)
		abort();
	if (wire_verdict_encode(&v, &b, &e) < 0 || b.len > WIRE_ANSWER_MAX ||
	    wire_verdict_decode(b.p, b.len, &back, &e) < 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cms_shape shape;
	size_t i;

	if (cms_shape_read(p, n, &shape) == NULL) {
		if (shape.len > n)
			abort();
		for (i = shape.len; i < n; i++)
			if (p[i] != 0)
				abort();
	}
	judge(p, n, INSPECT_FILTER_DETACHED);
	judge(p, n, INSPECT_FILTER_CADES);
	return 0;
}
