/*
 * A form that was filled away from the vault and sealed to its key
 * (FILE.sceau): sent as it is, and entered by the vault as a visit. The same
 * file again gives the first answer.
 */
#ifndef CLIENT_FORMFILE_H
#define CLIENT_FORMFILE_H

#include "client/upload.h"

/* Is this the name of one? */
int formfile_is(const char *path);
/* Send, enter, and print what the vault keeps. options: those of the command,
 * of which none may be given (ERR_USAGE): what a sealed form says is not
 * changed here. */
int formfile_run(struct cli *c, const char *kase, const char *path,
    const char *const *options, struct err *e) NODISCARD;
/* The same of a file that is open: sent and entered; a visit's answer. */
int formfile_enter(struct cli *c, const char *kase, struct source *s,
    json_t **answer, struct err *e) NODISCARD;
/* What a visit became, in words. */
void formfile_print_visit(const json_t *answer);

#endif
