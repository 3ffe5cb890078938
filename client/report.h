/*
 * Reports as pages and tables, for the commands that print one and for the
 * folder that holds several.
 */
#ifndef CLIENT_REPORT_H
#define CLIENT_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

/* A field of CSV (RFC 4180, semicolons): quoted, and no formula to a
 * spreadsheet; the last one ends the line. */
void report_csv(FILE *f, const char *s, int is_last);
/* A count of the bilan, or * where it is suppressed; the i-th of a table's
 * "rows" or "cols". */
#define REPORT_COUNT 24
const char *report_count(const json_t *v, char out[REPORT_COUNT]);
const char *report_side(const json_t *t, const char *name, size_t i);
/* The k-th heading of an activity of the register: its value (maybe "", in b
 * or in a) and its title in the reader's language; NULL behind the last. */
const char *report_heading(const json_t *a, size_t k, const char **title,
    struct buf *b, struct err *e);
/* The register of processing activities, as /v1/reports/register says it. */
void report_register_csv(FILE *f, const json_t *j, struct err *e);
void report_register_page(FILE *f, const json_t *j, struct err *e);

#endif
