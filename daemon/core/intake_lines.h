/*
 * The lines of a list of households, read as the rules say; and who of them
 * is known. Private to intake.
 */
#ifndef DAEMON_CORE_INTAKE_LINES_H
#define DAEMON_CORE_INTAKE_LINES_H

#include "daemon/core/case.h"
#include "daemon/core/csv.h"

enum intake_fate {
	INTAKE_GOOD,
	INTAKE_DUPLICATE, /* of an open case, or of a line before */
	INTAKE_REOPEN,	  /* of a case that is closed or archived */
	INTAKE_REJECTED
};
struct intake_line {
	const struct csv_line *at;
	char text[INTAKE_TARGETS][CASE_TEXT_MAX + 1]; /* "" */
	char holder[CASE_TEXT_MAX + 1], second[CASE_TEXT_MAX + 1];
	int32_t year, second_year; /* 0: not said */
	enum intake_fate fate;
	const char *reason; /* of the rejected */
	int over;	    /* over the quota */
	struct id known;    /* zero: none */
	int may_reopen;	    /* the caller may */
};
struct intake_lines {
	struct csv csv;
	const struct csv_line *header;
	struct intake_line *v;
	size_t n;
};
void intake_lines_done(struct intake_lines *l);

/* text: the list in UTF-8. The reading alone: bad lines are REJECTED. */
int intake_lines_read(const struct policy_intake *how, const struct buf *text,
    int64_t now_ms, struct intake_lines *out, struct err *e) NODISCARD;
/* Who is known, in the index and in the list itself: their fates change. */
int intake_lines_known(struct core *core, const struct caller *caller,
    struct intake_lines *l, struct err *e) NODISCARD;
/* The rejected ones with their reason in words, as CSV; empty: none. */
int intake_lines_rejects(const struct policy_intake *how,
    const struct intake_lines *l, struct buf *out, struct err *e) NODISCARD;

#endif
