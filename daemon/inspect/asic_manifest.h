/*
 * ASiCManifest (EN 319 162-1, A.4): what a signature of an ASiC-E is over. A
 * small strict reading of XML, in a worker: elements and attributes of that
 * one schema. Declarations of types, entities but the five, comments,
 * processing instructions, CDATA, extensions and anything else that is not
 * expected: not understood.
 */
#ifndef DAEMON_INSPECT_ASIC_MANIFEST_H
#define DAEMON_INSPECT_ASIC_MANIFEST_H

#include "base/crypto.h"
#include "daemon/inspect/container.h"

#define ASIC_REFERENCES_MAX 64

struct asic_reference {
	char name[CONTAINER_NAME_MAX + 1]; /* of a member, its URI decoded */
	int is_known; /* the digest's algorithm; else nothing below */
	enum digest_alg alg;
	uint8_t value[DIGEST_MAX];
};

struct asic_manifest {
	char signature[CONTAINER_NAME_MAX + 1]; /* the member that signs it */
	size_t n;				/* at least one */
	struct asic_reference refs[ASIC_REFERENCES_MAX];
};

/* 1 and *out, or 0: not understood. Pure. asic_manifest.c. */
int asic_manifest_read(const uint8_t *p, size_t n, struct asic_manifest *out);

#endif
