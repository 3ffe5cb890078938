/*
 * Containers over any bytes: what the strict rule takes is tiled without a
 * gap, has names fit to be shown, is what the worker listed and nothing else
 * is, and no member inflates to more than is announced.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/inspect/container.h"
#include "daemon/inspect/container_inflate.h"

#define SMALL 65536 /* bytes: what is announced larger is not inflated */

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
check_inflate(const uint8_t *p, const struct container_member *m)
{
	static uint8_t kept[SMALL];
	struct inflated got;
	struct err e;

	if (!m->is_deflated || m->size > sizeof(kept))
		return;
	if (container_inflate(p + m->at, m->packed, m->size,
		1u << DIGEST_SHA256, kept, &got, &e) < 0)
		abort();
	if (got.fits && (got.digests.size != m->size ||
			    got.crc != container_crc(kept, m->size)))
		abort();
}

static void
check_members(
    const uint8_t *p, size_t n, const struct container_member *m, size_t count)
{
	uint64_t at = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		if (m[i].head < at || m[i].at <= m[i].head ||
		    m[i].packed > n - m[i].at || m[i].entry <= m[i].at ||
		    m[i].name[0] == '\0' ||
		    !utf8_is_valid(m[i].name, strlen(m[i].name)))
			abort();
		at = (uint64_t)m[i].at + m[i].packed;
		(void)container_role_of(m[i].name);
		check_inflate(p, &m[i]);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static struct container_member m[CONTAINER_MEMBERS_MAX];
	uint32_t entries[CONTAINER_MEMBERS_MAX] = { 0 };
	size_t count = 0;

	if (container_list(p, n, entries, &count) != NULL)
		return 0;
	if (count == 0 || count > CONTAINER_MEMBERS_MAX)
		abort();
	if (container_check(p, n, entries, count, m) != NULL)
		return 0;
	check_members(p, n, m, count);
	/* One less, or another, is another container. */
	if (container_check(p, n, entries, count - 1, m) == NULL ||
	    container_check(p, n - 1, entries, count, m) == NULL)
		abort();
	entries[count - 1]++;
	if (container_check(p, n, entries, count, m) == NULL)
		abort();
	return 0;
}
