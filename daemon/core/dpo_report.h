/*
 * The data protection officer's page: what waits for their opinion, broken
 * glasses, refusals, readings that are out of the ordinary by the figures of
 * the rules, withdrawals, what is due and overdue for everybody,
 * destructions, the clock. Accounts of the staff are named; no case's content
 * is, nor whose it is.
 */
#ifndef DAEMON_CORE_DPO_REPORT_H
#define DAEMON_CORE_DPO_REPORT_H

#include "daemon/core/core.h"

/*
 * since: a day or an instant. openapi.yaml has the members. ERR_INVALID
 * "instant", "period". Operation report-controle.
 */
int dpo_report(struct core *core, const struct caller *caller,
    const char *since, json_t **answer, struct err *e) NODISCARD;

#endif
