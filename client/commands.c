/* The table of commands, in the order of the help. */
#include "client/commands.h"

const struct cmd *const commands[] = {
	NULL,
};
