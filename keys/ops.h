/*
 * agent.sock, without the socket: one request decoded, done and answered.
 * Operations are rows of a table; each says what it is for, and none signs
 * or decrypts bytes of the daemon's choosing.
 */
#ifndef KEYS_OPS_H
#define KEYS_OPS_H

#include "keys/custodian.h"
#include "keys/events.h"
#include "keys/safe.h"

#define OPS_WAIT 1 /* no answer yet: an event is waited for */

struct ops {
	struct safe *safe;
	struct events *events;
	const struct custodians *custodians;
	int64_t now_ms; /* of a clock that only goes forward */
	/* What the request left for the server to do: */
	int broken;	/* a promise about the log is broken: seal */
	int drew;	/* look after the reserve when answered */
	int wait_ms;	/* with OPS_WAIT */
	struct err err; /* the failure, for the log; code ERR_OK if none */
};

/*
 * Answer one request. memfd: what came with it, or -1 (borrowed). *answer
 * (empty) gets the whole answer, failures included. 0, or OPS_WAIT.
 */
int ops_answer(struct ops *o, const void *req, size_t n, int memfd,
    struct buf *answer) NODISCARD;

/* The answer to a wait that ended: the oldest event, or that none came. */
void ops_event(struct ops *o, struct buf *answer);

/* An answer that is only an error; also used by the door. Text of faults of
 * ours is left out. */
void ops_failed(const struct err *err, struct buf *answer);

#endif
