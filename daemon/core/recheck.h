/*
 * sceau check DOC --signatures: the signatures of a stored version, judged
 * again by the same sandboxed inspection over the stored bytes. The verdict
 * of the filing stays; each later one is a row of its own (evidence.h).
 */
#ifndef DAEMON_CORE_RECHECK_H
#define DAEMON_CORE_RECHECK_H

#include "daemon/core/judge.h"

#define RECHECKS_MAX 2 /* at once: each holds a file in memory */

/* What is known of revoked certificates since: an authority's own word, in
 * DER. It is kept with the verdict that it gave. */
#define RECHECK_LISTS_MAX 8
#define RECHECK_LISTS_BYTES (192u << 10) /* of all of them */
struct recheck_list {
	const char *kind; /* "crl" (RFC 5280), "ocsp" (RFC 6960) */
	const char *der;  /* base64 */
};

struct recheck {
	const char *document;
	uint32_t version; /* 0: the newest */
	const char *at;	  /* a time or a day; "": now */
	struct recheck_list lists[RECHECK_LISTS_MAX];
	size_t nlists;
};
/*
 * Decided as reading its content is. Judged at that time, with the rules that
 * were in force then. ERR_INTEGRITY tag "content-differs": the bytes are not
 * those of the manifest, and nothing is judged. ERR_REFUSED tag
 * "revocation-format", ERR_TOO_LARGE "revocation-size". ERR_INVALID tags
 * "check-time" (no time, or one to come); ERR_BUSY tag "busy"; those of
 * evidence_add. Answer: {document, ref, version, filing, check, differs:
 * [{what, was, is}], leaf}.
 */
int recheck(struct core *core, const struct caller *caller,
    const struct recheck *c, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

/* --- for this room ----------------------------------------------------------
 */

/* The stored bytes, as judge_signatures wants them. */
struct reopened {
	struct upload_facts pages[DOCUMENT_PAGES_MAX];
	const char *media[DOCUMENT_PAGES_MAX]; /* the manifest's */
	size_t npages;
	struct upload_facts signature; /* fd -1: none */
};
void reopened_done(struct reopened *x);
/*
 * Every byte is read and compared with the manifest, under leaf; kept in
 * memory is what inspection looks at, as when it was filed.
 */
int recheck_open(struct core *core, const struct version_row *v,
    const json_t *manifest, uint64_t leaf, struct reopened *out, struct err *e)
    NODISCARD;

#endif
