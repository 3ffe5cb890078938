/*
 * Names: the words the rules may use that the vault itself gives meaning to,
 * each list in one table, and the form of all other names.
 */
#ifndef POLICY_NAMES_H
#define POLICY_NAMES_H

#include <stdint.h>

#include "policy/policy.h"

/* The position of s in the table, or -1. Tables end with NULL. */
int names_find(const char *const *table, const char *s);

extern const char *const names_types[];	     /* enum field_type */
extern const char *const names_labels[];     /* enum field_label */
extern const char *const names_states[];     /* enum case_state */
extern const char *const names_scopes[];     /* enum scope */
extern const char *const names_stages[];     /* "amont", "aval" */
extern const char *const names_levels[];     /* of signatures, DOMAIN.md 8 */
extern const char *const names_provenance[]; /* enum provenance */
extern const char *const names_channels[];
extern const char *const names_moments[]; /* the vault's own acts */
extern const char *const names_status[];  /* enum policy_status */
extern const char *const names_approvals[];
extern const char *const names_archives[]; /* enum policy_archives */
/* What is counted: indicator "met". Who counts has its word here. */
extern const char *const names_indicators[];
extern const char *const names_units[];
extern const char *const names_ground_uses[]; /* enum policy_ground_use */
extern const char *const names_persons[];     /* adults of a case, by role */
/* What stands between the columns of a list; what a column says. */
extern const char *const names_separators[];
extern const char *const names_intake_targets[]; /* enum of that name */
extern const char *const names_signers[];	 /* who may sign a document */
extern const char *const names_diagnosis[];	 /* enum policy_diagnosis */

/* A set of operations. */
#define OPSET_WORDS ((OP_COUNT + 63) / 64)
struct opset {
	uint64_t w[OPSET_WORDS];
};
int opset_has(const struct opset *s, enum policy_op op);
void opset_add(struct opset *s, enum policy_op op);
int opset_is_empty(const struct opset *s);
/* Is each of s in whole? */
int opset_within(const struct opset *s, const struct opset *whole);

enum case_state {
	STATE_OPEN,
	STATE_CLOSED,
	STATE_RESTRICTED,
	STATE_ERASED,
	STATE_ARCHIVED,
	STATE_COUNT
};

/* Which cases a rule is about, from none to all. */
enum scope {
	SCOPE_NONE,	    /* the vault itself: no case at all */
	SCOPE_OWN_CASE,	    /* opened by the caller or assigned to them */
	SCOPE_OWN_TEAM,	    /* and lists within it */
	SCOPE_ORGANISATION, /* of the same employer */
	SCOPE_ANY
};

/* What an operation needs to be told before it can be decided. */
struct op_traits {
	const char *name;
	unsigned on_case : 1;	/* never without a case */
	unsigned on_kind : 1;	/* the kind of the document counts */
	unsigned with_kind : 1; /* never without a kind */
	unsigned reads : 1; /* content: a rule says whether only behind glass */
	unsigned weighty : 1; /* a rule says whether it takes a step-up */
};
const struct op_traits *names_op(enum policy_op op);

/* Lower-case letters, digits and - . : inside; 1 to POLICY_NAME_MAX. */
int names_is_name(const char *s);
/* Parts of lower-case letters, digits and -, joined by dots. */
int names_is_path(const char *s);
/* A Unix account, as useradd makes them. */
int names_is_account(const char *s);
/* s where it is a name, else words that can be shown. */
const char *names_shown(const char *s);

#endif
