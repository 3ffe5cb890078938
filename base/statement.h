/*
 * Step-up statements: what a person signs to do one act, at that moment.
 * The client writes them, the daemon reads them.
 *
 *   sceau-step-up/1
 *   vault ID
 *   operation NAME       (of the rules: "break-glass")
 *   object ID            (of the case, or its spoken reference as the client
 *                         was given it; "-" when there is none)
 *   purpose NAME         ("-" when none is named)
 *   log-size N           (of a checkpoint of this run of the daemon)
 *   nonce HEX            (16 bytes)
 *   expires RFC3339
 *
 * Each line ends with a newline; there are no others. It is signed as SSHSIG
 * in the namespace sceau-step-up by a key of the caller's own. The header
 * Sceau-Step-Up holds base64 of the text, a dot, base64 of the armored
 * signature.
 */
#ifndef BASE_STATEMENT_H
#define BASE_STATEMENT_H

#include "base/buf.h"
#include "base/id.h"

#define STEP_UP_NAMESPACE "sceau-step-up"
#define STEP_UP_HEADER "Sceau-Step-Up"
#define STEP_UP_HEADER_MAX 8192 /* bytes of the header's value */
#define STATEMENT_NAME_MAX 64	/* bytes of an operation or a purpose */
#define STATEMENT_NONCE_LEN 16
/* No vault takes one that holds longer, whatever its rules say. */
#define STATEMENT_SECONDS_MAX 600

struct statement {
	struct id vault;
	char operation[STATEMENT_NAME_MAX + 1];
	char object[ID_TEXT]; /* "-": none */
	char purpose[STATEMENT_NAME_MAX + 1];
	uint64_t log_size;
	uint8_t nonce[STATEMENT_NONCE_LEN];
	int64_t expires_ms; /* whole seconds */
};

int statement_format(const struct statement *s, struct buf *out, struct err *e)
    NODISCARD;
/* ERR_INVALID names the line. */
int statement_parse(
    const void *p, size_t n, struct statement *out, struct err *e) NODISCARD;

/* The header's value and its two parts; the signature is not looked at.
 * ERR_INVALID, ERR_TOO_LARGE. */
int statement_pack(const struct buf *text, const struct buf *armored,
    struct buf *out, struct err *e) NODISCARD;
int statement_unpack(const char *header, struct buf *text, struct buf *armored,
    struct err *e) NODISCARD;

#endif
