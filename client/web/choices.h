/* What the rules let people choose from, for a <select>: [{v, t}], value and
 * title. The caller's reference; never NULL but for memory. */
#ifndef CLIENT_WEB_CHOICES_H
#define CLIENT_WEB_CHOICES_H

#include <jansson.h>

#include "policy/policy.h"

/* Kinds that people file; records: only those that are fields. */
json_t *choices_kinds(const struct policy *p, int records);
/* Levels of signature that some kind accepts. */
json_t *choices_levels(const struct policy *p);
/* The codes of a field of a kind: {v, t}. */
json_t *choices_codes(
    const struct policy *p, const char *kind, const char *path);

#endif
