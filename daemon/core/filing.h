/*
 * A filing in its steps, for who makes one change of several: find what it
 * is about, prepare (take the uploads, judge them, seal the manifest), apply
 * within the change, answer. document_file is all of them for one document.
 */
#ifndef DAEMON_CORE_FILING_H
#define DAEMON_CORE_FILING_H

#include "daemon/core/document.h"
#include "daemon/core/judge.h"
#include "daemon/core/upload.h"

/* And the signature, and the proof file. */
#define FILING_UPLOADS_MAX (DOCUMENT_PAGES_MAX + 2)

struct filed {
	struct core *core;
	const struct caller *caller;
	const struct filing *f;
	const struct policy_kind *kind;
	struct case_facts kase;
	struct decision d;
	struct document_facts old; /* what is replaced; versions 0: nothing */

	/* After the pages the signature, then the proof file. NULL: the stage
	 * is somebody else's. */
	struct upload *uploads[FILING_UPLOADS_MAX];
	struct upload_facts facts[FILING_UPLOADS_MAX];
	size_t n; /* of uploads */
	int keep; /* uploads may be filed again after this failure */

	struct trust_signer signers[SIGNERS_MAX]; /* with their numbers */
	struct judged judged;
	struct id id;
	uint32_t version;
	uint8_t sha256[SHA256_LEN], salt[32];
	uint64_t size;
	struct fresh_key key;
	struct stage *manifest_stage;
	json_t *manifest, *detail;
	struct version_row row; /* sealed; leaf and filed_ms by apply */
};
/* Uploads go for good, or back when keep is set. */
void filing_done(struct filed *w);

/* Is the form right, before anything is looked up? */
int filing_check(const struct filing *f, struct err *e) NODISCARD;
/* core, caller and f are set: the case, the decision, what is replaced. */
int filing_find(struct filed *w, struct id *object, struct err *e) NODISCARD;
/* Everything that may wait or fail, before the change; sets keep. */
int filing_prepare(struct filed *w, struct err *e) NODISCARD;
/* Its stages, added to the change. ERR_TOO_LARGE: more than one change has. */
int filing_stages(const struct filed *w, struct change *ch, struct err *e)
    NODISCARD;
/* Within the change: look again, leaf, rows. */
int filing_apply(struct tx *tx, struct filed *w, int64_t now_ms, struct err *e)
    NODISCARD;
/* What a document's first answer is: its facts, its leaf, its receipt. */
int filing_answer(struct core *core, const struct version_row *v,
    const json_t *manifest, json_t **answer, struct err *e) NODISCARD;

/* --- pieces, for who files what was filed before ------------------------- */

/* Seal the manifest into its stage and the row; key, ids and salt are set. */
int filing_seal(struct filed *w, struct err *e) NODISCARD;
/* Rows of document, version and pages; the stages' places. row.leaf and
 * row.filed_ms are set. */
int filing_place(struct tx *tx, const struct filed *w, struct err *e) NODISCARD;

#endif
