/* Lines of the register as the API shows them. */
#ifndef DAEMON_CORE_EXTRACT_JSON_H
#define DAEMON_CORE_EXTRACT_JSON_H

#include "daemon/core/register.h"

/* {extract, case, recipient, purpose, rule, channel, state, sha256, …}: what
 * stands in clear. NULL: no memory. */
json_t *extract_row_json(const struct extract_row *row, int64_t now_ms);
/* The line's sealed words beside them (fields, basis, consent, who
 * acknowledged), while it has a key; opened under leaf. */
int extract_add_words(struct core *core, struct tx *tx,
    const struct extract_row *row, uint64_t leaf, json_t *into, struct err *e)
    NODISCARD;
/* All of these ids; leaf 0: only what is in clear. */
int extract_rows_json(struct core *core, struct tx *tx, const struct buf *ids,
    uint64_t leaf, json_t *into, struct err *e) NODISCARD;
/* The line's key, under leaf. ERR_NOT_FOUND after an erasure. */
int extract_key(struct core *core, const struct extract_row *row, uint64_t leaf,
    struct secret *out, struct err *e) NODISCARD;
/* The sealed words alone. */
int extract_words(struct core *core, struct tx *tx,
    const struct extract_row *row, uint64_t leaf, json_t **out, struct err *e)
    NODISCARD;

#endif
