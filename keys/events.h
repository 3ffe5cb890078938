/*
 * Ceremony events that wait for the daemon, which enters each in the log and
 * says so. They are kept in keys/events, so that killing the agent loses
 * none. The file, in the terms of rw.h: 8 bytes "sceauE2\0", u64 next
 * number, u32 n, n times: u64 number, u8 kind, u32 uid, str account,
 * 32 bytes (what was attested, or zeros).
 *
 * At most EVENTS_MAX wait. A peer refused again while its first refusal
 * waits is not counted again; when the queue is full, refusals make room for
 * ceremonies, and a ceremony without room does not take place.
 */
#ifndef KEYS_EVENTS_H
#define KEYS_EVENTS_H

#include "base/buf.h"
#include "keys/agent.h"

#define EVENTS_MAX 1024

struct events {
	int dir; /* borrowed; -1 keeps them in memory only */
	uint64_t next;
	struct agent_event *queue; /* EVENTS_MAX of them, oldest first */
	size_t n;
};

/* What waited when the agent ended; nothing when there is no file. */
int events_open(int dir, struct events *v, struct err *e) NODISCARD;
void events_close(struct events *v); /* usable with AUTO */

/* Durable when it returns. ERR_BUSY when there is no room. */
int events_add(struct events *v, enum agent_event_kind kind, uid_t uid,
    const char *account, struct err *e) NODISCARD;
/* The same with what it is about: 32 bytes; NULL: nothing. */
int events_add_digest(struct events *v, enum agent_event_kind kind, uid_t uid,
    const char *account, const uint8_t *digest, struct err *e) NODISCARD;
/* The oldest one, borrowed; NULL when none waits. */
const struct agent_event *events_first(const struct events *v);
/* Drop one. ERR_NOT_FOUND when it does not wait. */
int events_drop(struct events *v, uint64_t number, struct err *e) NODISCARD;

int events_encode(const struct events *v, struct buf *out, struct err *e)
    NODISCARD;
/* Into v->queue, which must be there. ERR_INTEGRITY. */
int events_decode(const void *p, size_t n, struct events *v, struct err *e)
    NODISCARD;

#endif
