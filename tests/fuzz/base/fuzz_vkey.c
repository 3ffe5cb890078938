/* Any text as a verifier key: what is read is written alike. */
#include <strings.h>

#include "base/note.h"
#include "tests/fuzz/base/fuzz.h"

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf s = { 0 }, b = { 0 };
	struct note_key k = { 0 };
	struct err e;

	MUST(buf_add(&s, p, n, &e) == 0);
	if (note_key_parse(buf_str(&s), &k, &e) < 0)
		return 0;
	/* the id may be in upper case */
	MUST(note_key_format(&k, &b, &e) == 0);
	MUST(strcasecmp(buf_str(&b), buf_str(&s)) == 0);
	return 0;
}
