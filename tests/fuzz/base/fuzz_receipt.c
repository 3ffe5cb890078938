/*
 * Any bytes as a receipt: what is read is written alike, and a receipt that
 * is right stops being so with another salt.
 */
#include <string.h>

#include "base/receipt.h"
#include "tests/fuzz/base/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(receipt_done) struct receipt r = { 0 };
	AUTO(buf_done) struct buf b = { 0 };
	struct note_key k = { 0 };
	struct err e;
	int rc;

	if (receipt_parse((const char *)p, n, &r, &e) < 0)
		return 0;
	MUST(r.npages > 0 && r.npages <= RECEIPT_PAGES_MAX);
	MUST(receipt_format(&r, &b, &e) == 0);
	MUST(b.len == n && memcmp(b.p, p, n) == 0);
	if (note_key_parse(r.vkey, &k, &e) < 0)
		return 0;
	rc = receipt_check(&r, &k, &e);
	MUST(rc == 0 || rc == -(int)ERR_INTEGRITY);
	if (rc < 0)
		return 0;
	r.salt[0] ^= 1;
	MUST(receipt_check(&r, &k, &e) == -(int)ERR_INTEGRITY);
	return 0;
}
