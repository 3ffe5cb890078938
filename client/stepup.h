/*
 * Step-up: --step-up KEY on a command. A statement for this very act is
 * signed with ssh-keygen and sent with the request (base/statement.h).
 */
#ifndef CLIENT_STEPUP_H
#define CLIENT_STEPUP_H

#include "base/statement.h"
#include "client/cli.h"

#define STEPUP_OPTION "step-up" /* for a command's list of options */
#define STEPUP_SECONDS 240	/* a statement holds */

/*
 * When --step-up was given, ask the vault for its id and log size, sign, and
 * have the next requests of c carry the header; else nothing. operation: a
 * word of the rules. object: a case's id, spoken reference or beginning;
 * NULL: none. The purpose is that of the command line. Call it right before
 * the act. ERR_REFUSED "not-signed".
 */
int stepup_sign(struct cli *c, const char *operation, const char *object,
    struct err *e) NODISCARD;

/*
 * A statement of this act, not signed yet, that holds for so many seconds:
 * what stepup_sign signs, for who signs elsewhere. The next requests of c do
 * not carry it. ERR_UNAVAILABLE "answer".
 */
int stepup_statement(struct cli *c, const char *operation, const char *object,
    int seconds, struct statement *out, struct err *e) NODISCARD;

/* The object as the statement names it: the id, or the reference in its one
 * form. 0 when text is neither. */
int stepup_object(const char *text, char out[ID_TEXT]);

#endif
