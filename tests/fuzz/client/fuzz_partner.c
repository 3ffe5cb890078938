/*
 * The partner's command line, as it comes in SSH_ORIGINAL_COMMAND: what is
 * accepted is exactly a verb, and an id where it takes one, made of a-z, 0-9
 * and "-", one space between; written again from what was understood, it is
 * the same line. What is refused leaves nothing behind.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/scope.h"
#include "client/partner.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define WORD "abcdefghijklmnopqrstuvwxyz0123456789-"

static const char *const words[] = {
	[PARTNER_LIST] = "list",
	[PARTNER_PULL] = "pull",
	[PARTNER_ACK] = "ack",
	[PARTNER_NOTICES] = "notices",
	[PARTNER_SUBMIT] = "submit",
};

static void
check_accepted(const char *line, const struct partner_command *c)
{
	char again[2 * PARTNER_LINE_MAX + 2];
	int with_id = c->verb == PARTNER_PULL || c->verb == PARTNER_ACK;

	if ((size_t)c->verb >= NELEMS(words) || with_id != (c->id[0] != '\0') ||
	    c->id[0] == '-' || strspn(c->id, WORD) != strlen(c->id))
		abort();
	snprintf(again, sizeof(again), "%s%s%s", words[c->verb],
	    with_id ? " " : "", c->id);
	if (strcmp(again, line) != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(mem_freep) char *line = malloc(n + 1);
	struct partner_command c, before;
	struct err e = { 0 };

	if (line == NULL)
		return 0;
	/* An environment's value ends at its first NUL. */
	memcpy(line, p, n);
	line[n] = '\0';
	memset(&c, 0x5a, sizeof(c));
	before = c;
	if (partner_parse(line, &c, &e) == 0)
		check_accepted(line, &c);
	else if (e.code != ERR_USAGE || e.tag == NULL ||
		 memcmp(&before, &c, sizeof(c)) != 0)
		abort();
	return 0;
}
