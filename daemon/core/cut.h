/*
 * Cutting: from records, a rule and a verdict for each of its fields, what
 * goes and what stays behind. Pure: no catalog, no key, no clock.
 *
 * Nothing enters that the rule does not name: fields are added one by one,
 * never taken away from a whole. What lies under a group or a list that the
 * rule gives whole must be declared, of the declared type, ordinary, and
 * behind no block; anything else is left out.
 */
#ifndef DAEMON_CORE_CUT_H
#define DAEMON_CORE_CUT_H

#include <jansson.h>

#include "base/err.h"
#include "policy/policy.h"

#define CUT_PATH_MAX 256 /* bytes of a path */

enum cut_why {
	CUT_GIVEN,
	CUT_NO_RECORD,
	CUT_EMPTY,
	CUT_NOT_IN_RULE,
	CUT_SENSITIVE,
	CUT_NEVER,
	CUT_BLOCKED,	   /* by a block, this field */
	CUT_STOPPED,	   /* by a block, the whole record */
	CUT_NOT_ALL_AGREE, /* shared, and an adult's consent is missing */
	CUT_THEY_DISAGREE, /* of somebody whose consent is missing */
	CUT_ADDRESS,	   /* somebody's confidential address */
	CUT_WHOLE	   /* a record is not attached whole */
};
/* "not in the rule": English, for the API's "why"; never NULL. */
const char *cut_words(enum cut_why why);

/* A record, opened, of a kind that the rule names. */
struct cut_source {
	const struct policy_kind *kind;
	const json_t *record;	/* NULL: there is none */
	const json_t *document; /* its id as JSON; or NULL */
	uint32_t version;
};

/* What was found about a field of the rule before any record was opened. */
struct cut_verdict {
	enum cut_why why; /* CUT_GIVEN: it may go */
	const struct policy_block *block;
};

struct cutting {
	const struct disclosure_rule *rule;
	const struct cut_verdict *verdicts; /* rule->nfields of them */
	const struct cut_source *sources;
	size_t nsources;
	/* Those that are on for this recipient. */
	const struct policy_block *const *blocks;
	size_t nblocks;
	/* Somebody must not be found: no address goes. */
	int hides_addresses;
};

/*
 * *fields: [{label, title, value, kind, path, document, version}] in the
 * rule's order; *withheld: [{kind, path, why}], with "label" where the rule
 * names it, "block", "citation" where a block holds it. The caller's. A
 * field whose record is not there is told once, with path "".
 */
int cut(const struct cutting *c, json_t **fields, json_t **withheld,
    struct err *e) NODISCARD;

/* The block that stops the whole of this record, or NULL. */
const struct policy_block *cut_stops(const struct cutting *c,
    const struct policy_kind *kind, const json_t *record);
/* The value at path ("a.b") of a record, or NULL. Borrowed. */
const json_t *cut_value(const json_t *record, const char *path);
/* Does this path say where somebody lives? By the words that kinds have for
 * it: adresse, code-postal, commune. */
int cut_is_address(const char *path);
/* Does path a lie at b or under it ("x.y" under "x")? */
int cut_is_under(const char *a, const char *b);

#endif
