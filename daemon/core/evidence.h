/*
 * What was found out about a document's signatures after it was filed: table
 * evidence. Each row is added, none is ever changed: sealed under a key of
 * its own, with a leaf. It goes with its document.
 */
#ifndef DAEMON_CORE_EVIDENCE_H
#define DAEMON_CORE_EVIDENCE_H

#include "daemon/core/document.h"

/* Verdicts of one version; of stamps, as many as a receipt has room for. */
#define EVIDENCE_MAX 64

extern const char *const evidence_schema;

enum evidence_what {
	EVIDENCE_VERDICT, /* the signatures, judged again */
	EVIDENCE_STAMP,	  /* a time stamp over the receipt */
};

/* A row on its way in. */
struct evidence {
	struct core *core;
	const struct caller *caller;
	enum evidence_what what;
	enum leaf_class klass;
	const struct version_row *v;
	const char *state;   /* the case's, when it was decided */
	json_t *detail;	     /* of the leaf; borrowed */
	const json_t *words; /* what is sealed; borrowed */
	uint64_t leaf;	     /* out */
	int64_t at_ms;	     /* out */
};
/*
 * Seal and enter. The leaf's detail gets "evidence": the SHA-256 of words, as
 * evidence_digest has it. ERR_CONFLICT tags "evidence-full", "case-state";
 * ERR_NOT_FOUND "erased".
 */
int evidence_add(struct evidence *x, struct err *e) NODISCARD;
/* SHA-256 of the JSON, compact, members in order, as hex. */
int evidence_digest(const json_t *j, char hex[2 * 32 + 1], struct err *e)
    NODISCARD;

/*
 * Those of a version, oldest first, opened under leaf; each with "leaf" and
 * "at". *out is a new list.
 */
int evidence_list(struct core *core, const struct version_row *v,
    enum evidence_what what, uint64_t leaf, json_t **out, struct err *e)
    NODISCARD;

/* --- with its document ------------------------------------------------------
 */

int evidence_key_numbers(struct tx *tx, const struct id *document,
    struct buf *numbers, struct err *e) NODISCARD;
int evidence_forget(struct tx *tx, const struct id *document, struct err *e)
    NODISCARD;

#endif
