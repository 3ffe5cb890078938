/* Persons of a case as a terminal shows them. */
#ifndef CLIENT_PERSON_H
#define CLIENT_PERSON_H

#include <jansson.h>

#include "base/err.h"

/* One row a person: id, name, year of birth, roles with their days. */
int person_print(const json_t *persons, struct err *e) NODISCARD;

#endif
