/*
 * From a uid to its account's name, as the machine knows it now; kept for
 * ten seconds so that a request does not read the account files each time.
 */
#ifndef DAEMON_API_ACCOUNTS_H
#define DAEMON_API_ACCOUNTS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ACCOUNTS_KEPT_MS 10000

struct accounts;
struct err;
int accounts_new(struct accounts **out, struct err *e);
void accounts_freep(struct accounts **a);
/* "" when the uid has no account. */
void accounts_name(
    struct accounts *a, uid_t uid, int64_t now_ms, char *out, size_t size);

#endif
