#include "daemon/inspect/pdf_locate.h"

#include "base/scope.h"
#include "daemon/inspect/range.h"

#define NAME_MAX_LEN 32	    /* longer names are none that we look for */
#define OBJECT_WINDOW 16384 /* bytes of a signature dictionary */

/* A name, its #xx escapes undone (ISO 32000-1, 7.3.5). */
struct name {
	char text[NAME_MAX_LEN + 1];
	size_t len; /* of the bytes in the file, after the slash */
	int escaped;
};

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* p: after the slash. Longer names are cut. */
static void
read_name(const uint8_t *p, size_t n, struct name *out)
{
	size_t i = 0, k = 0;
	uint8_t c;

	memset(out, 0, sizeof(*out));
	while (i < n && k < NAME_MAX_LEN && range_is_regular(p[i])) {
		c = p[i];
		if (c == '#' && n - i > 2 && hex_value(p[i + 1]) >= 0 &&
		    hex_value(p[i + 2]) >= 0) {
			c = (uint8_t)(hex_value(p[i + 1]) << 4 |
				      hex_value(p[i + 2]));
			out->escaped = 1;
			i += 2;
		}
		out->text[k++] = (char)c;
		i++;
	}
	out->len = i;
}

/* The value of one /SubFilter in [p, p + n), added to *found. */
static enum inspect_filter
read_filter(const uint8_t *p, size_t n)
{
	static const struct {
		const char *name;
		enum inspect_filter filter;
	} known[] = {
		{ "adbe.pkcs7.detached", INSPECT_FILTER_DETACHED },
		{ "ETSI.CAdES.detached", INSPECT_FILTER_CADES },
		{ "ETSI.RFC3161", INSPECT_FILTER_TIMESTAMP },
	};
	struct name name;
	size_t i = 0;

	while (i < n && range_is_space(p[i]))
		i++;
	if (i >= n || p[i] != '/')
		return INSPECT_FILTER_UNKNOWN;
	read_name(p + i + 1, n - i - 1, &name);
	for (i = 0; i < NELEMS(known); i++)
		if (strcmp(known[i].name, name.text) == 0)
			return known[i].filter;
	return INSPECT_FILTER_UNKNOWN;
}

/* How many /SubFilter are in [p, p + n), and what the last one says. */
static size_t
count_filters(const uint8_t *p, size_t n, enum inspect_filter *last)
{
	static const char token[] = "/SubFilter";
	const uint8_t *end = p + n;
	size_t count = 0;

	while ((p = memmem(p, (size_t)(end - p), token, sizeof(token) - 1)) !=
	       NULL) {
		p += sizeof(token) - 1;
		*last = read_filter(p, (size_t)(end - p));
		count++;
	}
	return count;
}

/* The start of the object that holds offset at: after "obj" before it. */
static size_t
object_start(const uint8_t *p, size_t at)
{
	size_t low = at > OBJECT_WINDOW ? at - OBJECT_WINDOW : 0;

	for (; at >= low + 3; at--)
		if (memcmp(p + at - 3, "obj", 3) == 0)
			return at;
	return low;
}

static size_t
object_end(const uint8_t *p, size_t n, size_t at)
{
	size_t left = n - at < OBJECT_WINDOW ? n - at : OBJECT_WINDOW;
	const uint8_t *end = memmem(p + at, left, "endobj", 6);

	return end != NULL ? (size_t)(end - p) : at + left;
}

/* What the dictionary around the range says; two answers are none. */
static enum inspect_filter
filter_around(
    const uint8_t *p, size_t n, size_t token, const struct inspect_range *r)
{
	enum inspect_filter f = INSPECT_FILTER_UNKNOWN;
	size_t b = (size_t)r->b, c = (size_t)r->c, count;
	size_t from = object_start(p, token < b ? token : b);
	size_t to = object_end(p, n, token > c ? token : c);

	count = count_filters(p + from, b - from, &f);
	count += count_filters(p + c, to - c, &f);
	return count == 1 ? f : INSPECT_FILTER_UNKNOWN;
}

static void
add_range(const uint8_t *p, size_t n, size_t token, const struct name *name,
    struct inspect_type *t)
{
	struct inspect_range *r = &t->ranges[t->nranges++];
	size_t after = token + 1 + name->len;

	if (name->escaped || !range_parse(p + after, n - after, r) ||
	    !inspect_range_is_sound(p, n, r)) {
		memset(r, 0, sizeof(*r));
		return;
	}
	r->filter = filter_around(p, n, token, r);
}

/* Can what follows a slash be one of our names, escaped or not? */
static int
may_matter(uint8_t c)
{
	return c == 'B' || c == 'E' || c == '#';
}

void
pdf_locate(const uint8_t *p, size_t n, struct inspect_type *t)
{
	const uint8_t *at = p, *end = p + n;
	struct name name;
	size_t count = 0;

	t->nranges = 0;
	t->encrypted = 0;
	while ((at = memchr(at, '/', (size_t)(end - at))) != NULL) {
		at++;
		if (at == end || !may_matter(*at))
			continue;
		read_name(at, (size_t)(end - at), &name);
		if (strcmp(name.text, "Encrypt") == 0)
			t->encrypted = 1;
		if (strcmp(name.text, &RANGE_TOKEN[1]) == 0 &&
		    count++ < INSPECT_SIGS_MAX)
			add_range(p, n, (size_t)(at - 1 - p), &name, t);
	}
	if (count <= INSPECT_SIGS_MAX)
		return;
	memset(t->ranges, 0, sizeof(t->ranges));
	t->nranges = 1;
	snprintf(t->reason, sizeof(t->reason), "too-many-signatures");
}
