/*
 * Documents and records: tables document, version, page. A version has a
 * manifest sealed under the version's key in the store, and a sealed row
 * with what lists and receipts need; each page is sealed under a key of its
 * own (its upload's).
 */
#ifndef DAEMON_CORE_DOCUMENT_H
#define DAEMON_CORE_DOCUMENT_H

#include "base/receipt.h"
#include "daemon/core/core.h"
#include "daemon/core/scan.h"
#include "daemon/core/signers.h"

#define DOCUMENT_PAGES_MAX 63  /* store parts for pages */
#define DOCUMENT_NAME_MAX 255  /* bytes of a file's name */
#define DOCUMENT_TITLE_MAX 200 /* bytes */
#define DOCUMENT_SIGNATURE_MAX (UINT64_C(1) << 20)
#define DOCUMENT_PROOF_MAX (UINT64_C(16) << 20) /* bytes of a proof file */
#define DOCUMENT_LIST_MAX 2000

extern const char *const document_schema;

struct filing_page {
	const char *upload, *name;
};
struct filing {
	const char *kase, *kind;
	const char *level, *title, *replaces; /* "" when not said */
	int draft; /* a record that may lack what its kind requires */
	struct filing_page pages[DOCUMENT_PAGES_MAX];
	size_t npages;
	struct filing_page signature; /* upload NULL: none */
	/* A signing service's own account of who signed, PDF; NULL: none. */
	struct filing_page proof;
	struct trust_signer signers[SIGNERS_MAX];
	size_t nsigners;       /* 0: nothing is said of who signed */
	struct scan_said scan; /* its signature NULL: nothing said */
	/* What else must hold or not be, in the transaction of the filing; it
	 * may not block. NULL: nothing. */
	int (*also)(struct tx *tx, const struct id *document, int64_t now_ms,
	    void *arg, struct err *e);
	void *also_arg;
};
/*
 * A draft: ERR_REFUSED tags "draft-kind" (not a record), "draft-over-final" (a
 * complete record never becomes one again).
 * *again: the answer of the first filing under this idempotency key.
 */
int document_file(struct core *core, const struct caller *caller,
    const struct filing *f, struct id *object, json_t **answer, int *again,
    struct err *e) NODISCARD;

/*
 * The same up to the change, and no further: {state: "dry-run", case, kind,
 * pages, sha256, size, level, indication, verdicts, draft, leaf}. What a
 * filing would refuse is refused with the same errors; the uploads stay. A
 * word on where a scan comes from is not looked at.
 */
int document_look(struct core *core, const struct caller *caller,
    const struct filing *f, struct id *object, json_t **answer, struct err *e)
    NODISCARD;

/* Answers as the API shows them. version 0: the newest. */
int document_list(struct core *core, const struct caller *caller,
    const char *kase, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
int document_show(struct core *core, const struct caller *caller,
    const char *ref, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
int document_versions(struct core *core, const struct caller *caller,
    const char *ref, struct id *object, json_t **answer, struct err *e)
    NODISCARD;
int document_receipt(struct core *core, const struct caller *caller,
    const char *ref, uint32_t version, struct id *object, uint64_t *leaf,
    struct buf *text, struct err *e) NODISCARD;

/* A page, the detached signature or the proof file, on its way out. */
struct content {
	uint64_t leaf, size;
	uint8_t sha256[32];
	size_t pages;
	char name[DOCUMENT_NAME_MAX + 1];
	char media[INSPECT_TYPE_MAX];
	struct content_stream *stream;
};
#define CONTENT_SIGNATURE UINT32_MAX
#define CONTENT_PROOF (UINT32_MAX - 1)
int content_open(struct core *core, const struct caller *caller,
    const char *ref, uint32_t version, uint32_t page, struct id *object,
    struct content *out, struct err *e) NODISCARD;
/*
 * Of a PDF the bytes that its n-th embedded signature (from 1; CONTENT_LAST:
 * the last one that is right) covers, the signed document without what was
 * added later. Size and SHA-256 are of these bytes. ERR_CONFLICT,
 * tags "prefix-missing", "prefix-not-signed" (it was not found right at the
 * filing), "prefix-pages" (a version of several).
 */
#define CONTENT_LAST UINT32_MAX
int content_open_signed(struct core *core, const struct caller *caller,
    const char *ref, uint32_t version, uint32_t signature, struct id *object,
    struct content *out, struct err *e) NODISCARD;
/* Append the next piece of plaintext (at most 1 MiB); nothing at the end. */
int content_next(struct content_stream *s, struct buf *out, struct err *e)
    NODISCARD;
void content_freep(struct content_stream **s);

/* The same for this room: under a leaf that is durable already. */
int content_under(struct core *core, const struct id *document,
    uint32_t version, uint32_t page, uint64_t leaf, struct content *out,
    struct err *e) NODISCARD;

/* --- for this room ----------------------------------------------------------
 */

/* The store's part of page i (from 0). */
enum store_part document_part(uint32_t page);
/* "signature", "proof": also the member of the manifest; NULL: a page. */
const char *document_part_name(uint32_t page);

/*
 * Find and ask the policy; what is not there and what is not the caller's
 * give one answer. *object is set when found.
 */
int document_authorize(struct core *core, struct tx *tx,
    const struct caller *caller, const char *ref, enum policy_op op,
    int64_t now_ms, struct document_facts *doc, struct case_facts *kase,
    struct id *object, struct decision *d, struct err *e) NODISCARD;
int document_by_id(struct tx *tx, const struct id *id,
    struct document_facts *out, struct err *e) NODISCARD;

/*
 * Each document of a case that had a version before until_ms, with how many
 * it had then; also those that were erased since, without versions.
 */
int document_each_before(struct tx *tx, const struct id *kase, int64_t until_ms,
    int (*each)(void *arg, const struct document_facts *doc, struct err *e),
    void *arg, struct err *e) NODISCARD;

/* A version's row, still sealed. */
struct version_row {
	struct id document, kase;
	uint32_t version;
	char kind[64];
	uint64_t key, leaf;
	int64_t filed_ms;
	struct buf sealed;
};
/* version 0: the newest. ERR_NOT_FOUND; tag "erased" for a tombstone. */
int version_load(struct tx *tx, const struct document_facts *doc,
    uint32_t version, struct version_row *out, struct err *e) NODISCARD;
void version_done(struct version_row *v);
/* Its manifest, under leaf. */
int version_open(struct core *core, const struct version_row *v, uint64_t leaf,
    json_t **out, struct err *e) NODISCARD;

/* The receipt's text, from the manifest. ERR_PENDING: no head covers it. */
int receipt_text(struct core *core, const struct version_row *v,
    const json_t *manifest, struct buf *out, struct err *e) NODISCARD;
/* The same with its time stamps: [{token, page, …}], see stamp.h; those over
 * another text of it are left out. NULL: none. */
int receipt_stamped_text(struct core *core, const struct version_row *v,
    const json_t *manifest, const json_t *stamps, struct buf *out,
    struct err *e) NODISCARD;
/* SHA-256 of what is stamped of a receipt, as hex. */
int receipt_page_digest(const struct buf *text, size_t *len,
    char hex[2 * SHA256_LEN + 1], struct err *e) NODISCARD;
/* {document, ref, case, kind, version, title, pages, sha256, size, level,
 * indication, verdicts, filed_at, filed_by, draft, provenance, signers,
 * proof} */
json_t *version_json(const struct version_row *v, const json_t *manifest);
/* {case, document, version, …, decision}: the detail of a leaf. */
json_t *document_detail(const struct core *core, const struct id *kase,
    const struct id *document, uint32_t version, const struct decision *d);

#endif
