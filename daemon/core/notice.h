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

#include "daemon/core/due.h"
#include "daemon/core/register.h"

#define NOTICE_LIST_MAX 1000
#define NOTICE_WORDS_MAX 400 /* bytes of why one is impossible */

extern const char *const notice_schema;

/* reason: "consent-withdrawn", "rectified", "erased", "restricted",
 * "objection", "revoked". Within tx. */
int notice_add(struct tx *tx, const struct extract_row *row, const char *reason,
    int64_t now_ms, struct err *e) NODISCARD;
/* Was a notice of this extract ever made for this reason? 1 or 0. */
int notice_was_made(struct tx *tx, const struct extract_row *row,
    const char *reason, struct err *e) NODISCARD;
/* The partner's door: [{notice, extract, reason, at, state}]; those queued
 * become delivered, under the leaf of this listing. The open ones first. */
int notice_deliver(struct core *core, const struct caller *caller,
    json_t **answer, struct err *e) NODISCARD;
/* ERR_NOT_FOUND: none of this recipient's; ERR_CONFLICT tags
 * "notice-queued", "notice-acknowledged", "notice-impossible". */
int notice_ack(struct core *core, const struct caller *caller,
    const struct id *notice, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/* Staff, for recipients without a door. how: "delivered",
 * "acknowledged", "impossible" (words say why). ERR_CONFLICT tag
 * "notice-door": who has a door acknowledges there; that it is impossible may
 * be said of anybody. ERR_INVALID tags "notice-how", "notice-words". */
int notice_settle(struct core *core, const struct caller *caller,
    const char *notice, const char *how, const char *words, struct id *object,
    json_t **answer, struct err *e) NODISCARD;
/* Staff: {notices: […], leaf} that the caller may settle, of one case or
 * (kase "") of all, erased ones too; the open ones first, then the newest. */
int notice_list(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
/* Of a case: [{notice, extract, recipient, reason, state, at, due_at…}]. */
int notice_of_case(struct core *core, struct tx *tx, const struct id *kase,
    json_t **out, struct err *e) NODISCARD;

/* For an erasure of the case: the lines stay, what people wrote goes. */
int notice_key_numbers(struct tx *tx, const struct id *kase,
    struct buf *numbers, struct err *e) NODISCARD;
int notice_forget(struct tx *tx, const struct id *kase, struct err *e)
    NODISCARD;

#endif
