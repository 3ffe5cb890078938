#include "base/text.h"

#include <stdio.h>
#include <string.h>

#include "base/civil.h"
#include "base/scope.h"

#define DAY_MS INT64_C(86400000)
#define DAY_MIN (-719528) /* 0000-01-01 */
#define DAY_MAX 2932896	  /* 9999-12-31 */

void
hex_format(const void *p, size_t n, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *b = p;
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digits[b[i] >> 4];
		out[2 * i + 1] = digits[b[i] & 15];
	}
	out[2 * n] = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
hex_parse(const char *s, void *out, size_t n, struct err *e)
{
	uint8_t *b = out;
	size_t i;

	for (i = 0; i < 2 * n; i++)
		if (hex_value(s[i]) < 0)
			break;
	if (i < 2 * n || s[i] != '\0')
		return err_set(
		    e, ERR_INVALID, "not %zu hexadecimal digits", 2 * n);
	for (i = 0; i < n; i++)
		b[i] = (uint8_t)(hex_value(s[2 * i]) << 4 |
				 hex_value(s[2 * i + 1]));
	return 0;
}

static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int
base64_format(const void *p, size_t n, struct buf *out, struct err *e)
{
	const uint8_t *b = p;
	uint32_t v;
	char *o;
	size_t i, left;
	int r;

	if (n > SIZE_MAX / 2)
		return err_set(e, ERR_TOO_LARGE, "base64");
	if ((r = buf_reserve(out, (n + 2) / 3 * 4, e)) < 0)
		return r;
	o = (char *)out->p + out->len;
	for (i = 0; i < n; i += 3) {
		left = n - i;
		v = (uint32_t)b[i] << 16;
		v |= left > 1 ? (uint32_t)b[i + 1] << 8 : 0;
		v |= left > 2 ? b[i + 2] : 0;
		*o++ = base64_digits[v >> 18];
		*o++ = base64_digits[v >> 12 & 63];
		*o++ = left > 1 ? base64_digits[v >> 6 & 63] : '=';
		*o++ = left > 2 ? base64_digits[v & 63] : '=';
	}
	out->len = (size_t)((uint8_t *)o - out->p);
	return 0;
}

static int
base64_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Four characters to at most three bytes: how many, or -1. */
static int
base64_group(const char *s, int is_last, uint8_t out[3])
{
	int n = 3, i, d;
	uint32_t v = 0;

	if (is_last && s[3] == '=')
		n = s[2] == '=' ? 1 : 2;
	for (i = 0; i < 4; i++) {
		d = i <= n ? base64_value(s[i]) : 0;
		if (d < 0)
			return -1;
		v = v << 6 | (uint32_t)d;
	}
	if ((n == 1 && (v & 0xffff) != 0) || (n == 2 && (v & 0xff) != 0))
		return -1;
	out[0] = (uint8_t)(v >> 16);
	out[1] = (uint8_t)(v >> 8);
	out[2] = (uint8_t)v;
	return n;
}

int
base64_parse(const char *s, size_t len, struct buf *out, struct err *e)
{
	size_t was = out->len, i;
	uint8_t group[3];
	int n, r;

	if (len % 4 != 0)
		return err_set(e, ERR_INVALID, "base64: length");
	if ((r = buf_reserve(out, len / 4 * 3, e)) < 0)
		return r;
	for (i = 0; i < len; i += 4) {
		if ((n = base64_group(s + i, i + 4 == len, group)) < 0) {
			out->len = was;
			return err_set(e, ERR_INVALID, "base64: not canonical");
		}
		memcpy(out->p + out->len, group, (size_t)n);
		out->len += (size_t)n;
	}
	return 0;
}

/* Write v as n digits. */
static void
digits_put(char *out, int v, int n)
{
	while (n-- > 0) {
		out[n] = (char)('0' + v % 10);
		v /= 10;
	}
}

/* n digits as a number, or -1. */
static int
digits_get(const char *s, int n)
{
	int v = 0;

	for (; n > 0; n--, s++) {
		if (*s < '0' || *s > '9')
			return -1;
		v = v * 10 + (*s - '0');
	}
	return v;
}

void
date_format(int32_t days, char out[11])
{
	struct civil_date c;

	if (days < DAY_MIN)
		days = DAY_MIN;
	if (days > DAY_MAX)
		days = DAY_MAX;
	c = civil_date(days);
	memcpy(out, "0000-00-00", 11);
	digits_put(out, c.year, 4);
	digits_put(out + 5, c.month, 2);
	digits_put(out + 8, c.day, 2);
}

void
time_format(int64_t ms, char out[TIME_TEXT])
{
	int64_t days, sec;

	if (ms < DAY_MIN * DAY_MS)
		ms = DAY_MIN * DAY_MS;
	if (ms >= (DAY_MAX + 1) * DAY_MS)
		ms = (DAY_MAX + 1) * DAY_MS - 1;
	days = (ms >= 0 ? ms : ms - (DAY_MS - 1)) / DAY_MS;
	sec = (ms - days * DAY_MS) / 1000;
	date_format((int32_t)days, out);
	memcpy(out + 10, "T00:00:00Z", 11);
	digits_put(out + 11, (int)(sec / 3600), 2);
	digits_put(out + 14, (int)(sec / 60 % 60), 2);
	digits_put(out + 17, (int)(sec % 60), 2);
}

/* "YYYY-MM-DD" at the start of s, which has at least 10 characters. */
static int
date_get(const char *s, int32_t *days)
{
	int y = digits_get(s, 4), m = digits_get(s + 5, 2);
	int d = digits_get(s + 8, 2);
	struct civil_date c;

	if (s[4] != '-' || s[7] != '-' || y < 0 || m < 1 || m > 12 || d < 1 ||
	    d > 31)
		return -1;
	*days = civil_days(y, m, d);
	/* 31 April comes back as 1 May. */
	c = civil_date(*days);
	return c.year == y && c.month == m && c.day == d ? 0 : -1;
}

int
date_parse(const char *s, int32_t *days, struct err *e)
{
	int32_t got;

	if (strnlen(s, 11) != 10 || date_get(s, &got) < 0)
		return err_set(e, ERR_INVALID, "not a date YYYY-MM-DD");
	*days = got;
	return 0;
}

int
time_parse(const char *s, int64_t *ms, struct err *e)
{
	int32_t days;
	int h, m, sec;

	if (strnlen(s, 21) != 20 || date_get(s, &days) < 0 || s[10] != 'T' ||
	    s[13] != ':' || s[16] != ':' || s[19] != 'Z' ||
	    (h = digits_get(s + 11, 2)) < 0 || h > 23 ||
	    (m = digits_get(s + 14, 2)) < 0 || m > 59 ||
	    (sec = digits_get(s + 17, 2)) < 0 || sec > 59)
		return err_set(
		    e, ERR_INVALID, "not a time YYYY-MM-DDTHH:MM:SSZ");
	*ms = days * DAY_MS + ((h * 60 + m) * 60 + sec) * INT64_C(1000);
	return 0;
}

/* Length of the UTF-8 sequence at s (n > 0 bytes left), or 0 if invalid. */
static size_t
utf8_step(const uint8_t *s, size_t n)
{
	/* RFC 3629, 4: the second byte's range depends on the first. */
	uint8_t lo = 0x80, hi = 0xbf;
	size_t len, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	len = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		lo = 0xa0;
	else if (s[0] == 0xed)
		hi = 0x9f;
	else if (s[0] == 0xf0)
		lo = 0x90;
	else if (s[0] == 0xf4)
		hi = 0x8f;
	if (n < len || s[1] < lo || s[1] > hi)
		return 0;
	for (i = 2; i < len; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

int
utf8_is_valid(const void *s, size_t n)
{
	const uint8_t *p = s;
	size_t step;

	for (; n > 0; p += step, n -= step)
		if ((step = utf8_step(p, n)) == 0)
			return 0;
	return 1;
}

int
text_line(const char **s, size_t *left, const char **line, size_t *n)
{
	const char *end = *left > 0 ? memchr(*s, '\n', *left) : NULL;

	if (end == NULL)
		return 0;
	*line = *s;
	*n = (size_t)(end - *s);
	*left -= *n + 1;
	*s = end + 1;
	return 1;
}

int
text_decimal(const char *s, size_t n, uint64_t *v, struct err *e)
{
	uint64_t got = 0;
	size_t i;

	if (n == 0 || n > 20 || (n > 1 && s[0] == '0'))
		return err_set(e, ERR_INVALID, "not a decimal number");
	for (i = 0; i < n; i++) {
		uint64_t d = (uint64_t)(s[i] - '0');

		if (s[i] < '0' || s[i] > '9' || got > UINT64_MAX / 10 ||
		    got * 10 > UINT64_MAX - d)
			return err_set(e, ERR_INVALID, "not a decimal number");
		got = got * 10 + d;
	}
	*v = got;
	return 0;
}
