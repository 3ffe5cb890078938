/*
 * Approvals at a terminal: the page is shown as it came, a person says yes,
 * and ssh-keygen signs it; or a signature made elsewhere is handed in. For
 * every command that signs a page of the vault's.
 */
#ifndef CLIENT_APPROVE_H
#define CLIENT_APPROVE_H

#include "client/cli.h"

/* Is j[member] the page whose SHA-256 is j.sha256? What is signed is what is
 * shown. ERR_INTEGRITY tag "plan-other". */
int approve_check(const json_t *j, const char *member, struct err *e) NODISCARD;
/*
 * The signature of --signature FILE, or one made by --key KEY after the
 * question was answered with yes (unless --yes, or no terminal): page is
 * fetched only then, by get. ERR_USAGE when neither or both are given;
 * ERR_REFUSED tag "not-signed".
 */
int approve_signature(const struct cli *c, const char *question,
    int (*get)(void *arg, struct buf *page, struct err *e), void *arg,
    struct buf *signature, struct err *e) NODISCARD;
/* A table of approvals, whose account is j[].name or j[].by. */
int approve_print(const json_t *approvals, struct err *e) NODISCARD;

#endif
