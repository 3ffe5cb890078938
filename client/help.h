/* Help: usage lines, the list of commands, one command's page. */
#ifndef CLIENT_HELP_H
#define CLIENT_HELP_H

#include "client/cli.h"

void help_usage(FILE *f, const struct cmd *cmd);
void help_command(const struct cmd *cmd);
/* No command was found: --help, --version, or an error. Exit status. */
int help_main(int argc, char **argv, int at);

#endif
