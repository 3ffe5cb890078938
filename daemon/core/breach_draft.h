/*
 * What breach_report found, as it is told: numbers, and the facts of GDPR
 * art. 33(3) and 34(2) as a draft. Between the two modules.
 */
#ifndef DAEMON_CORE_BREACH_DRAFT_H
#define DAEMON_CORE_BREACH_DRAFT_H

#include "daemon/core/breach_report.h"
#include "daemon/core/exposure.h"
#include "daemon/core/log_scan.h"

struct reach;

#define BREACH_SEEN_MAX 100000 /* cases, and documents, by the log */

/* What an act of the log was, for who looks at a breach. */
enum act_sort {
	ACT_OTHER,
	ACT_LIST,    /* titles of cases in a list */
	ACT_SHEET,   /* a case, a person, what is known of a document */
	ACT_CONTENT, /* a document or an extract was opened */
	ACT_CHANGE,
	ACT_GONE, /* something was taken away */
	ACT_SORTS
};

struct reporting {
	struct core *core;
	const struct caller *caller;
	const struct breach_asking *a;
	const struct policy *p;
	struct decision d;
	int64_t now_ms, since_ms, until_ms, known_ms;
	const char *subject, *name; /* "actor", "key", "host" */
	char owner[64];		    /* of the key */
	int all;
	struct reach *reach;
	json_t *accounts;
	json_t *seen_cases, *seen_documents; /* sets: {id: true} */
	json_t *reached;		     /* ids of a partner's extracts */
	json_t *exported;		     /* cases copied for a person */
	json_t *acts;			     /* {class: {done, refused}} */
	json_t *recipients;		     /* {recipient: extracts} */
	uint64_t sorts[ACT_SORTS], refused, extracts;
	char first_at[32], last_at[32];
	struct log_scanned log;
	struct exposure could, seen;
	struct incident incident;
	uint64_t leaf;
};

/* The answer; a new reference. NULL: no memory. */
json_t *breach_draft(const struct reporting *x);

#endif
