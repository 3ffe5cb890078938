/*
 * A buffered writer to a new file, with the SHA-1 of what went through:
 * pack indexes and packed-refs are written with it in constant memory.
 */
#ifndef DAEMON_STORE_SINK_H
#define DAEMON_STORE_SINK_H

#include <stddef.h>
#include <stdint.h>

#include "base/crypto.h"

#define SINK_ROOM 65536

struct sink {
	int fd;
	struct digest *sha1;
	size_t len;
	uint8_t room[SINK_ROOM];
};

/* Create path under dirfd (it must not exist). */
int sink_open(struct sink *k, int dirfd, const char *path, struct err *e)
    NODISCARD;
int sink_add(struct sink *k, const void *p, size_t n, struct err *e) NODISCARD;
int sink_add_u32(struct sink *k, uint32_t v, struct err *e) NODISCARD;
/* SHA-1 of everything added so far. */
int sink_sha1(struct sink *k, uint8_t out[SHA1_LEN], struct err *e) NODISCARD;
/* Flush and fsync. */
int sink_sync(struct sink *k, struct err *e) NODISCARD;
void sink_done(struct sink *k); /* for AUTO, after sink_open was called */

#endif
