/*
 * For a visit of the supervisory authority (GDPR art. 31 and 58): numbers of
 * what is processed, who may work with it, retention as an analysis of today
 * finds it, requests of persons and their delays, breaches, destructions with
 * their certificates. Numbers, opaque ids and words of the rules: no name, no
 * content, no account.
 */
#ifndef DAEMON_CORE_CONTROLE_REPORT_H
#define DAEMON_CORE_CONTROLE_REPORT_H

#include "daemon/core/core.h"

/* openapi.yaml has the members. Operation report-controle. */
int controle_report(struct core *core, const struct caller *caller,
    json_t **answer, struct err *e) NODISCARD;

#endif
