/*
 * Text encodings: hexadecimal, standard base64 with padding (RFC 4648), and
 * RFC 3339 times in UTC. Decoders are strict: one text for each value.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

/* out has 2 * n + 1 bytes. */
void hex_format(const void *p, size_t n, char *out);
/* Exactly 2 * n lower- or upper-case digits. ERR_INVALID. */
int hex_parse(const char *s, void *out, size_t n, struct err *e) NODISCARD;

int base64_format(const void *p, size_t n, struct buf *out, struct err *e)
    NODISCARD;
/* Canonical only: padding present, unused bits zero. ERR_INVALID. */
int base64_parse(const char *s, size_t len, struct buf *out, struct err *e)
    NODISCARD;

#define TIME_TEXT 25 /* 2026-11-23T04:05:06Z and room */
/* ms: milliseconds since 1970 UTC; the text has whole seconds. */
void time_format(int64_t ms, char out[TIME_TEXT]);
/* "YYYY-MM-DDTHH:MM:SSZ" to milliseconds. ERR_INVALID. */
int time_parse(const char *s, int64_t *ms, struct err *e) NODISCARD;
/* "YYYY-MM-DD", a real civil date, to days since 1970. ERR_INVALID. */
int date_parse(const char *s, int32_t *days, struct err *e) NODISCARD;
void date_format(int32_t days, char out[11]);

/* Is s[0..n) valid UTF-8 (RFC 3629: no surrogates, no overlong forms)? */
int utf8_is_valid(const void *s, size_t n);

/*
 * The next line of a text of *left bytes at *s, without its newline; *s and
 * *left move behind it. 0 when no newline is left, else 1.
 */
int text_line(const char **s, size_t *left, const char **line, size_t *n);
/* s[0..n): a decimal number without sign or leading zeros. ERR_INVALID. */
int text_decimal(const char *s, size_t n, uint64_t *v, struct err *e) NODISCARD;

#endif
