/*
 * Lists as spreadsheets save them: RFC 4180 with a separator of one's own,
 * lines that end with CR LF, LF or CR, in UTF-8 (with or without its mark) or
 * Windows-1252. What is valid UTF-8 is UTF-8; all else is Windows-1252. Pure:
 * no file, no clock. Nothing is repaired: a fault refuses the whole, and says
 * at which line and column.
 *
 * Cells are data. One that begins like a formula is never evaluated here, and
 * csv_write makes it harmless for the spreadsheet that opens it next.
 */
#ifndef DAEMON_CORE_CSV_H
#define DAEMON_CORE_CSV_H

#include "base/buf.h"

#define CSV_BYTES_MAX ((size_t)4 << 20) /* of the list as it came */
#define CSV_LINES_MAX 2001		/* records, the first one included */
#define CSV_COLUMNS_MAX 64
#define CSV_CELL_MAX 1000 /* bytes of a cell in UTF-8 */

/* A record: cells from the first-th on. line: where it begins, from 1. */
struct csv_line {
	size_t first, n;
	uint32_t line;
};
struct csv {
	struct buf text;  /* all cells, each with its NUL */
	struct buf at;	  /* size_t each: where in text */
	struct buf lines; /* struct csv_line each */
	size_t nlines;
};
void csv_done(struct csv *c);

/*
 * The bytes as UTF-8 without a mark, appended to out. ERR_TOO_LARGE tag
 * "csv-size"; ERR_REFUSED tag "csv-nul" (also what UTF-16 is), or
 * "csv-encoding": a byte that Windows-1252 has not.
 */
int csv_decode(const void *p, size_t n, struct buf *out, struct err *e)
    NODISCARD;
/*
 * Text in UTF-8 to records; empty lines are passed over. ERR_REFUSED tag
 * "csv-quote" (one that does not end, or stands inside a cell), "csv-nul";
 * ERR_TOO_LARGE tag "csv-lines", "csv-columns", "csv-cell".
 */
int csv_parse(const void *p, size_t n, char separator, struct csv *out,
    struct err *e) NODISCARD;

const struct csv_line *csv_line(const struct csv *c, size_t i);
/* The i-th cell of a record; "" behind its last. */
const char *csv_cell(
    const struct csv *c, const struct csv_line *line, size_t i);

/*
 * One cell, quoted, appended to out; a separator before it unless it is the
 * first. What a spreadsheet would take for a formula (= + - @, a tab or a CR
 * at its beginning) gets an apostrophe before it.
 */
int csv_write(struct buf *out, const char *cell, char separator, int first,
    struct err *e) NODISCARD;
/* The end of a record: CR LF. */
int csv_write_end(struct buf *out, struct err *e) NODISCARD;
/* The mark by which spreadsheets know UTF-8. */
int csv_write_mark(struct buf *out, struct err *e) NODISCARD;

#endif
