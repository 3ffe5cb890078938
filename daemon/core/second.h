/*
 * The second signature: four eyes over a release. Somebody else reads the
 * page and signs it; until then the extract awaits and nobody outside knows
 * of it. Where the rule is urgent it goes at once, and the signature comes
 * after, within the working days that the rules say.
 */
#ifndef DAEMON_CORE_SECOND_H
#define DAEMON_CORE_SECOND_H

#include "daemon/core/freeze.h"

/* Within the transaction of the release: the row's state and term, and what
 * is asked of whom. */
int second_ask(struct tx *tx, struct frozen *f, int64_t now_ms, struct err *e)
    NODISCARD;

#endif
