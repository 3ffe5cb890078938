#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules.h"

#define DAY 20780 /* 2026-11-23 */

/* a allowed; else why not. */
static char
outcome(const struct decision *d)
{
	static const struct {
		const char *tag;
		char c;
	} tags[] = { { "no-rule", 'n' }, { "other-team", 't' },
		{ "purpose-missing", 'p' }, { "purpose-unknown", 'u' },
		{ "kind-unknown", 'k' }, { "case-restricted", 'r' },
		{ "nobody", '0' }, { "step-up", 's' } };
	size_t i;

	if (d->allowed) {
		assert_null(d->tag);
		assert_non_null(d->rule);
		return 'a';
	}
	assert_non_null(d->tag);
	assert_null(d->purpose);
	for (i = 0; i < NELEMS(tags); i++)
		if (strcmp(d->tag, tags[i].tag) == 0)
			return tags[i].c;
	return '?';
}

static const char *const roles[] = { "caseworker", "lead", "jurist", "director",
	"dpo", "administrator", "custodian", "partner" };

/* These are asked without a case. */
static int
is_caseless(enum policy_op op)
{
	switch (op) {
	case OP_STATUS:
	case OP_CASE_OPEN:
	case OP_SEARCH:
	case OP_NOTICE_READ:
	case OP_REGISTER_READ:
	case OP_AUDIT_READ:
	case OP_AUDIT_CHECKPOINT:
	case OP_PUBLISH:
	case OP_POLICY_READ:
	case OP_CHANGE_READ:
	case OP_DUE:
	case OP_PARTNER_SUBMIT:
	case OP_SUBMISSION_READ:
	case OP_SUBMISSION_SETTLE:
	case OP_RULES_PROPOSE:
	case OP_RULES_APPROVE:
	case OP_RULES_APPLY:
	case OP_EXPLAIN:
	case OP_REPLAY:
	case OP_INTAKE:
	case OP_RETENTION_ANALYSE:
	case OP_RETENTION_APPROVE:
	case OP_RETENTION_RUN:
	case OP_RETENTION_READ:
	case OP_RETENTION_VISA:
	case OP_RETENTION_SETTLE:
	case OP_REPORT_READ:
	case OP_REPORT_BREACH:
	case OP_REPORT_CONTROLE:
	case OP_BILAN_FREEZE:
	case OP_CLOCK_CONFIRM:
		return 1;
	default:
		return 0;
	}
}

static int
has_kind(enum policy_op op)
{
	return op == OP_DOC_FILE || op == OP_DOC_READ || op == OP_DOC_META ||
	       op == OP_RECEIPT;
}

/*
 * What each role may do on an open case, said a second time: own team
 * without a purpose, with purpose accompagnement; another team of the same
 * employer, the same two; another employer. What is not here is "nnnnn".
 */
static const struct {
	const char *role, *op, *want;
} matrix[] = {
	{ "caseworker", "status", "aaaaa" },
	{ "caseworker", "policy-read", "aaaaa" },
	{ "caseworker", "change-read", "aaaaa" },
	{ "caseworker", "case-open", "aaaaa" },
	{ "caseworker", "search", "aaaaa" },
	{ "caseworker", "case-list", "aattt" },
	{ "caseworker", "case-read", "aattt" },
	{ "caseworker", "case-event", "aattt" },
	{ "caseworker", "case-close", "aattt" },
	{ "caseworker", "person-add", "aattt" },
	{ "caseworker", "doc-file", "aattt" },
	{ "caseworker", "doc-list", "aattt" },
	{ "caseworker", "doc-meta", "aattt" },
	{ "caseworker", "doc-read", "aattt" },
	{ "caseworker", "receipt", "aattt" },
	{ "caseworker", "consent-give", "aattt" },
	{ "caseworker", "consent-withdraw", "aaaat" },
	{ "caseworker", "consent-list", "aattt" },
	{ "caseworker", "extract-preview", "aattt" },
	{ "caseworker", "extract-release", "pnttt" },
	{ "caseworker", "extract-list", "aattt" },
	{ "caseworker", "extract-revoke", "aattt" },
	{ "caseworker", "person-edit", "aattt" },
	{ "caseworker", "refusal", "aattt" },
	{ "caseworker", "objection-enter", "aaaat" },
	{ "caseworker", "objection-lift", "aattt" },
	{ "caseworker", "extract-deliver", "aattt" },
	{ "caseworker", "notice-settle", "aattt" },
	{ "caseworker", "due", "aaaaa" },
	{ "caseworker", "submission-read", "aaaaa" },
	{ "caseworker", "submission-settle", "aaaaa" },
	{ "caseworker", "doc-correct", "aattt" },
	{ "caseworker", "intake", "aaaaa" },
	{ "caseworker", "rights-request", "aaaat" },
	{ "caseworker", "restrict", "aaaat" },

	{ "lead", "status", "aaaaa" },
	{ "lead", "policy-read", "aaaaa" },
	{ "lead", "change-read", "aaaaa" },
	{ "lead", "case-open", "aaaaa" },
	{ "lead", "search", "aaaaa" },
	{ "lead", "case-list", "aattt" },
	{ "lead", "case-read", "aattt" },
	{ "lead", "case-event", "aattt" },
	{ "lead", "case-close", "aattt" },
	{ "lead", "person-add", "aattt" },
	{ "lead", "doc-file", "aattt" },
	{ "lead", "doc-list", "aattt" },
	{ "lead", "doc-meta", "aattt" },
	{ "lead", "doc-read", "aattt" },
	{ "lead", "receipt", "aattt" },
	{ "lead", "consent-give", "aattt" },
	{ "lead", "consent-withdraw", "aaaat" },
	{ "lead", "consent-list", "aattt" },
	{ "lead", "extract-preview", "aattt" },
	{ "lead", "extract-release", "pnttt" },
	{ "lead", "extract-list", "aattt" },
	{ "lead", "extract-revoke", "aattt" },
	{ "lead", "erase-plan", "aaaat" },
	{ "lead", "erase-approve", "aaaat" },
	{ "lead", "erase-run", "aaaat" },
	{ "lead", "erase-read", "aaaat" },
	{ "lead", "person-edit", "aattt" },
	{ "lead", "refusal", "aattt" },
	{ "lead", "objection-enter", "aaaat" },
	{ "lead", "objection-lift", "aattt" },
	{ "lead", "extract-approve", "aaaat" },
	{ "lead", "extract-deliver", "aattt" },
	{ "lead", "notice-settle", "aattt" },
	{ "lead", "due", "aaaaa" },
	{ "lead", "submission-read", "aaaaa" },
	{ "lead", "submission-settle", "aaaaa" },
	{ "lead", "rules-propose", "aaaaa" },
	{ "lead", "rules-approve", "aaaaa" },
	{ "lead", "rules-apply", "aaaaa" },
	{ "lead", "break-glass-review", "aaaat" },
	{ "lead", "doc-correct", "aattt" },
	{ "lead", "case-reopen", "nnttt" },
	{ "lead", "restrict-lift", "nnnnt" },
	{ "lead", "intake", "aaaaa" },
	{ "lead", "hold", "aaaat" },
	{ "lead", "hold-release", "aaaat" },
	{ "lead", "retention-analyse", "aaaaa" },
	{ "lead", "retention-approve", "aaaaa" },
	{ "lead", "retention-run", "aaaaa" },
	{ "lead", "retention-read", "aaaaa" },
	{ "lead", "retention-visa", "aaaaa" },
	{ "lead", "retention-settle", "aaaaa" },
	{ "lead", "rights-request", "aaaat" },
	{ "lead", "rights-answer", "aaaat" },
	{ "lead", "restrict", "aaaat" },
	{ "lead", "subject-export", "pnpnt" },
	{ "lead", "report-read", "aaaaa" },
	{ "lead", "bilan-freeze", "aaaaa" },
	{ "lead", "clock-confirm", "aaaaa" },

	{ "jurist", "status", "aaaaa" },
	{ "jurist", "policy-read", "aaaaa" },
	{ "jurist", "change-read", "aaaaa" },
	{ "jurist", "case-open", "aaaaa" },
	{ "jurist", "search", "aaaaa" },
	{ "jurist", "case-list", "aannt" },
	{ "jurist", "case-read", "aannt" },
	{ "jurist", "case-event", "aattt" },
	{ "jurist", "case-close", "aattt" },
	{ "jurist", "person-add", "aattt" },
	{ "jurist", "doc-file", "aattt" },
	{ "jurist", "doc-list", "aannt" },
	{ "jurist", "doc-meta", "aannt" },
	{ "jurist", "doc-read", "aannt" },
	{ "jurist", "receipt", "aannt" },
	{ "jurist", "consent-give", "aattt" },
	{ "jurist", "consent-withdraw", "aaaat" },
	{ "jurist", "consent-list", "aannt" },
	{ "jurist", "extract-preview", "aattt" },
	{ "jurist", "extract-release", "pnttt" },
	{ "jurist", "extract-list", "aannt" },
	{ "jurist", "extract-revoke", "aattt" },
	{ "jurist", "erase-plan", "aaaat" },
	{ "jurist", "erase-approve", "aaaat" },
	{ "jurist", "erase-read", "aaaat" },
	{ "jurist", "person-edit", "aattt" },
	{ "jurist", "refusal", "aattt" },
	{ "jurist", "objection-enter", "aaaat" },
	{ "jurist", "objection-lift", "aattt" },
	{ "jurist", "extract-approve", "aaaat" },
	{ "jurist", "extract-deliver", "aattt" },
	{ "jurist", "notice-settle", "aattt" },
	{ "jurist", "due", "aaaaa" },
	{ "jurist", "submission-read", "aaaaa" },
	{ "jurist", "submission-settle", "aaaaa" },
	{ "jurist", "rules-propose", "aaaaa" },
	{ "jurist", "rules-approve", "aaaaa" },
	{ "jurist", "rules-apply", "aaaaa" },
	{ "jurist", "doc-correct", "aattt" },
	{ "jurist", "case-reopen", "nnttt" },
	{ "jurist", "intake", "aaaaa" },
	{ "jurist", "hold", "aaaat" },
	{ "jurist", "hold-release", "aaaat" },
	{ "jurist", "retention-analyse", "aaaaa" },
	{ "jurist", "retention-approve", "aaaaa" },
	{ "jurist", "retention-read", "aaaaa" },
	{ "jurist", "rights-request", "aaaat" },
	{ "jurist", "rights-answer", "aaaat" },
	{ "jurist", "restrict", "aaaat" },
	{ "jurist", "subject-export", "pnpnt" },
	{ "jurist", "clock-confirm", "aaaaa" },

	{ "director", "status", "aaaaa" },
	{ "director", "policy-read", "aaaaa" },
	{ "director", "change-read", "aaaaa" },
	{ "director", "case-list", "anant" },
	{ "director", "case-read", "anant" },
	{ "director", "doc-list", "anant" },
	{ "director", "doc-meta", "anant" },
	{ "director", "receipt", "anant" },
	{ "director", "extract-list", "anant" },
	{ "director", "extract-preview", "pnpnt" },
	{ "director", "extract-release", "pnpnt" },
	{ "director", "extract-revoke", "pnpnt" },
	{ "director", "erase-plan", "aaaat" },
	{ "director", "erase-approve", "aaaat" },
	{ "director", "erase-run", "aaaat" },
	{ "director", "erase-read", "aaaat" },
	{ "director", "consent-withdraw", "aaaat" },
	{ "director", "objection-enter", "aaaat" },
	{ "director", "objection-lift", "aaaat" },
	{ "director", "extract-approve", "aaaat" },
	{ "director", "due", "aaaaa" },
	{ "director", "submission-read", "aaaaa" },
	{ "director", "submission-settle", "aaaaa" },
	{ "director", "rules-propose", "aaaaa" },
	{ "director", "rules-approve", "aaaaa" },
	{ "director", "rules-apply", "aaaaa" },
	{ "director", "break-glass", "sssss" },
	{ "director", "break-glass-review", "aaaat" },
	{ "director", "hold", "aaaat" },
	{ "director", "hold-release", "aaaat" },
	{ "director", "retention-analyse", "aaaaa" },
	{ "director", "retention-approve", "aaaaa" },
	{ "director", "retention-run", "aaaaa" },
	{ "director", "retention-read", "aaaaa" },
	{ "director", "retention-visa", "aaaaa" },
	{ "director", "retention-settle", "aaaaa" },
	{ "director", "rights-request", "aaaat" },
	{ "director", "rights-answer", "aaaat" },
	{ "director", "restrict", "aaaat" },
	{ "director", "subject-export", "pnpnt" },
	{ "director", "report-read", "aaaaa" },
	{ "director", "report-breach", "aaaaa" },
	{ "director", "restrict-lift", "nnnnt" },
	{ "director", "report-controle", "aaaaa" },
	{ "director", "audit-checkpoint", "aaaaa" },
	{ "director", "bilan-freeze", "aaaaa" },
	{ "director", "clock-confirm", "aaaaa" },

	{ "dpo", "status", "aaaaa" },
	{ "dpo", "policy-read", "aaaaa" },
	{ "dpo", "change-read", "aaaaa" },
	{ "dpo", "consent-list", "aaaaa" },
	{ "dpo", "register-read", "aaaaa" },
	{ "dpo", "erase-read", "aaaaa" },
	{ "dpo", "audit-read", "aaaaa" },
	{ "dpo", "audit-checkpoint", "aaaaa" },
	{ "dpo", "case-read", "pnpnp" },
	{ "dpo", "doc-list", "pnpnp" },
	{ "dpo", "doc-meta", "pnpnp" },
	{ "dpo", "doc-read", "pnpnp" },
	{ "dpo", "consent-withdraw", "aaaaa" },
	{ "dpo", "extract-list", "pnpnp" },
	{ "dpo", "erase-approve", "aaaaa" },
	{ "dpo", "objection-enter", "aaaaa" },
	{ "dpo", "objection-lift", "aaaaa" },
	{ "dpo", "objection-decide", "aaaaa" },
	{ "dpo", "notice-settle", "aaaaa" },
	{ "dpo", "due", "aaaaa" },
	{ "dpo", "rules-propose", "aaaaa" },
	{ "dpo", "rules-approve", "aaaaa" },
	{ "dpo", "explain", "aaaaa" },
	{ "dpo", "replay", "aaaaa" },
	{ "dpo", "break-glass", "sssss" },
	{ "dpo", "retention-analyse", "aaaaa" },
	{ "dpo", "retention-approve", "aaaaa" },
	{ "dpo", "retention-read", "aaaaa" },
	{ "dpo", "rights-request", "aaaaa" },
	{ "dpo", "rights-answer", "aaaaa" },
	{ "dpo", "restrict", "aaaaa" },
	{ "dpo", "subject-export", "pnpnp" },
	{ "dpo", "report-read", "aaaaa" },
	{ "dpo", "report-breach", "aaaaa" },
	{ "dpo", "report-controle", "aaaaa" },

	{ "administrator", "status", "aaaaa" },
	{ "administrator", "policy-read", "aaaaa" },
	{ "administrator", "change-read", "aaaaa" },
	{ "administrator", "publish", "aaaaa" },
	{ "administrator", "clock-confirm", "aaaaa" },
	{ "administrator", "retention-settle", "aaaaa" },

	{ "custodian", "status", "aaaaa" },

	{ "partner", "extract-list", "aaaaa" },
	{ "partner", "extract-pull", "aaaaa" },
	{ "partner", "extract-ack", "aaaaa" },
	{ "partner", "notice-read", "aaaaa" },
	{ "partner", "partner-submit", "aaaaa" },
};

static const char *
wanted(const char *role, const char *op)
{
	size_t i;

	for (i = 0; i < NELEMS(matrix); i++)
		if (strcmp(matrix[i].role, role) == 0 &&
		    strcmp(matrix[i].op, op) == 0)
			return matrix[i].want;
	return "nnnnn";
}

static struct principal
somebody(const char *role)
{
	return (struct principal){ .uid = 1,
		.account = "camille.exemple",
		.name = "Camille Exemple",
		.role = role,
		.team = "nord",
		.organisation = "asso",
		.status = POLICY_ACTIVE };
}

static void
every_role_may_do_just_what_the_matrix_says(void **state)
{
	static const char *const team[] = { "nord", "nord", "sud", "sud",
		"nord" };
	struct rules *r = *state;
	struct principal who;
	struct decision d;
	char got[6] = "";
	size_t i, c;
	int op, wrong = 0;

	for (i = 0; i < NELEMS(roles); i++)
		for (op = 0; op < OP_COUNT; op++) {
			const char *name = policy_op_name((enum policy_op)op);

			who = somebody(roles[i]);
			for (c = 0; c < 5; c++) {
				struct access_facts f = {
					.who = &who,
					.op = (enum policy_op)op,
					.day = DAY,
				};

				if (has_kind(f.op))
					f.kind = "diagnostic";
				if (c == 1 || c == 3)
					f.purpose = "accompagnement";
				if (!is_caseless(f.op)) {
					f.team = team[c];
					f.organisation =
					    c == 4 ? "autre" : "asso";
					f.case_state = "open";
				}
				policy_authorize(r->p, &f, &d);
				got[c] = outcome(&d);
			}
			if (strcmp(got, wanted(roles[i], name)) == 0)
				continue;
			print_error("%s %s: wanted %s, got %s\n", roles[i],
			    name, wanted(roles[i], name), got);
			wrong++;
		}
	assert_int_equal(wrong, 0);
}

/* Closed, restricted and archived cases of the own team: without a purpose,
 * and for controle-interne. */
static void
archives_and_frozen_cases_are_kept_apart(void **state)
{
	static const struct {
		const char *role, *op, *in[3];
	} rows[] = {
		{ "caseworker", "doc-read", { "nn", "rr", "nn" } },
		{ "caseworker", "case-read", { "nn", "rr", "nn" } },
		{ "caseworker", "case-list", { "nn", "aa", "nn" } },
		{ "caseworker", "doc-file", { "nn", "rr", "nn" } },
		{ "caseworker", "consent-withdraw", { "aa", "aa", "aa" } },
		{ "caseworker", "extract-revoke", { "aa", "aa", "aa" } },
		{ "caseworker", "extract-release", { "nn", "rr", "nn" } },
		{ "caseworker", "consent-give", { "nn", "rr", "nn" } },
		{ "lead", "doc-read", { "pa", "rr", "nn" } },
		{ "lead", "case-list", { "pa", "aa", "nn" } },
		{ "lead", "doc-file", { "nn", "rr", "nn" } },
		{ "lead", "erase-plan", { "aa", "rr", "aa" } },
		{ "lead", "erase-run", { "aa", "rr", "aa" } },
		{ "jurist", "case-read", { "pa", "pn", "pa" } },
		{ "director", "doc-meta", { "pa", "rr", "nn" } },
		{ "director", "doc-read", { "nn", "nn", "nn" } },
		{ "director", "erase-approve", { "aa", "rr", "aa" } },
		{ "dpo", "consent-list", { "aa", "aa", "aa" } },
		{ "dpo", "doc-read", { "pn", "rr", "pn" } },
		{ "partner", "extract-pull", { "aa", "rr", "nn" } },
		{ "partner", "extract-ack", { "aa", "aa", "aa" } },
		{ "jurist", "doc-read", { "pa", "pn", "pa" } },
		{ "caseworker", "case-reopen", { "nn", "nn", "nn" } },
		{ "lead", "case-reopen", { "aa", "rr", "aa" } },
		{ "director", "case-reopen", { "nn", "nn", "nn" } },
		{ "lead", "hold", { "aa", "aa", "aa" } },
		{ "caseworker", "hold-release", { "nn", "nn", "nn" } },
		{ "caseworker", "restrict", { "aa", "rr", "aa" } },
		{ "lead", "restrict-lift", { "nn", "aa", "nn" } },
		{ "jurist", "restrict-lift", { "nn", "nn", "nn" } },
		{ "caseworker", "rights-request", { "aa", "aa", "aa" } },
		{ "caseworker", "rights-answer", { "nn", "nn", "nn" } },
		{ "lead", "subject-export", { "pn", "pn", "pn" } },
		{ "caseworker", "doc-correct", { "nn", "rr", "nn" } },
	};
	static const char *const states[] = { "closed", "restricted",
		"archived" };
	struct rules *r = *state;
	struct decision d;
	size_t i, s, c;
	char got[3] = "";

	for (i = 0; i < NELEMS(rows); i++)
		for (s = 0; s < NELEMS(states); s++) {
			struct principal who = somebody(rows[i].role);
			struct access_facts f = { .who = &who,
				.team = "nord",
				.organisation = "asso",
				.case_state = states[s],
				.day = DAY };

			assert_true(policy_op_from_name(rows[i].op, &f.op));
			if (has_kind(f.op))
				f.kind = "diagnostic";
			for (c = 0; c < 2; c++) {
				f.purpose = c == 1 ? "controle-interne" : NULL;
				policy_authorize(r->p, &f, &d);
				got[c] = outcome(&d);
			}
			if (strcmp(got, rows[i].in[s]) != 0)
				fail_msg("%s %s on a %s case: %s", rows[i].role,
				    rows[i].op, states[s], got);
		}
}

static struct access_facts
reading(const struct principal *who)
{
	return (struct access_facts){ .who = who,
		.op = OP_DOC_READ,
		.kind = "diagnostic",
		.team = "nord",
		.organisation = "asso",
		.case_state = "open",
		.day = DAY };
}

static char
ask(struct rules *r, const struct access_facts *f, struct decision *d)
{
	policy_authorize(r->p, f, d);
	return outcome(d);
}

static void
every_filing_and_reading_is_of_a_known_kind(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("caseworker");
	struct access_facts f = reading(&who);
	const struct policy_kind *k;
	struct decision d;
	size_t i, n = policy_kinds(r->p, &k);

	for (i = 0; i < n; i++) {
		f.kind = k[i].name;
		f.op = OP_DOC_READ;
		assert_int_equal(ask(r, &f, &d), k[i].by_vault ? 'n' : 'a');
		f.op = OP_DOC_FILE;
		assert_int_equal(ask(r, &f, &d),
		    k[i].by_vault ||
			    strcmp(k[i].name, "controle-regularite") == 0
			? 'n'
			: 'a');
	}
	f.kind = NULL;
	assert_int_equal(ask(r, &f, &d), 'k');
	f.kind = "";
	assert_int_equal(ask(r, &f, &d), 'k');
	f.kind = "diagnostic ";
	assert_int_equal(ask(r, &f, &d), 'k');
	f.kind = "*";
	assert_int_equal(ask(r, &f, &d), 'k');
	f.op = OP_RECEIPT;
	assert_int_equal(ask(r, &f, &d), 'k');
}

static void
the_jurist_files_the_check_of_an_act(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("jurist");
	struct access_facts f = reading(&who);
	struct decision d;

	f.op = OP_DOC_FILE;
	f.kind = "controle-regularite";
	assert_int_equal(ask(r, &f, &d), 'a');
	assert_string_equal(d.rule, "regularite-depot");
}

static void
the_default_purpose_is_marked_as_such(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("caseworker");
	struct access_facts f = reading(&who);
	char purpose[] = "accompagnement";
	struct decision d;

	assert_int_equal(ask(r, &f, &d), 'a');
	assert_int_equal(d.purpose_is_default, 1);
	assert_string_equal(d.purpose, "accompagnement");
	assert_string_equal(d.why,
	    "caseworker camille.exemple of team nord: doc-read of kind "
	    "diagnostic is allowed by rule equipe-lecture (open case, "
	    "purpose accompagnement by default).");
	f.purpose = purpose;
	assert_int_equal(ask(r, &f, &d), 'a');
	assert_int_equal(d.purpose_is_default, 0);
	assert_string_equal(d.purpose, "accompagnement");
	assert_ptr_not_equal(d.purpose, purpose); /* lives with the policy */
}

static void
a_purpose_nobody_declared_is_unknown(void **state)
{
	static const char *const bad[] = { "", "*", "curiosite",
		"accompagnement ", "ACCOMPAGNEMENT", "a\nb" };
	struct rules *r = *state;
	struct principal who = somebody("caseworker");
	struct access_facts f = reading(&who);
	struct decision d;
	size_t i;

	for (i = 0; i < NELEMS(bad); i++) {
		f.purpose = bad[i];
		assert_int_equal(ask(r, &f, &d), 'u');
		assert_null(strchr(d.why, '\n'));
	}
}

static void
a_release_says_what_it_is_for(void **state)
{
	static const char *const for_what[] = { "maintien-aide-logement",
		"examen-ccapex", "traitement-surendettement" };
	struct rules *r = *state;
	struct principal who = somebody("caseworker");
	struct access_facts f = reading(&who);
	struct decision d;
	size_t i;

	f.op = OP_EXTRACT_RELEASE;
	f.kind = NULL;
	assert_int_equal(ask(r, &f, &d), 'p');
	assert_string_equal(d.why,
	    "caseworker camille.exemple of team nord: extract-release is "
	    "denied: rule extrait-remise asks for a purpose and has no "
	    "default.");
	for (i = 0; i < NELEMS(for_what); i++) {
		f.purpose = for_what[i];
		assert_int_equal(ask(r, &f, &d), 'a');
		assert_string_equal(d.purpose, for_what[i]);
	}
}

static void
nobody_may_do_anything(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("lead");
	struct access_facts f = reading(NULL);
	struct decision d;
	int op;

	for (op = 0; op < OP_COUNT; op++) {
		f.op = (enum policy_op)op;
		f.who = NULL;
		assert_int_equal(ask(r, &f, &d), '0');
		f.who = &who;
		who.status = POLICY_SUSPENDED;
		assert_int_equal(ask(r, &f, &d), '0');
	}
}

static void
a_role_nobody_declared_may_do_nothing(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("root");
	struct access_facts f = reading(&who);
	struct decision d;
	int op;

	for (op = 0; op < OP_COUNT; op++) {
		f.op = (enum policy_op)op;
		assert_int_equal(ask(r, &f, &d), 'n');
	}
}

static void
what_is_not_known_of_the_case_is_denied(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("caseworker");
	struct access_facts f = reading(&who);
	struct decision d;

	f.team = NULL;
	assert_int_equal(ask(r, &f, &d), 'n');
	f = reading(&who);
	f.organisation = NULL;
	assert_int_equal(ask(r, &f, &d), 't');
	f = reading(&who);
	f.case_state = NULL;
	assert_int_equal(ask(r, &f, &d), 'n');
	f = reading(&who);
	f.case_state = "erased";
	assert_int_equal(ask(r, &f, &d), 'n');
	f.case_state = "burnt";
	assert_int_equal(ask(r, &f, &d), 'n');
	f = reading(&who);
	f.op = OP_COUNT;
	assert_int_equal(ask(r, &f, &d), 'n');
	f = reading(&who);
	who.team = NULL;
	assert_int_equal(ask(r, &f, &d), 't');
}

static void
another_team_is_named_in_the_explanation(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("caseworker");
	struct access_facts f = reading(&who);
	struct decision d;

	f.team = "sud";
	assert_int_equal(ask(r, &f, &d), 't');
	assert_string_equal(d.why,
	    "caseworker camille.exemple of team nord: doc-read of kind "
	    "diagnostic is denied: rule equipe-lecture stops at scope "
	    "own-team, and the case is of team sud, organisation asso.");
	assert_string_equal(d.rule, "equipe-lecture");
}

/* Long names fit, and what is no name is not repeated. */
static void
an_explanation_holds_no_more_than_names(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("caseworker");
	struct access_facts f = reading(&who);
	struct decision d;
	char huge[5000];

	memset(huge, 'a', sizeof(huge) - 1);
	huge[sizeof(huge) - 1] = '\0';
	f.kind = huge;
	assert_int_equal(ask(r, &f, &d), 'k');
	assert_non_null(strstr(d.why, "(not a name)"));
	f.kind = "diagnostic";
	f.team = "<script>";
	assert_int_equal(ask(r, &f, &d), 't');
	assert_null(strstr(d.why, "<script>"));
}

/* --- own-case, none, and the boundary days, with rules of the test ----- */

static void
load_with(struct rules *r, const char *from, const char *to)
{
	AUTO(buf_done) struct buf text = { 0 };
	int line;

	rules_edit(rules_small, from, to, &text, &line);
	rules_put(r, "00-common.conf", buf_str(&text));
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
}

static void
a_rule_for_ones_own_cases_is_for_those_alone(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("worker");
	struct access_facts f = reading(&who);
	struct decision d;

	load_with(r, "scope = own-team", "scope = own-case");
	f.kind = "note";
	assert_int_equal(ask(r, &f, &d), 't');
	f.own_case = 1;
	assert_int_equal(ask(r, &f, &d), 'a');
	f.team = "sud"; /* lent to another team's case */
	assert_int_equal(ask(r, &f, &d), 'a');
}

static void
a_rule_is_in_force_from_its_first_to_its_last_day(void **state)
{
	/* 2026-12-31 is day 20818. */
	static const struct {
		const char *dates;
		int32_t day;
		char want;
	} rows[] = {
		{ "effective-from = \"2026-12-31\"", 20817, 'n' },
		{ "effective-from = \"2026-12-31\"", 20818, 'a' },
		{ "effective-from = \"2026-12-31\"", 20819, 'a' },
		{ "effective-until = \"2026-12-31\"", 20817, 'a' },
		{ "effective-until = \"2026-12-31\"", 20818, 'a' },
		{ "effective-until = \"2026-12-31\"", 20819, 'n' },
		{ "effective-from = \"2026-12-31\" "
		  "effective-until = \"2026-12-31\"",
		    20817, 'n' },
		{ "effective-from = \"2026-12-31\" "
		  "effective-until = \"2026-12-31\"",
		    20818, 'a' },
		{ "effective-from = \"2026-12-31\" "
		  "effective-until = \"2026-12-31\"",
		    20819, 'n' },
		{ "", INT32_MIN, 'a' },
		{ "", INT32_MAX, 'a' },
	};
	struct rules *r = *state;
	struct principal who = somebody("worker");
	struct access_facts f = reading(&who);
	struct decision d;
	char to[200];
	size_t i;

	f.kind = "note";
	for (i = 0; i < NELEMS(rows); i++) {
		snprintf(to, sizeof(to), "access \"team\" { %s", rows[i].dates);
		load_with(r, "access \"team\" {", to);
		f.day = rows[i].day;
		assert_int_equal(ask(r, &f, &d), rows[i].want);
	}
}

static void
a_kind_or_purpose_no_longer_in_force_is_unknown(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("worker");
	struct access_facts f = reading(&who);
	struct decision d;

	f.kind = "note";
	f.purpose = "work";
	load_with(r, "kind \"note\" {",
	    "kind \"note\" { effective-until = \"2026-11-22\"");
	assert_int_equal(ask(r, &f, &d), 'k');
	load_with(r, "purpose \"work\" {",
	    "purpose \"work\" { effective-until = \"2026-11-22\"");
	assert_int_equal(ask(r, &f, &d), 'u');
	load_with(r, "purpose \"work\" {",
	    "purpose \"work\" { effective-until = \"2026-11-23\"");
	assert_int_equal(ask(r, &f, &d), 'a');
}

/* One rule ends, its successor begins: no day between, none of both. */
static void
a_rule_may_succeed_another(void **state)
{
	struct rules *r = *state;
	struct principal who = somebody("worker");
	struct access_facts f = reading(&who);
	struct decision d;

	load_with(r, "access \"team\" {",
	    "access \"before\" { effective-until = \"2026-12-31\"\n"
	    "source = \"s\" roles = { worker } operations = { doc-read }\n"
	    "kinds = { note } scope = own-team states = { open }\n"
	    "purposes = { work } default-purpose = work "
	    "break-glass = false }\n"
	    "access \"team\" { effective-from = \"2027-01-01\"");
	f.kind = "note";
	f.day = 20818;
	assert_int_equal(ask(r, &f, &d), 'a');
	assert_string_equal(d.rule, "before");
	f.day = 20819;
	assert_int_equal(ask(r, &f, &d), 'a');
	assert_string_equal(d.rule, "team");
}

#define S(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, rules_setup_shipped, rules_teardown)
#define T(f) cmocka_unit_test_setup_teardown(f, rules_setup, rules_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		S(every_role_may_do_just_what_the_matrix_says),
		S(archives_and_frozen_cases_are_kept_apart),
		S(every_filing_and_reading_is_of_a_known_kind),
		S(the_jurist_files_the_check_of_an_act),
		S(the_default_purpose_is_marked_as_such),
		S(a_purpose_nobody_declared_is_unknown),
		S(a_release_says_what_it_is_for),
		S(nobody_may_do_anything),
		S(a_role_nobody_declared_may_do_nothing),
		S(what_is_not_known_of_the_case_is_denied),
		S(another_team_is_named_in_the_explanation),
		S(an_explanation_holds_no_more_than_names),
		T(a_rule_for_ones_own_cases_is_for_those_alone),
		T(a_rule_is_in_force_from_its_first_to_its_last_day),
		T(a_kind_or_purpose_no_longer_in_force_is_unknown),
		T(a_rule_may_succeed_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
