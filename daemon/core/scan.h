/*
 * Scans of paper. A scan is legally a copy (C. civ. art. 1379; décret
 * 2016-1673): with it is kept, in the manifest of the version, its provenance
 * as who scanned signed it (base/scanpage.h); and a second person of the team
 * looks at paper and picture, at once or later. Until then the version is
 * "unchecked" and due. Table scan: ids, uids, states and opaque signatures in
 * clear; it goes with the document.
 *
 * Which kinds ask for it is the policy's (kind, "provenance").
 */
#ifndef DAEMON_CORE_SCAN_H
#define DAEMON_CORE_SCAN_H

#include "base/scanpage.h"
#include "daemon/core/core.h"

extern const char *const scan_schema;

#define SCAN_LEVEL "handwritten-scan"

/* What is said of a scan at its filing; strings are borrowed. */
struct scan_said {
	struct scan_page page; /* sha256 and by: the vault's to say */
	const char *scanned_at;
	const char *signature; /* armored; NULL: nothing is said */
};

/* What it is compared with. */
struct scan_filed {
	const struct policy_kind *kind;
	const char *level;
	uint8_t sha256[SHA256_LEN];
	size_t files;
	int all_images; /* each file is a page */
	int64_t now_ms;
};
/*
 * The member "provenance" of the manifest: {scanned_by, scanned_at, device,
 * resolution, pages, paper_at, originals, given_to, fingerprint, text,
 * signature}; NULL in *out when there is none and none is required.
 *
 * ERR_INVALID "provenance". ERR_REFUSED "provenance-missing",
 * "provenance-level" (no scan of paper), "provenance-pages",
 * "provenance-time" (in the future), "provenance-signature" (not of this
 * page, or not by a key of the caller's).
 */
int scan_provenance(struct core *core, const struct caller *caller,
    const struct scan_said *said, const struct scan_filed *f, json_t **out,
    struct err *e) NODISCARD;

/* Within the filing: a version at this level waits for its check. */
int scan_place(struct tx *tx, const struct policy_kind *kind, const char *level,
    const struct id *document, uint32_t version, uint32_t author,
    int64_t filed_ms, struct err *e) NODISCARD;

/*
 * The second person's finding on the newest version, signed by a key of the
 * caller's: {document, version, finding, checked_by, checked_at, leaf}. The
 * same again by the same person is its first answer.
 *
 * ERR_INVALID "scan-finding"; ERR_CONFLICT "scan-none" (this version waits for
 * no check), "scan-checked", "erased"; ERR_REFUSED "scan-own" (who scanned it
 * is not who checks it), "scan-signature".
 */
struct scan_checking {
	const char *document, *finding, *signature;
};
int scan_check(struct core *core, const struct caller *caller,
    const struct scan_checking *c, struct id *object, json_t **answer,
    struct err *e) NODISCARD;

/* Of this version: {state, since, checked_by, checked_at, leaf}, state
 * "unchecked", "faithful" or "not"; NULL in *out: it is not asked for. */
int scan_state(struct core *core, struct tx *tx, const struct id *document,
    uint32_t version, json_t **out, struct err *e) NODISCARD;

int scan_forget_document(
    struct tx *tx, const struct id *document, struct err *e) NODISCARD;

#endif
