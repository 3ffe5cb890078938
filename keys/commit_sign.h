/*
 * The commit that publishes a version, built and signed here: one fixed
 * author, the hour only, SSHSIG in git's namespace under the store's key.
 */
#ifndef KEYS_COMMIT_SIGN_H
#define KEYS_COMMIT_SIGN_H

#include "base/buf.h"
#include "base/crypto.h"

#define COMMIT_HOUR_MAX 70389527 /* the end of 9999 */

struct commit_spec {
	uint8_t tree[SHA1_LEN];
	int has_parent;
	uint8_t parent[SHA1_LEN];
	uint32_t version; /* from 1 on; 0: the root of the store */
	uint64_t hour;	  /* since 1970 UTC */
};

/*
 * The whole commit object's text, gpgsig header included, appended to out.
 * seed: the store's Ed25519 key. ERR_INVALID: version or hour.
 */
int commit_sign(const struct commit_spec *c, const uint8_t *seed,
    struct buf *out, struct err *e) NODISCARD;

#endif
