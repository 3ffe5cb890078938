/* What every fuzz target of base/ needs. */
#ifndef TESTS_FUZZ_BASE_FUZZ_H
#define TESTS_FUZZ_BASE_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The invariant: stop at once where it does not hold. */
#define MUST(x)                                                                \
	do {                                                                   \
		if (!(x))                                                      \
			abort();                                               \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#endif
