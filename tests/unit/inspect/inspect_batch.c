/*
 * inspect-batch: stage 1 over many files in this very process. Each comes on
 * standard input as a 32-bit length (big-endian) and its bytes; a line goes
 * out for each: "encrypted b:c:length b:c:length …", the sound ranges in the
 * order of the file and "-" for one that is not. No sandbox: with the
 * sanitizers it is also a test of the parsers' memory.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "daemon/inspect/worker.h"

#define SIZE_LIMIT (64u << 20)

static int
read_length(size_t *out)
{
	uint8_t b[4];

	if (fread(b, 1, sizeof(b), stdin) != sizeof(b))
		return 0;
	*out =
	    (size_t)b[0] << 24 | (size_t)b[1] << 16 | (size_t)b[2] << 8 | b[3];
	return *out <= SIZE_LIMIT;
}

int
main(void)
{
	static struct inspect_type t;
	const struct inspect_range *r;
	uint8_t *p;
	size_t n, k;

	while (read_length(&n)) {
		if ((p = malloc(n + 1)) == NULL || fread(p, 1, n, stdin) != n)
			return 1;
		worker_type(p, n, 1, "application/pdf", &t);
		printf("%d", t.encrypted);
		for (k = 0; k < t.nranges; k++) {
			r = &t.ranges[k];
			if (inspect_range_is_sound(p, n, r))
				printf(" %llu:%llu:%llu",
				    (unsigned long long)r->b,
				    (unsigned long long)r->c,
				    (unsigned long long)r->c_len);
			else
				printf(" -");
		}
		printf("\n");
		fflush(stdout);
		free(p);
	}
	return 0;
}
