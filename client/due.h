/* What waits, in words: a line of GET /v1/due. */
#ifndef CLIENT_DUE_H
#define CLIENT_DUE_H

#include <jansson.h>

/* Its title, with what it is of: the device of a step, the kind of a draft,
 * whose list, the month of a bilan. */
#define DUE_WORDS 160
const char *due_about(const json_t *line, char out[DUE_WORDS]);

#endif
