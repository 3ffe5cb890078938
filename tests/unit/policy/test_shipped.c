/* The rules in policy/rules are sound, complete, and lose nothing when a
 * line of them is lost. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules.h"

#define DAY 20780 /* 2026-11-23 */

static const char *const files[] = { "contrat-engagement", "avenant",
	"plan-apurement", "consentement", "refus", "retrait", "mandat", "acte",
	"piece", "fiche-transfert", "notice-art14", "accuse-reception",
	"information-bailleur", "bilan-cloture" };
static const char *const records[] = { "diagnostic", "evaluation", "dsf",
	"preconisations", "controle-regularite", "demarche", "veille",
	"contact" };
/* Records that are printed, and what is filed once they are signed. */
static const char *const papers[][2] = {
	{ "projet-contrat-engagement", "contrat-engagement" },
	{ "projet-plan-apurement", "plan-apurement" },
	{ "projet-consentement", "consentement" },
};

static void
each_kind_of_the_domain_is_declared(void **state)
{
	struct rules *r = *state;
	const struct policy_kind *k;
	size_t i;

	assert_int_equal(policy_kinds(r->p, &k),
	    NELEMS(files) + NELEMS(records) + NELEMS(papers) + 2);
	for (i = 0; i < NELEMS(files); i++) {
		k = policy_kind(r->p, files[i]);
		assert_non_null(k);
		assert_false(k->is_record);
		assert_string_equal(k->media[0], "application/pdf");
		assert_int_equal(k->nfields, 0);
		assert_non_null(policy_retention(r->p, k->retention));
	}
	for (i = 0; i < NELEMS(records); i++) {
		k = policy_kind(r->p, records[i]);
		assert_non_null(k);
		assert_true(k->is_record);
		assert_string_equal(k->media[0], "application/json");
		assert_true(k->nfields > 3);
		assert_true(policy_field(k, "date")->required);
		assert_non_null(policy_retention(r->p, k->retention));
	}
	/* What the vault writes itself of how it ended, and nobody files. */
	k = policy_kind(r->p, "issue");
	assert_true(k->is_record && k->by_vault && !k->is_social);
	assert_string_equal(k->retention, "jamais-rencontre");
	k = policy_kind(r->p, "cloture");
	assert_true(k->is_record && k->by_vault && !k->is_social);
	assert_null(policy_kind(r->p, "photo"));
	assert_null(policy_kind(r->p, ""));
}

static void
a_contract_may_be_signed_pages_of_paper(void **state)
{
	struct rules *r = *state;
	const struct policy_kind *k = policy_kind(r->p, "contrat-engagement");
	size_t n;

	for (n = 0; k->levels[n] != NULL; n++)
		;
	assert_int_equal(n, 6);
	assert_true(k->is_signed);
	assert_false(k->strict);
	assert_int_equal(k->pages_max, 40);
	assert_string_equal(k->media[1], "image/jpeg");
	assert_string_equal(k->media[2], "image/png");
	assert_false(k->uninspected);
	/* Asked for, and nothing is refused without. */
	assert_int_equal(k->provenance, PROVENANCE_WELCOME);
	assert_int_equal(
	    policy_kind(r->p, "piece")->provenance, PROVENANCE_NONE);
	assert_true(policy_kind(r->p, "piece")->uninspected);
	assert_true(policy_kind(r->p, "acte")->uninspected);
}

static void
the_diagnosis_has_its_field_groups(void **state)
{
	static const char *const groups[] = { "origine", "tentatives",
		"identite", "composition", "emploi-revenus", "charges",
		"reste-a-vivre", "bail", "bail.type", "bail.date",
		"bail.clause-resolutoire", "logement", "dette", "dette.montant",
		"dette.depuis", "dette.causes.code", "dette.mensuel.mois",
		"regularite-acte", "droits-non-recourus", "autonomie",
		"orientation", "preconisations.code" };
	struct rules *r = *state;
	const struct policy_kind *k = policy_kind(r->p, "diagnostic");
	size_t i;

	for (i = 0; i < NELEMS(groups); i++)
		if (policy_field(k, groups[i]) == NULL)
			fail_msg("no field %s", groups[i]);
	assert_int_equal(policy_field(k, "recit")->label, LABEL_NEVER);
	assert_int_equal(policy_field(k, "surendettement.numero")->label,
	    LABEL_SENSITIVE); /* of the group above it */
	assert_int_equal(policy_field(k, "dette.montant")->type, FIELD_AMOUNT);
}

static void
durations_are_those_of_the_domain(void **state)
{
	static const struct {
		const char *kind;
		uint32_t active, intermediate;
		const char *from, *then;
	} rows[] = {
		{ "contrat-engagement", 24, 60, "last-contact",
		    "end-of-contract" },
		{ "avenant", 24, 60, "last-contact", "end-of-contract" },
		{ "diagnostic", 24, 0, "last-contact", "last-contact" },
		{ "evaluation", 24, 0, "last-contact", "last-contact" },
		{ "dsf", 24, 0, "last-contact", "last-contact" },
		{ "preconisations", 24, 0, "last-contact", "last-contact" },
		{ "plan-apurement", 24, 60, "last-contact", "last-instalment" },
		{ "consentement", 0, 60, "end-of-processing",
		    "end-of-processing" },
		{ "piece", 0, 0, "step-done", "step-done" },
		{ "acte", 24, 0, "last-contact", "last-contact" },
		{ "demarche", 24, 60, "last-contact", "step-done" },
	};
	struct rules *r = *state;
	const struct policy_retention *t;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		t = policy_retention(
		    r->p, policy_kind(r->p, rows[i].kind)->retention);
		assert_int_equal(t->active_months, rows[i].active);
		assert_int_equal(t->intermediate_months, rows[i].intermediate);
		assert_string_equal(t->from, rows[i].from);
		assert_string_equal(t->intermediate_from, rows[i].then);
		assert_true(t->source[0] != '\0');
	}
	/* Before a court: until the final decision, five years at most. */
	t = policy_retention(r->p, "suivi-contentieux");
	assert_int_equal(t->intermediate_months, 60);
	assert_string_equal(t->intermediate_from, "litigation");
	assert_string_equal(t->intermediate_until, "final-decision");
	assert_int_equal(
	    policy_retention(r->p, "jamais-rencontre")->active_months, 6);
	assert_int_equal(policy_retention(r->p, "journal")->active_months, 12);
}

static void
erasing_takes_two_of_three_and_not_the_dpo(void **state)
{
	struct rules *r = *state;
	const struct policy_approval *a = policy_approval(r->p, "erasure");

	assert_non_null(a);
	assert_int_equal(a->count, 2);
	assert_int_equal(a->valid_days, 30);
	assert_string_equal(a->roles[0], "director");
	assert_string_equal(a->roles[1], "lead");
	assert_string_equal(a->roles[2], "jurist");
	assert_null(a->roles[3]);
	assert_string_equal(a->opinions[0], "dpo");
	assert_null(a->opinions[1]);
	assert_false(a->own);
	assert_null(policy_approval(r->p, "party"));
}

static int
says_yes(void *arg, const char *moment)
{
	*(const char **)arg = moment;
	return 1;
}

static int
says_no(void *arg, const char *moment)
{
	(void)arg;
	(void)moment;
	return 0;
}

/* A file before a court is kept as another rule says; no other is. */
static void
one_retention_stands_for_another_once_it_is_litigated(void **state)
{
	struct rules *r = *state;
	const struct policy_retention *t;
	const char *asked = NULL;

	t = policy_retention_for(r->p, "suivi", DAY, says_no, NULL);
	assert_string_equal(t->name, "suivi");
	t = policy_retention_for(r->p, "suivi", DAY, says_yes, &asked);
	assert_string_equal(t->name, "suivi-contentieux");
	assert_string_equal(asked, "litigation");
	t = policy_retention_for(r->p, "contrat", DAY, says_yes, &asked);
	assert_string_equal(t->name, "contrat");
	assert_null(policy_retention_for(r->p, "luck", DAY, says_yes, &asked));
	/* Before a court: until the final decision, and five years at most. */
	t = policy_retention(r->p, "suivi-contentieux");
	assert_int_equal(t->intermediate_months, 60);
	assert_string_equal(t->intermediate_from, "litigation");
	assert_string_equal(t->intermediate_until, "final-decision");
	/* The case's own row goes with the last of what is in it. */
	t = policy_retention(r->p, "dossier");
	assert_int_equal(t->active_months, 24);
	assert_int_equal(t->intermediate_months, 0);
}

/* Each moment that something waits for can happen, and the last contact is
 * one that the household answered. */
static void
moments_are_made_by_what_the_household_answered(void **state)
{
	struct rules *r = *state;
	const struct policy_moment *m = policy_moment(r->p, "last-contact");
	size_t i;

	assert_string_equal(m->otherwise, "entry");
	assert_int_equal(m->nfrom, 2);
	for (i = 0; i < m->nfrom; i++) {
		assert_string_equal(m->from[i].path, "resultat");
		assert_string_equal(m->from[i].date, "date");
		assert_string_equal(m->from[i].values[0], "rencontre");
		assert_null(m->from[i].values[1]);
	}
	m = policy_moment(r->p, "exchange"); /* a veille begins no veille */
	assert_int_equal(m->nfrom, 1);
	assert_string_equal(m->from[0].kind, "contact");
	assert_null(policy_moment(r->p, "final-decision")->otherwise);
	assert_true(policy_moment(r->p, "entry")->by_vault);
	/* A second lawsuit is not cut short by the first. */
	assert_false(policy_moment(r->p, "litigation")->is_first);
	assert_null(policy_moment(r->p, "luck"));
}

static void
a_period_has_the_unit_of_its_figure(void **state)
{
	struct rules *r = *state;
	enum term_unit unit;
	uint32_t n;
	struct err e;

	assert_int_equal(
	    policy_period_on(r->p, "veille-days", DAY, &n, &unit, &e), 0);
	assert_true(n == 15 && unit == TERM_DAYS);
	assert_int_equal(
	    policy_period_on(r->p, "breach-hours", DAY, &n, &unit, &e), 0);
	assert_true(n == 72 && unit == TERM_HOURS);
	/* 2023-07-28 and the day after. */
	assert_int_equal(
	    policy_period_on(r->p, "commandement-delay", 19566, &n, &unit, &e),
	    0);
	assert_true(n == 2 && unit == TERM_MONTHS);
	assert_int_equal(
	    policy_period_on(r->p, "commandement-delay", 19567, &n, &unit, &e),
	    0);
	assert_true(n == 6 && unit == TERM_WEEKS);
	assert_int_equal(
	    policy_period_on(r->p, "small-cell-count", DAY, &n, &unit, &e),
	    -ERR_INVALID);
	assert_int_equal(
	    policy_period_on(r->p, "luck", DAY, &n, &unit, &e), -ERR_NOT_FOUND);
}

/* Suspending takes one, at once; granting takes two; a caseworker is the
 * director's alone. */
static void
what_takes_how_many_is_said(void **state)
{
	static const struct {
		const char *what;
		uint32_t count;
		int own, has_opinion;
	} rows[] = { { "erasure", 2, 0, 1 }, { "rules", 2, 1, 1 },
		{ "people", 2, 1, 0 }, { "people-caseworker", 1, 1, 0 },
		{ "people-suspension", 1, 1, 0 }, { "release", 1, 0, 0 },
		{ "retention", 2, 0, 1 }, { "hold-release", 2, 1, 0 } };
	struct rules *r = *state;
	const struct policy_approval *a;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		a = policy_approval(r->p, rows[i].what);
		assert_non_null(a);
		assert_int_equal(a->count, rows[i].count);
		assert_int_equal(a->own, rows[i].own);
		assert_int_equal(a->opinions[0] != NULL, rows[i].has_opinion);
		assert_string_equal(a->roles[0], "director");
	}
	a = policy_approval(r->p, "people-caseworker");
	assert_null(a->roles[1]);
	/* That the clock is right, the machine's administrator may say, too:
	 * but never alone. */
	a = policy_approval(r->p, "clock");
	assert_int_equal(a->count, 2);
	assert_string_equal(a->roles[0], "administrator");
}

/* GDPR art. 13, in the headings of the notices. */
static void
each_notice_says_what_a_person_must_know(void **state)
{
	static const char *const headings[] = { "\nQui vous demande ",
		"\nSur quoi cela repose-t-il ?\n", "\nCombien de temps ?\n",
		"\nÊtes-vous obligé d'accepter ?\n",
		"\nComment changer d'avis ?\n", "\nQuels sont vos droits ?\n",
		"CNIL", "délégué à la protection des données" };
	struct rules *r = *state;
	const struct policy_consent *c;
	char version[64];
	size_t i, j, n = policy_consents(r->p, &c);

	for (i = 0; i < n; i++) {
		for (j = 0; j < NELEMS(headings); j++)
			if (strstr(c[i].notice_text, headings[j]) == NULL)
				fail_msg("%s does not say%s", c[i].purpose,
				    headings[j]);
		snprintf(version, sizeof(version), "\nVersion %s\n",
		    c[i].notice_version);
		assert_non_null(strstr(c[i].notice_text, version));
		assert_true(c[i].classes[0] != NULL && c[i].basis[0] != '\0');
		/* What may be shared is shared with somebody, by a rule. */
		assert_int_equal(strncmp(c[i].purpose, "partage:", 8) == 0,
		    c[i].recipient != NULL);
	}
}

static void
figures_are_found_by_name(void **state)
{
	static const struct {
		const char *name;
		int64_t value;
	} rows[] = { { "correction-hours", 24 }, { "declared-days-back", 30 },
		{ "veille-days", 15 }, { "object-removal-days", 30 },
		{ "small-cell-count", 5 }, { "break-glass-minutes", 30 },
		{ "step-up-minutes", 10 }, { "clock-jump-days", 45 },
		{ "urgent-second-signature-days", 2 },
		{ "hold-review-months", 6 }, { "regularity-days", 5 },
		{ "consent-expiry-days", 30 } };
	struct rules *r = *state;
	int64_t value = -1;
	struct err e;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		assert_int_equal(
		    policy_figure(r->p, rows[i].name, &value, &e), 0);
		assert_int_equal(value, rows[i].value);
	}
	value = -1;
	assert_int_equal(
	    policy_figure(r->p, "luck", &value, &e), -ERR_NOT_FOUND);
	assert_int_equal(value, -1);
}

static void
partners_and_consents_are_named(void **state)
{
	struct rules *r = *state;
	const struct policy_recipient *all, *caf;
	const struct policy_consent *c;

	assert_int_equal(policy_recipients(r->p, &all), 13);
	caf = policy_recipient(r->p, "caf");
	assert_string_equal(caf->account, "caf-exemple");
	assert_string_equal(caf->channel, "ssh");
	assert_string_equal(caf->certificate, "certificates/caf.pem");
	assert_non_null(strstr(caf->title, "Seine-et-Marne"));
	assert_int_equal(policy_consents(r->p, &c), 9);
	c = policy_consent(r->p, "partage:caf");
	assert_string_equal(c->recipient, "caf");
	assert_non_null(policy_consent(r->p, "partage:banque-de-france"));
	assert_null(policy_consent(r->p, "diagnostic")->recipient);
	assert_null(policy_consent(r->p, "partage:bailleur"));
	assert_string_equal(policy_role_title(r->p, "jurist"), "Juriste");
	assert_null(policy_role_title(r->p, "root"));
	assert_non_null(policy_purpose_title(r->p, "accompagnement"));
}

/* --- lost and garbled lines ------------------------------------------- */

static const char *const roles[] = { "caseworker", "lead", "jurist", "director",
	"dpo", "administrator", "custodian", "partner" };
static const char *const kinds[] = { NULL, "diagnostic", "contrat-engagement",
	"controle-regularite" };
static const char *const purposes[] = { NULL, "accompagnement",
	"maintien-aide-logement", "controle-interne" };
static const char *const states[] = { NULL, "open", "closed", "restricted",
	"erased" };

#define ACCESS_MAX (NELEMS(roles) * OP_COUNT * 4 * 4 * NELEMS(states) * 3 * 2)
#define PAIRS_MAX 64 /* of a recipient and a purpose */
#define GIVES_MAX (PAIRS_MAX * 3 * 3 * 3 * 3 * 2)

/* What goes, and with how many fields. */
struct gift {
	const struct disclosure_rule *rule;
	size_t given;
};

/* All a policy allows. */
struct allowed {
	uint8_t access[ACCESS_MAX];
	struct gift gives[GIVES_MAX];
};

/* Recipients and purposes of the whole policy, each pair once. */
struct pairs {
	const char *recipient[PAIRS_MAX], *purpose[PAIRS_MAX];
	const char *consents[PAIRS_MAX][2]; /* of the recipient; or none */
	size_t n;
};

/* The next digit of a question's number. */
static size_t
digit(size_t *n, size_t base)
{
	size_t d = *n % base;

	*n /= base;
	return d;
}

static int
names_kinds(enum policy_op op)
{
	return op == OP_DOC_FILE || op == OP_DOC_READ || op == OP_DOC_META ||
	       op == OP_RECEIPT;
}

/* of: the rule that lost a line; what it does not name, it never decided and
 * decides the less now. NULL: everything is asked. */
static void
ask_access(
    const struct policy *p, const uint8_t of[OP_COUNT], struct allowed *out)
{
	static const char *const where[][2] = { { "nord", "asso" },
		{ "sud", "asso" }, { "nord", "autre" } };
	struct principal who = {
		.account = "a", .team = "nord", .organisation = "asso"
	};
	struct decision d;
	size_t i, n, w;

	for (i = 0; i < ACCESS_MAX; i++) {
		struct access_facts f = { .who = &who, .day = DAY };

		n = i;
		who.role = roles[digit(&n, NELEMS(roles))];
		f.op = (enum policy_op)digit(&n, OP_COUNT);
		f.kind = kinds[digit(&n, NELEMS(kinds))];
		f.case_state = states[digit(&n, NELEMS(states))];
		f.purpose = purposes[digit(&n, NELEMS(purposes))];
		w = digit(&n, NELEMS(where));
		f.broken_glass = f.stepped_up = (int)digit(&n, 2);
		/* Questions that say no more than another are left out. */
		if ((f.kind != NULL && !names_kinds(f.op)) ||
		    (f.case_state == NULL && w > 0) ||
		    (of != NULL && !of[f.op]))
			continue;
		if (f.case_state != NULL) {
			f.team = where[w][0];
			f.organisation = where[w][1];
		}
		policy_authorize(p, &f, &d);
		out->access[i] = (uint8_t)d.allowed;
	}
}

static void
find_pairs(const struct policy *p, struct pairs *out)
{
	const struct disclosure_rule *v;
	size_t i, j, n = policy_disclosures(p, &v);

	for (i = 0; i < n; i++) {
		for (j = 0; j < out->n; j++)
			if (strcmp(out->recipient[j], v[i].recipient) == 0 &&
			    strcmp(out->purpose[j], v[i].purpose) == 0)
				break;
		if (j < out->n)
			continue;
		assert_true(out->n < PAIRS_MAX);
		out->recipient[j] = v[i].recipient;
		out->purpose[j] = v[i].purpose;
		out->consents[j][0] = v[i].consent;
		out->n++;
	}
}

/* Fields are counted where not all of a rule's may go. */
static size_t
count_given(const struct policy *p, const struct disclosure_facts *f,
    const struct disclosure_rule *rule)
{
	size_t i, n = 0;

	for (i = 0; i < rule->nfields; i++)
		n += policy_field_verdict(p, f, rule, &rule->fields[i], NULL) ==
		     FIELD_GIVEN;
	return n;
}

static void
ask_disclosure(
    const struct policy *p, const struct pairs *pairs, struct allowed *out)
{
	static const char *const stages[] = { NULL, "amont", "aval" };
	static const char *const events[][4] = { { NULL },
		{ "assignation", "concours-force-publique", NULL },
		{ "assignation", "concours-force-publique", "recevabilite" } };
	static const char *const nothing[] = { NULL };
	size_t i, n, pair, consent;

	for (i = 0; i < pairs->n * 3 * 3 * 3 * 3 * 2; i++) {
		struct disclosure_facts f = { .case_state = "open",
			.day = DAY };
		struct disclosure_adult adults[] = { { "titulaire", nothing },
			{ "occupant", nothing } };
		struct disclosure_decision d;
		const char *happened[5] = { NULL };

		n = i;
		pair = digit(&n, pairs->n);
		f.recipient = pairs->recipient[pair];
		f.purpose = pairs->purpose[pair];
		f.stage = stages[digit(&n, 3)];
		f.diagnosis = (enum policy_diagnosis)digit(&n, 3);
		memcpy(happened, events[digit(&n, 3)], sizeof(events[0]));
		f.events = happened;
		consent = digit(&n, 3);
		f.consents = consent == 2 ? pairs->consents[pair] : nothing;
		if (consent == 1)
			adults[0].consents = pairs->consents[pair];
		f.adults = adults;
		f.nadults = 2;
		f.objection = (int)digit(&n, 2);
		policy_disclose(p, &f, &d);
		out->gives[i].rule = d.allowed ? d.rule : NULL;
		out->gives[i].given =
		    d.allowed && (consent == 1 ||
				     strcmp(f.recipient, "bailleur") == 0)
			? count_given(p, &f, d.rule)
			: 0;
	}
}

static int
gives(const struct disclosure_rule *rule, const struct disclosed_field *f)
{
	size_t i;

	for (i = 0; i < rule->nfields; i++)
		if (strcmp(rule->fields[i].kind, f->kind) == 0 &&
		    strcmp(rule->fields[i].path, f->path) == 0)
			return 1;
	return 0;
}

static int
has_more(const char *const *now, const char *const *was)
{
	const char *const *w;

	for (; *now != NULL; now++) {
		for (w = was; *w != NULL && strcmp(*w, *now) != 0; w++)
			;
		if (*w == NULL)
			return 1;
	}
	return 0;
}

/* Would this rule give more, longer, by more channels, or with fewer eyes? */
static int
is_wider(const struct disclosure_rule *now, const struct disclosure_rule *was)
{
	size_t f;

	/* How long is the rule's own; another may take its place. */
	if ((strcmp(now->name, was->name) == 0 &&
		now->expires_days > was->expires_days) ||
	    now->four_eyes < was->four_eyes || now->urgent > was->urgent ||
	    has_more(now->attach, was->attach) ||
	    has_more(now->channels, was->channels))
		return 1;
	for (f = 0; f < now->nfields; f++)
		if (!gives(was, &now->fields[f]))
			return 1;
	return 0;
}

/* Does now allow anything that before did not? */
static int
is_more(const struct allowed *before, const struct allowed *now)
{
	const struct gift *was = before->gives, *is = now->gives;
	const struct disclosure_rule *checked = NULL, *against = NULL;
	size_t i;

	for (i = 0; i < ACCESS_MAX; i++)
		if (now->access[i] > before->access[i])
			return 1;
	for (i = 0; i < GIVES_MAX; i++) {
		if (is[i].rule == NULL)
			continue;
		if (was[i].rule == NULL || is[i].given > was[i].given)
			return 1;
		if (is[i].rule == checked && was[i].rule == against)
			continue;
		checked = is[i].rule;
		against = was[i].rule;
		if (is_wider(checked, against))
			return 1;
	}
	return 0;
}

struct lost {
	struct rules *r;
	struct policy *whole;
	struct pairs pairs;
	struct allowed before, now;
	size_t loaded, refused, loads;
	char section[32];      /* of the line that is lost */
	uint8_t ops[OP_COUNT]; /* that it names, where it is an access */
};

/* The operations of the section that begins here, read as the words they
 * are: not by the loader, which is what is tried. */
static void
find_ops(struct lost *l, const char *section)
{
	const char *p = strstr(section, "operations = {"), *end;
	char word[POLICY_NAME_MAX + 1];
	enum policy_op op;
	size_t n;

	memset(l->ops, 0, sizeof(l->ops));
	assert_non_null(p);
	end = strchr(p, '}');
	for (p += strlen("operations = {"); p < end; p += n) {
		p += strspn(p, " ,\n\t");
		n = strcspn(p, " ,\n\t}");
		if (p >= end)
			break;
		snprintf(word, sizeof(word), "%.*s", (int)n, p);
		assert_true(policy_op_from_name(word, &op));
		l->ops[op] = 1;
	}
}

/* Which answers can hang on a line of this section. */
static int
is_of_access(const struct lost *l)
{
	return strcmp(l->section, "access") == 0 ||
	       strcmp(l->section, "role") == 0 ||
	       strcmp(l->section, "purpose") == 0 ||
	       strcmp(l->section, "person") == 0 ||
	       strcmp(l->section, "loan") == 0;
}

static void
try_text(struct lost *l, const char *file, const char *text, size_t line,
    const char *how)
{
	rules_put(l->r, file, text);
	l->loads++;
	if (rules_load(l->r) < 0) {
		assert_true(l->r->problems.len > 0);
		l->refused++;
		return;
	}
	l->loaded++;
	if (how != NULL)
		return;
	l->now = l->before;
	if (is_of_access(l))
		ask_access(l->r->p,
		    strcmp(l->section, "access") == 0 ? l->ops : NULL, &l->now);
	if (strcmp(l->section, "access") != 0)
		ask_disclosure(l->r->p, &l->pairs, &l->now);
	if (is_more(&l->before, &l->now))
		fail_msg("%s allows more without line %zu", file, line);
}

/* The text from..to left out, or with its bytes turned. */
static void
try_line(struct lost *l, const char *file, const char *text, const char *from,
    const char *to, size_t line, int is_garbled)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t i;

	assert_int_equal(buf_add(&b, text, (size_t)(from - text), NULL), 0);
	if (is_garbled) {
		assert_int_equal(
		    buf_add(&b, from, (size_t)(to - from), NULL), 0);
		for (i = (size_t)(from - text); i + 1 < b.len; i++)
			if ((i * 7 + line) % 5 == 0)
				b.p[i] = (uint8_t)(b.p[i] ^ (1 + i % 31));
	}
	assert_int_equal(buf_addstr(&b, to, NULL), 0);
	try_text(l, file, buf_str(&b), line, is_garbled ? "garbled" : NULL);
}

/* Fields are many and all alike: one in seven. So are garbled lines. */
static int
is_tried(const struct lost *l, const char *p, size_t line, int is_garbled)
{
	int is_field =
	    strncmp(p, "\tfield \"", 8) == 0 || strncmp(p, "\t\t", 2) == 0;

	if (is_garbled ||
	    (is_field && (strcmp(l->section, "kind") == 0 ||
			     strcmp(l->section, "disclosure") == 0)))
		return line % 7 == 0;
	return 1;
}

/*
 * Loading all the rules takes milliseconds, and most lost lines are refused.
 * So one line of each of many sections is lost at a time, and a line counts
 * as refused when its own section is complained of, for a reason that can
 * come from nowhere else. All other lines are then lost alone.
 */
#define LINES_MAX 8192
#define TOGETHER 40 /* sections; a load tells 64 problems at most */

struct line {
	const char *from, *to;
	size_t n;	    /* its number */
	size_t first, last; /* lines of its section; 0: it makes sections */
	int is_refused;
};
struct lines {
	const char *file, *as, *text;
	struct line v[LINES_MAX];
	size_t n;
};

/* A word and all of its value: without it the rest is still well formed. */
static int
is_whole(const char *p, const char *end)
{
	int depth = 0, has_value = 0;

	for (; p < end; p++) {
		depth += (*p == '{') - (*p == '}');
		has_value |= *p == '=';
	}
	return depth == 0 && has_value;
}

/* All that are tried; those that begin or end a section are tried alone. */
static void
find_lines(struct lost *l, struct lines *f)
{
	const char *p, *end;
	size_t line = 1, first = 0, from = 0, n;

	for (p = f->text; *p != '\0'; p = end, line++) {
		end = strchr(p, '\n') + 1;
		if (*p == '#' || *p == '\n')
			continue;
		if (*p != '\t' && *p != '}') {
			n = strcspn(p, " ");
			n = n < sizeof(l->section) ? n : sizeof(l->section) - 1;
			memcpy(l->section, p, n);
			l->section[n] = '\0';
			first = line;
			from = f->n;
		}
		for (; *p == '}' && from < f->n; from++)
			if (f->v[from].n != first &&
			    is_whole(f->v[from].from, f->v[from].to)) {
				f->v[from].first = first;
				f->v[from].last = line;
			}
		if (!is_tried(l, p, line, 0))
			continue;
		assert_true(f->n < LINES_MAX);
		f->v[f->n++] = (struct line){ .from = p, .to = end, .n = line };
	}
}

/* Of this section alone: not what another lost line could be the reason
 * of. */
static int
is_complained_of(const char *problems, const char *file, const struct line *v)
{
	static const char *const others[] = { "never decides",
		"in force on days of", "unknown", "never in force together",
		"already declared", "own place", "is not a sensitive field" };
	const char *p, *end;
	char one[512];
	size_t i, n = strlen(file);
	long at;

	for (p = problems; *p != '\0'; p = end) {
		end = strchr(p, '\n') + 1;
		snprintf(one, sizeof(one), "%.*s", (int)(end - p), p);
		if (strncmp(one, file, n) != 0 || one[n] != ':')
			continue;
		at = strtol(one + n + 1, NULL, 10);
		for (i = 0; i < NELEMS(others); i++)
			if (strstr(one, others[i]) != NULL)
				break;
		if (i == NELEMS(others) && at >= (long)v->first &&
		    at <= (long)v->last)
			return 1;
	}
	return 0;
}

static void
lose_together(struct lost *l, struct lines *f, const size_t *of, size_t n)
{
	AUTO(buf_done) struct buf b = { 0 };
	size_t i;

	assert_int_equal(buf_addstr(&b, f->text, NULL), 0);
	for (i = 0; i < n; i++)
		memset(b.p + (f->v[of[i]].from - f->text), ' ',
		    (size_t)(f->v[of[i]].to - f->v[of[i]].from) - 1);
	rules_put(l->r, f->as, buf_str(&b));
	l->loads++;
	if (rules_load(l->r) == 0)
		return;
	for (i = 0; i < n; i++)
		if (is_complained_of(
			buf_str(&l->r->problems), f->as, &f->v[of[i]])) {
			f->v[of[i]].is_refused = 1;
			l->refused++;
		}
}

/* The k-th line of each section, section after section. */
static void
lose_many(struct lost *l, struct lines *f)
{
	size_t of[TOGETHER], i, k, n, nth, section, left = 1;

	for (k = 0; left > 0; k++) {
		left = n = nth = section = 0;
		for (i = 0; i < f->n; i++) {
			if (f->v[i].first == 0)
				continue;
			nth = f->v[i].first == section ? nth + 1 : 0;
			section = f->v[i].first;
			if (nth != k)
				continue;
			left++;
			of[n++] = i;
			if (n == TOGETHER) {
				lose_together(l, f, of, n);
				n = 0;
			}
		}
		if (n > 0)
			lose_together(l, f, of, n);
	}
}

/* What was refused among others is refused alone: tried of some. */
static void
expect_refused(struct lost *l, const char *file, const char *text,
    const char *from, const char *to, size_t line)
{
	size_t loaded = l->loaded;

	try_line(l, file, text, from, to, line, 0);
	if (l->loaded > loaded)
		fail_msg("%s: line %zu was refused for another's", file, line);
	l->refused--; /* it was counted */
}

static void
lose_each(struct lost *l, struct lines *f)
{
	const char *p = f->text, *end;
	size_t i, n, line = 1;

	lose_many(l, f);
	for (i = 0; *p != '\0'; p = end, line++) {
		if ((end = strchr(p, '\n')) == NULL)
			break;
		end++;
		if (*p != '\t' && *p != '}' && *p != '#' && *p != '\n') {
			n = strcspn(p, " ");
			n = n < sizeof(l->section) ? n : sizeof(l->section) - 1;
			memcpy(l->section, p, n);
			l->section[n] = '\0';
			if (strcmp(l->section, "access") == 0)
				find_ops(l, p);
		}
		if (i == f->n || f->v[i].n != line)
			continue;
		if (!f->v[i].is_refused)
			try_line(l, f->as, f->text, p, end, line, 0);
		else if (line % 29 == 0)
			expect_refused(l, f->as, f->text, p, end, line);
		i++;
	}
	assert_int_equal(i, f->n);
}

static void
garble_each(struct lost *l, struct lines *f)
{
	const char *p = f->text, *end;
	size_t line = 1;

	for (; *p != '\0'; p = end, line++) {
		end = strchr(p, '\n') + 1;
		if (*p != '#' && *p != '\n' && is_tried(l, p, line, 1))
			try_line(l, f->as, f->text, p, end, line, 1);
	}
}

static void
spoil_file(struct lost *l, const char *name, const char *as, int is_garbled)
{
	AUTO(buf_done) struct buf text = { 0 };
	AUTO(mem_freep) struct lines *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	rules_shipped(name, &text);
	f->file = name;
	f->as = as;
	f->text = buf_str(&text);
	if (is_garbled) {
		garble_each(l, f);
	} else {
		find_lines(l, f);
		lose_each(l, f);
	}
	rules_put(l->r, as, f->text);
}

static void
spoil_each_line(void **state, int is_garbled)
{
	static const char *const names[][2] = {
		{ "00-common.conf", "00-common.conf" },
		{ "10-2027.conf", "10-2027.conf" },
		{ "77-seine-et-marne.conf", "77-seine-et-marne.conf" },
		{ "people.example.conf", "people.conf" },
	};
	struct lost *l = calloc(1, sizeof(*l));
	size_t i;

	assert_non_null(l);
	l->r = *state;
	l->whole = TAKE(l->r->p);
	find_pairs(l->whole, &l->pairs);
	ask_access(l->whole, NULL, &l->before);
	ask_disclosure(l->whole, &l->pairs, &l->before);
	for (i = 0; i < NELEMS(names); i++)
		spoil_file(l, names[i][0], names[i][1], is_garbled);
	print_message("%zu refused, %zu loaded, in %zu loads\n", l->refused,
	    l->loaded, l->loads);
	assert_true(l->refused + l->loaded > 500);
	policy_freep(&l->whole);
	free(l);
}

static void
a_lost_line_never_allows_more(void **state)
{
	spoil_each_line(state, 0);
}

static void
a_garbled_line_is_survived(void **state)
{
	spoil_each_line(state, 1);
}

/* The signed document stays a file, which no filled record can stand for; and
 * nothing of the record is in any rule of what goes to whom. */
static void
what_prepares_a_paper_is_neither_it_nor_given(void **state)
{
	struct rules *r = *state;
	const struct disclosure_rule *d;
	const struct policy_kind *k, *to;
	size_t i, j, f, n = policy_disclosures(r->p, &d);

	for (i = 0; i < NELEMS(papers); i++) {
		k = policy_kind(r->p, papers[i][0]);
		to = policy_kind(r->p, papers[i][1]);
		assert_ptr_equal(policy_preparation(r->p, papers[i][1]), k);
		assert_true(k->is_record && !k->is_signed && !k->by_vault);
		assert_true(to->is_signed && !to->is_record);
		assert_int_equal(to->nfields, 0);
		assert_int_equal(to->is_social, k->is_social);
		assert_string_equal(to->retention, k->retention);
		for (f = 0; f < k->nfields; f++)
			assert_int_equal(k->fields[f].label, LABEL_NEVER);
		for (j = 0; j < n; j++)
			for (f = 0; f < d[j].nfields; f++)
				assert_string_not_equal(
				    d[j].fields[f].kind, k->name);
		assert_null(policy_preparation(r->p, papers[i][0]));
	}
	assert_null(policy_preparation(r->p, "avenant"));
	assert_null(policy_preparation(r->p, ""));
}

static void
a_consent_to_sign_offers_those_of_the_rules(void **state)
{
	struct rules *r = *state;
	const struct policy_kind *k = policy_kind(r->p, "projet-consentement");
	const struct policy_field *f = policy_field(k, "accords.objet");
	const struct policy_consent *c;
	size_t i, n = policy_consents(r->p, &c);

	for (i = 0; f->values[i] != NULL; i++)
		assert_string_equal(f->value_titles[i],
		    policy_consent(r->p, f->values[i])->title);
	assert_int_equal(i, n);
	k = policy_kind(r->p, "projet-contrat-engagement");
	assert_non_null(strstr(k->notice_text, "vous plaindre à la CNIL"));
	assert_non_null(k->notice_sha256);
	assert_null(policy_field(k, "stade")->value_titles);
	assert_null(policy_kind(r->p, "diagnostic")->notice);
}

#define S(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, rules_setup_shipped, rules_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		S(each_kind_of_the_domain_is_declared),
		S(what_prepares_a_paper_is_neither_it_nor_given),
		S(a_consent_to_sign_offers_those_of_the_rules),
		S(a_contract_may_be_signed_pages_of_paper),
		S(the_diagnosis_has_its_field_groups),
		S(durations_are_those_of_the_domain),
		S(erasing_takes_two_of_three_and_not_the_dpo),
		S(one_retention_stands_for_another_once_it_is_litigated),
		S(moments_are_made_by_what_the_household_answered),
		S(a_period_has_the_unit_of_its_figure),
		S(what_takes_how_many_is_said),
		S(each_notice_says_what_a_person_must_know),
		S(figures_are_found_by_name),
		S(partners_and_consents_are_named),
		S(a_lost_line_never_allows_more),
		S(a_garbled_line_is_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
