/*
 * The rows of intake: what was taken in, in numbers, and which cases it
 * opened. Private to intake.
 */
#ifndef DAEMON_CORE_INTAKE_ROW_H
#define DAEMON_CORE_INTAKE_ROW_H

#include "daemon/core/core.h"
#include "daemon/core/row.h"

struct intake_row {
	struct id id;
	char source[64], team[64];
	int64_t at; /* vault time, ms */
	uint64_t key, leaf;
	struct buf sealed; /* {sha256} */
	/* reopen: of closed cases; reopened: those of them that live again */
	int lines, opened, over_quota, duplicates, reopen, reopened, rejected;
};
int intake_row_insert(
    struct tx *tx, const struct intake_row *row, struct err *e) NODISCARD;
/* what: "opened", "reopened", or "reopen": the household's case is closed,
 * and somebody has to reopen it. */
int intake_row_line(struct tx *tx, const struct id *intake, int n,
    const struct id *kase, const char *what, int over, struct err *e) NODISCARD;
/* Households of this source since from_ms. */
int intake_row_count(struct tx *tx, const char *source, int64_t from_ms,
    int64_t *out, struct err *e) NODISCARD;
/* The leaf of the newest list; 0: none. */
int intake_row_newest(struct tx *tx, uint64_t *leaf, struct err *e) NODISCARD;
/* {intake, source, at, lines, opened, over_quota, …} of one. */
int intake_row_get(
    struct tx *tx, const struct id *id, json_t **out, struct err *e) NODISCARD;
/* The newest INTAKE_LIST_MAX: of a team ("": of all) and a source (""), each
 * with what get says in clear. */
int intake_row_all(struct tx *tx, const char *team, const char *source,
    struct sealed_rows *rows, struct err *e) NODISCARD;

#endif
