/*
 * ZIP containers (APPNOTE 6.3.3), read by the strict rule under which an ASiC
 * (EN 319 162-1) is judged. Pure functions over the bytes of a file; used by
 * the worker that lists the members and again by the daemon, which does not
 * believe it. Nothing is inflated here.
 *
 * Sound is a file of which each byte belongs to one place: local header and
 * data of each member, one after the other from the first byte, then their
 * entries in the same order, then the end record. What both headers say of a
 * member is the same. Two readers of a sound container, one from the front and
 * one from the end, see the same members.
 */
#ifndef DAEMON_INSPECT_CONTAINER_H
#define DAEMON_INSPECT_CONTAINER_H

#include <stddef.h>
#include <stdint.h>

#define CONTAINER_MEMBERS_MAX 64
#define CONTAINER_NAME_MAX 255 /* bytes */
/* Bytes of one member and of all together, as they are once inflated. */
#define CONTAINER_MEMBER_MAX (64u << 20)
#define CONTAINER_TOTAL_MAX (128u << 20)

/* Stable words for why a container is not judged. */
#define CONTAINER_UNSOUND "container-unsound" /* it contradicts itself */
#define CONTAINER_UNSUPPORTED "container-unsupported"
#define CONTAINER_TOO_LARGE "container-too-large"

struct container_member {
	uint32_t head;	 /* of its local header */
	uint32_t entry;	 /* of its entry in the directory */
	uint32_t at;	 /* of its bytes */
	uint32_t packed; /* so many in the file */
	uint32_t size;	 /* and so many inflated */
	uint32_t crc;	 /* CRC-32 of these */
	int is_deflated;
	char name[CONTAINER_NAME_MAX + 1]; /* UTF-8, fit to be shown */
};

/* What a member is for, by its name (EN 319 162-1, 4.3.3 and 4.4.3). */
enum container_role {
	ROLE_DATA,	/* what may be signed */
	ROLE_MIMETYPE,	/* names the type of the container */
	ROLE_FOLDER,	/* nothing but a name */
	ROLE_SIGNATURE, /* META-INF/…signature….p7s */
	ROLE_STAMP,	/* META-INF/…timestamp….tst */
	ROLE_MANIFEST,	/* META-INF/ASiCManifest….xml */
	ROLE_ARCHIVE,	/* META-INF/ASiCArchiveManifest….xml */
	ROLE_XML,	/* META-INF/…signatures….xml: XAdES */
	ROLE_OTHER	/* anything else in META-INF */
};
enum container_role container_role_of(const char *name);

/*
 * In the worker (container_list.c): the entries of the directory, their
 * offsets in its order. NULL, or one of the words above.
 */
const char *container_list(const uint8_t *file, uint64_t size,
    uint32_t entries[CONTAINER_MEMBERS_MAX], size_t *n);

/*
 * The strict rule: are these n entries all that the file holds, and is it
 * sound? NULL and out[n], or one of the words above.
 */
const char *container_check(const uint8_t *file, uint64_t size,
    const uint32_t *entries, size_t n, struct container_member *out);

/* Bytes of the entry at `at` with name, extra fields and comment, all before
 * size; 0: there is none. */
size_t container_entry_len(const uint8_t *file, uint64_t size, uint32_t at);

/* CRC-32 (ISO 3309) of n bytes. */
uint32_t container_crc(const uint8_t *p, size_t n);

#endif
