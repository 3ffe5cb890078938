#include "daemon/core/exposure.h"

#include <string.h>

#include "daemon/core/case.h"

int
exposure_add_case(struct exposure *x, struct tx *tx,
    const struct case_facts *kase, struct err *e)
{
	uint64_t persons, confidential;
	int r;

	if (strcmp(kase->state, "erased") == 0) {
		x->erased_cases++;
		return 0;
	}
	if ((r = person_count(tx, &kase->id, &persons, &confidential, e)) < 0)
		return r;
	x->cases++;
	x->persons += persons;
	x->confidential += confidential;
	x->confidential_cases += confidential > 0;
	return 0;
}

/* The last place is for all kinds that there is no room for. */
static struct exposed_kind *
kind_of(struct exposure *x, const char *name)
{
	struct exposed_kind *k;
	size_t i;

	for (i = 0; i < x->nkinds; i++)
		if (strcmp(x->kinds[i].name, name) == 0)
			return &x->kinds[i];
	if (x->nkinds == EXPOSURE_KINDS_MAX)
		return &x->kinds[EXPOSURE_KINDS_MAX - 1];
	k = &x->kinds[x->nkinds++];
	snprintf(k->name, sizeof(k->name), "%s",
	    x->nkinds == EXPOSURE_KINDS_MAX ? "autre" : name);
	return k;
}

void
exposure_add_document(struct exposure *x, const struct document_facts *doc)
{
	struct exposed_kind *k;

	if (strcmp(doc->state, "erased") == 0) {
		x->erased_documents++;
		return;
	}
	k = kind_of(x, doc->kind);
	x->documents++;
	x->versions += doc->versions;
	k->documents++;
	k->versions += doc->versions;
}

int
exposure_kind_is_sensitive(const struct policy_kind *k)
{
	size_t i;

	for (i = 0; i < k->nfields; i++)
		if (k->fields[i].label != LABEL_ORDINARY)
			return 1;
	return 0;
}

static json_t *
kind_json(const struct policy *p, const struct exposed_kind *k,
    uint64_t *sensitive, uint64_t *social)
{
	const struct policy_kind *rule = policy_kind(p, k->name);
	int is_sensitive = rule != NULL && exposure_kind_is_sensitive(rule);
	int is_social = rule == NULL || rule->is_social;

	*sensitive += is_sensitive ? k->documents : 0;
	*social += is_social ? k->documents : 0;
	return json_pack("{s:s, s:s, s:I, s:I, s:b, s:b}", "kind", k->name,
	    "title", rule != NULL ? rule->title : k->name, "documents",
	    (json_int_t)k->documents, "versions", (json_int_t)k->versions,
	    "sensitive", is_sensitive, "social", is_social);
}

json_t *
exposure_json(const struct policy *p, const struct exposure *x)
{
	uint64_t sensitive = 0, social = 0;
	json_t *kinds = json_array();
	size_t i;

	for (i = 0; kinds != NULL && i < x->nkinds; i++)
		if (json_array_append_new(kinds,
			kind_json(p, &x->kinds[i], &sensitive, &social)) < 0) {
			json_decref(kinds);
			return NULL;
		}
	return json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I,"
			 " s:o}",
	    "cases", (json_int_t)x->cases, "erased_cases",
	    (json_int_t)x->erased_cases, "persons", (json_int_t)x->persons,
	    "confidential", (json_int_t)x->confidential, "confidential_cases",
	    (json_int_t)x->confidential_cases, "documents",
	    (json_int_t)x->documents, "erased_documents",
	    (json_int_t)x->erased_documents, "versions",
	    (json_int_t)x->versions, "sensitive", (json_int_t)sensitive,
	    "social", (json_int_t)social, "kinds", kinds);
}
