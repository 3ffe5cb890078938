/*
 * The other programs of the same installation, and its rules: beside this
 * program, then where a build has them, then where a path says.
 */
#ifndef CLIENT_SIBLING_H
#define CLIENT_SIBLING_H

#include "base/err.h"

/* The path of program ("sceau-keys"), which a build makes in its folder
 * room ("keys"). The caller frees. ERR_NOT_FOUND. */
int sibling_program(
    const char *program, const char *room, char **out, struct err *e) NODISCARD;
/* The folder of the rules that came with this program. The caller frees.
 * ERR_NOT_FOUND. */
int sibling_rules(char **out, struct err *e) NODISCARD;
/*
 * Run path with args (argv, NULL at the end) and one descriptor of ours,
 * which it sees as number 3; its standard input is empty, its standard
 * output goes to standard error. *status: its exit status, 128 and more for
 * a signal.
 */
int sibling_run(const char *path, char *const args[], int fd, int *status,
    struct err *e) NODISCARD;

#endif
