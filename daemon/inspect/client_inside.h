/*
 * What the files of the daemon's side of inspection share: asking a worker,
 * and tempering a verdict. Only they include this.
 */
#ifndef DAEMON_INSPECT_CLIENT_INSIDE_H
#define DAEMON_INSPECT_CLIENT_INSIDE_H

#include "daemon/inspect/wire.h"

/* One request of any kind, and what the worker wrote. */
int client_ask(struct inspector *i, const struct wire_request *q,
    const int *fds, struct buf *answer, struct err *e) NODISCARD;
/* r of a decoder: an answer that makes no sense is "inspection-failed". */
int client_distrust(int r, struct err *e) NODISCARD;
/* From here on nobody writes in the memfd, which has so many bytes. */
int client_freeze(int fd, uint64_t size, struct err *e) NODISCARD;
/* Room of INSPECT_HINTS_MAX bytes that a worker writes to. */
int client_room(int *out, struct err *e) NODISCARD;
/* A copy of n bytes of it, because who wrote it may write on. */
int client_take(int room, size_t n, struct buf *out, struct err *e) NODISCARD;

/* The bytes of a sealed memfd: they can neither change nor go away. */
struct client_view {
	uint8_t *p; /* NULL when empty */
	size_t n;
};
int client_view_init(
    struct client_view *v, int fd, uint64_t size, struct err *e) NODISCARD;
void client_view_done(struct client_view *v);

struct cms_question {
	const void *der;
	size_t der_len;
	const struct digests *content;
	const uint8_t *query; /* the content, if it is a time stamp's query */
	size_t query_len;
	const struct inspect_trust *trust;
	int hints; /* a sealed memfd, of so many bytes; 0: none */
	uint32_t hints_len;
	int64_t now_ms;
	enum inspect_filter filter;
};
/* Stage 2. Everything of *out but covers. */
int client_ask_cms(struct inspector *i, const struct cms_question *c,
    struct inspect_verdict *out, struct err *e) NODISCARD;

/* One reason more. */
void client_reason(struct inspect_verdict *v, const char *word);
/* Something besides the signature itself stands in the way of "passed". */
void client_hold_back(
    struct inspect_verdict *v, const char *sub, const char *word);

#endif
