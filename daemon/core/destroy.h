/*
 * Destruction, whoever asked for it: keys by one rotation of the agent's
 * keystore, then the live copies. Whole-vault acts, one at a time.
 */
#ifndef DAEMON_CORE_DESTROY_H
#define DAEMON_CORE_DESTROY_H

#include "daemon/core/core.h"

/* Hold this over everything from the numbers to the copies. */
void destroy_begin(void);
void destroy_end(void);

/* Months of the log whose details go, ascending (audit_months). */
struct destroy_months {
	const uint32_t *v;
	size_t n;
};
/*
 * Destroy these keys (u64 in host order, any order; the burnt ones join
 * them) and those of these months (NULL: none), in the name of a leaf that a
 * signed head covers. Restartable: the same call again destroys what is left.
 * ERR_SEALED, ERR_INCONSISTENT; ERR_CONFLICT "clock-suspect".
 */
int destroy_keys(struct core *core, struct buf *numbers,
    const struct destroy_months *months, uint64_t leaf, struct err *e)
    NODISCARD;
/* What was forgotten leaves the search index (its key is new), the store's
 * segments and the catalog's pages. */
int destroy_copies(struct core *core, struct err *e) NODISCARD;

#endif
