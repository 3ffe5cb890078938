/*
 * The keyring: the few keys that everything hangs on, sealed under the root
 * in the file "keyring" of a generation. Its text, in the terms of rw.h:
 *
 *   u32 generation, KEK 32, search key 32, log seed 32, store seed 32,
 *   extract key 32 (P-256 scalar), blob certificate (DER),
 *   u32 n, n times: u32 month, u8 living, [key 32 if living],
 *   [intake key 32 (P-256 scalar), its public key 65]
 *
 * Months ascend; an expired month stays listed without its key, so that the
 * key is not made anew. The KEK and the search key are new at each rotate;
 * the signing keys and the intake key stay. A keyring of before there were
 * intake keys ends with its months; it gets one when it is next opened.
 */
#ifndef KEYS_KEYRING_H
#define KEYS_KEYRING_H

#include "base/buf.h"
#include "base/crypto.h"
#include "base/id.h"
#include "base/secret.h"

#define KEYRING_MONTHS_MAX 1200 /* a hundred years */
#define KEYRING_CERT_MAX 4096	/* bytes of the certificate */
#define KEYRING_MONTH_MIN (1970 * 12)
#define KEYRING_MONTH_MAX (9999 * 12 + 11)

/* Lives in locked memory only. */
struct keyring_keys {
	uint8_t kek[SECRET_KEY_LEN], search[SECRET_KEY_LEN];
	uint8_t log[ED25519_LEN], store[ED25519_LEN]; /* seeds */
	uint8_t extract[P256_KEY_LEN];
	/* What is brought home in an envelope is sealed to it. */
	uint32_t has_intake;
	uint8_t intake[P256_KEY_LEN], intake_pub[P256_PUB_LEN];
	uint32_t nmonths;
	struct keyring_month {
		uint32_t month; /* year * 12 + (month - 1) */
		uint32_t living;
		uint8_t key[SECRET_KEY_LEN];
	} months[KEYRING_MONTHS_MAX];
};

struct keyring {
	uint32_t generation;
	struct secret memory;
	struct keyring_keys *k; /* in memory */
	struct buf certificate;
};

void keyring_done(struct keyring *r); /* usable with AUTO */
/* Move: *to must be empty. */
void keyring_move(struct keyring *to, struct keyring *from);

/* All keys fresh; the certificate is for origin, from now_ms on. */
int keyring_make(const char *origin, int64_t now_ms, struct keyring *out,
    struct err *e) NODISCARD;
/* A copy for the next generation: fresh KEK and search key. */
int keyring_next(const struct keyring *from, struct keyring *out, struct err *e)
    NODISCARD;

/*
 * Borrow the key of a month. *key is NULL when the month is not listed.
 * ERR_NOT_FOUND when it was expired.
 */
int keyring_month_get(const struct keyring *r, uint32_t month,
    const uint8_t **key, struct err *e) NODISCARD;
/* List a month with a fresh key. ERR_TOO_LARGE, ERR_INVALID. */
int keyring_month_add(struct keyring *r, uint32_t month, struct err *e)
    NODISCARD;
/* Take a month that was just added out again, as if it never was. */
void keyring_month_undo(struct keyring *r, uint32_t month);
/* Wipe the key of a month; from now on it is expired, listed or not. */
int keyring_month_expire(struct keyring *r, uint32_t month, struct err *e)
    NODISCARD;

/* An intake key, when there is none; *made says whether there is now. */
int keyring_intake_make(struct keyring *r, int *made, struct err *e) NODISCARD;

/* ERR_INTEGRITY: form. */
int keyring_decode(const void *p, size_t n, struct keyring *out, struct err *e)
    NODISCARD;
int keyring_encode(const struct keyring *r, struct secret *out, struct err *e)
    NODISCARD;

/* generation: that of the folder; a keyring of another is ERR_INTEGRITY. */
int keyring_load(int dir, const struct id *vault, uint32_t generation,
    const struct secret *root, struct keyring *out, struct err *e) NODISCARD;
int keyring_save(int dir, const struct id *vault, const struct secret *root,
    const struct keyring *r, struct err *e) NODISCARD;

#endif
