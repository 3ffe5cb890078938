#include "client/out.h"

#include <stdarg.h>
#include <stdint.h>

#include "client/cli.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define GAP 2 /* spaces between two columns */

/*
 * The character at *s, which moves behind it. A byte that begins no
 * well-formed sequence (RFC 3629) is 0xfffd alone.
 */
static uint32_t
next(const char **s)
{
	static const uint32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	const unsigned char *p = (const unsigned char *)*s;
	uint32_t v;
	int more, i;

	(*s)++;
	if (*p < 0x80)
		return *p;
	more = *p >= 0xf0 ? 3 : *p >= 0xe0 ? 2 : 1;
	if (*p < 0xc2 || *p > 0xf4)
		return 0xfffd;
	v = *p & (0x3fu >> more);
	for (i = 1; i <= more; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0xfffd;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[more] || v > 0x10ffff || (v >= 0xd800 && v < 0xe000))
		return 0xfffd;
	*s += more;
	return v;
}

/* Controls of C0 and C1, and the marks that turn the direction of writing
 * (a name could print as another one). */
static int
is_hostile(uint32_t v)
{
	return v < 0x20 || (v >= 0x7f && v < 0xa0) || v == 0x061c ||
	       (v >= 0x200e && v <= 0x200f) || (v >= 0x2028 && v <= 0x202e) ||
	       (v >= 0x2066 && v <= 0x2069) || v == 0xfffd;
}

static size_t
places(uint32_t v)
{
	if ((v >= 0x300 && v < 0x370) || v == 0x200b || v == 0x200d ||
	    (v >= 0xfe00 && v < 0xfe10))
		return 0;
	if ((v >= 0x1100 && v < 0x1160) || (v >= 0x2e80 && v < 0xa4d0) ||
	    (v >= 0xac00 && v < 0xd7a4) || (v >= 0xf900 && v < 0xfb00) ||
	    (v >= 0xff00 && v < 0xff61) || (v >= 0x1f300 && v < 0x1f650))
		return 2;
	return 1;
}

size_t
out_width(const char *s)
{
	size_t n = 0;
	uint32_t v;

	while (*s != '\0') {
		v = next(&s);
		n += is_hostile(v) ? 1 : places(v);
	}
	return n;
}

static void
print(FILE *f, const char *s, int page)
{
	const char *was;
	uint32_t v;

	while (*s != '\0') {
		was = s;
		v = next(&s);
		if (is_hostile(v) && !(page && (v == '\n' || v == '\t')))
			fputs(REPLACEMENT, f);
		else
			fwrite(was, 1, (size_t)(s - was), f);
	}
}

void
out_text(FILE *f, const char *s)
{
	print(f, s, 0);
}

void
out_page(FILE *f, const char *s)
{
	print(f, s, 1);
}

void
out_line(FILE *f, const char *label, const char *value)
{
	if (*value == '\0')
		return;
	/* The colon of French has a space before it, that of others not. */
	fprintf(f, _("%s : "), label);
	out_text(f, value);
	fputc('\n', f);
}

/* --- tables ----------------------------------------------------------- */

static int
add_cell(struct table *t, const char *s, struct err *e)
{
	size_t room = t->room == 0 ? 64 : t->room * 2;
	char **p;

	if (t->cells == t->room) {
		if ((p = reallocarray(t->cell, room, sizeof(*p))) == NULL)
			return err_set(e, ERR_NOMEM, "table");
		t->cell = p;
		t->room = room;
	}
	if ((t->cell[t->cells] = strdup(s)) == NULL)
		return err_set(e, ERR_NOMEM, "table");
	t->cells++;
	return 0;
}

static int
add_row(struct table *t, va_list ap, struct err *e)
{
	size_t was = t->cells;
	const char *s;
	int r;

	while ((s = va_arg(ap, const char *)) != NULL)
		if ((r = add_cell(t, s, e)) < 0)
			return r;
	if (t->columns == 0 && t->cells <= TABLE_COLUMNS_MAX)
		t->columns = t->cells;
	if (t->columns == 0 || t->cells - was != t->columns)
		return err_set(
		    e, ERR_INTERNAL, "table of %zu columns", t->columns);
	return 0;
}

int
table_head(struct table *t, struct err *e, ...)
{
	va_list ap;
	int r;

	va_start(ap, e);
	r = add_row(t, ap, e);
	va_end(ap);
	return r;
}

int
table_row(struct table *t, struct err *e, ...)
{
	va_list ap;
	int r;

	va_start(ap, e);
	r = add_row(t, ap, e);
	va_end(ap);
	return r;
}

void
table_print(const struct table *t, FILE *f, const char *none)
{
	size_t width[TABLE_COLUMNS_MAX] = { 0 }, i, col, w;

	if (t->columns == 0 || t->cells <= t->columns) {
		fprintf(f, "%s\n", none);
		return;
	}
	for (i = 0; i < t->cells; i++) {
		w = out_width(t->cell[i]);
		if (w > width[i % t->columns])
			width[i % t->columns] = w;
	}
	for (i = 0; i < t->cells; i++) {
		col = i % t->columns;
		out_text(f, t->cell[i]);
		if (col + 1 == t->columns) {
			fputc('\n', f);
			continue;
		}
		for (w = out_width(t->cell[i]); w < width[col] + GAP; w++)
			fputc(' ', f);
	}
}

void
table_done(struct table *t)
{
	size_t i;

	for (i = 0; i < t->cells; i++)
		free(t->cell[i]);
	free(t->cell);
	*t = (struct table){ 0 };
}
