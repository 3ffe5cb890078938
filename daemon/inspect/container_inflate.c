#include "daemon/inspect/container_inflate.h"

#include <limits.h>
#include <string.h>
#include <zlib.h>

#include "base/scope.h"

#define BLOCK 65536 /* bytes inflated at a time */

struct inflating {
	z_stream z;
	int begun;
	struct digest *digests[DIGEST_ALGS]; /* NULL: not asked for */
};

static void
inflating_done(struct inflating *i)
{
	size_t a;

	if (i->begun)
		(void)inflateEnd(&i->z);
	for (a = 0; a < DIGEST_ALGS; a++)
		digest_freep(&i->digests[a]);
}

static int
begin(struct inflating *i, const uint8_t *p, size_t n, unsigned which,
    struct err *e)
{
	size_t a;
	int r;

	if (n > UINT_MAX)
		return err_set(e, ERR_TOO_LARGE, "deflated member");
	i->z.next_in = (Bytef *)(uintptr_t)p;
	i->z.avail_in = (uInt)n;
	/* Without zlib's own header. */
	if (inflateInit2(&i->z, -MAX_WBITS) != Z_OK)
		return err_set(e, ERR_NOMEM, "inflate");
	i->begun = 1;
	for (a = 0; a < DIGEST_ALGS; a++)
		if ((which & 1u << a) != 0 &&
		    (r = digest_new((enum digest_alg)a, &i->digests[a], e)) < 0)
			return r;
	return 0;
}

/* One block went out: into each digest. */
static int
count_in(struct inflating *i, const uint8_t *p, size_t n, struct inflated *o,
    struct err *e)
{
	size_t a;
	int r;

	if (o->digests.size == 0 && n > 0)
		o->digests.first = p[0];
	o->digests.size += n;
	o->crc = (uint32_t)crc32_z(o->crc, p, n);
	for (a = 0; a < DIGEST_ALGS; a++)
		if (i->digests[a] != NULL &&
		    (r = digest_add(i->digests[a], p, n, e)) < 0)
			return r;
	return 0;
}

static int
finish(struct inflating *i, unsigned which, struct inflated *o, struct err *e)
{
	size_t a;
	int r;

	for (a = 0; a < DIGEST_ALGS; a++)
		if (i->digests[a] != NULL && (r = digest_final(i->digests[a],
						  o->digests.value[a], e)) < 0)
			return r;
	o->digests.have = which & DIGESTS_ALL;
	o->fits = 1;
	return 0;
}

int
container_inflate(const uint8_t *p, size_t n, uint32_t size, unsigned which,
    uint8_t *keep, struct inflated *out, struct err *e)
{
	AUTO(inflating_done) struct inflating i = { 0 };
	struct inflated o = { 0 };
	static uint8_t block[BLOCK];
	size_t got;
	int r, z = Z_OK;

	*out = o;
	if ((r = begin(&i, p, n, which, e)) < 0)
		return r;
	while (z == Z_OK) {
		i.z.next_out = block;
		i.z.avail_out = sizeof(block);
		z = inflate(&i.z, Z_NO_FLUSH);
		got = sizeof(block) - i.z.avail_out;
		/* More than was announced, or no end in sight. */
		if ((z != Z_OK && z != Z_STREAM_END) ||
		    got > size - o.digests.size || (z == Z_OK && got == 0))
			return 0;
		if (keep != NULL)
			memcpy(keep + o.digests.size, block, got);
		if ((r = count_in(&i, block, got, &o, e)) < 0)
			return r;
	}
	if (i.z.avail_in != 0 || o.digests.size != size)
		return 0;
	if ((r = finish(&i, which, &o, e)) < 0)
		return r;
	*out = o;
	return 0;
}
