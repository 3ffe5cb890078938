/*
 * Stage 2 with any bytes as what came along with the file: a right signature
 * stays right, what the bundle says of it stays said, and nobody becomes an
 * authority. The most that they can do is to add an authority's own word.
 */
#include <stdint.h>

#include "daemon/inspect/cms_judge.h"

#include "tests/fuzz/inspect/hints_material.inc"

#define FRAMED_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
judge(const uint8_t *trust, size_t len, const uint8_t *hints, size_t n,
    struct inspect_verdict *v)
{
	struct digests content;
	struct cms_case c = { .der = signature,
		.der_len = sizeof(signature),
		.content = &content,
		.trust = { (const char *)trust, len },
		.hints = hints,
		.hints_len = n,
		.now_ms = NOW_MS,
		.filter = INSPECT_FILTER_DETACHED };
	struct err e;

	if (digests_of("Bonjour\n", 8, digests_named(c.der, c.der_len),
		&content, &e) < 0)
		abort();
	cms_judge(&c, v);
	if (v->integrity != INTEGRITY_PASS)
		abort();
}

static void
check(const uint8_t *p, size_t n)
{
	struct inspect_verdict v;

	judge(bundle, sizeof(bundle), p, n, &v);
	if (v.indication != INSPECT_PASSED &&
	    strcmp(v.sub, "REVOKED_NO_POE") != 0)
		abort();
	judge(bundle_revoked, sizeof(bundle_revoked), p, n, &v);
	if (strcmp(v.sub, "REVOKED_NO_POE") != 0)
		abort();
	judge(bundle_other, sizeof(bundle_other), p, n, &v);
	if (strcmp(v.sub, "NO_CERTIFICATE_CHAIN_FOUND") != 0)
		abort();
}

/* As they are, and framed anew: one of the kinds, of that length. */
int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static uint8_t framed[FRAMED_MAX];

	if (n < 5 || n > sizeof(framed) || n % 2 == 0) {
		check(p, n);
		return 0;
	}
	memcpy(framed, p, n);
	framed[0] = (uint8_t)(1 + n % 3);
	framed[1] = framed[2] = 0;
	framed[3] = (uint8_t)((n - 5) >> 8);
	framed[4] = (uint8_t)(n - 5);
	check(framed, n);
	return 0;
}
