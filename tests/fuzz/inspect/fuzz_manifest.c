/*
 * ASiCManifest over any bytes: what is understood comes through the wire as it
 * was, names are UTF-8 and each stands once, and nothing is understood of a
 * beginning or with a byte more that is no white space.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/inspect/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_wire(const struct asic_manifest *m)
{
	static struct asic_manifest back;
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;

	if (wire_manifest_encode(m, &b, &e) < 0 || b.len > INSPECT_HINTS_MAX ||
	    wire_manifest_decode(b.p, b.len, &back, &e) < 0 ||
	    memcmp(m, &back, sizeof(back)) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct asic_manifest m, less;
	AUTO(buf_done) struct buf more = { 0 };
	struct err e;
	size_t i;

	if (!asic_manifest_read(p, n, &m))
		return 0;
	check_wire(&m);
	if (m.n == 0 || m.signature[0] == '\0' ||
	    !utf8_is_valid(m.signature, strlen(m.signature)))
		abort();
	for (i = 0; i < m.n; i++)
		if (!utf8_is_valid(m.refs[i].name, strlen(m.refs[i].name)))
			abort();
	for (i = n; i > 0 && p[i - 1] != '>'; i--)
		;
	if (asic_manifest_read(p, i - 1, &less))
		abort();
	if (buf_add(&more, p, n, &e) < 0 || buf_addstr(&more, "x", &e) < 0)
		abort();
	if (asic_manifest_read(more.p, more.len, &less))
		abort();
	return 0;
}
