/*
 * The tables of the vault, in the order they are made, and where key numbers
 * stand: one module owns each, this only lists them.
 */
#ifndef DAEMON_CORE_TABLES_H
#define DAEMON_CORE_TABLES_H

#include <stddef.h>

size_t tables_schemas(const char *const **out);
/* Texts that give the greatest key number of a table, or NULL. */
size_t tables_key_maxima(const char *const **out);

/* Texts that give every key number in use below ?, ascending or not. */
size_t tables_keys_in_use(const char *const **out);

#endif
