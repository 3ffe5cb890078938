#include "policy/scan.h"

#include <string.h>

#include "base/text.h"
#include "policy/policy.h"

struct scanner {
	const char *file;
	const char *p;
	size_t n, at;
	int line;
	char before; /* the last token: 'w' word, 's' string, or itself */
	struct {
		int line, is_list;
	} open[SCAN_DEPTH_MAX];
	size_t depth;
	struct scan *s;
	struct problems *ps;
};

static int
is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '.' || c == '_' || c == ':' ||
	       c == '-';
}

static int
scan_word(struct scanner *t)
{
	size_t from = t->at;

	while (t->at < t->n && is_word_byte(t->p[t->at]))
		t->at++;
	t->before = 'w';
	if (t->at - from <= POLICY_NAME_MAX)
		return 1;
	problem(t->ps, t->file, t->line, "a word is longer than %d bytes",
	    POLICY_NAME_MAX);
	return 0;
}

static int
scan_string(struct scanner *t)
{
	size_t from = ++t->at;
	const char *what = NULL;
	char c;

	for (; t->at < t->n && t->p[t->at] != '"'; t->at++) {
		c = t->p[t->at];
		if (c == '\n')
			break;
		if (c == '\\')
			what = "a backslash in a string: there are no escapes";
		else if (c == '$' && t->at + 1 < t->n && t->p[t->at + 1] == '{')
			what = "${…} in a string: nothing is expanded here";
		else if ((unsigned char)c < 0x20 || c == 0x7f)
			what = "a control character in a string";
	}
	if (what != NULL)
		problem(t->ps, t->file, t->line, "%s", what);
	else if (t->at == t->n || t->p[t->at] != '"')
		problem(t->ps, t->file, t->line,
		    "a string does not end on its line");
	else if (t->at - from > SCAN_STRING_MAX)
		problem(t->ps, t->file, t->line,
		    "a string is longer than %d bytes", SCAN_STRING_MAX);
	else {
		t->at++;
		t->before = 's';
		return 1;
	}
	return 0;
}

/* A comment becomes spaces: libConfuse is not given any. */
static void
scan_comment(struct scanner *t)
{
	char *copy = (char *)t->s->text.p;

	for (; t->at < t->n && t->p[t->at] != '\n'; t->at++)
		copy[t->at] = ' ';
}

static int
scan_open(struct scanner *t)
{
	int is_list = t->before == '=';

	if (!is_list && t->before != 'w' && t->before != 's') {
		problem(t->ps, t->file, t->line, "{ without a word before it");
		return 0;
	}
	if (t->depth == SCAN_DEPTH_MAX ||
	    (t->depth > 0 && t->open[t->depth - 1].is_list)) {
		problem(t->ps, t->file, t->line, "{ nested too deep");
		return 0;
	}
	t->open[t->depth].line = t->line;
	t->open[t->depth++].is_list = is_list;
	return 1;
}

static int
scan_close(struct scanner *t, int *r, struct err *e)
{
	int32_t line;

	if (t->depth == 0) {
		problem(t->ps, t->file, t->line, "} closes nothing");
		return 0;
	}
	if (t->open[--t->depth].is_list)
		return 1;
	line = t->open[t->depth].line;
	return (*r = buf_add(&t->s->open, &line, sizeof(line), e)) == 0;
}

/* One token; false to stop: a problem was found, or *r < 0. */
static int
scan_token(struct scanner *t, int *r, struct err *e)
{
	char c = t->p[t->at];

	if (is_word_byte(c))
		return scan_word(t);
	switch (c) {
	case '"':
		return scan_string(t);
	case '#':
		scan_comment(t);
		return 1;
	case '\n':
		t->line++;
		break;
	case ' ':
	case '\t':
		break;
	case '{':
		if (!scan_open(t))
			return 0;
		t->before = c;
		break;
	case '}':
		if (!scan_close(t, r, e))
			return 0;
		t->before = c;
		break;
	case '=':
	case ',':
		t->before = c;
		break;
	default:
		problem(t->ps, t->file, t->line,
		    (unsigned char)c > 0x20 && (unsigned char)c < 0x7f
			? "unexpected character '%c'"
			: "unexpected byte outside of a string",
		    c);
		return 0;
	}
	t->at++;
	return 1;
}

int
scan_text(const char *file, const void *p, size_t n, struct scan *s,
    struct problems *ps, struct err *e)
{
	struct scanner t = {
		.file = file, .p = p, .n = n, .line = 1, .s = s, .ps = ps
	};
	int r = 0;

	if (n > SCAN_FILE_MAX) {
		problem(ps, file, 0, "larger than %u bytes", SCAN_FILE_MAX);
		return 0;
	}
	if (!utf8_is_valid(p, n)) {
		problem(ps, file, 0, "not UTF-8 text");
		return 0;
	}
	if ((r = buf_add(&s->text, p, n, e)) < 0)
		return r;
	while (t.at < n && scan_token(&t, &r, e))
		;
	if (r == 0 && t.at == n && t.depth > 0)
		problem(
		    ps, file, t.open[t.depth - 1].line, "{ is never closed");
	return r;
}

void
scan_done(struct scan *s)
{
	buf_done(&s->text);
	buf_done(&s->open);
}
