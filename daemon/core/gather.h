/*
 * Gathering: what an extract holds under one disclosure rule. Field by
 * field from the newest records of a case: nothing that the rule does not
 * name ever enters, and what stays behind is listed with its reason.
 */
#ifndef DAEMON_CORE_GATHER_H
#define DAEMON_CORE_GATHER_H

#include "daemon/core/core.h"

#define GATHER_SOURCES_MAX 48 /* documents one extract is made from */

struct gather_source {
	struct id document;
	uint32_t version;
};

struct gathered {
	json_t *fields;	     /* [{label, value, kind, path, document,
				version}] in the rule's order */
	json_t *withheld;    /* [{kind, path, why}] */
	json_t *attachments; /* [{document, version, kind, pages, size}] */
	struct gather_source sources[GATHER_SOURCES_MAX];
	size_t nsources;
};

/*
 * Open what the rule needs, under the leaf already durable. A record that
 * is not there gives no field, and a line in withheld ("no such record").
 */
int gather(struct core *core, const struct id *kase,
    const struct disclosure_rule *rule, uint64_t leaf, struct gathered *out,
    struct err *e) NODISCARD;
void gathered_done(struct gathered *g);

/* The value at path ("a.b") of a record, or NULL. Borrowed. */
const json_t *gather_value(const json_t *record, const char *path);

#endif
