/*
 * The opening of a case in its steps, for who opens one and for who opens
 * many in one change: checked, prepared outside of the change (ids, keys,
 * what is sealed), then entered within it.
 */
#ifndef DAEMON_CORE_CASE_OPENING_H
#define DAEMON_CORE_CASE_OPENING_H

#include "daemon/core/person.h"

/* A case on the way into the catalog; {0} is none. */
struct opening {
	struct core *core;
	const struct caller *caller; /* of a team and an organisation */
	struct id id;
	struct fresh_key key; /* the number alone: its key was used */
	struct buf sealed;
	char stage[16], source[CASE_TEXT_MAX + 1];
	struct person_row *persons;
	size_t npersons;
	json_t *detail;
	uint64_t leaf; /* set by opening_apply */
};
void opening_done(struct opening *op);

/* Is it well formed? */
int opening_check(const struct case_opening *o, int64_t now_ms, struct err *e)
    NODISCARD;
/* decision: as decision_json, of the act that opens it; borrowed. On failure
 * nothing is to be released. */
int opening_prepare(struct core *core, const struct caller *caller,
    const struct case_opening *o, json_t *decision, struct opening *op,
    struct err *e) NODISCARD;
/* Within a change: the leaf, the case, its persons. */
int opening_apply(
    struct tx *tx, struct opening *op, int64_t now_ms, struct err *e) NODISCARD;

#endif
