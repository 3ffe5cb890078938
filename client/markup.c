#include "client/markup.h"

#include <stdarg.h>
#include <string.h>

#define REPLACEMENT "\xef\xbf\xbd"

/* Bytes of the UTF-8 sequence at s; 0 when it is none (RFC 3629). */
static size_t
sequence(const uint8_t *s)
{
	size_t n, i;

	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	for (i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f) ||
	    (s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

/* What stands for the character at s, or NULL: itself. */
static const char *
reference(const uint8_t *s, size_t n)
{
	switch (s[0]) {
	case '&':
		return "&amp;";
	case '<':
		return "&lt;";
	case '>':
		return "&gt;";
	case '"':
		return "&quot;";
	case '\'':
		return "&#39;";
	}
	if (n == 0 || (s[0] < 0x20 && s[0] != '\t' && s[0] != '\n') ||
	    s[0] == 0x7f || (s[0] == 0xc2 && s[1] < 0xa0))
		return REPLACEMENT;
	return NULL;
}

int
markup_text(struct buf *out, const char *s, struct err *e)
{
	const uint8_t *p = (const uint8_t *)(s != NULL ? s : "");
	const char *ref;
	size_t n;
	int r;

	for (; *p != '\0'; p += n > 0 ? n : 1) {
		n = sequence(p);
		ref = reference(p, n);
		r = ref != NULL ? buf_addstr(out, ref, e)
				: buf_add(out, p, n, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int
markup_add(struct buf *out, struct err *e, const char *pattern, ...)
{
	const char *at, *s;
	va_list ap;
	int r = 0;

	va_start(ap, pattern);
	while (r == 0 && (at = strchr(pattern, '%')) != NULL) {
		if ((s = va_arg(ap, const char *)) == NULL)
			r = err_set(e, ERR_INTERNAL, "markup: too few strings");
		else if ((r = buf_add(
			      out, pattern, (size_t)(at - pattern), e)) == 0)
			r = markup_text(out, s, e);
		pattern = at + 1;
	}
	if (r == 0 && va_arg(ap, const char *) != NULL)
		r = err_set(e, ERR_INTERNAL, "markup: too many strings");
	va_end(ap);
	return r < 0 ? r : buf_addstr(out, pattern, e);
}
