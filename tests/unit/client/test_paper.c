/*
 * Papers that people sign, by the shipped rules: what does not add up is said
 * at its place, what follows is computed, and the page has a place for each
 * who signs and for nobody else.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>

#include "client/cli.h"
#include "client/web/paper.h"
#include "client/web/recordhelp.h"

struct fixture {
	struct policy *p;
	struct err e;
};

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	assert_int_equal(policy_load(SHIPPED_RULES, &f.p, NULL, &f.e), 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	policy_freep(&f->p);
	return 0;
}

/* What is wrong with a record of this kind, as {place: sentence}. */
static json_t *
faults(struct fixture *f, const char *kind, json_t *record)
{
	json_t *errors = json_object();

	assert_non_null(record);
	assert_int_equal(
	    paper_check(policy_kind(f->p, kind), record, errors, &f->e), 0);
	json_decref(record);
	return errors;
}

static json_t *
plan(double debt, double each, json_int_t count, const char *first)
{
	return json_pack("{s:s, s:{s:f}, s:{s:f, s:I, s:s}}", "date",
	    "2026-12-01", "dette", "montant", debt, "echeances", "mensualite",
	    each, "nombre", count, "premiere", first);
}

static void
instalments_make_the_debt_or_it_is_said(void **state)
{
	static const struct {
		double debt, each;
		json_int_t count;
		const char *first, *place; /* NULL: nothing is wrong */
	} rows[] = {
		{ 1200, 100, 12, "2026-12-10", NULL },
		{ 1230, 100, 13, "2026-12-10", NULL },
		{ 1230, 100, 12, "2026-12-10", "echeances.nombre" },
		{ 1230, 100, 14, "2026-12-10", "echeances.nombre" },
		{ 1200, 100, 13, "2026-12-10", "echeances.nombre" },
		{ 0.03, 0.01, 3, "2026-12-10", NULL },
		{ 1000.10, 333.37, 3, "2026-12-10", NULL },
		{ 100, 100, 1, "2026-12-01", NULL },
		{ 100, 100, 1, "2026-11-30", "echeances.premiere" },
		{ 0, 100, 1, "2026-12-10", "dette.montant" },
		{ 100, -1, 1, "2026-12-10", "echeances.mensualite" },
		{ 100, 100, 0, "2026-12-10", "echeances.nombre" },
		{ 100, 100, 601, "2026-12-10", "echeances.nombre" },
		{ 100, 100, 999999999, "2026-12-10", "echeances.nombre" },
		{ 1e300, 1e300, 1, "2026-12-10", NULL },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(json_decrefp)
		json_t *e = faults(f, "projet-plan-apurement",
		    plan(rows[i].debt, rows[i].each, rows[i].count,
			rows[i].first));

		if (rows[i].place == NULL
			? json_object_size(e) != 0
			: json_object_get(e, rows[i].place) == NULL)
			fail_msg("row %zu: %s", i, json_dumps(e, 0));
	}
}

static void
what_was_written_of_the_last_one_is_held_to_it(void **state)
{
	static const struct {
		double last;
		const char *day, *place, *words;
	} rows[] = {
		{ 30, "2027-12-31", NULL, NULL },
		{ 20, "2027-12-31", "echeances.dernier-montant",
		    "il manque 10,00 €" },
		{ 40.01, "2027-12-31", "echeances.dernier-montant",
		    "10,01 € de plus" },
		{ 30, "2027-12-30", "echeances.derniere", "31/12/2027" },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < NELEMS(rows); i++) {
		AUTO(json_decrefp) json_t *e = NULL;
		json_t *r = plan(1230, 100, 13, "2026-12-31");
		json_t *g = json_object_get(r, "echeances");

		json_object_set_new(
		    g, "dernier-montant", json_real(rows[i].last));
		json_object_set_new(g, "derniere", json_string(rows[i].day));
		e = faults(f, "projet-plan-apurement", r);
		if (rows[i].place == NULL) {
			assert_int_equal(json_object_size(e), 0);
			continue;
		}
		assert_int_equal(json_object_size(e), 1);
		assert_non_null(strstr(jstr(e, rows[i].place), rows[i].words));
	}
}

static void
the_last_day_of_a_short_month_is_its_own(void **state)
{
	struct fixture *f = *state;
	AUTO(json_decrefp) json_t *r = plan(230, 100, 3, "2026-12-31");

	assert_int_equal(
	    paper_fill(policy_kind(f->p, "projet-plan-apurement"), r, &f->e),
	    0);
	assert_string_equal(
	    jstr(json_object_get(r, "echeances"), "derniere"), "2027-02-28");
	assert_float_equal(
	    json_number_value(recordhelp_at(r, "echeances.dernier-montant")),
	    30, 0.001);
}

static void
a_contract_holds_its_days(void **state)
{
	struct fixture *f = *state;
	const struct policy_kind *k =
	    policy_kind(f->p, "projet-contrat-engagement");
	AUTO(json_decrefp)
	json_t *r = json_pack("{s:{s:s, s:i}, s:{s:s}, s:[{s:s}, {s:s}]}",
	    "duree", "debut", "2026-08-31", "mois", 6, "point", "premier",
	    "2026-08-30", "demarches", "echeance", "2027-02-28", "echeance",
	    "2027-03-01");
	AUTO(json_decrefp)
	json_t *e = faults(f, k->name, json_incref(r));
	AUTO(json_decrefp) json_t *none = NULL;

	assert_int_equal(json_object_size(e), 2);
	assert_non_null(json_object_get(e, "point.premier"));
	assert_non_null(strstr(jstr(e, "demarches.1.echeance"), "28/02/2027"));
	assert_int_equal(paper_fill(k, r, &f->e), 0);
	assert_string_equal(
	    jstr(json_object_get(r, "duree"), "fin"), "2027-02-28");
	none = faults(f, k->name,
	    json_pack("{s:{s:s, s:i}, s:i}", "duree", "debut", "2026-08-31",
		"mois", 0, "originaux", -1));
	assert_int_equal(json_object_size(none), 2);
}

/* A place that has its error keeps it, and other kinds are left alone. */
static void
nothing_else_is_touched(void **state)
{
	struct fixture *f = *state;
	const struct policy_kind *k = policy_kind(f->p, "diagnostic");
	AUTO(json_decrefp) json_t *e = json_object(), *r = json_object();
	AUTO(json_decrefp) json_t *s = json_pack("{s:s}", "temoin", "déjà");
	AUTO(json_decrefp)
	json_t *oral = json_pack("{s:s}", "maniere", "oral-temoin");

	assert_int_equal(paper_check(k, r, e, &f->e), 0);
	assert_int_equal(paper_fill(k, r, &f->e), 0);
	assert_int_equal(json_object_size(e) + json_object_size(r), 0);
	k = policy_kind(f->p, "projet-consentement");
	assert_int_equal(paper_check(k, oral, s, &f->e), 0);
	assert_string_equal(jstr(s, "temoin"), "déjà");
	/* What a form may have left of any shape. */
	json_object_set_new(r, "echeances", json_string("x"));
	json_object_set_new(r, "duree", json_integer(1));
	json_object_set_new(r, "demarches", json_true());
	assert_int_equal(paper_check(policy_kind(f->p, "projet-plan-apurement"),
			     r, e, &f->e),
	    0);
	assert_int_equal(
	    paper_check(
		policy_kind(f->p, "projet-contrat-engagement"), r, e, &f->e),
	    0);
}

#define PERSON(name, role, adult)                                              \
	"{\"name\":\"" name "\",\"adult\":" adult                              \
	",\"roles\":[{\"role\":\"" role "\"}]}"

static json_t *
household(void)
{
	return json_loads(
	    "{\"persons\":[" PERSON("A <b>", "titulaire", "true") "," PERSON(
		"Enfant", "mineur", "false") "," PERSON("G", "garant",
		"true") "," PERSON("L", "bailleur",
		"true") ","
			"{\"name\":\"Parti\",\"adult\":true,\"roles\":[{"
			"\"role\":"
			"\"co-titulaire\",\"until\":\"2026-01-01\"}]}]}",
	    0, NULL);
}

static size_t
times(const char *text, const char *what)
{
	size_t n = 0;

	for (; (text = strstr(text, what)) != NULL; text += strlen(what))
		n++;
	return n;
}

static void
who_signs_has_a_box_and_nobody_else(void **state)
{
	static const struct {
		const char *kind;
		int guarantor, boxes;
	} rows[] = {
		{ "projet-contrat-engagement", 0, 2 },
		{ "projet-plan-apurement", 0, 3 },
	};
	struct fixture *f = *state;
	AUTO(json_decrefp) json_t *kase = household();
	size_t i;

	assert_non_null(kase);
	for (i = 0; i < NELEMS(rows); i++) {
		const struct policy_kind *k = policy_kind(f->p, rows[i].kind);
		AUTO(html_done) struct html h = { 0 };
		AUTO(json_decrefp) json_t *r = NULL;
		struct paper paper = { f->p, k, NULL, kase, "Camille" };
		const char *text;

		assert_int_equal(paper_begin(f->p, k, kase, "Camille",
				     "2026-12-01", &r, &f->e),
		    0);
		paper.record = r;
		paper_print(&h, &paper);
		assert_int_equal(html_check(&h, &f->e), 0);
		text = buf_str(&h.out);
		assert_int_equal(
		    (int)times(text, "<li><strong>"), rows[i].boxes);
		assert_null(strstr(text, "<b>"));
		assert_non_null(strstr(text, "<strong>A &lt;b&gt;</strong>"));
		assert_null(strstr(text, "Enfant"));
		assert_null(strstr(text, "Parti"));
	}
}

static void
each_adult_has_a_sheet_of_consents(void **state)
{
	struct fixture *f = *state;
	AUTO(json_decrefp) json_t *kase = household();
	AUTO(json_decrefp)
	json_t *r = json_pack("{s:[{s:s}, {s:s}]}", "accords", "objet",
	    "partage:caf", "objet", "rien-de-tel");
	AUTO(html_done) struct html h = { 0 }, one = { 0 };
	const struct paper paper = { f->p,
		policy_kind(f->p, "projet-consentement"), r, kase, "Camille" };

	paper_print(&h, &paper);
	assert_int_equal(html_check(&h, &f->e), 0);
	/* A guarantor answers for themselves; a landlord is not asked. */
	assert_int_equal(
	    (int)times(buf_str(&h.out), "<section class=\"sheet\">"), 2);
	assert_non_null(strstr(buf_str(&h.out), "<h2>G</h2>"));
	assert_int_equal((int)times(buf_str(&h.out), "SHA-256 "), 1);
	json_object_set_new(r, "adulte", json_string("A <b>"));
	paper_print(&one, &paper);
	assert_int_equal(
	    (int)times(buf_str(&one.out), "<section class=\"sheet\">"), 1);
	assert_null(strstr(buf_str(&one.out), "<b>"));
}

/* What the rules give nobody is on no paper, and can be read all the same. */
static void
the_narrative_is_not_signed(void **state)
{
	struct fixture *f = *state;
	const struct policy_kind *k = policy_kind(f->p, "diagnostic");
	AUTO(json_decrefp)
	json_t *r =
	    json_pack("{s:s, s:s}", "date", "2026-12-01", "recit", "Zebulon");
	AUTO(html_done) struct html signed_ = { 0 }, all = { 0 };

	recordhelp_print(&signed_, k, r, 0);
	recordhelp_print(&all, k, r, 1);
	assert_null(strstr(buf_str(&signed_.out), "Zebulon"));
	assert_non_null(strstr(buf_str(&signed_.out), "01/12/2026"));
	assert_non_null(strstr(buf_str(&all.out), "Zebulon"));
}

int
main(void)
{
#define T(f) cmocka_unit_test(f)
	const struct CMUnitTest tests[] = {
		T(instalments_make_the_debt_or_it_is_said),
		T(what_was_written_of_the_last_one_is_held_to_it),
		T(the_last_day_of_a_short_month_is_its_own),
		T(a_contract_holds_its_days),
		T(nothing_else_is_touched),
		T(who_signs_has_a_box_and_nobody_else),
		T(each_adult_has_a_sheet_of_consents),
		T(the_narrative_is_not_signed),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
