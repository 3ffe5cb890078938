#include "client/partner.h"

#include <string.h>

#define WORD "abcdefghijklmnopqrstuvwxyz0123456789-"

static const struct {
	const char *word;
	enum partner_verb verb;
	int takes_id;
} verbs[] = {
	{ "list", PARTNER_LIST, 0 },
	{ "pull", PARTNER_PULL, 1 },
	{ "ack", PARTNER_ACK, 1 },
	{ "notices", PARTNER_NOTICES, 0 },
	{ "submit", PARTNER_SUBMIT, 0 },
};

int
partner_parse(const char *line, struct partner_command *out, struct err *e)
{
	struct partner_command got = { 0 };
	size_t n, m, i;

	if (line == NULL || *line == '\0' ||
	    strnlen(line, PARTNER_LINE_MAX) == PARTNER_LINE_MAX)
		return err_tag(e, ERR_USAGE, "partner-command",
		    "list | pull ID | ack ID | notices | submit");
	n = strspn(line, WORD);
	m = line[n] == ' ' ? strspn(line + n + 1, WORD) : 0;
	/* No word begins like an option. */
	if (line[n] == ' '
		? m == 0 || line[n + 1] == '-' || line[n + 1 + m] != '\0'
		: line[n] != '\0')
		return err_tag(e, ERR_USAGE, "partner-command",
		    "list | pull ID | ack ID | notices | submit");
	for (i = 0; i < NELEMS(verbs); i++)
		if (strlen(verbs[i].word) == n &&
		    memcmp(verbs[i].word, line, n) == 0)
			break;
	if (i == NELEMS(verbs) || verbs[i].takes_id != (m > 0))
		return err_tag(e, ERR_USAGE, "partner-command",
		    "list | pull ID | ack ID | notices | submit");
	got.verb = verbs[i].verb;
	if (m > 0)
		memcpy(got.id, line + n + 1, m);
	*out = got;
	return 0;
}
