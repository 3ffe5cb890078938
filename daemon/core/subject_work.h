/* What the modules of a person's copy share while it is made. */
#ifndef DAEMON_CORE_SUBJECT_WORK_H
#define DAEMON_CORE_SUBJECT_WORK_H

#include "daemon/core/case.h"
#include "daemon/core/subject_export.h"

struct exporting {
	struct core *core;
	const struct policy *p;
	const struct caller *caller;
	struct case_facts kase;
	struct decision d;
	struct id person;
	json_t *who;	/* their line of person_list */
	json_t *origin; /* how the case came about */
	int alone, is_holder;
	int32_t today;
	uint64_t leaf, bytes;
	json_t *records, *originals, *withheld;
	json_t *consents, *receipts, *recipients, *events;
	json_t *requests, *objections, *restrictions;
	json_t *kinds, *purposes, *accesses;
	int more; /* accesses there are besides */
};

/* Takes j, which may be NULL (no memory). */
int subject_append(json_t *a, json_t *j, struct err *e) NODISCARD;
/* All that is no document: consents, recipients, events, rights used, rules,
 * accesses. */
int subject_rest(struct exporting *x, struct err *e) NODISCARD;

#endif
