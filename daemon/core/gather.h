/*
 * Gathering: what an extract holds under one decision. The newest record of
 * each kind that the rule names is opened, and cut (cut.h); what stays behind
 * is listed with its reason, and who is missing, for the caseworker alone.
 */
#ifndef DAEMON_CORE_GATHER_H
#define DAEMON_CORE_GATHER_H

#include "daemon/core/disclosing.h"

#define GATHER_SOURCES_MAX 48 /* documents one extract is made from */

struct gather_source {
	struct id document;
	uint32_t version;
};

struct gathered {
	json_t *fields; /* [{label, title, value, kind, path, document,
			   version}] in the rule's order */
	/* [{kind, path, why}], with "label", "block", "citation", and
	 * "missing": [{person, role, name}] where adults have to agree. */
	json_t *withheld;
	json_t *attachments; /* [{document, version, kind, pages, size}] */
	struct gather_source sources[GATHER_SOURCES_MAX];
	size_t nsources;
};

/* Open what the decision needs, under the leaf already durable. */
int gather(const struct disclosing *x, uint64_t leaf, struct gathered *out,
    struct err *e) NODISCARD;
void gathered_done(struct gathered *g);
/* Nothing at all would go. */
int gathered_is_empty(const struct gathered *g);
/* [{document, version}], for leaves and payloads. */
json_t *gathered_sources(const struct gathered *g);
json_t *gathered_labels(const struct gathered *g);

/* [{person, role, name}]: adults whose consent the rule of this decision
 * needs, and does not have. Opens their names, under leaf. */
int gather_missing(const struct disclosing *x, uint64_t leaf, json_t **out,
    struct err *e) NODISCARD;

#endif
