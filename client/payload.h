/*
 * The payload of an extract, checked without the vault: canonical JSON; the
 * leaf that entered its release binds its content; that leaf is in the log
 * whose key signed the checkpoint (daemon/DESIGN.md tells the format).
 */
#ifndef CLIENT_PAYLOAD_H
#define CLIENT_PAYLOAD_H

#include <jansson.h>

#include "base/buf.h"
#include "base/crypto.h"

struct payload_spec {
	uint8_t recipient[SHA256_LEN]; /* the recipient's certificate */
	const char *log_key;	       /* the log's verifier key; or NULL */
	int64_t now_ms;
};

/*
 * *whole gets the parsed payload (the caller's), content the canonical bytes
 * of its content. ERR_INTEGRITY tag "extract-forged"; ERR_REFUSED tag
 * "extract-expired" for one that is right and too old.
 */
int payload_check(const struct payload_spec *s, const void *p, size_t n,
    json_t **whole, struct buf *content, struct err *e) NODISCARD;

/* The bytes of one attachment, compared with its SHA-256. */
int payload_attachment(const json_t *a, struct buf *out, struct err *e)
    NODISCARD;

#endif
