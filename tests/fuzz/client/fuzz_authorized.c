/*
 * An authorized_keys file of somebody else's making, against the one line
 * that the rules want: it is found equal only when that very line, options
 * and key, stands in it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "client/authorized_keys.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

#define LINE                                                                   \
	"restrict,command=\"/usr/bin/sceau partner --socket /run/s\" "         \
	"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHSIku2Rivbe3HaSRvOm3vS69rhvH0E"  \
	"/MUyb7D32Wnm7"

static int
count(void *arg, enum authorized_drift what, const char *line, const char *key)
{
	int *n = arg;

	(void)what;
	(void)line;
	(void)key;
	++*n;
	return 0;
}

/* Does the text hold the line, at the beginning of one of its own? */
static int
holds_it(const struct buf *b)
{
	size_t len = strlen(LINE), i;

	for (i = 0; b->len >= len && i <= b->len - len; i++)
		if (memcmp(b->p + i, LINE, len) == 0)
			return 1;
	return 0;
}

int
LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	AUTO(buf_done) struct buf file = { 0 }, wanted = { 0 };
	struct err e = { 0 };
	int drift = 0;

	if (buf_add(&file, p, n, &e) < 0 ||
	    buf_addstr(&wanted, LINE " somebody\n", &e) < 0)
		return 0;
	if (authorized_compare(&file, &wanted, count, &drift, &e) == 0 &&
	    drift == 0 && !holds_it(&file))
		abort();
	return 0;
}
