/*
 * The register of processing activities (GDPR art. 30), in CNIL's order of
 * headings, from the rules in force: nothing is kept apart from them.
 */
#ifndef DAEMON_CORE_ACTIVITIES_H
#define DAEMON_CORE_ACTIVITIES_H

#include "daemon/core/core.h"

/*
 * {operator: {title, address, contact, representative, dpo} or null,
 * activities: [{name, title, basis, purposes, persons, data, recipients,
 * internal, transfers, durations: [{what, active_months, …}], security,
 * source}], policy, leaf}.
 */
int activities_report(struct core *core, const struct caller *caller,
    json_t **answer, struct err *e) NODISCARD;

#endif
