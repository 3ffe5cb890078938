/*
 * Lists: what is decoded is UTF-8 without NUL; what is parsed stays within
 * its limits and, written again, gives the same cells, but for the apostrophe
 * before what would be a formula.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "daemon/core/csv.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
write_all(const struct csv *c, struct buf *out)
{
	const struct csv_line *l;
	size_t i, j;

	for (i = 0; i < c->nlines; i++) {
		l = csv_line(c, i);
		must(l->n > 0 && l->n <= CSV_COLUMNS_MAX && l->line > 0);
		for (j = 0; j < l->n; j++) {
			must(strlen(csv_cell(c, l, j)) <= CSV_CELL_MAX);
			must(csv_write(out, csv_cell(c, l, j), ',', j == 0,
				 NULL) == 0);
		}
		must(csv_write_end(out, NULL) == 0);
	}
}

static void
must_be_same(const struct csv *a, const struct csv *b)
{
	const char *x, *y;
	size_t i, j;

	must(a->nlines == b->nlines);
	for (i = 0; i < a->nlines; i++) {
		must(csv_line(a, i)->n == csv_line(b, i)->n);
		for (j = 0; j < csv_line(a, i)->n; j++) {
			x = csv_cell(a, csv_line(a, i), j);
			y = csv_cell(b, csv_line(b, i), j);
			if (*x != '\0' && strchr("=+-@\t\r", *x) != NULL)
				must(*y++ == '\'');
			must(strcmp(x, y) == 0);
		}
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf text = { 0 }, again = { 0 };
	AUTO(csv_done) struct csv a = { 0 }, b = { 0 };

	if (csv_decode(p, n, &text, NULL) < 0) {
		must(text.len == 0);
		return 0;
	}
	must(utf8_is_valid(text.p, text.len));
	if (csv_parse(text.p, text.len, ';', &a, NULL) < 0) {
		must(a.nlines == 0 && a.text.p == NULL);
		return 0;
	}
	write_all(&a, &again);
	/* An apostrophe more may pass the limit of a cell. */
	if (csv_parse(again.p, again.len, ',', &b, NULL) == 0)
		must_be_same(&a, &b);
	return 0;
}
