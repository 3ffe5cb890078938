/*
 * The codes of the rules' fields as people read them. The rules say which
 * codes there are; a code that is not known here is shown as it is.
 */
#ifndef CLIENT_FORMCODE_H
#define CLIENT_FORMCODE_H

#include "policy/policy.h"

/* In the reader's language. */
const char *formcode_words(const char *code);
/* Of one field: the words that the rules have for it, or these. */
const char *formcode_of(const struct policy_field *f, const char *code);

#endif
