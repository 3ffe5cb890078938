/* A correction on its way, for the files of this module. */
#ifndef DAEMON_CORE_CORRECT_ROW_H
#define DAEMON_CORE_CORRECT_ROW_H

#include "daemon/core/correct.h"
#include "daemon/core/document.h"

struct correction {
	struct id document, kase;	/* what was misfiled, and where */
	struct id replacement, to_case; /* zero: voided */
	uint32_t author;		/* uid */
	int64_t filed_ms, at_ms;
	uint64_t leaf, keys;
	char state[16];	  /* "entered", "looked", "done" */
	struct id breach; /* zero: nobody saw it */
};

/* --- correct_check.c: what stands in the way ------------------------------ */

/* Within a transaction, at now_ms: is it theirs to correct still? */
int correct_check(struct core *core, struct tx *tx, const struct caller *caller,
    const struct document_facts *doc, const struct case_facts *kase,
    int64_t now_ms, struct err *e) NODISCARD;
/* The uid of who filed version 1, and when. */
int correct_author(struct tx *tx, const struct id *document, uint32_t *uid,
    int64_t *filed_ms, struct err *e) NODISCARD;

/* --- correct_after.c: rows, and what follows ------------------------------ */

/* 1 and *out, or 0: this document was never corrected. */
int correction_load(struct tx *tx, const struct id *document,
    struct correction *out, struct err *e) NODISCARD;
/* Within the change; numbers: of the misfiled copy (u64, host order). */
int correction_insert(struct tx *tx, const struct correction *c,
    const struct buf *numbers, struct err *e) NODISCARD;
/* Until it is done: who saw it, the rotation, the live copies. */
int correction_end(struct core *core, const struct caller *caller,
    struct correction *c, struct err *e) NODISCARD;

#endif
