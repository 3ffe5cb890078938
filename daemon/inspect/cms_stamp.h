/*
 * What a time stamp says (RFC 3161): the structures around and inside its
 * token, read strictly. Pure; runs in a worker.
 */
#ifndef DAEMON_INSPECT_CMS_STAMP_H
#define DAEMON_INSPECT_CMS_STAMP_H

#include "daemon/inspect/cms_shape.h"

/* TSTInfo, or what a TimeStampReq asks for: then no time. */
struct stamp {
	enum cms_digest digest;
	struct der imprint;
	struct der nonce; /* n = 0: none */
	int64_t at_ms;
};

/* The content of a token. 1, or 0 on a fault. */
int stamp_read(struct der d, struct stamp *out);
/* A TimeStampReq and nothing after it. 1, or 0: it is not one. */
int stamp_read_query(struct der d, struct stamp *out);
/*
 * If d is a TimeStampResp that grants, its token; else d itself, which may be
 * a token. 0: a TimeStampResp that does not.
 */
int stamp_unwrap(struct der d, struct der *token);

#endif
