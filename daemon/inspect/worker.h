/*
 * A worker: a fresh process for one request. It maps what it was given, gives
 * up everything but memory and one pipe, writes one answer there and ends.
 */
#ifndef DAEMON_INSPECT_WORKER_H
#define DAEMON_INSPECT_WORKER_H

#include <magic.h>

#include "base/sandbox.h"
#include "daemon/inspect/wire.h"

/* What the workers inherit, made once before any of them. */
struct worker_kit {
	magic_t magic;
	struct sandbox_filter *filter; /* SANDBOX_PARSER */
};

int worker_kit_init(struct worker_kit *k, struct err *e) NODISCARD;
void worker_kit_done(struct worker_kit *k);

/*
 * In the child, with nothing left to do: answer request q about fds (memfds)
 * on pipe. Does not return; exit status 0 when the answer was written.
 */
void worker_run(const struct worker_kit *k, const struct wire_request *q,
    const int fds[WIRE_FDS_MAX], int pipe) __attribute__((noreturn));

/*
 * Stage 1 over the bytes of a file: pure but for libmagic, which is asked by
 * the caller: magic is its word. Fills *t.
 */
void worker_type(const uint8_t *p, size_t n, int whole, const char *magic,
    struct inspect_type *t);

#ifdef SCEAU_TEST
/* What a worker that was taken over would try; tests/unit/inspect. */
void worker_misbehave(uint8_t act);
#endif

#endif
