/*
 * A time stamp (RFC 3161) over a receipt: asked of an authority by people,
 * elsewhere; its answer is imported here, and judged in the sandbox by the
 * anchors of the rules. What is stamped is the receipt without its proof
 * (base/receipt.h): it has the leaf, so the leaf was there at that time.
 */
#ifndef DAEMON_CORE_STAMP_H
#define DAEMON_CORE_STAMP_H

#include "daemon/core/document.h"

struct stamping {
	const char *document;
	uint32_t version;  /* 0: the newest */
	const char *token; /* base64 of a TimeStampResp or its token */
};
/*
 * Decided as giving its receipt is. ERR_INVALID tag "member-type" (no
 * base64). ERR_TOO_LARGE tag "stamp-size". ERR_REFUSED tags "stamp-format",
 * "stamp-imprint" (not over this receipt), "stamp-usage" (not the key of a
 * time-stamping authority), "stamp-authority" (none of the anchors' leads to
 * it), "stamp-indeterminate". ERR_CONFLICT tags "stamp-known",
 * "evidence-full", "case-state".
 * Answer: {document, version, stamped_at, authority, leaf}.
 */
int stamp_import(struct core *core, const struct caller *caller,
    const struct stamping *s, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

#endif
