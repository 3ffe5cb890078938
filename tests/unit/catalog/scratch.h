/* A scratch folder for a test, removed with all that is in it. */
#ifndef TESTS_UNIT_CATALOG_SCRATCH_H
#define TESTS_UNIT_CATALOG_SCRATCH_H

#include <stddef.h>

struct scratch {
	char dir[64];
	char path[80]; /* a catalog in it */
};

void scratch_init(struct scratch *s);
void scratch_done(struct scratch *s);
/* Is needle in any file of the folder? */
int scratch_holds(const struct scratch *s, const char *needle);

#endif
