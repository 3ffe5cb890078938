/*
 * What is due: each module adds its own lines, for the cases the caller may
 * see; who may see a line is asked of the policy here.
 */
#ifndef DAEMON_CORE_DUE_H
#define DAEMON_CORE_DUE_H

#include "daemon/core/core.h"

#define DUE_MAX 2000 /* lines of one answer */

/*
 * One line: {what, title, case, object, since, due_at, overdue, words…}: of
 * all that are added the DUE_MAX soonest are kept.
 */
struct due_list {
	struct core *core;
	const struct caller *caller;
	struct tx *tx;
	int mine;	/* only cases that the caller opened */
	struct id only; /* of this case alone; zero: of all */
	int64_t now_ms;
	int32_t today, as_of; /* the day the list is of */
	/* Everybody's lines, counted only: {what: {title, waiting, overdue}};
	 * NULL: the caller's, as lines. */
	json_t *tally;
	struct due_line *lines; /* a heap, the latest on top */
	size_t nlines, left_off;
	uint64_t added;
};
/*
 * Passed over when the caller may not see it: the policy is asked of its
 * case, and the rules' deadline of this name says whose it is to do. kase may
 * be zero (nobody's case: rules, submissions); due_ms 0: at once.
 * more: members besides, taken; NULL. what: the name of a deadline of the
 * rules.
 */
int due_add(struct due_list *d, const char *what, const struct id *kase,
    const struct id *object, int64_t since_ms, int64_t due_ms, json_t *more,
    struct err *e) NODISCARD;

/* Room for the lines of a list whose other members are set; and the lines
 * that were kept, soonest first, and the room is gone. */
int due_begin(struct due_list *d, struct err *e) NODISCARD;
int due_end(struct due_list *d, json_t **out, struct err *e) NODISCARD;

/* May the caller see lines of this case? */
int due_may_see(const struct due_list *d, const struct case_facts *kase);

/* The first instant after a period of the rules that began at this one, by
 * the figure's own unit, its last day counted to its end; 0 when the rules
 * in force have no such period. */
int64_t due_after(const struct core *core, const char *figure, int64_t from_ms);

/* The providers; each in its module. */
int notice_due(struct due_list *d, struct err *e) NODISCARD;
int extract_due(struct due_list *d, struct err *e) NODISCARD;
int consent_due(struct due_list *d, struct err *e) NODISCARD;
int objection_due(struct due_list *d, struct err *e) NODISCARD;
int glass_due(struct due_list *d, struct err *e) NODISCARD;
int submission_due(struct due_list *d, struct err *e) NODISCARD;
int intake_due(struct due_list *d, struct err *e) NODISCARD;
int rules_due(struct due_list *d, struct err *e) NODISCARD;
int demarche_due(struct due_list *d, struct err *e) NODISCARD;
int draft_due(struct due_list *d, struct err *e) NODISCARD;
int scan_due(struct due_list *d, struct err *e) NODISCARD;
int hold_due(struct due_list *d, struct err *e) NODISCARD;
int clock_due(struct due_list *d, struct err *e) NODISCARD;
int retention_due(struct due_list *d, struct err *e) NODISCARD;

/*
 * The list as it stands; or with as_of (YYYY-MM-DD), as it will stand or
 * stood on that day: what the vault computes is computed for that day, the
 * other lines are those of today that had begun by then. ERR_INVALID "query".
 */
struct due_asking {
	int mine;	   /* only lines of cases that the caller opened */
	const char *as_of; /* NULL: now */
	const char *kase;  /* only lines of this case; NULL: of all */
};
int due_ask(struct core *core, const struct caller *caller,
    const struct due_asking *a, json_t **answer, struct err *e) NODISCARD;
/*
 * Of everybody, as it stands: [{what, title, waiting, overdue}]. The caller of
 * it has asked the policy and entered its leaf; no case is named.
 */
int due_overview(struct core *core, const struct caller *caller, json_t **out,
    struct err *e) NODISCARD;
/* mine: only lines of cases that the caller opened. */
int due(struct core *core, const struct caller *caller, int mine,
    json_t **answer, struct err *e) NODISCARD;

#endif
