#include "daemon/core/tables.h"

#include "daemon/audit/audit.h"
#include "daemon/core/approval.h"
#include "daemon/core/attest.h"
#include "daemon/core/bilan.h"
#include "daemon/core/breach.h"
#include "daemon/core/canary.h"
#include "daemon/core/case.h"
#include "daemon/core/certified.h"
#include "daemon/core/clock.h"
#include "daemon/core/closing.h"
#include "daemon/core/consent.h"
#include "daemon/core/correct.h"
#include "daemon/core/demarche.h"
#include "daemon/core/disclosure.h"
#include "daemon/core/document.h"
#include "daemon/core/erasure.h"
#include "daemon/core/event.h"
#include "daemon/core/evidence.h"
#include "daemon/core/glass.h"
#include "daemon/core/hold.h"
#include "daemon/core/idempotency.h"
#include "daemon/core/indicator.h"
#include "daemon/core/intake.h"
#include "daemon/core/moment.h"
#include "daemon/core/notice.h"
#include "daemon/core/objection.h"
#include "daemon/core/request.h"
#include "daemon/core/restriction.h"
#include "daemon/core/retention.h"
#include "daemon/core/rules.h"
#include "daemon/core/scan.h"
#include "daemon/core/submission.h"
#include "daemon/core/visit.h"
#include "daemon/core/visit_draft.h"
#include "daemon/store/store.h"

#define SCHEMAS_MAX 64

static const char *const maxima[] = {
	"SELECT max(key) FROM dossier",
	"SELECT max(key) FROM person",
	"SELECT max(key) FROM version",
	"SELECT max(key) FROM page",
	"SELECT max(key) FROM evidence",
	"SELECT max(key) FROM consent",
	"SELECT max(key) FROM case_event",
	"SELECT max(key) FROM closing",
	"SELECT max(key) FROM objection",
	"SELECT max(key) FROM refusal",
	"SELECT max(key) FROM request",
	"SELECT max(key) FROM restriction",
	"SELECT max(key) FROM hold",
	"SELECT max(key) FROM extract",
	"SELECT max(key) FROM notice",
	"SELECT max(drawn) FROM submission",
	"SELECT max(drawn) FROM visit_draft_mark",
	"SELECT max(key) FROM intake",
	"SELECT max(key) FROM erasure",
	"SELECT max(number) FROM erasure_key",
	"SELECT max(number) FROM correction_key",
	"SELECT max(key) FROM breach",
};

static const char *const in_use[] = {
	"SELECT key FROM dossier WHERE key < ?",
	"SELECT key FROM person WHERE key < ?",
	"SELECT key FROM version WHERE key < ?",
	"SELECT key FROM page WHERE key < ?",
	"SELECT key FROM evidence WHERE key < ?",
	"SELECT key FROM consent WHERE key < ?",
	"SELECT key FROM case_event WHERE key < ?",
	"SELECT key FROM closing WHERE key < ?",
	"SELECT key FROM objection WHERE key < ?",
	"SELECT key FROM refusal WHERE key < ?",
	"SELECT key FROM request WHERE key < ?",
	"SELECT key FROM restriction WHERE key < ?",
	"SELECT key FROM hold WHERE key < ?",
	"SELECT key FROM extract WHERE key < ?",
	"SELECT key FROM notice WHERE key < ?",
	"SELECT key FROM submission WHERE key < ?",
	"SELECT content_key FROM submission WHERE content_key < ?",
	"SELECT key FROM visit_draft WHERE key < ?",
	"SELECT key FROM visit_draft_page WHERE key < ?",
	"SELECT key FROM intake WHERE key < ?",
	"SELECT key FROM erasure WHERE key < ?",
	"SELECT key FROM breach WHERE key < ?",
};

size_t
tables_schemas(const char *const **out)
{
	/* The texts are other modules' variables: not constant expressions. */
	static const char *schemas[SCHEMAS_MAX];
	const char *const *const from[] = {
		&audit_schema,
		&store_schema,
		&case_schema,
		&person_schema,
		&document_schema,
		&evidence_schema,
		&idempotency_schema,
		&consent_schema,
		&event_schema,
		&objection_schema,
		&refusal_schema,
		&request_schema,
		&restriction_schema,
		&disclosure_schema,
		&notice_schema,
		&submission_schema,
		&intake_schema,
		&erasure_schema,
		&canary_schema,
		&certified_schema,
		&retention_schema,
		&glass_schema,
		&hold_schema,
		&approval_schema,
		&rules_schema,
		&attest_schema,
		&indicator_schema,
		&bilan_schema,
		&moment_schema,
		&breach_schema,
		&correction_schema,
		&clock_schema,
		&visit_schema,
		&visit_draft_schema,
		&demarche_schema,
		&closing_schema,
		&scan_schema,
	};
	size_t i;

	for (i = 0; i < NELEMS(from); i++)
		schemas[i] = *from[i];
	*out = schemas;
	return NELEMS(from);
}

size_t
tables_key_maxima(const char *const **out)
{
	*out = maxima;
	return NELEMS(maxima);
}

size_t
tables_keys_in_use(const char *const **out)
{
	*out = in_use;
	return NELEMS(in_use);
}
