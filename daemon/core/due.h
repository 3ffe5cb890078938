/*
 * What is due: each module adds its own lines, for the cases the caller may
 * see; who may see a line is asked of the policy here.
 */
#ifndef DAEMON_CORE_DUE_H
#define DAEMON_CORE_DUE_H

#include "daemon/core/core.h"

#define DUE_MAX 2000 /* lines of one answer */

/* One line: {what, case, object, since, due_at, overdue, words…}. */
struct due_list {
	struct core *core;
	const struct caller *caller;
	struct tx *tx;
	int mine; /* only cases that the caller opened */
	int64_t now_ms;
	json_t *lines;
};
/*
 * Passed over when the caller may not see it. kase may be zero (nobody's
 * case: rules, submissions); due_ms 0: at once.
 * more: members besides, taken. what: "notice", "extract-approval",
 * "objection", "break-glass-review", "withdrawal-letter", "submission",
 * "rules-proposal", "extract-unclaimed", "hold-review", "clock-suspect".
 */
int due_add(struct due_list *d, const char *what, const struct id *kase,
    const struct id *object, int64_t since_ms, int64_t due_ms, json_t *more,
    struct err *e) NODISCARD;

/* The first instant after the days of a named figure of the rules, the last
 * one counted to its end; 0 when they have no such figure. */
int64_t due_after(const struct core *core, const char *figure, int64_t from_ms);
/* The same for a figure of working days. */
int64_t due_after_workdays(
    const struct core *core, const char *figure, int64_t from_ms);

/* The providers; each in its module. */
int notice_due(struct due_list *d, struct err *e) NODISCARD;
int extract_due(struct due_list *d, struct err *e) NODISCARD;
int consent_due(struct due_list *d, struct err *e) NODISCARD;
int objection_due(struct due_list *d, struct err *e) NODISCARD;
int glass_due(struct due_list *d, struct err *e) NODISCARD;
int submission_due(struct due_list *d, struct err *e) NODISCARD;
int rules_due(struct due_list *d, struct err *e) NODISCARD;
int hold_due(struct due_list *d, struct err *e) NODISCARD;
int clock_due(struct due_list *d, struct err *e) NODISCARD;

/* mine: only lines of cases that the caller opened. */
int due(struct core *core, const struct caller *caller, int mine,
    json_t **answer, struct err *e) NODISCARD;

#endif
