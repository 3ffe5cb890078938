#include "daemon/inspect/range.h"

int
range_is_space(uint8_t c)
{
	return c == 0 || c == '\t' || c == '\n' || c == '\f' || c == '\r' ||
	       c == ' ';
}

int
range_is_regular(uint8_t c)
{
	return !range_is_space(c) && strchr("()<>[]{}/%", c) == NULL;
}

static size_t
skip_space(const uint8_t *p, size_t n, size_t at)
{
	while (at < n && range_is_space(p[at]))
		at++;
	return at;
}

/*
 * An unsigned decimal number that ends at white space or ']'. Leading zeros
 * pass: writers reserve room with them. 0 on anything else.
 */
static int
read_number(const uint8_t *p, size_t n, size_t *at, uint64_t *out)
{
	size_t i = *at;
	uint64_t v = 0;

	for (; i < n && p[i] >= '0' && p[i] <= '9'; i++) {
		/* A file of 2^53 bytes does not exist. */
		if (v >> 53 != 0)
			return 0;
		v = v * 10 + (uint64_t)(p[i] - '0');
	}
	if (i == *at || i >= n || (!range_is_space(p[i]) && p[i] != ']'))
		return 0;
	*at = i;
	*out = v;
	return 1;
}

int
range_parse(const uint8_t *p, size_t n, struct inspect_range *out)
{
	uint64_t v[4];
	size_t at, i;

	if (n > RANGE_LITERAL_MAX)
		n = RANGE_LITERAL_MAX;
	at = skip_space(p, n, 0);
	if (at >= n || p[at] != '[')
		return 0;
	at++;
	for (i = 0; i < 4; i++) {
		at = skip_space(p, n, at);
		if (!read_number(p, n, &at, &v[i]))
			return 0;
	}
	at = skip_space(p, n, at);
	if (at >= n || p[at] != ']' || v[0] != 0)
		return 0;
	*out = (struct inspect_range){ .b = v[1], .c = v[2], .c_len = v[3] };
	return 1;
}

uint64_t
range_end(const struct inspect_range *r)
{
	return r->c + r->c_len;
}

static int
is_hex(uint8_t c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') ||
	       (c >= 'A' && c <= 'F');
}

/* The gap [b, c): '<', an even number of hexadecimal digits, '>'. */
static int
gap_is_hex(const uint8_t *file, const struct inspect_range *r)
{
	uint64_t i, n = r->c - r->b;

	if (n < 4 || n % 2 != 0 || n > 2 * (uint64_t)INSPECT_DER_MAX + 2)
		return 0;
	if (file[r->b] != '<' || file[r->c - 1] != '>')
		return 0;
	for (i = r->b + 1; i < r->c - 1; i++)
		if (!is_hex(file[i]))
			return 0;
	return 1;
}

/* Does the name /Contents, and white space at most, stand before the gap? */
static int
follows_contents(const uint8_t *file, uint64_t b)
{
	static const char name[] = "/Contents";
	const size_t len = sizeof(name) - 1;

	while (b > 0 && range_is_space(file[b - 1]))
		b--;
	return b >= len && memcmp(file + b - len, name, len) == 0;
}

/* Is the literal of r written in the bytes that r covers? */
static int
stands_in_file(const uint8_t *file, const struct inspect_range *r)
{
	const size_t len = sizeof(RANGE_TOKEN) - 1;
	const uint8_t *p = file, *end = file + range_end(r);
	struct inspect_range found;

	while ((p = memmem(p, (size_t)(end - p), RANGE_TOKEN, len)) != NULL) {
		p += len;
		if (range_parse(p, (size_t)(end - p), &found) &&
		    found.b == r->b && found.c == r->c &&
		    found.c_len == r->c_len)
			return 1;
	}
	return 0;
}

int
inspect_range_is_sound(
    const uint8_t *file, uint64_t size, const struct inspect_range *r)
{
	if (r->b == 0 || r->c <= r->b || r->c > size ||
	    r->c_len > size - r->c || r->c_len == 0)
		return 0;
	return gap_is_hex(file, r) && follows_contents(file, r->b) &&
	       stands_in_file(file, r);
}
