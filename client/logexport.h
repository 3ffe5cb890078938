/*
 * The whole log, and the signed months of the bilan, fetched from the vault
 * as files that anyone can check (logfolder.h), and checked so.
 */
#ifndef CLIENT_LOGEXPORT_H
#define CLIENT_LOGEXPORT_H

#include "client/cli.h"
#include "client/folder.h"
#include "client/logfolder.h"

struct log_exported {
	struct note_key key; /* the one it was checked with */
	struct logfolder_report report;
	int bilans_denied; /* this account does not get the signed months */
};
/*
 * Into folder, under a prefix that is "" or ends in a slash. key: the log's
 * verifier key; NULL: the vault's own word for it. Errors of logfolder_check;
 * ERR_BUSY tag "log-growing".
 */
int log_export(struct cli *c, const struct folder *folder, const char *under,
    const char *key, struct log_exported *out, struct err *e) NODISCARD;

#endif
