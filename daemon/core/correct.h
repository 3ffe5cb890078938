/*
 * A misfiling, corrected by its author within figure correction-hours of the
 * filing: moved to the case it belongs to, or voided. The copy that was
 * misfiled dies like all that is erased; one leaf tells both. Tables
 * correction, correction_key.
 *
 * The new rows, the tombstone and the leaf are one transaction. What follows
 * (who saw it meanwhile, the rotation, the live copies) is taken up where it
 * stopped: by the same call again, or when the vault is next unsealed.
 */
#ifndef DAEMON_CORE_CORRECT_H
#define DAEMON_CORE_CORRECT_H

#include "daemon/core/core.h"

#define CORRECTION_REASON_MAX 400 /* bytes */

extern const char *const correction_schema;

struct correcting {
	const char *document;
	const char *to;	    /* the case it belongs to; NULL: void it */
	const char *reason; /* of a void; "": none */
};
/*
 * A move answers as the first filing did, with moved_from; both with breach:
 * an id when somebody else had read, or pulled, what was misfiled; and with
 * waits when the clock is suspect: it is out of the wrong case, and its
 * misfiled copy is destroyed when the clock is believed again. The same
 * again, by the same person: the answer of the first.
 *
 * ERR_DENIED "not-author"; ERR_CONFLICT "correction-late",
 * "correction-same-case", "document-replaced" (it has a newer version),
 * "document-in-use" (a consent, or an event, rests on it), "held", "erased",
 * "case-state".
 */
int correct(struct core *core, const struct caller *caller,
    const struct correcting *c, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/* Take up every correction that was cut, in the vault's own name. */
int correct_take_up(struct core *core, struct err *e) NODISCARD;

#endif
