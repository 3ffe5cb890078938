/*
 * Notices (GDPR art. 19; withdrawal of consent): one for each recipient that
 * got the thing, delivered and acknowledged, or found impossible with a
 * reason. Table notice.
 *
 * States: queued -> delivered -> acknowledged; queued | delivered ->
 * impossible. Overdue after the policy's figure notice-days.
 */
#ifndef DAEMON_CORE_NOTICE_H
#define DAEMON_CORE_NOTICE_H

#include "daemon/core/register.h"

extern const char *const notice_schema;

/* reason: "consent-withdrawn", "rectified", "erased", "restricted",
 * "objection". Within tx. */
int notice_add(struct tx *tx, const struct extract_row *row, const char *reason,
    int64_t now_ms, struct err *e) NODISCARD;
/* The partner's door: [{notice, extract, reason, at, state}]; those queued
 * become delivered, under the leaf of this listing. */
int notice_deliver(struct core *core, const struct caller *caller,
    json_t **answer, struct err *e) NODISCARD;
int notice_ack(struct core *core, const struct caller *caller,
    const struct id *notice, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/* Staff, for recipients without a door. how: "delivered",
 * "acknowledged", "impossible" (words say why). */
int notice_settle(struct core *core, const struct caller *caller,
    const char *notice, const char *how, const char *words, struct id *object,
    json_t **answer, struct err *e) NODISCARD;
/* Of a case: [{notice, extract, recipient, reason, state, at, due_at…}]. */
int notice_of_case(struct core *core, struct tx *tx, const struct id *kase,
    json_t **out, struct err *e) NODISCARD;

#endif
