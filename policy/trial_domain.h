/*
 * The domain: what the two halves of a trial's situations share. Private to
 * policy/trial_*.c.
 */
#ifndef POLICY_TRIAL_DOMAIN_H
#define POLICY_TRIAL_DOMAIN_H

#include "policy/trial_model.h"

#define DOMAIN_DAYS_MAX 64
#define DOMAIN_DECISIONS_MAX UINT64_C(50000000)

struct domain {
	struct trial *t;
	int32_t days[DOMAIN_DAYS_MAX]; /* in order, each once */
	size_t ndays;
	struct err *e;
};

/* The two halves. */
int domain_disclosures(struct domain *d) NODISCARD;
int domain_accesses(struct domain *d) NODISCARD;

int domain_too_many(struct domain *d, const char *what, const char *of)
    NODISCARD;
/* One decision more. ERR_TOO_LARGE. */
int domain_decided(struct domain *d) NODISCARD;

/* The days on which something about this window changes. */
int domain_add_window(struct domain *d, const struct policy_window *w)
    NODISCARD;
int domain_add_never_days(struct domain *d, int is_access) NODISCARD;
/* And a day before all of them, when the world was as it had been. */
int domain_end_days(struct domain *d) NODISCARD;

/* Is s in the list, or the list empty? */
int domain_is_any_of(const char *const *list, const char *s);
/* A situation in the words of a test. */
int domain_describe_disclosure(
    struct buf *out, const struct disclosure_facts *f, struct err *e) NODISCARD;
int domain_describe_access(
    struct buf *out, const struct trial_access *x, struct err *e) NODISCARD;
/* A situation in which the never does not hold: kept to be told. */
int domain_break(struct domain *d, struct trial_never *x, struct buf *facts,
    const char *got, const char *rule, const char *why) NODISCARD;

#endif
