#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "client/formcode.h"
#include "client/formfields.h"
#include "client/markup.h"

#define EVIL "\"><script>alert('x')</script><b a='"

static const char *const causes[] = { "perte-emploi", "deces", NULL };
static const char *const states[] = { "ouvert", "clos", NULL };

static const struct policy_field fields[] = {
	{ "date", FIELD_DATE, LABEL_ORDINARY, 1, NULL, 0, "Date" },
	{ "nom", FIELD_STRING, LABEL_ORDINARY, 0, NULL, 10, EVIL },
	{ "dette", FIELD_GROUP, LABEL_ORDINARY, 0, NULL, 0, "Dette" },
	{ "dette.montant", FIELD_AMOUNT, LABEL_ORDINARY, 1, NULL, 0,
	    "Montant" },
	{ "dette.reprise", FIELD_BOOLEAN, LABEL_ORDINARY, 0, NULL, 0,
	    "Repris" },
	{ "dette.causes", FIELD_LIST, LABEL_ORDINARY, 0, NULL, 13, "Causes" },
	{ "dette.causes.code", FIELD_CODE, LABEL_ORDINARY, 1, causes, 0, "" },
	{ "dette.mensuel", FIELD_LIST, LABEL_ORDINARY, 0, NULL, 3, "Mois" },
	{ "dette.mensuel.mois", FIELD_STRING, LABEL_ORDINARY, 1, NULL, 7,
	    "Mois" },
	{ "dette.mensuel.paye", FIELD_AMOUNT, LABEL_ORDINARY, 0, NULL, 0, "" },
	{ "etat", FIELD_CODE, LABEL_ORDINARY, 0, states, 0, "État" },
	{ "pieces", FIELD_INTEGER, LABEL_ORDINARY, 0, NULL, 0, "Pièces" },
	{ "avis", FIELD_TEXT, LABEL_SENSITIVE, 0, NULL, 20, "Avis" },
	{ "notes", FIELD_LIST, LABEL_ORDINARY, 0, NULL, 2, "Notes" },
	{ "sigles", FIELD_LIST, LABEL_ORDINARY, 0, states, 2, "Sigles" },
};
static const struct policy_kind kind = { .name = "essai",
	.is_record = 1,
	.fields = fields,
	.nfields = sizeof(fields) / sizeof(fields[0]) };

struct fixture {
	struct formfields f;
	struct buf out;
	json_t *record, *errors;
	struct err e;
};

static int
setup(void **state)
{
	struct fixture *x = calloc(1, sizeof(*x));

	x->f.kind = &kind;
	x->f.prefix = "f.";
	*state = x;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *x = *state;

	buf_done(&x->out);
	json_decref(x->record);
	json_decref(x->errors);
	free(x);
	return 0;
}

static const char *
page(struct fixture *x)
{
	buf_reset(&x->out);
	assert_int_equal(formfields_summary(&x->f, &x->out, &x->e), 0);
	assert_int_equal(formfields_html(&x->f, &x->out, &x->e), 0);
	return buf_str(&x->out);
}

#define HAS(text, what) assert_non_null(strstr(text, what))
#define HAS_NOT(text, what) assert_null(strstr(text, what))

/* name, value, name, value…; then what comes of it as sorted JSON. */
static int
fill(struct fixture *x, int draft, const char *const *v)
{
	struct formfields_pair pairs[64];
	size_t n;

	for (n = 0; v[2 * n] != NULL; n++)
		pairs[n] = (struct formfields_pair){ v[2 * n], v[2 * n + 1] };
	json_decref(x->record);
	json_decref(x->errors);
	x->record = x->errors = NULL;
	return formfields_record(
	    &x->f, pairs, n, draft, &x->record, &x->errors, &x->e);
}

static void
gives(const json_t *got, const char *wanted)
{
	char *text = json_dumps(
	    got, JSON_SORT_KEYS | JSON_COMPACT | JSON_REAL_PRECISION(15));

	assert_string_equal(text, wanted);
	free(text);
}

/* --- HTML ----------------------------------------------------------------- */

static void
every_odd_character_is_a_reference(void **state)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{ "", "" },
		{ NULL, "" },
		{ "dépôt\n\t1", "dépôt\n\t1" },
		{ "<>&\"'", "&lt;&gt;&amp;&quot;&#39;" },
		{ "a\x01\x7f", "a\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xc2\x85", "\xef\xbf\xbd" },
		{ "\xc3(", "\xef\xbf\xbd(" },
		{ "\xc3", "\xef\xbf\xbd" },
		{ "\xe2\x80", "\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd" },
		{ "\xf0\x9f\x8f\xa0", "\xf0\x9f\x8f\xa0" },
		{ "\xc0\xbc", "\xef\xbf\xbd\xef\xbf\xbd" },
	};
	struct fixture *x = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		buf_reset(&x->out);
		assert_int_equal(markup_text(&x->out, rows[i].in, &x->e), 0);
		assert_string_equal(buf_str(&x->out), rows[i].out);
	}
}

static void
a_pattern_takes_as_many_strings_as_it_has_places(void **state)
{
	struct fixture *x = *state;

	assert_int_equal(
	    markup_add(&x->out, &x->e, "<a b=\"%\">%</a>", "\"", "<", NULL), 0);
	assert_string_equal(buf_str(&x->out), "<a b=\"&quot;\">&lt;</a>");
	assert_int_equal(
	    markup_add(&x->out, &x->e, "% %", "a", NULL), -ERR_INTERNAL);
	assert_int_equal(
	    markup_add(&x->out, &x->e, "%", "a", "b", NULL), -ERR_INTERNAL);
}

static void
nothing_typed_becomes_an_element(void **state)
{
	struct fixture *x = *state;
	json_t *v = json_pack("{s:s, s:s, s:s, s:s, s:{s:[{s:s}], s:s}, s:[s]}",
	    "date", EVIL, "nom", EVIL, "avis", "</textarea>" EVIL, "etat", EVIL,
	    "dette", "mensuel", "mois", EVIL, "reprise", EVIL, "notes", EVIL);
	json_t *wrong = json_pack("{s:s, s:s, s:s}", "nom", EVIL,
	    "dette.mensuel.0.mois", EVIL, EVIL, EVIL);
	const char *html;

	x->f.values = v;
	x->f.errors = wrong;
	html = page(x);
	HAS_NOT(html, "<script");
	HAS_NOT(html, "<b ");
	HAS_NOT(html, "alert('");
	HAS(html, "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt;");
	/* What names a control is the rules', and is escaped as well. */
	HAS(html, "<textarea id=\"f.avis\" name=\"f.avis\"");
	HAS(html, "&lt;/textarea&gt;");
	json_decref(v);
	json_decref(wrong);
}

static void
each_control_has_its_label_its_hint_and_its_error(void **state)
{
	struct fixture *x = *state;
	json_t *wrong = json_pack("{s:s, s:s}", "dette.montant",
	    "Écrivez un montant", "date", "À remplir.");
	const char *html;

	html = page(x);
	HAS_NOT(html, "aria-invalid");
	HAS_NOT(html, "role=\"alert\"");
	x->f.errors = wrong;
	html = page(x);
	HAS(html, "<label for=\"f.dette.montant\">Montant");
	HAS(html, "aria-invalid=\"true\" aria-describedby=\"f.dette.montant-h "
		  "f.dette.montant-e\"");
	HAS(html, "<p class=\"error\" id=\"f.dette.montant-e\">Écrivez un");
	HAS(html, "<a href=\"#f.dette.montant\">Montant</a>");
	HAS(html, "id=\"f.erreurs\" role=\"alert\"");
	HAS(html, "id=\"f.dette\" data-place=\"dette\" tabindex=\"-1\">"
		  "<legend>Dette");
	/* Free text carries its warning; nothing is kept by the browser. */
	HAS(html, "class=\"hint warning\" id=\"f.avis-h\"");
	HAS(html, "<select id=\"f.etat\" name=\"f.etat\" data-type=\"code\" "
		  "autocomplete=\"off\" aria-describedby=\"f.etat-e\">"
		  "<option value=\"\" selected>");
	HAS(html, "<input id=\"f.date\" name=\"f.date\" data-type=\"date\" "
		  "autocomplete=\"off\" type=\"text\" data-required "
		  "aria-required=\"true\" aria-invalid=\"true\"");
	json_decref(wrong);
}

static void
lists_have_their_rows_spare_ones_and_one_to_clone(void **state)
{
	struct fixture *x = *state;
	json_t *v =
	    json_pack("{s:{s:[{s:s, s:f}], s:[{s:s}]}}", "dette", "mensuel",
		"mois", "2026-01", "paye", 512.4, "causes", "code", "deces");
	const char *html;

	x->f.values = v;
	x->f.spare = 1;
	html = page(x);
	HAS(html, "name=\"f.dette.mensuel.0.mois\"");
	HAS(html, " value=\"512,40\"");
	HAS(html, "name=\"f.dette.mensuel.1.mois\"");
	HAS_NOT(html, "name=\"f.dette.mensuel.2.mois\"");
	HAS(html, "<template data-rows=\"dette.mensuel\" data-max=\"3\">");
	HAS(html, "name=\"f.dette.mensuel.##.mois\"");
	HAS(html, "name=\"f.dette.causes.*.code\" value=\"deces\" "
		  "data-type=\"box\" autocomplete=\"off\" checked>");
	HAS(html, "name=\"f.sigles.*\" value=\"clos\"");
	HAS(html, "name=\"f.notes.0\"");
	/* Never more rows than the rules allow. */
	x->f.spare = 10;
	html = page(x);
	HAS(html, "name=\"f.dette.mensuel.2.mois\"");
	HAS_NOT(html, "name=\"f.dette.mensuel.3.mois\"");
	json_decref(v);
}

/* --- what was filled ------------------------------------------------------ */

static void
what_was_filled_is_the_record(void **state)
{
	static const char *const v[] = { "f.date", "2026-11-23", "f.nom",
		"  Dupont \r\n", "f.dette.montant",
		"1\xc2\xa0"
		"234,5 €",
		"f.dette.reprise", "non", "f.dette.causes.*.code", "deces",
		"f.dette.causes.*.code", "perte-emploi",
		"f.dette.mensuel.7.mois", "2026-02", "f.dette.mensuel.7.paye",
		"10", "f.dette.mensuel.2.mois", "2026-01",
		"f.dette.mensuel.2.paye", "", "f.dette.mensuel.0.mois", "",
		"f.dette.mensuel.0.paye", " ", "f.etat", "", "f.pieces", "3",
		"f.avis", "une\r\nligne", "f.notes.0", "mot", "f.sigles.*",
		"clos", "csrf", "autre", NULL };
	struct fixture *x = *state;

	assert_int_equal(fill(x, 0, v), 0);
	gives(x->errors, "{}");
	gives(x->record,
	    "{\"avis\":\"une\\nligne\",\"date\":\"2026-11-23\",\"dette\":"
	    "{\"causes\":[{\"code\":\"deces\"},{\"code\":\"perte-emploi\"}],"
	    "\"mensuel\":[{\"mois\":\"2026-01\"},"
	    "{\"mois\":\"2026-02\",\"paye\":10}],\"montant\":1234.5,"
	    "\"reprise\":false},\"nom\":\"Dupont\",\"notes\":[\"mot\"],"
	    "\"pieces\":3,\"sigles\":[\"clos\"]}");
}

struct bad {
	const char *name, *value, *place; /* place NULL: it is right */
};

static void
what_is_wrong_is_said_beside_its_field(void **state)
{
	static const struct bad rows[] = {
		{ "f.date", "23/11/2026", NULL },
		{ "f.date", "31/02/2026", "date" },
		{ "f.date", "hier", "date" },
		{ "f.date", "2026-13-01", "date" },
		{ "f.date", "", "date" },
		{ "f.nom", "01234567890", "nom" },
		{ "f.nom", "a\tb", "nom" },
		{ "f.nom", "a\nb", "nom" },
		{ "f.nom", "0123456789", NULL },
		{ "f.pieces", "3,5", "pieces" },
		{ "f.pieces", "-", "pieces" },
		{ "f.pieces", "1234567890", "pieces" },
		{ "f.pieces", "0x3", "pieces" },
		{ "f.pieces", "-3", NULL },
		{ "f.dette.montant", "1,234", "dette.montant" },
		{ "f.dette.montant", "12,", "dette.montant" },
		{ "f.dette.montant", "1e9", "dette.montant" },
		{ "f.dette.montant", "nan", "dette.montant" },
		{ "f.dette.montant", "1,2,3", "dette.montant" },
		{ "f.dette.montant", "1234567890123", "dette.montant" },
		{ "f.dette.montant", "-12.50", NULL },
		{ "f.dette.montant", "0", NULL },
		{ "f.dette.reprise", "peut-être", "dette.reprise" },
		{ "f.dette.reprise", "oui", "dette.montant" },
		{ "f.dette.mensuel.4.paye", "3", "dette.mensuel.0.mois" },
		{ "f.etat", "ferme", "etat" },
		{ "f.avis", "012345678901234567890", "avis" },
	};
	struct fixture *x = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const char *v[] = { rows[i].name, rows[i].value, "f.date",
			"2026-11-23", NULL };

		if (strcmp(rows[i].name, "f.date") == 0)
			v[2] = NULL;
		assert_int_equal(fill(x, 0, v), 0);
		if (rows[i].place == NULL)
			gives(x->errors, "{}");
		else
			assert_non_null(
			    json_object_get(x->errors, rows[i].place));
	}
}

static void
a_draft_lacks_what_it_likes_but_is_right_in_the_rest(void **state)
{
	static const char *const empty[] = { "f.nom", "", NULL };
	static const char *const wrong[] = { "f.pieces", "x", NULL };
	struct fixture *x = *state;

	assert_int_equal(fill(x, 1, empty), 0);
	gives(x->errors, "{}");
	gives(x->record, "{}");
	assert_int_equal(fill(x, 1, wrong), 0);
	assert_int_equal(json_object_size(x->errors), 1);
	assert_int_equal(fill(x, 0, empty), 0);
	assert_non_null(json_object_get(x->errors, "date"));
}

/* The page again: what was typed stands there, beside its error. */
static void
what_was_typed_wrong_is_shown_again(void **state)
{
	static const char *const v[] = { "f.pieces", "<trois>", "f.etat",
		"ferme", "f.dette.mensuel.5.paye", "x", NULL };
	struct fixture *x = *state;
	const char *html;

	assert_int_equal(fill(x, 0, v), 0);
	x->f.values = x->record;
	x->f.errors = x->errors;
	html = page(x);
	HAS(html, " value=\"&lt;trois&gt;\"");
	HAS(html, "<option value=\"ferme\" selected>ferme</option>");
	HAS(html, "id=\"f.dette.mensuel.0.paye-e\">Écrivez un montant");
	HAS(html, "href=\"#f.dette.mensuel.0.paye\"");
}

static void
what_is_not_of_the_form_is_refused(void **state)
{
	static const char *const rows[][5] = {
		{ "f.autre", "1", NULL },
		{ "f.dette", "1", NULL },
		{ "f.dette.mensuel", "1", NULL },
		{ "f.dette.mensuel.x.mois", "1", NULL },
		{ "f.dette.mensuel.00.mois", "1", NULL },
		{ "f.dette.mensuel.-1.mois", "1", NULL },
		{ "f.dette.mensuel.100000.mois", "1", NULL },
		{ "f.dette.causes.*.code", "autre", NULL },
		{ "f.sigles.*", EVIL, NULL },
		{ "f.nom", "a", "f.nom", "b", NULL },
		{ "f.nom", "\xff", NULL },
	};
	struct fixture *x = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(fill(x, 1, rows[i]), -ERR_INVALID);
		assert_string_equal(x->e.tag, "form-field");
		assert_null(x->record);
	}
}

static void
rows_beyond_the_rules_are_an_error(void **state)
{
	static const char *const v[] = { "f.date", "2026-11-23",
		"f.dette.montant", "1", "f.dette.mensuel.0.mois", "1",
		"f.dette.mensuel.1.mois", "2", "f.dette.mensuel.2.mois", "3",
		"f.dette.mensuel.3.mois", "4", NULL };
	struct fixture *x = *state;

	assert_int_equal(fill(x, 0, v), 0);
	assert_non_null(json_object_get(x->errors, "dette.mensuel"));
}

/* --- the rules we ship ---------------------------------------------------- */

static void
check_words(const struct policy_kind *k)
{
	const char *const *v;
	size_t i;

	for (i = 0; i < k->nfields; i++)
		for (v = k->fields[i].values; v != NULL && *v != NULL; v++)
			if (formcode_of(&k->fields[i], *v) == *v)
				fail_msg("no words for %s", *v);
}

static void
every_kind_we_ship_is_a_form_and_every_code_has_words(void **state)
{
	struct fixture *x = *state;
	const struct policy_kind *k;
	struct policy *p = NULL;
	size_t i, n;

	assert_int_equal(policy_load(SHIPPED_RULES, &p, NULL, &x->e), 0);
	n = policy_kinds(p, &k);
	for (i = 0; i < n; i++) {
		x->f.kind = &k[i];
		check_words(&k[i]);
		page(x);
		assert_int_equal(x->out.len > 0, k[i].nfields > 0);
	}
	policy_freep(&p);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(every_odd_character_is_a_reference),
		T(a_pattern_takes_as_many_strings_as_it_has_places),
		T(nothing_typed_becomes_an_element),
		T(each_control_has_its_label_its_hint_and_its_error),
		T(lists_have_their_rows_spare_ones_and_one_to_clone),
		T(what_was_filled_is_the_record),
		T(what_is_wrong_is_said_beside_its_field),
		T(a_draft_lacks_what_it_likes_but_is_right_in_the_rest),
		T(what_was_typed_wrong_is_shown_again),
		T(what_is_not_of_the_form_is_refused),
		T(rows_beyond_the_rules_are_an_error),
		T(every_kind_we_ship_is_a_form_and_every_code_has_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
