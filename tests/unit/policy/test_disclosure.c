#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "rules.h"

#define DAY 20780 /* 2026-11-23 */

static const char *const none[] = { NULL };
static const char *const caf[] = { "diagnostic", "partage:caf", NULL };
static const char *const bdf[] = { "partage:banque-de-france", NULL };
static const char *const both[] = { "partage:caf", "partage:banque-de-france",
	NULL };
static const char *const near_miss[] = { "partage", "partage:ca",
	"partage:caf ", "partage:banque", "caf", NULL };
static const char *const *const consents[] = { NULL, none, caf, bdf, both,
	near_miss };

/* What goes to whom: a allowed, else the first letter of the tag. For each
 * recipient and stage, over the states of consent above. */
static const struct {
	const char *recipient, *stage, *want;
} matrix[] = {
	{ "caf", "amont", "ccacac" },
	{ "caf", "aval", "ccacac" },
	{ "caf", NULL, "ssssss" },
	{ "caf", "autre", "ssssss" },
	{ "ccapex", "amont", "aaaaaa" },
	{ "ccapex", "aval", "aaaaaa" },
	{ "ccapex", NULL, "ssssss" },
	{ "banque-de-france", "amont", "cccaac" },
	{ "banque-de-france", "aval", "cccaac" },
	{ "banque-de-france", NULL, "ssssss" },
	{ "assureur", "amont", "rrrrrr" },
	{ "*", "amont", "rrrrrr" },
	{ "", "amont", "rrrrrr" },
	{ NULL, "amont", "rrrrrr" },
};

static char
ask(struct rules *r, const struct disclosure_facts *f,
    struct disclosure_decision *d)
{
	policy_disclose(r->p, f, d);
	assert_true(d->why[0] != '\0');
	if (d->allowed) {
		assert_null(d->tag);
		assert_non_null(d->rule);
		return 'a';
	}
	assert_non_null(d->tag);
	return d->tag[0];
}

static void
each_recipient_gets_what_the_matrix_says(void **state)
{
	struct rules *r = *state;
	struct disclosure_decision d;
	size_t i, c;
	char got[NELEMS(consents) + 1] = "";

	for (i = 0; i < NELEMS(matrix); i++) {
		for (c = 0; c < NELEMS(consents); c++) {
			struct disclosure_facts f = {
				.recipient = matrix[i].recipient,
				.stage = matrix[i].stage,
				.case_state = "open",
				.consents = consents[c],
				.day = DAY,
			};

			got[c] = ask(r, &f, &d);
		}
		if (strcmp(got, matrix[i].want) != 0)
			fail_msg("%s %s: wanted %s, got %s",
			    matrix[i].recipient != NULL ? matrix[i].recipient
							: "(null)",
			    matrix[i].stage != NULL ? matrix[i].stage
						    : "(null)",
			    matrix[i].want, got);
	}
}

static struct disclosure_facts
to_caf(void)
{
	return (struct disclosure_facts){ .recipient = "caf",
		.stage = "amont",
		.case_state = "open",
		.consents = caf,
		.day = DAY };
}

static void
a_refusal_for_want_of_consent_names_the_rule_and_the_consent(void **state)
{
	struct rules *r = *state;
	struct disclosure_facts f = to_caf();
	struct disclosure_decision d;

	f.recipient = "banque-de-france";
	assert_int_equal(ask(r, &f, &d), 'c');
	assert_string_equal(d.tag, "consent-missing");
	assert_non_null(d.rule);
	assert_string_equal(d.rule->consent, "partage:banque-de-france");
	assert_string_equal(d.why,
	    "Nothing goes to banque-de-france: rule "
	    "banque-de-france-surendettement needs the consent "
	    "partage:banque-de-france of every adult, and it is not in "
	    "force.");
}

static void
a_permission_names_its_basis(void **state)
{
	struct rules *r = *state;
	struct disclosure_facts f = to_caf();
	struct disclosure_decision d;

	f.recipient = "ccapex";
	f.consents = none;
	assert_int_equal(ask(r, &f, &d), 'a');
	assert_null(d.rule->consent);
	assert_non_null(strstr(d.why, "no consent is needed"));
	assert_non_null(strstr(d.rule->citation, "90-449"));
	f = to_caf();
	assert_int_equal(ask(r, &f, &d), 'a');
	assert_non_null(strstr(d.why, "consent in force: partage:caf"));
}

static void
a_restricted_case_gives_nothing(void **state)
{
	static const struct {
		const char *state, *tag;
	} rows[] = { { "restricted", "case-restricted" }, { NULL, "no-rule" },
		{ "", "no-rule" }, { "erased", "no-rule" },
		{ "OPEN", "no-rule" } };
	struct rules *r = *state;
	struct disclosure_facts f = to_caf();
	struct disclosure_decision d;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		f.case_state = rows[i].state;
		policy_disclose(r->p, &f, &d);
		assert_false(d.allowed);
		assert_string_equal(d.tag, rows[i].tag);
	}
}

static void
an_objection_stops_also_what_needs_no_consent(void **state)
{
	struct rules *r = *state;
	struct disclosure_facts f = to_caf();
	struct disclosure_decision d;

	f.objection = 1;
	assert_int_equal(ask(r, &f, &d), 'o');
	f.recipient = "ccapex";
	assert_int_equal(ask(r, &f, &d), 'o');
}

static void
the_purpose_asked_for_is_the_one_of_the_rule(void **state)
{
	static const struct {
		const char *purpose, *tag;
	} rows[] = { { "examen-ccapex", "no-rule" },
		{ "accompagnement", "no-rule" },
		{ "curiosite", "purpose-unknown" }, { "", "purpose-unknown" } };
	struct rules *r = *state;
	struct disclosure_facts f = to_caf();
	struct disclosure_decision d;
	size_t i;

	f.purpose = "maintien-aide-logement";
	assert_int_equal(ask(r, &f, &d), 'a');
	for (i = 0; i < NELEMS(rows); i++) {
		f.purpose = rows[i].purpose;
		policy_disclose(r->p, &f, &d);
		assert_false(d.allowed);
		assert_string_equal(d.tag, rows[i].tag);
	}
}

/* DOMAIN: health, origin, family history, narrative, third parties. */
static void
no_extract_holds_what_is_never_disclosed(void **state)
{
	static const char *const caf_never[] = { "recit", "autres-dettes",
		"autonomie", "regularite-acte", "orientation", "dette.causes",
		"emploi-revenus", "charges", NULL };
	static const char *const ccapex_never[] = { "recit", "autres-dettes",
		"autonomie", "identite.naissance", "identite.telephone",
		"emploi-revenus.ressources", "charges.postes", "surendettement",
		NULL };
	static const char *const bdf_never[] = { "recit", "autonomie",
		"dette.causes", "preconisations", "autres-dettes", NULL };
	static const struct {
		const char *recipient;
		const char *const *never;
	} rows[] = { { "caf", caf_never }, { "ccapex", ccapex_never },
		{ "banque-de-france", bdf_never } };
	struct rules *r = *state;
	const struct disclosure_rule *rule;
	size_t i, j, f, k, n = policy_disclosures(r->p, &rule);

	for (i = 0; i < n; i++)
		for (j = 0; j < NELEMS(rows); j++) {
			if (strcmp(rule[i].recipient, rows[j].recipient) != 0)
				continue;
			for (f = 0; f < rule[i].nfields; f++)
				for (k = 0; rows[j].never[k] != NULL; k++)
					assert_string_not_equal(
					    rule[i].fields[f].path,
					    rows[j].never[k]);
		}
}

static void
every_disclosed_field_exists_and_may_go(void **state)
{
	struct rules *r = *state;
	const struct disclosure_rule *rule;
	const struct policy_field *field;
	size_t i, f, n = policy_disclosures(r->p, &rule);

	for (i = 0; i < n; i++)
		for (f = 0; f < rule[i].nfields; f++) {
			const struct disclosed_field *g = &rule[i].fields[f];
			const struct policy_kind *k =
			    policy_kind(r->p, g->kind);

			assert_non_null(k);
			field = policy_field(k, g->path);
			assert_non_null(field);
			assert_int_not_equal(field->label, LABEL_NEVER);
			assert_true(g->title[0] != '\0');
		}
}

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
rule_recipient_and_consent_must_all_be_in_force(void **state)
{
	static const char *const share[] = { "share:office", NULL };
	static const struct {
		const char *from, *tag;
	} rows[] = {
		{ "disclosure \"to-office\" {", "no-rule" },
		{ "recipient \"office\" {", "recipient-unknown" },
		{ "consent \"share:office\" {", "consent-missing" },
	};
	struct rules *r = *state;
	struct disclosure_facts f = { .recipient = "office",
		.stage = "amont",
		.case_state = "open",
		.consents = share };
	struct disclosure_decision d;
	char to[128];
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		snprintf(to, sizeof(to),
		    "%s effective-from = \"2026-11-23\" "
		    "effective-until = \"2026-11-24\"",
		    rows[i].from);
		load_with(r, rows[i].from, to);
		for (f.day = DAY - 1; f.day <= DAY + 2; f.day++) {
			policy_disclose(r->p, &f, &d);
			if (f.day == DAY || f.day == DAY + 1) {
				assert_true(d.allowed);
				continue;
			}
			assert_false(d.allowed);
			assert_string_equal(d.tag, rows[i].tag);
		}
	}
}

static void
of_several_purposes_one_must_be_named(void **state)
{
	static const char *const share[] = { "share:office", NULL };
	struct rules *r = *state;
	struct disclosure_facts f = { .recipient = "office",
		.stage = "amont",
		.case_state = "open",
		.consents = share,
		.day = DAY };
	struct disclosure_decision d;

	load_with(r, "approval \"erasure\"",
	    "disclosure \"second\" { title = \"t\" recipient = office "
	    "purpose = work basis = \"b\" source = \"s\" consent = none "
	    "stages = { amont } expires-days = 1 four-eyes = false "
	    "diagnosis = { unknown } events = none channels = { ssh } "
	    "field \"n\" { from = \"note:name\" } }\napproval \"erasure\"");
	policy_disclose(r->p, &f, &d);
	assert_false(d.allowed);
	assert_string_equal(d.tag, "purpose-missing");
	f.purpose = "work";
	policy_disclose(r->p, &f, &d);
	assert_true(d.allowed);
	assert_string_equal(d.rule->name, "second");
}

static void
a_sensitive_field_goes_only_when_the_rule_lists_it(void **state)
{
	struct rules *r = *state;
	const struct disclosure_rule *rule;

	load_with(r, "	field \"name\" { from = \"note:name\" }",
	    "	sensitive = { note:health }\n"
	    "	field \"health\" { from = \"note:health\" }");
	assert_int_equal(policy_disclosures(r->p, &rule), 1);
	assert_string_equal(rule[0].fields[0].path, "health");
}

/* A creditor must not learn of a filing before it is admissible. */
static void
nothing_sensitive_goes_to_one_who_faces_the_landlord(void **state)
{
	static const char given[] =
	    "	field \"name\" { from = \"note:name\" }";
	static const char sensitive[] =
	    "	sensitive = { note:health }\n"
	    "	field \"health\" { from = \"note:health\" }";
	AUTO(buf_done) struct buf one = { 0 }, two = { 0 };
	struct rules *r = *state;
	int line;

	rules_edit(rules_small, given, sensitive, &one, &line);
	rules_edit(buf_str(&one), "landlord-facing = false",
	    "landlord-facing = true", &two, &line);
	rules_put(r, "00-common.conf", buf_str(&two));
	assert_int_equal(rules_load(r), -ERR_INVALID);
	assert_non_null(strstr(r->e.text,
	    "note:health, which is sensitive, to one who faces the "
	    "landlord"));
}

#define S(f)                                                                   \
	cmocka_unit_test_setup_teardown(f, rules_setup_shipped, rules_teardown)
#define T(f) cmocka_unit_test_setup_teardown(f, rules_setup, rules_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		S(each_recipient_gets_what_the_matrix_says),
		S(a_refusal_for_want_of_consent_names_the_rule_and_the_consent),
		S(a_permission_names_its_basis),
		S(a_restricted_case_gives_nothing),
		S(an_objection_stops_also_what_needs_no_consent),
		S(the_purpose_asked_for_is_the_one_of_the_rule),
		S(no_extract_holds_what_is_never_disclosed),
		S(every_disclosed_field_exists_and_may_go),
		T(rule_recipient_and_consent_must_all_be_in_force),
		T(of_several_purposes_one_must_be_named),
		T(nothing_sensitive_goes_to_one_who_faces_the_landlord),
		T(a_sensitive_field_goes_only_when_the_rule_lists_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
