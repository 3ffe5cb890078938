/*
 * The partner's door: what may stand in SSH_ORIGINAL_COMMAND. At most two
 * words of a-z, 0-9 and "-", one space between them; nothing is expanded,
 * nothing is forgiven.
 */
#ifndef CLIENT_PARTNER_H
#define CLIENT_PARTNER_H

#include "base/err.h"
#include "base/id.h"

#define PARTNER_LINE_MAX 64 /* bytes of a command */

enum partner_verb {
	PARTNER_LIST,
	PARTNER_PULL,
	PARTNER_ACK,
	PARTNER_NOTICES,
	PARTNER_SUBMIT,
};

struct partner_command {
	enum partner_verb verb;
	char id[PARTNER_LINE_MAX]; /* of pull and ack; else "" */
};

/* line may be NULL: none was given. ERR_USAGE. */
int partner_parse(const char *line, struct partner_command *out, struct err *e)
    NODISCARD;

#endif
