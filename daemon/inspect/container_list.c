#include "daemon/inspect/container.h"
#include "daemon/inspect/sniff.h"

#define DIRECTORY 16 /* in the end record: where the entries begin */

const char *
container_list(const uint8_t *file, uint64_t size,
    uint32_t entries[CONTAINER_MEMBERS_MAX], size_t *n)
{
	uint64_t end = sniff_zip_end(file, (size_t)size), at;
	size_t count = 0, len;

	if (size > UINT32_MAX)
		return CONTAINER_TOO_LARGE;
	if (end == size)
		return CONTAINER_UNSOUND;
	for (at = sniff_le32(file + end + DIRECTORY); at < end; at += len) {
		if ((len = container_entry_len(file, end, (uint32_t)at)) == 0)
			return CONTAINER_UNSOUND;
		if (count == CONTAINER_MEMBERS_MAX)
			return CONTAINER_TOO_LARGE;
		entries[count++] = (uint32_t)at;
	}
	if (at != end || count == 0)
		return CONTAINER_UNSOUND;
	*n = count;
	return NULL;
}
