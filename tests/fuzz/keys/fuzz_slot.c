/* A slot's file: what is accepted comes back byte for byte. */
#include <stdint.h>
#include <string.h>

#include "keys/custodian.h"
#include "keys/slot.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_slot(const uint8_t *p, size_t n)
{
	AUTO(slot_done) struct slot s = { 0 };
	AUTO(buf_done) struct buf b = { 0 };
	struct err e;

	if (slot_decode(p, n, &s, &e) < 0) {
		if (e.code != ERR_INTEGRITY || s.protector.p != NULL)
			abort();
		return;
	}
	if (slot_encode(&s, &b, &e) < 0 || b.len != n || memcmp(b.p, p, n) != 0)
		abort();
}

/* The custodians' list: no two of one uid, every name has letters. */
static void
check_custodians(const uint8_t *p, size_t n)
{
	struct custodians c = { .n = 0 };
	size_t i, j;

	if (custodians_parse((const char *)p, n, &c, NULL) < 0)
		return;
	if (c.n == 0 || c.n > CUSTODIANS_MAX)
		abort();
	for (i = 0; i < c.n; i++) {
		if (c.who[i].account[0] == '\0')
			abort();
		for (j = 0; j < i; j++)
			if (c.who[i].uid == c.who[j].uid)
				abort();
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	check_slot(p, n);
	check_custodians(p, n);
	return 0;
}
