/*
 * A PDF on its way into the vault: it keeps its length, only so many bytes
 * change as are said, each to a zero or a space, and a second time none does.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "client/strip_pdf.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t i, changed = 0, differ = 0;
	struct err e = { 0 };

	if (buf_add(&b, p, n, &e) < 0)
		return 0;
	(void)strip_pdf_is_signed(p, n);
	if (strip_pdf(b.p, b.len, &changed, &e) < 0) {
		if (strcmp(e.tag, "pdf-place") != 0)
			abort();
		return 0;
	}
	for (i = 0; i < n; i++) {
		if (b.p[i] != p[i] && b.p[i] != 0 && b.p[i] != ' ')
			abort();
		differ += b.p[i] != p[i];
	}
	if (differ != changed || strip_pdf(b.p, b.len, &changed, &e) < 0 ||
	    changed != 0)
		abort();
	return 0;
}
