/* What was filed, told to the person who filed it. */
#ifndef CLIENT_FILED_H
#define CLIENT_FILED_H

#include <jansson.h>

#include "client/cli.h"

/*
 * The answer of a filing: its receipt goes to the file of --output, or to
 * standard output, alone there so that it can be redirected; the summary is
 * for the person. With --json, the answer as it is.
 */
int filed_give(const struct cli *c, const json_t *j, struct err *e) NODISCARD;

#endif
