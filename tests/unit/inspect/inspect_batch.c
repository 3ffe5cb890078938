/*
 * inspect-batch: stage 1 over many files in this very process. Each comes on
 * standard input as a 32-bit length (big-endian) and its bytes; a line goes
 * out for each: "encrypted b:c:length b:c:length …", the sound ranges in the
 * order of the file and "-" for one that is not. No sandbox: with the
 * sanitizers it is also a test of the parsers' memory.
 *
 * inspect-batch --manifest: each is an ASiCManifest; a line "-" for one that
 * is not understood, else "signature name=digest:value …" in hexadecimal,
 * digest the number of the algorithm, "x:" for one that is not known.
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

static void
print_hex(const void *p, size_t n)
{
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++)
		printf("%02x", b[i]);
}

static void
read_manifest(const uint8_t *p, size_t n)
{
	static struct asic_manifest m;
	const struct asic_reference *r;
	size_t k;

	if (!asic_manifest_read(p, n, &m)) {
		printf("-");
		return;
	}
	print_hex(m.signature, strlen(m.signature));
	for (k = 0; k < m.n; k++) {
		r = &m.refs[k];
		printf(" ");
		print_hex(r->name, strlen(r->name));
		if (r->is_known)
			printf("=%u:", (unsigned)r->alg);
		else
			printf("=x:");
		print_hex(r->value, r->is_known ? digest_len(r->alg) : 0);
	}
}

static void
locate(const uint8_t *p, size_t n)
{
	static struct inspect_type t;
	const struct inspect_range *r;
	size_t k;

	worker_type(p, n, 1, "application/pdf", &t);
	printf("%d", t.encrypted);
	for (k = 0; k < t.nranges; k++) {
		r = &t.ranges[k];
		if (inspect_range_is_sound(p, n, r))
			printf(" %llu:%llu:%llu", (unsigned long long)r->b,
			    (unsigned long long)r->c,
			    (unsigned long long)r->c_len);
		else
			printf(" -");
	}
}

int
main(int argc, char **argv)
{
	int manifests = argc > 1 && strcmp(argv[1], "--manifest") == 0;
	uint8_t *p;
	size_t n;

	while (read_length(&n)) {
		if ((p = malloc(n + 1)) == NULL || fread(p, 1, n, stdin) != n)
			return 1;
		if (manifests)
			read_manifest(p, n);
		else
			locate(p, n);
		printf("\n");
		fflush(stdout);
		free(p);
	}
	return 0;
}
