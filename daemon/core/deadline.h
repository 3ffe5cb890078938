/*
 * Deadlines that the vault computes: for each of the rules that runs from a
 * moment of a case, whether something waits in it, since when, until when.
 * Nothing is kept: the same question of the same day has the same answer.
 */
#ifndef DAEMON_CORE_DEADLINE_H
#define DAEMON_CORE_DEADLINE_H

#include "daemon/core/due.h"

/* What a deadline is asked of, on a civil day. */
struct deadline_case {
	const char *state, *stage;
	int32_t as_of;
	/* As moments_day. */
	int (*day)(const void *arg, const char *moment, int32_t *day);
	const void *arg;
};
struct deadline_line {
	int32_t since; /* it waits from this day on */
	int32_t last;  /* it is in time on this day still */
};
/* Does it wait, in this case? 1 and *out; 0: not begun, settled, or not of
 * such a case. Pure. */
int deadline_runs(const struct policy *p, const struct policy_deadline *d,
    const struct deadline_case *c, struct deadline_line *out);

/* Is it the caller's to see: is one of their roles named for this sort of
 * line? Where the rules declare none such: yes. *title (may be NULL): its
 * French title; NULL. */
int deadline_is_for(const struct policy *p, const char *name,
    const struct principal *who, int32_t day, const char **title);

/* The provider, for all cases the caller may see. */
int deadline_due(struct due_list *d, struct err *e) NODISCARD;

#endif
