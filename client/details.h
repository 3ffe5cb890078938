/*
 * What the vault adds to a refusal, in English for its log, in the reader's
 * language: known phrases are put in its words, all else (names of fields,
 * codes, numbers) stays as it is.
 */
#ifndef CLIENT_DETAILS_H
#define CLIENT_DETAILS_H

#include "base/buf.h"
#include "base/err.h"

/* detail, in the reader's words, at the end of out. ERR_INTERNAL. */
int details_add(struct buf *out, const char *detail, struct err *e) NODISCARD;

#endif
