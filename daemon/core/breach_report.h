/*
 * The report for a breach (GDPR art. 33 and 34): somebody's account, a key or
 * a machine was in other hands for a while. What was within its reach then,
 * what was really opened by it, who received something, the facts of the two
 * articles as a draft, and the hours, which run as a line (breach.h). Numbers
 * and words of the rules: nothing of a case, no name of a person of one.
 */
#ifndef DAEMON_CORE_BREACH_REPORT_H
#define DAEMON_CORE_BREACH_REPORT_H

#include "daemon/core/breach.h"

#define BREACH_VAULT_HOST "coffre" /* the vault's own machine */
#define BREACH_HOST_MAX 128	   /* bytes */

/*
 * Whose: accounts; or a key, by its SHA256: fingerprint; or a machine: the
 * vault's own (its origin, or BREACH_VAULT_HOST), which reaches everything,
 * or another with the accounts that were used on it, because the log knows no
 * machines.
 */
struct breach_asking {
	const char *accounts[17]; /* NULL at the end */
	const char *key, *host;	  /* "": none */
	/* A day, whole, or an instant (RFC 3339, UTC); until "": now. */
	const char *since, *until;
	const char *known; /* when somebody here knew; "": now */
	int no_clock;	   /* a look, or an exercise: no hours run */
};
/*
 * {breach, subject, since, until, clock, accounts, log, could, seen,
 * recipients, operator, article_33, article_34, leaf}; openapi.yaml has the
 * members. ERR_INVALID "breach-subject" (none, or two), "period",
 * "instant"; ERR_REFUSED "breach-subject" (no rules of that time know it),
 * "breach-host" (another machine, without accounts), "breach-known".
 * Operation report-breach.
 */
int breach_report(struct core *core, const struct caller *caller,
    const struct breach_asking *a, json_t **answer, struct err *e) NODISCARD;

/*
 * A day or an instant, as reports take them: the beginning of the day, or, for
 * an end, that of the next. ERR_INVALID "instant".
 */
int report_instant(const char *text, int is_end, int64_t *ms, struct err *e)
    NODISCARD;

#endif
