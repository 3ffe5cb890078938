/*
 * Readings that are out of the ordinary, by the figures of the rules: many
 * cases in a day by one account, at night, of a case in which somebody's
 * address must not be found, of another team's case. A sign and no proof:
 * somebody looks at it.
 */
#ifndef DAEMON_CORE_ODD_READS_H
#define DAEMON_CORE_ODD_READS_H

#include "daemon/core/core.h"

struct odd_reads {
	struct core *core;
	int64_t many, night_from, night_until; /* -1: the rules do not say */
	json_t *days;	      /* {"account day": {case: true}} */
	json_t *found;	      /* {"sort account": {…}} */
	json_t *confidential; /* {case: bool}: asked already */
};
int odd_reads_init(struct odd_reads *o, struct core *core, struct err *e)
    NODISCARD;
void odd_reads_done(struct odd_reads *o);
/* One leaf of the log, in any order. */
int odd_reads_look(struct odd_reads *o, const json_t *entry, struct err *e)
    NODISCARD;
/*
 * [{sort, account, role, n, first_at, last_at}] and, of
 * "many-cases-in-a-day", day: sort is that, "night", "confidential-address" or
 * "other-team"; n: cases of that day, else readings. NULL: no memory.
 */
json_t *odd_reads_json(struct odd_reads *o);

#endif
