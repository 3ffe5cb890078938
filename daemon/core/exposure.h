/*
 * How much a breach is about: cases, persons, documents by kind, and whether
 * kinds hold sensitive fields. Numbers only: no name, no id, no content.
 */
#ifndef DAEMON_CORE_EXPOSURE_H
#define DAEMON_CORE_EXPOSURE_H

#include "daemon/core/core.h"

#define EXPOSURE_KINDS_MAX 128 /* others are told together */

struct exposure {
	uint64_t cases, erased_cases;
	uint64_t persons, confidential; /* whose address must not be found */
	uint64_t confidential_cases;
	uint64_t documents, erased_documents, versions;
	struct exposed_kind {
		char name[64];
		uint64_t documents, versions;
	} kinds[EXPOSURE_KINDS_MAX];
	size_t nkinds;
};

/* A case and its persons, whoever they are; an erased one has none left. */
int exposure_add_case(struct exposure *x, struct tx *tx,
    const struct case_facts *kase, struct err *e) NODISCARD;
/* One document, with so many versions; erased: its kind alone is known. */
void exposure_add_document(
    struct exposure *x, const struct document_facts *doc);
/*
 * {cases, erased_cases, persons, confidential, confidential_cases, documents,
 * erased_documents, versions, sensitive, social, kinds: [{kind, title,
 * documents, versions, sensitive, social}]}; sensitive, social: documents of
 * such kinds. NULL: no memory.
 */
json_t *exposure_json(const struct policy *p, const struct exposure *x);
/* Does a kind have a field that is sensitive, or must never go out? */
int exposure_kind_is_sensitive(const struct policy_kind *k);

#endif
