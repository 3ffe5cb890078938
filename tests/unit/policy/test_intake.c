/* Lists of households in the rules: what is accepted, and what is not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/policy/rules.h"

#define FILE_NAME "20-lists.conf"

static const char lists[] =
    "format = 1\n"
    "intake \"board\" {\n"
    "	title = \"T\"\n"
    "	source = \"s\"\n"
    "	separator = comma\n"
    "	case-source = board\n"
    "	stage = aval\n"
    "	quota-month = few\n"
    "	quota-year = many\n"
    "	column \"Name\" { to = \"titulaire.nom\" required = true }\n"
    "	column \"Town\" { to = \"dossier.commune\" }\n"
    "	column \"Other\" { to = \"co-titulaire.nom\" }\n"
    "	column \"First\" { to = \"co-titulaire.prenom\" }\n"
    "	column \"Debt\" { to = ignore }\n"
    "}\n"
    "figure \"few\" { title = \"T\" value = 2 unit = count source = \"s\" }\n"
    "figure \"many\" { title = \"T\" value = 9 unit = count source = \"s\" }\n"
    "figure \"hours\" { title = \"T\" value = 9 unit = hours source = \"s\" "
    "}\n";

static void
a_list_is_read_as_it_is_declared(void **state)
{
	struct rules *r = *state;
	const struct policy_intake *v;

	rules_put(r, "00-common.conf", rules_small);
	rules_put(r, FILE_NAME, lists);
	if (rules_load(r) < 0)
		fail_msg("%s", buf_str(&r->problems));
	assert_non_null(v = policy_intake(r->p, "board"));
	assert_null(policy_intake(r->p, "boar"));
	assert_int_equal(v->separator, ',');
	assert_string_equal(v->stage, "aval");
	assert_string_equal(v->case_source, "board");
	assert_string_equal(v->quota_month, "few");
	assert_int_equal(v->ncolumns, 5);
	assert_int_equal(v->columns[0].to, INTAKE_HOLDER_NAME);
	assert_true(v->columns[0].required);
	assert_int_equal(v->columns[2].to, INTAKE_SECOND_NAME);
	assert_int_equal(v->columns[4].to, INTAKE_IGNORED);
	assert_string_equal(v->columns[4].header, "Debt");
}

static const struct {
	const char *from, *to;
	int line; /* after that of from */
	const char *problem;
} rows[] = {
	{ "to = \"dossier.commune\"", "to = \"dossier.town\"", 0,
	    "unknown to \"dossier.town\"" },
	{ "\"Town\" { to = \"dossier.commune\" }", "\"Town\" { }", 0,
	    "does not say its to" },
	{ "to = \"dossier.commune\"", "to = \"titulaire.nom\"", 0,
	    "another gives titulaire.nom already" },
	{ "required = true", "required = false", -8,
	    "no required column gives titulaire.nom" },
	{ "required = true", "required = oui", 0, "unknown required" },
	{ "required = true", "required = true max = 3", 0,
	    "no such option 'max'" },
	{ "to = ignore", "to = ignore required = true", 0,
	    "nothing of it is required" },
	{ "column \"Other\" { to = \"co-titulaire.nom\" }", "", -10,
	    "a second holder has no name" },
	{ "column \"Town\"", "column \"Name\"", 0, "duplicate title" },
	{ "column \"Town\"", "column \"\"", 0, "a column has a name" },
	{ "separator = comma", "separator = pipe", 0,
	    "unknown separator \"pipe\"" },
	{ "	separator = comma\n", "", -3, "does not say its separator" },
	{ "stage = aval", "stage = avant", 0, "unknown stage" },
	{ "	stage = aval\n", "", -5, "does not say its stage" },
	{ "quota-month = few", "quota-month = none-such", 0,
	    "no figure \"none-such\" is a count" },
	{ "quota-year = many", "quota-year = hours", 0,
	    "no figure \"hours\" is a count" },
	{ "	quota-year = many\n", "", -7, "does not say its quota-year" },
	{ "	case-source = board\n", "", -4,
	    "does not say its case-source" },
	{ "	source = \"s\"\n	separator", "	separator", -2,
	    "does not say its source" },
	{ "title = \"T\"\n	source", "source", -1,
	    "does not say its title" },
	{ "intake \"board\"", "intake \"The Board\"", 0, "is not a name" },
};

static void
what_is_not_of_the_language_is_refused_with_its_line(void **state)
{
	struct rules *r = *state;
	size_t i;

	rules_put(r, "00-common.conf", rules_small);
	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(buf_done) struct buf text = { 0 };
		char place[64];
		int line;

		rules_edit(lists, rows[i].from, rows[i].to, &text, &line);
		rules_put(r, FILE_NAME, buf_str(&text));
		if (rules_load(r) == 0)
			fail_msg("accepted: %s", rows[i].to);
		snprintf(place, sizeof(place),
		    FILE_NAME ":%d: ", line + rows[i].line);
		if (strstr(buf_str(&r->problems), place) == NULL ||
		    strstr(buf_str(&r->problems), rows[i].problem) == NULL)
			fail_msg("not \"%s%s\" but:\n%s", place,
			    rows[i].problem, buf_str(&r->problems));
	}
}

static void
the_shipped_lists_have_their_quotas(void **state)
{
	static const char *const names[] = { "ccapex", "services-sociaux" };
	struct rules *r = *state;
	const struct policy_intake *v;
	int64_t n;
	size_t i;

	for (i = 0; i < NELEMS(names); i++) {
		assert_non_null(v = policy_intake(r->p, names[i]));
		assert_int_equal(
		    policy_figure_on(r->p, v->quota_month, 20800, &n, &r->e),
		    0);
		assert_true(n > 0);
		assert_int_equal(
		    policy_figure_on(r->p, v->quota_year, 20800, &n, &r->e), 0);
		assert_true(n > 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_list_is_read_as_it_is_declared, rules_setup,
		    rules_teardown),
		cmocka_unit_test_setup_teardown(
		    what_is_not_of_the_language_is_refused_with_its_line,
		    rules_setup, rules_teardown),
		cmocka_unit_test_setup_teardown(
		    the_shipped_lists_have_their_quotas, rules_setup_shipped,
		    rules_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
