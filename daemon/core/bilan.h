/*
 * The bilan of the convention: the counts of a month, frozen once the month
 * is over, signed by the agent, and kept for ever: they are of nobody. Tables
 * bilan and bilan_table.
 *
 * What is signed is text, one line a count:
 *
 *   sceau bilan 1
 *   month 2026-10
 *   leaf 1234
 *   total received 42          the totals the convention names, of the rules
 *   …
 *   counts HEX                 SHA-256 of salt (32 bytes) and of the counts
 *                              in full, as JSON with sorted keys
 *
 * Small counts could be guessed from a hash alone: hence the salt, which
 * stays in the vault.
 *
 * What is published of tables (counts by source, by device and outcome) is
 * decided once, when the month that ends a block is frozen: blocks are of
 * figure bilan-table-months, begin in January, and never share a month.
 * Cells are then suppressed (suppress.h) and the table kept as it will always
 * be shown. A bilan over any period shows the totals month by month and the
 * tables of the blocks that lie in it: so bilans over other periods, taken
 * from each other, leave nothing that was not published.
 */
#ifndef DAEMON_CORE_BILAN_H
#define DAEMON_CORE_BILAN_H

#include "daemon/core/core.h"

#define BILAN_MONTHS_MAX 120 /* of one report */

extern const char *const bilan_schema;

/* "2026-10" to the months of indicator_month. ERR_INVALID "month". */
int bilan_month_parse(const char *s, int32_t *month, struct err *e) NODISCARD;
#define BILAN_MONTH_TEXT 16
void bilan_month_format(int32_t month, char out[BILAN_MONTH_TEXT]);

/*
 * Freeze a month. ERR_CONFLICT "bilan-month" (it is not over), "bilan-frozen",
 * "bilan-order" (one before it is not frozen), "bilan-empty" (nothing had
 * been counted by its end).
 */
int bilan_freeze(struct core *core, const struct caller *caller,
    const char *month, json_t **answer, struct err *e) NODISCARD;
/*
 * {from, until, months: [{month, state, frozen_at, leaf, totals}], totals:
 * [{code, title, n}], tables: [{from, until, code, title, dimensions, rows,
 * …}], leaf}. state: "frozen", "provisional", "none". Both months included;
 * ERR_INVALID "period" when there are none, or more than BILAN_MONTHS_MAX.
 */
int bilan_report(struct core *core, const struct caller *caller,
    const char *from, const char *until, json_t **answer, struct err *e)
    NODISCARD;
/* Vouchers: the frozen months with their signed texts; from and until NULL:
 * all of them (a century at most). */
int bilan_vouchers(struct core *core, const struct caller *caller,
    const char *from, const char *until, json_t **answer, struct err *e)
    NODISCARD;

/* The months that a report may say anything of. */
struct due_list;
int bilan_due(struct due_list *d, struct err *e) NODISCARD;

#endif
