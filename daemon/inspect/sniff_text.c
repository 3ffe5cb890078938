#include <string.h>

#include "base/text.h"
#include "daemon/inspect/sniff.h"

static const char *const accept_json[] = { "application/json", "text/plain",
	"application/x-ndjson", NULL };
static const char *const accept_xml[] = { "text/xml", "application/xml",
	"image/svg+xml", "text/plain", NULL };
/* Without its check of tokens libmagic misses some. */
static const char *const accept_html[] = { "text/html", "text/plain", NULL };
/* Languages that libmagic thinks it recognises are still plain text. */
static const char *const accept_text[] = { "text/plain", "text/csv",
	"text/troff", "text/x-c", "text/x-c++", "text/x-java",
	"text/x-script.python", "text/x-tex", "text/x-shellscript",
	"message/rfc822", "text/x-makefile", "text/x-ruby", "text/x-perl",
	"text/x-diff", "application/json", "application/x-pem-file",
	"text/x-ssl-private-key", "text/rtf", NULL };

struct json {
	const uint8_t *p, *end;
	uint8_t stack[SNIFF_JSON_DEPTH]; /* '{' or '[' */
	size_t depth;
};

static void
skip_space(struct json *j)
{
	while (j->p < j->end && (*j->p == ' ' || *j->p == '\t' ||
				    *j->p == '\n' || *j->p == '\r'))
		j->p++;
}

static int
peek(const struct json *j)
{
	return j->p < j->end ? *j->p : -1;
}

static int
eat(struct json *j, int c)
{
	if (peek(j) != c)
		return 0;
	j->p++;
	return 1;
}

static int
is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static int
is_hex(int c)
{
	return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static int
eat_escape(struct json *j)
{
	int c = peek(j), i;

	if (c < 0)
		return 0;
	j->p++;
	if (c != 'u')
		return strchr("\"\\/bfnrt", c) != NULL && c != 0;
	for (i = 0; i < 4; i++, j->p++)
		if (!is_hex(peek(j)))
			return 0;
	return 1;
}

static int
eat_string(struct json *j)
{
	if (!eat(j, '"'))
		return 0;
	while (j->p < j->end) {
		if (*j->p < 0x20)
			return 0;
		if (*j->p == '"') {
			j->p++;
			return 1;
		}
		if (*j->p++ == '\\' && !eat_escape(j))
			return 0;
	}
	return 0;
}

static int
eat_digits(struct json *j)
{
	if (!is_digit(peek(j)))
		return 0;
	while (is_digit(peek(j)))
		j->p++;
	return 1;
}

static int
eat_number(struct json *j)
{
	(void)eat(j, '-');
	if (!eat(j, '0') && !eat_digits(j))
		return 0;
	if (eat(j, '.') && !eat_digits(j))
		return 0;
	if (peek(j) != 'e' && peek(j) != 'E')
		return 1;
	j->p++;
	if (!eat(j, '+'))
		(void)eat(j, '-');
	return eat_digits(j);
}

static int
eat_word(struct json *j, const char *word)
{
	size_t n = strlen(word);

	if ((size_t)(j->end - j->p) < n || memcmp(j->p, word, n) != 0)
		return 0;
	j->p += n;
	return 1;
}

static int
eat_scalar(struct json *j)
{
	switch (peek(j)) {
	case '"':
		return eat_string(j);
	case 't':
		return eat_word(j, "true");
	case 'f':
		return eat_word(j, "false");
	case 'n':
		return eat_word(j, "null");
	default:
		return eat_number(j);
	}
}

/* The name of a member and its colon. */
static int
eat_name(struct json *j)
{
	skip_space(j);
	if (!eat_string(j))
		return 0;
	skip_space(j);
	return eat(j, ':');
}

/*
 * At the beginning of a value: enter what opens (*again = 1: a value must
 * follow), or eat a scalar or an empty container. 0 on a fault.
 */
static int
eat_value(struct json *j, int *again)
{
	int c;

	skip_space(j);
	c = peek(j);
	*again = 0;
	if (c != '{' && c != '[')
		return eat_scalar(j);
	j->p++;
	skip_space(j);
	if (eat(j, c == '{' ? '}' : ']'))
		return 1;
	if (j->depth == SNIFF_JSON_DEPTH)
		return 0;
	j->stack[j->depth++] = (uint8_t)c;
	*again = 1;
	return c != '{' || eat_name(j);
}

/* After a value: close what ends, or pass to the next (*again = 1). */
static int
eat_after(struct json *j, int *again)
{
	*again = 0;
	while (j->depth > 0) {
		uint8_t open = j->stack[j->depth - 1];

		skip_space(j);
		if (eat(j, ',')) {
			*again = 1;
			return open != '{' || eat_name(j);
		}
		if (!eat(j, open == '{' ? '}' : ']'))
			return 0;
		j->depth--;
	}
	return 1;
}

int
sniff_is_json(const uint8_t *p, size_t n)
{
	struct json j = { .p = p, .end = p + n };
	int again;

	do {
		if (!eat_value(&j, &again))
			return 0;
		if (!again && !eat_after(&j, &again))
			return 0;
	} while (again);
	skip_space(&j);
	return j.p == j.end;
}

/*
 * Text: UTF-8 without control characters, but white space, escape and form
 * feed. The beginning of a file may end inside a character.
 */
static int
is_text(const uint8_t *p, size_t n, int whole)
{
	size_t i, cut;

	for (i = 0; i < n; i++)
		if (p[i] == 0x7f ||
		    (p[i] < 0x20 &&
			(p[i] == 0 || strchr("\t\n\r\f\033", p[i]) == NULL)))
			return 0;
	for (cut = 0; cut < 4 && cut <= n; cut++) {
		if (utf8_is_valid(p, n - cut))
			return 1;
		if (whole)
			return 0;
	}
	return 0;
}

static int
begins(const uint8_t *p, size_t n, const char *word)
{
	size_t len = strlen(word);

	return n >= len && strncasecmp((const char *)p, word, len) == 0;
}

int
sniff_text(const uint8_t *p, size_t n, int whole, struct sniff *s)
{
	const uint8_t *end = p + n;

	if (!is_text(p, n, whole))
		return 0;
	*s = (struct sniff){ .media = "text/plain", .accept = accept_text };
	if (begins(p, n, "\xef\xbb\xbf"))
		p += 3;
	while (p < end && strchr(" \t\r\n", *p) != NULL)
		p++;
	n = (size_t)(end - p);
	if (begins(p, n, "<?xml"))
		*s =
		    (struct sniff){ .media = "text/xml", .accept = accept_xml };
	else if (begins(p, n, "<!doctype html") || begins(p, n, "<html"))
		*s = (struct sniff){ .media = "text/html",
			.accept = accept_html };
	else if (whole && n > 0 && (*p == '{' || *p == '[') &&
		 sniff_is_json(p, n))
		*s = (struct sniff){ .media = "application/json",
			.accept = accept_json };
	return 1;
}
