/*
 * Step-up: a signed statement for one act, made at that moment
 * (base/statement.h has its form). It holds for this vault, for the
 * operation, the case and the purpose it names, when it expires at most
 * step-up-minutes of the rules ahead (and never more than
 * STATEMENT_SECONDS_MAX), names a log size of this run of the daemon, and is
 * signed by a key of the caller's own in people.conf. A nonce counts once.
 */
#ifndef DAEMON_CORE_STEP_UP_H
#define DAEMON_CORE_STEP_UP_H

#include "base/statement.h"
#include "daemon/core/core.h"

#define STEP_UPS_MAX 1024 /* nonces kept at a time */

/* log_size: at the start; a statement made before names no greater one. */
int step_ups_new(uint64_t log_size, struct step_ups **out, struct err *e)
    NODISCARD;
void step_ups_freep(struct step_ups **s);
/*
 * Is caller->step_up a statement for this? 1, 0 when there is none.
 * ERR_DENIED tag "step-up" with the reason when it is not good. object NULL:
 * none. It is used up when step_up_use says so: once the act is entered.
 * fingerprint: of the key.
 */
int step_up_check(struct core *core, const struct caller *caller,
    enum policy_op op, const struct id *object, int64_t now_ms,
    char fingerprint[64], struct err *e) NODISCARD;
/*
 * The nonce is spent; core_leaf calls it for the leaf of an act whose
 * decision rests on it. The same request may spend it again, for acts of
 * several leaves. ERR_DENIED "step-up" when another used it in between;
 * ERR_BUSY when too many are kept.
 */
int step_up_use(struct core *core, const struct caller *caller, int64_t now_ms,
    struct err *e) NODISCARD;

#endif
