/* The keystore's text: what is accepted is in order, and every key of it is
 * found by its number. */
#include <stdint.h>
#include <string.h>

#include "keys/keystore.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(secret_done) struct secret text = { 0 };
	AUTO(keystore_done) struct keystore k = { .n = 0 };
	size_t i;

	if (secret_copy(&text, p, n, NULL) < 0)
		abort();
	if (keystore_decode(&text, &k, NULL) < 0) {
		if (k.entries.p != NULL)
			abort();
		return 0;
	}
	if (k.n * KEYSTORE_ENTRY != n ||
	    keystore_find(&k, keystore_last(&k) + 1) != NULL)
		abort();
	for (i = 0; i < k.n; i++)
		if (keystore_find(&k, keystore_number(&k, i)) !=
		    keystore_key(&k, i))
			abort();
	return 0;
}
