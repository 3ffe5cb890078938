#include "policy/names.h"

#include <string.h>

const char *const names_types[] = { "string", "text", "integer", "amount",
	"date", "boolean", "code", "group", "list", NULL };
const char *const names_labels[] = { "ordinary", "sensitive", "never", NULL };
const char *const names_states[] = { "open", "closed", "restricted", "erased",
	"archived", NULL };
const char *const names_scopes[] = { "none", "own-case", "own-team",
	"own-organisation", "any", NULL };
const char *const names_stages[] = { "amont", "aval", NULL };
const char *const names_levels[] = { "qualified", "advanced", "provider-seal",
	"stylus", "handwritten-scan", "oral-witnessed", NULL };
const char *const names_provenance[] = { "none", "welcome", "required", NULL };
const char *const names_channels[] = { "ssh", "hand", "paper", NULL };
const char *const names_moments[] = { "entry", "closing", "step-done",
	"disclosure", "end-of-copy", NULL };
const char *const names_status[] = { "active", "suspended", NULL };
const char *const names_approvals[] = { "erasure", "release", "rules", "people",
	"people-caseworker", "people-suspension", "retention", "hold-release",
	"clock", NULL };
const char *const names_ground_uses[] = { "restriction", "erasure", "refusal",
	NULL };
const char *const names_archives[] = { "unknown", "no", "yes", NULL };
const char *const names_indicators[] = { "received", "over-quota",
	"contact-attempt", "contacted", "met", "refused", "diagnosis",
	"evaluation", "dsf", "contract", "act-checked", "demarche",
	"demarche-outcome", "veille", "closed", "reopened",
	"delay-first-contact", "delay-diagnosis", "delay-contract",
	"delay-closing", NULL };
const char *const names_units[] = { "minutes", "hours", "days", "working-days",
	"weeks", "months", "years", "percent", "count", "bytes", NULL };

const char *const names_separators[] = { "semicolon", "comma", "tab", NULL };
const char *const names_intake_targets[] = { "ignore", "dossier.reference",
	"dossier.commune", "dossier.title", "titulaire.nom", "titulaire.prenom",
	"titulaire.annee-naissance", "co-titulaire.nom", "co-titulaire.prenom",
	"co-titulaire.annee-naissance", "bailleur.nom", NULL };
const char *const names_persons[] = { "titulaire", "co-titulaire", "occupant",
	"garant", "bailleur", NULL };
const char *const names_signers[] = { "titulaire", "co-titulaire", "occupant",
	"garant", "bailleur", "structure", "tiers", NULL };
const char *const names_diagnosis[] = { "unknown", "accepted", "refused",
	NULL };

static const struct op_traits ops[OP_COUNT] = {
	[OP_STATUS] = { "status" },
	[OP_CASE_OPEN] = { "case-open" },
	[OP_CASE_LIST] = { "case-list" },
	[OP_CASE_READ] = { "case-read", .on_case = 1, .reads = 1 },
	[OP_CASE_EVENT] = { "case-event", .on_case = 1 },
	[OP_CASE_CLOSE] = { "case-close", .on_case = 1 },
	[OP_PERSON_ADD] = { "person-add", .on_case = 1 },
	[OP_DOC_FILE] = { "doc-file", 1, 1, 1 },
	[OP_DOC_LIST] = { "doc-list", .on_case = 1 },
	[OP_DOC_META] = { "doc-meta", 1, 1, 0 },
	[OP_DOC_READ] = { "doc-read", 1, 1, 1, .reads = 1 },
	[OP_RECEIPT] = { "receipt", 1, 1, 0 },
	[OP_SEARCH] = { "search" },
	[OP_CONSENT_GIVE] = { "consent-give", .on_case = 1 },
	[OP_CONSENT_WITHDRAW] = { "consent-withdraw", .on_case = 1 },
	[OP_CONSENT_LIST] = { "consent-list", .on_case = 1 },
	[OP_EXTRACT_PREVIEW] = { "extract-preview", .on_case = 1 },
	[OP_EXTRACT_RELEASE] = { "extract-release", .on_case = 1,
	    .weighty = 1 },
	[OP_EXTRACT_LIST] = { "extract-list" },
	[OP_EXTRACT_REVOKE] = { "extract-revoke", .on_case = 1 },
	[OP_EXTRACT_PULL] = { "extract-pull" },
	[OP_EXTRACT_ACK] = { "extract-ack" },
	[OP_NOTICE_READ] = { "notice-read" },
	[OP_REGISTER_READ] = { "register-read" },
	[OP_ERASE_PLAN] = { "erase-plan" },
	[OP_ERASE_APPROVE] = { "erase-approve" },
	[OP_ERASE_RUN] = { "erase-run", .weighty = 1 },
	[OP_ERASE_READ] = { "erase-read" },
	[OP_AUDIT_READ] = { "audit-read" },
	[OP_AUDIT_CHECKPOINT] = { "audit-checkpoint" },
	[OP_PUBLISH] = { "publish", .weighty = 1 },
	[OP_POLICY_READ] = { "policy-read" },
	[OP_CHANGE_READ] = { "change-read" },
	[OP_PERSON_EDIT] = { "person-edit", .on_case = 1 },
	[OP_REFUSAL] = { "refusal", .on_case = 1 },
	[OP_OBJECTION] = { "objection-enter", .on_case = 1 },
	[OP_OBJECTION_DECIDE] = { "objection-decide", .on_case = 1,
	    .weighty = 1 },
	[OP_EXTRACT_APPROVE] = { "extract-approve", .on_case = 1 },
	[OP_EXTRACT_DELIVER] = { "extract-deliver", .on_case = 1 },
	[OP_NOTICE_SETTLE] = { "notice-settle", .on_case = 1 },
	[OP_DUE] = { "due" },
	[OP_PARTNER_SUBMIT] = { "partner-submit" },
	[OP_SUBMISSION_READ] = { "submission-read" },
	[OP_SUBMISSION_SETTLE] = { "submission-settle" },
	[OP_RULES_PROPOSE] = { "rules-propose" },
	[OP_RULES_APPROVE] = { "rules-approve" },
	[OP_RULES_APPLY] = { "rules-apply", .weighty = 1 },
	[OP_EXPLAIN] = { "explain" },
	[OP_REPLAY] = { "replay" },
	[OP_BREAK_GLASS] = { "break-glass", .on_case = 1, .weighty = 1 },
	[OP_BREAK_GLASS_REVIEW] = { "break-glass-review", .on_case = 1 },
	[OP_CASE_REOPEN] = { "case-reopen", .on_case = 1, .weighty = 1 },
	[OP_DOC_CORRECT] = { "doc-correct", .on_case = 1, .weighty = 1 },
	[OP_INTAKE] = { "intake" },
	[OP_HOLD] = { "hold", .on_case = 1 },
	[OP_HOLD_RELEASE] = { "hold-release", .on_case = 1, .weighty = 1 },
	[OP_RETENTION_ANALYSE] = { "retention-analyse" },
	[OP_RETENTION_APPROVE] = { "retention-approve" },
	[OP_RETENTION_RUN] = { "retention-run", .weighty = 1 },
	[OP_RETENTION_READ] = { "retention-read" },
	[OP_RETENTION_VISA] = { "retention-visa", .weighty = 1 },
	[OP_RETENTION_SETTLE] = { "retention-settle" },
	[OP_RIGHTS_REQUEST] = { "rights-request", .on_case = 1 },
	[OP_RIGHTS_ANSWER] = { "rights-answer", .on_case = 1 },
	[OP_RESTRICT] = { "restrict", .on_case = 1 },
	[OP_RESTRICT_LIFT] = { "restrict-lift", .on_case = 1, .weighty = 1 },
	[OP_SUBJECT_EXPORT] = { "subject-export", .on_case = 1, .weighty = 1 },
	[OP_REPORT_READ] = { "report-read" },
	[OP_REPORT_BREACH] = { "report-breach" },
	[OP_REPORT_CONTROLE] = { "report-controle" },
	[OP_BILAN_FREEZE] = { "bilan-freeze" },
	[OP_CLOCK_CONFIRM] = { "clock-confirm", .weighty = 1 },
	[OP_OBJECTION_LIFT] = { "objection-lift", .on_case = 1 },
};

const struct op_traits *
names_op(enum policy_op op)
{
	return (unsigned)op < OP_COUNT ? &ops[op] : NULL;
}

int
opset_has(const struct opset *s, enum policy_op op)
{
	return (s->w[(unsigned)op / 64] >> ((unsigned)op % 64) & 1) != 0;
}

void
opset_add(struct opset *s, enum policy_op op)
{
	s->w[(unsigned)op / 64] |= UINT64_C(1) << ((unsigned)op % 64);
}

int
opset_is_empty(const struct opset *s)
{
	static const struct opset none;

	return opset_within(s, &none);
}

int
opset_within(const struct opset *s, const struct opset *whole)
{
	size_t i;

	for (i = 0; i < OPSET_WORDS; i++)
		if ((s->w[i] & ~whole->w[i]) != 0)
			return 0;
	return 1;
}

const char *
policy_op_name(enum policy_op op)
{
	return (unsigned)op < OP_COUNT ? ops[op].name : "unknown";
}

int
policy_op_from_name(const char *s, enum policy_op *op)
{
	int i;

	for (i = 0; i < OP_COUNT; i++)
		if (strcmp(ops[i].name, s) == 0) {
			*op = (enum policy_op)i;
			return 1;
		}
	return 0;
}

int
names_find(const char *const *table, const char *s)
{
	int i;

	for (i = 0; table[i] != NULL; i++)
		if (strcmp(table[i], s) == 0)
			return i;
	return -1;
}

int
policy_is_indicator(const char *code)
{
	return names_find(names_indicators, code) >= 0;
}

static int
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Letters and digits, with bytes of inner between them, one at a time. */
static int
is_made_of(const char *s, const char *inner)
{
	size_t i, n = strnlen(s, POLICY_NAME_MAX + 1);

	if (n == 0 || n > POLICY_NAME_MAX)
		return 0;
	for (i = 0; i < n; i++) {
		if (is_alnum(s[i]))
			continue;
		if (i == 0 || i == n - 1 || !is_alnum(s[i - 1]) ||
		    strchr(inner, s[i]) == NULL)
			return 0;
	}
	return 1;
}

int
names_is_name(const char *s)
{
	return is_made_of(s, "-.:");
}

int
names_is_path(const char *s)
{
	return is_made_of(s, "-.");
}

int
names_is_account(const char *s)
{
	return is_made_of(s, "-._");
}

const char *
names_shown(const char *s)
{
	if (s == NULL)
		return "(none)";
	return names_is_name(s) ? s : "(not a name)";
}
