/*
 * How long an object is kept, judged from facts alone: its rule, the days of
 * its case's moments, what holds it. Pure: no clock, no catalog. A rule
 * counts as its source says (struct policy_retention); the last day of a
 * term is kept to its end, so what ends today is due tomorrow.
 */
#ifndef DAEMON_CORE_RETENTION_JUDGE_H
#define DAEMON_CORE_RETENTION_JUDGE_H

#include "policy/policy.h"

enum retention_state {
	RETENTION_ACTIVE,
	RETENTION_INTERMEDIATE, /* the intermediate archive */
	RETENTION_DUE,
	RETENTION_WAITING /* the moment it counts from never was */
};
enum retention_verdict {
	RETENTION_KEEP,
	RETENTION_DESTROY,
	RETENTION_CONFLICT /* due, but held or restricted */
};

struct retention_facts {
	int32_t day; /* the day it is judged on */
	/* The day of a moment: 1 and *day, or 0 when it never was. */
	int (*moment)(void *arg, const char *name, int32_t *day);
	void *arg;
	/* Of the object itself, when it has its own: an extract's release.
	 * NULL: the case's moments alone. */
	const char *own_moment;
	int32_t own_day;
	int held, restricted;
};
struct retention_finding {
	enum retention_state state;
	enum retention_verdict verdict;
	const struct policy_retention *rule; /* NULL: the rules have none */
	const char *moment; /* the last term counts from it, or waits for it */
	int32_t from;	    /* its day; 0 while it waits */
	int32_t last;	    /* the last day it is kept; 0 while it waits */
};

/* name: of the rule, as a kind names it. A rule that is not there keeps. */
void retention_judge(const struct policy *p, const char *name,
    const struct retention_facts *f, struct retention_finding *out);
const char *retention_state_name(enum retention_state s);
const char *retention_verdict_name(enum retention_verdict v);

#endif
