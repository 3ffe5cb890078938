/*
 * What is counted of what happened: which kinds, acts and outcomes make
 * which indicator (indicator.h). For happened.c.
 */
#ifndef DAEMON_CORE_HAPPENED_COUNT_H
#define DAEMON_CORE_HAPPENED_COUNT_H

#include "daemon/core/happened.h"

int happened_count_filed(struct core *core, struct tx *tx,
    const struct happening *h, const struct id *document, uint32_t version,
    const char *kind, const json_t *record, struct err *e) NODISCARD;
/* A document was voided or moved away: what it alone was counted for is not
 * counted any more. After its moments were taken back. */
int happened_count_void(struct tx *tx, const struct happening *h,
    const struct id *document, struct err *e) NODISCARD;
int happened_count_case(struct core *core, struct tx *tx,
    const struct happening *h, const char *what, const char *source,
    const char *outcome, struct err *e) NODISCARD;

#endif
