/* A person of a household as a form has one: several to a page, each with
 * its number. */
#ifndef CLIENT_WEB_HOUSEHOLD_H
#define CLIENT_WEB_HOUSEHOLD_H

#include "client/web/control.h"

/* The fieldset of person i, from 0, and what is wrong with its fields. */
void household_person(struct web_call *c, size_t i, const json_t *wrong);
/* Into persons, when anything was filled; what is wrong goes to wrong. */
int household_read(struct web_call *c, size_t i, json_t *persons, json_t *wrong,
    struct err *e) NODISCARD;
/* The roles that a person may have, as choices. */
extern const struct web_choice household_roles[];

#endif
