/*
 * A set of rules for the commands that look at one: a folder's, or those in
 * force in the vault. What is wrong with them is told here, file and line.
 */
#ifndef CLIENT_RULESET_H
#define CLIENT_RULESET_H

#include "client/cli.h"
#include "policy/policy.h"

/* The folder named, or that of the vault in $SCEAU_DIR. ERR_USAGE. */
int ruleset_folder(const char *named, char **out, struct err *e) NODISCARD;
/* Rules of a folder. ERR_INVALID tag "policy": the problems are told. */
int ruleset_load(const struct cli *c, const char *dir, struct policy **out,
    struct err *e) NODISCARD;
/* Those in force in the vault. */
int ruleset_fetch(struct cli *c, struct policy **out, struct err *e) NODISCARD;
/* "file:line: what" of each line: with --json as {"problems": […]}. */
void ruleset_tell(const struct cli *c, struct buf *problems);
/* The lines of a text as a JSON array of strings. */
json_t *ruleset_lines(struct buf *text);
/*
 * A candidate without people.conf leaves the people as they are: *p is loaded
 * again with those of now. ERR_INVALID tag "policy".
 */
int ruleset_keep_people(const struct cli *c, const struct policy *now,
    struct policy **p, struct err *e) NODISCARD;
/*
 * What makes p of the files of now: [{name, text}], and a text that is null
 * for each file that p has not. ERR_INVALID: not UTF-8.
 */
int ruleset_files(const struct policy *now, const struct policy *p,
    json_t **out, struct err *e) NODISCARD;

#endif
