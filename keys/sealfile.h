/*
 * Secrets in files of the seal format: the text never leaves locked memory
 * but for one chunk at a time, in a buffer that is wiped.
 */
#ifndef KEYS_SEALFILE_H
#define KEYS_SEALFILE_H

#include "base/seal.h"
#include "base/secret.h"

/*
 * The text of file name in folder dir into *out (empty). At most max bytes
 * of text: ERR_TOO_LARGE. ERR_INTEGRITY: another key, context, or damage.
 */
int sealfile_load(int dir, const char *name, const uint8_t key[32],
    const struct seal_context *c, uint64_t max, struct secret *out,
    struct err *e) NODISCARD;

/* Replaces the file atomically; durable when it returns. */
int sealfile_save(int dir, const char *name, const uint8_t key[32],
    const struct seal_context *c, const void *p, size_t n, struct err *e)
    NODISCARD;

#endif
