/* Persons of a case as a terminal shows them. */
#ifndef CLIENT_PERSON_H
#define CLIENT_PERSON_H

#include <jansson.h>

/* One line a person: id, roles with their days, name, year of birth. */
void person_print(const json_t *persons);

#endif
