/*
 * Who signed a document and how, said at its filing: --signer ROLE=LEVEL or
 * ROLE=LEVEL:NUMBER, the number of the file's signature.
 */
#ifndef CLIENT_SIGNERS_H
#define CLIENT_SIGNERS_H

#include <jansson.h>

#include "base/buf.h"
#include "client/cli.h"

/* One line for each, for the key of idempotency. */
int signers_lines(const struct cli *c, struct buf *out, struct err *e)
    NODISCARD;
/* body["signers"]; nothing without the option. ERR_USAGE. */
int signers_member(const struct cli *c, json_t *body, struct err *e) NODISCARD;
/* Signers and proof file, of a document as the vault answers it. */
void signers_print(const json_t *document);

#endif
