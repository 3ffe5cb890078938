/*
 * The index of a pack, version 2 (gitformat-pack(5)): fan-out, sorted ids,
 * CRC-32 of the packed bytes, offsets (those of 2 GiB and more in a table of
 * 64-bit ones), SHA-1 of the pack, SHA-1 of the index.
 */
#ifndef DAEMON_STORE_PACKIDX_H
#define DAEMON_STORE_PACKIDX_H

#include "daemon/store/pack.h"

struct packidx_entry {
	uint64_t offset;
	uint32_t crc;
	uint8_t oid[PACK_OID];
};

struct packidx {
	struct packidx_entry *entry;
	size_t n, cap;
};

int packidx_add(struct packidx *x, const uint8_t oid[PACK_OID], uint32_t crc,
    uint64_t offset, struct err *e) NODISCARD;

/* Sort, and write to the new file path under dirfd; durable, its name not
 * yet. trailer: the SHA-1 that ends the pack. */
int packidx_write(struct packidx *x, const uint8_t trailer[PACK_TRAILER],
    int dirfd, const char *path, struct err *e) NODISCARD;

void packidx_done(struct packidx *x);

#endif
