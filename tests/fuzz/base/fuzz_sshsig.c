/*
 * Any bytes as an armored signature over "text": one that verifies does not
 * verify over another text or in another namespace, and its key has a
 * fingerprint. Also as a public key line.
 */
#include <string.h>

#include "base/sshsig.h"
#include "tests/fuzz/base/fuzz.h"

static int
verify(const uint8_t *p, size_t n, const char *ns, const char *text,
    struct buf *key)
{
	uint8_t flags;
	struct err e;

	return sshsig_verify(
	    (const char *)p, n, ns, text, strlen(text), key, &flags, &e);
}

static void
public_line(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf s = { 0 }, blob = { 0 };
	char print[64];
	struct err e;

	MUST(buf_add(&s, p, n, &e) == 0);
	if (ssh_public_parse(buf_str(&s), &blob, &e) < 0) {
		MUST(blob.len == 0);
		return;
	}
	MUST(ssh_fingerprint(blob.p, blob.len, print, &e) == 0);
	MUST(strlen(print) == 50);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf key = { 0 };

	public_line(p, n);
	if (verify(p, n, "sceau-test", "text", &key) < 0) {
		MUST(key.len == 0);
		return 0;
	}
	MUST(key.len > 0);
	MUST(verify(p, n, "sceau-test", "test", &key) < 0);
	MUST(verify(p, n, "sceau-tes", "text", &key) < 0);
	return 0;
}
