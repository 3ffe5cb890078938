/* A file looked at outside the vault, by sceau-inspect and its sandbox. */
#ifndef CLIENT_OUTSIDE_H
#define CLIENT_OUTSIDE_H

#include <jansson.h>

#include "base/err.h"

struct outside {
	const char *file;
	const char *signature, *anchors, *at; /* NULL: none, none, now */
};
/* Its report (daemon/inspect/check.h), the caller's. "check-failed", with the
 * exit status as code; what it said stands on standard error. */
int outside_check(const struct outside *o, json_t **out, struct err *e)
    NODISCARD;
/* The same of a signature in memory over a content in memory: through a
 * folder of their own that is gone when it returns. */
int outside_check_bytes(const void *content, size_t n, const void *signature,
    size_t ns, const char *anchors, const char *at, json_t **out, struct err *e)
    NODISCARD;

#endif
