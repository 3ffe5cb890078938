/* The vault's clock on a terminal: sceau status and sceau clock. */
#ifndef CLIENT_CLOCK_H
#define CLIENT_CLOCK_H

#include <stdio.h>

#include "client/cli.h"

/* Both times, and what is wrong with the clock since when, of an object with
 * those members. */
void clock_print(FILE *f, const json_t *j);

#endif
