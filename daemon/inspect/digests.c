#include "daemon/inspect/digests.h"

/* OBJECT IDENTIFIERs with their tags and lengths. */
#define NIST "\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02"

static const struct {
	const char *oid;
	size_t len;
} names[DIGEST_ALGS] = {
	[DIGEST_SHA1] = { "\x06\x05\x2b\x0e\x03\x02\x1a", 7 },
	[DIGEST_SHA224] = { NIST "\x04", 11 },
	[DIGEST_SHA256] = { NIST "\x01", 11 },
	[DIGEST_SHA384] = { NIST "\x02", 11 },
	[DIGEST_SHA512] = { NIST "\x03", 11 },
	[DIGEST_SHA3_256] = { NIST "\x08", 11 },
	[DIGEST_SHA3_384] = { NIST "\x09", 11 },
	[DIGEST_SHA3_512] = { NIST "\x0a", 11 },
};

unsigned
digests_named(const uint8_t *der, size_t n)
{
	unsigned found = 0;
	size_t a;

	for (a = 0; n > 0 && a < DIGEST_ALGS; a++)
		if (memmem(der, n, names[a].oid, names[a].len) != NULL)
			found |= 1u << a;
	if (found == 0)
		found = 1u << DIGEST_SHA256 | 1u << DIGEST_SHA384 |
			1u << DIGEST_SHA512;
	return found;
}

int
digests_of(
    const void *p, size_t n, unsigned which, struct digests *out, struct err *e)
{
	struct digests d = { .size = n, .have = which & DIGESTS_ALL };
	size_t a;
	int r;

	if (n > 0)
		d.first = *(const uint8_t *)p;
	for (a = 0; a < DIGEST_ALGS; a++)
		if ((d.have & 1u << a) != 0 &&
		    (r = digest_of((enum digest_alg)a, p, n, d.value[a], e)) <
			0)
			return r;
	*out = d;
	return 0;
}

/* One algorithm: on along the file, and off it at the gap of each range. */
static int
walk(const uint8_t *file, const struct inspect_range *r, const int *sound,
    size_t n, enum digest_alg a, struct digests *out, struct err *e)
{
	AUTO(digest_freep) struct digest *whole = NULL;
	uint64_t at = 0;
	size_t k;
	int ret;

	if ((ret = digest_new(a, &whole, e)) < 0)
		return ret;
	for (k = 0; k < n; k++) {
		AUTO(digest_freep) struct digest *one = NULL;

		if (!sound[k])
			continue;
		if ((ret = digest_add(
			 whole, file + at, (size_t)(r[k].b - at), e)) < 0 ||
		    (ret = digest_fork(whole, &one, e)) < 0 ||
		    (ret = digest_add(
			 one, file + r[k].c, (size_t)r[k].c_len, e)) < 0 ||
		    (ret = digest_final(one, out[k].value[a], e)) < 0)
			return ret;
		at = r[k].b;
	}
	return 0;
}

int
digests_of_ranges(const uint8_t *file, const struct inspect_range *r,
    const int *sound, size_t n, unsigned which, struct digests *out,
    struct err *e)
{
	size_t a, k;
	int ret;

	for (k = 0; k < n; k++)
		if (sound[k])
			out[k] = (struct digests){ .size = r[k].b + r[k].c_len,
				.first = file[0],
				.have = which & DIGESTS_ALL };
	for (a = 0; a < DIGEST_ALGS; a++)
		if ((which & 1u << a) != 0 &&
		    (ret = walk(
			 file, r, sound, n, (enum digest_alg)a, out, e)) < 0)
			return ret;
	return 0;
}
