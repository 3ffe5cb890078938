/* The rules as a page for everybody: sceau policy show --public. */
#ifndef CLIENT_CMD_POLICY_PUBLIC_H
#define CLIENT_CMD_POLICY_PUBLIC_H

#include "client/cli.h"
#include "policy/policy.h"

int policy_public_page(const struct policy *p, struct buf *out, struct err *e)
    NODISCARD;
/* Of a folder, or (NULL) of the vault, to --output or standard output. */
int policy_show_public(struct cli *c, const char *dir, struct err *e) NODISCARD;

#endif
