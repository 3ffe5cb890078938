/*
 * The keystore: independent random keys of 32 bytes, each known by its
 * number. In memory as in its file: entries of 40 bytes, the number
 * (big-endian) and the key, in ascending order of the numbers.
 */
#ifndef KEYS_KEYSTORE_H
#define KEYS_KEYSTORE_H

#include "base/id.h"
#include "base/secret.h"

#define KEYSTORE_ENTRY 40	     /* bytes: number and key */
#define KEYSTORE_KEYS_MAX (1u << 24) /* keys in one keystore */

struct keystore {
	struct secret entries;
	size_t n;
};

void keystore_done(struct keystore *k); /* usable with AUTO */
/* Move: *to must be empty. */
void keystore_move(struct keystore *to, struct keystore *from);

/* Index of the first key whose number is at least number; n if none. */
size_t keystore_index(const struct keystore *k, uint64_t number);
uint64_t keystore_number(const struct keystore *k, size_t i);
/* Borrow the key at index i. */
const uint8_t *keystore_key(const struct keystore *k, size_t i);
/* Borrow the key of a number; NULL when there is none. */
const uint8_t *keystore_find(const struct keystore *k, uint64_t number);
/* The highest number; 0 when empty. */
uint64_t keystore_last(const struct keystore *k);

/*
 * *out (empty) gets the keys of k and count fresh random ones, numbered
 * from first, which must be above the last. ERR_TOO_LARGE.
 */
int keystore_grown(const struct keystore *k, uint64_t first, size_t count,
    struct keystore *out, struct err *e) NODISCARD;

/*
 * *out (empty) gets the keys of k without those numbered (ascending);
 * *removed gets how many there were.
 */
int keystore_without(const struct keystore *k, const uint64_t *numbers,
    size_t n, struct keystore *out, uint64_t *removed, struct err *e) NODISCARD;

/* Take over text that is a keystore's. ERR_INTEGRITY: order, length. */
int keystore_decode(struct secret *text, struct keystore *out, struct err *e)
    NODISCARD;

/* The file "keystore" of a generation's folder, sealed under the KEK. */
int keystore_load(int dir, const struct id *vault, const uint8_t kek[32],
    struct keystore *out, struct err *e) NODISCARD;
int keystore_save(int dir, const struct id *vault, const uint8_t kek[32],
    const struct keystore *k, struct err *e) NODISCARD;

#endif
