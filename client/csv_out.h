/*
 * Tables for people who open them with a spreadsheet: UTF-8 with its mark,
 * semicolons, every cell quoted. What a spreadsheet would take for a formula
 * has an apostrophe before it.
 */
#ifndef CLIENT_CSV_OUT_H
#define CLIENT_CSV_OUT_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"

struct csv_column {
	const char *heading; /* French; NULL ends the columns */
	const char *member;  /* a string, a number, a list of strings */
	/* Says what stands in the cell, of the member's string; or NULL. */
	const char *(*words)(const char *value);
	int is_day; /* of a time, the day in Paris */
};

/* rows: an array of objects; what a row has not is an empty cell. */
int csv_out(struct buf *b, const json_t *rows, const struct csv_column *columns,
    struct err *e) NODISCARD;

#endif
