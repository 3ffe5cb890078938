/*
 * Identifiers: 128 random bits, shown as 26 characters of lower-case base32
 * (RFC 4648 alphabet, no padding), and as a short spoken reference with a
 * check symbol (4F7K-2Q8) made of the first 30 bits.
 */
#ifndef BASE_ID_H
#define BASE_ID_H

#include <stdint.h>

#include "base/err.h"

#define ID_LEN 16
#define ID_TEXT 27 /* 26 characters and NUL */
#define REF_TEXT 9 /* "4F7K-2Q8" and NUL */

struct id {
	uint8_t b[ID_LEN];
};

int id_random(struct id *out, struct err *e) NODISCARD;
/* Exactly 26 characters of the alphabet, unused bits zero. ERR_INVALID. */
int id_parse(const char *s, struct id *out, struct err *e) NODISCARD;
void id_format(const struct id *id, char out[ID_TEXT]);
int id_equal(const struct id *a, const struct id *b);
int id_is_zero(const struct id *a);

/*
 * The spoken reference: six Crockford base32 symbols of the first 30 bits
 * and a check symbol, as XXXX-XXC. C = (sum of (i+1)*value_i) mod 31 so that
 * one wrong or two exchanged symbols are noticed (but for 0 and Z, which
 * are 31 apart).
 */
void id_ref(const struct id *id, char out[REF_TEXT]);
/*
 * Is s a well-formed spoken reference (case, hyphen, and I L O read as 1 1 0
 * are forgiven)? Then *bits gets the 30 bits. ERR_INVALID with tag
 * "reference-check" when the check symbol is wrong.
 */
int id_ref_parse(const char *s, uint32_t *bits, struct err *e) NODISCARD;
/* The first 30 bits of an id, for an index on references. */
uint32_t id_ref_bits(const struct id *id);

#endif
