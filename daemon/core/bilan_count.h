/*
 * What a bilan counts and shows, from the anonymous rows of the table
 * indicator and from the months frozen.
 */
#ifndef DAEMON_CORE_BILAN_COUNT_H
#define DAEMON_CORE_BILAN_COUNT_H

#include "daemon/core/core.h"

/* [[code, a, b, n]] of a month, sorted; a new reference. */
int bilan_count_month(
    struct tx *tx, int32_t month, json_t **counts, struct err *e) NODISCARD;
/* {code: n} of those whose total the convention names, zeros as well. */
int bilan_count_totals(const struct policy *p, const json_t *counts,
    json_t **totals, struct err *e) NODISCARD;
/*
 * A table over frozen months, both included, as it is published: {rows,
 * cols, cells, row_totals, col_totals, total, hidden}; null: suppressed.
 * hidden: all of it is.
 */
int bilan_count_table(struct tx *tx, int32_t first, int32_t last,
    const struct policy_indicator *i, int64_t k, json_t **shown, struct err *e)
    NODISCARD;

#endif
