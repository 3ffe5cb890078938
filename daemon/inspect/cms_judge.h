/*
 * The verdict on one detached signature (RFC 5652; words of EN 319 102-1).
 * Runs in a worker that holds nothing else: of the document, its digests.
 */
#ifndef DAEMON_INSPECT_CMS_JUDGE_H
#define DAEMON_INSPECT_CMS_JUDGE_H

#include "daemon/inspect/digests.h"

/* PEM certificates and lists of revoked ones. */
struct cms_trust {
	const char *p;
	size_t n;
};

struct cms_case {
	const uint8_t *der;
	size_t der_len;
	const struct digests *content; /* of the signed bytes */
	const uint8_t *query; /* these bytes if they are a time stamp's query */
	size_t query_len;
	struct cms_trust trust;	 /* whose word counts */
	struct cms_trust stamps; /* of time stamps inside */
	struct cms_trust known;	 /* of whom there is more to say */
	/* Validation data of the file, none's word; cms_revoke.c. */
	const uint8_t *hints;
	size_t hints_len;
	int64_t now_ms;
	enum inspect_filter filter;
};

/* Fill *out but covers. What cannot be judged is INDETERMINATE. */
void cms_judge(const struct cms_case *c, struct inspect_verdict *out);

/*
 * Once, before any worker is forked: what OpenSSL would otherwise do in each,
 * some of it with system calls that a worker does not have.
 */
int cms_judge_prepare(struct err *e) NODISCARD;

/*
 * After that, also once: known signatures, RSA and ECDSA, must be found right,
 * and wrong when something in them was changed: else ERR_INTERNAL, and nothing
 * should be judged. What OpenSSL makes at its first signature and keeps is
 * then there for every worker.
 */
int cms_judge_known(struct err *e) NODISCARD;

#endif
