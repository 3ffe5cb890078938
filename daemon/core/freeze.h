/*
 * Freezing: from a decision to the bytes that a recipient gets, signed,
 * encrypted and sealed, before the transaction that releases them.
 */
#ifndef DAEMON_CORE_FREEZE_H
#define DAEMON_CORE_FREEZE_H

#include "daemon/core/gather.h"
#include "daemon/core/register.h"

struct frozen {
	struct disclosing x;
	struct id extract;
	const char *channel;
	struct gathered g;
	json_t *attached;	/* as payload.h has them */
	struct buf certificate; /* the recipient's, PEM; paper: none */
	uint8_t certificate_sha256[32];
	struct buf page;      /* the readable one */
	struct buf content;   /* what the leaf binds */
	struct buf container; /* CMS, or sheets of paper */
	struct buf sealed_row, terms, entry;
	uint8_t salt[32], bind[32];
	uint64_t bind_leaf;
	struct fresh_key key;
	struct stage *stage;
	int64_t released_ms;
	struct extract_row row; /* but for state and the second signature */
	/* The page that a second person signs, when the rule wants one. */
	struct buf approval_page;
};

/*
 * Everything of f but x, which is decided. ERR_CONFLICT
 * "recipient-certificate", "extract-empty" (nothing would go); ERR_TOO_LARGE
 * "extract-size".
 */
int freeze(struct frozen *f, struct err *e) NODISCARD;
void frozen_done(struct frozen *f);

#endif
