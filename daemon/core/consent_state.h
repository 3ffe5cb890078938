/*
 * The states of a consent (ISO/IEC TS 27560 as the W3C DPV guide maps it)
 * and the moves between them. Pure.
 */
#ifndef DAEMON_CORE_CONSENT_STATE_H
#define DAEMON_CORE_CONSENT_STATE_H

#include <stdint.h>

enum consent_state {
	CONSENT_UNKNOWN, /* there is no record */
	CONSENT_REQUESTED,
	CONSENT_DEFERRED,
	CONSENT_GIVEN,
	CONSENT_RENEWED,
	CONSENT_REFUSED,
	CONSENT_WITHDRAWN,
	CONSENT_EXPIRED, /* found from its end; never kept */
	CONSENT_TERMINATED,
	CONSENT_INVALIDATED,
	CONSENT_STATES
};

/* "given" … */
const char *consent_state_name(enum consent_state s);
/* 0, or -1: no such word. */
int consent_state_from_name(const char *name, enum consent_state *out);
/* Given and renewed are the valid ones. */
int consent_state_is_valid(enum consent_state s);
/* May the record still move to another state? */
int consent_state_is_living(enum consent_state s);
int consent_state_may_move(enum consent_state from, enum consent_state to);
/* What a kept state is at this instant: valid ones end with until (ms; 0:
 * they have no end). */
enum consent_state consent_state_at(
    enum consent_state kept, int64_t until, int64_t at_ms);

#endif
