/*
 * Records: what is accepted is an object of the declared form whose text,
 * written again and read again, is the same value; what is refused says so
 * with a tag.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "daemon/core/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const codes[] = { "a", "b", NULL };
static const struct policy_field fields[] = {
	{ .path = "nom", .type = FIELD_STRING, .required = 1, .max = 20 },
	{ .path = "recit", .type = FIELD_TEXT },
	{ .path = "dette", .type = FIELD_GROUP },
	{ .path = "dette.montant", .type = FIELD_AMOUNT },
	{ .path = "vu_le", .type = FIELD_DATE },
	{ .path = "seul", .type = FIELD_BOOLEAN },
	{ .path = "mois", .type = FIELD_INTEGER },
	{ .path = "charges", .type = FIELD_LIST, .max = 3 },
	{ .path = "charges.nature", .type = FIELD_CODE, .values = codes },
};
static const struct policy_kind kind = {
	.name = "essai", .fields = fields, .nfields = NELEMS(fields)
};

const struct policy_field *
policy_field(const struct policy_kind *k, const char *path)
{
	size_t i;

	for (i = 0; i < k->nfields; i++)
		if (strcmp(k->fields[i].path, path) == 0)
			return &k->fields[i];
	return NULL;
}

static void
must(int ok)
{
	if (!ok)
		abort();
}

static void
check_again(const json_t *j)
{
	char *text = json_dumps(j, JSON_COMPACT);
	struct err e = { 0 };
	json_t *again = NULL;

	must(text != NULL);
	must(record_parse(text, strlen(text), &again, &e) == 0);
	must(json_equal(j, again));
	must((record_check(&kind, j, 0, &e) < 0) ==
	     (record_check(&kind, again, 0, &e) < 0));
	json_decref(again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct err e = { 0 };
	json_t *j = NULL;

	if (record_parse(p, n, &j, &e) < 0) {
		must(e.tag != NULL && e.text[0] != '\0' && j == NULL);
		return 0;
	}
	if (record_check(&kind, j, 0, &e) == 0) {
		must(json_is_object(j) && json_object_get(j, "nom") != NULL);
		must(record_check(&kind, j, 1, &e) == 0);
	} else {
		must(e.tag != NULL);
	}
	check_again(j);
	json_decref(j);
	return 0;
}
