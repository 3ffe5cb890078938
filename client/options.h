/*
 * Options of a command line, parsed by the command's own list: long ones
 * only ("--output F", "--output=F"), in any place; "-o F" is --output; "--"
 * ends them. What is left are the arguments. An entry "name!" takes no value,
 * "name?" only after "=".
 */
#ifndef CLIENT_OPTIONS_H
#define CLIENT_OPTIONS_H

#include "client/cli.h"

/*
 * Parse argv against cmd's options and the global ones (which fill c).
 * args gets the arguments; *nargs their number. ERR_USAGE.
 */
int options_parse(struct cli *c, const struct cmd *cmd, int argc, char **argv,
    char **args, int *nargs, struct err *e) NODISCARD;

#endif
