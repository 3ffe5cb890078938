/*
 * What a file is and what its signatures are worth, before anything of it is
 * kept: type, record form, signatures, level; compared with what the policy
 * says of the kind.
 */
#ifndef DAEMON_CORE_JUDGE_H
#define DAEMON_CORE_JUDGE_H

#include "daemon/core/document.h"
#include "daemon/core/signers.h"
#include "daemon/core/upload.h"

struct judged {
	char media[DOCUMENT_PAGES_MAX][INSPECT_TYPE_MAX];
	json_t *record;	  /* of a kind that is one, read; else NULL */
	json_t *verdicts; /* [{indication, sub_indication, signer, …}] */
	json_t *proof;	  /* those of the proof file; NULL without one */
	/*
	 * What it was judged by, to judge it again: {engine, judged_at,
	 * generation, anchors_sha256, signatures: [{where, page, sha256}]}. A
	 * signature's bytes, with its certificates and time stamps, are in the
	 * document; anchors and lists of revoked certificates are in that
	 * generation of the rules, which is kept for ever.
	 */
	json_t *evidence;
	int failed, passed, indeterminate; /* how many of each */
	size_t signatures; /* of people, right or wrong, in the order of the
			      files; a detached one comes last */
	unsigned vouched;  /* levels of those that passed: a bit a rank */
	int uninspected;   /* kept NOT-INSPECTED */
	const char *level; /* "" for none; static or the policy's */
};
void judged_done(struct judged *j);

struct judge_input {
	struct core *core;
	const struct policy *rules; /* whose anchors */
	uint32_t generation;	    /* theirs */
	const struct policy_kind *kind;
	const char *kind_name;	      /* where kind is NULL */
	struct trust_signer *signers; /* their numbers are filled */
	size_t nsigners;
	const struct buf *lists; /* of revoked certificates, PEM; NULL */
	const struct upload_facts *pages;
	size_t npages;
	const struct upload_facts *signature; /* NULL: none */
	const struct upload_facts *proof;     /* NULL: none */
	const char *level;		      /* given; "" when not */
	int draft; /* a record that may be incomplete */
	int64_t now_ms;
};
/*
 * ERR_REFUSED tags "empty-file", "media-type", "pdf-encrypted", "record-…",
 * "signature-failed", "signature-indeterminate", "level", "pages", and
 * "proof-missing" (the rules ask for the signing service's proof file),
 * "proof-level" (nobody signed by one), "proof-type", "proof-failed", and those
 * of signers.h; ERR_TOO_LARGE tag "kind-size"; ERR_UNAVAILABLE, ERR_BUSY: the
 * inspector is away.
 */
int judge(const struct judge_input *in, struct judged *out, struct err *e)
    NODISCARD;
/*
 * The signatures alone, of what was filed before: nothing is refused for what
 * it is, and nothing asked of the kind (kind may be NULL). media: as the
 * manifest says, one a page; a page that is a record is not inspected.
 */
int judge_signatures(const struct judge_input *in, const char *const *media,
    struct judged *out, struct err *e) NODISCARD;
/* Each file is a picture: a photograph of paper, page by page. */
int judged_all_images(const struct judged *j, size_t npages);
/* One word over all signatures: "TOTAL-PASSED", "INDETERMINATE",
 * "TOTAL-FAILED", "NOT-SIGNED", "NOT-INSPECTED". */
const char *judged_indication(const struct judged *j);

#endif
