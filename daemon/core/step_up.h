/*
 * Step-up: a signed statement for one act, made at that moment:
 *
 *   sceau-step-up/1
 *   vault ID
 *   operation NAME
 *   object ID            (of the case; "-" when there is none)
 *   purpose NAME         ("-" when none is named)
 *   log-size N           (of a checkpoint of this run of the daemon)
 *   nonce HEX            (16 bytes)
 *   expires RFC3339      (at most 10 minutes ahead)
 *
 * signed as SSHSIG in the namespace sceau-step-up by a key of the caller's
 * own (people.conf). The header Sceau-Step-Up holds base64 of the text,
 * a dot, base64 of the armored signature. A nonce counts once.
 */
#ifndef DAEMON_CORE_STEP_UP_H
#define DAEMON_CORE_STEP_UP_H

#include "daemon/core/core.h"

#define STEP_UP_NAMESPACE "sceau-step-up"
#define STEP_UP_SECONDS_MAX 600
#define STEP_UP_HEADER_MAX 8192
#define STEP_UPS_MAX 1024 /* kept at a time */

int step_ups_new(struct step_ups **out, struct err *e) NODISCARD;
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
/* ERR_DENIED "step-up" when it was used in between. */
int step_up_use(struct core *core, const struct caller *caller, int64_t now_ms,
    struct err *e) NODISCARD;

#endif
