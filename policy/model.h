/*
 * Model: what a loaded policy holds. Private to policy/.
 */
#ifndef POLICY_MODEL_H
#define POLICY_MODEL_H

#include "base/crypto.h"
#include "policy/arena.h"
#include "policy/names.h"
#include "policy/policy.h"

struct named { /* a role, a purpose */
	const char *name, *title;
	struct policy_window when;
};

struct access_rule {
	const char *name, *title, *source;
	const char *const *roles, *const *kinds, *const *purposes;
	const char *default_purpose; /* one of purposes, or NULL */
	struct opset ops;
	unsigned states; /* bit of each enum case_state */
	enum scope scope;
	int break_glass; /* counts only where the glass is broken */
	int step_up;	 /* and only with a signed statement */
	struct policy_window when;
};

struct figure {
	const char *name;
	int64_t value;
	int unit; /* names_units */
	struct policy_window when;
};

struct person_key {
	const uint8_t *blob;
	size_t len;
	size_t person; /* whose: position in people */
};

struct policy {
	struct arena arena;
	uint32_t version;
	uint8_t sha256[SHA256_LEN], people_sha256[SHA256_LEN];

	const struct policy_file *files; /* by name */
	size_t nfiles;
	struct named *roles, *purposes;
	struct policy_kind *kinds;
	struct policy_retention *retentions;
	struct access_rule *access;
	struct policy_recipient *recipients;
	struct policy_consent *consents;
	struct disclosure_rule *disclosures;
	struct policy_event *events;
	struct policy_block *blocks;
	struct policy_approval *approvals;
	struct figure *figures;
	struct policy_moment *moments;
	struct policy_deadline *deadlines;
	struct policy_ground *grounds;
	struct policy_letter *letters;
	struct policy_subject *subjects;
	struct policy_intake *intakes;
	struct policy_operator *operator_; /* NULL: not said */
	struct policy_processing *processings;
	struct policy_indicator *indicators;
	struct policy_trust *trusts;
	struct policy_signing *signings;
	struct policy_loan *loans;
	struct principal *people;
	struct person_key *keys;
	size_t nroles, npurposes, nkinds, nretentions, naccess, nrecipients,
	    nconsents, ndisclosures, nevents, nblocks, napprovals, nfigures,
	    nmoments, ndeadlines, ngrounds, nletters, nsubjects, nintakes,
	    nprocessings, nindicators, ntrusts, nsignings, nloans, npeople,
	    nkeys;
};

const struct named *model_role(const struct policy *p, const char *name);
const struct named *model_purpose(const struct policy *p, const char *name);
/*
 * The loan that gives this account a role on this day, the first; NULL:
 * none. A loan of who is suspended is none.
 */
const struct policy_loan *model_loan(
    const struct policy *p, const char *account, const char *role, int32_t day);
/* Is s one of the list, which ends with NULL? */
int model_has(const char *const *list, const char *s);
/* Is path that field, or under it? */
int model_is_at_or_under(const char *path, const char *top);

#endif
