#include "daemon/core/csv.h"

#include <string.h>

#include "base/secret.h"
#include "base/text.h"

static const char mark[] = "\xef\xbb\xbf";

/*
 * Windows-1252, 0x80 to 0x9f (WHATWG Encoding, index windows-1252, without
 * the five bytes that it maps to control characters): 0 is none.
 */
static const uint16_t high[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, /* 80 */
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,	   /* 88 */
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, /* 90 */
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178, /* 98 */
};

void
csv_done(struct csv *c)
{
	buf_done(&c->text);
	buf_done(&c->at);
	buf_done(&c->lines);
	c->nlines = 0;
}

/* --- encodings ------------------------------------------------------------ */

/* Line and column, from 1, in bytes, of the at-th byte. */
static void
place(const uint8_t *p, size_t at, unsigned *line, unsigned *column)
{
	size_t i, begin = 0;

	*line = 1;
	for (i = 0; i < at; i++)
		if (p[i] == '\n' ||
		    (p[i] == '\r' && (i + 1 >= at || p[i + 1] != '\n'))) {
			++*line;
			begin = i + 1;
		}
	*column = (unsigned)(at - begin) + 1;
}

static int
refuse_byte(const uint8_t *p, size_t at, const char *tag, const char *what,
    struct err *e)
{
	unsigned line, column;

	place(p, at, &line, &column);
	return err_tag(
	    e, ERR_REFUSED, tag, "line %u, column %u: %s", line, column, what);
}

/* A code point of two or three bytes. */
static int
add_code(struct buf *out, unsigned c, struct err *e)
{
	uint8_t b[3];

	if (c < 0x800) {
		b[0] = (uint8_t)(0xc0 | c >> 6);
		b[1] = (uint8_t)(0x80 | (c & 0x3f));
		return buf_add(out, b, 2, e);
	}
	b[0] = (uint8_t)(0xe0 | c >> 12);
	b[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	b[2] = (uint8_t)(0x80 | (c & 0x3f));
	return buf_add(out, b, 3, e);
}

static int
from_1252(const uint8_t *p, size_t n, struct buf *out, struct err *e)
{
	unsigned code;
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		code = p[i] < 0x80 || p[i] > 0x9f ? p[i] : high[p[i] - 0x80];
		if (code == 0)
			return refuse_byte(p, i, "csv-encoding",
			    "neither UTF-8 nor Windows-1252", e);
		r = code < 0x80 ? buf_add(out, &p[i], 1, e)
				: add_code(out, code, e);
		if (r < 0)
			return r;
	}
	return 0;
}

int
csv_decode(const void *bytes, size_t n, struct buf *out, struct err *e)
{
	const uint8_t *p = bytes, *nul;
	size_t was = out->len;
	int r;

	if (n > CSV_BYTES_MAX)
		return err_tag(e, ERR_TOO_LARGE, "csv-size",
		    "a list over %zu bytes", CSV_BYTES_MAX);
	if (n > 0 && (nul = memchr(p, 0, n)) != NULL)
		return refuse_byte(p, (size_t)(nul - p), "csv-nul",
		    "a NUL: this is no list, or it is UTF-16", e);
	if (utf8_is_valid(p, n)) {
		if (n >= 3 && memcmp(p, mark, 3) == 0)
			return buf_add(out, p + 3, n - 3, e);
		return buf_add(out, p, n, e);
	}
	/* The mark says UTF-8, and it is none: nobody's encoding. */
	if (n >= 3 && memcmp(p, mark, 3) == 0)
		return err_tag(e, ERR_REFUSED, "csv-encoding",
		    "it begins as UTF-8 and is not");
	if ((r = from_1252(p, n, out, e)) < 0) {
		secret_wipe(out->p + was, out->len - was);
		out->len = was;
	}
	return r;
}

/* --- records -------------------------------------------------------------- */

struct scan {
	const uint8_t *p, *end;
	uint8_t separator;
	unsigned line, column; /* of p; in characters of UTF-8 */
	struct csv *out;
};

static int
refuse(const struct scan *s, enum err_code code, const char *tag,
    const char *what, struct err *e)
{
	return err_tag(
	    e, code, tag, "line %u, column %u: %s", s->line, s->column, what);
}

static int
at_end_of_line(const struct scan *s)
{
	return s->p == s->end || *s->p == '\n' || *s->p == '\r';
}

/* Past one byte; CR LF counts as one end. */
static void
pass(struct scan *s)
{
	uint8_t c = *s->p++;

	if (c == '\n' || (c == '\r' && (s->p == s->end || *s->p != '\n'))) {
		s->line++;
		s->column = 1;
	} else if ((c & 0xc0) != 0x80) {
		s->column++;
	}
}

static int
keep(struct scan *s, size_t begin, struct err *e)
{
	struct buf *text = &s->out->text;

	if (*s->p == '\0')
		return refuse(s, ERR_REFUSED, "csv-nul", "a NUL", e);
	if (text->len - begin >= CSV_CELL_MAX)
		return refuse(
		    s, ERR_TOO_LARGE, "csv-cell", "the cell is too long", e);
	return buf_add(text, s->p, 1, e);
}

/* Behind the opening quote, to behind the closing one. */
static int
quoted(struct scan *s, size_t begin, struct err *e)
{
	struct scan open = *s;
	int r;

	for (;;) {
		if (s->p == s->end)
			return refuse(&open, ERR_REFUSED, "csv-quote",
			    "this quote does not end", e);
		if (*s->p == '"') {
			pass(s);
			if (s->p == s->end || *s->p != '"')
				break;
		}
		if ((r = keep(s, begin, e)) < 0)
			return r;
		pass(s);
	}
	if (!at_end_of_line(s) && *s->p != s->separator)
		return refuse(s, ERR_REFUSED, "csv-quote",
		    "something follows a closing quote", e);
	return 0;
}

static int
plain(struct scan *s, size_t begin, struct err *e)
{
	int r;

	while (!at_end_of_line(s) && *s->p != s->separator) {
		if (*s->p == '"')
			return refuse(s, ERR_REFUSED, "csv-quote",
			    "a quote inside a cell that is not quoted", e);
		if ((r = keep(s, begin, e)) < 0)
			return r;
		pass(s);
	}
	return 0;
}

static int
cell(struct scan *s, struct csv_line *l, struct err *e)
{
	size_t begin = s->out->text.len;
	int r;

	if (l->n == CSV_COLUMNS_MAX)
		return refuse(
		    s, ERR_TOO_LARGE, "csv-columns", "too many columns", e);
	if (s->p < s->end && *s->p == '"') {
		pass(s);
		r = quoted(s, begin, e);
	} else {
		r = plain(s, begin, e);
	}
	if (r < 0 || (r = buf_add(&s->out->text, "", 1, e)) < 0)
		return r;
	l->n++;
	return buf_add(&s->out->at, &begin, sizeof(begin), e);
}

static int
record(struct scan *s, struct err *e)
{
	struct csv_line l = { .first = s->out->at.len / sizeof(size_t),
		.line = s->line };
	int r;

	if (s->out->nlines == CSV_LINES_MAX)
		return refuse(
		    s, ERR_TOO_LARGE, "csv-lines", "too many lines", e);
	for (;;) {
		if ((r = cell(s, &l, e)) < 0)
			return r;
		if (at_end_of_line(s))
			break;
		pass(s);
	}
	s->out->nlines++;
	return buf_add(&s->out->lines, &l, sizeof(l), e);
}

int
csv_parse(
    const void *p, size_t n, char separator, struct csv *out, struct err *e)
{
	struct csv c = { 0 };
	struct scan s = { .p = p,
		.separator = (uint8_t)separator,
		.line = 1,
		.column = 1,
		.out = &c };
	int r;

	s.end = n > 0 ? s.p + n : s.p;
	while (s.p < s.end) {
		if (at_end_of_line(&s)) {
			pass(&s);
			continue;
		}
		if ((r = record(&s, e)) < 0) {
			csv_done(&c);
			return r;
		}
	}
	*out = c;
	return 0;
}

const struct csv_line *
csv_line(const struct csv *c, size_t i)
{
	return (const struct csv_line *)(const void *)c->lines.p + i;
}

const char *
csv_cell(const struct csv *c, const struct csv_line *line, size_t i)
{
	const size_t *at = (const size_t *)(const void *)c->at.p;

	if (i >= line->n)
		return "";
	return (const char *)c->text.p + at[line->first + i];
}

/* --- writing -------------------------------------------------------------- */

int
csv_write(
    struct buf *out, const char *text, char separator, int first, struct err *e)
{
	const char *s;
	int r;

	if ((!first && (r = buf_add(out, &separator, 1, e)) < 0) ||
	    (r = buf_addstr(out, "\"", e)) < 0)
		return r;
	if (*text != '\0' && strchr("=+-@\t\r", *text) != NULL &&
	    (r = buf_addstr(out, "'", e)) < 0)
		return r;
	for (s = text; *s != '\0'; s++)
		if ((r = buf_add(out, s, 1, e)) < 0 ||
		    (*s == '"' && (r = buf_add(out, s, 1, e)) < 0))
			return r;
	return buf_addstr(out, "\"", e);
}

int
csv_write_end(struct buf *out, struct err *e)
{
	return buf_addstr(out, "\r\n", e);
}

int
csv_write_mark(struct buf *out, struct err *e)
{
	return buf_addstr(out, mark, e);
}
