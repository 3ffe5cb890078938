/*
 * What happened in a case is told here once, within the change that enters
 * it; what follows from it (moments, démarches, indicators) is then up to
 * date in the same transaction.
 */
#ifndef DAEMON_CORE_HAPPENED_H
#define DAEMON_CORE_HAPPENED_H

#include "daemon/core/core.h"

struct happening {
	const struct id *kase;
	int64_t at_ms; /* vault time */
	uint64_t leaf;
	int completes; /* a record: all versions before were drafts */
};
/* A document of this kind was filed; record: its JSON, or NULL for a file.
 * version: from 1. */
int happened_filed(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, uint32_t version, const char *kind,
    const json_t *record, struct err *e) NODISCARD;
/* An event was entered. object: its row. */
int happened_event(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *object, const char *event, int32_t day, struct err *e)
    NODISCARD;
/* "opened", "reopened", "closed" (outcome: why), "refused". source: the
 * case's. */
int happened_case(struct core *core, struct tx *tx, const struct happening *h,
    const char *what, const char *source, const char *outcome, struct err *e)
    NODISCARD;
/* A document was voided, or moved away: what it brought is taken back. */
int happened_void(struct core *core, struct tx *tx, const struct happening *h,
    const struct id *document, struct err *e) NODISCARD;

#endif
