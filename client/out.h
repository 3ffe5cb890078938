/*
 * Words on a terminal. What the vault holds was typed by others: control
 * characters of it never reach the terminal, and columns are measured in
 * places, not in bytes.
 */
#ifndef CLIENT_OUT_H
#define CLIENT_OUT_H

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

/* Places that s takes once printed by out_text: combining marks take none,
 * East Asian wide characters two. Bytes that are not UTF-8 take one each. */
size_t out_width(const char *s);

/*
 * The character at *s, which moves behind it. A byte that begins no
 * well-formed sequence (RFC 3629) is 0xfffd alone.
 */
uint32_t out_next(const char **s);
/* Controls of C0 and C1, and the marks that turn the direction of writing
 * (a name could print as another one). */
int out_is_hostile(uint32_t v);

/* s, with U+FFFD in place of each control character, direction mark and
 * byte that is not UTF-8. */
void out_text(FILE *f, const char *s);
/* The same, but newlines and tabs go through: a page of text. */
void out_page(FILE *f, const char *s);
/* s in lines of at most OUT_COLUMNS places, cut at spaces, with a line end:
 * the first begins at place at, the others after indent spaces. A word longer
 * than a line stays whole. */
void out_wrapped(FILE *f, const char *s, size_t at, size_t indent);
/* "label : value", and nothing when value is empty; long ones are wrapped. */
void out_line(FILE *f, const char *label, const char *value);

#define OUT_COLUMNS 100 /* places of a line that people read */
#define TABLE_COLUMNS_MAX 10

/* Rows that are printed when all are known, each column as wide as its
 * widest cell, empty columns left out. What is wider than OUT_COLUMNS is
 * wrapped within its columns; where that cannot fit, it stays as it is, or as
 * narrow as it gets, if that is not much wider, else each row is lines
 * "title : value". {0}, then
 * table_head. */
struct table {
	size_t columns, cells, room;
	char **cell;
};
/* The titles, NULL at the end; they say how many columns there are. */
int table_head(struct table *t, struct err *e, ...) NODISCARD
    __attribute__((sentinel));
/* One row: as many strings as titles (copied), then NULL. ERR_INTERNAL. */
int table_row(struct table *t, struct err *e, ...) NODISCARD
    __attribute__((sentinel));
/* The rows under their titles; instead of no row, the sentence none. */
void table_print(const struct table *t, FILE *f, const char *none);
void table_done(struct table *t);

#endif
