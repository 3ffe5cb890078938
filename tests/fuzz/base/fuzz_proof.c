/* Any bytes as a tlog-proof: what is read is written alike. */
#include <string.h>

#include "base/note.h"
#include "tests/fuzz/base/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(tlog_proof_done) struct tlog_proof t = { 0 };
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;

	if (tlog_proof_parse((const char *)p, n, &t, &e) < 0)
		return 0;
	MUST(t.n <= MERKLE_PROOF_MAX);
	MUST(tlog_proof_format(&t, &b, &e) == 0);
	MUST(b.len == n && memcmp(b.p, p, n) == 0);
	return 0;
}
