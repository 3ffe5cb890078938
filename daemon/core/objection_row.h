/* Rows of objections, for the module that owns them. */
#ifndef DAEMON_CORE_OBJECTION_ROW_H
#define DAEMON_CORE_OBJECTION_ROW_H

#include "daemon/core/objection.h"

struct objection_row {
	struct id id, kase, person; /* person zero: the household */
	char state[16];
	int32_t received; /* day */
	int64_t at, decided;
	uint64_t leaf, key;
};
/* ERR_NOT_FOUND, also for what is no id. */
int objection_row_find(struct tx *tx, const char *id, struct objection_row *out,
    struct err *e) NODISCARD;
int objection_row_by_id(struct tx *tx, const struct id *id,
    struct objection_row *out, struct err *e) NODISCARD;
/* Sealed words and grounds; empty when there are none. */
int objection_row_sealed(struct tx *tx, const struct id *id, struct buf *words,
    struct buf *grounds, struct err *e) NODISCARD;
int objection_row_ids(struct tx *tx, const struct id *kase, struct buf *ids,
    struct err *e) NODISCARD;

/* When the answer is due (GDPR art. 12(3)): 0 without a figure of the rules. */
int64_t objection_due_ms(const struct core *core, int32_t received);

#endif
