/* Records: the strictness of the text, and the kind's form. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/text.h"
#include "daemon/core/record.h"

#define LINE_MAX (1 << 20)

/* A kind of our own: every type once. */
static const char *const codes[] = { "a", "b", NULL };
static const struct policy_field fields[] = {
	{ .path = "nom", .type = FIELD_STRING, .required = 1, .max = 5 },
	{ .path = "recit", .type = FIELD_TEXT },
	{ .path = "dette", .type = FIELD_GROUP },
	{ .path = "dette.montant", .type = FIELD_AMOUNT, .required = 1 },
	{ .path = "dette.mois", .type = FIELD_INTEGER },
	{ .path = "vu_le", .type = FIELD_DATE },
	{ .path = "seul", .type = FIELD_BOOLEAN },
	{ .path = "cause", .type = FIELD_CODE, .values = codes },
	{ .path = "charges", .type = FIELD_LIST, .max = 2 },
	{ .path = "charges.nature",
	    .type = FIELD_CODE,
	    .values = codes,
	    .required = 1 },
	{ .path = "charges.montant", .type = FIELD_AMOUNT },
	{ .path = "mots", .type = FIELD_LIST },
	{ .path = "marques", .type = FIELD_LIST, .values = codes },
};
static const struct policy_kind kind = {
	.name = "essai",
	.is_record = 1,
	.fields = fields,
	.nfields = NELEMS(fields),
};

/* policy.h's look-up, for a kind that is in no rules. */
const struct policy_field *
policy_field(const struct policy_kind *k, const char *path)
{
	size_t i;

	for (i = 0; i < k->nfields; i++)
		if (strcmp(k->fields[i].path, path) == 0)
			return &k->fields[i];
	return NULL;
}

static int
try(const char *text, size_t n, struct err *e)
{
	json_t *j = NULL;
	int r;

	memset(e, 0, sizeof(*e));
	if ((r = record_parse(text, n, &j, e)) < 0)
		return r;
	r = record_check(&kind, j, 0, e);
	json_decref(j);
	return r;
}

static void
good_records_pass(void **state)
{
	static const char *const good[] = {
		"{\"nom\":\"x\"}",
		"{\"nom\":\"\",\"recit\":\"une ligne\\nune autre\"}",
		"{\"nom\":\"x\",\"dette\":{\"montant\":12.34,\"mois\":3}}",
		"{\"nom\":\"x\",\"dette\":{\"montant\":-0.01}}",
		"{\"nom\":\"x\",\"dette\":{\"montant\":999999999999.99}}",
		"{\"nom\":\"x\",\"dette\":{\"montant\":7}}",
		"{\"nom\":\"x\",\"vu_le\":\"2024-02-29\",\"seul\":false}",
		"{\"nom\":\"x\",\"cause\":\"b\",\"charges\":[]}",
		"{\"nom\":\"x\",\"charges\":[{\"nature\":\"a\"},"
		"{\"nature\":\"b\",\"montant\":1.5}]}",
		"{\"nom\":\"x\",\"mots\":[\"un\",\"deux\"],"
		"\"marques\":[\"a\",\"a\"]}",
		" {\"nom\" : \"x\"}\n",
	};
	struct err e;
	size_t i;

	(void)state;
	for (i = 0; i < NELEMS(good); i++)
		if (try(good[i], strlen(good[i]), &e) < 0)
			fail_msg("%s: %s", good[i], e.text);
}

/* Each names the field's path, and nothing of what is in it. */
static void
bad_records_are_refused_by_the_path_of_the_field(void **state)
{
	static const struct {
		const char *text, *tag, *says;
	} bad[] = {
		{ "", "record-json", "" },
		{ "nul", "record-json", "" },
		{ "\"x\"", "record-json", "" },
		{ "[]", "record-field", "object" },
		{ "{}", "record-incomplete", "nom: is required" },
		{ "{\"nom\":\"x\"}{", "record-json", "" },
		{ "{\"nom\":\"x\"} //", "record-json", "" },
		{ "\xef\xbb\xbf{\"nom\":\"x\"}", "record-json", "" },
		{ "{\"nom\":\"\\u0000\"}", "record-json", "" },
		{ "{\"nom\":\"x\\u0001\"}", "record-field", "nom: has" },
		{ "{\"nom\":\"x\\ny\"}", "record-field", "nom: has" },
		{ "{\"nom\":\"x\",\"recit\":\"\\u0007\"}", "record-field",
		    "recit: has" },
		{ "{\"nom\":\"secret\"}", "record-field", "nom: is too" },
		{ "{\"nom\":null}", "record-field", "nom: is null" },
		{ "{\"nom\":1}", "record-field", "nom: must" },
		{ "{\"nom\":\"x\",\"nom\":\"y\"}", "record-duplicate", "" },
		{ "{\"nom\":\"x\",\"dette\":{\"montant\":1,\"montant\":1}}",
		    "record-duplicate", "" },
		{ "{\"nom\":\"x\",\"autre\":1}", "record-field",
		    "autre: this kind" },
		{ "{\"nom\":\"x\",\"dette.montant\":1}", "record-field",
		    "dette.montant" },
		{ "{\"nom\":\"x\",\"\":1}", "record-field", "" },
		{ "{\"nom\":\"x\",\"dette\":[]}", "record-field",
		    "dette: must" },
		{ "{\"nom\":\"x\",\"dette\":{}}", "record-incomplete",
		    "dette.montant: is required" },
		{ "{\"nom\":\"x\",\"dette\":{\"montant\":1.234}}",
		    "record-field", "dette.montant: has more" },
		{ "{\"nom\":\"x\",\"dette\":{\"montant\":12.340000001}}",
		    "record-field", "dette.montant: has more" },
		{ "{\"nom\":\"x\",\"dette\":{\"montant\":1e13}}",
		    "record-field", "dette.montant: is out" },
		{ "{\"nom\":\"x\",\"dette\":{\"montant\":\"1\"}}",
		    "record-field", "dette.montant: must" },
		{ "{\"nom\":\"x\",\"dette\":{\"montant\":1,\"mois\":1.0}}",
		    "record-field", "dette.mois: must" },
		{ "{\"nom\":\"x\",\"dette\":{\"montant\":1,\"x\":1}}",
		    "record-field", "dette.x: this kind" },
		{ "{\"nom\":\"x\",\"vu_le\":\"2023-02-29\"}", "record-field",
		    "vu_le: must" },
		{ "{\"nom\":\"x\",\"vu_le\":20230201}", "record-field",
		    "vu_le: must" },
		{ "{\"nom\":\"x\",\"seul\":0}", "record-field", "seul: must" },
		{ "{\"nom\":\"x\",\"cause\":\"c\"}", "record-field",
		    "cause: is not" },
		{ "{\"nom\":\"x\",\"charges\":{}}", "record-field",
		    "charges: must" },
		{ "{\"nom\":\"x\",\"charges\":[1]}", "record-field",
		    "charges[0]: must" },
		{ "{\"nom\":\"x\",\"charges\":[{\"nature\":\"a\"},{}]}",
		    "record-incomplete", "charges[1].nature: is required" },
		{ "{\"nom\":\"x\",\"charges\":[{\"nature\":\"a\"},"
		  "{\"nature\":\"a\"},{\"nature\":\"a\"}]}",
		    "record-field", "charges: has too many" },
		{ "{\"nom\":\"x\",\"mots\":[{}]}", "record-field",
		    "mots[0]: must" },
		{ "{\"nom\":\"x\",\"marques\":[\"z\"]}", "record-field",
		    "marques[0]: is not" },
		{ "{\"nom\":1e400}", "record-json", "" },
		{ "{\"nom\":\"\xff\"}", "record-json", "" },
	};
	struct err e;
	size_t i;
	int r;

	(void)state;
	for (i = 0; i < NELEMS(bad); i++) {
		r = try(bad[i].text, strlen(bad[i].text), &e);
		if (r != -ERR_REFUSED || strcmp(err_name(&e), bad[i].tag) != 0)
			fail_msg("%s: %d %s", bad[i].text, r, e.text);
		if (strstr(e.text, bad[i].says) == NULL)
			fail_msg("%s: %s", bad[i].text, e.text);
		assert_null(strstr(e.text, "secret"));
	}
}

static void
depth_and_size_have_an_end(void **state)
{
	char *deep = malloc(20001);
	char *wide = malloc(RECORD_MAX + 1);
	char edge[2 * RECORD_DEPTH_MAX + 3];
	struct err e = { 0 };
	json_t *j = NULL;

	(void)state;
	assert_non_null(deep);
	assert_non_null(wide);
	memset(deep, '[', 10000);
	memset(deep + 10000, ']', 10000);
	assert_int_equal(record_parse(deep, 20000, &j, &e), -ERR_REFUSED);
	assert_string_equal(err_name(&e), "record-depth");
	memset(edge, '[', RECORD_DEPTH_MAX + 1);
	memset(edge + RECORD_DEPTH_MAX + 1, ']', RECORD_DEPTH_MAX + 1);
	assert_int_equal(
	    record_parse(edge + 1, 2 * RECORD_DEPTH_MAX, &j, &e), 0);
	json_decref(j);
	assert_int_equal(
	    record_parse(edge, 2 * RECORD_DEPTH_MAX + 2, &j, &e), -ERR_REFUSED);
	/* Brackets in a string are no depth. */
	memset(wide, '[', RECORD_MAX + 1);
	memcpy(wide, "{\"a\":\"\\\"", 8);
	memcpy(wide + 998, "\"}", 2);
	assert_int_equal(record_parse(wide, 1000, &j, &e), 0);
	json_decref(j);
	assert_int_equal(
	    record_parse(wide, RECORD_MAX + 1, &j, &e), -ERR_TOO_LARGE);
	free(deep);
	free(wide);
}

/* Valid JSON that we refuse all the same, and why. */
static int
is_ours_to_refuse(const char *name, const char *text)
{
	while (*text == ' ' || *text == '\n' || *text == '\r' || *text == '\t')
		text++;
	/* A record is an object: no scalars. NUL in strings. Members twice. */
	return (*text != '[' && *text != '{') ||
	       strstr(name, "null_escape") != NULL ||
	       strstr(name, "duplicated") != NULL;
}

static void
one_of_the_suite(char *line)
{
	char *rest = NULL;
	char *name = strtok_r(line, "\t", &rest);
	char *expect = strtok_r(NULL, "\t", &rest);
	char *hex = strtok_r(NULL, "\t\n", &rest);
	size_t n = hex != NULL ? strlen(hex) / 2 : 0;
	uint8_t *text = calloc(1, n + 1);
	struct err e = { 0 };
	json_t *j = NULL;
	int r;

	assert_non_null(text);
	if (n > 0)
		assert_int_equal(hex_parse(hex, text, n, &e), 0);
	r = record_parse(text, n, &j, &e);
	if (*expect == 'n' && r == 0)
		fail_msg("%s: accepted", name);
	if (*expect == 'y' && r < 0 &&
	    !is_ours_to_refuse(name, (const char *)text))
		fail_msg("%s: %s", name, e.text);
	if (r == 0)
		json_decref(j);
	free(text);
}

static void
the_public_json_suite_is_judged_right(void **state)
{
	const char *corpus = getenv("SCEAU_CORPUS");
	char path[512], *line = malloc(LINE_MAX);
	size_t n = 0;
	FILE *f;

	(void)state;
	assert_non_null(line);
	snprintf(path, sizeof(path), "%s/json/jsontestsuite-half.tsv",
	    corpus != NULL ? corpus : SCEAU_SOURCE "/../shared/corpus");
	if ((f = fopen(path, "r")) == NULL) {
		print_message("skipped: no corpus at %s\n", path);
		free(line);
		skip();
	}
	while (fgets(line, LINE_MAX, f) != NULL)
		if (line[0] != '#') {
			one_of_the_suite(line);
			n++;
		}
	fclose(f);
	free(line);
	print_message("%zu files\n", n);
	assert_true(n > 100);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(good_records_pass),
		cmocka_unit_test(
		    bad_records_are_refused_by_the_path_of_the_field),
		cmocka_unit_test(depth_and_size_have_an_end),
		cmocka_unit_test(the_public_json_suite_is_judged_right),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
