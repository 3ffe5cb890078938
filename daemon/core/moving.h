/*
 * Moves of an extract from one state to the next: who asks, the line, the
 * leaf. Each is decided within the transaction of its leaf.
 */
#ifndef DAEMON_CORE_MOVING_H
#define DAEMON_CORE_MOVING_H

#include "daemon/core/disclosing.h"
#include "daemon/core/register.h"

struct moving {
	struct core *core;
	const struct caller *caller;
	struct id extract;
	const char *words; /* a reason; or NULL */
	struct decision access;
	struct extract_row row;
	/* Decided again, where it is. */
	struct disclosing now;
	uint64_t leaf;
};

/* Staff: the line of this extract, and may the caller do this in its case?
 * No such extract and one of another team's case are one answer. */
int moving_begin(struct moving *m, const char *extract, enum policy_op op,
    struct id *object, struct err *e) NODISCARD;
/* A partner: only its door; extract NULL: none. *object is set. */
int moving_begin_partner(struct moving *m, const char *extract,
    enum policy_op op, struct id *object, struct err *e) NODISCARD;
/* Within tx: the line, if it is the calling recipient's own and goes by its
 * door. ERR_NOT_FOUND for another's, and for one that awaits approval. */
int moving_own(struct moving *m, struct tx *tx, struct err *e) NODISCARD;
/* Within tx: the decision taken again, and its sources; into m->now. */
int moving_check_still(
    struct moving *m, struct tx *tx, int64_t now_ms, struct err *e) NODISCARD;
/*
 * Within tx, m->row being there: may it leave now? State, end, consents,
 * objection, restriction, blocks, the rules in force and every source, as
 * they stand here. Then it is pulled.
 */
int moving_pull(struct moving *m, struct tx *tx, int64_t now_ms, struct err *e)
    NODISCARD;
/* Its leaf; more is taken. */
int moving_enter(struct moving *m, struct tx *tx, enum leaf_class klass,
    json_t *more, int64_t now_ms, struct err *e) NODISCARD;
/* Run apply with m; a signed head covers it when it returns. */
int moving_commit(struct moving *m,
    int (*apply)(struct tx *tx, int64_t now_ms, void *arg, struct err *e),
    struct err *e) NODISCARD;
/* The container's bytes, under m->leaf. */
int moving_container(struct moving *m, struct buf *out, struct err *e)
    NODISCARD;
/* {extract, state, leaf}. */
int moving_answer(const struct moving *m, const char *state, json_t **answer,
    struct err *e) NODISCARD;

#endif
