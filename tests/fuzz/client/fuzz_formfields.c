/*
 * What a browser sends for a form, lines NAME=VALUE: whatever it is, what is
 * accepted without an error has the form of its kind, and the page that shows
 * it again has no element that is not its own.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "client/formfields.h"

#define PAIRS 64

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static const char *const codes[] = { "a", "b", NULL };
static const struct policy_field fields[] = {
	{ "date", FIELD_DATE, LABEL_ORDINARY, 1, NULL, 0, "Date" },
	{ "nom", FIELD_STRING, LABEL_ORDINARY, 0, NULL, 10, "Nom" },
	{ "avis", FIELD_TEXT, LABEL_ORDINARY, 0, NULL, 50, "Avis" },
	{ "code", FIELD_CODE, LABEL_ORDINARY, 0, codes, 0, "Code" },
	{ "oui", FIELD_BOOLEAN, LABEL_ORDINARY, 0, NULL, 0, "Oui" },
	{ "g", FIELD_GROUP, LABEL_ORDINARY, 0, NULL, 0, "G" },
	{ "g.n", FIELD_INTEGER, LABEL_ORDINARY, 1, NULL, 0, "N" },
	{ "g.l", FIELD_LIST, LABEL_ORDINARY, 0, NULL, 2, "L" },
	{ "g.l.m", FIELD_AMOUNT, LABEL_ORDINARY, 1, NULL, 0, "M" },
	{ "g.l.s", FIELD_STRING, LABEL_ORDINARY, 0, NULL, 5, "S" },
	{ "t", FIELD_LIST, LABEL_ORDINARY, 0, codes, 2, "T" },
};
static const struct policy_kind kind = { .name = "essai",
	.is_record = 1,
	.fields = fields,
	.nfields = sizeof(fields) / sizeof(fields[0]) };

static void
must(int ok)
{
	if (!ok)
		abort();
}

/* Text to pairs, in place. */
static size_t
split(char *text, struct formfields_pair *pairs)
{
	char *line, *rest = text, *eq;
	size_t n = 0;

	while (n < PAIRS && (line = strsep(&rest, "\n")) != NULL)
		if ((eq = strchr(line, '=')) != NULL) {
			*eq = '\0';
			pairs[n++] = (struct formfields_pair){ line, eq + 1 };
		}
	return n;
}

static size_t
count(const char *s, char c)
{
	size_t n = 0;

	for (; *s != '\0'; s++)
		n += *s == c;
	return n;
}

/* Every element is ended, every attribute is closed. */
static void
check_page(struct formfields *f, const json_t *record, const json_t *errors)
{
	AUTO(buf_done) struct buf out = { 0 };
	const char *html;

	f->values = record;
	f->errors = errors;
	must(formfields_summary(f, &out, NULL) == 0);
	must(formfields_html(f, &out, NULL) == 0);
	html = buf_str(&out);
	must(strstr(html, "<script") == NULL);
	must(count(html, '<') == count(html, '>'));
	must(count(html, '"') % 2 == 0);
}

static void
check_record(const json_t *record, int draft)
{
	const json_t *g = json_object_get(record, "g");

	must(draft || json_is_string(json_object_get(record, "date")));
	must(json_string_length(json_object_get(record, "nom")) <= 10);
	must(json_array_size(json_object_get(g, "l")) <= 2);
	must(g == NULL || draft || json_is_integer(json_object_get(g, "n")));
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct formfields f = { .kind = &kind, .prefix = "f.", .spare = 1 };
	struct formfields_pair pairs[PAIRS];
	json_t *record = NULL, *errors = NULL;
	char *text = calloc(1, n + 1);
	struct err e = { 0 };
	size_t pieces;
	int draft;

	must(text != NULL);
	memcpy(text, p, n);
	draft = n > 0 && (text[0] & 1);
	pieces = split(text, pairs);
	if (formfields_record(&f, pairs, pieces, draft, &record, &errors, &e) ==
	    0) {
		if (json_object_size(errors) == 0)
			check_record(record, draft);
		check_page(&f, record, errors);
	}
	json_decref(record);
	json_decref(errors);
	free(text);
	return 0;
}
