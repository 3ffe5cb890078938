/*
 * Intake: lists of households that others hand in (the CCAPEX each month,
 * social services), read as the rules say (policy_intake). Good lines become
 * cases, all in one change; the others are told with their reason, and
 * nothing of them is kept. Tables intake, intake_line.
 *
 * A household that is known is not entered again: by its reference, or by
 * names, commune and birth year together. Only what the caller may find is
 * known to them: another team's case is never told of. Where a birth year is
 * missing, a person looks ("maybe-known"). Whose case is closed or archived
 * lives again, when the caller may reopen it and no objection stands; else
 * somebody who may is told (due).
 */
#ifndef DAEMON_CORE_INTAKE_H
#define DAEMON_CORE_INTAKE_H

#include "daemon/core/core.h"
#include "daemon/core/due.h"

#define INTAKE_LIST_MAX 400 /* lists shown, and compared */

extern const char *const intake_schema;

struct intake_request {
	const char *source;	/* an intake of the rules */
	const char *upload;	/* sent before; "" when it is a submission */
	const char *submission; /* what a partner handed in; "" */
	int dry_run;		/* all but the change */
};
/*
 * {source, dry_run, lines, opened, over_quota, duplicates, reopen, reopened,
 * rejected, problems: [{line, reason, case, ref}], rejects, same_as, intake,
 * leaf}: rejects is the refused lines as CSV with one more column "motif";
 * same_as: {intake, at} of the same file before. reason: "columns", "missing",
 * "birth-year", "characters", "too-long", "maybe-known", "maybe-twice".
 *
 * ERR_REFUSED tags "intake-source", "intake-column" (one
 * that the rules have not), "intake-column-missing", "intake-column-twice",
 * "intake-type", "intake-empty", and those of csv.h; ERR_CONFLICT tag
 * "intake-meanwhile": another list was taken in just now.
 */
int intake_run(struct core *core, const struct caller *caller,
    const struct intake_request *rq, struct id *object, json_t **answer,
    struct err *e) NODISCARD;
/* {intakes: […], leaf}: of the caller's team, the newest first. */
int intake_list(struct core *core, const struct caller *caller, json_t **answer,
    struct err *e) NODISCARD;

#endif
