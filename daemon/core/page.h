/*
 * The page in French that goes with an extract, or is the extract: what a
 * person reads. The same facts give the same bytes. Values are one line's
 * text each, without controls or marks that turn the direction of writing,
 * and indented: none can pass for a line of ours.
 *
 * On paper the text is cut into numbered sheets. A sheet is at most
 * PAGE_LINES lines of the text, an empty line, and three lines: extract and
 * number, number of the leaf, SHA-256 of the text (all sheets' lines, with
 * their line ends); a form feed is between two sheets.
 */
#ifndef DAEMON_CORE_PAGE_H
#define DAEMON_CORE_PAGE_H

#include "daemon/core/payload.h"

#define PAGE_COLUMNS 76 /* code points of a line */
#define PAGE_LINES 54	/* of the text, on one sheet */

/* Appended. */
int page_text(const struct payload_facts *f, struct buf *out, struct err *e)
    NODISCARD;
/* The sheet before attached documents: for whom, which extract, when, and
 * each file with its SHA-256. */
int page_cover(const struct payload_facts *f, struct buf *out, struct err *e)
    NODISCARD;
/* The text on sheets. leaf: that binds it. */
int page_sheets(const struct buf *text, const struct id *extract, uint64_t leaf,
    struct buf *out, struct err *e) NODISCARD;

/* A value of the field at path, on one line: members of a group after one
 * another, items of a list between "/". Appended. */
int page_line(const struct policy_kind *kind, const char *path, const json_t *v,
    struct buf *out, struct err *e) NODISCARD;

/* For tests: a value of a declared field, as it is written. */
int page_value(const struct policy_field *f, const json_t *v, struct buf *out,
    struct err *e) NODISCARD;

#endif
