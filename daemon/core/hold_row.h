/* Rows of holds, for the module that owns them. */
#ifndef DAEMON_CORE_HOLD_ROW_H
#define DAEMON_CORE_HOLD_ROW_H

#include "daemon/core/hold.h"

#define HOLD_VERSION_WORDS 1 /* of the seal's context */
#define HOLD_VERSION_PAGE 2

struct hold_row {
	struct id id, kase, document; /* document zero: the whole case */
	char state[16];		      /* "set", "released" */
	int32_t review;		      /* day */
	int64_t at;
	uint64_t leaf, key;
	struct buf words, page; /* sealed; page empty: none was asked for */
};
void hold_row_done(struct hold_row *row);
/* ERR_NOT_FOUND, also for what is no id. out is a zeroed row or one loaded
 * before. */
int hold_row_find(struct tx *tx, const char *id, struct hold_row *out,
    struct err *e) NODISCARD;
int hold_row_by_id(struct tx *tx, const struct id *id, struct hold_row *out,
    struct err *e) NODISCARD;
/*
 * The hold, and may the caller do this to it? What is not there and what is
 * of another's case have one answer.
 */
int hold_authorize(struct core *core, const struct caller *caller,
    const char *hold, enum policy_op op, struct hold_row *row,
    struct case_facts *kase, struct decision *d, struct id *object,
    struct err *e) NODISCARD;
/* A day to look at it again: after today, within figure hold-review-months.
 * ERR_INVALID; ERR_REFUSED "hold-review-date", "figure-missing". */
int hold_review_day(const struct core *core, const char *text, int64_t now_ms,
    int32_t *day, struct err *e) NODISCARD;
/* Its reason, and those of its reviews: one line each. */
int hold_check_reason(const char *reason, struct err *e) NODISCARD;
/* The leaf of a hold: what it acts on stands in it in clear. */
int hold_enter(struct core *core, struct tx *tx, const struct caller *caller,
    const struct hold_row *row, enum leaf_class klass, const char *what,
    const uint8_t *approvals, const struct decision *d, int64_t now_ms,
    uint64_t *leaf, struct err *e) NODISCARD;

#endif
