/*
 * The payload of an extract: canonical JSON (members sorted, compact,
 * UTF-8), with the page in French that a person can read.
 *
 *   {"content":{…},"entry":BASE64,"log_key":VKEY,"proof":TLOG-PROOF,
 *    "salt":HEX,"sceau":"extract/1"}
 *
 * content holds what is disclosed; its canonical bytes are what the leaf's
 * bind covers: SHA-256("sceau/bind/1" || salt || SHA-256(content) ||
 * extract id || version 1). An extract on paper is no payload: there the
 * bind covers the text of the page (page.h).
 */
#ifndef DAEMON_CORE_PAYLOAD_H
#define DAEMON_CORE_PAYLOAD_H

#include "daemon/core/gather.h"

struct payload_facts {
	const struct core *core;
	const struct policy *policy; /* it was decided under */
	struct id extract;
	char ref[REF_TEXT]; /* the case's spoken reference */
	const struct disclosure_rule *rule;
	const struct policy_recipient *recipient;
	uint8_t certificate_sha256[32];
	int64_t released_ms, expires_ms;
	const struct gathered *g;
	const char *channel;
	json_t *attached; /* [{name, media, sha256, base64, kind}] */
};

/* The canonical bytes of content. */
int payload_content(
    const struct payload_facts *f, struct buf *out, struct err *e) NODISCARD;
/* The whole, around those bytes. */
int payload_whole(const struct buf *content, const struct buf *entry,
    const uint8_t salt[32], const struct tlog_proof *proof,
    const struct note_key *log, struct buf *out, struct err *e) NODISCARD;

#endif
