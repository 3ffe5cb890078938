/*
 * Decoders of the keyring and of ceremony events. What is accepted comes
 * back byte for byte: there is one text for each value.
 */
#include <stdint.h>
#include <string.h>

#include "keys/events.h"
#include "keys/keyring.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_keyring(const uint8_t *p, size_t n)
{
	AUTO(keyring_done) struct keyring r = { 0 };
	AUTO(secret_done) struct secret text = { 0 };
	struct err e;

	if (keyring_decode(p, n, &r, &e) < 0) {
		if (e.code != ERR_INTEGRITY || r.k != NULL)
			abort();
		return;
	}
	if (keyring_encode(&r, &text, &e) < 0 || text.len != n ||
	    memcmp(text.p, p, n) != 0)
		abort();
}

static void
check_events(const uint8_t *p, size_t n)
{
	AUTO(events_close) struct events v = { .n = 0 };
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;

	if (events_open(-1, &v, &e) < 0)
		abort();
	if (events_decode(p, n, &v, &e) < 0) {
		if (e.code != ERR_INTEGRITY || v.n != 0)
			abort();
		return;
	}
	if (events_encode(&v, &b, &e) < 0 || b.len != n ||
	    memcmp(b.p, p, n) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	check_keyring(p, n);
	check_events(p, n);
	return 0;
}
