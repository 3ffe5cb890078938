/*
 * Who may do what, over the whole domain: every role, operation, place of
 * the case, state, purpose, kind, broken glass and signed statement, against
 * a table written by hand from who does what in a team like this one; and
 * each decision taken again from the facts it kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules.h"

#define DAY 20780 /* 2026-11-23 */

/* Roles by letter: Caseworker, Lead, Jurist, Director, dPo, Administrator,
 * custodian (K), partner (X). */
static const struct {
	char letter;
	const char *name;
} roles[] = { { 'C', "caseworker" }, { 'L', "lead" }, { 'J', "jurist" },
	{ 'D', "director" }, { 'P', "dpo" }, { 'A', "administrator" },
	{ 'K', "custodian" }, { 'X', "partner" } };

/* The case: of one's own team; of another of the same employer; of another
 * employer; a team of the same name elsewhere; none at all. */
enum place { OWN, SISTER, FOREIGN, NAMESAKE, NOWHERE, PLACES };
static const char *const teams[PLACES] = { "nord", "sud", "sud", "nord", NULL };
static const char *const employers[PLACES] = { "asso", "asso", "autre", "autre",
	NULL };

/* How far a row of the table reaches. */
enum reach { TEAM, EMPLOYER, ALL, VAULT };
static int
reaches(enum reach r, enum place at)
{
	switch (r) {
	case TEAM:
		return at == OWN || at == NOWHERE;
	case EMPLOYER:
		return at == OWN || at == SISTER || at == NOWHERE;
	case ALL:
		return 1;
	default:
		return at == NOWHERE;
	}
}

static const char state_letters[] = "ocrea";
static const char *const states[] = { "open", "closed", "restricted", "erased",
	"archived" };

static const char *const purposes[] = { NULL, "accompagnement",
	"maintien-aide-logement", "hebergement", "exercice-des-droits",
	"preuve-contentieux", "controle-interne", "pilotage", "curiosite" };
#define WORK "accompagnement"
#define RIGHTS "exercice-des-droits"
#define PROOF "preuve-contentieux"
#define CONTROL "controle-interne"
#define STEER "pilotage"
#define SEND "maintien-aide-logement hebergement " RIGHTS

static const char *const kinds[] = { NULL, "diagnostic", "contrat-engagement",
	"controle-regularite", "projet-contrat-engagement", "issue", "cloture",
	"photo" };

/*
 * purposes NULL: none is asked, and any declared one is fine. usual: what
 * counts when none is named. but: kinds that the row is not for.
 */
static const struct row {
	const char *who, *what;
	enum reach reach;
	const char *states, *purposes, *usual, *but, *needs;
} table[] = {
	/* Anybody here sees that the vault lives, and by which rules. */
	{ "CLJDPAK", "status", ALL, "ocra", NULL, NULL, "", "" },
	{ "CLJDPA", "policy-read change-read", ALL, "ocra", NULL, NULL, "",
	    "" },

	/* The daily work: open cases of one's team, by default for it. */
	{ "CLJ",
	    "case-open case-list case-read case-event case-close person-add "
	    "person-edit refusal search doc-list doc-meta doc-read receipt "
	    "consent-give consent-list extract-list",
	    TEAM, "o", WORK " " RIGHTS " " PROOF " " CONTROL, WORK, "", "" },
	{ "CLJ", "doc-file", TEAM, "o", WORK " " RIGHTS, WORK,
	    "controle-regularite", "" },
	{ "LJ", "doc-file", TEAM, "o", WORK, WORK,
	    "diagnostic contrat-engagement projet-contrat-engagement", "" },
	{ "CLJ", "case-list", TEAM, "r", NULL, NULL, "", "" },

	/* What goes out says what for. */
	{ "CLJ", "extract-preview", TEAM, "o", WORK " " SEND, WORK, "", "" },
	{ "CLJ", "extract-release", TEAM, "o", SEND, NULL, "", "" },
	{ "D", "extract-preview extract-release extract-revoke", EMPLOYER, "o",
	    SEND, NULL, "", "" },
	{ "CLJ", "extract-revoke", TEAM, "ocra", NULL, NULL, "", "" },
	{ "CLJ", "extract-deliver", TEAM, "oc", NULL, NULL, "", "" },
	{ "DLJ", "extract-approve", EMPLOYER, "o", NULL, NULL, "", "" },
	{ "CLJ", "notice-settle", TEAM, "ocrea", NULL, NULL, "", "" },
	{ "P", "notice-settle", ALL, "ocrea", NULL, NULL, "", "" },

	/* Withdrawing and objecting: whoever answers, whatever became of it. */
	{ "CLJD", "consent-withdraw objection-enter", EMPLOYER, "ocrea", NULL,
	    NULL, "", "" },
	{ "P",
	    "consent-withdraw objection-enter objection-lift objection-decide",
	    ALL, "ocrea", NULL, NULL, "", "" },
	{ "CLJ", "objection-lift", TEAM, "ocrea", NULL, NULL, "", "" },
	{ "D", "objection-lift", EMPLOYER, "ocrea", NULL, NULL, "", "" },

	/* Archives: few, and with a reason. */
	{ "LJ",
	    "case-list search case-read doc-list doc-meta doc-read receipt "
	    "consent-list extract-list",
	    TEAM, "c", RIGHTS " " PROOF " " CONTROL, NULL, "", "" },

	/* The director sees what there is, and no content. */
	{ "D", "case-list case-read doc-list doc-meta receipt extract-list",
	    EMPLOYER, "o", STEER " " CONTROL " " RIGHTS, STEER, "", "" },
	{ "D", "case-list case-read doc-list doc-meta receipt extract-list",
	    EMPLOYER, "c", STEER " " CONTROL " " RIGHTS, NULL, "", "" },

	/* Erasing takes several. */
	{ "LJD", "erase-plan erase-approve erase-read", EMPLOYER, "oca", NULL,
	    NULL, "", "" },
	{ "LD", "erase-run", EMPLOYER, "oca", NULL, NULL, "", "" },
	{ "P", "erase-approve", ALL, "oca", NULL, NULL, "", "" },

	/* The delegate controls without content, and answers requests. */
	{ "P",
	    "audit-read audit-checkpoint register-read consent-list erase-read",
	    ALL, "ocra", NULL, NULL, "", "" },
	{ "P", "case-read doc-list doc-meta doc-read consent-list extract-list",
	    ALL, "oca", RIGHTS, NULL, "", "" },
	{ "P", "explain replay", ALL, "ocrea", NULL, NULL, "", "" },

	{ "CLJ", "due", TEAM, "ocrea", NULL, NULL, "", "" },
	{ "D", "due", EMPLOYER, "ocrea", NULL, NULL, "", "" },
	{ "P", "due", ALL, "ocrea", NULL, NULL, "", "" },
	{ "CLJD", "submission-read submission-settle", EMPLOYER, "o", NULL,
	    NULL, "", "" },

	/* The rules. */
	{ "DLJP", "rules-propose rules-approve", VAULT, "", NULL, NULL, "",
	    "" },
	{ "DLJ", "rules-apply", VAULT, "", NULL, NULL, "", "" },

	/* Emergencies: signed for, and then content, with a reason. */
	{ "PD", "break-glass", ALL, "oca", NULL, NULL, "", "signed" },
	{ "PD", "case-read doc-list doc-meta doc-read consent-list", ALL, "oca",
	    CONTROL " " PROOF " " RIGHTS, NULL, "", "glass" },
	{ "DL", "break-glass-review", EMPLOYER, "ocrea", NULL, NULL, "", "" },

	/* The life of a case: opened again, corrected by who filed. */
	{ "LJ", "case-reopen", TEAM, "ca", NULL, NULL, "", "" },
	{ "CLJ", "doc-correct", TEAM, "o", NULL, NULL, "", "" },
	{ "CLJ", "intake", EMPLOYER, "o", NULL, NULL, "", "" },

	/* The intermediate archive is the jurist's alone, and with a reason. */
	{ "J",
	    "case-list search case-read doc-list doc-meta doc-read receipt "
	    "consent-list extract-list",
	    EMPLOYER, "a", RIGHTS " " PROOF " " CONTROL, NULL, "", "" },

	/* What is kept, and what goes: several, the delegate's an opinion. */
	{ "LJD", "hold hold-release", EMPLOYER, "ocra", NULL, NULL, "", "" },
	{ "LJDP", "retention-analyse retention-approve retention-read", VAULT,
	    "", NULL, NULL, "", "" },
	{ "LD", "retention-run retention-visa", VAULT, "", NULL, NULL, "", "" },
	{ "ALD", "retention-settle", VAULT, "", NULL, NULL, "", "" },

	/* What a person asks is taken by anybody, whatever became of it. */
	{ "CLJD", "rights-request", EMPLOYER, "ocrea", NULL, NULL, "", "" },
	{ "LJD", "rights-answer", EMPLOYER, "ocrea", NULL, NULL, "", "" },
	{ "P", "rights-request rights-answer", ALL, "ocrea", NULL, NULL, "",
	    "" },
	{ "CLJD", "restrict", EMPLOYER, "oca", NULL, NULL, "", "" },
	{ "P", "restrict", ALL, "oca", NULL, NULL, "", "" },
	{ "J", "case-read doc-list doc-meta doc-read receipt consent-list",
	    TEAM, "r", PROOF, NULL, "", "" },
	{ "LD", "restrict-lift", EMPLOYER, "r", NULL, NULL, "", "" },
	{ "LJD", "subject-export", EMPLOYER, "ocra", RIGHTS, NULL, "", "" },
	{ "P", "subject-export", ALL, "ocra", RIGHTS, NULL, "", "" },

	{ "LDP", "report-read", VAULT, "", NULL, NULL, "", "" },
	{ "DP", "report-breach report-controle audit-checkpoint", VAULT, "",
	    NULL, NULL, "", "" },
	{ "LD", "bilan-freeze", VAULT, "", NULL, NULL, "", "" },
	{ "ALJD", "clock-confirm", VAULT, "", NULL, NULL, "", "" },

	{ "A", "publish", VAULT, "", NULL, NULL, "", "" },
	{ "X", "extract-pull", ALL, "oc", NULL, NULL, "", "" },
	{ "X", "extract-list extract-ack notice-read", ALL, "ocra", NULL, NULL,
	    "", "" },
	{ "X", "partner-submit", VAULT, "", NULL, NULL, "", "" },
};

/* On documents, which have a kind. */
static int
is_on_kind(const char *op)
{
	return strcmp(op, "doc-file") == 0 || strcmp(op, "doc-read") == 0 ||
	       strcmp(op, "doc-meta") == 0 || strcmp(op, "receipt") == 0;
}

/* These are never without a case. */
static int
is_on_case(const char *op)
{
	static const char *const without[] = { "status", "case-open",
		"case-list", "search", "extract-list", "extract-pull",
		"extract-ack", "notice-read", "register-read", "erase-plan",
		"erase-approve", "erase-run", "erase-read", "audit-read",
		"audit-checkpoint", "publish", "policy-read", "change-read",
		"due", "partner-submit", "submission-read", "submission-settle",
		"rules-propose", "rules-approve", "rules-apply", "explain",
		"replay", "intake", "retention-analyse", "retention-approve",
		"retention-run", "retention-read", "retention-visa",
		"retention-settle", "report-read", "report-breach",
		"report-controle", "bilan-freeze", "clock-confirm" };
	size_t i;

	for (i = 0; i < NELEMS(without); i++)
		if (strcmp(without[i], op) == 0)
			return 0;
	return 1;
}

static int
holds(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	for (p = list; (p = strstr(p, word)) != NULL; p += n)
		if ((p == list || p[-1] == ' ') &&
		    (p[n] == ' ' || p[n] == '\0'))
			return 1;
	return 0;
}

struct ask {
	size_t role;
	const char *op, *purpose, *kind;
	enum place at;
	size_t state;
	int glass, is_signed;
};

/* Filing and reading name a kind; what only describes a document may not. */
static int
fits_kind(const struct row *t, const struct ask *q)
{
	if (!is_on_kind(q->op))
		return 1;
	if (q->kind == NULL)
		return strcmp(q->op, "doc-meta") == 0 ||
		       strcmp(q->op, "receipt") == 0;
	return strcmp(q->kind, "issue") != 0 &&
	       strcmp(q->kind, "cloture") != 0 && !holds(t->but, q->kind);
}

static int
fits_purpose(const struct row *t, const struct ask *q)
{
	if (t->purposes == NULL)
		return 1;
	return q->purpose != NULL ? holds(t->purposes, q->purpose)
				  : t->usual != NULL;
}

static int
row_fits(const struct row *t, const struct ask *q)
{
	return strchr(t->who, roles[q->role].letter) != NULL &&
	       holds(t->what, q->op) && reaches(t->reach, q->at) &&
	       (q->at == NOWHERE ||
		   strchr(t->states, state_letters[q->state]) != NULL) &&
	       fits_purpose(t, q) && fits_kind(t, q) &&
	       (strcmp(t->needs, "signed") != 0 || q->is_signed) &&
	       (strcmp(t->needs, "glass") != 0 || q->glass);
}

/* The row that allows it; NULL: denied. One behind glass comes last. */
static const struct row *
wanted(const struct ask *q)
{
	const struct row *glass = NULL;
	size_t i;

	if ((q->purpose != NULL && strcmp(q->purpose, "curiosite") == 0) ||
	    (q->kind != NULL && strcmp(q->kind, "photo") == 0) ||
	    (q->at == NOWHERE && is_on_case(q->op)))
		return NULL;
	for (i = 0; i < NELEMS(table); i++) {
		if (!row_fits(&table[i], q))
			continue;
		if (strcmp(table[i].needs, "glass") != 0)
			return &table[i];
		glass = &table[i];
	}
	return glass;
}

struct count {
	size_t asked, allowed, wrong;
};

static void
complain(struct count *n, const struct ask *q, const struct decision *d,
    const char *what)
{
	if (n->wrong++ > 20)
		return;
	print_error("%s %s at %d %s for %s of %s%s%s: %s: %s\n",
	    roles[q->role].name, q->op, (int)q->at, states[q->state],
	    q->purpose != NULL ? q->purpose : "-",
	    q->kind != NULL ? q->kind : "-", q->glass ? ", glass" : "",
	    q->is_signed ? ", signed" : "", what, d->why);
}

/* Padding and all: the decision was cleared before it was filled. */
static void
take_again(struct rules *r, struct count *n, const struct ask *q,
    const struct decision *d)
{
	static struct decision again;

	memset(&again, 0xa5, sizeof(again));
	policy_authorize_kept(r->p, &d->facts, &again);
	if (memcmp(&again, d, sizeof(again)) != 0)
		complain(n, q, d, "kept facts decide otherwise");
}

static int
is_usual(const struct row *row, const struct decision *d)
{
	if (d->purpose == NULL || row->usual == NULL)
		return d->purpose == NULL && row->usual == NULL;
	return strcmp(d->purpose, row->usual) == 0;
}

static void
ask_one(struct rules *r, struct count *n, const struct ask *q)
{
	struct principal who = { .uid = 7,
		.account = "a.exemple",
		.role = roles[q->role].name,
		.team = "nord",
		.organisation = "asso" };
	struct access_facts f = { .who = &who,
		.kind = q->kind,
		.purpose = q->purpose,
		.team = teams[q->at],
		.organisation = employers[q->at],
		.case_state = q->at != NOWHERE ? states[q->state] : NULL,
		.day = DAY,
		.broken_glass = q->glass,
		.stepped_up = q->is_signed };
	static struct decision d;
	const struct row *row = wanted(q);

	assert_true(policy_op_from_name(q->op, &f.op));
	policy_authorize(r->p, &f, &d);
	n->asked++;
	n->allowed += (size_t)d.allowed;
	if (d.allowed != (row != NULL))
		complain(n, q, &d, row != NULL ? "denied" : "allowed");
	else if (row != NULL &&
		 d.broken_glass != (strcmp(row->needs, "glass") == 0))
		complain(n, q, &d, "for another reason");
	else if (row != NULL && q->purpose == NULL && !is_usual(row, &d))
		complain(n, q, &d, "for another purpose");
	take_again(r, n, q, &d);
}

static void
ask_kinds(struct rules *r, struct count *n, struct ask *q)
{
	size_t nkinds = is_on_kind(q->op) ? NELEMS(kinds) : 2;
	size_t i;
	int both;

	for (i = 0; i < nkinds; i++)
		for (both = 0; both < 4; both++) {
			q->kind = kinds[i];
			q->glass = both & 1;
			q->is_signed = both >> 1;
			ask_one(r, n, q);
		}
}

static void
every_question_has_the_answer_of_the_table(void **state)
{
	struct rules *r = *state;
	struct count n = { 0 };
	struct ask q = { 0 };
	int op, at;
	size_t p;

	for (q.role = 0; q.role < NELEMS(roles); q.role++)
		for (op = 0; op < OP_COUNT; op++)
			for (at = 0; at < PLACES; at++)
				for (q.state = 0; q.state < NELEMS(states);
				     q.state++) {
					if (at == NOWHERE && q.state > 0)
						continue;
					q.op =
					    policy_op_name((enum policy_op)op);
					q.at = (enum place)at;
					for (p = 0; p < NELEMS(purposes); p++) {
						q.purpose = purposes[p];
						ask_kinds(r, &n, &q);
					}
				}
	print_message("%zu questions, %zu allowed\n", n.asked, n.allowed);
	assert_true(n.allowed > 10000);
	assert_int_equal(n.wrong, 0);
}

/* What no loaded policy holds must be kept without becoming a name. */
static void
facts_that_are_no_names_decide_the_same_when_kept(void **state)
{
	static const char *const odd[] = { NULL, "", "nord", "NORD", "a b",
		"(not a name)", "<script>", "\xff", "é",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"a",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aa",
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aa" };
	struct rules *r = *state;
	struct principal who = { .account = "a.exemple",
		.role = "caseworker",
		.team = "nord",
		.organisation = "asso" };
	static struct decision d, again;
	size_t i, j;

	for (i = 0; i < NELEMS(odd); i++)
		for (j = 0; j < 7; j++) {
			struct access_facts f = { .who = &who,
				.op = j == 6 ? (enum policy_op)(OP_COUNT + 5)
					     : OP_DOC_READ,
				.kind = j == 0 ? odd[i] : "diagnostic",
				.purpose = j == 1 ? odd[i] : NULL,
				.team = j == 2 ? odd[i] : "nord",
				.organisation = j == 3 ? odd[i] : "asso",
				.case_state = j == 4 ? odd[i] : "open",
				.day = DAY };

			who.team = j == 5 ? odd[i] : "nord";
			policy_authorize(r->p, &f, &d);
			policy_authorize_kept(r->p, &d.facts, &again);
			assert_memory_equal(&d, &again, sizeof(d));
			/* Only what the rules know is allowed. */
			if (d.allowed && odd[i] != NULL && j < 6)
				assert_string_equal(odd[i], "nord");
			/* The decision may be where its facts lie. */
			policy_authorize_kept(r->p, &again.facts, &again);
			assert_memory_equal(&d, &again, sizeof(d));
		}
	policy_authorize(r->p, &(struct access_facts){ .op = OP_STATUS }, &d);
	assert_true(d.facts.is_nobody);
	policy_authorize_kept(r->p, &d.facts, &again);
	assert_memory_equal(&d, &again, sizeof(d));
	assert_string_equal(again.tag, "nobody");
}

/*
 * What a person may be asked to sign for at that very moment: what destroys,
 * what frees for destruction, what leaves the vault, what moves its rules or
 * its clock, what opens an archive again. A rule for one of these must say
 * whether it asks; no other rule may.
 */
static const char weighty[] =
    "break-glass extract-release publish subject-export " /* goes out */
    "erase-run retention-run doc-correct "		  /* destroys */
    "hold-release retention-visa restrict-lift "	  /* frees */
    "case-reopen "					  /* of an archive */
    "objection-decide rules-apply clock-confirm";

static void
load_rule_for(struct rules *r, const char *op, const char *step_up)
{
	AUTO(buf_done) struct buf text = { 0 };
	int reads = strcmp(op, "doc-read") == 0 || strcmp(op, "case-read") == 0;

	assert_int_equal(
	    buf_addf(&text, NULL,
		"%saccess \"x\" { source = \"s\" roles = { worker }"
		" operations = { %s } scope = any states = { open }"
		" purposes = { share }%s%s%s }\n",
		rules_small, op, is_on_kind(op) ? " kinds = { note }" : "",
		reads ? " break-glass = false" : "", step_up),
	    0);
	rules_put(r, "00-common.conf", buf_str(&text));
	(void)rules_load(r);
}

static void
what_weighs_says_whether_it_takes_a_signature(void **state)
{
	struct rules *r = *state;
	const char *op, *problems;
	int i, weighs;

	for (i = 0; i < OP_COUNT; i++) {
		op = policy_op_name((enum policy_op)i);
		weighs = holds(weighty, op);
		load_rule_for(r, op, "");
		problems = r->p != NULL ? "" : buf_str(&r->problems);
		if ((strstr(problems, "\"x\" does not say its step-up") !=
			NULL) != weighs)
			fail_msg("%s: %s", op, problems);
		load_rule_for(r, op, " step-up = true");
		problems = r->p != NULL ? "" : buf_str(&r->problems);
		if ((strstr(problems, "takes a signed statement") != NULL) ==
		    weighs)
			fail_msg("%s: %s", op, problems);
		if (weighs)
			assert_non_null(r->p);
	}
}

#define S(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, rules_setup_shipped, rules_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		S(every_question_has_the_answer_of_the_table),
		S(facts_that_are_no_names_decide_the_same_when_kept),
		cmocka_unit_test_setup_teardown(
		    what_weighs_says_whether_it_takes_a_signature, rules_setup,
		    rules_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
