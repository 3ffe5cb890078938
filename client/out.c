#include "client/out.h"

#include <stdarg.h>
#include <stdint.h>

#include "client/cli.h"

#define REPLACEMENT "\xef\xbf\xbd"
#define GAP 2 /* spaces between two columns */

uint32_t
out_next(const char **s)
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

int
out_is_hostile(uint32_t v)
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
		v = out_next(&s);
		n += out_is_hostile(v) ? 1 : places(v);
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
		v = out_next(&s);
		if (out_is_hostile(v) && !(page && (v == '\n' || v == '\t')))
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
	out_wrapped(f, value, out_width(label) + 3, 2 * GAP);
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

/* The places of the first line of s within width, and where the next one
 * begins. A word that is longer than a line stays whole: ids are copied. */
static size_t
line_of(const char *s, size_t width, const char **rest)
{
	const char *p, *cut = NULL;
	size_t n = 0;

	for (p = s; *p != '\0' && (n < width || cut == NULL);) {
		const char *was = p;
		uint32_t v = out_next(&p);

		if (v == ' ')
			cut = was;
		n += out_is_hostile(v) ? 1 : places(v);
		if (n > width && cut != NULL)
			break;
	}
	if ((*p == '\0' && n <= width) || cut == NULL) {
		*rest = s + strlen(s);
		return (size_t)(*rest - s);
	}
	/* The place after the last that fits may be the space itself. */
	if (*p == ' ' && n <= width)
		cut = p;
	*rest = cut + 1;
	return (size_t)(cut - s);
}

static size_t
longest_word(const char *s)
{
	size_t n = 0, most = 0;
	uint32_t v;

	while (*s != '\0') {
		v = out_next(&s);
		n = v == ' ' ? 0 : n + (out_is_hostile(v) ? 1 : places(v));
		if (n > most)
			most = n;
	}
	return most;
}

static void
print_piece(FILE *f, const char *s, size_t n)
{
	AUTO(mem_freep) char *piece = strndup(s, n);

	if (piece != NULL)
		out_text(f, piece);
}

void
out_wrapped(FILE *f, const char *s, size_t at, size_t indent)
{
	const char *rest;
	size_t n, room, i;

	for (;; s = rest) {
		room = at < OUT_COLUMNS ? OUT_COLUMNS - at : 1;
		n = line_of(s, room, &rest);
		print_piece(f, s, n);
		fputc('\n', f);
		if (*rest == '\0')
			return;
		for (i = 0; i < indent; i++)
			fputc(' ', f);
		at = indent;
	}
}

/* --- columns -------------------------------------------------------------- */

#define TOLERATED 125 /* places of a row that no wrapping makes narrower */

struct widths {
	size_t want[TABLE_COLUMNS_MAX], least[TABLE_COLUMNS_MAX], used, last;
};

static size_t
row_width(const struct widths *w)
{
	size_t col, total = w->used > 0 ? (w->used - 1) * GAP : 0;

	for (col = 0; col < TABLE_COLUMNS_MAX; col++)
		total += w->want[col];
	return total;
}

/* A column that holds nothing is left out, title and all. */
static void
measure(const struct table *t, struct widths *w)
{
	size_t i, col, n, least, any[TABLE_COLUMNS_MAX] = { 0 };

	for (i = t->columns; i < t->cells; i++)
		any[i % t->columns] += t->cell[i][0] != '\0';
	for (i = 0; i < t->cells; i++) {
		col = i % t->columns;
		if (any[col] == 0)
			continue;
		if ((n = out_width(t->cell[i])) > w->want[col])
			w->want[col] = n;
		if ((least = longest_word(t->cell[i])) > w->least[col])
			w->least[col] = least;
	}
	for (col = 0; col < t->columns; col++) {
		if (any[col] == 0)
			continue;
		w->used++;
		w->last = col;
	}
}

/* Takes from the widest column that has something to give, until the rows
 * fit; 0 when they cannot. */
static int
squeeze(struct widths *w)
{
	size_t col, widest;

	while (row_width(w) > OUT_COLUMNS) {
		widest = TABLE_COLUMNS_MAX;
		for (col = 0; col < TABLE_COLUMNS_MAX; col++)
			if (w->want[col] > w->least[col] &&
			    (widest == TABLE_COLUMNS_MAX ||
				w->want[col] > w->want[widest]))
				widest = col;
		if (widest == TABLE_COLUMNS_MAX)
			return 0;
		w->want[widest]--;
	}
	return 1;
}

/* One row, on as many lines as its longest cell takes. */
static void
print_row(const struct table *t, FILE *f, size_t row, const struct widths *w)
{
	const char *at[TABLE_COLUMNS_MAX], *rest;
	size_t col, n, pad = 0, more = 1;

	for (col = 0; col < t->columns; col++)
		at[col] = t->cell[row * t->columns + col];
	while (more) {
		more = pad = 0;
		for (col = 0; col <= w->last; col++) {
			if (w->want[col] == 0)
				continue;
			n = line_of(at[col], w->want[col], &rest);
			if (n > 0) {
				AUTO(mem_freep) char *s = strndup(at[col], n);

				fprintf(f, "%*s", (int)pad, "");
				out_text(f, s != NULL ? s : "");
				pad = w->want[col] + GAP -
				      (s != NULL ? out_width(s) : 0);
			} else {
				pad += w->want[col] + GAP;
			}
			at[col] = rest;
			more |= *rest != '\0';
		}
		fputc('\n', f);
	}
}

/* Each row as lines "title : value", for what no line can hold. */
static void
print_blocks(const struct table *t, FILE *f)
{
	size_t i, col, at;

	for (i = t->columns; i < t->cells; i++) {
		col = i % t->columns;
		if (col == 0 && i > t->columns)
			fputc('\n', f);
		if (t->cell[i][0] == '\0')
			continue;
		at = col > 0 ? GAP : 0;
		fprintf(f, "%*s", (int)at, "");
		if (t->cell[col][0] != '\0') {
			fprintf(f, _("%s : "), t->cell[col]);
			at += out_width(t->cell[col]) + 3;
		}
		out_wrapped(f, t->cell[i], at, 2 * GAP);
	}
}

void
table_print(const struct table *t, FILE *f, const char *none)
{
	struct widths w = { 0 }, natural;
	size_t i;

	if (t->columns == 0 || t->cells <= t->columns) {
		fprintf(f, "%s\n", none);
		return;
	}
	measure(t, &w);
	natural = w;
	if (!squeeze(&w)) {
		if (row_width(&natural) <= TOLERATED)
			w = natural;
		else if (row_width(&w) > TOLERATED) {
			print_blocks(t, f);
			return;
		}
	}
	for (i = 0; i < t->cells / t->columns; i++)
		print_row(t, f, i, &w);
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
