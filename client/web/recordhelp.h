/*
 * Beside a record's form: what can be computed from what is filled (with the
 * periods of the rules), and the record as a paper to sign.
 */
#ifndef CLIENT_WEB_RECORDHELP_H
#define CLIENT_WEB_RECORDHELP_H

#include <jansson.h>

#include "client/web/html.h"
#include "policy/policy.h"

/* A section of what can be computed; nothing when nothing can. kase: as the
 * vault shows it, for its hearing; or NULL. */
void recordhelp_html(struct html *h, const struct policy *p,
    const struct policy_kind *k, const json_t *record, const json_t *kase);
/*
 * The sums into the record, where the kind has fields for them: totals that
 * were left empty, and what is left to live on: income less charges, by month,
 * and by person and day (twelve months to 365 days). Nothing is rounded up.
 */
int recordhelp_fill(const struct policy_kind *k, json_t *record, struct err *e)
    NODISCARD;
/* What is filled, by its headings, as people read it; without all, what the
 * rules never give anybody (the narrative) stays out: it is not what people
 * sign. */
void recordhelp_print(
    struct html *h, const struct policy_kind *k, const json_t *record, int all);
/* The value at a path of groups ("dette.montant"), borrowed; NULL. */
json_t *recordhelp_at(const json_t *record, const char *path);

#endif
