/*
 * Payloads of extracts: what is accepted is canonical JSON, and the content
 * given out is the bytes that stand in it. Nothing that was not bound in a
 * log passes, so from a corpus without keys nothing may be accepted whole.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "base/text.h"
#include "client/payload.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* An attachment gives its bytes only when they have its digest. */
static void
check_attachment(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf out = { 0 };
	json_t *a = json_loadb((const char *)p, n, 0, NULL);
	uint8_t sum[SHA256_LEN], want[SHA256_LEN];
	const char *hex;

	if (a != NULL && payload_attachment(a, &out, NULL) == 0) {
		hex = json_string_value(json_object_get(a, "sha256"));
		must(hex != NULL && strlen(hex) == 2 * sizeof(want));
		must(hex_parse(hex, want, sizeof(want), NULL) == 0);
		must(digest_of(DIGEST_SHA256, out.p, out.len, sum, NULL) == 0);
		must(memcmp(sum, want, sizeof(sum)) == 0);
	}
	json_decref(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	const struct payload_spec s = { .now_ms = INT64_C(1790000000000) };
	AUTO(buf_done) struct buf content = { 0 };
	struct err e = { 0 };
	json_t *whole = NULL;

	if (payload_check(&s, p, n, &whole, &content, &e) == 0) {
		char *again = json_dumps(whole, JSON_COMPACT | JSON_SORT_KEYS);

		must(again != NULL && strlen(again) == n &&
		     memcmp(again, p, n) == 0);
		must(memmem(p, n, content.p, content.len) != NULL);
		free(again);
	} else {
		must(whole == NULL);
		must(e.code == ERR_INTEGRITY || e.code == ERR_REFUSED);
	}
	json_decref(whole);
	check_attachment(p, n);
	return 0;
}
