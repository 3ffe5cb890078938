/*
 * A visit: what was brought back from one, entered as one change: documents
 * and records (the contact, the diagnosis, the contract, its démarches), the
 * consents that were signed, or the refusal. All of it, or nothing; with an
 * idempotency key the same again is the first answer. Tables visit,
 * visit_part, visit_envelope: opaque ids in clear.
 */
#ifndef DAEMON_CORE_VISIT_H
#define DAEMON_CORE_VISIT_H

#include "daemon/core/consent.h"
#include "daemon/core/document.h"
#include "daemon/core/objection.h"

#define VISIT_DOCUMENTS_MAX 16
#define VISIT_SHEETS_MAX 8

extern const char *const visit_schema;

struct visiting {
	const char *kase; /* that of every part: they need not say it */
	struct filing documents[VISIT_DOCUMENTS_MAX];
	size_t ndocuments;
	struct consent_giving sheets[VISIT_SHEETS_MAX];
	/* The document of this visit, from 1, that a sheet's consents rest
	 * on; 0: what its evidence says. */
	size_t evidence[VISIT_SHEETS_MAX];
	size_t nsheets;
	const struct refusing *refusal; /* NULL: none */
	/* The envelope that it came in (brought.h): entered once, whoever
	 * brings it; NULL: none. */
	const struct id *envelope;
	/* The caller's draft (visit_draft.h) that it was: it goes with this
	 * change. One that is not there any more is no mistake. NULL: none. */
	const struct id *draft;
};
/*
 * {visit, case, documents: [as document_file], consents: [as consent_give],
 * refusal, leaf}. Errors are those of the parts; their text begins with the
 * part at fault: "documents[2]: …" (from 1). ERR_INVALID "visit-empty",
 * "visit-evidence". An envelope that was entered in this case already is the
 * first answer; in another, ERR_CONFLICT "form-entered".
 */
int visit_enter(struct core *core, const struct caller *caller,
    const struct visiting *v, struct id *object, json_t **answer, int *again,
    struct err *e) NODISCARD;

int visit_forget(struct tx *tx, const struct id *kase, struct err *e) NODISCARD;

#endif
